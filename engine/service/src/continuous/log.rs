//! The journal of a continuous run in plain words.

use hyperspace_core::{RecordId, TreeId};
use hyperspace_evolve::{Event, RowsTaken, RulesSet, journal, load_record};
use hyperspace_llm::Cost;
use hyperspace_store::Store;
use serde::Serialize;

use super::find;
use crate::engine::Engine;
use crate::error::ServiceError;
use crate::history::format_utc;
use crate::large_count::large_count;
use crate::target::short;

const DAY_SECONDS: u64 = 24 * 60 * 60;

/// An event of a continuous run, in words.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ContinuousLogRow {
    /// Number in the journal.
    pub seq: u64,
    /// The day (UTC); null before the first one.
    pub day: Option<String>,
    /// The kind of the event.
    pub kind: String,
    /// The event in words.
    pub text: String,
    /// Faults of the rows that were set aside.
    pub refused: Vec<String>,
}

/// The journal of a continuous run. Serialised, it is the document of `log --json` for such a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ContinuousLogView {
    /// The run.
    pub run: RecordId,
    /// Its events.
    pub rows: Vec<ContinuousLogRow>,
}

impl Engine {
    /// Returns the journal of a continuous run in words; `None` if the hash is not that of a continuous run.
    ///
    /// # Errors
    ///
    /// Class `Damage` when the store is damaged.
    pub fn continuous_log(&self, run: &str) -> Result<Option<ContinuousLogView>, ServiceError> {
        let store = self.reader()?;
        let Ok(run) = find(&store, Some(run)) else { return Ok(None) };
        let mut day = None;
        let mut rows = Vec::new();
        for entry in journal(&store, &run)? {
            rows.push(row(&store, entry.seq, &entry.event, &mut day)?);
        }
        Ok(Some(ContinuousLogView { run, rows }))
    }
}

/// Returns an event in words. `day` is the day of the previous event, and is updated to that of this one.
pub(super) fn row(
    store: &Store,
    seq: u64,
    event: &Event,
    day: &mut Option<u64>,
) -> Result<ContinuousLogRow, ServiceError> {
    if let Event::DayBegun(begun) = event {
        *day = Some(begun.day);
    }
    let refused = match event {
        Event::RowsTaken(taken) => match taken.refused {
            Some(blob) => {
                String::from_utf8_lossy(&store.get_blob(&blob)?).lines().map(str::to_owned).collect()
            }
            None => Vec::new(),
        },
        _ => Vec::new(),
    };
    let mut text = words(event);
    if let Event::SeasonAdvanced(advanced) = event {
        let best = load_record(store, &advanced.record)?;
        let best = best.champion();
        text.push_str(&format!("; score {}, held-out {}", best.score, best.held_out));
    }
    let (day, kind) = (day.map(date), event.kind().to_owned());
    Ok(ContinuousLogRow { seq, day, kind, text, refused })
}

/// Returns the date of a day, counted from the beginning of 1970.
pub(super) fn date(day: u64) -> String {
    let text = format_utc(day.saturating_mul(DAY_SECONDS)).unwrap_or_else(|| format!("day {day}"));
    text.chars().take(10).collect()
}

fn clock(minute: u64) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

fn name(tree: &TreeId) -> String {
    tree.to_string().chars().take(12).collect()
}

fn score(score: Option<&hyperspace_eval::Score>) -> String {
    score.map_or_else(|| "no score".to_owned(), |score| format!("score {score}"))
}

fn words(event: &Event) -> String {
    match event {
        Event::ContinuousStarted(one) => {
            format!("task {}, agent {} ({}) serves", one.task, one.agent, name(&one.tree))
        }
        Event::RulesSet(rules) => rules_in_words(rules),
        Event::DayBegun(one) if one.carried_calls > 0 => {
            let (calls, cost) = (one.carried_calls, Cost(one.carried_cost));
            format!("a new day; {calls} calls ({cost}) of work that goes on were paid before")
        }
        Event::DayBegun(_) => "a new day".to_owned(),
        Event::WorkPaused(one) if one.detail.is_empty() => {
            format!("paused at {}: {}", clock(one.minute), one.why)
        }
        Event::WorkPaused(one) => format!("paused at {}: {}: {}", clock(one.minute), one.why, one.detail),
        Event::WorkResumed(one) => format!("resumed at {}", clock(one.minute)),
        Event::RowsTaken(RowsTaken { source, problem: Some(problem), .. }) => {
            format!("nothing more is taken from {source}: {problem}")
        }
        Event::RowsTaken(one) => {
            let mut text = format!(
                "{} for training, {} held out, from {}",
                one.train_rows, one.held_out_rows, one.source
            );
            for (count, what) in [(one.known_rows, "known already"), (one.refused_rows, "set aside")] {
                if count > 0 {
                    text.push_str(&format!("; {count} {what}"));
                }
            }
            text
        }
        Event::SeasonBegun(one) => {
            format!("season {} is run {}, from champion {}", one.season, short(one.run), name(&one.tree))
        }
        Event::SeasonAdvanced(one) => {
            let cost = if one.calls > 0 {
                format!(", {} calls ({})", one.calls, Cost(one.cost))
            } else {
                String::new()
            };
            format!(
                "season {}, generation {}: best {} ({}), {} fuel{cost}",
                one.season,
                one.generation,
                one.candidate,
                name(&one.tree),
                large_count(one.fuel)
            )
        }
        Event::WorkAbandoned(one) => {
            format!("{} calls ({}) of season {} were paid in vain", one.calls, Cost(one.cost), one.season)
        }
        Event::RowSetAside(one) => {
            format!("season {} could not begin; seasons leave out row {}: {}", one.season, one.row, one.why)
        }
        Event::SeasonEnded(one) => format!("season {} ended: {}", one.season, one.why),
        other => agents_in_words(other),
    }
}

/// Returns an event about agents in words.
fn agents_in_words(event: &Event) -> String {
    match event {
        Event::RowsMeasured(one) if one.role == "champion" => {
            format!("champion {} on {} new rows: {}", name(&one.tree), one.rows, score(one.score.as_ref()))
        }
        Event::RowsMeasured(one) => format!(
            "{} {} on {} new rows: {}, better than the champion on {}, worse on {}",
            one.role,
            name(&one.tree),
            one.rows,
            score(one.score.as_ref()),
            one.gained,
            one.lost
        ),
        Event::CanaryBegun(one) => {
            format!("candidate {} ({}) of season {} is tried", one.candidate, name(&one.tree), one.season)
        }
        Event::CanaryEnded(one) => format!("candidate {} {}: {}", name(&one.tree), one.outcome, one.why),
        Event::ChampionPromoted(one) => {
            format!(
                "{} serves in place of {}, by {}: {}",
                name(&one.tree),
                name(&one.before),
                one.by,
                one.reason
            )
        }
        Event::ChampionRolledBack(one) => {
            format!(
                "{} serves again in place of {}, by {}: {}",
                name(&one.tree),
                name(&one.from),
                one.by,
                one.reason
            )
        }
        other => other.body().to_string(),
    }
}

fn rules_in_words(rules: &RulesSet) -> String {
    let mut text = format!(
        "{} % held out, seasons of {} rows, trials of {} rows and {} days",
        rules.held_out, rules.season_rows, rules.canary_rows, rules.canary_days
    );
    let budgets = [
        rules.calls.map(|calls| format!("{calls} calls")),
        rules.cost.map(|cost| Cost(cost).to_string()),
        rules.fuel.map(|fuel| format!("{} fuel", large_count(fuel))),
    ];
    let budgets: Vec<String> = budgets.into_iter().flatten().collect();
    if !budgets.is_empty() {
        text.push_str(&format!("; {} a day", budgets.join(", ")));
    }
    if rules.from != 0 || rules.to != 24 * 60 {
        text.push_str(&format!("; {} to {} UTC", clock(rules.from), clock(rules.to)));
    }
    text
}
