//! Comparison over runs: groups of repetitions, with medians, intervals and tests.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::analysis::{AgentAnalysis, RunAnalysis};
use crate::statistics::{MannWhitney, MedianInterval, mann_whitney, median_interval};

/// A metric of a run.
type RunMetric = (&'static str, fn(&RunAnalysis, &AgentAnalysis) -> Option<f64>);

/// The metrics to compare, each taken from the agent that is best on held-out data.
const METRICS: [RunMetric; 9] = [
    ("best held-out score", |_, agent| agent.efficiency.best),
    ("score per generation", |_, agent| agent.efficiency.score_per_generation),
    ("generations to 0.50", |_, agent| reached(agent, 0)),
    ("generations to 0.55", |_, agent| reached(agent, 1)),
    ("generations to 0.60", |_, agent| reached(agent, 2)),
    ("generations to 0.65", |_, agent| reached(agent, 3)),
    ("generations to 0.70", |_, agent| reached(agent, 4)),
    ("calls per 0.01", |_, agent| agent.efficiency.calls_per_hundredth),
    ("gap at the end", |_, agent| agent.course.last()?.gap),
];

/// Repetitions of one configuration, or runs of one kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct GroupComparison {
    /// The group.
    pub group: String,
    /// The number of its runs.
    pub runs: usize,
    /// Its metrics; those that no run has are left out.
    pub metrics: Vec<ComparedMetric>,
}

/// A metric over the runs of a group.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ComparedMetric {
    /// The metric.
    pub metric: &'static str,
    /// The runs that have the metric, in order, each with its value.
    pub values: Vec<(String, f64)>,
    /// Its median and interval.
    pub summary: MedianInterval,
}

/// A test of two groups.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PairTest {
    /// The metric.
    pub metric: &'static str,
    /// The first group.
    pub one: String,
    /// The second group.
    pub other: String,
    /// The result.
    pub test: MannWhitney,
}

fn reached(agent: &AgentAnalysis, index: usize) -> Option<f64> {
    agent.efficiency.thresholds.get(index)?.generation.map(|generation| generation as f64)
}

/// Groups runs by the name that `name` returns, ordered by name.
pub(crate) fn groups(runs: &[RunAnalysis], name: impl Fn(&RunAnalysis) -> String) -> Vec<GroupComparison> {
    let mut groups: BTreeMap<String, Vec<&RunAnalysis>> = BTreeMap::new();
    for run in runs {
        groups.entry(name(run)).or_default().push(run);
    }
    let group = |(group, runs): (String, Vec<&RunAnalysis>)| {
        let metric = |(metric, value): &RunMetric| {
            let of = |run: &&RunAnalysis| Some((run.name.clone(), value(run, run.best_agent()?)?));
            let values: Vec<(String, f64)> = runs.iter().filter_map(of).collect();
            let numbers: Vec<f64> = values.iter().map(|(_, value)| *value).collect();
            median_interval(&numbers).map(|summary| ComparedMetric { metric, values, summary })
        };
        let metrics = METRICS.iter().filter_map(metric).collect();
        GroupComparison { group, runs: runs.len(), metrics }
    };
    groups.into_iter().map(group).collect()
}

/// Returns the tests of every pair of groups that have a metric in common.
pub(crate) fn tests(groups: &[GroupComparison]) -> Vec<PairTest> {
    let mut found = Vec::new();
    for (at, one) in groups.iter().enumerate() {
        for other in &groups[at + 1..] {
            for metric in &one.metrics {
                let Some(theirs) = other.metrics.iter().find(|theirs| theirs.metric == metric.metric) else {
                    continue;
                };
                let numbers = |metric: &ComparedMetric| {
                    metric.values.iter().map(|(_, value)| *value).collect::<Vec<_>>()
                };
                let test = mann_whitney(&numbers(metric), &numbers(theirs));
                found.extend(test.map(|test| PairTest {
                    metric: metric.metric,
                    one: one.group.clone(),
                    other: other.group.clone(),
                    test,
                }));
            }
        }
    }
    found
}
