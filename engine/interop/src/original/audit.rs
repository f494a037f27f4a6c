//! `llm_calls.jsonl`: model calls as lines of the original's audit log.
//!
//! | key | is |
//! |---|---|
//! | `call_id` | the number of the line in its file, from 0 |
//! | `timestamp` | null: a run does not record the time of a call |
//! | `model`, `temperature`, `max_tokens`, `messages` | the request |
//! | `response`, `thinking` | text; empty if there is none |
//! | `usage` | `prompt_tokens`, `completion_tokens` |
//! | `tool_calls` | only if there are any: `name`, and `arguments` as text |
//! | `hyperspace` | additions of this engine: `stream` and `sequence`, `finish_reason`, `trimmed_messages`, `estimated_usage`, and the `error` of a call without an answer |

use hyperspace_llm::{Arguments, Exchange, ExchangeOutcome, Message, ToolCall};
use serde_json::{Value, json};

/// Returns the lines of these exchanges.
#[must_use]
pub fn audit_lines<'a>(exchanges: impl IntoIterator<Item = &'a Exchange>) -> Vec<u8> {
    let mut text = String::new();
    for (number, exchange) in exchanges.into_iter().enumerate() {
        text.push_str(&line(number, exchange).to_string());
        text.push('\n');
    }
    text.into_bytes()
}

fn line(number: usize, exchange: &Exchange) -> Value {
    let request = &exchange.request;
    let mut line = json!({
        "call_id": number,
        "timestamp": null,
        "model": request.model,
        "temperature": request.temperature,
        "max_tokens": request.max_tokens,
        "messages": request.messages,
        "response": "",
        "thinking": exchange.thinking.as_deref().unwrap_or_default(),
        "usage": {"prompt_tokens": 0, "completion_tokens": 0},
        "hyperspace": {"stream": exchange.stream, "sequence": exchange.sequence},
    });
    match &exchange.outcome {
        ExchangeOutcome::Answer(answer) => {
            line["response"] = answer.message.text().unwrap_or_default().into();
            line["usage"] = json!({
                "prompt_tokens": answer.usage.input_tokens,
                "completion_tokens": answer.usage.output_tokens,
            });
            line["hyperspace"]["finish_reason"] = json!(answer.finish_reason);
            line["hyperspace"]["trimmed_messages"] = answer.trimmed_messages.into();
            line["hyperspace"]["estimated_usage"] = answer.usage.estimated.into();
            if let Message::Assistant { tool_calls, .. } = &answer.message
                && !tool_calls.is_empty()
            {
                line["tool_calls"] = tool_calls.iter().map(call).collect();
            }
        }
        ExchangeOutcome::Error(failure) => line["hyperspace"]["error"] = json!(failure),
    }
    line
}

fn call(call: &ToolCall) -> Value {
    let arguments = match &call.arguments {
        Arguments::Object(map) => Value::Object(map.clone()).to_string(),
        Arguments::Malformed(text) => text.clone(),
    };
    json!({"name": call.name, "arguments": arguments})
}

#[cfg(test)]
mod tests {
    use hyperspace_llm::{ChatAnswer, ChatRequest, Failure, FailureKind, FinishReason, Usage};

    use super::*;

    fn exchange(outcome: ExchangeOutcome) -> Exchange {
        let request = ChatRequest::new("m", vec![Message::user("You are an agent…")])
            .temperature(0.0)
            .max_tokens(16_384);
        let stream = "generation/1/candidate/0/meta/0".to_owned();
        Exchange { stream, sequence: 3, prev: None, request, outcome, thinking: None }
    }

    #[test]
    fn lines_have_the_keys_of_the_original() {
        let id = "call_1".to_owned();
        let arguments = json!({"command": "ls"}).as_object().unwrap().clone();
        let broken = Arguments::Malformed("{\"path\": ".to_owned());
        let calls = vec![
            ToolCall::new(id.clone(), "bash", Arguments::Object(arguments)),
            ToolCall::new(id, "editor", broken),
        ];
        let usage = Usage { input_tokens: 3_120, output_tokens: 410, ..Usage::default() };
        let message = Message::assistant(None, calls);
        let answer = ExchangeOutcome::Answer(ChatAnswer::new(message, FinishReason::ToolCalls, usage));
        let failure =
            ExchangeOutcome::Error(Failure { kind: FailureKind::Provider, message: "503".to_owned() });
        let text = String::from_utf8(audit_lines([&exchange(answer), &exchange(failure)])).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(
            lines[0],
            json!({
                "call_id": 0, "timestamp": null, "model": "m", "temperature": 0.0, "max_tokens": 16384,
                "messages": [{"role": "user", "content": "You are an agent…"}], "response": "", "thinking": "",
                "usage": {"prompt_tokens": 3120, "completion_tokens": 410},
                "tool_calls": [
                    {"name": "bash", "arguments": "{\"command\":\"ls\"}"},
                    {"name": "editor", "arguments": "{\"path\": "},
                ],
                "hyperspace": {
                    "stream": "generation/1/candidate/0/meta/0", "sequence": 3, "finish_reason": "tool_calls",
                    "trimmed_messages": 0, "estimated_usage": false,
                },
            })
        );
        assert_eq!((lines.len(), &lines[1]["call_id"]), (2, &json!(1)));
        assert_eq!(lines[1]["hyperspace"]["error"], json!({"kind": "provider", "message": "503"}));
        assert_eq!(lines[1].get("tool_calls"), None);
    }
}
