//! Continuous operation: a loop that takes rows, measures the serving champion on them, and evolves within the budget of each
//! day.
//!
//! The decisions are made in `hyperspace_evolve::continuous`; this module has the clock, the source of rows, the lock of the
//! store, and the folder in which the champion is served. Everything of these that matters is journalled before it is used.

mod acts;
mod budget;
mod champion;
mod chunk;
mod driver;
mod folder;
mod listed;
mod log;
mod reason;
mod request;
mod served;
mod source;
mod step;

pub use self::acts::{ActRequest, ActView};
pub use self::champion::{ChampionRequest, ChampionView, TrialView};
pub use self::driver::{ContinuousEvent, ContinuousHandle};
pub use self::listed::ContinuousRunRow;
pub(crate) use self::listed::continuous_runs;
pub use self::log::{ContinuousLogRow, ContinuousLogView};
pub use self::request::{ContinuousRequest, RowLines};

use std::path::PathBuf;

use hyperspace_core::RecordId;
use hyperspace_evolve::continuous::CONTINUOUS_KIND;
use hyperspace_store::{ResolveError, Store};

use crate::engine::Engine;
use crate::error::ServiceError;

impl Engine {
    /// Returns the source of rows named in the settings.
    #[must_use]
    pub fn continuous_rows(&self) -> Option<PathBuf> {
        self.settings().continuous.rows.clone()
    }
}

/// Returns the continuous run with this hash or beginning of a hash; for `None`, the only one in the store.
fn find(store: &Store, hash: Option<&str>) -> Result<RecordId, ServiceError> {
    let Some(hash) = hash else {
        return match store.records(CONTINUOUS_KIND)?[..] {
            [run] => Ok(run),
            [] => Err(ServiceError::with_hint(
                "the store has no continuous run",
                "`hyperspace evolve --continuous` begins one",
            )),
            ref several => {
                let runs: Vec<String> = several.iter().map(|run| crate::target::short(*run)).collect();
                let message = format!("the store has several continuous runs: {}", runs.join(", "));
                Err(ServiceError::with_hint(message, "name one"))
            }
        };
    };
    match store.resolve(CONTINUOUS_KIND, hash) {
        Err(ResolveError::Unknown { .. }) => Err(ServiceError::with_hint(
            format!("no continuous run begins with {hash}"),
            "`hyperspace champion` names the one of the store",
        )),
        found => Ok(found?),
    }
}
