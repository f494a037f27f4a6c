//! Calls of an answer that has none in the proper place.
//!
//! A call in the thinking is never run: thinking may consider what the model then does not do. An answer that consists only of
//! such a call comes from a model that forgot to end its thinking, so the model is told about it by a call with malformed
//! arguments, which nobody runs.

use super::{CallReader, ChatRequest, TextCalls, find};
use crate::registry::Model;
use crate::repair::Repair;
use crate::types::{Arguments, ToolCall};

/// The words of an answer outside of the proper place for calls.
pub(in crate::wire) struct Said<'a> {
    pub(in crate::wire) text: Option<String>,
    pub(in crate::wire) thinking: &'a str,
    /// True if the answer ended at its limit.
    pub(in crate::wire) cut: bool,
}

/// Returns the calls in a text and the text without them; for an answer without any words, a malformed call instead of the one in
/// its thinking.
pub(in crate::wire) fn of_answer(
    reader: &mut CallReader<'_>,
    model: &Model,
    request: &ChatRequest,
    said: Said<'_>,
) -> (Vec<ToolCall>, Option<String>) {
    if !model.quirks.tool_calls_in_content {
        return (Vec::new(), said.text);
    }
    if let Some(text) = said.text.as_deref().filter(|text| !text.trim().is_empty()) {
        return match find(reader, request, text, said.cut) {
            Some(TextCalls { calls, rest }) => (calls, rest),
            None => (Vec::new(), said.text),
        };
    }
    let thought = (!said.cut).then(|| in_thinking(reader, request, said.thinking)).flatten();
    (thought.into_iter().collect(), said.text)
}

/// Returns a malformed call instead of the last one in the thinking.
fn in_thinking(reader: &mut CallReader<'_>, request: &ChatRequest, thinking: &str) -> Option<ToolCall> {
    let found = find(&mut CallReader::new(request), request, thinking, false)?;
    let call = found.calls.into_iter().rfind(|call| reader.tool(&call.name).is_some())?;
    let given = match call.arguments {
        Arguments::Object(fields) => serde_json::Value::Object(fields).to_string(),
        Arguments::Malformed(text) => text,
    };
    reader.repairs.insert(Repair::CallInThinking);
    let text = format!("(in the thinking, where nothing is run: call again after it) {given}");
    Some(reader.malformed(&call.name, &text))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::config::Api;
    use crate::repair::Repair;
    use crate::types::{Arguments, ChatRequest, FinishReason, Message};
    use crate::wire::parse;
    use crate::wire::tests::model;

    const CALL: &str =
        "<tool_call>{\"name\": \"bash\", \"arguments\": {\"command\": \"echo hi\"}}</tool_call>";

    fn settings(api: Api) -> &'static str {
        match api {
            Api::Openai => "",
            Api::Anthropic => "api = \"anthropic\"",
            Api::Responses => "api = \"responses\"",
        }
    }

    fn answered(api: Api, body: &Value) -> (Vec<(String, Arguments)>, Option<String>, bool, FinishReason) {
        let request: ChatRequest = serde_json::from_value(json!({"model": "m", "messages": [],
            "temperature": null, "max_tokens": null, "tools": [{"name": "bash", "description": "", "parameters": {}}]}))
        .unwrap();
        let answer = parse(&model(settings(api)), &request, body).answer.unwrap();
        let Message::Assistant { content, tool_calls } = answer.message else { panic!("{body}") };
        let calls = tool_calls.into_iter().map(|call| (call.name, call.arguments)).collect();
        (calls, content, answer.repairs.contains(&Repair::CallInThinking), answer.finish)
    }

    #[test]
    fn a_call_in_the_thinking_is_told_and_never_run() {
        let choice = |message: Value| json!({"choices": [{"message": message, "finish_reason": "stop"}]});
        for (api, body) in [
            (Api::Openai, choice(json!({"content": format!("<think>I call {CALL}</think>")}))),
            (Api::Openai, choice(json!({"content": format!("<think>I call {CALL}")}))),
            (Api::Openai, choice(json!({"content": "", "reasoning_content": format!("I call {CALL}")}))),
            (
                Api::Anthropic,
                json!({"content": [{"type": "thinking", "thinking": format!("I call {CALL}")}], "stop_reason": "end_turn"}),
            ),
            (
                Api::Responses,
                json!({"output": [{"type": "reasoning", "summary": [{"type": "summary_text", "text": format!("I call {CALL}")}]}]}),
            ),
        ] {
            let (calls, _, told, finish) = answered(api, &body);
            assert!(told && finish == FinishReason::ToolCalls, "{body}");
            assert!(
                matches!(&calls[..], [(name, Arguments::Malformed(text))] if name == "bash" && text.contains("echo hi")),
                "{body}: {calls:?}"
            );
        }
    }

    #[test]
    fn thinking_before_a_text_or_a_call_is_left_alone() {
        let content =
            |text: String| json!({"choices": [{"message": {"content": text}, "finish_reason": "stop"}]});
        let said = answered(Api::Openai, &content(format!("<think>Not {CALL}.</think>Done.")));
        assert_eq!(said, (vec![], Some("Done.".to_owned()), false, FinishReason::Stop));
        let (calls, content, told, _) = answered(
            Api::Openai,
            &content(format!("<think>Not {}.</think>{CALL}", CALL.replace("hi", "no"))),
        );
        let run = Arguments::Object(json!({"command": "echo hi"}).as_object().unwrap().clone());
        assert_eq!((calls, content, told), (vec![("bash".to_owned(), run)], None, false));
    }
}
