//! Checks external data against the data that a task expects.

use std::collections::BTreeMap;
use std::path::Path;

use hyperspace_eval::{DataFile, Task};
use serde::Serialize;

use crate::engine::Engine;
use crate::error::{ErrorClass, ServiceError};
use crate::files;
use crate::sources::task_files;

/// External data of a task: the document of `data check --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DataView {
    /// The task, as it was named.
    pub task: String,
    /// True if the data is the published data.
    pub published: bool,
    /// The files.
    pub files: Vec<DataFileView>,
}

/// A file of external data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DataFileView {
    /// The split that it holds: `train`, `held-out` or `test`.
    pub split: &'static str,
    /// Its path.
    pub file: String,
    /// Its SHA-256 digest.
    pub sha256: String,
    /// Number of its rows.
    pub rows: u64,
    /// Number of rows by label.
    pub labels: BTreeMap<String, u64>,
    /// Differences from the published file.
    pub differences: Vec<String>,
}

impl DataView {
    /// Returns the class of the result: `Usage` if the data is not the published data.
    #[must_use]
    pub fn failure(&self) -> Option<ErrorClass> {
        (!self.published).then_some(ErrorClass::Usage)
    }
}

impl Engine {
    /// Reads a folder of external data for a task, which is bundled or in a folder, and compares it with the published data.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), hyperspace_service::ServiceError> {
    /// # let engine = hyperspace_service::Engine::builder().build()?;
    /// println!("{}", engine.check_data("imo-grading", "data".as_ref())?.published);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Class `Usage` when the task or the data cannot be understood.
    pub fn check_data(&self, task: &str, folder: &Path) -> Result<DataView, ServiceError> {
        let data = files::read_set(folder)?;
        let label = folder.display().to_string();
        let checked = Task::check_data(&task_files(task, self.cache_folder())?, task, &data, &label)?;
        let published = checked.iter().all(|file| file.differences.is_empty());
        let view = |file: DataFile| DataFileView {
            split: file.split,
            file: file.file,
            sha256: file.sha256,
            rows: file.rows,
            labels: file.labels,
            differences: file.differences,
        };
        Ok(DataView { task: task.to_owned(), published, files: checked.into_iter().map(view).collect() })
    }
}
