//! Lessons of refusals: which part of our request the provider does not accept, and a request that it may accept instead.

mod limits;

use std::collections::BTreeSet;

use crate::config::{Api, SystemRole};
use crate::fault::ProviderFault;
use crate::learned::Lesson;
use crate::numbers::{CountInText, numbers};
use crate::registry::Model;

/// Facts about the request that was refused.
#[derive(Debug, Clone)]
pub(crate) struct SentRequest {
    /// Fields of the body.
    pub(crate) fields: BTreeSet<String>,
    /// Fields of earlier answers that were sent back.
    pub(crate) echoed: BTreeSet<String>,
    /// The limit of the answer.
    pub(crate) max_tokens: u64,
    /// Estimated tokens of the request.
    pub(crate) input_tokens: u64,
    /// True if the request has tools.
    pub(crate) tools: bool,
    /// True if the request has system messages.
    pub(crate) system: bool,
    /// True if a message has null instead of a text.
    pub(crate) null_content: bool,
    /// True if a message has several calls.
    pub(crate) several_calls: bool,
}

/// Words by which a provider says that a parameter must not be present.
const UNWANTED: [&str; 26] = [
    "unsupported",
    "not supported",
    "does not support",
    "doesn't support",
    "not support",
    "deprecated",
    "unknown",
    "unrecognized",
    "unexpected",
    "extra inputs",
    "not permitted",
    "not allowed",
    "only the default",
    "may only be",
    "must be",
    "should be",
    "cannot",
    "invalid",
    "additional propert",
    "only 1 is allowed",
    "is not available",
    "not enabled",
    "no longer",
    "extra fields",
    "remove",
    "unable",
];
/// Words that occur near the size of a token window.
const WINDOW: [&str; 17] = [
    "maximum context length",
    "context length",
    "context window",
    "context size",
    "context limit",
    "maximum prompt length",
    "n_ctx",
    "model token limit",
    "maximum number of tokens",
    "maximum",
    "max_total_tokens",
    "must be <=",
    "max size:",
    "while limit is",
    "limit of",
    ": limit",
    "limit is",
];

/// Words by which a provider says that it answers only in streams.
const STREAM_ALONE: [&str; 10] = [
    "support stream mode",
    "supports stream mode",
    "supports streaming",
    "only support stream",
    "enable the stream parameter",
    "for non-streaming",
    "streaming is required",
    "stream must be set to true",
    "stream=true is required",
    "must have stream=true",
];

/// Words by which a provider says that a message must have a text, even if empty.
const TEXT_NEEDED: [&str; 11] = [
    "got null",
    "null instead",
    "must not be null",
    "cannot be null",
    "can't be null",
    "is null",
    "not a string",
    "be a valid string",
    "be a string",
    "expected a string",
    "none is not an allowed value",
];

/// Words by which a provider says that a message must have only one call.
const SINGLE_CALL: [&str; 4] =
    ["single tool-call", "single tool call", "only one tool call", "multiple tool calls"];

/// A way to keep a request within a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WindowFit {
    /// The window, if the provider states it.
    pub(crate) window: Option<u64>,
    /// The limit of the answer with which the request fits; `None` if the conversation itself is too long.
    pub(crate) output: Option<u64>,
}

/// Returns what a refusal teaches, or `None` if it does not concern the form of the request.
pub(crate) fn lesson(model: &Model, sent: &SentRequest, fault: &ProviderFault) -> Option<Lesson> {
    let text = words(&fault.message);
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    // A refusal because the model does not exist says nothing about the form of a request.
    if has(&["does not exist", "decommissioned", "model not found", "model_not_found", "no such model"]) {
        return None;
    }
    if !model.quirks.stream && !model.quirks.left_out.contains("stream") && has(&STREAM_ALONE) {
        return Some(Lesson::Streamed);
    }
    if sent.null_content && model.quirks.null_content && text.contains("content") && has(&TEXT_NEEDED) {
        return Some(Lesson::TextContent);
    }
    if sent.several_calls && model.quirks.calls_together && has(&SINGLE_CALL) {
        return Some(Lesson::CallsApart);
    }
    // A provider that stores nothing cannot find an item that an earlier answer named.
    if model.api == Api::Responses && text.contains("item with id") && has(&["not found", "not persisted"]) {
        return Some(Lesson::NotEchoed("id".to_owned()));
    }
    limit(model, sent, &text)
        .or_else(|| (sent.tools && refuses_tools(&text)).then_some(Lesson::ToolsInText))
        .or_else(|| roles(model, sent, &text))
        .or_else(|| reasoning(sent, &text))
        .or_else(|| named(model, sent, fault, &text))
}

/// Returns whether a refusal says that tools are not allowed at all, and not that one of them is wrong.
fn refuses_tools(text: &str) -> bool {
    const ABOUT: [&str; 8] = [
        "support tool use",
        "tool choice requires",
        "tool-call-parser",
        "requires jinja",
        "tools param requires",
        "got tool",
        "role: tool",
        "unknown role tool",
    ];
    const SUBJECTS: [&str; 6] =
        ["tools", "tool use", "tool calling", "tool calls", "function calling", "functions"];
    const REFUSED: [&str; 10] = [
        " is not supported",
        " are not supported",
        " not supported",
        " is not enabled",
        " are not enabled",
        " is not available",
        "' is not supported",
        "` is not supported",
        ": extra inputs",
        " is unsupported",
    ];
    const NOT: [&str; 4] = [
        "not support ",
        "n't support ",
        "unsupported parameter: ",
        "unrecognized request argument supplied: ",
    ];
    // Parallel calls are a separate setting.
    let text = &text.replace("parallel tool call", "parallel").replace("parallel function call", "parallel");
    let says = |subject: &str| {
        REFUSED.iter().any(|words| text.contains(&format!("{subject}{words}")))
            || NOT.iter().any(|words| {
                let subjects = [
                    format!("{words}{subject}"),
                    format!("{words}'{subject}'"),
                    format!("{words}the '{subject}'"),
                ];
                subjects.iter().any(|words| text.contains(words.as_str()))
            })
    };
    ABOUT.iter().any(|words| text.contains(words)) || SUBJECTS.iter().any(|subject| says(subject))
}

/// Lessons about the limit of the answer: its name, or its range.
fn limit(model: &Model, sent: &SentRequest, text: &str) -> Option<Lesson> {
    let field = crate::wire::max_tokens_field(model);
    let (old, new) = ("max_tokens", "max_completion_tokens");
    if !limits::NAMES.iter().any(|name| text.contains(name)) {
        return None;
    }
    let has = |words: &[&str]| words.iter().any(|words| text.contains(words));
    let unknown = has(&[
        "unsupported parameter",
        "unrecognized",
        "unknown",
        "extra inputs",
        "unexpected",
        "not supported",
        "deprecated",
        "not permitted",
    ]);
    // The same words may be about a number that is too large.
    let most = limits::most(text, sent.max_tokens);
    let unknown =
        unknown || most.is_none() && has(&["not support", "not allowed", "n't support", "no longer"]);
    let quoted = |name: &str| {
        text.contains(&format!("use '{name}'"))
            || text.contains(&format!("use `{name}`"))
            || text.contains(&format!("use {name}"))
    };
    if model.api == Api::Openai && (unknown || quoted(new) || quoted(old)) {
        let other = if field == old { new } else { old };
        // A field refused under both names is not sent at all.
        return Some(
            match quoted(field)
                || text.contains(&format!("'{field}'")) && model.quirks.left_out.contains(other)
            {
                true => Lesson::LeaveOut(field.to_owned()),
                false => Lesson::MaxTokensField(other.to_owned()),
            },
        );
    }
    most.map(Lesson::MaxOutputTokens)
}

/// Lessons about the role and place of instructions, and the order of roles.
fn roles(model: &Model, sent: &SentRequest, text: &str) -> Option<Lesson> {
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if has(&["must alternate", "should alternate", "roles must be alternating"]) {
        return Some(Lesson::JoinedRoles);
    }
    if !sent.system {
        return None;
    }
    if has(&[
        "must be at the beginning",
        "must be the first",
        "system message must be first",
        "only be at the beginning",
    ]) && text.contains("system")
    {
        return Some(Lesson::SystemFirst);
    }
    let refused = has(&UNWANTED)
        && (text.contains("role") || text.contains("instruction") || text.contains("system message"));
    let role = model.quirks.system_role;
    if refused && role == SystemRole::Developer && text.contains("developer") {
        return Some(Lesson::SystemRole(SystemRole::System));
    }
    let named = text.contains("system") || text.contains("developer instruction");
    if refused && named && role == SystemRole::System {
        let developer = has(&["use 'developer'", "use developer", "use `developer`"]);
        return Some(Lesson::SystemRole(if developer { SystemRole::Developer } else { SystemRole::User }));
    }
    None
}

/// Lessons about reasoning that is missing from earlier messages or must not be there.
fn reasoning(sent: &SentRequest, text: &str) -> Option<Lesson> {
    for field in ["reasoning_content", "reasoning_details", "reasoning"] {
        let missing = ["missing", "required", "must be provided", "must be passed", "is empty"]
            .iter()
            .any(|word| text.contains(word));
        if text.contains(field) && missing && !sent.echoed.contains(field) {
            return Some(Lesson::RequiredReasoning(field.to_owned()));
        }
    }
    let unwanted = UNWANTED.iter().any(|word| text.contains(word));
    let field = sent.echoed.iter().filter(|_| unwanted).find(|field| has_word(text, &field.to_lowercase()));
    field.map(|field| Lesson::NotEchoed(field.clone()))
}

/// Lessons about a field of the request that the refusal names.
fn named(model: &Model, sent: &SentRequest, fault: &ProviderFault, text: &str) -> Option<Lesson> {
    const NEEDED: [&str; 8] = [
        "model",
        "messages",
        "input",
        "tools",
        "max_tokens",
        "max_completion_tokens",
        "max_output_tokens",
        "system",
    ];
    let optional = |field: &&String| !NEEDED.contains(&field.as_str());
    let by_name = fault.param.as_ref().filter(|field| sent.fields.contains(*field)).filter(optional);
    let unwanted = UNWANTED.iter().any(|word| text.contains(word));
    let by_words =
        || sent.fields.iter().filter(optional).filter(|_| unwanted).find(|field| has_word(text, field));
    let field = by_name.or_else(by_words)?;
    (!model.quirks.left_out.contains(field)).then(|| Lesson::LeaveOut(field.clone()))
}

/// Returns whether a text contains a name as a whole word.
fn has_word(text: &str, name: &str) -> bool {
    let inside = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices(name)
        .any(|(at, _)| !text[..at].ends_with(inside) && !text[at + name.len()..].starts_with(inside))
}

/// Returns how a conversation fits into the window that a refusal mentions.
pub(crate) fn window(sent: &SentRequest, text: &str) -> WindowFit {
    let text = words(text);
    let numbers = numbers(&text);
    let window = window_in(&text, &numbers).filter(|window| *window >= 16);
    let Some(size) = window else { return WindowFit { window: None, output: None } };
    let input = input_in(&text, &numbers, sent, size).unwrap_or(sent.input_tokens);
    let room = size.saturating_sub(input).saturating_sub(16);
    let enough = room >= 1_024.min(size / 8) && room < sent.max_tokens;
    WindowFit { window, output: enough.then_some(room) }
}

/// Returns the words of a refusal in lower case, without the leading status and the trailing code.
fn words(message: &str) -> String {
    let rest = message.strip_prefix("status ").and_then(|rest| rest.split_once(": "));
    let text = rest.map_or(message, |(_, words)| words);
    let code = |code: &str| !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_digit());
    let before = text.strip_suffix(')').and_then(|text| text.rsplit_once(" ("));
    before.filter(|(_, last)| code(last)).map_or(text, |(text, _)| text).to_lowercase()
}

/// Returns the number next to words for a window.
fn window_in(text: &str, numbers: &[CountInText]) -> Option<u64> {
    // "190000 + 20000 > 200000"
    if let Some(at) = text.find(" + ").and_then(|at| Some(at + text[at..].find(" > ")?)) {
        return numbers.iter().find(|number| number.start > at).map(|number| number.value);
    }
    for words in WINDOW {
        let Some(at) = text.find(words) else { continue };
        let end = at + words.len();
        let after = numbers.iter().find(|number| number.start >= end && number.start - end < 32);
        let before = numbers.iter().rev().find(|number| number.end <= at && at - number.end < 12);
        // "… tokens > 200000 maximum" and "32768 maximum context length", or "maximum context length is 8192".
        let chosen = match (before, after) {
            (Some(before), Some(_)) if text[before.end..at].trim().is_empty() && !words.ends_with(" is") => {
                Some(before)
            }
            (_, Some(after)) => Some(after),
            (before, None) => before,
        };
        if let Some(number) = chosen {
            return Some(number.value);
        }
    }
    None
}

/// Returns the number of tokens of the request.
fn input_in(text: &str, numbers: &[CountInText], sent: &SentRequest, window: u64) -> Option<u64> {
    let others = numbers.iter().filter(|number| number.value != window && number.value != sent.max_tokens);
    let named = others.clone().find(|number| {
        let after = text[number.end..].trim_start();
        [
            "in the messages",
            "input tokens",
            "`inputs` tokens",
            "of text input",
            "in your prompt",
            "prompt tokens",
            "tokens from the input",
            "in the prompt",
        ]
        .iter()
        .any(|words| after.starts_with(words))
    });
    let summed = || {
        others.clone().find(|number| {
            let sum = number.value.saturating_add(sent.max_tokens);
            sum != window && numbers.iter().any(|total| total.value == sum)
        })
    };
    let added = || {
        let plus = text.find(" + ")?;
        others.clone().rev().find(|number| number.end <= plus)
    };
    let found = named.or_else(summed).or_else(added).map(|number| number.value);
    // "Limit 6000, Requested 16426": the number includes the answer.
    let whole = || {
        let requested = text.find("requested").or_else(|| text.find("current length"))?;
        let total = numbers.iter().find(|number| number.start > requested)?;
        total.value.checked_sub(sent.max_tokens)
    };
    found.or_else(whole)
}

/// Returns whether a refusal concerns the definition of a tool, for which the caller is responsible.
pub(crate) fn concerns_tools(sent: &SentRequest, fault: &ProviderFault) -> bool {
    const OF_TOOLS: [&str; 9] = [
        "invalid schema for function",
        "invalid function name",
        "invalid function_declaration",
        "function_declarations[",
        "input_schema",
        "tools[",
        "tools.",
        "tool schema",
        "function schema",
    ];
    let text = words(&fault.message);
    let names_one = fault.param.as_ref().is_some_and(|param| param.starts_with("tools"));
    sent.tools
        && matches!(fault.status, 400 | 422)
        && (names_one || OF_TOOLS.iter().any(|one| text.contains(one)))
}

/// Returns whether a refusal concerns the form of a request: a parameter, a role, a limit. Such a refusal says nothing about the
/// caller.
pub(crate) fn concerns_form(sent: &SentRequest, fault: &ProviderFault) -> bool {
    let text = words(&fault.message);
    const OURS: [&str; 4] = ["model", "messages", "input", "tools"];
    let named = |field: &&String| !OURS.contains(&field.as_str()) && has_word(&text, field);
    let word = UNWANTED.iter().any(|word| text.contains(word));
    fault.param.as_ref().is_some_and(|param| sent.fields.contains(param) && !OURS.contains(&param.as_str()))
        || word && sent.fields.iter().any(|field| named(&field))
        || ["thought_signature", "reasoning_content", "thinking block", "must alternate", "system message"]
            .iter()
            .any(|words| text.contains(words))
}

#[cfg(test)]
mod tests;
