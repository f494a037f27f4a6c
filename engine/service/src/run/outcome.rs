//! The fates of a run's candidates, and its failures, for the view of the end.

use std::collections::{BTreeMap, BTreeSet};

use hyperspace_core::{RecordId, text_end};
use hyperspace_evolve::{CandidateId, Event, Fate, RunConfig, journal, records};
use hyperspace_store::Store;
use serde::Serialize;

use crate::error::ServiceError;
use crate::history::{SlimmingsView, cause, failure_of_evaluation, failure_of_meta};

/// Maximum number of characters of a message.
const MESSAGE_CHARS_MAX: usize = 2_000;

/// The fates of a run's candidates, and its failures.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RunOutcomeView {
    /// Number of generations after the seed that this call executed.
    pub executed: u64,
    /// Number of candidates after the seed.
    pub candidates: u64,
    /// Number of candidates by name of the fate.
    pub fates: BTreeMap<&'static str, u64>,
    /// Candidates that no meta agent could make; null if there are none.
    pub meta_failures: Option<FailuresView>,
    /// Candidates without a score; null if there are none.
    pub failures: Option<FailuresView>,
    /// Number of refused accesses and edits.
    pub refusals: u64,
    /// The last refusal, in words.
    pub last_refusal: Option<String>,
    /// Evaluations that were stopped early; null if the run does not stop any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<StoppedView>,
    /// Judgements of candidates before they were measured; null if the run has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judged: Option<JudgedView>,
    /// Number of times that each sign of complacency was answered, by name; null if signs are ignored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signs: Option<BTreeMap<String, u64>>,
    /// Slimming attempts; null if they are off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slimming: Option<SlimmingsView>,
    /// Names of populations whose meta agents had a model but never called it.
    pub unasked: Vec<String>,
}

/// Evaluations that were stopped early.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StoppedView {
    /// Their number.
    pub candidates: u64,
    /// Number of rows on which they were not evaluated.
    pub rows: u64,
    /// Fuel that their parents used on these rows.
    pub fuel: u64,
}

/// Judgements of candidates before they were measured.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct JudgedView {
    /// Number of candidates that were judged.
    pub candidates: u64,
    /// Number of them that were rejected.
    pub rejected: u64,
    /// Number of answers that were unclear or missing, which count as acceptance.
    pub unclear: u64,
    /// The reason given for the last rejection.
    pub last_reason: Option<String>,
}

/// Failures of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FailuresView {
    /// Their number.
    pub count: u64,
    /// The last of these candidates.
    pub candidate: CandidateId,
    /// Its message.
    pub message: String,
}

impl RunOutcomeView {
    /// Returns the outcome of a run that was at generation `before` when this call began.
    pub(super) fn of(
        store: &Store,
        run: &RecordId,
        config: &RunConfig,
        before: u64,
    ) -> Result<Self, ServiceError> {
        let mut view = Self {
            executed: 0,
            candidates: 0,
            fates: BTreeMap::new(),
            meta_failures: None,
            failures: None,
            refusals: 0,
            last_refusal: None,
            stopped: config
                .search
                .as_ref()
                .and_then(|search| search.early_stop)
                .map(|_| StoppedView::default()),
            judged: config
                .search
                .as_ref()
                .and_then(|search| search.judge.as_ref())
                .map(|_| JudgedView::default()),
            signs: config.complacency().map(|_| BTreeMap::new()),
            slimming: config.slimming().map(|_| SlimmingsView::default()),
            unasked: Vec::new(),
        };
        let (mut owners, mut last_failure) = (BTreeMap::new(), None);
        for (_, record) in records(store, run)? {
            view.executed = record.generation.saturating_sub(before);
            for (number, one) in (0..).zip(&record.candidates) {
                let id = CandidateId { generation: record.generation, candidate: number };
                owners.insert(id, one.population);
                if one.fate == Fate::Seed {
                    continue;
                }
                view.candidates += 1;
                *view.fates.entry(one.fate.name()).or_default() += 1;
                if one.fate == Fate::Failed {
                    last_failure = Some((id, one.clone()));
                }
            }
        }
        view.read_journal(store, run, config, &owners)?;
        if let Some((candidate, record)) = last_failure {
            let count = view.fates.get(Fate::Failed.name()).copied().unwrap_or_default();
            let failure = failure_of_evaluation(store, &record)?.unwrap_or_default();
            let message = bounded(&failure);
            view.failures = Some(FailuresView { count, candidate, message });
        }
        Ok(view)
    }

    fn read_journal(
        &mut self,
        store: &Store,
        run: &RecordId,
        config: &RunConfig,
        owners: &BTreeMap<CandidateId, u64>,
    ) -> Result<(), ServiceError> {
        let mut asked = BTreeSet::<u64>::new();
        let (mut message, mut failed) = (None, None);
        for entry in journal(store, run)? {
            match entry.event {
                Event::MetaFinished(meta) => {
                    message = Some((meta.candidate, failure_of_meta(&meta)));
                }
                Event::CandidateFate(decided) if decided.fate == Fate::MetaFailed => {
                    failed = Some((decided.candidate, message.clone()));
                }
                Event::EditRefused(refused) => {
                    self.refusals += 1;
                    self.last_refusal =
                        Some(format!("{} {}: {}", refused.op, refused.target, refused.reason));
                }
                Event::CandidateStopped(one) => {
                    let stopped = self.stopped.get_or_insert_default();
                    stopped.candidates += 1;
                    stopped.rows += one.of.saturating_sub(one.rows);
                    stopped.fuel = stopped.fuel.saturating_add(one.saved);
                }
                Event::ComplacencyFound(one) => {
                    *self.signs.get_or_insert_default().entry(one.sign).or_default() += 1;
                }
                Event::CandidateSlimmed(one) => self.slimming.get_or_insert_default().add(&one),
                Event::CandidateJudged(one) => {
                    let judged = self.judged.get_or_insert_default();
                    judged.candidates += 1;
                    judged.rejected += u64::from(one.rejected);
                    judged.unclear += u64::from(["unclear", "unanswered"].contains(&one.verdict.as_str()));
                    if one.rejected && one.reason.is_some() {
                        judged.last_reason = one.reason;
                    }
                }
                Event::ModelCalls(calls) if calls.streams.iter().any(|one| one.stream.contains("/meta/")) => {
                    asked.extend(owners.get(&calls.candidate));
                }
                _ => {}
            }
        }
        let own = |(candidate, message): (CandidateId, Option<(CandidateId, String)>)| {
            let message = message.filter(|(of, _)| *of == candidate).map(|(_, message)| message);
            (candidate, message.unwrap_or_else(|| "no meta agent ran".to_owned()))
        };
        let count = self.fates.get(Fate::MetaFailed.name()).copied().unwrap_or_default();
        self.meta_failures = failed.map(own).map(|(candidate, message)| FailuresView {
            count,
            candidate,
            message: bounded(&message),
        });
        let populations = (0..).zip(&config.populations);
        let silent = populations.filter(|(index, population)| {
            self.candidates > 0 && population.model.is_some() && !asked.contains(index)
        });
        self.unasked = silent.map(|(_, population)| population.name.clone()).collect();
        Ok(())
    }
}

/// Returns a failure in words: its first line, which is the outcome, and the end of the guest's evidence.
fn bounded(failure: &str) -> String {
    let first = cause(failure).unwrap_or_default();
    let rest = failure.trim_start().strip_prefix(first).unwrap_or_default().trim_end();
    let first: String = first.chars().take(MESSAGE_CHARS_MAX).collect();
    let end = text_end(rest, MESSAGE_CHARS_MAX.saturating_sub(first.chars().count()));
    if end.len() == rest.len() { first + rest } else { format!("{first}\n…{end}") }
}
