//! Documents of answers, for the description of the interface and for answers without a view of the application layer.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Query};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use hyperspace_core::exact_json;
use hyperspace_service::{EvaluationView, ExecutionView};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::problem::ProblemDocument;
use crate::gateway::written;
use crate::refusal::RequestRefusal;
use crate::unreadable::not_understood;

/// Any JSON object: a document of the command with `--json`, described in docs/serve.md.
#[derive(ToSchema)]
#[schema(value_type = Object)]
pub(super) struct AnyDocument(#[expect(dead_code, reason = "it is a description")] Value);

/// A program that ended: the document of `exec --json`, whose files have their texts.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is a description")]
pub(super) struct ExecutionDocument {
    /// The outcome: `completed`, `exception`, `out-of-fuel`, …
    outcome: String,
    /// The code that a Python process would have left with.
    exit_code: Option<u32>,
    stdout: String,
    stderr: String,
    /// Units of fuel.
    fuel: u64,
    /// Files that it left: `path`, `bytes`, `blob`, and `text` where it is text.
    #[schema(value_type = Vec<Object>)]
    files: Vec<Value>,
    /// Equal wherever the same program runs with the same limits and seed.
    digest: String,
}

/// An evaluation: the document of `eval --json`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is a description")]
pub(super) struct EvaluationDocument {
    task: String,
    /// The score; null when there is none.
    score: Option<f64>,
    outcome: String,
    detail: String,
    fuel: u64,
    #[schema(value_type = Vec<Object>)]
    rows: Vec<Value>,
}

/// Evaluations in the order of the agents.
#[derive(Serialize, ToSchema)]
pub(super) struct EvaluationsDocument {
    /// Each is an evaluation, or a problem.
    #[schema(value_type = Vec<Object>)]
    pub(super) results: Vec<Value>,
}

/// A session by its name.
#[derive(Serialize, ToSchema)]
pub(super) struct SessionDocument {
    pub(super) session: String,
}

/// The sessions of a client.
#[derive(Serialize, ToSchema)]
pub(super) struct SessionsDocument {
    pub(super) sessions: Vec<String>,
}

/// An event of a run, as a server-sent event.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is a description")]
pub(super) struct RunEventDocument {
    /// Its number; absent at the end.
    id: Option<String>,
    /// `message`, or `end` for the last one.
    event: Option<String>,
    /// The event of docs/events.md as JSON.
    data: String,
}

/// The hash of a run.
#[derive(Serialize, ToSchema)]
pub(super) struct RunDocument {
    pub(super) run: String,
}

/// The state of the server.
#[derive(Serialize, ToSchema)]
pub(super) struct HealthDocument {
    pub(super) status: &'static str,
}

/// The end of work whose client disconnects.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Disconnect {
    /// It is cancelled.
    #[default]
    Cancel,
    /// It goes on to its end.
    Finish,
}

/// The fate of work whose client disconnects.
#[derive(Debug, Clone, Copy, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DisconnectQuery {
    /// `cancel`, the default, or `finish`.
    #[param(inline)]
    pub(super) on_disconnect: Disconnect,
}

impl<S: Sync> FromRequestParts<S> for DisconnectQuery {
    type Rejection = RequestRefusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, RequestRefusal> {
        let query = Query::<Self>::try_from_uri(&parts.uri).map_err(|rejection| {
            let text = rejection.body_text();
            not_understood(
                Some("query".to_owned()),
                &text.rsplit("query string: ").next().unwrap_or_default(),
            )
        })?;
        Ok(query.0)
    }
}

impl DisconnectQuery {
    /// Does work to its end, or cancels it when the client disconnects.
    pub(super) async fn run<T: Send + 'static>(
        self,
        work: impl Future<Output = Result<T, RequestRefusal>> + Send + 'static,
    ) -> Result<T, RequestRefusal> {
        match self.on_disconnect {
            Disconnect::Cancel => work.await,
            Disconnect::Finish => tokio::spawn(work).await.unwrap_or_else(|error| {
                Err(RequestRefusal::new(crate::refusal::RefusalKind::Failed, error.to_string()))
            }),
        }
    }
}

/// The document of an execution, whose files have their texts, in JSON whose integers keep every digit.
pub(super) struct ExecutionAnswer(Value);

impl ExecutionAnswer {
    pub(super) fn of(view: &ExecutionView) -> Self {
        let mut document = view.document();
        for (file, shown) in view.files.iter().zip(document["files"].as_array_mut().into_iter().flatten()) {
            shown["text"] = std::str::from_utf8(&file.content).map_or(Value::Null, exact_json::text);
        }
        Self(document)
    }
}

impl IntoResponse for ExecutionAnswer {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, "application/json")], exact_json::to_text(&self.0)).into_response()
    }
}

/// Returns the documents of evaluations.
pub(super) fn evaluated(
    results: Vec<Result<EvaluationView, RequestRefusal>>,
) -> Result<EvaluationsDocument, RequestRefusal> {
    let document = |result: Result<EvaluationView, RequestRefusal>| match result {
        Ok(view) => written(&view),
        Err(refusal) => written(&ProblemDocument::from(&refusal)),
    };
    Ok(EvaluationsDocument { results: results.into_iter().map(document).collect::<Result<_, _>>()? })
}

/// The client of a request.
pub(super) type Asker = axum::Extension<Arc<crate::client::Client>>;
