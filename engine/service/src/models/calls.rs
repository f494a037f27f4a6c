//! Settings of calls of models.

use std::path::PathBuf;
use std::sync::Arc;

use hyperspace_llm::{BudgetLimits, CallOptions, Cost, FileCassette, SessionError};

use super::options;
use crate::defaults;
use crate::error::ServiceError;

/// Settings of calls of models, and the budget of all calls. Nothing is set by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallSettings {
    /// The file that keeps every call. What it holds already is answered from it, and counts against the budgets.
    pub cassette: Option<PathBuf>,
    /// The file that answers every call; no provider is called.
    pub replay_models: Option<PathBuf>,
    /// Conversations at the same time. Default [`defaults::CONCURRENCY`].
    pub concurrency: Option<usize>,
    /// Calls once for identical requests at temperature 0.
    pub reuse_identical: bool,
    /// Tokens of all calls, requests and answers.
    pub max_tokens: Option<u64>,
    /// Dollars of all calls, as decimal text such as `0.15`.
    pub max_cost: Option<String>,
    /// Calls.
    pub max_calls: Option<u64>,
    /// Attempts of one call in all, when the provider fails. Default [`defaults::ATTEMPTS`].
    pub attempts: Option<u32>,
    /// Checks the models of a new run by a short conversation with each, before anything is recorded. What it costs is no part of the
    /// run's record, and counts against its budget.
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

    /// Returns the first setting that has no effect where no model is called.
    pub(crate) fn any_set(&self) -> Option<&'static str> {
        let set = [
            ("cassette", self.cassette.is_some()),
            ("replay-models", self.replay_models.is_some()),
            ("concurrency", self.concurrency.is_some()),
            ("reuse-identical", self.reuse_identical),
        ];
        first(&set).or_else(|| self.budget_set())
    }

    /// Returns the number of conversations at the same time.
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

    /// Checks that nothing is set together with [`CallSettings::replay_models`] that needs a provider.
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

/// Opens a file to record in, with what it holds.
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

/// A file that cannot be opened is a mistake of the user; a damaged one is reported as damaged.
fn unusable(error: SessionError) -> ServiceError {
    match error {
        SessionError::Io { path, source } => ServiceError::file(path, source),
        SessionError::Other(problem) => ServiceError::request(problem),
        error => error.into(),
    }
}
