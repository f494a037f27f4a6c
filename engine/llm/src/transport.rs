//! One attempt over HTTP. The only file that sends anything; its results contain no keys.
//!
//! Attacks that end here: T-PROV-01, T-PROV-02, T-PROV-18, T-PROV-19, T-PROV-20.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use serde_json::Value;

use crate::config::Api;
use crate::error::ConfigError;
use crate::fault::{AttemptResult, FaultKind, ProviderAnswer, ProviderFault};
use crate::redact::Redactor;
use crate::registry::Model;
use crate::repair::Repair;
use crate::time_source::TimeSource;
use crate::types::ChatRequest;
use crate::unpacked::{Unpacked, unpacked};
use crate::wire::{self, FaultTexts};

/// Maximum bytes of an answer.
const ANSWER_BYTES_MAX: usize = 32 << 20;
/// Maximum number of bytes of a refusal that are read.
const REFUSAL_BYTES_MAX: usize = 1 << 20;
/// Characters of a provider's message quoted in an error.
const QUOTE_CHARS: usize = 500;
const CONNECT_MS: u64 = 30_000;
/// Status of an error without one in a successful response.
const UNNAMED: u16 = 502;

/// HTTP clients: one with the system's certificates, created only if a model needs it, and one without any.
#[derive(Debug)]
pub(crate) struct Transport {
    plain: Client,
    tls: Option<Client>,
}

/// The address and headers that all requests to a model share.
#[derive(Debug)]
pub(crate) struct Endpoint {
    url: String,
    /// The address of the list of models.
    list_url: String,
    headers: HeaderMap,
}

impl Endpoint {
    pub(crate) fn new(model: &Model) -> Result<Self, ConfigError> {
        let field = |field, problem: String| ConfigError::Field { model: model.name.clone(), field, problem };
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        if model.api == Api::Anthropic {
            headers.insert("anthropic-version", HeaderValue::from_static(wire::ANTHROPIC_VERSION));
        }
        for (name, value) in &model.quirks.headers {
            let parsed =
                HeaderName::try_from(name.as_str()).ok().zip(HeaderValue::try_from(value.as_str()).ok());
            let (name, value) =
                parsed.ok_or_else(|| field("quirks.headers", format!("{name:?} is not a header")))?;
            headers.insert(name, value);
        }
        if let Some(key) = &model.key {
            let named = match (model.quirks.key_header.as_str(), model.api) {
                ("", Api::Anthropic) => "x-api-key",
                ("", Api::Openai | Api::Responses) => "bearer",
                (name, _) => name,
            };
            let (name, text) = match named {
                "bearer" => ("authorization", format!("Bearer {}", key.expose())),
                name => (name, key.expose().to_owned()),
            };
            let name = HeaderName::try_from(name)
                .map_err(|_| field("quirks.key-header", format!("{name:?} is not a header")))?;
            let mut value = HeaderValue::try_from(text).map_err(|_| {
                field("api-key", "the key contains characters that are not allowed in a header".to_owned())
            })?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        let (address, query) =
            model.base_url.split_once('?').map_or((&*model.base_url, None), |(a, q)| (a, Some(q)));
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        let list_url = format!("{address}/models{query}");
        Ok(Self { url: format!("{address}{}{query}", wire::path(model.api)), list_url, headers })
    }
}

/// Selects the cryptography provider of TLS for this process. Must be called before TLS is used; further calls have no effect.
pub fn install_tls() {
    // Fails if a provider is installed already, which is then the same one.
    drop(rustls::crypto::ring::default_provider().install_default());
}

impl Transport {
    pub(crate) fn new(needs_tls: bool) -> Result<Self, ConfigError> {
        let failed = |error: reqwest::Error| ConfigError::Client(error.to_string());
        install_tls();
        // A redirect would send the key to another host; a proxy would be read from the environment.
        let builder = || {
            Client::builder()
                .redirect(Policy::none())
                .no_proxy()
                .connect_timeout(Duration::from_millis(CONNECT_MS))
        };
        let plain = builder().tls_certs_only([]).build().map_err(failed)?;
        let tls = needs_tls.then(|| builder().build()).transpose().map_err(failed)?;
        Ok(Self { plain, tls })
    }

    fn client(&self, url: &str) -> &Client {
        match &self.tls {
            Some(tls) if url.starts_with("https:") => tls,
            _ => &self.plain,
        }
    }

    /// Requests the list of models once. Returns status and body, or a problem whose description contains neither address nor
    /// key.
    pub(crate) async fn list(&self, attempt: ListAttempt<'_>) -> Result<(u16, Vec<u8>), String> {
        let timeout_ms = attempt.model.timeout_ms.min(CONNECT_MS);
        let request = self
            .client(&attempt.endpoint.list_url)
            .get(&attempt.endpoint.list_url)
            .headers(attempt.endpoint.headers.clone())
            .timeout(Duration::from_millis(timeout_ms));
        let response = match request.send().await {
            Ok(response) => read(response).await,
            Err(error) => Err(network_fault(&error, timeout_ms)),
        };
        response.map(|response| (response.status.as_u16(), response.body)).map_err(|fault| fault.message)
    }

    /// Sends a request once.
    pub(crate) async fn send(&self, attempt: HttpAttempt<'_>, body: String) -> AttemptResult {
        let request = self
            .client(&attempt.endpoint.url)
            .post(&attempt.endpoint.url)
            .headers(attempt.endpoint.headers.clone())
            .timeout(Duration::from_millis(attempt.model.timeout_ms))
            .body(body);
        let response = match request.send().await {
            Ok(response) => read(response).await,
            Err(error) => Err(network_fault(&error, attempt.model.timeout_ms)),
        };
        match response {
            Ok(response) => interpret(&attempt, &response),
            Err(mut fault) => {
                fault.message = attempt.redactor.text(&fault.message);
                AttemptResult::fault(fault)
            }
        }
    }
}

/// The request for a list of models.
pub(crate) struct ListAttempt<'a> {
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) model: &'a Model,
}

/// The request of one attempt, and what is needed to interpret the response.
pub(crate) struct HttpAttempt<'a> {
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) model: &'a Model,
    pub(crate) request: &'a ChatRequest,
    pub(crate) redactor: &'a Redactor,
    pub(crate) clock: &'a dyn TimeSource,
}

/// A response that was received completely.
struct HttpResponse {
    status: StatusCode,
    content_type: String,
    /// Headers that may say how long to wait, with names in lower case.
    waits: BTreeMap<String, String>,
    body: Vec<u8>,
}

/// Reads a response and decompresses it if necessary.
async fn read(response: Response) -> Result<HttpResponse, ProviderFault> {
    let encoding = response.headers().get(CONTENT_ENCODING).and_then(|value| value.to_str().ok());
    let encoding = encoding.unwrap_or_default().to_owned();
    let mut response = read_packed(response).await?;
    let is_answer = response.status.is_success();
    let most = if is_answer { ANSWER_BYTES_MAX } else { REFUSAL_BYTES_MAX };
    response.body = match unpacked(std::mem::take(&mut response.body), &encoding, most) {
        Unpacked::Whole(body) => body,
        Unpacked::Longer(_) if is_answer => return Err(too_long()),
        Unpacked::Longer(body) => body,
        // For a refusal, the status is enough.
        Unpacked::Broken | Unpacked::Unknown if !is_answer => Vec::new(),
        Unpacked::Broken => {
            let text = "the connection broke off: the compressed answer has no end";
            return Err(ProviderFault::new(FaultKind::Connection, text));
        }
        Unpacked::Unknown => {
            let text = "the answer is compressed in a way that is not read, although none was asked for; a proxy \
                        in between may do it";
            return Err(ProviderFault::new(FaultKind::NotJson, text));
        }
    };
    if is_latin(&response.content_type) && std::str::from_utf8(&response.body).is_err() {
        response.body = response.body.iter().map(|byte| char::from(*byte)).collect::<String>().into_bytes();
    }
    Ok(response)
}

/// Returns whether a content type says that each byte is a character.
fn is_latin(content_type: &str) -> bool {
    let lower = content_type.to_ascii_lowercase();
    let charset = lower.split("charset=").nth(1).unwrap_or_default().trim_start_matches('"');
    ["iso-8859-1", "iso8859-1", "latin1", "latin-1"].iter().any(|name| charset.starts_with(name))
}

fn too_long() -> ProviderFault {
    let text = format!("the answer has more than {} MiB", ANSWER_BYTES_MAX >> 20);
    ProviderFault::new(FaultKind::NotJson, text)
}

async fn read_packed(mut response: Response) -> Result<HttpResponse, ProviderFault> {
    let header = |name| response.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let content_type = header(CONTENT_TYPE).unwrap_or_default().to_owned();
    let status = response.status();
    let waits = if status.is_success() { BTreeMap::new() } else { waits(response.headers()) };
    let most = if status.is_success() { ANSWER_BYTES_MAX } else { REFUSAL_BYTES_MAX };
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= most => body.extend_from_slice(&chunk),
            // For a refusal, the part that was read is enough.
            Ok(Some(_)) if !status.is_success() => {
                return Ok(HttpResponse { status, content_type, waits, body });
            }
            Ok(Some(_)) => return Err(too_long()),
            Ok(None) => return Ok(HttpResponse { status, content_type, waits, body }),
            Err(error) if error.is_timeout() => {
                return Err(ProviderFault::new(FaultKind::Timeout, "the answer did not end in time"));
            }
            Err(_) => {
                let text = format!("the connection broke off after {} bytes of the answer", body.len());
                return Err(ProviderFault::new(FaultKind::Connection, text));
            }
        }
    }
}

/// Returns the headers that say when to retry, and what is left of a limit.
fn waits(headers: &HeaderMap) -> BTreeMap<String, String> {
    let named = headers.iter().filter(|(name, _)| {
        let name = name.as_str();
        name.contains("retry-after") || name.contains("ratelimit") || name.contains("rate-limit")
    });
    named
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect()
}

/// Returns the fault of a request without a response. The error's own text is not used because it quotes the address.
fn network_fault(error: &reqwest::Error, timeout_ms: u64) -> ProviderFault {
    let mut deepest: &dyn std::error::Error = error;
    while let Some(cause) = deepest.source() {
        deepest = cause;
    }
    let said = deepest.to_string();
    if error.is_timeout() {
        ProviderFault::new(FaultKind::Timeout, format!("no answer within {timeout_ms} ms"))
    } else if error.is_connect()
        && ["InvalidContentType", "handshake eof"].iter().any(|sign| said.contains(sign))
    {
        let text = format!(
            "no connection: {said}; the address of a server without TLS begins with http:// instead of https://"
        );
        ProviderFault::new(FaultKind::Connection, text)
    } else if error.is_connect() {
        ProviderFault::new(FaultKind::Connection, format!("no connection: {said}"))
    } else {
        ProviderFault::new(FaultKind::Connection, format!("the connection broke off: {said}"))
    }
}

fn interpret(attempt: &HttpAttempt<'_>, response: &HttpResponse) -> AttemptResult {
    let read = wire::read(attempt.model.api, &response.body);
    if !response.status.is_success() {
        let json = read.map(|read| attempt.redactor.value(read.value));
        let fault = refusal(attempt, response, response.status.as_u16(), json.as_ref());
        if fault.kind == FaultKind::Refused && wire::is_cut_short(&fault.message) {
            return AttemptResult { usage: None, answer: Ok(ProviderAnswer::cut_short()) };
        }
        return with_generation(attempt, fault, json.as_ref());
    }
    let Some(read) = read else { return AttemptResult::fault(unreadable(attempt, response)) };
    let has_key = attempt.redactor.finds(&read.value);
    let json = attempt.redactor.value(read.value);
    let mut result = redact(attempt, wire::parse(attempt.model, attempt.request, &json));
    if let Err(fault) = &mut result.answer
        && fault.kind == FaultKind::NoMessage
    {
        fault.message = format!("{}: {}", fault.message, quote(attempt, response, None));
    }
    if let Some(error) = wire::error_in(&json) {
        // Some routers answer 200 and report the error of the provider behind them in the body.
        let body = serde_json::json!({ "error": error });
        let status = wire::error_content(&body).map_or(UNNAMED, |content| wire::status_within(&content));
        let fault = refusal(attempt, response, status, Some(&body));
        result.answer = with_generation(attempt, fault, Some(&body)).answer;
    } else if read.broken {
        let text = "the connection broke off: the stream has no end";
        result.answer = Err(ProviderFault::new(FaultKind::Connection, text));
    }
    if let Ok(answer) = &mut result.answer {
        answer.repairs.extend(read.replaced.then_some(Repair::Characters));
        answer.repairs.extend(has_key.then_some(Repair::KeyRemoved));
    }
    result
}

/// Returns the part of the model's answer that a refusal quotes: the call in it, if it can be read, or the fault with the answer
/// unchanged.
fn with_generation(
    attempt: &HttpAttempt<'_>,
    mut fault: ProviderFault,
    json: Option<&Value>,
) -> AttemptResult {
    if fault.kind != FaultKind::MalformedCall {
        return AttemptResult::fault(fault);
    }
    let text = json.and_then(wire::failed_generation).unwrap_or_default();
    let result = redact(attempt, wire::parse_text(attempt.model, attempt.request, text));
    match result.answer {
        Ok(answer) if answer.has_calls() => AttemptResult { usage: None, answer: Ok(answer) },
        Ok(answer) => {
            fault.answer = Some(Box::new(answer));
            AttemptResult::fault(fault)
        }
        Err(empty) => {
            fault.answer = empty.answer;
            AttemptResult::fault(fault)
        }
    }
}

/// Returns the fault of a successful response without a value.
fn unreadable(attempt: &HttpAttempt<'_>, response: &HttpResponse) -> ProviderFault {
    if wire::is_too_heavy(&response.body) {
        let text = format!("the answer has too many values in its {} bytes", response.body.len());
        return ProviderFault::new(FaultKind::NotJson, text);
    }
    if response.body.trim_ascii() == b"data: [DONE]" {
        let text = "the stream is empty, as servers send it where a conversation is longer than their window";
        return ProviderFault::new(FaultKind::NoMessage, text);
    }
    let media = response.content_type.split(';').next().unwrap_or_default().trim();
    let lower = media.to_ascii_lowercase();
    let quote = quote(attempt, response, None);
    if lower != "application/json" && !lower.ends_with("+json") && lower != "text/event-stream" {
        let media = attempt.redactor.text(media);
        let text = format!("the answer is {media:?}, not application/json: {quote}");
        return ProviderFault::new(FaultKind::ContentType, text);
    }
    ProviderFault::new(FaultKind::NotJson, format!("the answer is not JSON: {quote}"))
}

/// Redacts the parsed answer: arguments of calls are JSON within JSON, so a key in them may become visible only after parsing.
fn redact(attempt: &HttpAttempt<'_>, result: AttemptResult) -> AttemptResult {
    let clean = |answer: ProviderAnswer| {
        let message = serde_json::to_value(&answer.message).map(|value| attempt.redactor.value(value));
        let message = message.and_then(serde_json::from_value);
        let message = message.map_err(|error| ProviderFault::new(FaultKind::NotJson, error.to_string()))?;
        let thinking = answer.thinking.map(|text| attempt.redactor.text(&text));
        Ok(ProviderAnswer { message, thinking, ..answer })
    };
    AttemptResult { usage: result.usage, answer: result.answer.and_then(clean) }
}

/// Classifies a refusal by its status and text.
fn refusal(
    attempt: &HttpAttempt<'_>,
    response: &HttpResponse,
    status: u16,
    json: Option<&Value>,
) -> ProviderFault {
    let text = quote(attempt, response, json);
    let content = json.and_then(wire::error_content).unwrap_or_default();
    let mut whole = json.map_or_else(|| text.clone(), |json| format!("{text} {json}"));
    // An error within a successful answer can be as long as an answer.
    whole.truncate(whole.floor_char_boundary(REFUSAL_BYTES_MAX));
    let quirks = &attempt.model.quirks;
    let texts = FaultTexts { overflow: &quirks.overflow_texts, spent: &quirks.final_texts };
    let kind = wire::fault_kind(status, &content, &whole, texts);
    let wait = wire::wait_ms(&response.waits, json, &text, attempt.clock.unix_seconds());
    ProviderFault {
        status,
        retry_after_ms: wait.filter(|_| matches!(kind, FaultKind::RateLimited | FaultKind::Server)),
        param: content.param.clone(),
        ..ProviderFault::new(kind, format!("status {status}: {text}"))
    }
}

/// Quotes the provider's message, shortened and without keys. It is redacted before it is cut, so that no part of a key remains.
fn quote(attempt: &HttpAttempt<'_>, response: &HttpResponse, json: Option<&Value>) -> String {
    let text = json.and_then(wire::error_content).map(|content| content.message);
    let text = text
        .unwrap_or_else(|| wire::one_line(&attempt.redactor.beginning(&response.body, REFUSAL_BYTES_MAX)));
    let mut characters = text.chars();
    let mut quoted: String = characters.by_ref().take(QUOTE_CHARS).collect();
    if characters.next().is_some() {
        quoted.push('…');
    }
    quoted
}
