//! Evaluations that tell whether a smaller program does the same.

use hyperspace_core::{FileSet, RelPath};
use hyperspace_eval::{Evaluation, Evaluator, Split, Task};

use crate::error::ServiceError;

/// A candidate whose program is replaced by smaller ones.
pub(super) struct Trial {
    pub(super) evaluator: Evaluator,
    pub(super) task: Task,
    pub(super) files: FileSet,
    pub(super) path: RelPath,
    /// The recorded evaluations, whose results have to be reproduced.
    pub(super) expected: Vec<Evaluation>,
}

impl Trial {
    /// Returns whether every case has its recorded result when the program is `source`.
    pub(super) async fn keeps_results(&self, source: &str) -> Result<bool, ServiceError> {
        let mut files = self.files.clone();
        files
            .insert(self.path.clone(), source.as_bytes().to_vec())
            .map_err(|error| ServiceError::request(error.to_string()))?;
        for expected in &self.expected {
            let evaluation = self.evaluate(&files, expected.split).await?;
            if expected.score != evaluation.score || expected.first_difference(&evaluation).is_some() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn evaluate(&self, files: &FileSet, split: Split) -> Result<Evaluation, ServiceError> {
        Ok(self.evaluator.evaluate(&self.task, files, split).await?)
    }
}
