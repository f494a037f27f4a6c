//! Flags about models.

use std::path::PathBuf;

use clap::Args;

/// Models that the rows of an evaluation may call.
#[derive(Debug, Args)]
pub(crate) struct ModelArgs {
    /// Let rows call this model, and hand its name to the agent: a section [models.NAME] of the settings, or a name that a
    /// provider is known for
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
    /// Further models that rows may call
    #[arg(long, value_name = "NAME", num_args = 1..)]
    pub(crate) models: Vec<String>,
    #[command(flatten)]
    pub(crate) calls: CallArgs,
}

/// How models are called, and what that may take.
#[derive(Debug, Args)]
pub(crate) struct CallArgs {
    /// Keep every call of a model in this file; what it holds already is answered from it, and counts against the budgets
    #[arg(long, value_name = "FILE")]
    pub(crate) cassette: Option<PathBuf>,
    /// Answer calls of models from this file alone
    #[arg(long, value_name = "FILE", conflicts_with_all = ["cassette", "reuse_identical"])]
    pub(crate) replay_models: Option<PathBuf>,
    /// Rows or conversations at the same time, most of which wait for a model; changes no result but through the models
    /// [default: 32]
    #[arg(long, value_name = "N")]
    pub(crate) concurrency: Option<usize>,
    /// Ask once what is asked again in the same words at temperature 0; the result says how often
    #[arg(long)]
    pub(crate) reuse_identical: bool,
    #[command(flatten)]
    pub(crate) limits: ModelLimitArgs,
}

impl CallArgs {
    /// The first flag that was given, and makes no sense where no model is called.
    pub(crate) fn given(&self) -> Option<&'static str> {
        let given = [
            ("--cassette", self.cassette.is_some()),
            ("--replay-models", self.replay_models.is_some()),
            ("--concurrency", self.concurrency.is_some()),
            ("--reuse-identical", self.reuse_identical),
        ];
        first(&given).or_else(|| self.limits.given())
    }
}

/// The first flag that was given.
fn first(flags: &[(&'static str, bool)]) -> Option<&'static str> {
    flags.iter().find(|(_, given)| *given).map(|(flag, _)| *flag)
}

/// What calls of models may take.
#[derive(Debug, Args)]
pub(crate) struct ModelLimitArgs {
    /// Tokens of all calls, of requests and answers; when they are spent, the command ends with code 12
    #[arg(long, value_name = "N")]
    pub(crate) max_tokens: Option<u64>,
    /// Dollars of all calls, as 0.15; the models need prices
    #[arg(long, value_name = "DOLLARS")]
    pub(crate) max_cost: Option<String>,
    /// Calls of models
    #[arg(long, value_name = "N")]
    pub(crate) max_calls: Option<u64>,
    /// Attempts of one call in all, when the provider fails
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub(crate) attempts: u32,
}

impl ModelLimitArgs {
    /// The first budget that was given.
    pub(crate) fn given(&self) -> Option<&'static str> {
        let given = [
            ("--max-tokens", self.max_tokens.is_some()),
            ("--max-cost", self.max_cost.is_some()),
            ("--max-calls", self.max_calls.is_some()),
        ];
        first(&given)
    }
}

/// Which agents a run has.
#[derive(Debug, Args)]
pub(crate) struct AgentArgs {
    /// Give the meta agent a model and tools: a section [models.NAME] of the settings, or a name that a provider is known for.
    /// Several, also one more than once, make as many agents, which take turns and see what the others publish
    #[arg(long = "model", value_name = "NAME")]
    pub(crate) models: Vec<String>,
    /// The model that task agents ask, for tasks whose agents ask one [default: the task's, or the agent's own]
    #[arg(long, value_name = "NAME")]
    pub(crate) eval_model: Option<String>,
    /// Generations that agents take part in: one number for all, or one for each [default: all]
    #[arg(long, value_name = "N", value_delimiter = ',')]
    pub(crate) rounds: Vec<u64>,
    /// Temperature of meta agents [default: 0]
    #[arg(long, value_name = "T")]
    pub(crate) temperature: Option<f64>,
}

/// Who answers the models of a run, and what that may cost.
#[derive(Debug, Args)]
pub(crate) struct AnswerArgs {
    /// What may be spent: LEVEL is call, candidate (its meta agents), or agent; RESOURCE is calls, tokens, input-tokens,
    /// output-tokens or cost (dollars). What call and candidate may spend is part of the run; the agent's budget stops the run
    /// when it is spent, and `resume` goes on with a larger one
    #[arg(long, value_name = "LEVEL.RESOURCE=N")]
    pub(crate) budget: Vec<String>,
    #[command(flatten)]
    pub(crate) calls: CallArgs,
}
