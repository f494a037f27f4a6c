//! Refusals as documents of RFC 9457.

use axum::Json;
use axum::extract::Extension;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::refusal::{RefusalKind, RequestRefusal};

/// A problem: the form of every error, of RFC 9457.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct ProblemDocument {
    /// `urn:hyperspace:problem:` and the name of its kind.
    #[serde(rename = "type")]
    kind: String,
    /// The kind in words.
    title: String,
    /// The status.
    status: u16,
    /// The problem of this request.
    detail: String,
    /// The field of the request, where one is to blame.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// Sentences on what can be done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hints: Vec<String>,
}

impl From<&RequestRefusal> for ProblemDocument {
    fn from(refusal: &RequestRefusal) -> Self {
        let (status, name, title) = refusal.kind.facts();
        let failed = refusal.is_for_log();
        Self {
            kind: format!("urn:hyperspace:problem:{name}"),
            title: title.to_owned(),
            status,
            detail: if failed { "the log of the server has more".to_owned() } else { refusal.detail.clone() },
            field: refusal.field.map(str::to_owned),
            hints: if failed { Vec::new() } else { refusal.hints.clone() },
        }
    }
}

impl IntoResponse for RequestRefusal {
    fn into_response(self) -> Response {
        let document = ProblemDocument::from(&self);
        let status = StatusCode::from_u16(document.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(document)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.kind == RefusalKind::Unauthenticated {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // Failures are reported to the log where the answer leaves the server.
        (Extension(self), response).into_response()
    }
}
