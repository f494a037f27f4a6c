//! Flags of `evolve`, `resume` and `replay`.

use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{Args, ValueHint};
use hyperspace_evolve::{
    Admission, AnswerStyle, Arm, ComplacencyPolicy, DuplicateRule, GateRule, Selection, Sharing,
    SlimmingPolicy, SplitPolicy,
};
use hyperspace_service::{
    ContinuousSettings, LimitSettings, ReplayRequest, ResumeRequest, RunRequest, RunSettings, SearchSettings,
    ServiceError,
};

use super::models::{BUDGETS, MODELS};
use super::values::{self, Suggested};
use super::{CallArgs, ContinuousArgs};

const TASK: &str = "Task and agent";
const SEARCH: &str = "Search";
const META: &str = "Meta agents";

pub(super) const EVOLVE_EXAMPLES: &str = "Examples:\n  \
    hyperspace evolve\n  \
    hyperspace evolve --task ./my-task --agent ./my-agent --generations 50 --seed 7\n  \
    hyperspace evolve --model gpt-4.1 --model claude-sonnet-4-5 --max-cost 2.50\n  \
    hyperspace evolve --project ./their-project --model gpt-4.1\n  \
    hyperspace evolve --model \"fast,strong\" --strategy pareto --model-bandit thompson\n  \
    hyperspace evolve --task ./my-rows --continuous --rows ./incoming --hours 22:00-06:00\n  \
    hyperspace evolve --arm freeze-meta --selection best\n  \
    hyperspace evolve --strategy \"islands:count=4,inner=map-elites\"";

pub(super) const RESUME_EXAMPLES: &str = "Examples:\n  \
    hyperspace resume                                  the only run of the store\n  \
    hyperspace resume 34fc34032f60 --generations 40    until it has as many generations";

pub(super) const REPLAY_EXAMPLES: &str = "Examples:\n  \
    hyperspace replay 93a65b65cd0b           one generation\n  \
    hyperspace replay 34fc34032f60           a whole run\n\n\
    A difference is named with both sides, and the command ends with code 10.";

pub(super) const STRATEGIES_EXAMPLES: &str = "Examples:\n  \
    hyperspace strategies\n  \
    hyperspace strategies islands\n  \
    hyperspace evolve --strategy \"islands:count=8,migration=random,inner=(power-law:alpha=2)\"";

/// The task of a run or an evaluation.
#[derive(Debug, Args)]
pub(crate) struct TaskArgs {
    /// A bundled task, or a folder with a task.toml [default: bin-packing]
    ///
    /// `hyperspace tasks` lists the bundled ones.
    #[arg(long, env = "HYPERSPACE_TASK", hide_env_values = true, value_name = "NAME|DIR", value_parser = Suggested::tasks(), hide_possible_values = true, help_heading = TASK)]
    pub(crate) task: Option<String>,
    /// External data for the task: a file or a folder
    ///
    /// Of a file, the first half is for training and the rest is held out. A folder is what imo-grading and similar tasks
    /// read their splits from.
    #[arg(long, value_name = "FILE|DIR", value_hint = ValueHint::AnyPath, help_heading = TASK)]
    pub(crate) data: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Evolve {
    #[command(flatten)]
    pub(crate) task: TaskArgs,
    /// A project of another engine as the task, without a folder of its own; `project import` makes one
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, conflicts_with_all = ["task", "data"], help_heading = TASK)]
    pub(crate) project: Option<PathBuf>,
    /// A bundled agent, a folder, or a Python file [default: memetic, or genetic on older tasks; evolver with --model]
    ///
    /// `hyperspace agents` lists the bundled ones and says when to use which. Tasks that had runs before memetic was there (bin-packing,
    /// cap-set, circle-packing) keep genetic. A folder or file without a meta_agent.py gets that of the default, and one
    /// without the module that the task calls gets the task's.
    #[arg(long, env = "HYPERSPACE_AGENT", hide_env_values = true, value_name = "NAME|DIR", value_parser = Suggested::agents(), hide_possible_values = true, help_heading = TASK)]
    pub(crate) agent: Option<String>,
    /// Generations after the seed [default: 20]
    #[arg(long, env = "HYPERSPACE_GENERATIONS", hide_env_values = true, value_name = "N", help_heading = SEARCH)]
    pub(crate) generations: Option<u64>,
    /// Candidates per generation and population [default: 8; 1 with arm annealing or --model]
    #[arg(long, env = "HYPERSPACE_CANDIDATES", hide_env_values = true, value_name = "N", help_heading = SEARCH)]
    pub(crate) candidates: Option<u64>,
    /// Seed of every random choice of the run [default: 42]
    #[arg(long, env = "HYPERSPACE_SEED", hide_env_values = true, value_name = "N", help_heading = SEARCH)]
    pub(crate) seed: Option<u64>,
    /// Selection of parents [default: score-child-prop, or the strategy of evolver]
    #[arg(long, env = "HYPERSPACE_SELECTION", hide_env_values = true, value_name = "WAY", value_parser = values::selection(), help_heading = SEARCH)]
    pub(crate) selection: Option<Selection>,
    /// Search strategy, instead of a selection: NAME, or NAME:KEY=VALUE,… [default: pareto with the agent evolver, else none]
    ///
    /// That of evolver has `--duplicates syntax` besides. Flags that go with a strategy need none to be named then.
    ///
    /// `hyperspace strategies` lists them, and `hyperspace strategies NAME` explains one with its parameters. The section `search` of the settings
    /// does the same.
    #[arg(long, env = "HYPERSPACE_STRATEGY", hide_env_values = true, value_name = "SPEC", value_parser = Suggested::strategies(), hide_possible_values = true, help_heading = SEARCH)]
    pub(crate) strategy: Option<String>,
    /// Rule on which candidates become members, with --strategy [default: that of the strategy]
    #[arg(long, value_name = "RULE", value_parser = values::admission(), help_heading = SEARCH)]
    pub(crate) admission: Option<Admission>,
    /// Members that each meta agent is shown, with --strategy [default: that of the strategy, 0 or 3]
    #[arg(long, value_name = "N", help_heading = SEARCH)]
    pub(crate) inspirations: Option<u64>,
    /// Rule on which candidates are duplicates and not measured again, with --strategy [default: exact]
    #[arg(long, value_name = "RULE", value_parser = values::duplicates(), help_heading = SEARCH)]
    pub(crate) duplicates: Option<DuplicateRule>,
    /// Likeness from which on a candidate is not measured, such as 0.95, with --strategy
    #[arg(long, value_name = "LIKENESS", help_heading = SEARCH)]
    pub(crate) near_duplicates: Option<f64>,
    /// Let the gate take the smaller of two programs with equal scores for the better one, with --strategy
    #[arg(long, help_heading = SEARCH)]
    pub(crate) parsimony: bool,
    /// Way in which agents see each other's texts [default: sanitised with --strategy and --model, else raw]
    ///
    /// Sanitised, what a member's comments and notes tell a reader to do is struck, scores are compared with the record, secrets and
    /// addresses are redacted, and `notes.md` beside the code is shown, too. Without --strategy, the run names that of its selection.
    #[arg(long, value_name = "WAY", value_parser = values::sharing(), help_heading = META)]
    pub(crate) sharing: Option<Sharing>,
    /// Comparison that admits candidates, with --strategy: fixed, paired, or paired:KEY=VALUE,… [default: fixed]
    ///
    /// A paired gate compares answers of models row by row, with a stated confidence, measures again what is open, and champions on a schedule.
    /// Its parameters are confidence, repeats, effect, remeasure and drift; the documentation of stability explains them.
    #[arg(long, value_name = "GATE", help_heading = SEARCH)]
    pub(crate) gate: Option<GateRule>,
    /// Stop evaluations of candidates that will not be better than their parents, with --strategy and admission gate
    ///
    /// Rows of training data come in a random order, and a sequential test ends the evaluation. P is the largest probability with which that happens to a
    /// candidate that would have been admitted; with 0, only those are stopped that could not become better if all other rows were perfect.
    #[arg(long, value_name = "P", help_heading = SEARCH)]
    pub(crate) early_stop: Option<f64>,
    /// Model that judges each candidate before it is measured, with --strategy: what it rejects is not measured
    #[arg(long, value_name = "NAME", help_heading = SEARCH)]
    pub(crate) judge: Option<String>,
    /// Bandit over the models of a population, with --strategy: ucb1, thompson, or NAME:KEY=VALUE,…
    ///
    /// It learns which of the models of --model "a,b" makes better programs for its cost, instead of drawing them by weight. `hyperspace strategies
    /// ucb1` explains it with its parameters.
    #[arg(long, value_name = "BANDIT", value_parser = Suggested::bandits(), hide_possible_values = true, help_heading = SEARCH)]
    pub(crate) model_bandit: Option<String>,
    /// Bandit over the kinds of prompts of the agent, such as evolver's exploit, explore, crossover and reflect, with --strategy
    #[arg(long, value_name = "BANDIT", value_parser = Suggested::bandits(), hide_possible_values = true, help_heading = SEARCH)]
    pub(crate) prompt_bandit: Option<String>,
    /// Use of training and held-out rows: fixed, rotating, ladder, or one of the latter with :KEY=VALUE,… [default: fixed]
    ///
    /// Rotating decides each generation on another part of the training rows, which its meta agents do not see, and held-out rows answer through a
    /// reusable hold-out with noise, threshold and budget (parts, threshold, noise, budget, gap, errors). With ladder, held-out rows say only whether a
    /// candidate is a step above the champion (parts, level, gap, errors). Both tell the gap between the splits. Without --strategy, the run names that of its
    /// selection.
    #[arg(long, value_name = "POLICY", help_heading = SEARCH)]
    pub(crate) split_policy: Option<SplitPolicy>,
    /// Answers to signs of complacency: ignore, answer, or the latter with :KEY=VALUE,… [default: ignore]
    ///
    /// With answer, the detectors of `report` look at each generation. A sign becomes a warning in the run's mark space, and the next five
    /// generations (generations=N) answer it: they tell the meta agents (warn), draw parents whatever their scores (explore), let another meta
    /// agent of the lineage make the children (renew), or do not show who shows the sign to others (quarantine). SIGN=ANSWER+ANSWER or SIGN=none
    /// changes the answers to one sign. Without --strategy, the run names that of its selection.
    #[arg(long, value_name = "POLICY", help_heading = SEARCH)]
    pub(crate) complacency: Option<ComplacencyPolicy>,
    /// Slimming of programs that have grown: off, on, or the latter with :KEY=VALUE,… [default: off]
    ///
    /// A member with more than growth=1.2 times the nodes of its parent, or a champion with more than best=2 times those of the seed, becomes one more
    /// candidate of the next generation, without what its program does not need. If that has every answer of it, row by row, it takes its place. The tries
    /// take as much fuel as effort=10 evaluations on training data. Without --strategy, the run names that of its selection.
    #[arg(long, value_name = "POLICY", help_heading = SEARCH)]
    pub(crate) slimming: Option<SlimmingPolicy>,
    /// Variant of the loop [default: full]
    #[arg(long, value_name = "ARM", value_parser = values::arm(), help_heading = SEARCH)]
    pub(crate) arm: Option<Arm>,
    /// Keep the rules of the original experiments where ours are safer
    ///
    /// The result names the rules that still differ.
    #[arg(long, help_heading = SEARCH)]
    pub(crate) parity: bool,
    /// Parts of evaluations on a split that meta agents see [default: train=predictions,scores]
    ///
    /// SPLIT is train or held-out; ITEMS is empty, or any of predictions, scores, labels, artifacts and inputs.
    #[arg(long, value_name = "SPLIT=ITEMS", value_parser = Suggested::visible(), hide_possible_values = true, help_heading = META)]
    pub(crate) visible: Vec<String>,
    /// Globs of the files that a meta agent may change [default: task_agent.py meta_agent.py lib/**]
    #[arg(long, value_name = "GLOB", num_args = 1.., help_heading = META)]
    pub(crate) edit_scope: Option<Vec<String>>,
    /// Limit on the code of candidates: file-nodes, tree-nodes, tree-bytes or complexity
    ///
    /// Edits beyond it are refused. Nodes are those of the syntax tree of Python files. May be given several times.
    #[arg(long = "limit", value_name = "NAME=N", value_parser = values::code_limit, help_heading = META)]
    pub(crate) limits: Vec<(String, u64)>,
    /// Fuel of one run of a meta agent, as in 4e9 or 4s [default: 4 billion; 40 billion for memetic; 60 billion with --model, its tools included]
    #[arg(long, value_name = "FUEL", value_parser = values::fuel, help_heading = META)]
    pub(crate) meta_fuel: Option<u64>,
    /// Fuel of one case of an evaluation, as in 2e9 or 2s, where the task does not set its own [default: 5 billion]
    #[arg(long, value_name = "FUEL", value_parser = values::fuel, help_heading = TASK)]
    pub(crate) case_fuel: Option<u64>,
    /// Give the meta agent a model and tools
    ///
    /// NAME is a section [models.NAME] of the settings, or a model that a provider is known for; or several of them:
    /// "a:0.8,b:0.2" draws one for each conversation by weight, and "a > b" falls back to b when a is unavailable. Repeat
    /// the flag for several populations, which take turns and see what the others publish.
    #[arg(long = "model", value_name = "NAME", help_heading = MODELS)]
    pub(crate) models: Vec<String>,
    /// Model that task agents call, where they call one [default: the task's, or the population's own]
    #[arg(long, value_name = "NAME", help_heading = MODELS)]
    pub(crate) eval_model: Option<String>,
    /// Generations that populations take part in: one number for all, or one for each [default: all]
    #[arg(long, value_name = "N", value_delimiter = ',', help_heading = MODELS)]
    pub(crate) rounds: Vec<u64>,
    /// Temperature of meta agents [default: 0.7 with the agent evolver, else 0]
    #[arg(long, value_name = "T", help_heading = MODELS)]
    pub(crate) temperature: Option<f64>,
    /// Form of the answers that the meta agent evolver asks for [default: auto]
    #[arg(long, value_name = "STYLE", value_parser = values::style(), help_heading = MODELS)]
    pub(crate) style: Option<AnswerStyle>,
    /// Print what the next meta agent would ask its model, without asking anybody
    #[arg(long, help_heading = MODELS)]
    pub(crate) show_prompt: bool,
    /// Start a run without the check of its models: a conversation of two turns with each, which costs a little
    #[arg(long, env = "HYPERSPACE_NO_MODEL_CHECK", hide_env_values = true, value_parser = FalseyValueParser::new(), help_heading = MODELS)]
    pub(crate) no_model_check: bool,
    #[command(flatten)]
    pub(crate) answers: AnswerArgs,
    #[command(flatten)]
    pub(crate) continuous: ContinuousArgs,
}

/// Flags of the models of a run, and their budgets.
#[derive(Debug, Args)]
pub(crate) struct AnswerArgs {
    /// Budget of a call, a candidate, or an agent, such as candidate.tokens=500000
    ///
    /// LEVEL is call, candidate (its meta agents), or agent (a population). RESOURCE is calls, tokens, input-tokens,
    /// output-tokens or cost (dollars). The budgets of calls and candidates are part of the run; the agent's stops the run when
    /// it is spent, and `resume` continues with a larger one.
    #[arg(long, value_name = "LEVEL.RESOURCE=N", help_heading = BUDGETS)]
    pub(crate) budget: Vec<String>,
    #[command(flatten)]
    pub(crate) calls: CallArgs,
}

/// Returns the values of a flag that may be given several times, if it was given.
fn given<T>(values: Vec<T>) -> Option<Vec<T>> {
    (!values.is_empty()).then_some(values)
}

impl Evolve {
    /// Returns the flags of continuous operation, if it was requested.
    pub(crate) fn continuous(&self) -> Option<ContinuousSettings> {
        self.continuous.continuous.then(|| self.continuous.settings())
    }

    /// Returns the flags as a request.
    pub(crate) fn request(self) -> Result<RunRequest, ServiceError> {
        let mut settings = RunSettings::default();
        settings.task = self.task.task;
        settings.agent = self.agent;
        settings.generations = self.generations;
        settings.candidates = self.candidates;
        settings.seed = self.seed;
        settings.selection = self.selection;
        let compares = self.duplicates.is_some() || self.near_duplicates.is_some() || self.parsimony;
        let has_rules = self.admission.is_some() || self.inspirations.is_some() || self.gate.is_some();
        let has_bandits = self.model_bandit.is_some() || self.prompt_bandit.is_some();
        let ends_early = self.early_stop.is_some() || self.judge.is_some();
        if self.strategy.is_some() || has_rules || compares || has_bandits || ends_early {
            let mut search = SearchSettings::default();
            search.duplicates = self.duplicates;
            search.parsimony = self.parsimony.then_some(true);
            search.near_duplicates = self.near_duplicates;
            search.strategy = self.strategy;
            search.admission = self.admission;
            search.inspirations = self.inspirations;
            search.gate = self.gate;
            search.early_stop = self.early_stop;
            search.judge = self.judge;
            search.model_bandit = self.model_bandit;
            search.prompt_bandit = self.prompt_bandit;
            settings.search = Some(search);
        }
        settings.limits = LimitSettings::named(&self.limits)?;
        settings.sharing = self.sharing;
        settings.split_policy = self.split_policy;
        settings.complacency = self.complacency;
        settings.slimming = self.slimming;
        settings.arm = self.arm;
        settings.parity = self.parity.then_some(true);
        settings.visible = given(self.visible);
        settings.edit_scope = self.edit_scope;
        settings.meta_fuel = self.meta_fuel;
        settings.case_fuel = self.case_fuel;
        settings.models = given(self.models);
        settings.eval_model = self.eval_model;
        settings.rounds = given(self.rounds);
        settings.temperature = self.temperature;
        settings.style = self.style;
        settings.budget = given(self.answers.budget);
        let mut calls = self.answers.calls.settings();
        calls.check_models = !self.no_model_check;
        let mut request = RunRequest::new().settings(settings).calls(calls);
        request.data = self.task.data;
        Ok(request)
    }
}

#[derive(Debug, Args)]
pub(crate) struct Resume {
    /// The run, or the beginning of its hash [default: the only run of the store]
    pub(crate) run: Option<String>,
    /// Generations after the seed, in all [default: as last planned]
    #[arg(long, value_name = "N", help_heading = SEARCH)]
    pub(crate) generations: Option<u64>,
    #[command(flatten)]
    pub(crate) answers: AnswerArgs,
}

impl Resume {
    /// Returns the flags as a request.
    pub(crate) fn request(self) -> ResumeRequest {
        let mut request =
            ResumeRequest::new().budget(self.answers.budget).calls(self.answers.calls.settings());
        request.run = self.run;
        request.generations = self.generations;
        request
    }
}

#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// A generation or a run, or the beginning of its hash [default: the only run of the store]
    pub(crate) hash: Option<String>,
    /// Replay every generation of the run [default without a hash]
    #[arg(long)]
    pub(crate) all: bool,
}

impl Replay {
    /// Returns the flags as a request.
    pub(crate) fn request(self) -> ReplayRequest {
        let mut request = ReplayRequest::new().all(self.all);
        request.hash = self.hash;
        request
    }
}

#[derive(Debug, Args)]
pub(crate) struct ListStrategies {
    /// A strategy or a bandit [default: all]
    #[arg(value_parser = Suggested::strategies(), hide_possible_values = true)]
    pub(crate) name: Option<String>,
}
