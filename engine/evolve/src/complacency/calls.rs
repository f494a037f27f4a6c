//! Tool calls of a meta agent, as far as they are a sign of complacency: their number, and how often they look at the same thing.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Maximum number of characters of a call that are kept as evidence.
const ASKED_CHARS_MAX: usize = 100;
/// Commands of the editor that change a file.
const EDITS: [&str; 4] = ["create", "str_replace", "insert", "undo_edit"];
/// Ways in which a shell writes.
const WRITES: [&str; 7] = [">", "write", "sed -i", "tee ", "cp ", "mv ", "rm "];

/// A call of a tool.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HistoryCall {
    /// The tool with its arguments, so that equal calls have equal texts.
    pub asked: String,
    /// True if the call may change a file.
    pub writes: bool,
}

impl HistoryCall {
    /// Creates a call.
    #[must_use]
    pub fn new(asked: impl Into<String>, writes: bool) -> Self {
        Self { asked: asked.into(), writes }
    }

    /// Creates a call of an editor or a shell. `arguments` is the JSON object that the tool was called with; that of the editor
    /// has a `path`.
    #[must_use]
    pub fn of_tool(tool: &str, arguments: &str, failed: bool) -> Self {
        let parsed: Value = serde_json::from_str(arguments).unwrap_or_default();
        let command = parsed["command"].as_str().unwrap_or_default();
        let writes = if parsed["path"].is_string() {
            EDITS.contains(&command) && !failed
        } else {
            WRITES.iter().any(|word| command.contains(word))
        };
        Self::new(format!("{tool} {arguments}"), writes)
    }
}

/// A summary of the calls of one candidate's meta agents.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolLooks {
    /// Number of calls.
    pub calls: u64,
    /// True if one of them may have changed a file.
    pub writes: bool,
    /// The largest number of equal calls without a write in between.
    pub repeated: u64,
    /// The beginning of the call that was repeated most often.
    pub asked: String,
}

impl ToolLooks {
    /// Returns the summary of these calls, given in the order in which they were made.
    #[must_use]
    pub fn of(calls: &[HistoryCall]) -> Self {
        let most = calls.split(|call| call.writes).filter_map(|looks| {
            let times = |asked: &str| looks.iter().filter(|other| other.asked == asked).count();
            looks.iter().map(|look| (times(&look.asked), look.asked.as_str())).max()
        });
        let (repeated, asked) = most.max().unwrap_or_default();
        Self {
            calls: calls.len() as u64,
            writes: calls.iter().any(|call| call.writes),
            repeated: repeated as u64,
            asked: asked.chars().take(ASKED_CHARS_MAX).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_writes_if_it_can_change_a_file() {
        for (tool, arguments, failed, writes) in [
            ("editor", r#"{"command": "view", "path": "/repo/a.py"}"#, false, false),
            ("editor", r#"{"command": "create", "path": "/repo/a.py"}"#, false, true),
            ("editor", r#"{"command": "create", "path": "/repo/a.py"}"#, true, false),
            ("bash", r#"{"command": "cat a.py"}"#, false, false),
            ("bash", r#"{"command": "echo x > a.py"}"#, false, true),
            ("bash", "no JSON", false, false),
        ] {
            assert_eq!(HistoryCall::of_tool(tool, arguments, failed).writes, writes, "{arguments}");
        }
    }

    #[test]
    fn looks_are_counted_between_writes() {
        let (look, write) = (HistoryCall::new("cat a", false), HistoryCall::new("echo > a", true));
        let calls = [&look, &look, &write, &look, &look, &look, &write, &look].map(HistoryCall::clone);
        let looks = ToolLooks::of(&calls);
        assert_eq!((looks.calls, looks.writes, looks.repeated), (8, true, 3));
        assert_eq!(looks.asked, "cat a");
        assert_eq!(ToolLooks::of(&[]), ToolLooks::default());
    }
}
