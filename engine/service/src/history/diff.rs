//! Differences between the files of two candidates.

use std::time::Duration;

use hyperspace_core::{BlobId, Change, FileSet, RelPath, diff};
use hyperspace_evolve::CandidateId;
use serde::Serialize;
use similar::TextDiff;

use crate::engine::Engine;
use crate::error::ServiceError;
use crate::target::CandidateTarget;

/// Time spent on finding the smallest differences, over all files of two candidates.
const SEARCH_TIME: Duration = Duration::from_secs(2);

/// The differing files of two candidates: the document of `diff --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DiffView {
    /// One candidate.
    pub before: CandidateId,
    /// The other one.
    pub after: CandidateId,
    /// The files that differ, by path.
    pub files: Vec<FileDiffView>,
}

/// A file that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FileDiffView {
    /// Its path.
    pub path: RelPath,
    /// Its content before; null if there was none.
    pub before: Option<BlobId>,
    /// Its content after; null if there is none.
    pub after: Option<BlobId>,
    /// A unified diff.
    pub diff: String,
}

impl Engine {
    /// Compares the files of two candidates, each `HASH:K` or the best one when generation or run `HASH` ended.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), hyperspace_service::ServiceError> {
    /// # let engine = hyperspace_service::Engine::builder().build()?;
    /// for file in engine.diff("93a65b65cd0b:0", "93a65b65cd0b:3")?.files {
    ///     println!("{}", file.diff);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Class `Usage` when there is no such candidate, `Damage` when the store is damaged.
    pub fn diff(&self, before: &str, after: &str) -> Result<DiffView, ServiceError> {
        let store = self.reader()?;
        let before = CandidateTarget::resolve(&store, before)?;
        let after = CandidateTarget::resolve(&store, after)?;
        let (old, new) = (store.get_files(&before.tree)?, store.get_files(&after.tree)?);
        let names = [before.place.to_string(), after.place.to_string()];
        let files = file_diffs(&old, &new, [&names[0], &names[1]]);
        Ok(DiffView { before: before.place, after: after.place, files })
    }
}

/// Returns the difference between two texts of a file as a unified diff, with the names of the two sides.
pub(crate) fn text_diff(path: &RelPath, names: [&str; 2], texts: [&str; 2]) -> String {
    unified(path, names, texts, SEARCH_TIME)
}

/// Returns a unified diff. When the time is over, the rest is shown as removed and added, which is still a difference, but not
/// the smallest one.
fn unified(path: &RelPath, names: [&str; 2], texts: [&str; 2], time: Duration) -> String {
    TextDiff::configure()
        .timeout(time)
        .diff_lines(texts[0], texts[1])
        .unified_diff()
        .header(&format!("{}/{path}", names[0]), &format!("{}/{path}", names[1]))
        .to_string()
}

/// Returns the files that differ, with the names of the two sides.
pub(super) fn file_diffs(before: &FileSet, after: &FileSet, names: [&str; 2]) -> Vec<FileDiffView> {
    let changes = diff(&before.tree(), &after.tree());
    let share = u32::try_from(changes.len()).unwrap_or(u32::MAX).max(1);
    let text = |files: &FileSet, path: &RelPath| {
        files.get(path).map(|content| String::from_utf8_lossy(content).into_owned()).unwrap_or_default()
    };
    let view = |change: Change| {
        let texts = [&*text(before, &change.path), &*text(after, &change.path)];
        let unified = unified(&change.path, names, texts, SEARCH_TIME / share);
        FileDiffView { path: change.path, before: change.before, after: change.after, diff: unified }
    };
    changes.into_iter().map(view).collect()
}
