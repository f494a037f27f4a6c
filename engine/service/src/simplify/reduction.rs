//! Ways to make a Python file smaller, as the guest's module lists them.

use std::collections::BTreeMap;

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
    let files =
        FileSet::from_files(reductions_files()).map_err(|error| ServiceError::request(error.to_string()))?;
    let job = Job::call("hyperspace_reductions", "reductions", vec![json!(source)])
        .mount(Mount::read_only(RelPath::new(FOLDER)?, files))
        .python_path(&format!("/{FOLDER}"));
    let report = evaluator.sandbox().run(job).await?;
    let failed = |words: String| ServiceError::request(format!("the code cannot be simplified: {words}"));
    if report.outcome != Outcome::Completed {
        return Err(failed(report.traceback.unwrap_or_else(|| format!("{:?}", report.outcome))));
    }
    let listed: Vec<(usize, usize, String)> = serde_json::from_value(report.result.unwrap_or_default())
        .map_err(|error| failed(error.to_string()))?;
    let reductions = listed.into_iter().map(|(start, end, text)| Reduction { start, end, text }).collect();
    keyed(source, reductions).map_err(failed)
}

/// Gives each reduction of a source its key. The candidate decides how many equal ones there are, so they are counted and not tried.
fn keyed(source: &str, reductions: Vec<Reduction>) -> Result<Vec<(ReductionKey, Reduction)>, String> {
    let mut equal: BTreeMap<(&str, String), usize> = BTreeMap::new();
    let key = |reduction: Reduction| {
        let Reduction { start, end, text } = &reduction;
        let removed = source.get(*start..*end).ok_or_else(|| format!("no text at {start}..{end}"))?;
        let before = equal.entry((removed, text.clone())).or_insert(0);
        let key = ReductionKey { removed: removed.to_owned(), text: text.clone(), equal_before: *before };
        *before += 1;
        Ok((key, reduction))
    };
    reductions.into_iter().map(key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_reductions_are_counted_in_linear_time() {
        let source = "pass\n".repeat(100_000);
        let at = |line: usize| Reduction { start: line * 5, end: line * 5 + 5, text: String::new() };
        let found = keyed(&source, (0..100_000).map(at).collect()).unwrap();
        assert_eq!(found.last().unwrap().0.equal_before, 99_999);
        assert!(keyed("é", vec![Reduction { start: 1, end: 2, text: String::new() }]).is_err());
        let other = Reduction { start: 0, end: 5, text: "0".to_owned() };
        assert_eq!(keyed(&source, vec![at(0), other]).unwrap()[1].0.equal_before, 0);
    }
}
