//! The champion that serves, and the state of its continuous run.

use std::path::{Path, PathBuf};

use hyperspace_core::{RecordId, TreeId};
use hyperspace_evolve::continuous::{ContinuousJournal, DaySpend, RowsTrial};
use serde::Serialize;

use super::{find, served};
use crate::engine::Engine;
use crate::error::ServiceError;
use crate::files;

/// A request for the champion of a continuous run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChampionRequest {
    /// The continuous run, given by its hash or the beginning of it; `None` means the only one in the store.
    pub run: Option<String>,
    /// A new folder to which the champion's files are written.
    pub to: Option<PathBuf>,
}

impl ChampionRequest {
    /// Returns a request for the champion of a run.
    #[must_use]
    pub fn new(run: Option<String>) -> Self {
        Self { run, to: None }
    }

    /// Sets the folder to which the champion's files are written.
    #[must_use]
    pub fn to(mut self, folder: Option<&Path>) -> Self {
        self.to = folder.map(Path::to_path_buf);
        self
    }
}

/// A comparison with the champion on new rows, so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TrialView {
    /// Files of the other agent.
    pub tree: TreeId,
    /// Number of rows that both were asked.
    pub rows: u64,
    /// Number of rows on which it is better than the champion.
    pub gained: u64,
    /// Number of rows on which it is worse.
    pub lost: u64,
}

impl TrialView {
    fn of(trial: &RowsTrial) -> Self {
        let tally = trial.tally;
        Self { tree: trial.tree, rows: tally.rows, gained: tally.gained, lost: tally.lost }
    }
}

/// The champion that serves. Serialised, it is the document of `champion --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ChampionView {
    /// The continuous run.
    pub run: RecordId,
    /// Files of the champion.
    pub champion: TreeId,
    /// The link that always names its files; null before it exists.
    pub folder: Option<PathBuf>,
    /// Champions that served earlier, the latest one last.
    pub earlier: Vec<TreeId>,
    /// The comparison of the candidate on trial.
    pub canary: Option<TrialView>,
    /// The comparison of the previous champion with this one, while it lasts.
    pub watch: Option<TrialView>,
    /// The run of the season at work.
    pub season: Option<RecordId>,
    /// Number of seasons so far.
    pub seasons: u64,
    /// Number of rows taken so far.
    pub rows: u64,
    /// Number of rows set aside so far.
    pub refused_rows: u64,
    /// Number of rows that seasons leave out, because the champion had no score on them.
    pub left_out_rows: u64,
    /// Problems of files from which no more is taken.
    pub problems: Vec<String>,
    /// The day (UTC).
    pub day: Option<String>,
    /// The spend of that day.
    pub spent: DaySpend,
    /// The reason why work is paused.
    pub paused: Option<String>,
    /// The folder to which its files were written.
    pub written: Option<PathBuf>,
}

impl Engine {
    /// Returns the champion of a continuous run, and writes its files if requested.
    ///
    /// # Errors
    ///
    /// Class `Usage` when there is no such run, or the folder exists; `Damage` when the store is damaged.
    pub fn champion(&self, request: &ChampionRequest) -> Result<ChampionView, ServiceError> {
        let store = self.reader()?;
        let run = find(&store, request.run.as_deref())?;
        let journal = ContinuousJournal::open(&store, &run)?;
        let (state, champion) = (journal.state(), journal.champion()?);
        if let Some(to) = &request.to {
            files::write(to, &store.get_files(&champion)?)?;
        }
        let folder = served::place(self.store_folder(), run);
        Ok(ChampionView {
            run,
            champion,
            folder: folder.exists().then_some(folder),
            earlier: state.earlier().to_vec(),
            canary: state.canary().map(TrialView::of),
            watch: state.watch().map(TrialView::of),
            season: state.season().map(|season| season.run),
            seasons: state.seasons(),
            rows: state.rows(),
            refused_rows: state.refused_rows(),
            left_out_rows: state.rows_set_aside(),
            problems: state.problems().map(|(file, problem)| format!("{file}: {problem}")).collect(),
            day: state.day().map(super::log::date),
            spent: state.spent(),
            paused: state.paused().map(|paused| paused.why.clone()),
            written: request.to.clone(),
        })
    }
}
