//! Simplification: removes parts of a candidate's program as long as every case of the task keeps its result.
//!
//! The record is unchanged; the smaller program is a view of it. Each attempt is an evaluation in the sandbox on training and
//! held-out data, so the program is the same as far as these cases can tell, and no further.

mod reduction;
mod trial;

use hyperspace_core::{FileSet, RecordId, RelPath};
use hyperspace_eval::TaskLoader;
use hyperspace_evolve::{Descent, DescentPlace, load_task};
use serde::Serialize;

use self::reduction::{failed, reductions};
use self::trial::Trial;
use crate::engine::Engine;
use crate::error::ServiceError;
use crate::history::{CandidateRow, TaskFactsView, best_candidate, load_evaluation, text_diff};
use crate::operation::{EventSender, Operation};

/// Default number of attempts of a simplification.
const TRIES_MAX: u64 = 2_000;

/// A request to simplify the program of a candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SimplifyRequest {
    /// A run or generation, whose best candidate is taken, or a candidate `HASH:K`; `None` means the only run in the store.
    pub hash: Option<String>,
    /// Maximum number of evaluated attempts. Default 2,000.
    pub tries_max: u64,
}

impl Default for SimplifyRequest {
    fn default() -> Self {
        Self { hash: None, tries_max: TRIES_MAX }
    }
}

impl SimplifyRequest {
    /// Returns a request for the best candidate of the only run in the store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the run, generation or candidate, by its hash or the beginning of it.
    #[must_use]
    pub fn hash(mut self, hash: impl ToString) -> Self {
        self.hash = Some(hash.to_string());
        self
    }

    /// Sets the maximum number of evaluated attempts.
    #[must_use]
    pub fn tries_max(mut self, tries: u64) -> Self {
        self.tries_max = tries;
        self
    }
}

/// An event of a simplification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
#[non_exhaustive]
pub enum SimplifyEvent {
    /// A smaller program was evaluated.
    Tried {
        /// Number of attempts so far.
        tries: u64,
        /// Number of lines of the smallest program that does the same.
        lines: usize,
    },
}

/// A simplification, which makes progress while it is awaited; dropping it cancels it.
pub type SimplifyHandle = Operation<SimplifyEvent, SimplifiedView>;

/// A smaller program: the document of `best --simplify --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SimplifiedView {
    /// The run.
    pub run: RecordId,
    /// Its task.
    pub task: TaskFactsView,
    /// The candidate.
    pub candidate: CandidateRow,
    /// The file of its program.
    pub path: String,
    /// The smaller text.
    pub code: String,
    /// The difference from the candidate's text.
    pub diff: String,
    /// Number of lines in the candidate's program.
    pub lines_before: usize,
    /// Number of lines in the smaller text.
    pub lines: usize,
    /// Number of attempts that were evaluated.
    pub tries: u64,
    /// True if nothing more can be removed; false if the attempts were used up.
    pub complete: bool,
}

impl Engine {
    /// Makes the program of a candidate smaller without changing the result of any case of its task.
    ///
    /// Errors come at the end of the handle: class `Usage` when the request is wrong, the candidate has no score, or its recorded
    /// results cannot be reproduced without a model; `Damage` when the store is damaged.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), hyperspace_service::ServiceError> {
    /// # let engine = hyperspace_service::Engine::builder().build()?;
    /// use hyperspace_service::SimplifyRequest;
    ///
    /// let view = engine.simplify(SimplifyRequest::new().tries_max(200)).finish_blocking()?;
    /// println!("{} instead of {} lines", view.lines, view.lines_before);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn simplify(&self, request: SimplifyRequest) -> SimplifyHandle {
        let engine = self.clone();
        Operation::new(self, |events| run(engine, request, events))
    }
}

async fn run(
    engine: Engine,
    request: SimplifyRequest,
    events: EventSender<SimplifyEvent>,
) -> Result<SimplifiedView, ServiceError> {
    let store = engine.reader()?;
    let (data, id) = best_candidate(&store, request.hash.as_deref())?;
    let missing = || ServiceError::request(format!("{id} is no candidate of run {}", data.id));
    let (hash, record) = data.candidate(id).ok_or_else(missing)?;
    let task = load_task(&store, &data.config, &TaskLoader::new())?;
    let files = store.get_files(&record.tree)?;
    let path = task.entry_file(&files).ok_or_else(|| ServiceError::request("it has no program"))?;
    let path = RelPath::new(&path)?;
    let mut recorded: Vec<RecordId> = [&record.train, &record.held_out]
        .into_iter()
        .flatten()
        .filter(|evaluation| evaluation.score.is_some())
        .map(|evaluation| evaluation.record)
        .collect();
    recorded.dedup();
    if recorded.is_empty() {
        return Err(ServiceError::request(format!("{id} has no score, so nothing says what must stay")));
    }
    let expected = recorded.iter().map(|id| load_evaluation(&store, id)).collect::<Result<_, _>>()?;
    let evaluator = engine.prepared(task.runtime(), 0).await?.limits(data.config.eval_limits.clone());
    let before = text_of(&files, &path)?;
    let trial = Trial { evaluator, task, files, path, expected };
    if !trial.keeps_results(&before).await? {
        let message = format!("{id}: its recorded results do not come out again, so nothing can be compared");
        let hint = "a program that asks a model while it is measured cannot be simplified";
        return Err(ServiceError::with_hint(message, hint));
    }
    let found = smallest(&trial, &before, request.tries_max, &events).await?;
    Ok(SimplifiedView {
        run: data.id,
        task: TaskFactsView::of(&trial.task),
        candidate: data.row(id, hash, record),
        path: trial.path.to_string(),
        diff: text_diff(&trial.path, ["recorded", "simplified"], [&before, &found.code]),
        lines_before: before.lines().count(),
        lines: found.code.lines().count(),
        code: found.code,
        tries: found.tries,
        complete: found.complete,
    })
}

fn text_of(files: &FileSet, path: &RelPath) -> Result<String, ServiceError> {
    let content = files.get(path).map(|content| content.to_vec()).unwrap_or_default();
    String::from_utf8(content).map_err(|_| ServiceError::request(format!("{path} is no text in UTF-8")))
}

/// A program that does the same, and how it was found.
struct SmallestProgram {
    code: String,
    tries: u64,
    complete: bool,
}

/// Removes parts, beginning with groups of them, until a round over all of them finds none that can be removed.
async fn smallest(
    trial: &Trial,
    source: &str,
    tries_max: u64,
    events: &EventSender<SimplifyEvent>,
) -> Result<SmallestProgram, ServiceError> {
    let listed = reductions(&trial.evaluator, source).await?;
    let mut descent = Descent::new(source.to_owned(), listed, DescentPlace::default()).map_err(failed)?;
    let mut tries = 0;
    while tries < tries_max {
        let Some(smaller) = descent.next_text() else { break };
        tries += 1;
        if trial.keeps_results(&smaller).await? {
            descent.keep(reductions(&trial.evaluator, &smaller).await?).map_err(failed)?;
        } else {
            descent.refuse();
        }
        let tried = SimplifyEvent::Tried { tries, lines: descent.code().lines().count() };
        // If the receiver is gone, the work is being dropped.
        drop(events.send(tried));
    }
    Ok(SmallestProgram { code: descent.code().to_owned(), tries, complete: descent.place().is_none() })
}
