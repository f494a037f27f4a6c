//! Checks of the whole store.

use hyperspace_store::FsckReport;
use serde::Serialize;

use crate::engine::Engine;
use crate::error::{ErrorClass, ServiceError};

/// The result of checking a store: the document of `fsck --json`.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
#[non_exhaustive]
pub struct FsckView {
    /// Counts of what was checked, and the damage found.
    pub report: FsckReport,
}

impl FsckView {
    /// Returns the class of the result: `Damage` if anything is damaged.
    #[must_use]
    pub fn failure(&self) -> Option<ErrorClass> {
        (!self.report.damaged.is_empty()).then_some(ErrorClass::Damage)
    }
}

impl Engine {
    /// Checks every object, event and reference of the store, and that nothing named by a run or by the seal of the store is
    /// missing.
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
    /// An error that prevents reading the store. Damage is in the view.
    pub fn fsck(&self) -> Result<FsckView, ServiceError> {
        let store = self.reader()?;
        let mut report = store.fsck()?;
        // Only if all rows are sound: the consequences of a damaged row need not be reported separately.
        if report.damaged.is_empty() {
            report.damaged = hyperspace_evolve::audit(&store)?;
            report.damaged.sort();
        }
        Ok(FsckView { report })
    }
}
