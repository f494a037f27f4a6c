//! The door that gives a guest the tools: `tool.bash`, `tool.editor`, `log`, and the operations of another door.

use hyperspace_sandbox::{Door, DoorCall, DoorError, Files, Sandbox, async_trait};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::editor::{Editor, EditorRequest};
use crate::guest_log::GuestLog;
use crate::shell::{Shell, ShellConfig, ShellError};

/// The operations that [`ToolDoor`] answers itself.
pub const OPERATIONS: [&str; 3] = ["tool.bash", "tool.editor", "log"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BashRequest {
    command: Option<String>,
    #[serde(default)]
    restart: bool,
}

// The name of the type is part of the message of an error, which a guest sees.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "struct LogRequest")]
struct LogParams {
    text: String,
}

/// A door with an editor, a shell and a log. One value serves one run of a guest.
pub struct ToolDoor {
    editor: Editor,
    shell: Shell,
    log: GuestLog,
    others: Option<Box<dyn Door>>,
}

impl ToolDoor {
    /// Creates the tools of one guest; the shell and its `python3` run in `sandbox`, nested in the guest.
    #[must_use]
    pub fn new(sandbox: Sandbox, config: ShellConfig) -> Self {
        Self {
            editor: Editor::new(),
            shell: Shell::new(sandbox, config),
            log: GuestLog::default(),
            others: None,
        }
    }

    /// Forwards all other operations, such as `llm.chat`, to `door`.
    #[must_use]
    pub fn others(mut self, door: impl Door + 'static) -> Self {
        self.others = Some(Box::new(door));
        self
    }

    /// Returns the log, which remains available after the door is dropped.
    #[must_use]
    pub fn log(&self) -> GuestLog {
        self.log.clone()
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
/// Parses the parameters of an operation.
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
                let LogParams { text } = read(operation, &params)?;
                self.log.push(&text);
                Ok(json!({}))
            }
            _ => match &mut self.others {
                Some(door) => door.call(DoorCall::new(operation, params, files)).await,
                None => Err(DoorError::Invalid(format!("there is no operation {operation:?}"))),
            },
        }
    }
}
