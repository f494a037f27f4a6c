//! Settings of model calls.

use std::path::PathBuf;
use std::sync::Arc;

use hyperspace_llm::{BudgetLimits, CallOptions, Cost, FileCassette, SessionError};

use super::options;
use crate::defaults;
use crate::error::ServiceError;

/// Settings of model calls, and the budget of all calls. By default, nothing is set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallSettings {
    /// The file that records every call. Calls that it already holds are answered from it, and count against the budgets.
    pub cassette: Option<PathBuf>,
    /// The file that answers every call. No provider is called.
    pub replay_models: Option<PathBuf>,
    /// Maximum number of concurrent conversations. Default [`defaults::CONCURRENCY`].
    pub concurrency: Option<usize>,
    /// If true, identical requests at temperature 0 are made only once.
    pub reuse_identical: bool,
    /// Maximum number of tokens of all calls, in requests and answers.
    pub max_tokens: Option<u64>,
    /// Maximum cost of all calls in dollars, as decimal text such as `0.15`.
    pub max_cost: Option<String>,
    /// Maximum number of calls.
    pub max_calls: Option<u64>,
    /// Maximum number of attempts of one call, including the first, if the provider fails. Default [`defaults::ATTEMPTS`].
    pub attempts: Option<u32>,
    /// If true, the models of a new run are checked by a short conversation with each, before anything is recorded. The cost of
    /// that is not part of the run's record, but counts against its budget.
    pub check_models: bool,
}

impl CallSettings {
    /// Returns the first budget that is set.
    pub(crate) fn budget_set(&self) -> Option<&'static str> {
        let set = [
            ("max-tokens", self.max_tokens.is_some()),
            ("max-cost", self.max_cost.is_some()),
            ("max-calls", self.max_calls.is_some()),
        ];
        first(&set)
    }

    /// Returns the first set option that has no effect if no model is called.
    pub(crate) fn any_set(&self) -> Option<&'static str> {
        let set = [
            ("cassette", self.cassette.is_some()),
            ("replay-models", self.replay_models.is_some()),
            ("concurrency", self.concurrency.is_some()),
            ("reuse-identical", self.reuse_identical),
        ];
        first(&set).or_else(|| self.budget_set())
    }

    /// Returns the maximum number of concurrent conversations.
    pub(crate) fn conversations(&self) -> Result<usize, ServiceError> {
        let concurrency = self.concurrency.unwrap_or(defaults::CONCURRENCY);
        if (1..=defaults::CONCURRENCY_MAX).contains(&concurrency) {
            return Ok(concurrency);
        }
        let expected = format!("1 to {}", defaults::CONCURRENCY_MAX);
        Err(ServiceError::range("concurrency", concurrency, expected))
    }

    /// Returns the budget of all calls.
    pub(crate) fn budget(&self) -> Result<BudgetLimits, ServiceError> {
        let cost = self.max_cost.as_deref().map(Cost::from_dollars).transpose();
        let cost = cost.map_err(|problem| ServiceError::setting("max-cost", problem))?;
        let mut limits = BudgetLimits::default();
        (limits.calls, limits.tokens, limits.cost) = (self.max_calls, self.max_tokens, cost);
        Ok(limits)
    }

    /// Returns the options of each call.
    pub(crate) fn options(&self) -> Result<CallOptions, ServiceError> {
        let options = options(self.attempts.unwrap_or(defaults::ATTEMPTS))?;
        Ok(options.reuse_identical(self.reuse_identical))
    }

    /// Checks that no setting that needs a provider is set together with [`CallSettings::replay_models`].
    pub(crate) fn check_replay(&self) -> Result<(), ServiceError> {
        let other = "replay-models";
        let needs = [("cassette", self.cassette.is_some()), ("reuse-identical", self.reuse_identical)];
        match (self.replay_models.is_some(), first(&needs).or_else(|| self.budget_set())) {
            (true, Some(setting)) => {
                let why = "every call is answered from the recording, so nothing is spent";
                Err(ServiceError::Conflict { setting, other, why })
            }
            _ => Ok(()),
        }
    }
}

fn first(settings: &[(&'static str, bool)]) -> Option<&'static str> {
    settings.iter().find(|(_, set)| *set).map(|(setting, _)| *setting)
}

/// Opens a file for recording, with its present content.
pub(super) fn record_in(path: &std::path::Path) -> Result<Arc<FileCassette>, ServiceError> {
    let (file, recovered) = FileCassette::append_to(path).map_err(unusable)?;
    if recovered.bytes > 0 {
        let (bytes, path) = (recovered.bytes, path.display());
        tracing::warn!("{path}: the last line was cut off; its {bytes} bytes are removed");
    }
    Ok(Arc::new(file))
}

/// Opens a recording that answers every call.
pub(super) fn open(path: &std::path::Path) -> Result<Arc<FileCassette>, ServiceError> {
    Ok(Arc::new(FileCassette::open(path).map_err(unusable)?))
}

/// Returns the error for a file that cannot be opened, which is a mistake of the user, unless the file is damaged.
fn unusable(error: SessionError) -> ServiceError {
    match error {
        SessionError::Io { path, source } => ServiceError::file(path, source),
        SessionError::Other(problem) => ServiceError::request(problem),
        error => error.into(),
    }
}
