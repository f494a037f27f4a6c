//! Every fault is retried or reported, once, and what was spent is exact.

use std::collections::BTreeMap;

use hyperspace_llm::{Arguments, CallOptions, FaultKind, FinishReason, Message, Reply, RetryPolicy};
use hyperspace_testkit::models::{RETRIED_FAULTS, StubModels};
use serde_json::json;

use crate::common::{APIS, failure, request, start_stub, text};

const GOOD: &str = "[[rule]]\n[[rule.answer]]\ntext = \"fine\"\n";

fn patient() -> CallOptions {
    CallOptions::default()
}

#[tokio::test]
async fn each_fault_is_retried_once() {
    for api in APIS {
        for (fault, kind) in RETRIED_FAULTS {
            let script = format!("[[rule]]\ntimes = 1\n[[rule.answer]]\n{fault}\n{GOOD}");
            let stub = start_stub(&script, api, "timeout-ms = 400", patient()).await;
            assert_eq!(text(&stub.chat(request("hello")).await), "fine", "{api} {fault}");
            let stats = stub.models.stats();
            assert_eq!(stats.faults, BTreeMap::from([(kind, 1)]), "{api} {fault}");
            assert_eq!((stats.attempts, stats.retried, stats.reported), (2, 1, 0), "{api} {fault}");
            assert_eq!(stub.clock.sleeps_ms().len(), 1);
            stub.assert_handled_once();
            stub.assert_exact();
        }
    }
}

#[tokio::test]
async fn a_fault_that_stays_is_reported_once() {
    let retry = RetryPolicy::default().attempts_max(3);
    for api in APIS {
        for (fault, kind) in RETRIED_FAULTS {
            let script = format!("[[rule]]\n[[rule.answer]]\n{fault}\n");
            let options = CallOptions::default().retry(retry);
            let stub = start_stub(&script, api, "timeout-ms = 150", options).await;
            let (failed, message) = failure(&stub.chat(request("hello")).await);
            assert_eq!(failed, "provider", "{api} {fault}");
            assert!(message.contains("gave up after 3 attempts"), "{message}");
            let stats = stub.models.stats();
            assert_eq!(stats.faults, BTreeMap::from([(kind, 3)]), "{api} {fault}");
            assert_eq!((stats.retried, stats.reported, stats.failed), (2, 1, 1), "{api} {fault}");
            stub.assert_handled_once();
            stub.assert_exact();
        }
    }
}

#[tokio::test]
async fn refusals_are_reported_at_once() {
    for api in APIS {
        for (answer, words) in [
            ("status = 400\nerror = \"no such field\"", "no such field"),
            ("status = 401\nerror = \"wrong key\"", "status 401"),
            ("status = 404", "status 404"),
            ("status = 307\nbody = \"\"\nheaders = { location = \"http://127.0.0.1:1/\" }", "status 307"),
            ("status = 429\nerror = \"You exceeded your current quota\"", "quota"),
        ] {
            let script = format!("[[rule]]\n[[rule.answer]]\n{answer}\n");
            let stub = start_stub(&script, api, "", patient()).await;
            let (kind, message) = failure(&stub.chat(request("hello")).await);
            assert_eq!(kind, "refused", "{api} {answer}");
            assert!(message.contains(words), "{message}");
            assert_eq!((stub.models.stats().attempts, stub.models.stats().reported), (1, 1));
            stub.assert_handled_once();
        }
    }
}

#[tokio::test]
async fn an_error_in_a_successful_answer_is_one() {
    let body = r#"{"error": {"code": 503, "message": "upstream is down"}}"#;
    let script = format!("[[rule]]\ntimes = 1\n[[rule.answer]]\nbody = '{body}'\n{GOOD}");
    let stub = start_stub(&script, "openai", "", patient()).await;
    assert_eq!(text(&stub.chat(request("hello")).await), "fine");
    assert_eq!(stub.models.stats().faults, BTreeMap::from([(FaultKind::Server, 1)]));
}

#[tokio::test]
async fn a_refused_connection_is_a_connection_fault() {
    let stub = start_stub(GOOD, "openai", "", patient()).await;
    let StubModels { server, models, clock, cassette } = stub;
    let address = server.address();
    drop(server);
    // The task that listens ends when the runtime comes to it.
    while tokio::net::TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    let account = hyperspace_llm::Account::new("run", hyperspace_llm::BudgetLimits::default());
    let options = crate::common::options("s", &account);
    let mut session = hyperspace_llm::Session::live(&models, options, cassette).unwrap();
    let (kind, message) = failure(&session.chat(request("hello")).await.unwrap());
    assert_eq!(kind, "provider");
    assert!(message.contains("no connection") && message.contains("gave up"), "{message}");
    assert!(models.stats().faults[&FaultKind::Connection] >= 3);
    assert!(
        clock.sleeps_ms().iter().any(|ms| *ms > 50_000),
        "the breaker was waited for: {:?}",
        clock.sleeps_ms()
    );
}

#[tokio::test]
async fn retry_after_is_honoured() {
    for (header, sleeps) in [("7", [7_000]), ("Sun, 06 Nov 1994 08:50:37 GMT", [60_000]), ("2.5", [2_500])] {
        let script = format!(
            "[[rule]]\ntimes = 1\n[[rule.answer]]\nstatus = 429\nheaders = {{ retry-after = \"{header}\" }}\n{GOOD}"
        );
        let stub = start_stub(&script, "openai", "", patient()).await;
        assert_eq!(text(&stub.chat(request("hello")).await), "fine");
        assert_eq!(stub.clock.sleeps_ms(), sleeps, "{header}");
    }
    let script = "[[rule]]\n[[rule.answer]]\nstatus = 429\nheaders = { retry-after = \"86400\" }\n";
    let stub = start_stub(script, "openai", "", patient()).await;
    assert_eq!(failure(&stub.chat(request("hello")).await).0, "provider");
    assert_eq!(
        (stub.clock.sleeps_ms(), stub.models.stats().attempts),
        (vec![], 1),
        "a day is not waited for"
    );
}

#[tokio::test]
async fn a_rate_limited_server_is_paced() {
    let script = format!("[server]\nrequests-per-second = 5\n{GOOD}");
    let stub = start_stub(&script, "openai", "", patient()).await;
    for number in 0..20 {
        assert_eq!(text(&stub.chat(request(&number.to_string())).await), "fine");
    }
    let told = stub.server.stats();
    assert_eq!((told.statuses[&200], told.statuses[&429]), (20, stub.models.stats().retried));
    let stub = start_stub(&script, "openai", "requests-per-minute = 4", patient()).await;
    for number in 0..9 {
        stub.chat(request(&number.to_string())).await;
    }
    assert_eq!(stub.clock.sleeps_ms(), [60_000, 60_000]);
    assert_eq!(stub.models.stats().faults, BTreeMap::new());
}

#[tokio::test]
async fn all_calls_of_a_turn_come_back() {
    let script = r#"
        [[rule]]
        when = { turn = 1, tool = "bash" }
        [[rule.answer]]
        text = "Looking."
        thinking = "hm"
        calls = [
            { name = "bash", arguments = { command = "ls {{turn}}" } },
            { name = "bash", arguments-text = '{"command": ' },
        ]
        [[rule]]
        when = { turn = 2, contains = ["Error: no JSON"] }
        [[rule.answer]]
        text = "done"
        output-tokens = 500
    "#;
    for api in APIS {
        let stub = start_stub(script, api, "", patient()).await;
        let mut request = request("go");
        request.tools = vec![
            serde_json::from_value(
                json!({"name": "bash", "description": "d", "parameters": {"type": "object"}}),
            )
            .unwrap(),
        ];
        let Reply::Answer(answer) = stub.chat(request.clone()).await else { panic!() };
        assert_eq!(answer.finish_reason, FinishReason::ToolCalls);
        let Message::Assistant { content, tool_calls } = &answer.message else { panic!() };
        assert_eq!(content.as_deref(), Some("Looking."));
        let Arguments::Object(first) = &tool_calls[0].arguments else { panic!() };
        assert_eq!(first["command"], "ls 1");
        assert!(matches!(tool_calls[1].arguments, Arguments::Malformed(_)), "{api}");
        let answers = tool_calls.iter().zip(["a b", "Error: no JSON"]);
        let answers: Vec<_> = answers
            .map(|(call, content)| Message::Tool {
                content: content.to_owned(),
                tool_call_id: call.id.clone(),
            })
            .collect();
        request.messages.push(answer.message.clone());
        request.messages.extend(answers);
        let Reply::Answer(answer) = stub.chat(request).await else { panic!() };
        assert_eq!((answer.message.text(), answer.finish_reason), (Some("done"), FinishReason::Length));
        assert_eq!(answer.usage.output_tokens, 100, "no more than was asked for");
        stub.assert_exact();
        let exchanges = stub.cassette.exchanges();
        assert_eq!(exchanges[0].0.thinking.as_deref(), Some("hm"));
    }
}

#[tokio::test]
async fn an_answer_without_usage_is_estimated_and_says_so() {
    let script = "[[rule]]\n[[rule.answer]]\ntext = \"fine\"\nfault = \"no-usage\"\n";
    for api in APIS {
        let stub = start_stub(script, api, "", patient()).await;
        let Reply::Answer(answer) = stub.chat(request("hello")).await else { panic!() };
        assert!(answer.usage.estimated && answer.usage.input_tokens > 0 && answer.usage.output_tokens > 0);
    }
}
