//! The Model Context Protocol over HTTP: one message in each request, and the answer as JSON.
//!
//! The server keeps nothing about a client between its requests, so each request is handled with the scopes and budgets of its
//! own token.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::body;
use crate::gateway::Gateway;
use crate::mcp::McpServer;

/// The path.
pub(super) const PATH: &str = "/mcp";

/// The service of the protocol.
pub(super) type McpService = StreamableHttpService<McpServer, NeverSessionManager>;

/// Returns the service. Host names and origins have been checked before a request arrives here.
pub(super) fn service(gateway: &Gateway) -> Arc<McpService> {
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(gateway.limits().body_bytes)
        .disable_allowed_hosts();
    let server = McpServer::behind_http(gateway.clone());
    let make = move || Ok(server.clone());
    Arc::new(StreamableHttpService::new(make, Arc::new(NeverSessionManager::default()), config))
}

/// The fields by which a message is recognised.
#[derive(Deserialize)]
struct MessageHead {
    jsonrpc: String,
    /// The identifier of a request: an integer or a string.
    #[serde(default = "no_id")]
    id: Value,
}

fn no_id() -> Value {
    Value::from(0)
}

/// Returns the JSON-RPC code and message for a body that is not a JSON-RPC message.
fn unreadable(body: &[u8]) -> Option<(i32, &'static str)> {
    if serde_json::from_slice::<IgnoredAny>(body).is_err() {
        return Some((-32700, "the body is no JSON"));
    }
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Some((-32600, "expected one message, a JSON object; there are no batches"));
    }
    match serde_json::from_slice::<MessageHead>(body) {
        Ok(MessageHead { jsonrpc, id }) if jsonrpc == "2.0" && (id.is_i64() || id.is_string()) => None,
        _ => Some((
            -32600,
            "expected a message with \"jsonrpc\": \"2.0\" and, if it is a request, an id that is an integer or a text",
        )),
    }
}

fn refused(code: i32, problem: &str) -> Response {
    let answer = json!({ "jsonrpc": "2.0", "id": null, "error": { "code": code, "message": problem } });
    (StatusCode::BAD_REQUEST, Json(answer)).into_response()
}

/// Answers a message.
pub(super) async fn answer(
    State(gateway): State<Gateway>,
    Extension(service): Extension<Arc<McpService>>,
    request: Request,
) -> Response {
    let request = match *request.method() {
        Method::POST => {
            let (parts, content) = request.into_parts();
            match body::bytes(Request::from_parts(parts.clone(), content), &gateway).await {
                Ok(bytes) => {
                    if let Err(refusal) = body::check_weight(&bytes) {
                        return refusal.into_response();
                    }
                    if let Some((code, problem)) = unreadable(&bytes) {
                        return refused(code, problem);
                    }
                    Request::from_parts(parts, Body::from(bytes))
                }
                Err(refusal) => return refusal.into_response(),
            }
        }
        _ => request,
    };
    service.handle(request).await.map(Body::new)
}
