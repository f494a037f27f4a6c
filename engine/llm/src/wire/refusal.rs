//! Refusals and errors of providers: their text, and the kind of fault.

use serde_json::{Map, Value};

/// The status of an error in a successful response that names none.
const UNNAMED: u16 = 502;
/// Maximum number of bytes that are read of each text in an error.
const TEXT_BYTES_MAX: usize = 64 << 10;

/// The content of an error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ErrorContent {
    /// The message, including the code unless it already contains it.
    pub(crate) message: String,
    /// The parameter that the error names.
    pub(crate) param: Option<String>,
    /// The status implied by its code, type or words.
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
        Value::Object(fields) => !is_success(fields) && fields.values().any(says_something),
    }
}

/// Returns whether an error says that there is no error.
fn is_success(fields: &Map<String, Value>) -> bool {
    let code = fields.get("code").or_else(|| fields.get("status"));
    let fine = code.is_some_and(|code| {
        matches!(code.as_u64(), Some(0 | 200))
            || matches!(code.as_str(), Some("0" | "200" | "ok" | "OK" | "success"))
    });
    let says =
        fields.get("message").or_else(|| fields.get("msg")).and_then(Value::as_str).unwrap_or_default();
    fine && matches!(says.trim().to_ascii_lowercase().as_str(), "" | "success" | "ok" | "succeeded" | "none")
}

/// Returns the error in a body without an answer, in the formats of gateways: the body itself.
fn bare_error(body: &Value) -> Option<Value> {
    let answers = ["choices", "content", "output"].iter().any(|name| body[*name].is_array())
        || body["message"].is_object();
    let fields = body.as_object().filter(|_| !answers)?;
    let code = |value: &Value| value.as_i64().or_else(|| value.as_str()?.trim().parse().ok());
    if let Some(inner) =
        fields.get("base_resp").filter(|inner| code(&inner["status_code"]).is_some_and(|code| code != 0))
    {
        let number = code(&inner["status_code"]).unwrap_or_default();
        // The codes of MiniMax.
        let status = match number {
            1004 | 2049 => 401,
            1008 => 402,
            1002 | 1039 | 1041 => 429,
            1026 | 1027 | 2013 => 400,
            _ => UNNAMED,
        };
        let filtered = if matches!(number, 1026 | 1027) { "sensitive content: " } else { "" };
        let said = inner["status_msg"].as_str().unwrap_or("no message");
        return Some(serde_json::json!({"message": format!("{filtered}{said} ({number})"), "code": status}));
    }
    let said = ["message", "msg", "detail", "error_msg", "error_message", "errors"]
        .iter()
        .any(|name| fields.get(*name).is_some_and(says_something));
    said.then(|| body.clone())
}

/// Returns the error that a successful response reports, either at the top level or in its first choice.
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
    own.or_else(listed).or_else(typed).or_else(failed).or_else(|| bare_error(body))
}

/// Reads an error: the body of a refusal, or the `error` of a body.
pub(crate) fn content(body: &Value) -> Option<ErrorContent> {
    let body = body.get(0).unwrap_or(body);
    let error = body.get("error").filter(|error| says_something(error)).unwrap_or(body);
    let text = |name: &str| {
        error.get(name).and_then(Value::as_str).map(clipped).filter(|text| !text.trim().is_empty())
    };
    let message = error.as_str().map(|text| clipped(text).to_owned()).or_else(|| {
        ["message", "msg", "error_msg", "error_message"].iter().find_map(|name| text(name)).map(str::to_owned)
    });
    let listed = ["message", "detail", "errors"].iter().find_map(|name| detail(error.get(*name)?));
    let message = message.or(listed);
    // Routers pass on the text of the provider behind them unchanged.
    let quoted = message.as_deref().and_then(quoted_error);
    let message = quoted.as_ref().and_then(content).map(|inner| inner.message).or(message);
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
    let behind = raw.as_deref().and_then(quoted_error).or(quoted);
    let behind = behind.and_then(|inner| status(inner.get(0).unwrap_or(&inner).get("error")?, ""));
    let message = raw
        .filter(|raw| !message.contains(raw.as_str()))
        .map_or(message.clone(), |raw| format!("{message}: {raw}"));
    let message = one_line(&message);
    // A router that refuses may do so on behalf of a provider that is only busy.
    let own = status(error, &message);
    let status = if matches!(own, None | Some(400)) { behind.or(own) } else { own };
    let param = text("param").map(str::to_owned);
    Some(ErrorContent { message, param, status, quotas: quotas(error) })
}

/// Returns the error that a text contains as JSON.
fn quoted_error(text: &str) -> Option<Value> {
    let text = text.trim();
    text.starts_with(['{', '[']).then(|| serde_json::from_str(text).ok()).flatten()
}

/// Returns a text with all white space replaced by single spaces, so that a message is one line.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns the beginning of a text.
fn clipped(text: &str) -> &str {
    &text[..text.floor_char_boundary(TEXT_BYTES_MAX)]
}

/// Returns the words in a list of defects: `[{"loc", "msg"}]`.
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

/// Returns the status that an error implies.
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
    let key = [
        "api key",
        "api_key",
        "api-key",
        "credentials",
        "token expired",
        "authentication error",
        "api secret key",
    ]
    .iter()
    .any(|words| lower.contains(words));
    let wrong = [
        "incorrect",
        "invalid",
        "missing",
        "no ",
        "not valid",
        "expired",
        "authentication error",
        "login fail",
    ]
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

/// Returns the text that the model wrote, if the server could not read its call.
pub(crate) fn failed_generation(body: &Value) -> Option<&str> {
    let error = body.get(0).unwrap_or(body);
    error.pointer("/error/failed_generation").or_else(|| error.get("failed_generation"))?.as_str()
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
    fn errors_in_a_successful_answer_have_many_shapes() {
        for (body, status) in [
            (
                json!({"choices": null, "base_resp": {"status_code": 1004, "status_msg": "login fail"}}),
                Some(401),
            ),
            (
                json!({"choices": null, "base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}}),
                Some(402),
            ),
            (json!({"code": 401, "msg": "token expired or incorrect", "success": false}), Some(401)),
            (
                json!({"success": false, "errors": [{"code": 10000, "message": "Authentication error"}]}),
                Some(401),
            ),
            (json!({"detail": "Invalid API key"}), Some(401)),
            (
                json!({"object": "error", "message": "EngineCore encountered an issue", "code": 500}),
                Some(500),
            ),
            (json!({"error": "Invalid API key"}), Some(401)),
            (json!({"status": "error", "message": "Invalid API key"}), Some(401)),
            (json!({"error_code": 18, "error_msg": "Open api qps request limit reached"}), None),
        ] {
            let error = error_in(&body).unwrap_or_else(|| panic!("{body}"));
            let content = content(&json!({ "error": error })).unwrap_or_else(|| panic!("{body}"));
            assert_eq!(content.status, status, "{body}: {}", content.message);
        }
        let answer = json!([{"message": {"content": "a"}}]);
        for fine in [
            json!({"choices": answer, "error": {"code": 0, "message": "success"}}),
            json!({"choices": answer, "error": {"code": 200, "message": "OK"}}),
            json!({"choices": answer, "base_resp": {"status_code": 0, "status_msg": ""}}),
            json!({"choices": answer, "code": 1, "message": "x"}),
            json!({"message": {"content": "a"}, "done": true}),
            json!({"content": [], "message": ""}),
        ] {
            assert_eq!(error_in(&fine), None, "{fine}");
        }
    }

    #[test]
    fn an_error_in_the_message_is_read() {
        let inner =
            json!({"error": {"code": 429, "message": "Resource exhausted", "status": "RESOURCE_EXHAUSTED"}});
        let body = json!({"error": {"message": format!("{inner:#}\n"), "code": 400}});
        let content = content(&body).unwrap();
        assert_eq!(
            (&*content.message, content.status),
            ("Resource exhausted (RESOURCE_EXHAUSTED)", Some(429))
        );
        let other = json!({"error": {"message": "{not JSON", "code": 400}});
        assert_eq!(super::content(&other).unwrap().message, "{not JSON");
    }

    #[test]
    fn a_message_is_one_line() {
        let body = json!({"error": {"message": "You exceeded your quota.\n* limit: 10\r\n\tRetry  later."}});
        assert_eq!(content(&body).unwrap().message, "You exceeded your quota. * limit: 10 Retry later.");
    }

    #[test]
    fn words_are_found_in_lists_and_objects() {
        let defects = json!([{"loc": ["body", "temperature"], "msg": "Extra inputs are not permitted"}]);
        for body in [
            json!({"message": {"detail": defects}, "type": "invalid_request_error"}),
            json!({"detail": defects}),
            json!({"error": {"message": {"detail": defects}}}),
            json!({"errors": defects}),
            json!({"message": {"message": "body.temperature: Extra inputs are not permitted"}}),
        ] {
            let message = content(&body).unwrap().message;
            assert!(message.contains("temperature: Extra inputs are not permitted"), "{body}: {message}");
        }
    }
}
