//! The end of a run as a front end shows it.

use hyperspace_core::{RecordId, TreeId};
use hyperspace_eval::{Direction, Evaluation, Score};
use hyperspace_evolve::{Arm, Champion, PopulationSummary, RULE_DIFFERENCES, Run, RunConfig, records};
use hyperspace_llm::{CallStats, Models, Spend};
use serde::Serialize;

use super::outcome::RunOutcomeView;
use crate::environment::Stopwatch;
use crate::error::{ErrorClass, ServiceError};
use crate::history::SplitsView;
use crate::history::{ArmView, arms_of_run};
use crate::models::unanswered;

/// A run at its end, or at its present state. Serialised, it is the document of `evolve --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RunView {
    /// The hash of the run's configuration.
    pub run: RecordId,
    /// The task's name.
    pub task: String,
    /// The task's title.
    pub title: String,
    /// The unit of scores, if the task names one.
    pub unit: Option<String>,
    /// The direction in which scores are better.
    pub direction: Direction,
    /// The hash of the last journal event.
    pub root: String,
    /// Training score of the seed.
    pub seed_score: f64,
    /// Held-out score of the seed.
    pub seed_held_out: f64,
    /// The best candidate of all populations.
    pub best: BestView,
    /// Number of generations after the seed.
    pub generations: u64,
    /// Number of members in all archives.
    pub archive: usize,
    /// Improvement of the held-out score over the seed.
    pub imp_at_k: f64,
    /// The strategy with the parameters that differ from the defaults; absent if the run names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
    /// The variant of the loop.
    pub arm: Arm,
    /// True if the rules of the original experiments were kept.
    pub parity: bool,
    /// Rules that differ from the original experiments.
    pub differs_from_original: Vec<&'static str>,
    /// Fuel used by all generations.
    pub fuel: u64,
    /// Real time of this call in milliseconds; null without a clock.
    pub wall_ms: Option<u64>,
    /// The populations, in order.
    pub agents: Vec<PopulationView>,
    /// The best candidate on test data; null if the task has none.
    pub test: Option<TestView>,
    /// Number of agents that were measured on test data so far.
    pub tested: usize,
    /// The use of held-out rows; absent for runs with the fixed split policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub splits: Option<SplitsView>,
    /// The fates of the candidates of all generations, and failures.
    pub outcome: RunOutcomeView,
    /// Models and prompts among which a bandit chose, with the results of each; absent for runs without a bandit.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub arms: Vec<ArmView>,
    /// Model calls; absent for runs without models.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub models: Option<RunModelsView>,
}

impl RunView {
    /// Returns the class of the result: `Provider` if a model never answered, so that nothing can be said about those who called
    /// it.
    #[must_use]
    pub fn failure(&self) -> Option<ErrorClass> {
        let unanswered = self.models.as_ref().is_some_and(|models| !models.unanswered.is_empty());
        unanswered.then_some(ErrorClass::Provider)
    }
}

/// The best candidate of a run or a population.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct BestView {
    /// Its generation.
    pub generation: u64,
    /// Its number in the generation.
    pub candidate: u64,
    /// The hash of its generation.
    pub hash: RecordId,
    /// Its files.
    pub tree: TreeId,
    /// Training score.
    pub score: f64,
    /// Held-out score.
    pub held_out: f64,
}

/// A population of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PopulationView {
    /// Its name.
    pub name: String,
    /// The model of its meta agents.
    pub model: Option<String>,
    /// Training score of its seed.
    pub seed_score: f64,
    /// Held-out score of its seed.
    pub seed_held_out: f64,
    /// Its best candidate.
    pub best: BestView,
    /// Number of members in its archive.
    pub archive: usize,
    /// Improvement of its held-out score over the seed.
    pub imp_at_k: f64,
}

/// The best candidate on test data.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TestView {
    /// The score; null if there is none.
    pub score: Option<f64>,
    /// The outcome of the evaluation.
    pub outcome: &'static str,
    /// Number of cases that ran.
    pub rows: usize,
    /// Fuel used, which is not part of [`RunView::fuel`].
    pub fuel: u64,
}

/// The model calls of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RunModelsView {
    /// Total spend of the run.
    pub spent: Spend,
    /// Spend on the check of models before the run, which is part of its budget but not of `spent`. Null if nothing was checked.
    pub check: Option<Spend>,
    /// Models that refused calls and never answered any, in this call or before.
    pub unanswered: Vec<String>,
    /// Statistics of this call; null if no model was called.
    pub stats: Option<CallStats>,
}

/// Returns the rules in which a run differs from the original experiments.
fn differences(config: &RunConfig) -> Vec<&'static str> {
    let parity = config.parity;
    RULE_DIFFERENCES.iter().filter(|one| !(parity && one.kept_by_parity)).map(|one| one.rule).collect()
}

/// A run that reached the end of its plan.
pub(super) struct RunEnd {
    pub(super) run: Run,
    /// The best candidate on test data.
    pub(super) test: Option<Evaluation>,
    /// The last generation when this call began.
    pub(super) before: u64,
    /// Spend on the check of models, if there was one.
    pub(super) checked: Option<Spend>,
}

impl RunEnd {
    /// Returns the view; `called` are the models that this call used.
    pub(super) fn view(&self, called: Option<Models>, watch: &Stopwatch) -> Result<RunView, ServiceError> {
        let (summary, config, task) = (self.run.summary()?, self.run.config(), self.run.task());
        let models = config.models.is_some().then(|| RunModelsView {
            spent: self.run.spent(),
            check: self.checked,
            unanswered: called.as_ref().map(unanswered).unwrap_or_default(),
            stats: called.as_ref().map(Models::stats),
        });
        let store = self.run.store();
        let arms =
            arms_of_run(store, &summary.run, config, task.direction(), &records(store, &summary.run)?)?;
        Ok(RunView {
            run: summary.run,
            task: summary.task,
            title: task.title().to_owned(),
            unit: task.unit().map(str::to_owned),
            direction: task.direction(),
            root: summary.root,
            seed_score: summary.seed_score.to_f64(),
            seed_held_out: summary.seed_held_out.to_f64(),
            best: best(&summary.champion, summary.champion_generation),
            generations: summary.generations,
            archive: summary.members,
            imp_at_k: summary.improvement.to_f64(),
            strategy: config.search.as_ref().map(ToString::to_string),
            arm: config.arm,
            parity: config.parity,
            differs_from_original: differences(config),
            fuel: summary.fuel,
            wall_ms: watch.millis(),
            agents: summary.populations.iter().map(population).collect(),
            test: self.test.as_ref().map(test),
            tested: summary.tested,
            splits: summary.splits.as_ref().map(SplitsView::of),
            outcome: RunOutcomeView::of(self.run.store(), self.run.id(), config, self.before)?,
            arms,
            models,
        })
    }
}

fn best(champion: &Champion, hash: RecordId) -> BestView {
    BestView {
        generation: champion.id.generation,
        candidate: champion.id.candidate,
        hash,
        tree: champion.tree,
        score: champion.score.to_f64(),
        held_out: champion.held_out.to_f64(),
    }
}

fn population(agent: &PopulationSummary) -> PopulationView {
    PopulationView {
        name: agent.name.clone(),
        model: agent.model.clone(),
        seed_score: agent.seed_score.to_f64(),
        seed_held_out: agent.seed_held_out.to_f64(),
        best: best(&agent.champion, agent.champion_generation),
        archive: agent.members,
        imp_at_k: agent.improvement.to_f64(),
    }
}

fn test(evaluation: &Evaluation) -> TestView {
    TestView {
        score: evaluation.score.as_ref().map(Score::to_f64),
        outcome: evaluation.outcome.name(),
        rows: evaluation.cases.len(),
        fuel: evaluation.fuel,
    }
}
