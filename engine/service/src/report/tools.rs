//! Tool calls, taken from conversations.

use hyperspace_llm::{Arguments, Message};
use hyperspace_report::ToolUse;
use serde_json::Value;

/// Beginnings and parts of answers of tools that did not do what they were asked to.
const FAILED: [&str; 4] = ["Error:", "not found", "No replacement", "appears "];

/// Returns one tool call. `arguments` is JSON, or whatever the model sent in its place.
pub(super) fn tool_use(tool: &str, arguments: &str, answer: &str) -> ToolUse {
    let parsed: Value = serde_json::from_str(arguments).unwrap_or_default();
    let text = |key: &str| parsed[key].as_str().map(str::to_owned);
    let path = text("path");
    let mut found = ToolUse::default();
    found.tool = tool.to_owned();
    found.arguments = arguments.to_owned();
    // The command of an editor is a word; that of a shell is the whole line.
    found.command = path.as_ref().and_then(|_| text("command"));
    found.target = path.or_else(|| text("command")).unwrap_or_default();
    let start: String = answer.chars().take(200).collect();
    let edits = found.command.as_deref() == Some("str_replace");
    found.failed =
        start.starts_with(FAILED[0]) || (edits && FAILED[1..].iter().any(|words| start.contains(words)));
    found
}

/// Adds the calls of a conversation, and what its model said.
pub(super) fn of_messages(messages: &[Message], uses: &mut Vec<ToolUse>, said: &mut Vec<String>) {
    for message in messages {
        let Message::Assistant { content, tool_calls } = message else { continue };
        said.extend(content.iter().filter(|text| !text.trim().is_empty()).cloned());
        for call in tool_calls {
            let arguments = match &call.arguments {
                Arguments::Object(map) => Value::Object(map.clone()).to_string(),
                Arguments::Malformed(text) => text.clone(),
            };
            let answers = messages.iter().find_map(|message| match message {
                Message::Tool { content, tool_call_id } if *tool_call_id == call.id => Some(content.as_str()),
                _ => None,
            });
            uses.push(tool_use(&call.name, &arguments, answers.unwrap_or_default()));
        }
    }
}
