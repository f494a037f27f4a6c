//! Refusals and errors of providers: what they say, and which kind of fault it is.

use serde_json::Value;

use crate::fault::FaultKind;

/// The status of an error in a successful response that names none.
const UNNAMED: u16 = 502;
/// Bytes of each text of an error that are read.
const TEXT_BYTES_MAX: usize = 64 << 10;

/// The content of an error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ErrorContent {
    /// The message, with the code where it does not have it.
    pub(crate) message: String,
    /// The parameter that the error names.
    pub(crate) param: Option<String>,
    /// The status that its code, type or words mean.
    pub(crate) status: Option<u16>,
    /// Names of the quotas that were exceeded.
    pub(crate) quotas: Vec<String>,
}

/// Returns whether an `error` field reports an error. Some servers send an empty one beside an answer.
pub(crate) fn says_something(error: &Value) -> bool {
    match error {
        Value::Null | Value::Bool(false) => false,
        Value::Bool(true) | Value::Number(_) => error.as_u64() != Some(0),
        Value::String(text) => !matches!(text.trim(), "" | "null" | "none" | "None"),
        Value::Array(items) => items.iter().any(says_something),
        Value::Object(fields) => fields.values().any(says_something),
    }
}

/// Returns the error that a successful response reports, of its own or of its first choice.
pub(crate) fn error_in(body: &Value) -> Option<Value> {
    let says = |error: Option<&Value>| error.filter(|error| says_something(error)).cloned();
    let choice = body.pointer("/choices/0");
    let own = says(body.get("error")).or_else(|| choice.and_then(|choice| says(choice.get("error"))));
    let listed = || body.get(0).and_then(|first| says(first.get("error")));
    let typed = || (body["type"] == "error").then(|| body.clone());
    let failed = || {
        choice.filter(|choice| choice["finish_reason"] == "error").map(|choice| {
            let text = choice.pointer("/message/content").and_then(Value::as_str).unwrap_or_default();
            serde_json::json!({"message": format!("the answer ended with an error: {text}"), "code": UNNAMED})
        })
    };
    own.or_else(listed).or_else(typed).or_else(failed)
}

/// Reads an error: the body of a refusal, or the `error` of a body.
pub(crate) fn content(body: &Value) -> Option<ErrorContent> {
    let body = body.get(0).unwrap_or(body);
    let error = body.get("error").filter(|error| says_something(error)).unwrap_or(body);
    let text = |name: &str| {
        error.get(name).and_then(Value::as_str).map(clipped).filter(|text| !text.trim().is_empty())
    };
    let message = error
        .as_str()
        .map(|text| clipped(text).to_owned())
        .or_else(|| text("message").or_else(|| text("msg")).map(str::to_owned));
    let message = message.or_else(|| detail(error.get("detail")?)).or_else(|| detail(error.get("errors")?));
    let code =
        text("code").or_else(|| text("status")).or_else(|| text("type")).filter(|code| *code != "error");
    let message = match (message, code) {
        (Some(message), Some(code)) if !message.contains(code) => format!("{message} ({code})"),
        (Some(message), _) => message,
        (None, code) => code?.to_owned(),
    };
    // Routers quote the provider behind them.
    let raw =
        error.pointer("/metadata/raw").map(|raw| raw.as_str().map_or_else(|| raw.to_string(), str::to_owned));
    let raw = raw.map(|raw| clipped(&raw).to_owned());
    let message = raw
        .filter(|raw| !message.contains(raw.as_str()))
        .map_or(message.clone(), |raw| format!("{message}: {raw}"));
    let status = status(error, &message);
    let param = text("param").map(str::to_owned);
    Some(ErrorContent { message, param, status, quotas: quotas(error) })
}

/// Returns the beginning of a text.
fn clipped(text: &str) -> &str {
    &text[..text.floor_char_boundary(TEXT_BYTES_MAX)]
}

/// Returns the words of a list of defects: `[{"loc", "msg"}]`.
fn detail(detail: &Value) -> Option<String> {
    match detail {
        Value::String(text) => Some(clipped(text).to_owned()),
        Value::Array(items) => {
            let one = |item: &Value| {
                let said =
                    item.get("msg").or(item.get("message")).and_then(Value::as_str).or(item.as_str())?;
                let place: Vec<String> = item["loc"].as_array().into_iter().flatten().map(word).collect();
                Some(if place.is_empty() { said.to_owned() } else { format!("{}: {said}", place.join(".")) })
            };
            let said: Vec<String> = items.iter().filter_map(one).collect();
            (!said.is_empty()).then(|| clipped(&said.join("; ")).to_owned())
        }
        Value::Object(_) => content(detail).map(|content| content.message),
        _ => None,
    }
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn quotas(error: &Value) -> Vec<String> {
    let details = error["details"].as_array().into_iter().flatten();
    let violations = details.flat_map(|detail| detail["violations"].as_array().into_iter().flatten());
    violations
        .filter_map(|one| one["quotaId"].as_str().or(one["quotaMetric"].as_str()))
        .map(str::to_owned)
        .collect()
}

/// Returns the status that an error means.
fn status(error: &Value, message: &str) -> Option<u16> {
    let number = |value: &Value| {
        let code = value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())?;
        u16::try_from(code).ok().filter(|code| (400..600).contains(code))
    };
    let fields = ["code", "status", "http_code", "status_code", "type"];
    let named = || {
        let texts = fields.iter().filter_map(|name| error.get(*name).and_then(Value::as_str));
        texts.filter_map(named_status).next()
    };
    let lower = message.to_lowercase();
    let key = lower.contains("api key") || lower.contains("api_key") || lower.contains("credentials");
    let wrong = ["incorrect", "invalid", "missing", "no ", "not valid", "expired"]
        .iter()
        .any(|word| lower.contains(word));
    if key && wrong {
        return Some(401);
    }
    fields.iter().find_map(|name| error.get(*name).and_then(number)).or_else(named)
}

/// Returns the status of a code or type.
fn named_status(name: &str) -> Option<u16> {
    Some(match name.to_ascii_lowercase().as_str() {
        "invalid_api_key"
        | "authentication_error"
        | "unauthorized"
        | "unauthenticated"
        | "invalid_authentication_error" => 401,
        "payment_required" | "insufficient_balance" => 402,
        "permission_error" | "permission_denied" | "forbidden" => 403,
        "not_found_error" | "not_found" | "model_not_found" | "notfounderror" => 404,
        "request_too_large" => 413,
        "rate_limit_error"
        | "rate_limit_exceeded"
        | "rate_limit_reached_error"
        | "resource_exhausted"
        | "too_many_requests"
        | "insufficient_quota"
        | "exceeded_current_quota_error" => 429,
        "invalid_request_error"
        | "invalid_argument"
        | "bad_request"
        | "badrequesterror"
        | "context_length_exceeded"
        | "unsupported_parameter"
        | "unsupported_value"
        | "content_filter"
        | "invalid_value"
        | "failed_precondition" => 400,
        "overloaded_error" | "engine_overloaded_error" => 529,
        "unavailable" | "service_unavailable" => 503,
        "timeout" | "timeout_error" | "deadline_exceeded" => 504,
        "server_error" | "api_error" | "internal_server_error" | "internal" | "internalservererror" => 500,
        _ => return None,
    })
}

/// The words of a provider that decide between kinds of faults.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FaultTexts<'a> {
    /// Words of a conversation that is too long, in lower case.
    pub(crate) overflow: &'a [String],
    /// Words of a limit that waiting does not lift, in lower case.
    pub(crate) spent: &'a [String],
}

/// Returns the kind of a refusal.
pub(crate) fn kind(status: u16, content: &ErrorContent, whole: &str, texts: FaultTexts<'_>) -> FaultKind {
    let lower = whole.to_lowercase();
    let says = |texts: &[String]| texts.iter().any(|text| lower.contains(text.as_str()));
    match status {
        429 if is_spent(content, &lower, texts.spent) => FaultKind::Refused,
        429 => FaultKind::RateLimited,
        400..=499 if is_filter(&lower) => FaultKind::Filtered,
        400 | 413 | 422 | 500 if says(texts.overflow) => FaultKind::ContextOverflow,
        500 if lower.contains("must be at the beginning") => FaultKind::Refused,
        408 | 409 | 425 | 500.. => FaultKind::Server,
        _ => FaultKind::Refused,
    }
}

/// Returns whether a limit is one that waiting does not lift: a quota of a day or of an account, and not of a minute.
fn is_spent(content: &ErrorContent, lower: &str, spent: &[String]) -> bool {
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let daily = |text: &str| text.to_lowercase().replace([' ', '_', '-'], "").contains("perday");
    if !content.quotas.is_empty() {
        return content.quotas.iter().any(|quota| daily(quota));
    }
    if has(&[
        "per minute",
        "perminute",
        "per-minute",
        "(rpm)",
        "(tpm)",
        "per second",
        "persecond",
        "retry in",
        "again in",
    ]) {
        return daily(lower) && !has(&["per minute", "perminute", "(rpm)", "(tpm)"])
            || has(&["insufficient_quota"]);
    }
    daily(lower)
        || has(&["daily limit", "(rpd)", "(tpd)", "insufficient balance"])
        || spent.iter().any(|text| lower.contains(text.as_str()))
}

/// Returns whether a filter refused the content.
fn is_filter(lower: &str) -> bool {
    [
        "content_filter",
        "content management policy",
        "responsibleaipolicyviolation",
        "content_policy_violation",
        "safety system",
        "prohibited_content",
        "data_inspection_failed",
        "content exists risk",
    ]
    .iter()
    .any(|words| lower.contains(words))
}

/// Returns the status of an error in a successful response.
pub(crate) fn status_within(content: &ErrorContent) -> u16 {
    content.status.unwrap_or(UNNAMED)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_error_is_one_only_if_it_says_something() {
        for nothing in [
            json!(null),
            json!(""),
            json!({}),
            json!(false),
            json!([]),
            json!({"message": "", "code": null}),
            json!("null"),
        ] {
            assert!(!says_something(&nothing), "{nothing}");
        }
        for error in
            [json!("no"), json!({"message": "no"}), json!({"code": 500}), json!(true), json!([{"a": "b"}])]
        {
            assert!(says_something(&error), "{error}");
        }
    }

    #[test]
    fn errors_have_a_status_of_their_own() {
        for (body, status) in [
            (json!({"error": {"code": 503, "message": "m"}}), Some(503)),
            (json!({"error": {"code": "429", "message": "m"}}), Some(429)),
            (
                json!({"error": {"code": "invalid_api_key", "type": "invalid_request_error", "message": "m"}}),
                Some(401),
            ),
            (
                json!({"error": {"type": "invalid_request_error", "message": "Incorrect API key provided"}}),
                Some(401),
            ),
            (json!({"error": {"type": "overloaded_error", "message": "m"}}), Some(529)),
            (json!({"error": {"status": "RESOURCE_EXHAUSTED", "message": "m"}}), Some(429)),
            (json!({"error": {"message": "m"}}), None),
        ] {
            assert_eq!(content(&body).unwrap().status, status, "{body}");
        }
    }

    #[test]
    fn limits_of_a_minute_pass_and_those_of_a_day_stay() {
        let spent = ["exceeded your current quota".to_owned(), "insufficient_quota".to_owned()];
        let texts = FaultTexts { overflow: &[], spent: &spent };
        let quota = |id: &str| json!({"error": {"message": "You exceeded your current quota", "details": [{"violations": [{"quotaId": id}]}]}});
        for (body, expected) in [
            (quota("GenerateRequestsPerMinutePerProjectPerModel-FreeTier"), FaultKind::RateLimited),
            (quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier"), FaultKind::Refused),
            (
                json!({"error": {"message": "You exceeded your current quota, check your billing"}}),
                FaultKind::Refused,
            ),
            (
                json!({"error": {"message": "You exceeded your current quota. Please retry in 2.1s."}}),
                FaultKind::RateLimited,
            ),
            (json!({"error": {"message": "Rate limit reached: tokens per day"}}), FaultKind::Refused),
            (
                json!({"error": {"message": "on tokens per day (TPD): try again in 7m12s"}}),
                FaultKind::Refused,
            ),
            (
                json!({"error": {"message": "on requests per minute (RPM): try again in 2s"}}),
                FaultKind::RateLimited,
            ),
            (json!({"error": {"message": "slow"}}), FaultKind::RateLimited),
        ] {
            let content = content(&body).unwrap();
            assert_eq!(kind(429, &content, &content.message, texts), expected, "{body}");
        }
        let filtered = "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.";
        assert_eq!(kind(400, &ErrorContent::default(), filtered, texts), FaultKind::Filtered);
    }
}
