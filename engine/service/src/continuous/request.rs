//! Requests for continuous operation.

use std::sync::mpsc::Receiver;

use crate::continuous_settings::ContinuousSettings;
use crate::run::RunRequest;

/// Rows from a stream, as lines of JSON. Front ends feed standard input into it.
#[derive(Debug)]
pub struct RowLines(pub Receiver<Vec<u8>>);

/// A request for continuous operation.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct ContinuousRequest {
    /// The run that serves as the model of every season. Its number of generations is not used.
    pub run: RunRequest,
    /// Settings that override those of the engine.
    pub settings: ContinuousSettings,
    /// The stream of rows, if the settings name `-`.
    pub lines: Option<RowLines>,
}

impl ContinuousRequest {
    /// Returns a request for seasons like `run`.
    #[must_use]
    pub fn new(run: RunRequest) -> Self {
        Self { run, ..Self::default() }
    }

    /// Sets the settings of continuous operation.
    #[must_use]
    pub fn settings(mut self, settings: ContinuousSettings) -> Self {
        self.settings = settings;
        self
    }

    /// Sets the stream of rows.
    #[must_use]
    pub fn lines(mut self, lines: RowLines) -> Self {
        self.lines = Some(lines);
        self
    }
}
