//! Faults in odd shapes: what passes is asked again, what does not is told at once, and neither is an answer.

use hyperspace_llm::FaultKind;
use serde_json::{Value, json};

use super::*;

fn error(message: &str, code: Value) -> Value {
    json!({"error": {"message": message, "code": code}})
}

/// A stream that begins well and goes on like this.
fn begun(more: &str) -> RawAnswer {
    events_of(format!("data: {}\n\n{more}", piece(json!({"content": &OK[..9]}), Value::Null)))
}

#[tokio::test]
async fn what_passes_is_asked_again_and_is_no_answer() {
    use FaultKind::{Connection, ContentType, NoMessage, NotJson, Server, Timeout};
    let good = chat(json!({"content": OK}), json!("stop")).to_string();
    let html =
        RawAnswer::new("<html><body>502 Bad Gateway</body></html>").header("content-type", "text/html");
    let named = |event: &str, data: &str| begun(&format!("event: {event}\ndata: {data}\n\ndata: [DONE]\n\n"));
    let last = |value: Value| begun(&format!("data: {value}\n\ndata: [DONE]\n\n"));
    let lost = "data: {\"choices\": [{\"delta\": {\"con\n\n";
    let end = format!("data: {}\n\ndata: [DONE]\n\n", piece(json!({"content": &OK[9..]}), json!("stop")));
    for (name, answer, kind) in [
        ("an error in the last event", last(error("gone", json!(502))), Server),
        (
            "an error in the last choice",
            last(
                json!({"choices": [{"delta": {}, "finish_reason": "error", "error": {"code": 502, "message": "gone"}}]}),
            ),
            Server,
        ),
        (
            "an error beside the end",
            begun(&end.replace("\"object\"", "\"error\":{\"message\":\"gone\"},\"object\"")),
            Server,
        ),
        ("an event that is an error", named("error", "{\"message\": \"gone\"}"), Server),
        ("an event that is an error in words", named("error", "upstream connect error"), Server),
        ("a bare error", last(json!({"object": "error", "message": "EngineDeadError", "code": 500})), Server),
        ("a stream without an end", begun("data: [DONE]\n\n"), Connection),
        (
            "a stream whose reasons are empty",
            begun(&format!("data: {}\n\ndata: [DONE]\n\n", piece(json!({"content": "x"}), json!("")))),
            Connection,
        ),
        ("a stream with a piece that is lost", begun(&format!("{lost}{end}")), Connection),
        ("an HTML page", html, ContentType),
        ("nothing", RawAnswer::new(""), NotJson),
        ("no content", RawAnswer::new("").status(204), NotJson),
        ("half of an object", RawAnswer::new(&good.as_bytes()[..good.len() / 2]), NotJson),
        ("an object of something else", RawAnswer::json(&json!({"hello": 1})), NoMessage),
        (
            "no choices",
            RawAnswer::json(&json!({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 0}})),
            NoMessage,
        ),
        (
            "an error in words",
            RawAnswer::json(&json!({"status": "error", "message": "the backend is busy"})),
            Server,
        ),
        (
            "an error with a code of its own",
            RawAnswer::json(&json!({"error_code": 18, "error_msg": "too fast"})),
            Server,
        ),
        ("a choice that is an error", RawAnswer::json(&chat(json!({"content": ""}), json!("error"))), Server),
        ("a server that gave up", RawAnswer::json(&chat(json!({"content": "part"}), json!("abort"))), Server),
        ("an end that is none", RawAnswer::json(&chat(json!({"content": ""}), Value::Null)), Server),
        ("less than was announced", RawAnswer::new(good.clone()).cut(), Connection),
        ("chunks without an end", RawAnswer::new(good.clone()).cut_chunks(), Connection),
        ("a reset", RawAnswer::new(good.clone()).reset(), Connection),
        ("a byte now and then", RawAnswer::new(good.clone()).slowly(20), Timeout),
        (
            "packed data without an end",
            RawAnswer::new(vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 75]),
            Connection,
        ),
        ("status 529", RawAnswer::json(&error("Overloaded", json!("overloaded_error"))).status(529), Server),
        ("status 499", RawAnswer::json(&error("cancelled", Value::Null)).status(499), Server),
        (
            "an overload with status 400",
            RawAnswer::json(&json!({"error": {"type": "overloaded_error", "message": "Overloaded"}}))
                .status(400),
            Server,
        ),
        ("status 524", RawAnswer::new("<html>A timeout occurred</html>").status(524), Server),
    ] {
        let settings = if kind == Timeout { "timeout-ms = 300" } else { "" };
        let odd = hold(OddModel { settings, ..openai(vec![answer.clone(), fine()]) }).await;
        assert_eq!((&*odd.text(), odd.asked().len()), (OK, 2), "{name}");
        assert_eq!(odd.models.stats().faults, [(kind, 1)].into(), "{name}");
        // When it stays, it is an outage, and nothing is recorded.
        let odd = hold(OddModel { settings, ..openai(vec![answer]) }).await;
        assert!(odd.outage().contains("gave up after 2 attempts"), "{name}: {}", odd.outage());
        assert_eq!((odd.asked().len(), odd.models.stats().answered), (2, 0), "{name}");
    }
}

#[tokio::test]
async fn what_does_not_pass_is_told_at_once() {
    let inside = |value: Value| RawAnswer::json(&value);
    for (name, answer, words) in [
        ("a wrong key within 200", inside(error("Incorrect API key provided", json!("invalid_api_key"))), "API key"),
        ("a wrong key in words within 200", inside(json!({"status": "error", "message": "Invalid API key"})), "Invalid API key"),
        ("a wrong key within a stream", events_of(format!("data: {}\n\n", error("Invalid API key", json!(401)))), "Invalid API key"),
        ("no money", RawAnswer::json(&error("Insufficient Balance", Value::Null)).status(402), "Insufficient Balance"),
        ("no money, as a limit", RawAnswer::json(&error("Insufficient credits. Add more.", Value::Null)).status(429), "credits"),
        ("no quota", RawAnswer::json(&error("You exceeded your current quota", json!("insufficient_quota"))).status(429), "quota"),
        ("the quota of a day", RawAnswer::json(&error("Limit on tokens per day (TPD): try again in 7m12s", Value::Null)).status(429), "per day"),
        ("forbidden, as a page", RawAnswer::new("<html>Access denied</html>").status(403), "403"),
        ("no such model", RawAnswer::json(&error("model 'm' not found", Value::Null)).status(404), "not found"),
        ("a key that is not valid", RawAnswer::json(&json!([{"error": {"code": 400, "message": "API key not valid. Please pass a valid API key.", "status": "INVALID_ARGUMENT"}}])).status(400), "API key not valid"),
    ] {
        let odd = hold_with(openai(vec![answer]), tools(), 8).await;
        assert!(odd.outage().contains(words), "{name}: {}", odd.outage());
        assert_eq!((odd.asked().len(), odd.clock.sleeps_ms().len()), (1, 0), "{name}");
    }
}

/// A server that begins a stream before it knows that the conversation does not fit, and an account whose minute has less than a request.
#[tokio::test]
async fn what_is_too_long_is_made_shorter_wherever_it_is_told() {
    let named = "event: error\ndata: {\"error\": {\"message\": \"Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 800 tokens, which is not enough.\"}}\n\n";
    let reduced = "Request too large for m on tokens per min (TPM): Limit 800, Requested 1100. The input or output tokens must be reduced in order to run successfully.";
    for (name, answer) in [
        ("in a stream", events_of(named)),
        (
            "within 200",
            RawAnswer::json(
                &json!({"error": "request (1100 tokens) exceeds the available context size (800 tokens)"}),
            ),
        ),
        ("as a limit", RawAnswer::json(&error(reduced, json!("rate_limit_exceeded"))).status(429)),
    ] {
        let odd = hold(openai(vec![answer, fine()])).await;
        assert_eq!((&*odd.text(), odd.asked().len(), odd.clock.sleeps_ms().len()), (OK, 2, 0), "{name}");
        assert!(odd.asked()[1]["max_tokens"].as_u64().unwrap() < 800, "{name}");
    }
}

#[tokio::test]
async fn an_empty_stream_says_what_may_be_wrong() {
    let odd = hold(openai(vec![events_of("data: [DONE]\n\n")])).await;
    assert!(odd.outage().contains("longer than their window"), "{}", odd.outage());
}

#[tokio::test]
async fn a_filter_concerns_the_conversation() {
    let results = json!([{"prompt_index": 0, "content_filter_results": {"violence": {"filtered": true, "severity": "high"}}}]);
    for (name, answer) in [
        (
            "a status",
            RawAnswer::json(&error("The response was filtered", json!("content_filter"))).status(400),
        ),
        (
            "a prompt that was filtered",
            RawAnswer::json(&json!({"choices": [], "prompt_filter_results": results})),
        ),
        (
            "a prompt that was blocked",
            RawAnswer::json(&json!({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {}})),
        ),
    ] {
        let odd = hold(openai(vec![answer])).await;
        assert!(odd.failure().contains("filter"), "{name}: {}", odd.failure());
        assert_eq!((odd.asked().len(), odd.models.stats().filtered), (1, 1), "{name}");
    }
}

#[tokio::test]
async fn waits_are_kept_in_every_form() {
    let limited = |message: &str| RawAnswer::json(&error(message, Value::Null)).status(429);
    let slow = || limited("slow down");
    for (name, answer, ms) in [
        ("seconds", slow().header("retry-after", "7"), 7_000),
        ("seconds with a fraction", slow().header("retry-after", "2.5"), 2_500),
        ("a date", slow().header("retry-after", "Sun, 06 Nov 1994 08:49:49 GMT"), 12_000),
        ("milliseconds", slow().header("retry-after-ms", "6000"), 6_000),
        ("a span", slow().header("x-ratelimit-reset-tokens", "1m2.5s"), 62_500),
        ("a moment", slow().header("anthropic-ratelimit-requests-reset", "1994-11-06T08:49:57Z"), 20_000),
        ("words", limited("Rate limit reached. Please try again in 1m2.5s."), 62_500),
        ("more words", limited("Please try again in 1 minute and 5 seconds"), 65_000),
        ("vague words", limited("please retry in about 20 seconds"), 20_000),
        ("a field", RawAnswer::json(&json!({"error": {"message": "slow", "resets_in_seconds": 90}})).status(429), 90_000),
        ("details", RawAnswer::json(&json!([{"error": {"message": "slow", "details": [{"@type": "RetryInfo", "retryDelay": "9s"}]}}])).status(429), 9_000),
        ("a limit within 200", RawAnswer::json(&json!({"error": {"code": 429, "message": "slow", "metadata": {"headers": {"X-RateLimit-Reset": "12"}}}})), 12_000),
        ("a limit in the words of another", RawAnswer::json(&json!({"error": {"message": "Provider returned error", "code": 400,
            "metadata": {"raw": "{\"error\": {\"code\": 429, \"message\": \"Please try again in 8s\"}}"}}})).status(400), 8_000),
        ("a server that says when", RawAnswer::json(&error("busy", Value::Null)).status(503).header("retry-after", "30"), 30_000),
    ] {
        let odd = hold(openai(vec![answer, fine()])).await;
        assert_eq!((&*odd.text(), odd.clock.sleeps_ms()), (OK, vec![ms]), "{name}");
    }
    let odd = hold(openai(vec![slow().header("retry-after", "3600")])).await;
    assert!(odd.outage().contains("it asks for a wait of 3600 seconds"), "{}", odd.outage());
}

/// A model that thinks reached the limit of its answer: the agent set it, and the account is well.
#[tokio::test]
async fn a_limit_that_ends_an_answer_before_its_first_word_is_no_outage() {
    let words = "Could not finish the message because max_tokens or model output limit was reached. Please try again with higher max_tokens.";
    let odd =
        hold(openai(vec![RawAnswer::json(&error(words, json!("invalid_request_error"))).status(400)])).await;
    assert_eq!(odd.answers[0].why_empty(), Some("length limit reached while thinking"));
    assert_eq!((odd.asked().len(), odd.models.stats().empty), (1, 1));
}

/// An answer has tokens, whatever its counts say.
#[tokio::test]
async fn counts_of_nothing_are_estimates() {
    let zero = json!({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0});
    let mut body = chat(json!({"content": OK}), json!("stop"));
    body["usage"] = zero.clone();
    let odd = hold(openai(vec![RawAnswer::json(&body)])).await;
    let usage = odd.answers[0].usage;
    assert!(usage.estimated && usage.input_tokens > 0 && usage.output_tokens > 0, "{usage:?}");
    // The counts of a stream stand in one of its pieces.
    let right = json!({"prompt_tokens": 10, "completion_tokens": 5});
    for order in [[&right, &zero], [&zero, &right]] {
        let mut events = pieces("stop");
        events.truncate(2);
        let last = piece(json!({}), json!("stop"));
        for (mut event, usage) in [last.clone(), last].into_iter().zip(order) {
            event["usage"] = usage.clone();
            events.push(event);
        }
        let odd = hold(openai(vec![stream(&events)])).await;
        let usage = odd.answers[0].usage;
        assert_eq!((usage.input_tokens, usage.output_tokens, usage.estimated), (10, 5, false), "{events:?}");
    }
}

#[tokio::test]
async fn a_text_is_sent_where_null_is_refused() {
    let refused = json!({"error": {"message": "Invalid type for 'messages[1].content': expected a string, but got null instead."}});
    let called = calling(&[call("a", "bash", "{}")]);
    let odd = hold(openai(vec![called, RawAnswer::json(&refused).status(400), fine()])).await;
    let contents: Vec<Value> =
        odd.asked()[1..].iter().map(|body| body["messages"][1]["content"].clone()).collect();
    assert_eq!((&*odd.text(), contents), (OK, vec![Value::Null, json!("")]));
    assert_eq!(odd.models.learned_of("m").unwrap().lines(), ["quirks.null-content = false"]);
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_key() {
    let elsewhere = RawProvider::start(vec![fine()]);
    for status in [301, 302, 307, 308] {
        let answer = RawAnswer::new("")
            .status(status)
            .header("location", format!("{}/chat/completions", elsewhere.base_url()));
        let odd = hold(openai(vec![answer])).await;
        assert!(odd.outage().contains("redirects are not followed"), "{status}: {}", odd.outage());
    }
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn an_answer_of_something_else_is_quoted() {
    let odd = hold(openai(vec![RawAnswer::json(&json!({"hello": "world"}))])).await;
    assert!(odd.outage().contains("{\"hello\":\"world\"}"), "{}", odd.outage());
}

#[tokio::test]
async fn a_server_without_tls_is_told() {
    let provider = RawProvider::start(vec![fine()]);
    let section = format!("[m]\nbase-url = {:?}\n", provider.base_url().replace("http://", "https://"));
    let registry = Registry::new(toml::from_str(&section).unwrap());
    let model = registry.model("m", &ModelEnvironment::default()).unwrap();
    let options = CallOptions::default().retry(RetryPolicy::default().attempts_max(1));
    let models = Models::new(vec![model], options, Arc::new(VirtualClock::default())).unwrap();
    let account = Account::new("run", BudgetLimits::default());
    let options = SessionOptions::new("s", ["m".to_owned()].into(), account).outages_stop(true);
    let mut session = Session::live(&models, options, Arc::new(MemoryCassette::default())).unwrap();
    let request = json!({"model": "m", "tools": [], "temperature": null, "max_tokens": null,
        "messages": [{"role": "user", "content": "Hello."}]});
    let error = session.chat(serde_json::from_value(request).unwrap()).await.unwrap_err();
    assert!(error.to_string().contains("http:// instead of https://"), "{error}");
}
