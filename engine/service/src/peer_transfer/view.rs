//! The report of a transfer benchmark. Every number is a function of the runs that its record names.

use hyperspace_core::RecordId;
use hyperspace_report::{MedianInterval, median_interval};
use hyperspace_store::Store;
use serde::Serialize;

use super::facts::TransferFacts;
use super::record::{TransferRecord, TransferTrial};
use super::task::TransferTask;
use crate::error::ServiceError;

/// The 97.5 % quantile of the normal distribution.
const QUANTILE: f64 = 1.959_963_984_540_054;

/// A transfer benchmark: the document of `transfer --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TransferView {
    /// The hash of its record, which names it.
    pub transfer: RecordId,
    /// The seed of the tasks, as text.
    pub seed: String,
    /// The pairs of author and reader.
    pub pairs: Vec<TransferPairView>,
    /// All trials.
    pub trials: Vec<TransferTrialView>,
}

/// A pair of an author and a reader.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TransferPairView {
    /// The model of the author.
    pub author: String,
    /// The model of the reader.
    pub reader: String,
    /// Share of all trials in which the author published a better program than the reader's. The other rates are shares of these
    /// trials.
    pub offered: ShareView,
    /// Trials in which the reader read what was published.
    pub looked: ShareView,
    /// Trials in which the reader's program has the author's idea.
    pub adopted: ShareView,
    /// Trials in which the reader's program has the idea but not the flaw, so it was not copied unchanged.
    pub adapted: ShareView,
    /// Trials in which the reader's program is better than the one with which it began, and than the author's.
    pub improved: ShareView,
    /// Trials in which everything that the reader says about this is true.
    pub explained: ShareView,
    /// Trials in which the reader's program was better than its seed before there was anything to read.
    pub alone: ShareView,
    /// The gain in the reader's score; null without trials.
    pub gain: Option<MedianInterval>,
}

/// A share with its 95 % interval (Wilson 1927).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ShareView {
    /// Number of trials for which it holds.
    pub count: usize,
    /// Number of trials that count.
    pub of: usize,
    /// The share; null without trials.
    pub share: Option<f64>,
    /// The lower end of the interval; 0 without trials.
    pub low: f64,
    /// The upper end of the interval; 1 without trials.
    pub high: f64,
}

/// A trial.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TransferTrialView {
    /// The model of the author.
    pub author: String,
    /// The model of the reader.
    pub reader: String,
    /// The number of the task.
    pub number: u64,
    /// The run, which can be replayed.
    pub run: RecordId,
    /// True if the author published a better program than the reader's.
    pub offered: bool,
    /// True if the reader read what was published.
    pub looked: bool,
    /// True if the reader's program has the idea.
    pub adopted: bool,
    /// True if the reader's program has the idea but not the flaw.
    pub adapted: bool,
    /// True if the reader's program is better than both.
    pub improved: bool,
    /// True if everything that the reader says is true; null if it says nothing that can be read.
    pub explained: Option<bool>,
    /// True if the reader's program was better than its seed before there was anything to read.
    pub alone: bool,
    /// The score with which the reader began.
    pub began: f64,
    /// The score of what the author published.
    pub author_score: f64,
    /// The score with which the reader ended.
    pub ended: f64,
}

/// A trial that has ended.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TransferProgress {
    /// Number of trials that have ended, including this one.
    pub done: usize,
    /// Number of all trials.
    pub all: usize,
    /// The model of the author.
    pub author: String,
    /// The model of the reader.
    pub reader: String,
    /// The number of the task.
    pub number: u64,
    /// The run.
    pub run: RecordId,
}

impl TransferProgress {
    pub(super) fn of(done: usize, all: usize, trial: &TransferTrial) -> Self {
        let TransferTrial { author, reader, number, run, .. } = trial.clone();
        Self { done, all, author, reader, number, run }
    }
}

impl ShareView {
    fn of(facts: &[&TransferFacts], holds: impl Fn(&TransferFacts) -> bool) -> Self {
        Self::count(facts.iter().filter(|one| holds(one)).count(), facts.len())
    }

    fn count(count: usize, of: usize) -> Self {
        if of == 0 {
            return Self { count, of, share: None, low: 0.0, high: 1.0 };
        }
        let (all, share) = (of as f64, count as f64 / of as f64);
        let square = QUANTILE * QUANTILE;
        let middle = (share + square / (2.0 * all)) / (1.0 + square / all);
        let half = QUANTILE / (1.0 + square / all)
            * (share * (1.0 - share) / all + square / (4.0 * all * all)).sqrt();
        // At the ends, the formula yields 0 and 1, which floats miss by a little.
        let low = if count == 0 { 0.0 } else { middle - half };
        let high = if count == of { 1.0 } else { middle + half };
        Self { count, of, share: Some(share), low, high }
    }
}

/// Creates the report of a benchmark.
pub(super) fn report(
    store: &Store,
    id: RecordId,
    record: &TransferRecord,
) -> Result<TransferView, ServiceError> {
    let seed = record.seed()?;
    let mut known: Vec<(&TransferTrial, TransferFacts)> = Vec::new();
    for trial in &record.trials {
        let task = TransferTask::generate(seed, trial.number);
        known.push((trial, TransferFacts::read(store, &task, &trial.last)?));
    }
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    for (trial, _) in &known {
        let pair = (trial.author.as_str(), trial.reader.as_str());
        if !pairs.contains(&pair) {
            pairs.push(pair);
        }
    }
    let of = |(author, reader): (&str, &str)| -> Vec<&TransferFacts> {
        let own = known.iter().filter(|(trial, _)| trial.author == author && trial.reader == reader);
        own.map(|(_, facts)| facts).collect()
    };
    let pairs =
        pairs.into_iter().map(|(author, reader)| pair(author, reader, &of((author, reader)))).collect();
    let trials = known.iter().map(|(trial, facts)| trial_view(trial, facts)).collect();
    Ok(TransferView { transfer: id, seed: record.seed.clone(), pairs, trials })
}

fn pair(author: &str, reader: &str, all: &[&TransferFacts]) -> TransferPairView {
    let offered: Vec<&TransferFacts> = all.iter().copied().filter(|one| one.offered).collect();
    let gains: Vec<f64> = offered.iter().map(|one| one.scores[2] - one.scores[0]).collect();
    TransferPairView {
        author: author.to_owned(),
        reader: reader.to_owned(),
        offered: ShareView::count(offered.len(), all.len()),
        looked: ShareView::of(&offered, |one| one.done.looked),
        adopted: ShareView::of(&offered, |one| one.done.adopted),
        adapted: ShareView::of(&offered, |one| one.adapted),
        improved: ShareView::of(&offered, |one| one.improved),
        explained: ShareView::of(&offered, TransferFacts::is_true),
        alone: ShareView::of(all, |one| one.alone),
        gain: median_interval(&gains),
    }
}

fn trial_view(trial: &TransferTrial, facts: &TransferFacts) -> TransferTrialView {
    let [began, author_score, ended] = facts.scores;
    TransferTrialView {
        author: trial.author.clone(),
        reader: trial.reader.clone(),
        number: trial.number,
        run: trial.run,
        offered: facts.offered,
        looked: facts.done.looked,
        adopted: facts.done.adopted,
        adapted: facts.adapted,
        improved: facts.improved,
        explained: facts.claims.map(|_| facts.is_true()),
        alone: facts.alone,
        began,
        author_score,
        ended,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_have_the_interval_of_wilson() {
        let one = ShareView::count(8, 10);
        // Newcombe 1998, table I, has 0.4902 to 0.9433 for 8 of 10 by this method.
        assert!((one.low - 0.4902).abs() < 1e-4 && (one.high - 0.9433).abs() < 1e-4, "{one:?}");
        let (none, all) = (ShareView::count(0, 10), ShareView::count(10, 10));
        assert!(none.low == 0.0 && (none.high - 0.2775).abs() < 1e-4 && (all.low - 0.7225).abs() < 1e-4);
        assert_eq!((all.high, ShareView::count(0, 0).share, ShareView::count(0, 0).high), (1.0, None, 1.0));
    }
}
