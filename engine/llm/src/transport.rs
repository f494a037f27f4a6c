//! One attempt over HTTP. The only file that sends anything; its results contain no keys.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use serde_json::Value;

use crate::config::Api;
use crate::error::ConfigError;
use crate::fault::{AttemptResult, FaultKind, ProviderAnswer, ProviderFault};
use crate::redact::Redactor;
use crate::registry::Model;
use crate::retry::retry_after_ms;
use crate::time_source::TimeSource;
use crate::types::ChatRequest;
use crate::wire;

/// Maximum bytes of an answer.
const ANSWER_BYTES_MAX: usize = 32 << 20;
/// Characters of a provider's message quoted in an error.
const QUOTE_CHARS: usize = 500;
const CONNECT_MS: u64 = 30_000;

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
    headers: HeaderMap,
}

impl Endpoint {
    pub(crate) fn new(model: &Model) -> Result<Self, ConfigError> {
        let field = |field, problem: String| ConfigError::Field { model: model.name.clone(), field, problem };
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
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
                ("", Api::Openai) => "bearer",
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
        Ok(Self { url: format!("{}{}", model.base_url, wire::path(model.api)), headers })
    }
}

impl Transport {
    pub(crate) fn new(needs_tls: bool) -> Result<Self, ConfigError> {
        let failed = |error: reqwest::Error| ConfigError::Client(error.to_string());
        // Fails if a provider is installed already, which is then the same one.
        drop(rustls::crypto::ring::default_provider().install_default());
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

    /// Sends a request once.
    pub(crate) async fn send(&self, attempt: HttpAttempt<'_>) -> AttemptResult {
        let client = match &self.tls {
            Some(tls) if attempt.endpoint.url.starts_with("https:") => tls,
            _ => &self.plain,
        };
        let body = wire::body(attempt.model, attempt.request, attempt.max_tokens).to_string();
        let request = client
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

/// The request of one attempt, and what is needed to interpret the response.
pub(crate) struct HttpAttempt<'a> {
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) model: &'a Model,
    pub(crate) request: &'a ChatRequest,
    pub(crate) max_tokens: u64,
    pub(crate) redactor: &'a Redactor,
    pub(crate) clock: &'a dyn TimeSource,
}

/// A response that was received completely.
struct HttpResponse {
    status: StatusCode,
    content_type: String,
    retry_after: Option<String>,
    body: Vec<u8>,
}

async fn read(mut response: Response) -> Result<HttpResponse, ProviderFault> {
    let header = |name| response.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let content_type = header(CONTENT_TYPE).unwrap_or_default().to_owned();
    let retry_after = header(RETRY_AFTER).map(str::to_owned);
    let status = response.status();
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= ANSWER_BYTES_MAX => body.extend_from_slice(&chunk),
            Ok(Some(_)) => {
                let text = format!("the answer has more than {} MiB", ANSWER_BYTES_MAX >> 20);
                return Err(ProviderFault::new(FaultKind::NotJson, text));
            }
            Ok(None) => return Ok(HttpResponse { status, content_type, retry_after, body }),
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

/// Returns the fault of a request without a response. The error's own text is not used because it quotes the address.
fn network_fault(error: &reqwest::Error, timeout_ms: u64) -> ProviderFault {
    let mut deepest: &dyn std::error::Error = error;
    while let Some(cause) = deepest.source() {
        deepest = cause;
    }
    if error.is_timeout() {
        ProviderFault::new(FaultKind::Timeout, format!("no answer within {timeout_ms} ms"))
    } else if error.is_connect() {
        ProviderFault::new(FaultKind::Connection, format!("no connection: {deepest}"))
    } else {
        ProviderFault::new(FaultKind::Connection, format!("the connection broke off: {deepest}"))
    }
}

fn interpret(attempt: &HttpAttempt<'_>, response: &HttpResponse) -> AttemptResult {
    let status = response.status.as_u16();
    let json: Option<Value> = serde_json::from_slice(&response.body).ok();
    let json = json.map(|value| attempt.redactor.value(value));
    if response.status.is_success() {
        let media = response.content_type.split(';').next().unwrap_or_default().trim();
        let lower = media.to_ascii_lowercase();
        if lower != "application/json" && !lower.ends_with("+json") {
            let media = attempt.redactor.text(media);
            let text =
                format!("the answer is {media:?}, not application/json: {}", quote(attempt, response, None));
            return AttemptResult::fault(ProviderFault::new(FaultKind::ContentType, text));
        }
        let Some(json) = json else {
            let text = format!("the answer is not JSON: {}", quote(attempt, response, None));
            return AttemptResult::fault(ProviderFault::new(FaultKind::NotJson, text));
        };
        if json.get("error").is_none_or(Value::is_null) {
            return redact(attempt, wire::parse(attempt.model, attempt.request, &json));
        }
        // Some routers answer 200 and report the error of the provider behind them in the body.
        let code =
            json.pointer("/error/code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
        let fault = refusal(attempt, response, code.filter(|code| *code >= 400).unwrap_or(502), Some(&json));
        return AttemptResult { answer: Err(fault), ..wire::parse(attempt.model, attempt.request, &json) };
    }
    AttemptResult::fault(refusal(attempt, response, status, json.as_ref()))
}

/// Redacts the parsed answer: arguments of calls are JSON within JSON, so a key in them may become visible only now.
fn redact(attempt: &HttpAttempt<'_>, result: AttemptResult) -> AttemptResult {
    let AttemptResult { usage, answer } = result;
    let answer = answer.and_then(|answer| {
        let message = serde_json::to_value(&answer.message).map(|value| attempt.redactor.value(value));
        let message = message.and_then(serde_json::from_value);
        let message = message.map_err(|error| ProviderFault::new(FaultKind::NotJson, error.to_string()))?;
        let thinking = answer.thinking.map(|text| attempt.redactor.text(&text));
        Ok(ProviderAnswer { message, thinking, ..answer })
    });
    AttemptResult { usage, answer }
}

/// Classifies a refusal by its status and text.
fn refusal(
    attempt: &HttpAttempt<'_>,
    response: &HttpResponse,
    status: u16,
    json: Option<&Value>,
) -> ProviderFault {
    let text = quote(attempt, response, json);
    let lower = text.to_lowercase();
    let says = |texts: &[String]| texts.iter().any(|text| lower.contains(text.as_str()));
    let kind = match status {
        429 if says(&attempt.model.quirks.final_texts) => FaultKind::Refused,
        429 => FaultKind::RateLimited,
        408 | 409 | 425 | 500.. => FaultKind::Server,
        400 | 413 | 422 if says(&attempt.model.quirks.overflow_texts) => FaultKind::ContextOverflow,
        _ => FaultKind::Refused,
    };
    let retry_after = response.retry_after.as_deref();
    ProviderFault {
        kind,
        status,
        message: format!("status {status}: {text}"),
        retry_after_ms: retry_after.and_then(|header| retry_after_ms(header, attempt.clock.unix_seconds())),
    }
}

/// Quotes the provider's message, shortened and without keys. It is redacted before it is cut, so that no part of a key remains.
fn quote(attempt: &HttpAttempt<'_>, response: &HttpResponse, json: Option<&Value>) -> String {
    let text = json.and_then(wire::error_text);
    let text = text.unwrap_or_else(|| attempt.redactor.text(&String::from_utf8_lossy(&response.body)));
    let mut characters = text.chars();
    let mut quoted: String = characters.by_ref().take(QUOTE_CHARS).collect();
    if characters.next().is_some() {
        quoted.push('…');
    }
    quoted
}
