//! All analyses of a set of runs: the document `report.json`.

use std::collections::BTreeMap;

use hyperspace_source::CodeMeasures;
use serde::Serialize;

use crate::adoption::{AdoptionEvent, AdoptionView, Distances, adoptions};
use crate::comparison::{self, GroupComparison, PairTest};
use crate::course::{CoursePoint, CrashRecovery, Efficiency, course, efficiency, recoveries};
use crate::editing::{EditingPatterns, patterns};
use crate::markers::{Complacency, complacency};
use crate::program_measures::ProgramMeasures;
use crate::run::{
    ReportAgent, ReportAnswer, ReportArm, ReportCandidate, ReportRun, ReportSlimming, ReportSpend,
    ReportSplits,
};

/// Distance below the best score so far from which on a generation counts as far below.
const FAR_BELOW: f64 = 0.1;

/// The analysis of runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Analysis {
    /// The runs, in the order given.
    pub runs: Vec<RunAnalysis>,
    /// Groups of runs with the same configuration, compared.
    pub groups: Vec<GroupComparison>,
    /// Tests between these groups.
    pub tests: Vec<PairTest>,
    /// Runs of several agents, compared with runs of one.
    pub kinds: Vec<GroupComparison>,
    /// Tests between these kinds.
    pub kind_tests: Vec<PairTest>,
}

/// The analysis of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RunAnalysis {
    /// Its hash.
    pub hash: String,
    /// Its name.
    pub name: String,
    /// Its configuration without the seed.
    pub group: String,
    /// Its seed.
    pub seed: String,
    /// Its task.
    pub task: String,
    /// True if it was imported.
    pub imported: bool,
    /// True if lower scores are better.
    pub minimise: bool,
    /// Its agents.
    pub agents: Vec<AgentAnalysis>,
    /// Adoptions of code that was visible.
    pub adoptions: Vec<AdoptionEvent>,
    /// Adoptions as the published analysis finds them, which includes code of the same generation.
    pub adoptions_with_look_ahead: Vec<AdoptionEvent>,
    /// Crashes with their recoveries; a generation without a score ends a crash, as in the published analysis.
    pub recoveries: Vec<CrashRecovery>,
    /// The same, with a generation without a score as part of a crash, as in the published table.
    pub recoveries_with_invalid: Vec<CrashRecovery>,
    /// Failures by kind, the most frequent first.
    pub failures: Vec<FailureCount>,
    /// Work and money.
    pub spend: ReportSpend,
    /// Models and prompts that a bandit chose from; absent from runs without one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub arms: Vec<ReportArm>,
    /// The use of held-out rows; absent from runs with the fixed split policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub splits: Option<ReportSplits>,
    /// Answers to signs of complacency; absent from runs that gave none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<ReportAnswer>,
    /// Slimming attempts; absent from runs that made none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub slimming: Vec<ReportSlimming>,
    /// Facts that are unknown, in words.
    pub unknown: Vec<String>,
}

/// The analysis of an agent.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct AgentAnalysis {
    /// Its name.
    pub name: String,
    /// Its model.
    pub model: Option<String>,
    /// The number of its candidates.
    pub candidates: usize,
    /// The number of those that joined the archive, or count.
    pub admitted: usize,
    /// Its course by generation.
    pub course: Vec<CoursePoint>,
    /// Its efficiency.
    pub efficiency: Efficiency,
    /// The share of generations with a score that lie more than 0.1 below the best so far.
    pub far_below_best: Option<f64>,
    /// Editing patterns.
    pub editing: EditingPatterns,
    /// Signs of complacency.
    pub complacency: Vec<Complacency>,
    /// The best candidate on held-out data.
    pub best: Option<String>,
    /// The candidates from the first to the best one.
    pub lineage: Vec<String>,
    /// Each candidate.
    #[serde(skip)]
    pub rows: Vec<CandidateAnalysis>,
    /// Work and money of its candidates.
    pub spend: ReportSpend,
}

/// A candidate.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CandidateAnalysis {
    /// Its name.
    pub id: String,
    /// Its generation.
    pub generation: u64,
    /// The index of the candidate that it was made from.
    pub parent: Option<usize>,
    /// Its fate.
    pub fate: String,
    /// True if it joined the archive, or counts.
    pub admitted: bool,
    /// Training score.
    pub train: Option<f64>,
    /// Held-out score.
    pub held_out: Option<f64>,
    /// Training score minus that of the candidate it was made from.
    pub train_gain: Option<f64>,
    /// Held-out score minus that of the candidate it was made from.
    pub held_out_gain: Option<f64>,
    /// Bytes of all files.
    pub bytes: u64,
    /// Bytes of its program; `None` if it is not known.
    pub program_bytes: Option<usize>,
    /// Measures of its program; `None` if it is not known, or is not Python.
    pub code: Option<CodeMeasures>,
    /// The reason why its program has no measures, such as the line that is not Python; `None` if it has measures, or is not known.
    pub unparsed: Option<String>,
}

/// A kind of failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FailureCount {
    /// The reason, with `#` in place of numbers.
    pub kind: String,
    /// The number of candidates that failed this way.
    pub count: usize,
    /// The first of them.
    pub example: String,
}

impl RunAnalysis {
    /// Returns the agent that is best on held-out data, the first of equals.
    #[must_use]
    pub fn best_agent(&self) -> Option<&AgentAnalysis> {
        let better =
            |one: &AgentAnalysis, other: &AgentAnalysis| match (one.efficiency.best, other.efficiency.best) {
                (Some(one), Some(other)) => {
                    if self.minimise {
                        one < other
                    } else {
                        one > other
                    }
                }
                (one, _) => one.is_some(),
            };
        self.agents.iter().reduce(|best, next| if better(next, best) { next } else { best })
    }
}

/// Analyses runs.
#[must_use]
pub fn analyse(runs: &[ReportRun]) -> Analysis {
    let measured = ProgramMeasures::of(runs);
    let runs: Vec<RunAnalysis> = runs.iter().map(|one| run(one, &measured)).collect();
    let groups = comparison::groups(&runs, |run| run.group.clone());
    let kind =
        |run: &RunAnalysis| if run.agents.len() > 1 { "several agents" } else { "one agent" }.to_owned();
    let kinds = comparison::groups(&runs, kind);
    let (tests, kind_tests) = (comparison::tests(&groups), comparison::tests(&kinds));
    Analysis { runs, groups, tests, kinds, kind_tests }
}

fn run(run: &ReportRun, measured: &ProgramMeasures) -> RunAnalysis {
    let mut distances = Distances::default();
    let ahead = adoptions(run, AdoptionView::LookAhead, &mut distances);
    let of_agent = |agent: &ReportAgent, invalid: bool| {
        let adopted: Vec<u64> =
            ahead.iter().filter(|event| event.agent == agent.name).map(|event| event.generation).collect();
        recoveries(run, agent, &adopted, invalid)
    };
    RunAnalysis {
        hash: run.hash.clone(),
        name: run.name.clone(),
        group: run.group.clone(),
        seed: run.seed.clone(),
        task: run.task.clone(),
        imported: run.imported,
        minimise: run.minimise,
        recoveries: run.agents.iter().flat_map(|agent| of_agent(agent, false)).collect(),
        recoveries_with_invalid: run.agents.iter().flat_map(|agent| of_agent(agent, true)).collect(),
        adoptions: adoptions(run, AdoptionView::Visible, &mut distances),
        adoptions_with_look_ahead: ahead,
        agents: run.agents.iter().map(|one| agent(run, one, measured)).collect(),
        failures: failures(run),
        spend: run.spend,
        arms: run.arms.clone(),
        splits: run.splits.clone(),
        answers: run.answers.clone(),
        slimming: run.slimming.clone(),
        unknown: run.unknown.clone(),
    }
}

fn agent(run: &ReportRun, agent: &ReportAgent, measured: &ProgramMeasures) -> AgentAnalysis {
    let points = course(run, agent);
    let far = |point: &&CoursePoint| {
        let below = |score: f64, best: f64| if run.minimise { score - best } else { best - score };
        point.held_out.zip(point.best_held_out).is_some_and(|(score, best)| below(score, best) > FAR_BELOW)
    };
    let started = points.iter().skip_while(|point| point.best_held_out.is_none_or(|best| best == 0.0));
    let scored: Vec<&CoursePoint> = started.filter(|point| point.held_out.is_some()).collect();
    let far_below = scored.iter().filter(|point| far(point)).count();
    let best = agent.candidates.iter().enumerate().filter(|(_, one)| one.held_out.is_some());
    let best = best.reduce(|best, next| match (best.1.held_out, next.1.held_out) {
        (Some(old), Some(new)) if run.better(new, old) => next,
        _ => best,
    });
    let mut lineage = Vec::new();
    let mut next = best.map(|(at, _)| at);
    while let Some(at) = next.filter(|_| lineage.len() <= agent.candidates.len()) {
        lineage.push(agent.candidates[at].id.clone());
        next = agent.candidates[at].parent;
    }
    lineage.reverse();
    AgentAnalysis {
        name: agent.name.clone(),
        model: agent.model.clone(),
        candidates: agent.candidates.len(),
        admitted: agent.candidates.iter().filter(|one| one.admitted).count(),
        efficiency: efficiency(run, &points),
        far_below_best: (!scored.is_empty()).then(|| far_below as f64 / scored.len() as f64),
        course: points,
        editing: patterns(agent),
        complacency: complacency(run, agent),
        best: best.map(|(_, one)| one.id.clone()),
        lineage,
        rows: rows(agent, measured),
        spend: agent.candidates.iter().fold(ReportSpend::default(), |sum, one| sum.plus(one.spend)),
    }
}

impl ReportSpend {
    /// Returns the sum; the number of calls is known if either side knows it.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            fuel: self.fuel.saturating_add(other.fuel),
            calls: match (self.calls, other.calls) {
                (Some(one), Some(other)) => Some(one.saturating_add(other)),
                (one, other) => one.or(other),
            },
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
            picodollars: self.picodollars.saturating_add(other.picodollars),
        }
    }
}

fn rows(agent: &ReportAgent, measured: &ProgramMeasures) -> Vec<CandidateAnalysis> {
    let row = |one: &ReportCandidate| {
        let parent = one.parent.map(|parent| &agent.candidates[parent]);
        let gain = |now: Option<f64>, then: Option<f64>| Some(now? - then?);
        let code = one.code.as_ref().and_then(|code| measured.get(code));
        CandidateAnalysis {
            id: one.id.clone(),
            generation: one.generation,
            parent: one.parent,
            fate: one.fate.clone(),
            admitted: one.admitted,
            train: one.train,
            held_out: one.held_out,
            train_gain: parent.and_then(|parent| gain(one.train, parent.train)),
            held_out_gain: parent.and_then(|parent| gain(one.held_out, parent.held_out)),
            bytes: one.bytes,
            program_bytes: one.code.as_ref().map(|code| code.len()),
            code: code.and_then(|code| code.as_ref().ok().cloned()),
            unparsed: code.and_then(|code| code.as_ref().err().cloned()),
        }
    };
    agent.candidates.iter().map(row).collect()
}

/// Counts failures by kind: the reason without its numbers.
fn failures(run: &ReportRun) -> Vec<FailureCount> {
    let mut kinds: BTreeMap<String, FailureCount> = BTreeMap::new();
    for agent in &run.agents {
        for one in &agent.candidates {
            let Some(reason) = &one.failure else { continue };
            let mut kind = String::new();
            for c in reason.chars() {
                match c.is_ascii_digit() {
                    true if kind.ends_with('#') => {}
                    true => kind.push('#'),
                    false => kind.push(c),
                }
            }
            let example = || FailureCount {
                kind: kind.clone(),
                count: 0,
                example: format!("{} {}", agent.name, one.id),
            };
            kinds.entry(kind.clone()).or_insert_with(example).count += 1;
        }
    }
    let mut found: Vec<FailureCount> = kinds.into_values().collect();
    found.sort_by(|one, other| other.count.cmp(&one.count).then_with(|| one.kind.cmp(&other.kind)));
    found
}
