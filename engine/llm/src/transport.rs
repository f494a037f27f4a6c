//! One attempt over HTTP. The only file that sends anything; what comes back has no keys in it.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use serde_json::Value;

use crate::config::Api;
use crate::error::ConfigError;
use crate::fault::{Attempt, Fault, FaultKind, Said};
use crate::redact::Redactor;
use crate::registry::Model;
use crate::retry::retry_after_ms;
use crate::time_source::TimeSource;
use crate::types::ChatRequest;
use crate::wire;

/// Bytes of an answer; a longer one is no answer of a model.
const ANSWER_BYTES_MAX: usize = 32 << 20;
/// Characters of a provider's text that an error quotes.
const QUOTE_CHARS: usize = 500;
const CONNECT_MS: u64 = 30_000;

/// HTTP clients: one that knows the system's certificates, made only if a model needs it, and one without any.
#[derive(Debug)]
pub(crate) struct Transport {
    plain: Client,
    tls: Option<Client>,
}

/// A model with what every request to it has in common.
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
                parsed.ok_or_else(|| field("quirks.headers", format!("{name}: not a header")))?;
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
                field("api-key", "the key has characters that a header cannot have".to_owned())
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
        // A second one in the same process finds the first one's; they are the same.
        drop(rustls::crypto::ring::default_provider().install_default());
        // Redirects would carry the key to another host, and proxies are an affair of the environment.
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

    /// Asks once.
    pub(crate) async fn ask(&self, ask: Ask<'_>) -> Attempt {
        let client = match &self.tls {
            Some(tls) if ask.endpoint.url.starts_with("https:") => tls,
            _ => &self.plain,
        };
        let body = wire::body(ask.model, ask.request, ask.max_tokens).to_string();
        let request = client
            .post(&ask.endpoint.url)
            .headers(ask.endpoint.headers.clone())
            .timeout(Duration::from_millis(ask.model.timeout_ms))
            .body(body);
        let answer = match request.send().await {
            Ok(response) => read(response).await,
            Err(error) => Err(network(&error, ask.model.timeout_ms)),
        };
        match answer {
            Ok(answer) => understand(&ask, &answer),
            Err(mut fault) => {
                fault.message = ask.redactor.text(&fault.message);
                Attempt::fault(fault)
            }
        }
    }
}

/// What one attempt needs.
pub(crate) struct Ask<'a> {
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) model: &'a Model,
    pub(crate) request: &'a ChatRequest,
    pub(crate) max_tokens: u64,
    pub(crate) redactor: &'a Redactor,
    pub(crate) clock: &'a dyn TimeSource,
}

struct Answer {
    status: StatusCode,
    content_type: String,
    retry_after: Option<String>,
    body: Vec<u8>,
}

async fn read(mut response: Response) -> Result<Answer, Fault> {
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
                return Err(Fault::new(FaultKind::NotJson, text));
            }
            Ok(None) => return Ok(Answer { status, content_type, retry_after, body }),
            Err(error) if error.is_timeout() => {
                return Err(Fault::new(FaultKind::Timeout, "the answer did not end in time"));
            }
            Err(_) => {
                let text = format!("the connection broke off after {} bytes of the answer", body.len());
                return Err(Fault::new(FaultKind::Connection, text));
            }
        }
    }
}

/// A request that got no answer. The error's own text would quote the address.
fn network(error: &reqwest::Error, timeout_ms: u64) -> Fault {
    let mut deepest: &dyn std::error::Error = error;
    while let Some(cause) = deepest.source() {
        deepest = cause;
    }
    if error.is_timeout() {
        Fault::new(FaultKind::Timeout, format!("no answer within {timeout_ms} ms"))
    } else if error.is_connect() {
        Fault::new(FaultKind::Connection, format!("no connection: {deepest}"))
    } else {
        Fault::new(FaultKind::Connection, format!("the connection broke off: {deepest}"))
    }
}

fn understand(ask: &Ask<'_>, answer: &Answer) -> Attempt {
    let status = answer.status.as_u16();
    let json: Option<Value> = serde_json::from_slice(&answer.body).ok();
    let json = json.map(|value| ask.redactor.value(value));
    if answer.status.is_success() {
        let media = answer.content_type.split(';').next().unwrap_or_default().trim();
        let lower = media.to_ascii_lowercase();
        if lower != "application/json" && !lower.ends_with("+json") {
            let media = ask.redactor.text(media);
            let text = format!("the answer is {media:?}, not application/json: {}", quote(ask, answer, None));
            return Attempt::fault(Fault::new(FaultKind::ContentType, text));
        }
        let Some(json) = json else {
            let text = format!("the answer is no JSON: {}", quote(ask, answer, None));
            return Attempt::fault(Fault::new(FaultKind::NotJson, text));
        };
        if json.get("error").is_none_or(Value::is_null) {
            return clean(ask, wire::parse(ask.model, ask.request, &json));
        }
        // Some routers answer 200 and put what happened behind it into the body.
        let code =
            json.pointer("/error/code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
        let fault = refusal(ask, answer, code.filter(|code| *code >= 400).unwrap_or(502), Some(&json));
        return Attempt { result: Err(fault), ..wire::parse(ask.model, ask.request, &json) };
    }
    Attempt::fault(refusal(ask, answer, status, json.as_ref()))
}

/// Arguments of calls are JSON within JSON, so that a key in them may show only now.
fn clean(ask: &Ask<'_>, attempt: Attempt) -> Attempt {
    let Attempt { usage, result } = attempt;
    let result = result.and_then(|said| {
        let message = serde_json::to_value(&said.message).map(|value| ask.redactor.value(value));
        let message = message.and_then(serde_json::from_value);
        let message = message.map_err(|error| Fault::new(FaultKind::NotJson, error.to_string()))?;
        let thinking = said.thinking.map(|text| ask.redactor.text(&text));
        Ok(Said { message, thinking, ..said })
    });
    Attempt { usage, result }
}

/// A fault by its status and text.
fn refusal(ask: &Ask<'_>, answer: &Answer, status: u16, json: Option<&Value>) -> Fault {
    let text = quote(ask, answer, json);
    let lower = text.to_lowercase();
    let says = |texts: &[String]| texts.iter().any(|text| lower.contains(text.as_str()));
    let kind = match status {
        429 if says(&ask.model.quirks.final_texts) => FaultKind::Refused,
        429 => FaultKind::RateLimited,
        408 | 409 | 425 | 500.. => FaultKind::Server,
        400 | 413 | 422 if says(&ask.model.quirks.overflow_texts) => FaultKind::ContextOverflow,
        _ => FaultKind::Refused,
    };
    let retry_after = answer.retry_after.as_deref();
    Fault {
        kind,
        status,
        message: format!("status {status}: {text}"),
        retry_after_ms: retry_after.and_then(|header| retry_after_ms(header, ask.clock.unix_seconds())),
    }
}

/// What the provider says, shortened and without keys. It is cleaned before it is cut, so that no part of a key is left.
fn quote(ask: &Ask<'_>, answer: &Answer, json: Option<&Value>) -> String {
    let text = json.and_then(wire::error_text);
    let text = text.unwrap_or_else(|| ask.redactor.text(&String::from_utf8_lossy(&answer.body)));
    let mut characters = text.chars();
    let mut quoted: String = characters.by_ref().take(QUOTE_CHARS).collect();
    if characters.next().is_some() {
        quoted.push('…');
    }
    quoted
}
