//! The server: HTTP/1.1 on 127.0.0.1.
//!
//! `POST …/chat/completions`, `POST …/messages` and `POST …/responses` are answered from the script, `GET …/models` lists the models, and
//! `GET /stub/stats` returns the statistics. Any path prefix is accepted.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, MutexGuard};
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE};
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use hyperspace_core::Mutex;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use super::connection::{Payload, ResettableStream};
use super::dialect::{self, Dialect};
use super::form::{ScriptedFault, TextScope};
use super::request::StubRequest;
use super::response::{self, StubResponse};
use super::rules::RuleCounts;
use super::script::Script;
use crate::config::Api;
use crate::time_source::TimeSource;

/// Maximum bytes of a request.
const REQUEST_BYTES_MAX: usize = 64 << 20;
/// Number of recent requests kept for inspection.
const KEPT: usize = 256;
/// Maximum duration of a hanging answer.
const HANG: Duration = Duration::from_secs(3_600);
const SECOND_MS: u64 = 1_000;

/// A running server. Dropping it stops the server.
#[derive(Debug)]
pub struct StubServer {
    address: SocketAddr,
    state: Arc<ServerState>,
    task: JoinHandle<()>,
}

/// Statistics of a stub server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct StubStats {
    /// Requests to a model.
    pub requests: u64,
    /// Responses by status, without hanging, reset and truncated ones.
    pub statuses: BTreeMap<u16, u64>,
    /// Scripted faults, by name.
    pub faults: BTreeMap<String, u64>,
    /// Uses of each rule, by name.
    pub rules: BTreeMap<String, u64>,
    /// Tokens of requests as stated in answers.
    pub input_tokens: u64,
    /// Tokens of answers as stated in answers.
    pub output_tokens: u64,
}

struct ServerState {
    script: Script,
    clock: Arc<dyn TimeSource>,
    record: Mutex<ServerRecord>,
}

#[derive(Debug, Default)]
struct ServerRecord {
    counts: RuleCounts,
    stats: StubStats,
    requests: VecDeque<Value>,
    /// Times of the requests of the last second.
    recent: VecDeque<u64>,
}

impl std::fmt::Debug for ServerState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerState").field("script", &self.script).finish_non_exhaustive()
    }
}

impl StubServer {
    /// Starts a server on 127.0.0.1, at a free port if `port` is 0. Requires a tokio runtime with time and I/O enabled.
    ///
    /// # Errors
    ///
    /// The error of binding the port.
    pub async fn start(script: Script, port: u16, clock: Arc<dyn TimeSource>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(ServerState { script, clock, record: Mutex::default() });
        let task = tokio::spawn(serve(listener, state.clone()));
        Ok(Self { address, state, task })
    }

    /// Returns the address that the server listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the base address of all APIs.
    #[must_use]
    pub fn base_url(&self) -> String {
        let path = self.state.script.server.dialect.map_or("/v1", Dialect::address);
        format!("http://{}{path}", self.address)
    }

    /// Returns the statistics so far.
    #[must_use]
    pub fn stats(&self) -> StubStats {
        self.state.lock().stats.clone()
    }

    /// Returns the bodies of the last 256 requests, oldest first.
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

impl ServerState {
    fn lock(&self) -> MutexGuard<'_, ServerRecord> {
        self.record.lock()
    }
}

async fn serve(listener: TcpListener, state: Arc<ServerState>) {
    // Dropping the set closes all connections with the server.
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        while connections.try_join_next().is_some() {}
        connections.spawn(connection(stream, state.clone()));
    }
}

async fn connection(stream: TcpStream, state: Arc<ServerState>) {
    drop(stream.set_nodelay(true));
    let reset = Arc::new(AtomicBool::new(false));
    let io = TokioIo::new(ResettableStream { stream, reset: reset.clone() });
    let service = service_fn(move |request| answer_request(request, state.clone(), reset.clone()));
    // A client may disconnect at any time.
    drop(hyper::server::conn::http1::Builder::new().serve_connection(io, service).await);
}

async fn answer_request(
    request: Request<Incoming>,
    state: Arc<ServerState>,
    reset: Arc<AtomicBool>,
) -> io::Result<Response<Payload>> {
    let path = request.uri().path().to_owned();
    let sent = match (request.method().clone(), path.rsplit('/').next().unwrap_or_default()) {
        (Method::GET, "models") => models(&request, &state),
        (Method::GET, "stats") if path == "/stub/stats" => json_answer(&json!(state.lock().stats)),
        (Method::POST, "completions") if path.ends_with("/chat/completions") => {
            model_answer(Api::Openai, request, &state).await
        }
        (Method::POST, "messages") => model_answer(Api::Anthropic, request, &state).await,
        (Method::POST, "responses") => model_answer(Api::Responses, request, &state).await,
        (method, _) => {
            let text = format!(
                "{method} {path}: expected POST …/chat/completions, …/messages or …/responses, or GET …/models"
            );
            response::refusal(Api::Openai, 404, "not_found_error", &text)
        }
    };
    if sent.delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(sent.delay_ms)).await;
    }
    match sent.fault {
        Some(ScriptedFault::Hang) => tokio::time::sleep(HANG).await,
        Some(ScriptedFault::Reset) => {
            reset.store(true, Ordering::SeqCst);
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        _ => {}
    }
    http_response(sent).map_err(io::Error::other)
}

fn http_response(sent: StubResponse) -> Result<Response<Payload>, hyper::http::Error> {
    let breaks = sent.fault == Some(ScriptedFault::Truncated);
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

fn json_answer(value: &Value) -> StubResponse {
    StubResponse {
        status: 200,
        content_type: "application/json",
        body: value.to_string().into_bytes(),
        ..StubResponse::default()
    }
}

fn models(request: &Request<Incoming>, state: &ServerState) -> StubResponse {
    let keys = &state.script.server.api_keys;
    if !keys.is_empty() && !keys.contains(&key_of(request, state)) {
        return response::refusal(Api::Openai, 401, "authentication_error", "the key is not known");
    }
    let named = state.script.rules.iter().filter_map(|rule| rule.model.clone());
    let mut names: Vec<String> = state.script.server.models.iter().cloned().chain(named).collect();
    names.sort();
    names.dedup();
    let data: Vec<Value> =
        names.iter().map(|name| json!({"id": name, "object": "model", "owned_by": "stub"})).collect();
    json_answer(&json!({"object": "list", "data": data}))
}

fn is_azure(state: &ServerState) -> bool {
    state.script.server.dialect == Some(Dialect::Azure)
}

/// Returns the key of a request, from the header that the server reads; empty if there is none.
fn key_of(request: &Request<Incoming>, state: &ServerState) -> String {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let bearer = header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let key = if is_azure(state) { header("api-key") } else { header("x-api-key").or(bearer) };
    key.unwrap_or_default().to_owned()
}

async fn model_answer(api: Api, request: Request<Incoming>, state: &ServerState) -> StubResponse {
    let key = key_of(&request, state);
    let azure = is_azure(state);
    let addressed = request.uri().query().is_some_and(|query| query.contains("api-version="));
    if azure && (key.is_empty() || !addressed) {
        let (status, text) = if addressed {
            (401, "Access denied due to missing subscription key")
        } else {
            (404, "Resource not found")
        };
        let sent = response::refusal(api, status, "invalid_request_error", text);
        count(state, &sent);
        return sent;
    }
    let version = request.headers().contains_key("anthropic-version");
    let invalid = |text: &str| response::refusal(api, 400, "invalid_request_error", text);
    let body = Limited::new(request.into_body(), REQUEST_BYTES_MAX).collect().await;
    let body: Result<Value, _> = match body {
        Ok(body) => serde_json::from_slice(&body.to_bytes()).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    let sent = match body {
        Err(error) => invalid(&format!("the body is not JSON: {error}")),
        Ok(_) if api == Api::Anthropic && !version => invalid("the header anthropic-version is missing"),
        Ok(body) => match StubRequest::parse(api, key, &body) {
            Err(error) => invalid(&error),
            Ok(asked) => {
                let sent = decide(state, &asked, &body);
                keep(state, body);
                sent
            }
        },
    };
    count(state, &sent);
    sent
}

fn keep(state: &ServerState, body: Value) {
    let mut record = state.lock();
    if record.requests.len() == KEPT {
        record.requests.pop_front();
    }
    record.requests.push_back(body);
}

fn count(state: &ServerState, sent: &StubResponse) {
    let mut record = state.lock();
    let stats = &mut record.stats;
    stats.requests += 1;
    if let Some(fault) = sent.fault {
        let name = format!("{fault:?}");
        *stats.faults.entry(name).or_default() += 1;
    }
    let lost =
        matches!(sent.fault, Some(ScriptedFault::Hang | ScriptedFault::Reset | ScriptedFault::Truncated));
    if !lost {
        *stats.statuses.entry(sent.status).or_default() += 1;
        stats.input_tokens += sent.input_tokens;
        stats.output_tokens += sent.output_tokens;
    }
}

/// Returns the response to a valid request.
fn decide(state: &ServerState, asked: &StubRequest, body: &Value) -> StubResponse {
    let server = &state.script.server;
    if !server.api_keys.is_empty() && !server.api_keys.contains(&asked.client) {
        return response::refusal(
            asked.api,
            401,
            "authentication_error",
            "the key is not one of the script's",
        );
    }
    if !server.models.is_empty() && !server.models.contains(&asked.model) {
        let text = format!("model {:?} is not one of {}", asked.model, server.models.join(", "));
        return response::refusal(asked.api, 404, "not_found_error", &text);
    }
    let now = state.clock.now_ms();
    let mut record = state.lock();
    if let Some(most) = server.requests_per_second {
        let recent = &mut record.recent;
        while recent.front().is_some_and(|at| at.saturating_add(SECOND_MS) <= now) {
            recent.pop_front();
        }
        if recent.len() >= most as usize {
            return dialect::too_many(asked.api, server.dialect);
        }
        recent.push_back(now);
    }
    if let Some(window) = server.context_window.filter(|window| asked.tokens > *window) {
        return response::overflow(asked, window);
    }
    let refused = |dialect| dialect::refusal(dialect, body, asked.tokens, server.context_window);
    if let Some(refused) = server.dialect.and_then(refused) {
        return refused;
    }
    let Some(chosen) = record.counts.choose(&state.script.rules, asked) else {
        let last: String = asked.text(TextScope::Last).chars().take(200).collect();
        let text = format!(
            "no rule of the script matches this request: model {:?}, turn {}, last message {last:?}",
            asked.model, asked.turn
        );
        return response::refusal(asked.api, 400, "invalid_request_error", &text);
    };
    let sent = response::build(asked, &chosen, server.dialect);
    let name = chosen.rule.name.clone();
    *record.stats.rules.entry(name).or_default() += 1;
    sent
}
