//! Acts of the principal: promotions and rollbacks, recorded in the journal with a reason.
//!
//! An act on a stopped run is written at once. While a run is at work, its process holds the store, so the act is left in a
//! folder beside the store, and that process journals it before it does anything else.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hyperspace_core::{BlobId, RecordId, TreeId, regular_file};
use hyperspace_evolve::continuous::ContinuousJournal;
use hyperspace_evolve::{ChampionPromoted, ChampionRolledBack, Event};
use hyperspace_store::Store;
use serde::{Deserialize, Serialize};

use super::find;
use crate::engine::Engine;
use crate::error::ServiceError;
use crate::files;
use crate::target::{CandidateTarget, short};

/// The folder of waiting acts, within the folder of the store.
const FOLDER: &str = "acts";
/// Number of digits in a request's name.
const DIGITS: usize = 16;
/// Number of times that the answer of a running process is looked for, and the wait in between.
const LOOKS: u32 = 300;
const LOOK_WAIT: Duration = Duration::from_millis(200);
const REASON_CHARS_MAX: usize = 2_000;

/// A request of the principal for the champion of a continuous run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ActRequest {
    /// The continuous run, given by its hash or the beginning of it; `None` means the only one in the store.
    pub run: Option<String>,
    /// The candidate to promote: `RUN:G:K` or a generation's hash. `None` means that the previous champion serves again.
    pub promote: Option<String>,
    /// The reason, which is recorded.
    pub reason: String,
}

impl ActRequest {
    /// Returns a request to promote a candidate.
    #[must_use]
    pub fn promote(run: Option<String>, candidate: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { run, promote: Some(candidate.into()), reason: reason.into() }
    }

    /// Returns a request to roll back to the previous champion.
    #[must_use]
    pub fn roll_back(run: Option<String>, reason: impl Into<String>) -> Self {
        Self { run, promote: None, reason: reason.into() }
    }
}

/// An act that is in the journal. Serialised, it is the document of `promote --json` and `rollback --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ActView {
    /// The continuous run.
    pub run: RecordId,
    /// Files of the champion that serves now.
    pub champion: TreeId,
    /// Files of the previous champion.
    pub before: TreeId,
    /// The reason.
    pub reason: String,
    /// True if a process at work journalled it.
    pub by_running_process: bool,
}

/// An act as it waits in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WaitingAct {
    run: RecordId,
    promote: Option<TreeId>,
    before: TreeId,
    reason: String,
    request: String,
}

impl WaitingAct {
    /// Returns the event.
    pub(super) fn event(&self, journal: &ContinuousJournal) -> Result<Event, ServiceError> {
        let (by, reason) = ("principal".to_owned(), self.reason.clone());
        let (champion, request) = (journal.champion()?, Some(self.request.clone()));
        match self.promote {
            Some(tree) if tree == champion => {
                Err(ServiceError::request(format!("{tree} is the champion that serves already")))
            }
            Some(tree) => Ok(ChampionPromoted { tree, before: champion, by, reason, request }.into()),
            None => {
                let none = || {
                    ServiceError::with_hint(
                        "there is no champion before this one",
                        "`promote` names a candidate",
                    )
                };
                let tree = *journal.state().earlier().last().ok_or_else(none)?;
                Ok(ChampionRolledBack { tree, from: champion, by, reason, request }.into())
            }
        }
    }
}

impl Engine {
    /// Promotes a candidate, or rolls back to the previous champion, for a continuous run that is at work or stopped.
    ///
    /// # Errors
    ///
    /// Class `Usage` when the request makes no sense, and when a process at work does not accept it within a minute.
    pub async fn act(&self, request: &ActRequest) -> Result<ActView, ServiceError> {
        let reason = request.reason.trim();
        if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX {
            let problem = format!("expected a text of 1 to {REASON_CHARS_MAX} characters");
            return Err(ServiceError::setting("reason", problem));
        }
        if reason.chars().any(char::is_control) {
            let problem = "expected one line of text without control characters";
            return Err(ServiceError::setting("reason", problem));
        }
        let store = self.reader()?;
        let run = find(&store, request.run.as_deref())?;
        let journal = ContinuousJournal::open(&store, &run)?;
        let promote = request.promote.as_deref().map(|text| candidate(&store, &journal, text)).transpose()?;
        let now = self.environment().clock.as_ref().map_or(0, |clock| clock.unix_seconds());
        let unique = format!("{run} {promote:?} {reason} {now} {}", self.environment().holder);
        let request = BlobId::of(unique.as_bytes()).to_string().chars().take(DIGITS).collect();
        let before = journal.champion()?;
        let act = WaitingAct { run, promote, before, reason: reason.to_owned(), request };
        let event = act.event(&journal)?;
        let champion = match &event {
            Event::ChampionPromoted(one) => one.tree,
            Event::ChampionRolledBack(one) => one.tree,
            _ => before,
        };
        let view = |by_running_process| ActView {
            run,
            champion,
            before,
            reason: act.reason.clone(),
            by_running_process,
        };
        match self.writer("promote") {
            Ok(store) => {
                ContinuousJournal::open(&store, &run)?.append(event)?;
                super::served::serve(&store, self.store_folder(), run, &champion)?;
                Ok(view(false))
            }
            Err(error) if error.is_busy() => {
                self.leave(&act).await?;
                Ok(view(true))
            }
            Err(error) => Err(error),
        }
    }

    /// As [`Engine::act`], on the threads of the engine.
    ///
    /// # Errors
    ///
    /// As [`Engine::act`], and [`ServiceError::Threads`].
    ///
    /// # Panics
    ///
    /// When called inside a tokio runtime.
    pub fn act_blocking(&self, request: &ActRequest) -> Result<ActView, ServiceError> {
        self.block_on(self.act(request))?
    }

    /// Leaves an act for the process at work, and waits until it is in the journal.
    async fn leave(&self, act: &WaitingAct) -> Result<(), ServiceError> {
        let folder = self.store_folder().join(FOLDER);
        std::fs::create_dir_all(&folder).map_err(|error| ServiceError::io(&folder, error))?;
        let path = folder.join(format!("{}.json", act.request));
        let unfinished = folder.join(format!(".{}.new", act.request));
        let text = serde_json::to_vec_pretty(act).map_err(|error| ServiceError::file(&path, error))?;
        let write = || {
            let mut file = regular_file::open_to_write(&unfinished)?;
            file.set_len(0)?;
            file.write_all(&text)?;
            file.sync_all()?;
            std::fs::rename(&unfinished, &path)
        };
        write().map_err(|error| ServiceError::io(&path, error))?;
        for _ in 0..LOOKS {
            tokio::time::sleep(LOOK_WAIT).await;
            let journal = ContinuousJournal::open(&self.reader()?, &act.run)?;
            if journal.state().knows_request(&act.request) {
                return Ok(());
            }
            if !path.exists() {
                // It was accepted between the two looks, or refused.
                let journal = ContinuousJournal::open(&self.reader()?, &act.run)?;
                if journal.state().knows_request(&act.request) {
                    return Ok(());
                }
                let message = "the process that is at work refused it: the champion has changed meanwhile";
                return Err(ServiceError::with_hint(
                    message,
                    "`hyperspace champion` shows the one that serves",
                ));
            }
        }
        drop(std::fs::remove_file(&path));
        let message =
            "the process that holds the store did not take it within a minute, and nothing was done";
        Err(ServiceError::with_hint(
            message,
            "the store may be held by another command than `evolve --continuous`",
        ))
    }
}

/// Returns the files of a candidate from one of the seasons.
fn candidate(store: &Store, journal: &ContinuousJournal, text: &str) -> Result<TreeId, ServiceError> {
    let found = CandidateTarget::resolve(store, text)?;
    let run = hyperspace_evolve::load_record(store, &found.generation)?.run;
    let config = hyperspace_evolve::load_config(store, &run)?;
    if let Some(why) = journal.config().difference(&config)? {
        return Err(ServiceError::with_hint(
            format!(
                "{text} is of run {}, which is no season of {}: {why}",
                short(run),
                short(*journal.run())
            ),
            "promote a candidate of a season; `hyperspace log` with the continuous run names them",
        ));
    }
    Ok(found.tree)
}

/// A waiting act and its file.
pub(super) struct FoundAct {
    pub(super) act: WaitingAct,
    pub(super) path: PathBuf,
}

/// Returns whether any act is waiting.
pub(super) fn any_waiting(folder: &Path) -> bool {
    std::fs::read_dir(folder.join(FOLDER)).is_ok_and(|entries| {
        entries.filter_map(Result::ok).any(|entry| entry.path().extension().is_some_and(|end| end == "json"))
    })
}

/// Returns the acts that are waiting for a run, sorted by name.
pub(super) fn waiting(folder: &Path, run: &RecordId) -> Vec<FoundAct> {
    let Ok(entries) = std::fs::read_dir(folder.join(FOLDER)) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
    paths.sort();
    let read = |path: PathBuf| {
        let act =
            files::read_text(&path).ok().and_then(|text| serde_json::from_str::<WaitingAct>(&text).ok());
        match act {
            Some(act) => Some(FoundAct { act, path }),
            None => {
                tracing::warn!(
                    "{}: expected an act of `promote` or `rollback`; it is left out",
                    path.display()
                );
                None
            }
        }
    };
    paths.into_iter().filter_map(read).filter(|found| found.act.run == *run).collect()
}

impl FoundAct {
    /// Returns the name of the request.
    pub(super) fn request(&self) -> &str {
        &self.act.request
    }

    /// Removes the file of an act that was journalled or refused.
    pub(super) fn done(self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::warn!("{}: {error}", self.path.display());
        }
    }
}
