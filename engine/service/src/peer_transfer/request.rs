//! Requests for a transfer benchmark.

use super::controls::{Control, PLANTED};
use crate::error::ServiceError;
use crate::models::CallSettings;

/// Maximum number of trials of a pair.
const TRIALS_MAX: u64 = 10_000;

/// A request to measure what models do with a peer's better program.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TransferRequest {
    /// The models that read.
    pub readers: Vec<String>,
    /// The models that write the programs to be read. Without any, a scripted author publishes a program whose idea and flaw are
    /// known.
    pub authors: Vec<String>,
    /// True if the scripted controls are measured, too.
    pub controls: bool,
    /// Number of trials of each pair, 1 to 10,000. Default 10.
    pub trials: u64,
    /// The seed of the tasks. Default 42.
    pub seed: u64,
    /// The temperature of all models. Default 0.7.
    pub temperature: f64,
    /// Settings of model calls; budgets apply to each trial.
    pub calls: CallSettings,
}

impl TransferRequest {
    /// Returns a request for these readers.
    #[must_use]
    pub fn new(readers: Vec<String>) -> Self {
        Self {
            readers,
            authors: Vec::new(),
            controls: false,
            trials: 10,
            seed: 42,
            temperature: 0.7,
            calls: CallSettings::default(),
        }
    }

    /// Checks everything that is not checked elsewhere.
    pub(super) fn check(&self) -> Result<(), ServiceError> {
        if !(1..=TRIALS_MAX).contains(&self.trials) {
            return Err(ServiceError::range("trials", self.trials, format!("1 to {TRIALS_MAX}")));
        }
        let file = self.calls.cassette.as_ref().map(|_| "cassette");
        if let Some(setting) = file.or(self.calls.replay_models.as_ref().map(|_| "replay-models")) {
            let problem = "trials ask the same streams of calls; each run of the store has its own, and `replay` answers from them";
            return Err(ServiceError::setting(setting, problem));
        }
        if self.readers.is_empty() && self.controls && !self.authors.is_empty() {
            let problem = "the scripted readers read the scripted author; name a model that reads, or leave the author out";
            return Err(ServiceError::setting("author", problem));
        }
        if self.readers.is_empty() && !self.controls {
            let hint = "name a model, or use --controls for the scripted ones";
            return Err(ServiceError::with_hint("no model is to be measured", hint));
        }
        Ok(())
    }

    /// Returns the pairs of author and reader, each once.
    pub(super) fn pairs(&self) -> Vec<(String, String)> {
        let planted = || vec![PLANTED.to_owned()];
        let authors = if self.authors.is_empty() { planted() } else { self.authors.clone() };
        let pairs = authors.iter().flat_map(|author| self.readers.iter().map(move |reader| (author, reader)));
        let mut pairs: Vec<(String, String)> =
            pairs.map(|(author, reader)| (author.clone(), reader.clone())).collect();
        if self.controls {
            pairs.extend(Control::ALL.map(|control| (PLANTED.to_owned(), control.name().to_owned())));
        }
        let mut seen = std::collections::BTreeSet::new();
        pairs.retain(|pair| seen.insert(pair.clone()));
        pairs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_author_whom_no_model_reads_is_refused() {
        let mut request = TransferRequest::new(Vec::new());
        request.controls = true;
        request.authors = vec!["m".to_owned()];
        let error = request.check().unwrap_err().to_string();
        assert!(error.contains("author") && error.contains("name a model that reads"), "{error}");
        request.readers = vec!["r".to_owned()];
        assert!(request.check().is_ok());
    }
}
