//! Kinds of refusals, by status, error and words: temporary ones, those that concern the conversation, and all others.

use super::refusal::ErrorContent;
use crate::fault::FaultKind;

/// The words of a provider that distinguish kinds of faults.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FaultTexts<'a> {
    /// Words for a conversation that is too long, in lower case.
    pub(crate) overflow: &'a [String],
    /// Words for a limit that waiting does not lift, in lower case.
    pub(crate) spent: &'a [String],
}

/// Returns the kind of a refusal. Unless it is known to concern the conversation, a refusal concerns the account, the server or
/// the request, and says nothing about the caller.
pub(crate) fn kind(status: u16, content: &ErrorContent, whole: &str, texts: FaultTexts<'_>) -> FaultKind {
    let lower = whole.to_lowercase();
    let says = |texts: &[String]| texts.iter().any(|text| lower.contains(text.as_str()));
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    // The status of some servers says less than the error in the body.
    let limited = status == 429 || status == 400 && content.status == Some(429);
    match status {
        _ if limited && is_spent(content, &lower, texts.spent) => FaultKind::Refused,
        400..=499 if is_filter(&lower) => FaultKind::Filtered,
        400 | 422 | 500 | 502 if has(&MALFORMED) => FaultKind::MalformedCall,
        400 | 413 | 422 | 500 if says(texts.overflow) => FaultKind::ContextOverflow,
        // An error without its own status, in a stream that had already begun.
        502 if says(texts.overflow) && !content.message.is_empty() => FaultKind::ContextOverflow,
        // More than a minute allows, so waiting does not help.
        429 if has(&["must be reduced in order to run"]) => FaultKind::ContextOverflow,
        _ if limited => FaultKind::RateLimited,
        500 if has(&OF_THE_FORM) => FaultKind::Refused,
        400 if has(&["try again in ", "retry in ", "retry after "]) && !has(&OF_THE_ACCOUNT) => {
            FaultKind::RateLimited
        }
        400 if matches!(content.status, Some(502..=504 | 529)) => FaultKind::Server,
        408 | 409 | 424 | 425 | 498 | 499 | 500.. => FaultKind::Server,
        _ => FaultKind::Refused,
    }
}

/// Returns whether a refusal says that the answer reached its limit before its first word, as happens with a model that thinks.
pub(crate) fn is_cut_short(text: &str) -> bool {
    text.to_lowercase().contains("could not finish the message because max_tokens or model output limit")
}

/// Words of a server that fails because of the form of the request.
const OF_THE_FORM: [&str; 9] = [
    "must be at the beginning",
    "must alternate",
    "role not supported",
    "jinja exception",
    "--jinja",
    "requires jinja",
    "tools param requires",
    "only support stream",
    "single tool-call",
];
/// Words about an account for which waiting does not help.
const OF_THE_ACCOUNT: [&str; 4] = ["credit", "billing", "balance", "arrear"];
/// Words of a server that could not read the call that its model wrote.
const MALFORMED: [&str; 5] = [
    "tool_use_failed",
    "failed_generation",
    "tool call validation failed",
    "error parsing tool call",
    "malformed_function_call",
];

/// Returns whether waiting does not lift a limit: it is a quota of a day or of an account, and not of a minute.
fn is_spent(content: &ErrorContent, lower: &str, spent: &[String]) -> bool {
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let daily = |text: &str| text.to_lowercase().replace([' ', '_', '-'], "").contains("perday");
    // A limit of 0, for a model that the account may not use.
    if lower.split("limit: 0").skip(1).any(|rest| !rest.starts_with(|c: char| c.is_ascii_digit() || c == '.'))
    {
        return true;
    }
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
        "content filter",
        "content-filter",
        "content management policy",
        "content moderation",
        "responsibleaipolicyviolation",
        "content_policy_violation",
        "violating our usage policy",
        "violates our usage policy",
        "violating our content policy",
        "usage policies",
        "invalid_prompt",
        "your input was flagged",
        "prompt was flagged",
        "has been flagged",
        "flagged_input",
        "safety system",
        "safety filter",
        "safety_check",
        "prohibited_content",
        "blocked by safety",
        "data_inspection_failed",
        "datainspectionfailed",
        "inappropriate content",
        "sensitive content",
        "content exists risk",
        "\"1301\"",
        "敏感内容",
        "new_sensitive",
    ]
    .iter()
    .any(|words| lower.contains(words))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::refusal::content;
    use super::*;

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
            (
                json!({"error": {"message": "Quota exceeded for metric: requests, limit: 0, model: m. Please retry in 34.5s."}}),
                FaultKind::Refused,
            ),
            (
                json!({"error": {"message": "Quota exceeded for metric: requests, limit: 0.5. Please retry in 34.5s."}}),
                FaultKind::RateLimited,
            ),
        ] {
            let content = content(&body).unwrap();
            assert_eq!(kind(429, &content, &content.message, texts), expected, "{body}");
        }
        let filtered = "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.";
        assert_eq!(kind(400, &ErrorContent::default(), filtered, texts), FaultKind::Filtered);
    }

    fn of(status: u16, text: &str) -> FaultKind {
        let overflow = crate::config::Quirks::default().overflow_texts;
        let spent = crate::config::Quirks::default().final_texts;
        let body = serde_json::from_str(text).unwrap_or_else(|_| json!({"error": {"message": text}}));
        let content = content(&body).unwrap_or_default();
        kind(
            status,
            &content,
            &format!("{} {body}", content.message),
            FaultTexts { overflow: &overflow, spent: &spent },
        )
    }

    #[test]
    fn filters_and_malformed_calls_concern_the_conversation() {
        for (status, text) in [
            (403, "Your chosen model requires moderation and your input was flagged for \"violence\""),
            (
                400,
                r#"{"error": {"message": "Invalid prompt: your prompt was flagged", "code": "invalid_prompt"}}"#,
            ),
            (400, "Output blocked by content filtering policy"),
            (
                400,
                r#"{"error": {"code": "1301", "message": "系统检测到输入或生成内容可能包含不安全或敏感内容"}}"#,
            ),
            (400, "Content Exists Risk"),
        ] {
            assert_eq!(of(status, text), FaultKind::Filtered, "{text}");
        }
        for (status, text) in [
            (
                400,
                r#"{"error": {"message": "Failed to call a function.", "code": "tool_use_failed", "failed_generation": "x"}}"#,
            ),
            (400, "Tool call validation failed: attempted to call tool 'x' which was not in request.tools"),
            (500, "error parsing tool call: raw='{\"a', err=unexpected end of JSON input"),
        ] {
            assert_eq!(of(status, text), FaultKind::MalformedCall, "{text}");
        }
    }

    #[test]
    fn what_is_too_long_is_told_in_every_place() {
        for (status, text) in [
            (
                502,
                "Trying to keep the first 5000 tokens when context the overflows. The model is loaded with context length of only 4096",
            ),
            (
                502,
                "request (4500 tokens) exceeds the available context size (4096 tokens), try increasing it",
            ),
            (400, "max_tokens must be at least 1, got -5028."),
            (
                429,
                "Request too large for m on tokens per min (TPM): Limit 30000, Requested 40000. The input or output tokens must be reduced in order to run successfully.",
            ),
        ] {
            assert_eq!(of(status, text), FaultKind::ContextOverflow, "{text}");
        }
        // A page of the gateway itself says nothing about the conversation.
        let (overflow, spent) = (["context window".to_owned()], []);
        let texts = FaultTexts { overflow: &overflow, spent: &spent };
        assert_eq!(kind(502, &ErrorContent::default(), "<html>context window", texts), FaultKind::Server);
        assert_eq!(of(429, "Too many tokens, please wait before trying again."), FaultKind::RateLimited);
    }

    #[test]
    fn a_provider_that_is_quoted_decides() {
        let quoted = |inner: Value| {
            json!({"error": {"message": "Provider returned error", "code": 400, "metadata": {"raw": inner.to_string()}}})
                .to_string()
        };
        let overloaded =
            json!({"error": {"code": 503, "message": "The model is overloaded", "status": "UNAVAILABLE"}});
        assert_eq!(of(400, &quoted(overloaded)), FaultKind::Server);
        let limited =
            json!({"error": {"code": 429, "message": "Resource exhausted", "status": "RESOURCE_EXHAUSTED"}});
        assert_eq!(of(400, &quoted(limited)), FaultKind::RateLimited);
        let refused = json!({"error": {"code": 400, "message": "bad", "status": "INVALID_ARGUMENT"}});
        assert_eq!(of(400, &quoted(refused)), FaultKind::Refused);
    }

    #[test]
    fn account_server_and_form_do_not() {
        for (status, text) in [
            (400, "Your credit balance is too low to access the Anthropic API."),
            (400, "You have reached your specified API usage limits. You will regain access on 2026-12-01."),
            (400, "User location is not supported for the API use."),
            (400, "The model has crashed without additional information. (Exit code: null)"),
            (400, "Tool call id was call_1 but must be a-z, A-Z, 0-9, with a length of 9."),
            (400, "An assistant message with 'tool_calls' must be followed by tool messages"),
            (
                400,
                r#"{"type": "error", "error": {"message": "messages.1.content.0: Invalid `signature` in `thinking` block"}}"#,
            ),
            (413, "<html><head><title>413 Request Entity Too Large</title></head></html>"),
            (302, ""),
            (407, "Proxy Authentication Required"),
            (410, "gone"),
            (500, "tools param requires --jinja flag"),
            (500, "This server requires jinja for tools"),
            (500, "Conversation roles must alternate user/assistant/user/assistant/..."),
            (500, "Jinja Exception: No user query found in messages."),
        ] {
            assert_eq!(of(status, text), FaultKind::Refused, "{text}");
        }
        assert_eq!(
            of(400, "No deployments available for selected model, Try again in 5 seconds."),
            FaultKind::RateLimited
        );
        for text in [
            r#"{"error": {"message": "You exceeded your quota", "type": "exceeded_current_quota_error"}}"#,
            "Your team has either used all available credits or reached its monthly spending limit.",
            "You have hit your monthly spend limit",
            "Free allocated quota exceeded.",
            "Your account is in arrears, please recharge and try again",
        ] {
            assert_eq!(of(429, text), FaultKind::Refused, "{text}");
        }
        let overloaded = r#"{"error": {"type": "overloaded_error", "message": "Overloaded"}}"#;
        assert_eq!(of(400, overloaded), FaultKind::Server);
        for text in ["Insufficient credits", "余额不足或无可用资源包", "Monthly quota exhausted"] {
            assert_eq!(of(429, text), FaultKind::Refused, "{text}");
        }
        assert_eq!(
            of(424, "The request failed due to an error while processing the model."),
            FaultKind::Server
        );
        assert_eq!(of(498, "Flex tier capacity exceeded, please try again later"), FaultKind::Server);
    }
}
