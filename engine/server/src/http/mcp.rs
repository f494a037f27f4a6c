//! The Model Context Protocol over HTTP: one message in each request, and the answer as JSON.
//!
//! The server keeps nothing about a client between its requests, so each is asked with the scopes and budgets of its own token.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};

use super::body;
use crate::gateway::Gateway;
use crate::mcp::McpServer;

/// The path.
pub(super) const PATH: &str = "/mcp";

/// The service of the protocol.
pub(super) type McpService = StreamableHttpService<McpServer, NeverSessionManager>;

/// Makes the service. Names and origins are checked before a request comes here.
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
                Ok(bytes) => Request::from_parts(parts, Body::from(bytes)),
                Err(refusal) => return refusal.into_response(),
            }
        }
        _ => request,
    };
    service.handle(request).await.map(Body::new)
}
