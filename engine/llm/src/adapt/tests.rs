//! Refusals in the words of real providers, and the lesson of each.

use std::collections::BTreeMap;

use super::*;
use crate::fault::FaultKind;
use crate::registry::{ModelEnvironment, Registry};

fn model(settings: &str) -> Model {
    let section = toml::from_str(&format!("base-url = \"http://h/v1\"\n{settings}")).unwrap();
    let registry = Registry::new(BTreeMap::from([("m".to_owned(), section)]));
    registry.model("m", &ModelEnvironment::default()).unwrap()
}

fn sent() -> SentRequest {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    SentRequest {
        fields: names(&[
            "model",
            "messages",
            "max_tokens",
            "temperature",
            "tools",
            "tool_choice",
            "parallel_tool_calls",
        ]),
        echoed: names(&["reasoning_details", "annotations"]),
        max_tokens: 16_384,
        input_tokens: 100,
        tools: true,
        system: true,
        null_content: true,
        several_calls: true,
    }
}

#[test]
fn each_refusal_teaches_its_lesson() {
    let leave = |field: &str| Some(Lesson::LeaveOut(field.to_owned()));
    let field = |field: &str| Some(Lesson::MaxTokensField(field.to_owned()));
    for (text, expected) in [
        (
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
            field("max_completion_tokens"),
        ),
        (
            "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported.",
            leave("temperature"),
        ),
        ("`temperature` is deprecated for this model.", leave("temperature")),
        ("This model only supports single tool-calls at once! at row 97", Some(Lesson::CallsApart)),
        ("Requests with max_tokens > 5000 must have stream=true", Some(Lesson::Streamed)),
        ("temperature: Extra inputs are not permitted", leave("temperature")),
        ("invalid temperature: only 1 is allowed for this model", leave("temperature")),
        (
            "Unsupported parameter: 'parallel_tool_calls' is not supported with this model.",
            leave("parallel_tool_calls"),
        ),
        (
            "max_tokens: 16384 > 4096, which is the maximum allowed number of output tokens for claude-3-haiku-20240307",
            Some(Lesson::MaxOutputTokens(4_096)),
        ),
        (
            "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]",
            Some(Lesson::MaxOutputTokens(8_192)),
        ),
        (
            "max_tokens is too large: 16384. This model supports at most 4,096 completion tokens",
            Some(Lesson::MaxOutputTokens(4_096)),
        ),
        (
            "it has a maxOutputTokens value of 16384 but the supported range is from 1 (inclusive) to 8193 (exclusive)",
            Some(Lesson::MaxOutputTokens(8_192)),
        ),
        ("This model does not support `max_tokens`", field("max_completion_tokens")),
        ("This model does not support more than 4096 max_tokens", Some(Lesson::MaxOutputTokens(4_096))),
        (
            "Invalid type for 'messages[2].content': expected one of a string or array of objects, but got null instead.",
            Some(Lesson::TextContent),
        ),
        ("messages.2.content: Input should be a valid string (input: None)", Some(Lesson::TextContent)),
        ("System role not supported", Some(Lesson::SystemRole(SystemRole::User))),
        (
            "Developer instruction is not enabled for models/gemma-3",
            Some(Lesson::SystemRole(SystemRole::User)),
        ),
        ("System message must be at the beginning.", Some(Lesson::SystemFirst)),
        ("Conversation roles must alternate user/assistant/user/assistant", Some(Lesson::JoinedRoles)),
        (
            "\"auto\" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set",
            Some(Lesson::ToolsInText),
        ),
        ("registry.ollama.ai/library/gemma:2b does not support tools", Some(Lesson::ToolsInText)),
        ("No endpoints found that support tool use.", Some(Lesson::ToolsInText)),
        ("Function calling is not supported with this model.", Some(Lesson::ToolsInText)),
        ("This model doesn't support tools", Some(Lesson::ToolsInText)),
        ("body.tools: Extra inputs are not permitted", Some(Lesson::ToolsInText)),
        ("Unsupported parameter: 'tools' is not supported with this model.", Some(Lesson::ToolsInText)),
        ("Only user, assistant and system roles are supported, got tool.", Some(Lesson::ToolsInText)),
        ("Jinja Exception: Conversation roles must alternate user/assistant", Some(Lesson::JoinedRoles)),
        ("messages with role 'tool' must be a response to a preceding message with 'tool_calls'", None),
        ("tools.0.strict: Extra inputs are not permitted", None),
        ("tool_choice: Extra inputs are not permitted", leave("tool_choice")),
        (
            "parallel_tool_calls: parallel tool calls are not supported by this model",
            leave("parallel_tool_calls"),
        ),
        ("temperature must be greater than 0", leave("temperature")),
        ("Unknown name \"parallel_tool_calls\": Cannot find field.", leave("parallel_tool_calls")),
        (
            "messages.1.annotations: Extra inputs are not permitted",
            Some(Lesson::NotEchoed("annotations".to_owned())),
        ),
        (
            "thinking is enabled but reasoning_content is missing in assistant tool call message at index 2",
            Some(Lesson::RequiredReasoning("reasoning_content".to_owned())),
        ),
        ("max_tokens参数非法。取值范围：[1,8192] (1210)", Some(Lesson::MaxOutputTokens(8_192))),
        (
            "The maximum tokens you requested exceeds the model limit of 4096. Try again with a maximum tokens value that is lower than 4096.",
            Some(Lesson::MaxOutputTokens(4_096)),
        ),
        ("parameter.enable_thinking must be set to false for non-streaming calls", Some(Lesson::Streamed)),
        (
            "This model only support stream mode, please enable the stream parameter to access the model. ",
            Some(Lesson::Streamed),
        ),
        (
            "Streaming is required for operations that may take longer than 10 minutes.",
            Some(Lesson::Streamed),
        ),
        (
            "The model `m` does not exist or you do not have access; temperature and tools are not supported by it",
            None,
        ),
        ("no such field", None),
        ("Invalid schema for function 'bash'", None),
    ] {
        let fault = ProviderFault::new(FaultKind::Refused, text);
        assert_eq!(lesson(&model(""), &sent(), &fault), expected, "{text}");
    }
    let fault = ProviderFault::new(
        FaultKind::Refused,
        "Unrecognized request argument supplied: max_completion_tokens",
    );
    let newer = model("quirks.max-tokens-field = \"max_completion_tokens\"");
    assert_eq!(lesson(&newer, &sent(), &fault), field("max_tokens"));
}

#[test]
fn windows_are_read_and_kept() {
    for (text, window_size, output) in [
        (
            "This model's maximum context length is 8192 tokens. However, you requested 16426 tokens (42 in the messages, 16384 in the completion).",
            8_192,
            Some(8_134),
        ),
        (
            "'max_tokens' or 'max_completion_tokens' is too large: 16384. This model's maximum context length is 8192 tokens and your request has 26 input tokens (16384 > 8192 - 26).",
            8_192,
            Some(8_150),
        ),
        (
            "This endpoint's maximum context length is 8192 tokens. However, you requested about 20000 tokens (3616 of text input, 16384 in the output).",
            8_192,
            Some(4_560),
        ),
        (
            "input length and `max_tokens` exceed context limit: 190000 + 16384 > 200000, decrease input length or `max_tokens` and try again",
            200_000,
            Some(9_984),
        ),
        (
            "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193. Given: 100 `inputs` tokens and 16384 `max_new_tokens`",
            8_193,
            Some(8_077),
        ),
        (
            "Request too large for model `x` on tokens per minute (TPM): Limit 6000, Requested 16426, please reduce your message size and try again.",
            6_000,
            Some(5_942),
        ),
        (
            "Please reduce the length of the messages or completion. Current length is 16432 while limit is 8192",
            8_192,
            Some(8_128),
        ),
        ("Request body too large for gpt-4o model. Max size: 4000 tokens.", 4_000, Some(3_884)),
        ("prompt is too long: 210000 tokens > 200000 maximum", 200_000, None),
        (
            "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
            32_768,
            None,
        ),
        (
            "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
            1_048_576,
            None,
        ),
        ("the request exceeds the available context size (4096 tokens), try increasing it", 4_096, None),
        (
            "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
            8_192,
            None,
        ),
    ] {
        let mut sent = sent();
        if output.is_none() {
            sent.input_tokens = window_size + 1_000;
        }
        assert_eq!(window(&sent, text), WindowFit { window: Some(window_size), output }, "{text}");
    }
}
