//! Checks of the whole store.

use hyperspace_store::FsckReport;
use serde::Serialize;

use crate::engine::Engine;
use crate::error::{ErrorClass, ServiceError};

/// A checked store: the document of `fsck --json`.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
#[non_exhaustive]
pub struct FsckView {
    /// Counts of what was checked, and the damage.
    pub report: FsckReport,
}

impl FsckView {
    /// Returns the class of the result: `Damage` when anything is damaged.
    #[must_use]
    pub fn failure(&self) -> Option<ErrorClass> {
        (!self.report.damaged.is_empty()).then_some(ErrorClass::Damage)
    }
}

impl Engine {
    /// Checks every object, event and reference of the store, and that nothing that a run or the seal of the store names is missing.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), hyperspace_service::ServiceError> {
    /// # let engine = hyperspace_service::Engine::builder().build()?;
    /// assert_eq!(engine.fsck()?.failure(), None);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// What keeps the store from being read. Damage is in the view.
    pub fn fsck(&self) -> Result<FsckView, ServiceError> {
        let store = self.reader()?;
        let mut report = store.fsck()?;
        // Of rows that are sound; what hangs on a damaged one need not be named again.
        if report.damaged.is_empty() {
            report.damaged = hyperspace_evolve::audit(&store)?;
            report.damaged.sort();
        }
        Ok(FsckView { report })
    }
}
