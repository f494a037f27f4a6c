//! A door to models: `llm.chat` and `log`.

use hyperspace_llm::{Session, SessionError};
use hyperspace_sandbox::{Door, DoorCall, DoorError, async_trait};
use serde::Deserialize;
use serde_json::{Value, json};

/// The operations of a [`ModelDoor`].
pub const MODEL_OPERATIONS: [&str; 2] = ["llm.chat", "log"];
/// Characters of a text that one `log` keeps.
const LOG_CHARS_MAX: usize = 64 << 10;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelLogRequest {
    text: String,
}

/// A door that answers one guest's calls of models from a session. Failures of a call are answers; an error of the session goes
/// to the starter of the run, and ends it.
pub struct ModelDoor {
    session: Session,
    stream: String,
    stop: Box<dyn FnMut(SessionError) -> DoorError + Send>,
    answered: Box<dyn FnMut(u64) + Send>,
}

impl ModelDoor {
    /// Creates a door to `session`. Lines that the guest logs are shown with the name of the stream. `stop` gets the error that
    /// the session ends with, and returns the door's answer: [`DoorError::Abort`].
    #[must_use]
    pub fn new(
        session: Session,
        stream: impl Into<String>,
        stop: impl FnMut(SessionError) -> DoorError + Send + 'static,
    ) -> Self {
        Self { session, stream: stream.into(), stop: Box::new(stop), answered: Box::new(|_| ()) }
    }

    /// Calls `answered` after each call, with the number of calls of the stream that were answered.
    #[must_use]
    pub fn answered(mut self, answered: impl FnMut(u64) + Send + 'static) -> Self {
        self.answered = Box::new(answered);
        self
    }
}

#[async_trait]
impl Door for ModelDoor {
    async fn call(&mut self, DoorCall { operation, params, .. }: DoorCall<'_>) -> Result<Value, DoorError> {
        match operation {
            "llm.chat" => {
                let reply = self.session.chat_json(&params).await;
                (self.answered)(self.session.calls());
                reply.map_err(|error| (self.stop)(error))
            }
            "log" => {
                let ModelLogRequest { text } = ModelLogRequest::deserialize(&params)
                    .map_err(|error| DoorError::Invalid(format!("log: {error}")))?;
                let text: String = text.chars().take(LOG_CHARS_MAX).collect();
                // Quoted, as a guest may write anything.
                tracing::debug!(stream = self.stream, "{text:?}");
                Ok(json!({}))
            }
            other => Err(DoorError::Invalid(format!("there is no operation {other:?}"))),
        }
    }
}
