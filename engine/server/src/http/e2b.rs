//! The code interpreter of E2B, as its client packages ask it: contexts, and executions answered as JSON lines.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Extension, Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use hyperspace_core::exact_json;
use hyperspace_sandbox::Outcome;
use hyperspace_service::ExecutionView;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::body::JsonBody;
use super::documents::Asker;
use crate::gateway::Gateway;
use crate::refusal::{RefusalKind, RequestRefusal};
use crate::requests::SessionRequest;

/// The folder in which code starts.
const FOLDER: &str = "/tmp";

/// Code for a context.
#[derive(Deserialize, ToSchema)]
pub(super) struct E2bExecute {
    /// The code.
    code: String,
    /// The context. Default: one that all code without a context shares.
    #[serde(default)]
    context_id: Option<String>,
    /// `python`, or nothing.
    #[serde(default)]
    language: Option<String>,
    /// Variables of the environment of this piece of code.
    #[serde(default)]
    env_vars: Option<BTreeMap<String, String>>,
}

/// A new context.
#[derive(Deserialize, ToSchema)]
pub(super) struct E2bCreateContext {
    /// `/tmp`, or nothing.
    #[serde(default)]
    #[schema(pattern = "^/tmp$")]
    cwd: Option<String>,
    /// `python`, or nothing.
    #[serde(default)]
    language: Option<String>,
}

/// A context.
#[derive(Serialize, ToSchema)]
pub(super) struct E2bContext {
    id: String,
    language: String,
    cwd: String,
}

impl E2bContext {
    fn new(id: String) -> Self {
        Self { id, language: "python".to_owned(), cwd: FOLDER.to_owned() }
    }
}

fn check_language(language: Option<&str>) -> Result<(), RequestRefusal> {
    match language.map(str::to_lowercase).as_deref() {
        None | Some("" | "python" | "python3") => Ok(()),
        Some(_) => {
            let mut refusal =
                RequestRefusal::new(RefusalKind::Invalid, "expected python, the only language here");
            refusal.field = Some("language");
            Err(refusal)
        }
    }
}

/// Answers that the server is there.
#[utoipa::path(get, path = "/health", tag = "E2B", security(()),
    responses((status = 200, description = "It is", body = String, content_type = "application/json")))]
pub(super) async fn health() -> Json<&'static str> {
    Json("OK")
}

/// Executes code in a context. The answer is JSON lines: `stdout`, `stderr`, `result`, `error`, `number_of_executions`, `end_of_execution`.
#[utoipa::path(post, path = "/execute", tag = "E2B", request_body = E2bExecute,
    responses((status = 200, description = "JSON lines", body = String, content_type = "application/x-ndjson")))]
pub(super) async fn execute(
    State(gateway): State<Gateway>,
    Extension(client): Asker,
    JsonBody(request): JsonBody<E2bExecute>,
) -> Result<Response, RequestRefusal> {
    check_language(request.language.as_deref())?;
    let context = match request.context_id {
        Some(context) => context,
        None => gateway.default_session(&client).await?,
    };
    let empty = || "{}".to_owned();
    let mut pieces = Vec::new();
    let variables = request.env_vars.unwrap_or_default();
    if !variables.is_empty() {
        let set = "__hyperspace_before = dict(__import__('os').environ); __import__('os').environ.update(__hyperspace_env)";
        pieces.push((set.to_owned(), json!({ "__hyperspace_env": variables }).to_string()));
    }
    let own = pieces.len();
    pieces.push((request.code, empty()));
    if own > 0 {
        let unset = "__import__('os').environ.clear(); __import__('os').environ.update(__hyperspace_before); del __hyperspace_before, __hyperspace_env";
        pieces.push((unset.to_owned(), empty()));
    }
    let (views, number) = gateway.execute_turns(&client, &context, pieces).await?;
    let view = views.get(own).or(views.last()).ok_or_else(|| RequestRefusal::absent("result"))?;
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], lines(view, number)).into_response())
}

/// Returns the lines of an execution. Their times are those of the guest's clock.
fn lines(view: &ExecutionView, number: u64) -> String {
    let mut lines = vec![json!({ "type": "number_of_executions", "execution_count": number })];
    for (kind, bytes) in [("stdout", &view.stdout), ("stderr", &view.stderr)] {
        if !bytes.is_empty() {
            let text = String::from_utf8_lossy(bytes);
            lines.push(json!({ "type": kind, "text": text, "timestamp": view.virtual_ns }));
        }
    }
    match &view.detail {
        Outcome::Completed => {
            let result = view.result.as_ref().filter(|result| result["has_value"] == true);
            if let Some(result) = result {
                // As with E2B's server, a string is shown without its quotes.
                let [value, shown] = ["value", "text"].map(|name| exact_json::as_text(&result[name]));
                let text = value.or(shown).unwrap_or_default();
                lines.push(json!({ "type": "result", "text": text, "is_main_result": true }));
            }
        }
        Outcome::Exception { exception, message } => lines.push(json!({
            "type": "error", "name": exception, "value": message,
            "traceback": view.traceback.as_deref().unwrap_or_default(),
        })),
        other => lines.push(json!({
            "type": "error", "name": other.name(), "value": view.describe(),
            "traceback": "the context is as it was before this code",
        })),
    }
    lines.push(json!({ "type": "end_of_execution" }));
    lines.into_iter().map(|line| format!("{line}\n")).collect()
}

/// Makes a context.
#[utoipa::path(post, path = "/contexts", tag = "E2B", request_body = E2bCreateContext,
    responses((status = 200, description = "The context", body = E2bContext)))]
pub(super) async fn create_context(
    State(gateway): State<Gateway>,
    Extension(client): Asker,
    JsonBody(request): JsonBody<E2bCreateContext>,
) -> Result<Json<E2bContext>, RequestRefusal> {
    check_language(request.language.as_deref())?;
    if request.cwd.is_some_and(|cwd| cwd != FOLDER) {
        let mut refusal =
            RequestRefusal::new(RefusalKind::Invalid, format!("expected {FOLDER}; code can change it"));
        refusal.field = Some("cwd");
        return Err(refusal);
    }
    let id = gateway.start_session(&client, SessionRequest::default()).await?;
    Ok(Json(E2bContext::new(id)))
}

/// Lists the contexts of the token.
#[utoipa::path(get, path = "/contexts", tag = "E2B",
    responses((status = 200, description = "The contexts", body = Vec<E2bContext>)))]
pub(super) async fn list_contexts(
    State(gateway): State<Gateway>,
    Extension(client): Asker,
) -> Result<Json<Vec<E2bContext>>, RequestRefusal> {
    Ok(Json(gateway.session_names(&client)?.into_iter().map(E2bContext::new).collect()))
}

/// Starts a context again from nothing.
#[utoipa::path(post, path = "/contexts/{context}/restart", tag = "E2B",
    params(("context" = String, Path, description = "The context")),
    responses((status = 200, description = "It is as new", body = Option<String>)))]
pub(super) async fn restart_context(
    State(gateway): State<Gateway>,
    Extension(client): Asker,
    Path(context): Path<String>,
) -> Result<Json<Value>, RequestRefusal> {
    gateway.restart_session(&client, &context).await?;
    Ok(Json(Value::Null))
}

/// Deletes a context.
#[utoipa::path(delete, path = "/contexts/{context}", tag = "E2B",
    params(("context" = String, Path, description = "The context")),
    responses((status = 200, description = "It is gone", body = Option<String>)))]
pub(super) async fn delete_context(
    State(gateway): State<Gateway>,
    Extension(client): Asker,
    Path(context): Path<String>,
) -> Result<Json<Value>, RequestRefusal> {
    gateway.delete_session(&client, &context)?;
    Ok(Json(Value::Null))
}
