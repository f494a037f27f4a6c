//! Flags of `transfer`.

use clap::Args;
use hyperspace_service::TransferRequest;

use super::CallArgs;
use super::models::MODELS;

pub(super) const TRANSFER_EXAMPLES: &str = "Examples:\n  \
    hyperspace transfer --controls                           four scripted readers, offline\n  \
    hyperspace transfer gpt-4.1 kimi --trials 30 --max-cost 0.10\n  \
    hyperspace transfer kimi --author gpt-4.1 --author kimi  by pair of author and reader\n  \
    hyperspace transfer --report 5f8c2a                      the report of one in the store";

#[derive(Debug, Args)]
pub(crate) struct Transfer {
    /// Models that read; sections [models.NAME] of the settings, or models that a provider is known for
    #[arg(value_name = "MODEL")]
    pub(crate) readers: Vec<String>,
    /// Model that writes what is read [default: a scripted author whose idea and flaw are known]
    ///
    /// May be given several times. Trials in which it published nothing better than the reader's program count only as such.
    #[arg(long = "author", value_name = "MODEL", help_heading = MODELS)]
    pub(crate) authors: Vec<String>,
    /// Measure the scripted readers, too: one adopts, one refuses, one copies as it is, one denies what it did
    #[arg(long)]
    pub(crate) controls: bool,
    /// Trials of each pair
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) trials: u64,
    /// Seed of the tasks
    #[arg(long, value_name = "N", default_value_t = 42)]
    pub(crate) seed: u64,
    /// Temperature of all models
    #[arg(long, value_name = "T", default_value_t = 0.7, help_heading = MODELS)]
    pub(crate) temperature: f64,
    /// Show the report of a benchmark in the store, by its hash or the beginning of it
    #[arg(long, value_name = "HASH", conflicts_with_all = ["readers", "authors", "controls"])]
    pub(crate) report: Option<String>,
    #[command(flatten)]
    pub(crate) calls: CallArgs,
}

impl Transfer {
    /// Returns the flags as a request.
    pub(crate) fn request(self) -> TransferRequest {
        let mut request = TransferRequest::new(self.readers);
        request.authors = self.authors;
        request.controls = self.controls;
        request.trials = self.trials;
        request.seed = self.seed;
        request.temperature = self.temperature;
        request.calls = self.calls.settings();
        request
    }
}
