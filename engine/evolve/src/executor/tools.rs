//! The door of a meta agent: a model, an editor and a shell, with a record of each tool call.
//!
//! Tools reach only the files of the room, under the same guard as the guest's own accesses. Invariant: every tool call that was
//! carried out is in the log, as text. There are at most [`TOOL_CALLS_MAX`] calls, whose requests and answers have at most about
//! [`TOOL_BYTES_MAX`] bytes in total; further calls are refused.

use std::sync::Arc;

use hyperspace_core::Mutex;
use hyperspace_eval::ModelDoor;
use hyperspace_sandbox::{Door, DoorCall, DoorError, Sandbox, async_trait};
use hyperspace_tools::{GuestLog, ShellConfig, ToolDoor, ToolRules};
use serde_json::Value;

use crate::executor::interface::ToolCallRecord;
use crate::executor::peer_lines::PeerLines;

/// The operations that a meta agent may call.
pub(crate) const OPERATIONS: [&str; 4] = ["llm.chat", "tool.bash", "tool.editor", "log"];
/// Maximum number of tool calls in one run of a meta agent.
const TOOL_CALLS_MAX: usize = 512;
/// Maximum total size of requests and answers in bytes, which the last answer may exceed.
const TOOL_BYTES_MAX: usize = 16 << 20;
/// The working directory of the shell.
const ROOT: &str = "/repo";

/// The calls that were carried out, with their total size.
#[derive(Debug, Default)]
struct KeptCalls {
    records: Vec<ToolCallRecord>,
    bytes: usize,
}

impl KeptCalls {
    /// Returns the reason why no further call with a request of this size is allowed, if there is one.
    fn spent(&self, request: usize) -> Option<String> {
        if self.records.len() >= TOOL_CALLS_MAX {
            return Some(format!("a meta agent has {TOOL_CALLS_MAX} calls of tools"));
        }
        let most = TOOL_BYTES_MAX >> 20;
        let full = self.bytes + request > TOOL_BYTES_MAX;
        full.then(|| format!("the calls of a meta agent and their answers have at most {most} MiB together"))
    }

    fn push(&mut self, record: ToolCallRecord) {
        self.bytes += record.request.len() + record.output.len();
        self.records.push(record);
    }
}

/// A log of the tool calls and messages of a meta agent. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct ToolLog {
    calls: Arc<Mutex<KeptCalls>>,
    messages: GuestLog,
}

impl ToolLog {
    /// Takes the tool calls, in order.
    pub(crate) fn take_calls(&self) -> Vec<ToolCallRecord> {
        std::mem::take(&mut *self.calls.lock()).records
    }

    /// Returns the logged messages, one per line.
    pub(crate) fn lines(&self) -> Vec<u8> {
        self.messages.lines()
    }
}

/// The door of one run of a meta agent.
pub(crate) struct Toolbox {
    tools: ToolDoor,
    log: ToolLog,
    peers: Option<PeerLines>,
}

impl Toolbox {
    /// Returns a door to a model and to tools, whose randomness is keyed by `seed`.
    pub(crate) fn new(sandbox: Sandbox, seed: u64, rules: ToolRules, model: ModelDoor) -> Self {
        let config = ShellConfig::new(ROOT, seed).rules(rules);
        let tools = ToolDoor::new(sandbox, config).others(model);
        let log = ToolLog { calls: Arc::default(), messages: tools.log() };
        Self { tools, log, peers: None }
    }

    /// Shows texts of peers only in quoted blocks.
    pub(crate) fn peers(mut self, peers: Option<PeerLines>) -> Self {
        self.peers = peers;
        self
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
        let request = call.params.to_string();
        if let Some(reason) = self.log.calls.lock().spent(request.len()) {
            return Err(DoorError::Exhausted(reason));
        }
        let mut answer = self.tools.call(call).await;
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
        let quoted = self.peers.as_ref().and_then(|peers| peers.quoted(tool, &request, &output));
        if let (Some(quoted), Ok(value)) = (&quoted, &mut answer) {
            value["output"] = Value::from(quoted.as_str());
        }
        let output = quoted.unwrap_or(output);
        let mut calls = self.log.calls.lock();
        calls.push(ToolCallRecord { tool, request, output, succeeded });
        answer
    }
}
