//! Flags about models.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use hyperspace_service::CallSettings;

/// The heading of flags about models.
pub(super) const MODELS: &str = "Models";
/// The heading of flags about budgets.
pub(super) const BUDGETS: &str = "Budgets for models";

/// Flags of calls of models, and what they may take.
#[derive(Debug, Args)]
pub(crate) struct CallArgs {
    /// Record model calls in this file, and answer from it what it holds
    ///
    /// The content of the file counts against the budgets.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = MODELS)]
    pub(crate) cassette: Option<PathBuf>,
    /// Answer model calls from this file alone, offline
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["cassette", "reuse_identical"], help_heading = MODELS)]
    pub(crate) replay_models: Option<PathBuf>,
    /// Maximum number of model conversations in flight [default: 32]
    #[arg(long, value_name = "N", help_heading = MODELS)]
    pub(crate) concurrency: Option<usize>,
    /// Call once for identical requests at temperature 0; the result reports how often
    #[arg(long, help_heading = MODELS)]
    pub(crate) reuse_identical: bool,
    /// Attempts of one call in all, when the provider fails
    #[arg(long, value_name = "N", default_value_t = hyperspace_service::defaults::ATTEMPTS, help_heading = MODELS)]
    pub(crate) attempts: u32,
    /// Tokens of all calls, requests and answers; when they are spent, the command ends with code 12
    #[arg(long, value_name = "N", help_heading = BUDGETS)]
    pub(crate) max_tokens: Option<u64>,
    /// Dollars of all calls, such as 0.15; the models need prices
    #[arg(long, value_name = "DOLLARS", help_heading = BUDGETS)]
    pub(crate) max_cost: Option<String>,
    /// Number of calls
    #[arg(long, value_name = "N", help_heading = BUDGETS)]
    pub(crate) max_calls: Option<u64>,
}

impl CallArgs {
    /// Returns the flags as settings.
    pub(crate) fn settings(self) -> CallSettings {
        let mut settings = CallSettings::default();
        settings.cassette = self.cassette;
        settings.replay_models = self.replay_models;
        settings.concurrency = self.concurrency;
        settings.reuse_identical = self.reuse_identical;
        settings.attempts = Some(self.attempts);
        settings.max_tokens = self.max_tokens;
        settings.max_cost = self.max_cost;
        settings.max_calls = self.max_calls;
        settings
    }
}

/// Flags of `models`.
#[derive(Debug, Args)]
pub(crate) struct ListModels {
    /// Models to look at beside those of the settings; without any, everything that is known is listed
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// Ask the server of each model for its list of models; costs nothing
    #[arg(long)]
    pub(crate) check: bool,
    /// Forget what refusals taught about these models, or about all
    #[arg(long)]
    pub(crate) forget: bool,
}
