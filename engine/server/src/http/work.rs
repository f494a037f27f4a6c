//! Programs, sessions and evaluations.

use axum::Json;
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use serde_json::Value;

use super::body::JsonBody;
use super::documents::{
    Asker, DisconnectQuery, EvaluationDocument, EvaluationsDocument, ExecutionAnswer, ExecutionDocument,
    SessionDocument, SessionsDocument, evaluated,
};
use crate::gateway::{Gateway, written};
use crate::refusal::RequestRefusal;
use crate::requests::{
    EvaluateManyRequest, EvaluateRequest, RunPythonRequest, SessionCodeRequest, SessionRequest,
};

/// Runs a Python program in the sandbox.
#[utoipa::path(post, path = "/v1/execute", tag = "execute", params(DisconnectQuery), request_body = RunPythonRequest,
    responses((status = 200, description = "It ended, well or not", body = ExecutionDocument)))]
pub(super) async fn execute(
    State(gateway): State<Gateway>,
    Extension(client): Asker,
    disconnect: DisconnectQuery,
    JsonBody(request): JsonBody<RunPythonRequest>,
) -> Result<ExecutionAnswer, RequestRefusal> {
    let view = disconnect.run(async move { gateway.execute(&client, request).await }).await?;
    Ok(ExecutionAnswer::of(&view))
}

/// Evaluates an agent on a task.
#[utoipa::path(post, path = "/v1/evaluate", tag = "evaluate", params(DisconnectQuery), request_body = EvaluateRequest,
    responses((status = 200, description = "The evaluation; a candidate that fails has no score", body = EvaluationDocument)))]
pub(super) async fn evaluate(
    State(gateway): State<Gateway>,
    Extension(client): Asker,
    disconnect: DisconnectQuery,
    JsonBody(request): JsonBody<EvaluateRequest>,
) -> Result<Json<Value>, RequestRefusal> {
    let view = disconnect.run(async move { gateway.evaluate(&client, request).await }).await?;
    Ok(Json(written(&view)?))
}

/// Evaluates many agents on one task.
#[utoipa::path(post, path = "/v1/evaluate-many", tag = "evaluate", params(DisconnectQuery), request_body = EvaluateManyRequest,
    responses((status = 200, description = "The evaluations, in the order of the agents", body = EvaluationsDocument)))]
pub(super) async fn evaluate_many(
    State(gateway): State<Gateway>,
    Extension(client): Asker,
    disconnect: DisconnectQuery,
    JsonBody(request): JsonBody<EvaluateManyRequest>,
) -> Result<Json<EvaluationsDocument>, RequestRefusal> {
    let results = disconnect.run(async move { gateway.evaluate_many(&client, request).await }).await?;
    Ok(Json(evaluated(results)?))
}

/// Starts a session.
#[utoipa::path(post, path = "/v1/sessions", tag = "execute", request_body = SessionRequest,
    responses((status = 201, description = "It is started", body = SessionDocument)))]
pub(super) async fn start_session(
    State(gateway): State<Gateway>,
    Extension(client): Asker,
    JsonBody(request): JsonBody<SessionRequest>,
) -> Result<(StatusCode, Json<SessionDocument>), RequestRefusal> {
    let session = gateway.start_session(&client, request).await?;
    Ok((StatusCode::CREATED, Json(SessionDocument { session })))
}

/// Lists the sessions of the token.
#[utoipa::path(get, path = "/v1/sessions", tag = "execute",
    responses((status = 200, description = "Their names", body = SessionsDocument)))]
pub(super) async fn list_sessions(
    State(gateway): State<Gateway>,
    Extension(client): Asker,
) -> Result<Json<SessionsDocument>, RequestRefusal> {
    Ok(Json(SessionsDocument { sessions: gateway.session_names(&client)? }))
}

/// Executes code in a session.
#[utoipa::path(post, path = "/v1/sessions/{session}/execute", tag = "execute", request_body = SessionCodeRequest,
    params(("session" = String, Path, description = "The session"), DisconnectQuery),
    responses((status = 200, description = "It ended, well or not", body = ExecutionDocument)))]
pub(super) async fn execute_in_session(
    State(gateway): State<Gateway>,
    Extension(client): Asker,
    Path(session): Path<String>,
    disconnect: DisconnectQuery,
    JsonBody(request): JsonBody<SessionCodeRequest>,
) -> Result<ExecutionAnswer, RequestRefusal> {
    let work = async move { gateway.execute_in_session(&client, &session, request).await };
    Ok(ExecutionAnswer::of(&disconnect.run(work).await?))
}

/// Makes another session that goes on from the present state.
#[utoipa::path(post, path = "/v1/sessions/{session}/fork", tag = "execute",
    params(("session" = String, Path, description = "The session")),
    responses((status = 201, description = "The other session", body = SessionDocument)))]
pub(super) async fn fork_session(
    State(gateway): State<Gateway>,
    Extension(client): Asker,
    Path(session): Path<String>,
) -> Result<(StatusCode, Json<SessionDocument>), RequestRefusal> {
    let session = gateway.fork_session(&client, &session).await?;
    Ok((StatusCode::CREATED, Json(SessionDocument { session })))
}

/// Deletes a session.
#[utoipa::path(delete, path = "/v1/sessions/{session}", tag = "execute",
    params(("session" = String, Path, description = "The session")),
    responses((status = 204, description = "It is gone")))]
pub(super) async fn delete_session(
    State(gateway): State<Gateway>,
    Extension(client): Asker,
    Path(session): Path<String>,
) -> Result<StatusCode, RequestRefusal> {
    gateway.delete_session(&client, &session)?;
    Ok(StatusCode::NO_CONTENT)
}
