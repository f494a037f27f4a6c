//! The server: HTTP/1.1 on 127.0.0.1.
//!
//! `POST …/chat/completions` and `POST …/messages` are answered from the script, `GET …/models` lists the models, `GET /stub/stats`
//! tells what was served. Any path before these endings is accepted.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use super::answer::{self, Sent};
use super::asked::Asked;
use super::rules::Counts;
use super::script::{Fault, Script};
use crate::config::Api;
use crate::time_source::TimeSource;

/// Bytes of a request.
const REQUEST_BYTES_MAX: usize = 64 << 20;
/// Requests that are kept to be looked at.
const KEPT: usize = 256;
/// How long a hanging answer hangs at most.
const HANG: Duration = Duration::from_secs(3_600);
const SECOND_MS: u64 = 1_000;

/// A running server; it ends when this is dropped.
#[derive(Debug)]
pub struct StubServer {
    address: SocketAddr,
    state: Arc<State>,
    task: JoinHandle<()>,
}

/// What was served.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct StubStats {
    /// Requests for an answer of a model.
    pub requests: u64,
    /// Answers by status; those that were cut off and reset ones are in `faults`.
    pub statuses: BTreeMap<u16, u64>,
    /// Scripted faults, by name.
    pub faults: BTreeMap<String, u64>,
    /// Uses of each rule, by name.
    pub rules: BTreeMap<String, u64>,
    /// Tokens of requests, as answers told them.
    pub input_tokens: u64,
    /// Tokens of answers, as answers told them.
    pub output_tokens: u64,
}

struct State {
    script: Script,
    clock: Arc<dyn TimeSource>,
    mutable: Mutex<Mutable>,
}

#[derive(Debug, Default)]
struct Mutable {
    counts: Counts,
    stats: StubStats,
    requests: VecDeque<Value>,
    /// Times of the requests of the last second.
    recent: VecDeque<u64>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("script", &self.script).finish_non_exhaustive()
    }
}

impl StubServer {
    /// Starts on 127.0.0.1, at a free port if `port` is 0. It needs a tokio runtime with time and input and output.
    ///
    /// # Errors
    ///
    /// Whatever hinders listening.
    pub async fn start(script: Script, port: u16, clock: Arc<dyn TimeSource>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(State { script, clock, mutable: Mutex::default() });
        let task = tokio::spawn(serve(listener, state.clone()));
        Ok(Self { address, state, task })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base address for both APIs.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// What was served so far.
    #[must_use]
    pub fn stats(&self) -> StubStats {
        self.state.lock().stats.clone()
    }

    /// Bodies of the last 256 requests, the oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<Value> {
        self.state.lock().requests.iter().cloned().collect()
    }

    /// Serves until the process ends.
    pub async fn wait(mut self) {
        drop((&mut self.task).await);
    }
}

impl Drop for StubServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Mutable> {
        self.mutable.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn serve(listener: TcpListener, state: Arc<State>) {
    // Connections end with the server.
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        while connections.try_join_next().is_some() {}
        connections.spawn(connection(stream, state.clone()));
    }
}

async fn connection(stream: TcpStream, state: Arc<State>) {
    drop(stream.set_nodelay(true));
    let reset = Arc::new(AtomicBool::new(false));
    let io = TokioIo::new(Resettable { stream, reset: reset.clone() });
    let service = service_fn(move |request| answer_request(request, state.clone(), reset.clone()));
    // A client that goes away is its own affair.
    drop(hyper::server::conn::http1::Builder::new().serve_connection(io, service).await);
}

/// A connection that can be reset instead of closed.
struct Resettable {
    stream: TcpStream,
    reset: Arc<AtomicBool>,
}

impl Drop for Resettable {
    fn drop(&mut self) {
        if self.reset.load(Ordering::SeqCst) {
            drop(self.stream.set_zero_linger());
        }
    }
}

impl AsyncRead for Resettable {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Resettable {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.reset.load(Ordering::SeqCst) {
            // An orderly end would come before the reset.
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// A body, which may break off before its announced end.
struct Payload {
    data: Option<Bytes>,
    breaks: bool,
}

impl Body for Payload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self.data.take() {
            Some(data) => Poll::Ready(Some(Ok(Frame::data(data)))),
            None if self.breaks => Poll::Ready(Some(Err(io::ErrorKind::BrokenPipe.into()))),
            None => Poll::Ready(None),
        }
    }
}

async fn answer_request(
    request: Request<Incoming>,
    state: Arc<State>,
    reset: Arc<AtomicBool>,
) -> io::Result<Response<Payload>> {
    let path = request.uri().path().to_owned();
    let sent = match (request.method().clone(), path.rsplit('/').next().unwrap_or_default()) {
        (Method::GET, "models") => models(&state),
        (Method::GET, "stats") if path == "/stub/stats" => json_answer(&json!(state.lock().stats)),
        (Method::POST, "completions") if path.ends_with("/chat/completions") => {
            model_answer(Api::Openai, request, &state).await
        }
        (Method::POST, "messages") => model_answer(Api::Anthropic, request, &state).await,
        (method, _) => {
            let text =
                format!("{method} {path}: expected POST …/chat/completions or …/messages, or GET …/models");
            answer::refusal(Api::Openai, 404, "not_found_error", &text)
        }
    };
    if sent.delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(sent.delay_ms)).await;
    }
    match sent.fault {
        Some(Fault::Hang) => tokio::time::sleep(HANG).await,
        Some(Fault::Reset) => {
            reset.store(true, Ordering::SeqCst);
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        _ => {}
    }
    response(sent).map_err(io::Error::other)
}

fn response(sent: Sent) -> Result<Response<Payload>, hyper::http::Error> {
    let breaks = sent.fault == Some(Fault::Truncated);
    let whole = sent.body.len();
    let mut response = Response::builder()
        .status(sent.status)
        .header(CONTENT_TYPE, sent.content_type)
        .header(CONTENT_LENGTH, whole);
    for (name, value) in &sent.headers {
        if name.eq_ignore_ascii_case(CONTENT_TYPE.as_str())
            && let Some(headers) = response.headers_mut()
        {
            headers.remove(CONTENT_TYPE);
        }
        response = response.header(name, value);
    }
    let mut body = Bytes::from(sent.body);
    if breaks {
        body.truncate(whole / 2);
    }
    response.body(Payload { data: Some(body), breaks })
}

fn json_answer(value: &Value) -> Sent {
    Sent {
        status: 200,
        content_type: "application/json",
        body: value.to_string().into_bytes(),
        ..Sent::default()
    }
}

fn models(state: &State) -> Sent {
    let named = state.script.rules.iter().filter_map(|rule| rule.model.clone());
    let mut names: Vec<String> = state.script.server.models.iter().cloned().chain(named).collect();
    names.sort();
    names.dedup();
    let data: Vec<Value> =
        names.iter().map(|name| json!({"id": name, "object": "model", "owned_by": "stub"})).collect();
    json_answer(&json!({"object": "list", "data": data}))
}

async fn model_answer(api: Api, request: Request<Incoming>, state: &State) -> Sent {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let bearer = header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let key = header("x-api-key").or(bearer).unwrap_or_default().to_owned();
    let version = header("anthropic-version").is_some();
    let invalid = |text: &str| answer::refusal(api, 400, "invalid_request_error", text);
    let body = Limited::new(request.into_body(), REQUEST_BYTES_MAX).collect().await;
    let body: Result<Value, _> = match body {
        Ok(body) => serde_json::from_slice(&body.to_bytes()).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    let sent = match body {
        Err(error) => invalid(&format!("the body is no JSON: {error}")),
        Ok(_) if api == Api::Anthropic && !version => invalid("the header anthropic-version is missing"),
        Ok(body) => match Asked::read(api, key, &body) {
            Err(error) => invalid(&error),
            Ok(asked) => {
                keep(state, body);
                decide(state, &asked)
            }
        },
    };
    count(state, &sent);
    sent
}

fn keep(state: &State, body: Value) {
    let mut mutable = state.lock();
    if mutable.requests.len() == KEPT {
        mutable.requests.pop_front();
    }
    mutable.requests.push_back(body);
}

fn count(state: &State, sent: &Sent) {
    let mut mutable = state.lock();
    let stats = &mut mutable.stats;
    stats.requests += 1;
    if let Some(fault) = sent.fault {
        let name = format!("{fault:?}");
        *stats.faults.entry(name).or_default() += 1;
    }
    let lost = matches!(sent.fault, Some(Fault::Hang | Fault::Reset | Fault::Truncated));
    if !lost {
        *stats.statuses.entry(sent.status).or_default() += 1;
        stats.input_tokens += sent.tokens.0;
        stats.output_tokens += sent.tokens.1;
    }
}

/// The answer to a request that can be read.
fn decide(state: &State, asked: &Asked) -> Sent {
    let server = &state.script.server;
    if !server.api_keys.is_empty() && !server.api_keys.contains(&asked.client) {
        return answer::refusal(asked.api, 401, "authentication_error", "the key is not one of the script's");
    }
    if !server.models.is_empty() && !server.models.contains(&asked.model) {
        let text = format!("model {:?} is not one of {}", asked.model, server.models.join(", "));
        return answer::refusal(asked.api, 404, "not_found_error", &text);
    }
    let now = state.clock.now_ms();
    let mut mutable = state.lock();
    if let Some(most) = server.requests_per_second {
        let recent = &mut mutable.recent;
        while recent.front().is_some_and(|at| at.saturating_add(SECOND_MS) <= now) {
            recent.pop_front();
        }
        if recent.len() >= most as usize {
            let mut sent = answer::refusal(asked.api, 429, "rate_limit_error", "too many requests");
            sent.headers.push((RETRY_AFTER.as_str().to_owned(), "1".to_owned()));
            return sent;
        }
        recent.push_back(now);
    }
    if let Some(window) = server.context_window.filter(|window| asked.tokens > *window) {
        return answer::overflow(asked, window);
    }
    let Some(chosen) = mutable.counts.choose(&state.script.rules, asked) else {
        let last: String = asked.text(super::script::Place::Last).chars().take(200).collect();
        let text = format!(
            "no rule of the script is for this request: model {:?}, turn {}, last message {last:?}",
            asked.model, asked.turn
        );
        return answer::refusal(asked.api, 400, "invalid_request_error", &text);
    };
    let sent = answer::make(asked, &chosen);
    let name = chosen.rule.name.clone();
    *mutable.stats.rules.entry(name).or_default() += 1;
    sent
}
