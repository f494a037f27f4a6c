//! Settings of a request that OpenAI's two APIs share.

use serde_json::{Map, Value, json};

use crate::config::Quirks;
use crate::types::{ChatRequest, Tool};

/// Adds the temperature and the tools, each in the form of the API.
pub(super) fn put_settings(
    body: &mut Map<String, Value>,
    quirks: &Quirks,
    request: &ChatRequest,
    tool: impl Fn(&Tool) -> Value,
) {
    if let Some(temperature) = request.temperature.filter(|_| quirks.temperature) {
        body.insert("temperature".to_owned(), json!(temperature));
    }
    if request.tools.is_empty() || quirks.tools_in_text {
        return;
    }
    body.insert("tools".to_owned(), request.tools.iter().map(tool).collect());
    if quirks.tool_choice {
        body.insert("tool_choice".to_owned(), json!("auto"));
    }
    if quirks.parallel_tool_calls {
        body.insert("parallel_tool_calls".to_owned(), json!(true));
    }
}
