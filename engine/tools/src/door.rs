//! A door that lends the tools to a guest: `tool.bash`, `tool.editor`, `log`, and whatever else its owner answers.

use std::sync::{Arc, Mutex, PoisonError};

use hyperspace_sandbox::{Door, DoorCall, DoorError, Files, Sandbox, async_trait};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::clip::clipped;
use crate::editor::{Editor, EditorRequest};
use crate::limits::LOG_CHARS_MAX;
use crate::shell::{Shell, ShellConfig, ShellError};

/// What [`ToolDoor`] answers itself.
pub const OPERATIONS: [&str; 3] = ["tool.bash", "tool.editor", "log"];

/// Texts that a guest logged, in order; shared with whoever started the run.
pub type Log = Arc<Mutex<Vec<String>>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BashRequest {
    command: Option<String>,
    #[serde(default)]
    restart: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LogRequest {
    text: String,
}

/// See the module. One value serves one run of a guest.
pub struct ToolDoor {
    editor: Editor,
    shell: Shell,
    log: Log,
    others: Option<Box<dyn Door>>,
}

impl ToolDoor {
    /// Tools for one guest; `python3` of the shell runs in `sandbox`, beside it.
    #[must_use]
    pub fn new(sandbox: Sandbox, config: ShellConfig) -> Self {
        Self { editor: Editor::new(), shell: Shell::new(sandbox, config), log: Log::default(), others: None }
    }

    /// Tools without `python3`.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn alone(config: ShellConfig) -> Self {
        Self { editor: Editor::new(), shell: Shell::alone(config), log: Log::default(), others: None }
    }

    /// Hands every other operation to `door`, such as `llm.chat`.
    #[must_use]
    pub fn others(mut self, door: impl Door + 'static) -> Self {
        self.others = Some(Box::new(door));
        self
    }

    /// What the guest logs, also after the door went away.
    #[must_use]
    pub fn log(&self) -> Log {
        Arc::clone(&self.log)
    }

    async fn bash(&mut self, files: &Files, request: BashRequest) -> Result<Value, DoorError> {
        let output = match (request.command, request.restart) {
            (Some(command), false) => match self.shell.run(files, &command).await {
                Ok(output) => output,
                Err(ShellError::WallClock) => {
                    return Err(DoorError::WallClock(ShellError::WallClock.to_string()));
                }
                Err(error) => return Err(DoorError::Failed(error.to_string())),
            },
            (None, true) => {
                self.shell.restart();
                "The next command begins a fresh shell.".to_owned()
            }
            _ => return Err(DoorError::Invalid("tool.bash takes `command` or `restart`: true".to_owned())),
        };
        Ok(json!({ "output": output }))
    }
}

// T-SH-46.
/// Reads the parameters of an operation.
fn read<'a, T: Deserialize<'a>>(operation: &str, params: &'a Value) -> Result<T, DoorError> {
    T::deserialize(params).map_err(|error| DoorError::Invalid(format!("{operation}: {error}")))
}

#[async_trait]
impl Door for ToolDoor {
    async fn call(&mut self, call: DoorCall<'_>) -> Result<Value, DoorError> {
        let DoorCall { operation, params, files, .. } = call;
        match operation {
            "tool.bash" => self.bash(files, read(operation, &params)?).await,
            "tool.editor" => {
                let request: EditorRequest = read(operation, &params)?;
                Ok(json!({ "output": self.editor.run(files, &request) }))
            }
            "log" => {
                let LogRequest { text } = read(operation, &params)?;
                let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
                log.push(clipped(&text, LOG_CHARS_MAX));
                Ok(json!({}))
            }
            _ => match &mut self.others {
                Some(door) => door.call(DoorCall::new(operation, params, files)).await,
                None => Err(DoorError::Invalid(format!("there is no operation {operation:?}"))),
            },
        }
    }
}
