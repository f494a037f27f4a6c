//! Runs and objects of the store.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_core::Stream;
use hyperspace_service::ObjectView;
use serde_json::Value;
use tokio::sync::mpsc;

use super::body::JsonBody;
use super::documents::{AnyDocument, Asker, RunDocument, RunEventDocument};
use crate::client::TokenScope;
use crate::gateway::{Gateway, start_document, written};
use crate::refusal::{RefusalKind, RequestRefusal};
use crate::requests::{ResumeRunRequest, StartRunRequest};
use crate::run_events::{EventStep, RunEventLog};

/// Starts a run that goes on in the background, or resumes it if the store has it.
#[utoipa::path(post, path = "/v1/runs", tag = "runs", request_body = StartRunRequest,
    responses((status = 202, description = "It is recorded and goes on", body = AnyDocument)))]
pub(super) async fn start_run(
    State(gateway): State<Gateway>,
    Extension(client): Asker,
    JsonBody(request): JsonBody<StartRunRequest>,
) -> Result<Response, RequestRefusal> {
    // A client that disconnects now must not leave a half-started run behind.
    let view = started(async move { gateway.start_run(&client, request).await }).await?;
    accepted(&view)
}

/// Resumes a run of the store.
#[utoipa::path(post, path = "/v1/runs/{run}/resume", tag = "runs", request_body = ResumeRunRequest,
    params(("run" = String, Path, description = "The run, by the beginning of its hash")),
    responses((status = 202, description = "It goes on", body = AnyDocument)))]
pub(super) async fn resume_run(
    State(gateway): State<Gateway>,
    Extension(client): Asker,
    Path(run): Path<String>,
    JsonBody(request): JsonBody<ResumeRunRequest>,
) -> Result<Response, RequestRefusal> {
    let view = started(async move { gateway.resume_run(&client, &run, request).await }).await?;
    accepted(&view)
}

async fn started<T: Send + 'static>(
    work: impl Future<Output = Result<T, RequestRefusal>> + Send + 'static,
) -> Result<T, RequestRefusal> {
    match tokio::spawn(work).await {
        Ok(result) => result,
        Err(error) => Err(RequestRefusal::new(RefusalKind::Failed, error.to_string())),
    }
}

/// Answers with the start of a run.
fn accepted(view: &hyperspace_service::RunStartView) -> Result<Response, RequestRefusal> {
    let document = start_document(view)?;
    let place = format!("/v1/runs/{}", view.run);
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, place)], Json(document)).into_response())
}

/// Lists the runs of the store.
#[utoipa::path(get, path = "/v1/runs", tag = "runs",
    responses((status = 200, description = "The document of `log --json`", body = AnyDocument)))]
pub(super) async fn list_runs(
    State(gateway): State<Gateway>,
    Extension(client): Asker,
) -> Result<Json<Value>, RequestRefusal> {
    Ok(Json(gateway.run_list(&client).await?))
}

/// Tells where a run is.
#[utoipa::path(get, path = "/v1/runs/{run}", tag = "runs",
    params(("run" = String, Path, description = "The run, by the beginning of its hash")),
    responses((status = 200, description = "Its state: running, ended, stopped, failed, or recorded by another process", body = AnyDocument)))]
pub(super) async fn run_status(
    State(gateway): State<Gateway>,
    Extension(client): Asker,
    Path(run): Path<String>,
) -> Result<Json<Value>, RequestRefusal> {
    Ok(Json(gateway.run_status(&client, Some(run)).await?))
}

/// Returns the best program of a run.
#[utoipa::path(get, path = "/v1/runs/{run}/best", tag = "runs",
    params(("run" = String, Path, description = "The run, by the beginning of its hash")),
    responses((status = 200, description = "The document of `best --json`", body = AnyDocument)))]
pub(super) async fn best_of_run(
    State(gateway): State<Gateway>,
    Extension(client): Asker,
    Path(run): Path<String>,
) -> Result<Json<Value>, RequestRefusal> {
    Ok(Json(written(&gateway.read(&client, move |engine| engine.best(Some(&run))).await?)?))
}

/// Cancels a run that goes on here; what was committed stays.
#[utoipa::path(post, path = "/v1/runs/{run}/cancel", tag = "runs",
    params(("run" = String, Path, description = "The run, by the beginning of its hash")),
    responses((status = 200, description = "It is stopped, and the store is free", body = RunDocument)))]
pub(super) async fn cancel_run(
    State(gateway): State<Gateway>,
    Extension(client): Asker,
    Path(run): Path<String>,
) -> Result<Json<RunDocument>, RequestRefusal> {
    let run = gateway.cancel_run(&client, &run).await?.to_string();
    Ok(Json(RunDocument { run }))
}

/// Executes a run or a generation again, and compares every event, file, score and fuel count.
#[utoipa::path(post, path = "/v1/runs/{run}/replay", tag = "runs",
    params(("run" = String, Path, description = "The run or generation, by the beginning of its hash")),
    responses((status = 200, description = "The document of `replay --json`; `differences` is empty when all is the same", body = AnyDocument)))]
pub(super) async fn replay_run(
    State(gateway): State<Gateway>,
    Extension(client): Asker,
    Path(run): Path<String>,
) -> Result<Json<Value>, RequestRefusal> {
    Ok(Json(written(&gateway.replay(&client, &run).await?)?))
}

/// Streams the events of a run that was started here, from the first, or after `Last-Event-ID`.
#[utoipa::path(get, path = "/v1/runs/{run}/events", tag = "runs",
    params(("run" = String, Path, description = "The run, by the beginning of its hash")),
    responses((status = 200, description = "Events as docs/events.md has them, one named `cut` in place of those that are no longer kept, and at last one named `end`", body = RunEventDocument, content_type = "text/event-stream")))]
pub(super) async fn run_events(
    State(gateway): State<Gateway>,
    Extension(client): Asker,
    Path(run): Path<String>,
    headers: HeaderMap,
) -> Result<Response, RequestRefusal> {
    client.permits(TokenScope::Read)?;
    let id = gateway.runs().started_here(Some(&run));
    let log = id.and_then(|id| gateway.runs().events(&id));
    let log = log.ok_or_else(|| RequestRefusal::absent(format!("run {run:?} that was started here")))?;
    let last = headers.get("last-event-id").and_then(|last| last.to_str().ok()?.parse().ok());
    let (sender, receiver) = mpsc::channel(64);
    tokio::spawn(send_events(log, last.unwrap_or(0), sender));
    Ok(Sse::new(Received(receiver)).keep_alive(KeepAlive::default()).into_response())
}

/// Sends events until the run ends or nobody receives them.
async fn send_events(log: Arc<RunEventLog>, mut last: u64, sender: mpsc::Sender<Event>) {
    loop {
        let step = tokio::select! {
            step = log.after(last) => step,
            () = sender.closed() => return,
        };
        let (event, ended) = match step {
            EventStep::Event(number, text) => {
                last = number;
                (Event::default().id(number.to_string()).data(&*text), false)
            }
            EventStep::Cut(first, to) => {
                last = to;
                let note = serde_json::json!({ "first": first, "last": to });
                (Event::default().event("cut").id(to.to_string()).data(note.to_string()), false)
            }
            EventStep::End => (Event::default().event("end").data("{}"), true),
        };
        if sender.send(event).await.is_err() || ended {
            return;
        }
    }
}

/// A channel as a stream.
struct Received(mpsc::Receiver<Event>);

impl Stream for Received {
    type Item = Result<Event, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context).map(|event| event.map(Ok))
    }
}

/// Returns whether a tag of `If-None-Match` equals this one. A tag that a proxy has made weak (`W/`) counts as equal.
fn is_tag(one: &str, tag: &str) -> bool {
    one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag
}

/// Returns an object by its hash, which is its `ETag`: the bytes of a file, or as JSON the paths of a tree or a record.
#[utoipa::path(get, path = "/v1/objects/{hash}", tag = "runs",
    params(("hash" = String, Path, description = "A hash that a document names", pattern = "^[0-9a-f]{64}$")),
    responses((status = 200, description = "Its bytes", content(
            (Vec<u8> = "application/octet-stream"), (serde_json::Value = "application/json"))),
        (status = 304, description = "The client has it already")))]
pub(super) async fn object(
    State(gateway): State<Gateway>,
    Extension(client): Asker,
    Path(hash): Path<String>,
    headers: HeaderMap,
) -> Result<Response, RequestRefusal> {
    let tag = format!("\"{hash}\"");
    let object = gateway.read(&client, move |engine| engine.object(&hash)).await?;
    let (kind, content) = match object {
        ObjectView::File(content) => ("application/octet-stream", content),
        json => ("application/json", serde_json::to_vec(&json).unwrap_or_default()),
    };
    let known = headers.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    let known = known.is_some_and(|tags| tags.split(',').any(|one| is_tag(one.trim(), &tag)));
    let facts = [
        (header::ETAG, HeaderValue::from_str(&tag).unwrap_or(HeaderValue::from_static("\"\""))),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=31536000, immutable")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
    ];
    Ok(match known {
        true => (StatusCode::NOT_MODIFIED, facts).into_response(),
        false => (facts, Bytes::from(content)).into_response(),
    })
}
