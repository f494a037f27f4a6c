//! Results of tools, and their recipients.

use std::sync::Arc;

use hyperspace_core::text_end;
use hyperspace_service::ErrorClass;
use rmcp::model::{CallToolResult, ContentBlock, JsonObject};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::client::Client;
use crate::gateway::{Gateway, written};
use crate::refusal::RequestRefusal;
use crate::unreadable::{field_of, not_understood};

/// Maximum number of characters that a result shows of each stream; the structured content has everything.
const SHOWN_MAX: usize = 20_000;

/// A caller of tools.
pub(super) struct ToolAsker<'a> {
    pub(super) gateway: &'a Gateway,
    pub(super) client: Arc<Client>,
    /// True if the client started this process, so that it may see details of failures.
    pub(super) is_local: bool,
}

impl ToolAsker<'_> {
    /// Returns the text of a refusal for this client; details of server failures go only to the log.
    pub(super) fn words(&self, refusal: &RequestRefusal) -> String {
        self.gateway.note_failure(refusal);
        match refusal.is_for_log() && !self.is_local {
            true => format!("{}; the log of the server has more", refusal.kind.facts().2),
            false => refusal.to_string(),
        }
    }
}

/// Parses the arguments of a tool.
pub(super) fn parsed<T: DeserializeOwned>(arguments: JsonObject) -> Result<T, RequestRefusal> {
    serde_path_to_error::deserialize(Value::Object(arguments)).map_err(|error| {
        let field = field_of(error.path());
        not_understood(field.or_else(|| Some("arguments".to_owned())), &error.into_inner())
    })
}

/// Returns a result with a text for people and models, and with a view as structured content.
pub(super) fn result(
    text: String,
    view: &impl Serialize,
    failure: Option<ErrorClass>,
) -> Result<CallToolResult, RequestRefusal> {
    let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
    result.structured_content = Some(written(view)?);
    result.is_error = Some(failure.is_some());
    Ok(result)
}

/// Returns the end of a long text, with a note.
pub(super) fn end_of(text: &str) -> String {
    match text.chars().count().saturating_sub(SHOWN_MAX) {
        0 => text.to_owned(),
        left_out => format!("[{left_out} characters left out]\n{}", text_end(text, SHOWN_MAX)),
    }
}
