//! Studies: strategies × seeds at an equal budget, always with independent samples as the baseline, and statistics about the
//! differences.
//!
//! Each run of a study is an ordinary run of the store, so an interrupted study continues where it was, and existing runs are not
//! repeated. A record of kind `study` names the plan and the last generation of each run within the budget; its hash names the
//! study. Every number of a report is computed from these generations, and from nothing else.

mod cells;
mod export;
mod plan;
mod record;
mod report;
mod statistics;

use std::path::Path;

use hyperspace_core::RecordId;
use hyperspace_store::{ResolveError, Store};

use crate::engine::Engine;
use crate::error::ServiceError;
use crate::kinds::STUDY_KIND;

pub use self::cells::StudyProgress;
pub use self::export::StudyExportView;
pub use self::plan::{StudyBudget, StudyMeasure, StudyRequest, StudyResource};
pub use self::report::{AgainstBaselineView, StudyCurvePoint, StudyRunView, StudyStrategyView, StudyView};

impl Engine {
    /// Runs a study, or the missing part of it, and returns its report. `tell` receives every run that has ended.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), hyperspace_service::ServiceError> {
    /// # let engine = hyperspace_service::Engine::builder().build()?;
    /// use hyperspace_service::StudyRequest;
    ///
    /// let text = "[evolve]\ntask = \"bin-packing\"\n[study]\nstrategies = [\"islands\"]\nseeds = 10\ncandidates = 80\n";
    /// let request = StudyRequest::parse("study.toml", text)?;
    /// let view = engine.study_blocking(&request, |one| println!("{}/{}", one.done, one.all))?;
    /// println!("{}", view.study);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The error that stops one of the runs. Committed generations stay, and the same request continues.
    pub async fn study(
        &self,
        request: &StudyRequest,
        tell: impl Fn(StudyProgress) + Send + Sync,
    ) -> Result<StudyView, ServiceError> {
        let store = self.writer_or_new("study")?;
        let study = cells::run(self, &store, request, tell).await?;
        let id = study.put(&store)?;
        report::report(&store, id, &study)
    }

    /// As [`Engine::study`], on the threads of the engine.
    ///
    /// # Errors
    ///
    /// As [`Engine::study`], and [`ServiceError::Threads`].
    ///
    /// # Panics
    ///
    /// When called inside a tokio runtime.
    pub fn study_blocking(
        &self,
        request: &StudyRequest,
        tell: impl Fn(StudyProgress) + Send + Sync,
    ) -> Result<StudyView, ServiceError> {
        self.block_on(self.study(request, tell))?
    }

    /// Returns the report of a stored study, given by its hash or the beginning of it.
    ///
    /// # Errors
    ///
    /// Class `Usage` when there is no such study, `Damage` when the store is damaged.
    pub fn study_report(&self, hash: &str) -> Result<StudyView, ServiceError> {
        let store = self.reader()?;
        let id = find(&store, hash)?;
        report::report(&store, id, &record::StudyRecord::load(&store, &id)?)
    }

    /// Writes the tables of a report into a new or empty folder.
    ///
    /// # Errors
    ///
    /// Class `Usage` when the folder exists and is not empty.
    pub fn export_study(
        &self,
        view: &StudyView,
        to: &Path,
        format: crate::TableFormat,
    ) -> Result<StudyExportView, ServiceError> {
        export::export(view, to, format)
    }
}

fn find(store: &Store, hash: &str) -> Result<RecordId, ServiceError> {
    match store.resolve(STUDY_KIND, hash) {
        Err(ResolveError::Unknown { .. } | ResolveError::Malformed { .. }) => {
            let message = format!("there is no file {hash}, and no study begins with it");
            Err(ServiceError::with_hint(
                message,
                "give the file of a study, or the hash that its report names",
            ))
        }
        found => Ok(found?),
    }
}
