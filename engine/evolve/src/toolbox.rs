//! The door of a meta agent: a model, an editor and a shell, each call of a tool taken down.
//!
//! Tools reach the files of the room and nothing else, under the guard that decides on the guest's own accesses. Invariant: a
//! tool call that was carried out is in the list that the journal gets; there are at most [`TOOL_CALLS_MAX`], the next is
//! refused.

use std::sync::{Arc, Mutex, PoisonError};

use hyperspace_eval::ModelDoor;
use hyperspace_sandbox::{Door, DoorCall, DoorError, Sandbox, async_trait};
use hyperspace_tools::{GuestLog, ShellConfig, ToolDoor};
use serde_json::Value;

/// What a meta agent may ask for.
pub(crate) const OPERATIONS: [&str; 4] = ["llm.chat", "tool.bash", "tool.editor", "log"];
/// Calls of tools in one run of a meta agent.
const TOOL_CALLS_MAX: usize = 512;
/// Where the shell begins.
const ROOT: &str = "/repo";

/// One call of a tool.
#[derive(Debug, Clone)]
pub(crate) struct ToolCall {
    /// `bash` or `editor`.
    pub(crate) tool: &'static str,
    /// What was asked.
    pub(crate) request: Value,
    /// What was answered; of a failure, why.
    pub(crate) output: String,
    /// There was an answer, and it is no error.
    pub(crate) fine: bool,
}

/// What a meta agent did through its door.
#[derive(Debug, Clone, Default)]
pub(crate) struct Done {
    calls: Arc<Mutex<Vec<ToolCall>>>,
    log: GuestLog,
}

impl Done {
    /// The calls of tools, in order.
    pub(crate) fn calls(&self) -> Vec<ToolCall> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was logged, a line each.
    pub(crate) fn log(&self) -> Vec<u8> {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.iter().flat_map(|text| [text.as_bytes(), b"\n"].concat()).collect()
    }
}

/// See the module. One value serves one run.
pub(crate) struct Toolbox {
    tools: ToolDoor,
    done: Done,
}

impl Toolbox {
    /// Tools whose randomness is keyed by `seed`, beside a door to a model.
    pub(crate) fn new(sandbox: Sandbox, seed: u64, model: ModelDoor) -> Self {
        let config = ShellConfig::new(ROOT, seed);
        let tools = ToolDoor::new(sandbox, config).others(model);
        let done = Done { calls: Arc::default(), log: tools.log() };
        Self { tools, done }
    }

    /// What will have been done, also when the door is gone.
    pub(crate) fn done(&self) -> Done {
        self.done.clone()
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
        if self.done.calls.lock().unwrap_or_else(PoisonError::into_inner).len() >= TOOL_CALLS_MAX {
            return Err(DoorError::Exhausted(format!("a meta agent has {TOOL_CALLS_MAX} calls of tools")));
        }
        let request = call.params.clone();
        let answer = self.tools.call(call).await;
        if let Err(DoorError::WallClock(_) | DoorError::Abort(_)) = answer {
            return answer;
        }
        let (output, fine) = match &answer {
            Ok(value) => {
                let text = value["output"].as_str().map_or_else(|| value.to_string(), str::to_owned);
                let fine = !text.starts_with("Error:");
                (text, fine)
            }
            Err(error) => (error.to_string(), false),
        };
        let mut calls = self.done.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.push(ToolCall { tool, request, output, fine });
        answer
    }
}
