//! The request for a report, and the report that was written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hyperspace_core::RecordId;
use hyperspace_interop::original::{experiment_facts, imported_runs, load_imported_run};
use hyperspace_report::{ReportRun, analyse, write};
use hyperspace_store::Store;
use serde::Serialize;

use super::{folder, imported, recorded};
use crate::engine::Engine;
use crate::error::ServiceError;
use crate::target::{self, Target};

/// A request for a report: the runs, and what is written about them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReportRequest {
    /// Runs, given by hash or the beginning of it. If empty, and nothing else selects runs, the run that was worked on last.
    pub runs: Vec<String>,
    /// If true, every run of the store.
    pub all: bool,
    /// Imported runs whose folder contains one of these texts.
    pub folders: Vec<String>,
    /// True if plots are also written as PNG files beside the page.
    pub pictures: bool,
}

impl ReportRequest {
    /// Returns a request for the run that was worked on last, with pictures.
    #[must_use]
    pub fn new() -> Self {
        Self { pictures: true, ..Self::default() }
    }

    /// Adds a run, by its hash or the beginning of it.
    #[must_use]
    pub fn run(mut self, hash: impl ToString) -> Self {
        self.runs.push(hash.to_string());
        self
    }

    /// Sets whether every run of the store is reported on.
    #[must_use]
    pub fn all(mut self, all: bool) -> Self {
        self.all = all;
        self
    }

    /// Adds the imported runs whose folder contains this text.
    #[must_use]
    pub fn folder(mut self, text: impl ToString) -> Self {
        self.folders.push(text.to_string());
        self
    }

    /// Sets whether plots are written as PNG, too.
    #[must_use]
    pub fn pictures(mut self, pictures: bool) -> Self {
        self.pictures = pictures;
        self
    }
}

/// A report that was written: the document of `report --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ReportView {
    /// The runs, in order.
    pub runs: Vec<RecordId>,
    /// Number of candidates in all runs.
    pub candidates: usize,
    /// Number of adoptions of visible code.
    pub adoptions: usize,
    /// Number of adoptions of code from the same generation.
    pub adoptions_with_look_ahead: usize,
    /// Number of crashes that were followed by a recovery.
    pub recoveries: usize,
    /// The folder.
    pub to: PathBuf,
    /// Its files with their sizes.
    pub files: BTreeMap<String, usize>,
}

impl Engine {
    /// Writes a report on runs into a folder: one self-contained page, a document, tables and pictures. The folder is new or
    /// empty, or holds an earlier report, which is replaced. The same runs result in the same bytes.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), hyperspace_service::ServiceError> {
    /// # let engine = hyperspace_service::Engine::builder().build()?;
    /// use hyperspace_service::ReportRequest;
    ///
    /// let view = engine.report(&ReportRequest::new().run("34fc34032f60"), "report".as_ref())?;
    /// println!("{} candidates", view.candidates);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Class `Usage` when there is no such run, or the folder holds something else; `Damage` when the store is damaged.
    pub fn report(&self, request: &ReportRequest, to: &Path) -> Result<ReportView, ServiceError> {
        folder::check(to)?;
        let store = self.reader()?;
        let targets = targets(&store, request)?;
        let runs: Vec<ReportRun> = targets
            .iter()
            .map(|target| match target {
                Target::ImportedRun(id) => imported::run(&store, id),
                other => recorded::run(&store, &other.id()),
            })
            .collect::<Result<_, _>>()?;
        let analysis = analyse(&runs);
        let files =
            write(&analysis, request.pictures).map_err(|error| ServiceError::request(error.to_string()))?;
        folder::write(to, &files)?;
        let sum = |count: fn(&hyperspace_report::RunAnalysis) -> usize| analysis.runs.iter().map(count).sum();
        Ok(ReportView {
            runs: targets.iter().map(Target::id).collect(),
            candidates: sum(|run| run.agents.iter().map(|agent| agent.candidates).sum()),
            adoptions: sum(|run| run.adoptions.len()),
            adoptions_with_look_ahead: sum(|run| run.adoptions_with_look_ahead.len()),
            recoveries: sum(|run| run.recoveries.len()),
            to: to.to_path_buf(),
            files: files.iter().map(|file| (file.path.clone(), file.content.len())).collect(),
        })
    }

    /// Returns the last generation of each run of a request, by which a change can be detected.
    ///
    /// # Errors
    ///
    /// As [`Engine::report`].
    pub fn report_state(&self, request: &ReportRequest) -> Result<Vec<Option<RecordId>>, ServiceError> {
        let store = self.reader()?;
        let last = |target: Target| Ok(store.refs(&target.id(), "generation/")?.pop().map(|(_, id)| id));
        targets(&store, request)?.into_iter().map(last).collect()
    }
}

/// Returns the runs of a request, each once: first those that are named, in that order, then the others.
fn targets(store: &Store, request: &ReportRequest) -> Result<Vec<Target>, ServiceError> {
    let mut found = Vec::new();
    for hash in &request.runs {
        found.push(match Target::resolve(store, hash)? {
            target @ (Target::Run(_) | Target::ImportedRun(_)) => target,
            other => Target::Run(target::run_of(store, other)?),
        });
    }
    if request.all {
        found.extend(store.runs()?.into_iter().map(Target::Run));
    }
    if request.all || !request.folders.is_empty() {
        let mut imported = Vec::new();
        let mut without: Vec<&str> = request.folders.iter().map(String::as_str).collect();
        for id in imported_runs(store)? {
            let folder =
                experiment_facts(store, &id, &load_imported_run(store, &id)?)?.folder.unwrap_or_default();
            without.retain(|text| !folder.contains(text));
            if request.all || request.folders.iter().any(|text| folder.contains(text.as_str())) {
                imported.push((folder, id));
            }
        }
        if !without.is_empty() {
            return Err(no_folder(&without.join(", ")));
        }
        imported.sort();
        found.extend(imported.into_iter().map(|(_, id)| Target::ImportedRun(id)));
    } else if found.is_empty() {
        found.push(Target::Run(target::run(store, None)?));
    }
    let mut seen = Vec::new();
    found.retain(|target| {
        let new = !seen.contains(target);
        seen.push(*target);
        new
    });
    if found.is_empty() {
        return Err(ServiceError::with_hint("the store holds no run", "`hyperspace evolve` starts one"));
    }
    Ok(found)
}

/// The error for parts of names that no imported folder has.
fn no_folder(words: &str) -> ServiceError {
    let hint = "`log` lists the folders of imported runs";
    ServiceError::with_hint(format!("no imported run lies in {words}"), hint)
}
