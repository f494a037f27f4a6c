//! The loop of continuous operation.
//!
//! Each turn records what was committed, takes acts, days and rows, and does one unit of work: a measurement on new rows or a
//! generation. A kill between any two steps loses nothing: the effects of a unit of work are one transaction, and the next start
//! records it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hyperspace_core::{BlobId, RecordId};
use hyperspace_eval::Task;
use hyperspace_evolve::continuous::{ContinuousConfig, ContinuousJournal};
use hyperspace_evolve::{
    DayBegun, Event, EvolveError, RowsTaken, Run, RunOptions, RunResources, WorkAbandoned, WorkPaused,
    WorkResumed,
};
use hyperspace_llm::{Models, TimeSource};
use serde::Serialize;

use super::log::{self, ContinuousLogRow};
use super::reason::one_line;
use super::request::ContinuousRequest;
use super::source::RowSource;
use super::{acts, budget, served};
use crate::engine::Engine;
use crate::error::ServiceError;
use crate::models::{CalledResources, keep_lessons};
use crate::operation::{EventSender, Operation};
use crate::run::PreparedRun;

const DAY_SECONDS: u64 = 24 * 60 * 60;
/// The first and the longest wait after outages.
const OUTAGE_WAIT_MS: u64 = 30_000;
const OUTAGE_WAIT_MS_MAX: u64 = 3_600_000;
/// Maximum number of rows that are set aside one after another without a season that begins. Each of them costs one measurement of the
/// champion.
pub(super) const SET_ASIDES_MAX: u32 = 20;
/// Time between two looks for acts while a unit of work is in progress.
const ACTS_WAIT: Duration = Duration::from_millis(500);

/// An event of continuous operation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
#[non_exhaustive]
pub enum ContinuousEvent {
    /// The run is known. Its journal has this number of events.
    Opened {
        /// The continuous run.
        run: RecordId,
        /// Its task.
        task: String,
        /// The link that always names the files of the champion that serves.
        champion: PathBuf,
        /// Number of events before this start.
        before: u64,
    },
    /// An event was recorded.
    Recorded(ContinuousLogRow),
}

/// Continuous operation, to be awaited. It ends only with an error; dropping the handle stops it, and an equal request continues
/// it.
pub type ContinuousHandle = Operation<ContinuousEvent, ()>;

impl Engine {
    /// Continues continuous operation where it was left, or begins it. Everything that happens is an event of the handle.
    ///
    /// Errors come at the end of the handle: class `Usage` for the request, `Guest` when the first agent has no score.
    #[must_use]
    pub fn continuous(&self, request: ContinuousRequest) -> ContinuousHandle {
        let engine = self.clone();
        Operation::new(self, |events| async move {
            let mut operator = Operator::open(engine, request, events).await?;
            loop {
                operator.turn().await?;
            }
        })
    }
}

/// The condition under which a pause ends before its cause is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PauseEnd {
    /// A later day begins.
    Day(u64),
    /// The clock reaches this time, in milliseconds.
    Time(u64),
    /// There are more batches of rows, or another champion.
    Rows(u64),
}

/// The state of the loop. See the module.
pub(super) struct Operator {
    pub(super) engine: Engine,
    pub(super) journal: ContinuousJournal,
    pub(super) options: RunOptions,
    pub(super) resources: RunResources,
    called: Option<Models>,
    /// The run of the season at work, once it is open.
    pub(super) season: Option<Run>,
    source: RowSource,
    clock: Arc<dyn TimeSource>,
    poll_ms: u64,
    pause_end: Option<PauseEnd>,
    outages: u32,
    /// Number of rows set aside since a season began.
    pub(super) set_asides: u32,
    events: EventSender<ContinuousEvent>,
    told: u64,
    told_day: Option<u64>,
}

impl Operator {
    async fn open(
        engine: Engine,
        request: ContinuousRequest,
        events: EventSender<ContinuousEvent>,
    ) -> Result<Self, ServiceError> {
        let ContinuousRequest { run, settings, lines } = request;
        let settings = settings.or(&engine.settings().continuous);
        let (rules, poll_ms) = (settings.rules()?, settings.poll_ms()?);
        let rows = settings.rows.clone().ok_or(ServiceError::Requires {
            setting: "continuous",
            other: "rows",
            why: "new rows come from a folder, or from standard input with -",
        })?;
        let clock = engine.environment().clock.clone();
        let clock = clock.ok_or_else(|| ServiceError::request("continuous operation needs a clock"))?;
        let prepared = PreparedRun::of(&engine, run)?;
        check(&prepared)?;
        RowSource::check(&rows, lines.as_ref())?;
        let CalledResources { run: resources, called } = prepared.resources(&engine).await?;
        let store = engine.writer_or_new("evolve --continuous")?;
        let (task, agent, options) = (own_rows(&prepared.task)?, prepared.agent, prepared.options);
        let config = ContinuousConfig::new(&Run::plan(&task, &agent, &options, &resources)?)?;
        let journal = ContinuousJournal::open_or_begin(&store, &config, &task, &agent.files)?;
        let source = RowSource::open(&rows, lines, &journal, poll_ms)?;
        let run = *journal.run();
        let champion = served::place(engine.store_folder(), run);
        let before = store.journal_length(&run)?;
        let task = journal.task().name().to_owned();
        let (told, told_day) = (before, journal.state().day());
        drop(events.send(ContinuousEvent::Opened { run, task, champion, before }));
        let mut operator = Self {
            engine,
            journal,
            options,
            resources,
            called,
            season: None,
            source,
            clock,
            poll_ms,
            pause_end: None,
            outages: 0,
            set_asides: 0,
            events,
            told,
            told_day,
        };
        operator.note_generations()?;
        if operator.journal.state().rules() != Some(&rules) {
            operator.record(rules)?;
        } else if let Some(paused) = operator.journal.state().paused().filter(|one| one.why == "budget") {
            operator.pause_end = Some(PauseEnd::Day(paused.day + 1));
        }
        Ok(operator)
    }

    /// Appends a fact with the decisions that follow from it, and reports all of them.
    pub(super) fn record(&mut self, fact: impl Into<Event>) -> Result<(), ServiceError> {
        let events = self.journal.append(fact)?;
        self.tell(&events)
    }

    /// Reports recorded events, and closes the season if it has ended.
    pub(super) fn tell(&mut self, events: &[Event]) -> Result<(), ServiceError> {
        for event in events {
            let row = log::row(self.journal.store(), self.told, event, &mut self.told_day)?;
            self.told += 1;
            // If the receiver is gone, the operation is being dropped.
            drop(self.events.send(ContinuousEvent::Recorded(row)));
        }
        if self.journal.state().season().is_none() {
            self.season = None;
        }
        self.serve()
    }

    /// Makes the served folder show the champion of the journal.
    fn serve(&self) -> Result<(), ServiceError> {
        let champion = self.journal.champion()?;
        served::serve(self.journal.store(), self.engine.store_folder(), *self.journal.run(), &champion)
    }

    async fn turn(&mut self) -> Result<(), ServiceError> {
        self.note_generations()?;
        self.note_abandoned()?;
        let minute = self.look_at_clock()?;
        self.take_acts()?;
        self.take_rows()?;
        self.note_abandoned()?;
        if let Some((why, detail)) = self.hindrance(minute) {
            if self.journal.state().paused().is_none() {
                self.pause(minute, why, detail)?;
            }
            return self.wait().await;
        }
        if self.journal.state().paused().is_some() {
            self.pause_end = None;
            let day = self.journal.state().day().unwrap_or_default();
            self.record(WorkResumed { day, minute })?;
        }
        let folder = self.engine.store_folder().to_path_buf();
        let worked = tokio::select! {
            biased;
            worked = self.work() => worked,
            () = acts_come(folder) => return Ok(()),
        };
        if let Some(models) = &self.called {
            keep_lessons(&self.engine, models);
        }
        match worked {
            Ok(()) => {
                self.outages = 0;
                Ok(())
            }
            Err(error) => self.stumble(error).await,
        }
    }

    /// Reads the clock, records a new day, and returns the minute of the day.
    fn look_at_clock(&mut self) -> Result<u64, ServiceError> {
        let seconds = self.clock.unix_seconds();
        let (today, minute) = (seconds / DAY_SECONDS, seconds % DAY_SECONDS / 60);
        // A clock that was set back does not bring back an earlier day.
        if self.journal.state().day().is_none_or(|day| day < today) {
            let carried = match self.journal.state().season() {
                Some(season) => {
                    budget::uncommitted(self.journal.store(), self.engine.store_folder(), &season.run)?
                }
                None => Default::default(),
            };
            let (carried_calls, carried_cost) = (carried.calls, carried.cost.0);
            self.record(DayBegun { day: today, carried_calls, carried_cost })?;
        }
        Ok(minute)
    }

    /// Records what was paid for work of a season that ended before the work was committed.
    fn note_abandoned(&mut self) -> Result<(), ServiceError> {
        let Some((season, run)) = self.journal.state().ended() else { return Ok(()) };
        let paid = budget::uncommitted(self.journal.store(), self.engine.store_folder(), &run)?;
        let (calls, cost) = (paid.calls, paid.cost.0);
        if calls > 0 {
            self.record(WorkAbandoned { season, calls, cost })?;
        }
        Ok(())
    }

    /// Journals waiting acts of the principal.
    fn take_acts(&mut self) -> Result<(), ServiceError> {
        for found in acts::waiting(self.engine.store_folder(), self.journal.run()) {
            if !self.journal.state().knows_request(found.request()) {
                match found.act.event(&self.journal) {
                    Ok(event) => {
                        self.pause_end = None;
                        self.record(event)?;
                    }
                    Err(error) => tracing::warn!("an act of the principal was refused: {error}"),
                }
            }
            found.done();
        }
        Ok(())
    }

    /// Takes all available rows.
    fn take_rows(&mut self) -> Result<(), ServiceError> {
        let Some(rules) = self.journal.state().rules().cloned() else { return Ok(()) };
        while let Some(read) = self.source.next(&self.journal, &rules, self.clock.now_ms())? {
            let batch = self.journal.state().batches();
            let text = |rows: &[String]| (!rows.is_empty()).then(|| rows.join("\n"));
            let [train, held_out, refused] =
                [&read.train, &read.held_out, &read.refused].map(|rows| text(rows));
            let events = self.journal.append_with(|objects| {
                let mut put = |text: &Option<String>| -> Option<BlobId> {
                    text.as_ref().map(|text| objects.put_blob(text.as_bytes()))
                };
                Ok(RowsTaken {
                    batch,
                    source: read.source.clone(),
                    read: read.read,
                    lines: read.lines,
                    train: put(&train),
                    train_rows: read.train.len() as u64,
                    held_out: put(&held_out),
                    held_out_rows: read.held_out.len() as u64,
                    known_rows: read.known,
                    refused: put(&refused),
                    refused_rows: read.refused.len() as u64,
                    tail: read.tail.clone(),
                    problem: read.problem.clone(),
                }
                .into())
            })?;
            self.tell(&events)?;
        }
        Ok(())
    }

    /// Returns the reason why no work can be done now, if there is one.
    fn hindrance(&self, minute: u64) -> Option<(&'static str, String)> {
        let state = self.journal.state();
        if !state.rules().is_some_and(|rules| rules.is_active(minute)) {
            return Some(("schedule", String::new()));
        }
        if let Some(resource) = state.spent_budget() {
            return Some(("budget", format!("the day's {resource} is spent")));
        }
        let paused = state.paused()?;
        let waits = match self.pause_end? {
            PauseEnd::Day(day) => state.day().is_some_and(|today| today < day),
            PauseEnd::Time(ms) => self.clock.now_ms() < ms,
            PauseEnd::Rows(batches) => state.batches() <= batches,
        };
        let why = ["budget", "outage", "agent"].into_iter().find(|why| *why == paused.why)?;
        waits.then(|| (why, paused.detail.clone()))
    }

    /// Returns whether a season has begun. Before, the first agent has no score on the rows that the run began with, and no row that comes
    /// later changes that.
    fn has_worked(&self) -> bool {
        let state = self.journal.state();
        state.seasons() > 1 + state.rows_set_aside()
    }

    fn pause(&mut self, minute: u64, why: &str, detail: String) -> Result<(), ServiceError> {
        let day = self.journal.state().day().unwrap_or_default();
        self.record(WorkPaused { day, minute, why: why.to_owned(), detail })
    }

    /// Pauses after a temporary error; any other error ends the operation.
    async fn stumble(&mut self, error: EvolveError) -> Result<(), ServiceError> {
        use hyperspace_evolve::EvolveErrorClass as Class;
        self.season = None;
        let minute = self.look_at_clock()?;
        let mut detail = one_line(&error.to_string());
        let day = self.journal.state().day().unwrap_or_default();
        let (why, end) = match error.class() {
            Class::Budget => {
                detail = format!("what the day has left does not suffice for the work at hand ({detail})");
                ("budget", PauseEnd::Day(day + 1))
            }
            Class::Provider => {
                let wait = OUTAGE_WAIT_MS.saturating_mul(1 << self.outages.min(10)).min(OUTAGE_WAIT_MS_MAX);
                self.outages += 1;
                ("outage", PauseEnd::Time(self.clock.now_ms().saturating_add(wait)))
            }
            Class::Guest if self.set_aside(&error)? => return Ok(()),
            Class::Guest if self.set_asides == SET_ASIDES_MAX || self.has_worked() => {
                self.set_asides = 0;
                ("agent", PauseEnd::Rows(self.journal.state().batches()))
            }
            _ => return Err(error.into()),
        };
        self.pause_end = Some(end);
        self.pause(minute, why, detail)?;
        self.wait().await
    }

    async fn wait(&mut self) -> Result<(), ServiceError> {
        self.clock.sleep(self.poll_ms).await;
        // A clock that does not wait must not starve other tasks.
        tokio::task::yield_now().await;
        Ok(())
    }
}

/// Waits until an act of the principal arrives.
async fn acts_come(folder: PathBuf) {
    loop {
        tokio::time::sleep(ACTS_WAIT).await;
        if acts::any_waiting(&folder) {
            return;
        }
    }
}

/// Checks that a run can be continuous.
fn check(run: &PreparedRun) -> Result<(), ServiceError> {
    if !run.task.has_rows() {
        let message = format!("task {} has no rows, so none can be added", run.task.name());
        return Err(ServiceError::with_hint(
            message,
            "`hyperspace new task DIR --kind rows` makes one that has",
        ));
    }
    if run.options.populations.len() > 1 {
        let problem = "continuous operation has one population; give one model";
        return Err(ServiceError::setting("model", problem));
    }
    Ok(())
}

/// Returns the task with its rows in separate files, like those of the seasons.
fn own_rows(task: &Task) -> Result<Task, ServiceError> {
    use hyperspace_eval::Split;
    let lines = |split| -> Result<Vec<String>, ServiceError> {
        Ok(task.rows(split).map_err(EvolveError::from)?.into_iter().map(|row| row.json).collect())
    };
    let files = task.files_with_rows(&lines(Split::Train)?, &lines(Split::HeldOut)?, &[]);
    let files = files.map_err(EvolveError::from)?;
    Ok(Task::from_files(&files, task.name()).map_err(EvolveError::from)?)
}
