//! Requests for continuous operation.

use std::sync::mpsc::Receiver;

use crate::continuous_settings::ContinuousSettings;
use crate::run::RunRequest;

/// Rows from a stream, as lines of JSON. Front ends fill it from standard input.
#[derive(Debug)]
pub struct RowLines(pub Receiver<Vec<u8>>);

/// A request for continuous operation.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct ContinuousRequest {
    /// The run that every season is like. Its number of generations is not used.
    pub run: RunRequest,
    /// Settings above those of the engine.
    pub settings: ContinuousSettings,
    /// The stream of rows, where the settings name `-`.
    pub lines: Option<RowLines>,
}

impl ContinuousRequest {
    /// Makes a request for seasons like `run`.
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
