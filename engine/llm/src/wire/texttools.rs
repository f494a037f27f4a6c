//! Tools for models whose server does not accept any: described in the instructions, called and answered in the text.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::arguments::arguments_object;
use super::arranged::Turn;
use crate::config::SystemRole;
use crate::types::{Message, Tool};

/// Writes tools, calls and results as text.
pub(super) fn written<'a>(turns: Vec<Turn<'a>>, tools: &[Tool], role: SystemRole) -> Vec<Turn<'a>> {
    let plain =
        |message: Message| Turn { message: Cow::Owned(message), attachment: None, without_text: false };
    let mut written: Vec<Turn<'a>> = Vec::with_capacity(turns.len() + 1);
    if !tools.is_empty() {
        let text = described(tools);
        written.push(plain(match role {
            SystemRole::User => Message::user(text),
            SystemRole::System | SystemRole::Developer => Message::system(text),
        }));
    }
    for turn in turns {
        let message = match &*turn.message {
            Message::Assistant { content, tool_calls } if !tool_calls.is_empty() => {
                let calls = tool_calls.iter().map(|call| {
                    let call = json!({"name": call.name, "arguments": arguments_object(call)});
                    format!("<tool_call>\n{call}\n</tool_call>")
                });
                let text = content.iter().filter(|text| !text.trim().is_empty()).cloned();
                Message::assistant(Some(text.chain(calls).collect::<Vec<_>>().join("\n")), Vec::new())
            }
            Message::Tool { content, .. } => {
                Message::user(format!("<tool_response>\n{content}\n</tool_response>"))
            }
            _ => {
                written.push(turn);
                continue;
            }
        };
        written.push(plain(message));
    }
    written
}

fn described(tools: &[Tool]) -> String {
    let described = tools.iter().map(|tool| Value::to_string(&json!(tool)));
    format!(
        "You may call these tools. To call one, write a line <tool_call>, a line with a JSON object such as \
         {{\"name\": \"NAME\", \"arguments\": {{…}}}}, and a line </tool_call>, and end your answer there. \
         Results come in <tool_response>. The tools:\n{}",
        described.collect::<Vec<_>>().join("\n")
    )
}
