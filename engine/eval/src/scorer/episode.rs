//! Episodes: conversations in which the candidate's function is called repeatedly, with arguments that are revealed one call
//! at a time.
//!
//! Invariant: arguments are revealed once. An episode starts once, and nothing follows an invalid answer, whatever
//! exceptions the guest catches.

use hyperspace_sandbox::DoorError;
use serde_json::{Value, json};

use super::session::Judge;
use super::{InvalidAnswer, Measure};

/// The operations of the driver in the guest (`hyperspace.drive.episode`).
pub(crate) const EPISODE_OPERATIONS: [&str; 2] = ["env.reset", "env.step"];

/// A sequence of calls of the candidate's function, each of which may depend on the previous answers.
pub trait Episode: Send {
    /// Returns the arguments of the next call, or `None` at the end.
    fn next_call(&self) -> Option<Vec<Value>>;

    /// Takes the answer to the call of [`Episode::next_call`], and advances to the call after it.
    ///
    /// # Errors
    ///
    /// The evidence for why the answer is invalid. The episode is then over and has no measure.
    fn answer(&mut self, answer: &Value) -> Result<(), InvalidAnswer>;

    /// Measures the episode. This is also called for a guest that returned before the end.
    ///
    /// # Errors
    ///
    /// The evidence for why there is no measure, such as missing answers.
    fn measure(&self) -> Result<Measure, InvalidAnswer>;
}

/// The judge of an episode.
pub(super) struct EpisodeJudge<E> {
    episode: E,
    started: bool,
    fault: Option<InvalidAnswer>,
}

impl<E: Episode> EpisodeJudge<E> {
    pub(super) fn new(episode: E) -> Self {
        Self { episode, started: false, fault: None }
    }

    fn next_call(&self) -> Value {
        match self.episode.next_call() {
            Some(args) => json!({"done": false, "args": args}),
            None => json!({"done": true, "args": []}),
        }
    }
}

impl<E: Episode> Judge for EpisodeJudge<E> {
    fn respond(&mut self, operation: &str, mut params: Value) -> Result<Value, DoorError> {
        if self.fault.is_some() {
            return Err(DoorError::Denied("the episode ended with a bad answer".to_owned()));
        }
        match operation {
            "env.reset" if self.started => Err(DoorError::Denied("an episode starts once".to_owned())),
            "env.reset" => {
                self.started = true;
                Ok(self.next_call())
            }
            "env.step" if !self.started => Err(DoorError::Denied("call env.reset first".to_owned())),
            "env.step" => {
                let value = params.get_mut("value").map(Value::take).unwrap_or_default();
                if let Err(invalid) = self.episode.answer(&value) {
                    let message = invalid.to_string();
                    self.fault = Some(invalid);
                    return Err(DoorError::Invalid(message));
                }
                Ok(self.next_call())
            }
            other => Err(DoorError::Invalid(format!("no such operation: {other}"))),
        }
    }

    fn fault(&self) -> Option<InvalidAnswer> {
        self.fault.clone()
    }

    fn measure(&mut self, _returned: &Value) -> Result<Measure, InvalidAnswer> {
        self.episode.measure()
    }
}
