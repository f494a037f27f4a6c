//! Ways to make a Python file smaller, as the guest's module lists them.

use std::collections::BTreeSet;

use hyperspace_core::{FileSet, RelPath};
use hyperspace_eval::Evaluator;
use hyperspace_guest::reductions_files;
use hyperspace_sandbox::{Job, Mount, Outcome};
use serde_json::json;

use crate::error::ServiceError;

/// The folder of the module in the guest.
const FOLDER: &str = "reductions";

/// A reduction: bytes of a text, and what replaces them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reduction {
    start: usize,
    end: usize,
    text: String,
}

/// Identifies a reduction while other parts of the text change: what goes, what comes in its place, and how many equal ones are before it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ReductionKey {
    removed: String,
    text: String,
    equal_before: usize,
}

impl Reduction {
    /// Returns the text with the reduction applied.
    pub(super) fn apply(&self, source: &str) -> String {
        [&source[..self.start], &self.text, &source[self.end..]].concat()
    }
}

/// Lists the reductions of a source, those that take most out first. A text that is no Python has none.
pub(super) async fn reductions(
    evaluator: &Evaluator,
    source: &str,
) -> Result<Vec<(ReductionKey, Reduction)>, ServiceError> {
    let files = reductions_files().into_iter().map(|(path, content)| (path, content.to_vec()));
    let files = FileSet::from_files(files).map_err(|error| ServiceError::request(error.to_string()))?;
    let job = Job::call("hyperspace_reductions", "reductions", vec![json!(source)])
        .mount(Mount::read_only(RelPath::new(FOLDER)?, files))
        .python_path(&format!("/{FOLDER}"));
    let report = evaluator.sandbox().run(job).await?;
    let failed = |words: String| ServiceError::request(format!("the code cannot be simplified: {words}"));
    if report.outcome != Outcome::Completed {
        return Err(failed(report.traceback.unwrap_or_else(|| format!("{:?}", report.outcome))));
    }
    let listed: Vec<(usize, usize, String, u8)> = serde_json::from_value(report.result.unwrap_or_default())
        .map_err(|error| failed(error.to_string()))?;
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for (start, end, text, _) in listed {
        let removed = source.get(start..end).ok_or_else(|| failed(format!("no text at {start}..{end}")))?;
        let mut key = ReductionKey { removed: removed.to_owned(), text: text.clone(), equal_before: 0 };
        while !seen.insert(key.clone()) {
            key.equal_before += 1;
        }
        found.push((key, Reduction { start, end, text }));
    }
    Ok(found)
}
