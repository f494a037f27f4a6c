//! Cost and calls of work that is not committed yet, which count for the day on which they were paid.

use std::path::Path;

use hyperspace_core::RecordId;
use hyperspace_evolve::efforts_name;
use hyperspace_llm::{FileCassette, Spend};
use hyperspace_store::Store;

use crate::error::ServiceError;
use crate::models::CALLS;

/// Returns what was paid for uncommitted work of a run.
pub(super) fn uncommitted(store: &Store, folder: &Path, run: &RecordId) -> Result<Spend, ServiceError> {
    let folder = folder.join(CALLS);
    let Ok(entries) = std::fs::read_dir(&folder) else { return Ok(Spend::default()) };
    let prefix = format!("{run}-");
    let mut sum = Spend::default();
    for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let work = name.strip_prefix(&prefix).and_then(|rest| rest.strip_suffix(".jsonl"));
        let Some(work) = work else { continue };
        // After a kill right after the commit, the file of work that is already in the store may remain.
        if store.get_ref(run, &efforts_name(work))?.is_some() {
            continue;
        }
        let spent = FileCassette::open(&path).and_then(|cassette| cassette.spent(|_| true));
        let spent = spent.map_err(hyperspace_evolve::EvolveError::from)?;
        sum = spent.into_iter().fold(sum, |sum, (_, spent)| sum.plus(spent));
    }
    Ok(sum)
}
