//! The door of a meta agent: a model, an editor and a shell, with a record of each tool call.
//!
//! Tools reach only the files of the room, under the guard that decides on the guest's own accesses. Invariant: every tool call that
//! was carried out is in the log. There are at most [`TOOL_CALLS_MAX`]; the next one is refused.

use std::sync::{Arc, PoisonError};

use hyperspace_core::Mutex;
use hyperspace_eval::ModelDoor;
use hyperspace_sandbox::{Door, DoorCall, DoorError, Sandbox, async_trait};
use hyperspace_tools::{GuestLog, ShellConfig, ToolDoor};
use serde_json::Value;

use crate::executor::interface::ToolCallRecord;

/// The operations that a meta agent may call.
pub(crate) const OPERATIONS: [&str; 4] = ["llm.chat", "tool.bash", "tool.editor", "log"];
/// Maximum number of tool calls in one run of a meta agent.
const TOOL_CALLS_MAX: usize = 512;
/// The working directory of the shell.
const ROOT: &str = "/repo";

/// A log of a meta agent's tool calls and messages. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct ToolLog {
    calls: Arc<Mutex<Vec<ToolCallRecord>>>,
    messages: GuestLog,
}

impl ToolLog {
    /// Returns the tool calls, in order.
    pub(crate) fn calls(&self) -> Vec<ToolCallRecord> {
        self.calls.lock().clone()
    }

    /// Returns the logged messages, a line each.
    pub(crate) fn lines(&self) -> Vec<u8> {
        let messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        messages.iter().flat_map(|text| [text.as_bytes(), b"\n"].concat()).collect()
    }
}

/// The door of one run of a meta agent.
pub(crate) struct Toolbox {
    tools: ToolDoor,
    log: ToolLog,
}

impl Toolbox {
    /// Returns a door to a model and to tools whose randomness is keyed by `seed`.
    pub(crate) fn new(sandbox: Sandbox, seed: u64, model: ModelDoor) -> Self {
        let config = ShellConfig::new(ROOT, seed);
        let tools = ToolDoor::new(sandbox, config).others(model);
        let log = ToolLog { calls: Arc::default(), messages: tools.log() };
        Self { tools, log }
    }

    /// Returns the log, which outlives the door.
    pub(crate) fn log(&self) -> ToolLog {
        self.log.clone()
    }
}

fn tool(operation: &str) -> Option<&'static str> {
    ["bash", "editor"].into_iter().find(|name| operation.strip_prefix("tool.") == Some(name))
}

#[async_trait]
impl Door for Toolbox {
    async fn call(&mut self, call: DoorCall<'_>) -> Result<Value, DoorError> {
        let Some(tool) = tool(call.operation) else {
            return self.tools.call(call).await;
        };
        if self.log.calls.lock().len() >= TOOL_CALLS_MAX {
            return Err(DoorError::Exhausted(format!("a meta agent has {TOOL_CALLS_MAX} calls of tools")));
        }
        let request = call.params.clone();
        let answer = self.tools.call(call).await;
        if let Err(DoorError::WallClock(_) | DoorError::Abort(_)) = answer {
            return answer;
        }
        let (output, succeeded) = match &answer {
            Ok(value) => {
                let text = value["output"].as_str().map_or_else(|| value.to_string(), str::to_owned);
                let succeeded = !text.starts_with("Error:");
                (text, succeeded)
            }
            Err(error) => (error.to_string(), false),
        };
        let mut calls = self.log.calls.lock();
        calls.push(ToolCallRecord { tool, request, output, succeeded });
        answer
    }
}
