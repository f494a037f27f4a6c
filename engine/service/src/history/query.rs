//! Filters of `log`, which select runs of a store or candidates of a run.

use std::collections::{BTreeMap, BTreeSet};

use hyperspace_core::RecordId;
use hyperspace_evolve::{CandidateId, Fate, JournalEvent, records};
use hyperspace_store::Store;
use serde::Serialize;

use super::dates::RunDates;
use super::failures::{cause, failures_of_meta_agents};
use super::log::RunRow;
use super::run_data::{CandidateRow, RunData, failure_of_evaluation};
use super::utc;
use crate::error::ServiceError;
use crate::nearest::did_you_mean;

/// Filters of a list of runs or candidates. The default matches everything.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct LogQuery {
    /// The run whose candidates are listed, given by the beginning of its hash; `None` lists runs.
    pub run: Option<String>,
    /// Only runs of this task.
    pub task: Option<String>,
    /// Only runs that began with this agent or have a population of this name; within a run, only candidates of this population.
    pub agent: Option<String>,
    /// Only runs that were worked on on this day or later, `YYYY-MM-DD` in UTC.
    pub since: Option<String>,
    /// Only runs that began on this day or earlier, `YYYY-MM-DD` in UTC.
    pub until: Option<String>,
    /// Only runs with a candidate of this fate, or of one of several separated by commas; within a run, only these candidates.
    pub fate: Option<String>,
}

impl LogQuery {
    /// Returns whether every run is wanted.
    pub(super) fn is_empty(&self) -> bool {
        self.filter().is_none()
    }

    /// Checks that there is no filter, which a continuous run does not have.
    ///
    /// # Errors
    ///
    /// Class `Usage`, with the name of the filter.
    pub fn check_continuous(&self) -> Result<(), ServiceError> {
        let problem = "it selects runs or candidates of one run, and this is a continuous run; name the run of a season";
        self.filter().map_or(Ok(()), |setting| Err(ServiceError::setting(setting, problem)))
    }

    /// Returns the name of the first filter that is set.
    fn filter(&self) -> Option<&'static str> {
        let filters = [
            ("task", &self.task),
            ("agent", &self.agent),
            ("since", &self.since),
            ("until", &self.until),
            ("fate", &self.fate),
        ];
        filters.into_iter().find_map(|(name, value)| value.as_ref().map(|_| name))
    }

    /// Returns whether candidates of a run are listed instead of its generations.
    pub(super) fn wants_candidates(&self) -> bool {
        self.run.is_some() && (self.agent.is_some() || self.fate.is_some())
    }

    pub(super) fn check(&self) -> Result<WantedRows, ServiceError> {
        if self.run.is_some() {
            let of_runs = [("task", &self.task), ("since", &self.since), ("until", &self.until)];
            if let Some((setting, _)) = of_runs.into_iter().find(|(_, value)| value.is_some()) {
                let problem = "it selects runs, and one is named already";
                return Err(ServiceError::setting(setting, problem));
            }
        }
        let fates = self
            .fate
            .as_deref()
            .map(|names| names.split(',').map(fate).collect::<Result<Vec<_>, _>>())
            .transpose()?;
        let since = self.since.as_deref().map(|day| utc::parse_day("since", day)).transpose()?;
        let until = self.until.as_deref().map(|day| utc::parse_day("until", day)).transpose()?;
        Ok(WantedRows { fates, since, until: until.map(utc::next_day) })
    }
}

fn fate(name: &str) -> Result<Fate, ServiceError> {
    Fate::ALL.into_iter().find(|fate| fate.name() == name).ok_or_else(|| {
        let names = Fate::ALL.map(Fate::name);
        let problem = did_you_mean(name, names).unwrap_or_else(|| format!("expected {}", names.join(", ")));
        ServiceError::Setting { setting: "fate", given: Some(name.to_owned()), problem }
    })
}

/// The filters after parsing.
pub(super) struct WantedRows {
    fates: Option<Vec<Fate>>,
    since: Option<u64>,
    /// The first second that is too late.
    until: Option<u64>,
}

impl WantedRows {
    /// Returns whether there is a filter by date.
    pub(super) const fn by_date(&self) -> bool {
        self.since.is_some() || self.until.is_some()
    }

    /// Returns whether a run with these dates is wanted. A run without dates is not wanted if there is a filter by date.
    pub(super) fn takes_dates(&self, dates: Option<&RunDates>) -> bool {
        let Some(dates) = dates else { return !self.by_date() };
        self.since.is_none_or(|since| dates.worked >= since)
            && self.until.is_none_or(|until| dates.started < until)
    }

    /// Returns whether a run has a candidate with a wanted fate.
    pub(super) fn takes_fates(&self, store: &Store, run: &RecordId) -> Result<bool, ServiceError> {
        let Some(fates) = &self.fates else { return Ok(true) };
        let records = records(store, run)?;
        Ok(records.iter().any(|(_, record)| record.candidates.iter().any(|one| fates.contains(&one.fate))))
    }
}

/// Returns whether a run has the wanted task and agent.
pub(super) fn takes_names(query: &LogQuery, row: &RunRow) -> bool {
    let task = query.task.as_ref().is_none_or(|task| *task == row.task);
    let agent = query.agent.as_ref().is_none_or(|agent| {
        *agent == row.agent || row.agents.iter().any(|population| population.name == *agent)
    });
    task && agent
}

/// Candidates of a run: the document of `log RUN --fate FATE --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CandidatesView {
    /// The run.
    pub run: RecordId,
    /// The requested candidates, in order.
    pub candidates: Vec<CandidateFailureRow>,
    /// The causes of their failures, most frequent first.
    pub causes: Vec<FailureCause>,
    /// The existing fates, in words, if no candidate was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
}

/// Candidates that failed for the same cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FailureCause {
    /// The cause in one line: an exception with its message, or an outcome such as out-of-fuel.
    pub cause: String,
    /// The number of candidates.
    pub count: u64,
    /// The first of these candidates.
    pub examples: Vec<CandidateId>,
}

/// Maximum number of examples of a cause.
const EXAMPLES_MAX: usize = 3;

impl CandidateFailureRow {
    /// Returns the cause of the failure in one line; `None` if there was none.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        cause(self.failure.as_deref()?)
    }
}

/// Returns the causes of failures, most frequent first.
fn causes(rows: &[CandidateFailureRow]) -> Vec<FailureCause> {
    let mut causes: Vec<FailureCause> = Vec::new();
    for row in rows {
        let Some(cause) = row.cause() else { continue };
        let known = causes.iter().position(|one| one.cause == cause);
        let at = known.unwrap_or_else(|| {
            causes.push(FailureCause { cause: cause.to_owned(), count: 0, examples: Vec::new() });
            causes.len() - 1
        });
        causes[at].count += 1;
        if causes[at].examples.len() < EXAMPLES_MAX {
            causes[at].examples.push(row.candidate.id());
        }
    }
    causes.sort_by_key(|one| std::cmp::Reverse(one.count));
    causes
}

/// Returns the existing fates in words, for a query that found no candidate.
fn nothing_found(data: &RunData, query: &LogQuery) -> String {
    let mut fates = BTreeMap::new();
    for (_, one) in data.candidates() {
        *fates.entry(one.fate.name()).or_insert(0_u64) += 1;
    }
    let fates: Vec<String> = fates.iter().map(|(name, count)| fate_count(*count, name)).collect();
    let of = query.agent.as_ref().map(|agent| format!(" of agent {agent}")).unwrap_or_default();
    let fate = query.fate.as_ref().map(|fate| format!(" with fate {fate}")).unwrap_or_default();
    format!("no candidate{of}{fate}; the run has {}", fates.join(", "))
}

/// Returns the number of candidates of a fate: `1 champion`, `7 champions`, `3 admitted`.
fn fate_count(count: u64, fate: &str) -> String {
    let is_noun = [Fate::Champion, Fate::Seed].iter().any(|one| one.name() == fate);
    if is_noun && count != 1 { format!("{count} {fate}s") } else { format!("{count} {fate}") }
}

fn agents_of(row: &RunRow) -> Vec<&str> {
    let populations = row.agents.iter().map(|one| one.name.as_str());
    std::iter::once(row.agent.as_str()).chain(populations).collect()
}

/// Returns, for a query that found no run, the filter that matches none and the names that were probably meant.
pub(super) fn no_run(query: &LogQuery, known: &[RunRow]) -> String {
    let names = |of: fn(&RunRow) -> Vec<&str>| -> BTreeSet<&str> { known.iter().flat_map(of).collect() };
    let filters = [
        ("task", &query.task, names(|row| vec![row.task.as_str()])),
        ("agent", &query.agent, names(agents_of)),
    ];
    for (what, given, names) in filters {
        if let Some(given) = given
            && !names.contains(given.as_str())
        {
            let meant = did_you_mean(given, names.iter().copied());
            let there = || format!("there are {}", names.iter().copied().collect::<Vec<_>>().join(", "));
            return format!("no run of {what} {given}; {}", meant.unwrap_or_else(there));
        }
    }
    let day = |time: &String| time.chars().take(10).collect::<String>();
    let known = known.iter().filter(|row| takes_names(query, row));
    let run = if query.task.is_some() || query.agent.is_some() { "no such run" } else { "no run" };
    match query {
        LogQuery { since: None, until: None, fate: Some(fate), .. } => {
            format!("{run} has a candidate with fate {fate}")
        }
        LogQuery { since: Some(since), until: None, fate: None, .. } => {
            let last = known.filter_map(|row| row.worked.as_ref()).max();
            let last = last.map(|last| format!("; the last one was on {}", day(last)));
            format!("{run} was worked on since {since}{}", last.unwrap_or_default())
        }
        LogQuery { since: None, until: Some(until), fate: None, .. } => {
            let first = known.filter_map(|row| row.started.as_ref()).min();
            let first = first.map(|first| format!("; the first one began on {}", day(first)));
            format!("{run} began until {until}{}", first.unwrap_or_default())
        }
        _ => "no run that all filters take".to_owned(),
    }
}

/// A candidate with the cause of its failure.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CandidateFailureRow {
    /// The candidate.
    #[serde(flatten)]
    pub candidate: CandidateRow,
    /// The reason why it has no score, or why its meta agents failed; null for every other fate.
    pub failure: Option<String>,
}

/// Lists the requested candidates of a run.
pub(super) fn candidates(
    store: &Store,
    run: &RecordId,
    query: &LogQuery,
    wanted: &WantedRows,
) -> Result<CandidatesView, ServiceError> {
    let data = RunData::load(store, run)?;
    if let Some(agent) = &query.agent {
        let names: Vec<&str> = data.config.populations.iter().map(|one| one.name.as_str()).collect();
        if !names.contains(&agent.as_str()) {
            let problem = format!("the run has {}", names.join(", "));
            let given = Some(agent.clone());
            return Err(ServiceError::Setting { setting: "agent", given, problem });
        }
    }
    let takes = |row: &CandidateRow| {
        wanted.fates.as_ref().is_none_or(|fates| fates.contains(&row.fate))
            && query.agent.as_ref().is_none_or(|agent| row.agent == *agent)
    };
    let rows: Vec<CandidateRow> = data.rows().filter(takes).collect();
    let meta_failed = rows.iter().any(|row| row.fate == Fate::MetaFailed);
    let journal: Vec<JournalEvent> =
        if meta_failed { hyperspace_evolve::journal(store, run)? } else { Vec::new() };
    let messages = failures_of_meta_agents(&journal);
    let mut candidates = Vec::new();
    for candidate in rows {
        let id = candidate.id();
        let failure = match candidate.fate {
            Fate::MetaFailed => messages.get(&id).cloned(),
            Fate::Failed => match data.candidate(id) {
                Some((_, record)) => failure_of_evaluation(store, record)?,
                None => None,
            },
            _ => None,
        };
        candidates.push(CandidateFailureRow { candidate, failure });
    }
    let remark = candidates.is_empty().then(|| nothing_found(&data, query));
    Ok(CandidatesView { run: *run, causes: causes(&candidates), candidates, remark })
}
