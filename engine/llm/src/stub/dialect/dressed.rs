//! Answers in the form of the dialects' servers.

use serde_json::{Value, json};

use super::Dialect;

/// Returns the calls of a message.
pub(super) fn calls(message: &Value) -> impl Iterator<Item = &Value> {
    message["tool_calls"].as_array().into_iter().flatten()
}

/// Changes the counts of tokens to the form of a dialect's server.
pub(in crate::stub) fn count(dialect: Dialect, usage: &mut Value) {
    // Tokens of thinking are only part of the total.
    if dialect == Dialect::Grok
        && let Some(output) = usage["completion_tokens"].as_u64()
    {
        usage["completion_tokens"] = json!(output - output / 2);
        usage["completion_tokens_details"] = json!({"reasoning_tokens": output / 2});
    }
}

/// Changes an answer to the form of a dialect's server.
pub(in crate::stub) fn dress(dialect: Dialect, body: &mut Value) {
    if dialect == Dialect::Responses {
        let reasoning = json!({"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "I look."}], "encrypted_content": "ENC"});
        if let Some(items) = body["output"]
            .as_array_mut()
            .filter(|items| !items.iter().any(|item| item["type"] == "reasoning"))
        {
            items.insert(0, reasoning);
        }
        return;
    }
    if dialect == Dialect::Anthropic {
        let thinking = json!({"type": "thinking", "thinking": "I look.", "signature": "SIG"});
        if let Some(blocks) = body["content"].as_array_mut() {
            blocks.retain(|block| block["type"] != "thinking");
            blocks.insert(0, thinking);
        }
        return;
    }
    if dialect == Dialect::Minimax {
        body["base_resp"] = json!({"status_code": 0, "status_msg": ""});
    }
    let Some(message) = body.pointer_mut("/choices/0/message") else { return };
    match dialect {
        Dialect::Gemini | Dialect::Vertex => {
            if let Some(call) = message["tool_calls"].as_array_mut().and_then(|calls| calls.first_mut()) {
                call["extra_content"] = json!({"google": {"thought_signature": "SIG"}});
            }
        }
        Dialect::Deepseek | Dialect::Kimi | Dialect::Qwen | Dialect::Glm | Dialect::Grok => {
            message["reasoning_content"] = json!("I look.")
        }
        Dialect::Openrouter => {
            message["reasoning_details"] =
                json!([{"type": "reasoning.encrypted", "data": "ENC", "id": "rs_1"}]);
        }
        Dialect::Azure => message["annotations"] = json!([]),
        Dialect::Mistral => parts(message),
        Dialect::Minimax => {
            let text = message["content"].as_str().unwrap_or_default();
            message["content"] = json!(format!("<think>\nI look.\n</think>\n\n{text}"));
        }
        Dialect::GptOss => channels(message),
        Dialect::LmStudio => {
            for (at, call) in message["tool_calls"].as_array_mut().into_iter().flatten().enumerate() {
                call["id"] = json!((365_174_485 + at).to_string());
            }
        }
        Dialect::Litellm => {
            message["function_call"] = Value::Null;
            message["provider_specific_fields"] = json!({"refusal": null});
        }
        Dialect::Vllm | Dialect::Sglang => {
            for name in ["refusal", "annotations", "audio", "function_call", "reasoning_content"] {
                message[name] = Value::Null;
            }
        }
        Dialect::LlamaCpp => calls_in_text(message),
        Dialect::Ollama => {
            for call in message["tool_calls"].as_array_mut().into_iter().flatten() {
                if let Some(fields) = call.as_object_mut() {
                    fields.remove("id");
                }
                let arguments =
                    call["function"]["arguments"].as_str().and_then(|text| serde_json::from_str(text).ok());
                call["function"]["arguments"] =
                    arguments.unwrap_or_else(|| call["function"]["arguments"].clone());
            }
        }
        _ => {}
    }
}

/// Puts content into parts, with identifiers of nine characters.
fn parts(message: &mut Value) {
    if let Some(text) = message["content"].as_str() {
        message["content"] = json!([
            {"type": "thinking", "thinking": [{"type": "text", "text": "I look."}]},
            {"type": "text", "text": text},
        ]);
    }
    for (at, call) in message["tool_calls"].as_array_mut().into_iter().flatten().enumerate() {
        let tail: String =
            call["id"].as_str().unwrap_or_default().chars().filter(char::is_ascii_alphanumeric).collect();
        call["id"] =
            json!(format!("{:0>8}{at}", tail.get(tail.len().saturating_sub(8)..).unwrap_or_default()));
    }
}

fn calls_in_text(message: &mut Value) {
    let calls = calls(message).map(|call| {
        let arguments = call["function"]["arguments"].as_str().unwrap_or("{}");
        format!(
            "<tool_call>\n{{\"name\": {}, \"arguments\": {arguments}}}\n</tool_call>",
            call["function"]["name"]
        )
    });
    let calls: Vec<String> = calls.collect();
    if calls.is_empty() {
        return;
    }
    let text = message["content"].as_str().unwrap_or_default().to_owned();
    message["content"] = json!(format!("{text}{}", calls.join("\n")));
    if let Some(fields) = message.as_object_mut() {
        fields.remove("tool_calls");
    }
}

/// Puts thinking, text and calls into the channels that a server did not separate.
fn channels(message: &mut Value) {
    let text = message["content"].as_str().unwrap_or_default();
    let mut said = "<|channel|>analysis<|message|>I look.<|end|>".to_owned();
    for call in calls(message) {
        let name = call["function"]["name"].as_str().unwrap_or_default();
        let arguments = call["function"]["arguments"].as_str().unwrap_or("{}");
        said.push_str(&format!(
            "<|start|>assistant<|channel|>commentary to=functions.{name} <|constrain|>json<|message|>{arguments}<|call|>"
        ));
    }
    if calls(message).next().is_none() {
        said.push_str(&format!("<|start|>assistant<|channel|>final<|message|>{text}<|return|>"));
    }
    message["content"] = json!(said);
    if let Some(fields) = message.as_object_mut() {
        fields.remove("tool_calls");
    }
}
