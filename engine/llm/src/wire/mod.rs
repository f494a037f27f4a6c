//! The provider APIs as pure functions from requests to bodies and from bodies to answers, without a network.

mod anthropic;
mod arguments;
mod arranged;
mod cache;
mod content;
mod envelope;
mod halves;
mod lenient;
mod openai;
mod refusal;
mod responses;
mod settings;
mod stream;
mod textcalls;
mod texttools;
mod usage;
mod verdict;
mod waits;
mod weights;

use serde_json::Value;

use crate::config::Api;
use crate::fault::AttemptResult;
use crate::recall::Recall;
use crate::registry::Model;
use crate::types::ChatRequest;

pub(crate) use self::envelope::{is_too_heavy, read};
pub(crate) use self::refusal::{
    content as error_content, error_in, failed_generation, one_line, status_within,
};
pub(crate) use self::verdict::{FaultTexts, is_cut_short, kind as fault_kind};
pub(crate) use self::waits::wait_ms;

/// The supported version of Anthropic's API.
pub(crate) const ANTHROPIC_VERSION: &str = "2023-06-01";

/// Returns the path of the operation below the base address.
pub(crate) fn path(api: Api) -> &'static str {
    match api {
        Api::Openai => "/chat/completions",
        Api::Anthropic => "/messages",
        Api::Responses => "/responses",
    }
}

/// A request to be sent.
#[derive(Clone, Copy)]
pub(crate) struct OutgoingRequest<'a> {
    pub(crate) model: &'a Model,
    pub(crate) request: &'a ChatRequest,
    /// Earlier answers of the stream.
    pub(crate) recall: &'a Recall,
    pub(crate) max_tokens: u64,
}

/// Builds the body of a request.
pub(crate) fn body(outgoing: OutgoingRequest<'_>) -> Value {
    let model = outgoing.model;
    let turns = arranged::turns(outgoing);
    let mut body = match model.api {
        Api::Openai => openai::body(outgoing, &turns),
        Api::Anthropic => anthropic::body(outgoing, &turns),
        Api::Responses => responses::body(outgoing, &turns),
    };
    if model.quirks.stream {
        body.insert("stream".to_owned(), Value::Bool(true));
        if model.api == Api::Openai {
            body.insert("stream_options".to_owned(), serde_json::json!({"include_usage": true}));
        }
    }
    for (name, value) in &model.quirks.body {
        if let Ok(value) = serde_json::to_value(value) {
            body.insert(name.clone(), value);
        }
    }
    body.retain(|name, _| !model.quirks.left_out.contains(name));
    let mut body = Value::Object(body);
    if model.quirks.prompt_cache && model.api == Api::Anthropic {
        cache::mark(&mut body);
    }
    body
}

/// Returns the name of the field that limits the answer.
pub(crate) fn max_tokens_field(model: &Model) -> &str {
    match model.api {
        Api::Openai => &model.quirks.max_tokens_field,
        Api::Anthropic => "max_tokens",
        Api::Responses => "max_output_tokens",
    }
}

/// Returns the smallest limit of an answer that an API accepts.
pub(crate) fn max_tokens_least(api: Api) -> u64 {
    match api {
        Api::Openai | Api::Anthropic => 1,
        Api::Responses => 16,
    }
}

/// Parses the content of a successful response to `request`.
pub(crate) fn parse(model: &Model, request: &ChatRequest, body: &Value) -> AttemptResult {
    match model.api {
        Api::Openai => openai::parse(model, request, body),
        Api::Anthropic => anthropic::parse(model, request, body),
        Api::Responses => responses::parse(model, request, body),
    }
}

/// Parses a text that a model wrote, without the surrounding answer.
pub(crate) fn parse_text(model: &Model, request: &ChatRequest, text: &str) -> AttemptResult {
    let body = match model.api {
        Api::Openai => {
            serde_json::json!({"choices": [{"message": {"content": text}, "finish_reason": "tool_calls"}]})
        }
        Api::Anthropic => {
            serde_json::json!({"content": [{"type": "text", "text": text}], "stop_reason": "tool_use"})
        }
        Api::Responses => serde_json::json!({"output": [{"type": "message", "content": text}]}),
    };
    parse(model, request, &body)
}

#[cfg(test)]
mod split_tests;
#[cfg(test)]
mod tests;
