//! A door to models: `llm.chat` and `log`.

use hyperspace_llm::{Session, SessionError};
use hyperspace_sandbox::{Door, DoorCall, DoorError, async_trait};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The operations of a [`ModelDoor`].
pub const MODEL_OPERATIONS: [&str; 2] = ["llm.chat", "log"];
/// Maximum number of characters that one `log` keeps.
const LOG_CHARS_MAX: usize = 64 << 10;

/// The token limit of a request whose own limit is not a number: the default of the client of the original experiments, which reads
/// none.
const TOKENS_DEFAULT: u64 = 16_384;

/// A version of the rules by which requests of guests are read. A run names the version, and is replayed with it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RequestRules {
    /// A request with a field of another form is refused.
    First,
    /// A `max_tokens` that is neither a number nor null, such as a list, means 16,384.
    #[default]
    Second,
}

impl RequestRules {
    /// Returns the first version, which applies to runs that name none.
    #[must_use]
    pub fn first() -> Self {
        Self::First
    }

    /// Returns whether it is the first version.
    #[must_use]
    pub fn is_first(&self) -> bool {
        *self == Self::First
    }

    /// Returns the request as these rules read it.
    fn read(self, mut request: Value) -> Value {
        if self == Self::Second
            && let Some(tokens) = request.get_mut("max_tokens")
            && !tokens.is_number()
            && !tokens.is_null()
        {
            *tokens = json!(TOKENS_DEFAULT);
        }
        request
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelLogRequest {
    text: String,
}

/// A door that answers one guest's model calls from a session. Failures of a call are answers; an error of the session is passed to
/// whoever started the run, and ends the run.
pub struct ModelDoor {
    session: Session,
    stream: String,
    rules: RequestRules,
    stop: Box<dyn FnMut(SessionError) -> DoorError + Send>,
    answered: Box<dyn FnMut(u64) + Send>,
}

impl ModelDoor {
    /// Creates a door to `session`. Lines that the guest logs are shown with the name of the stream. `stop` receives the error with
    /// which the session ends, and returns the door's answer: [`DoorError::Abort`].
    #[must_use]
    pub fn new(
        session: Session,
        stream: impl Into<String>,
        stop: impl FnMut(SessionError) -> DoorError + Send + 'static,
    ) -> Self {
        Self {
            session,
            stream: stream.into(),
            rules: RequestRules::default(),
            stop: Box::new(stop),
            answered: Box::new(|_| ()),
        }
    }

    /// Sets the rules by which requests are read. Default: the latest version.
    #[must_use]
    pub fn requests(mut self, rules: RequestRules) -> Self {
        self.rules = rules;
        self
    }

    /// Calls `answered` after each call, with the number of calls of the stream answered so far.
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
                let reply = self.session.chat_json(&self.rules.read(params)).await;
                (self.answered)(self.session.calls());
                reply.map_err(|error| (self.stop)(error))
            }
            "log" => {
                let ModelLogRequest { text } = ModelLogRequest::deserialize(&params)
                    .map_err(|error| DoorError::Invalid(format!("log: {error}")))?;
                let text: String = text.chars().take(LOG_CHARS_MAX).collect();
                // Quoted, because a guest may write anything.
                tracing::debug!(stream = self.stream, "{text:?}");
                Ok(json!({}))
            }
            other => Err(DoorError::Invalid(format!("there is no operation {other:?}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_of_tokens_that_is_no_number_is_the_default_since_the_second_version() {
        for odd in [json!([100]), json!([]), json!({"max": 1}), json!("100"), json!(true)] {
            let request = json!({"model": "m", "max_tokens": odd});
            assert_eq!(RequestRules::Second.read(request.clone())["max_tokens"], json!(16_384), "{odd}");
            assert_eq!(RequestRules::First.read(request.clone()), request);
        }
        for kept in [json!(null), json!(7), json!(-1), json!(0.5)] {
            let request = json!({"model": "m", "max_tokens": kept});
            assert_eq!(RequestRules::Second.read(request.clone()), request);
        }
        let without = json!({"model": "m"});
        assert_eq!(RequestRules::Second.read(without.clone()), without);
    }
}
