//! Budgets, prices, and answers that are given again.

use hyperspace_llm::{
    Account, BudgetLimits, CallOptions, Cassette, ConfigError, Cost, MemoryCassette, Reply, Session,
    SessionError, Spend,
};

use crate::common::{failure, options, request, start_stub, text};

const SCRIPT: &str = "[[rule]]\n[[rule.answer]]\ntext = \"fine\"\ninput-tokens = 11\noutput-tokens = 7\n";

fn tokens(most: u64) -> BudgetLimits {
    BudgetLimits::default().tokens(most)
}

#[tokio::test]
async fn every_level_ends_in_a_verdict() {
    let stub = start_stub(SCRIPT, "openai", "", CallOptions::default()).await;
    for level in ["the run", "agent a", "generation 3", "one call"] {
        let limit = |name: &str| if name == level { tokens(150) } else { BudgetLimits::default() };
        let run = Account::new("the run", limit("the run"));
        let generation = run.child("agent a", limit("agent a")).child("generation 3", limit("generation 3"));
        let options = options(level, &generation).call_limits(limit("one call"));
        let mut session = Session::live(&stub.models, options, stub.cassette.clone()).unwrap();
        assert_eq!(text(&session.chat(request("a")).await.unwrap()), "fine");
        let mut large = request("a");
        large.max_tokens = Some(140);
        let (kind, message) = failure(&session.chat(large).await.unwrap());
        assert_eq!(kind, "budget");
        assert!(message.contains(level) && message.contains("of 150 tokens"), "{message}");
        assert_eq!(run.spent(), Spend { calls: 1, input_tokens: 11, output_tokens: 7, cost: Cost(0) });
    }
    stub.assert_exact();
    assert_eq!(stub.models.stats().attempts, 4, "what a budget refuses is not sent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_calls_are_exact_and_stay_within_the_budget() {
    // A call claims its own estimate of about 25 tokens and 100 for the answer, and takes 18.
    // Two failures, so that neither the attempts of a call nor the circuit breaker run out, whichever calls they hit.
    let faults = "[[rule]]\ntimes = 2\n[[rule.answer]]\nstatus = 503\n[[rule.answer]]\ntext = \"x\"\nfault = \"empty-choices\"\n";
    let stub = start_stub(&format!("{faults}{SCRIPT}"), "openai", "", CallOptions::default()).await;
    let run = Account::new("the run", tokens(1_000));
    let calls: Vec<_> = (0..100)
        .map(|number| {
            let mut session = stub.session(&format!("row/{number}"), &run);
            tokio::spawn(async move { session.chat(request(&number.to_string())).await.unwrap() })
        })
        .collect();
    let mut answered = 0;
    for call in calls {
        match call.await.unwrap() {
            Reply::Answer(_) => answered += 1,
            failed => assert_eq!(failure(&failed).0, "budget"),
        }
    }
    stub.assert_exact();
    let spent = run.spent();
    assert!(answered > 30, "claims are given back: {answered}");
    assert!(spent.input_tokens + spent.output_tokens <= 1_000, "{spent:?}");
    assert_eq!(spent.calls, answered);
    assert_eq!(stub.models.stats().spent, spent);
}

#[tokio::test]
async fn money_is_counted_exactly_and_needs_prices() {
    let prices = "input-price = 0.15\noutput-price = \"0.6\"";
    let stub = start_stub(SCRIPT, "anthropic", prices, CallOptions::default()).await;
    let run = Account::new("the run", BudgetLimits::default().cost(Cost::from_dollars("0.00015").unwrap()));
    let mut session = stub.session("s", &run);
    let mut answered = 0;
    while let Reply::Answer(_) = session.chat(request("a")).await.unwrap() {
        answered += 1;
    }
    assert_eq!(run.spent().cost, Cost(answered * (11 * 150_000 + 7 * 600_000)));
    assert!(answered > 10 && run.spent().cost <= Cost(150_000_000), "{answered}");
    let stub = start_stub(SCRIPT, "openai", "", CallOptions::default()).await;
    let refused = Session::live(&stub.models, options("s", &run), stub.cassette.clone());
    assert!(matches!(refused.map(|_| ()), Err(ConfigError::NoPrice { .. })));
}

#[tokio::test]
async fn models_that_were_not_granted_are_refused() {
    let stub = start_stub(SCRIPT, "openai", "", CallOptions::default()).await;
    let mut other = request("a");
    other.model = "gpt-expensive".to_owned();
    let (kind, message) = failure(&stub.chat(other).await);
    assert!(kind == "refused" && message.contains("gpt-expensive"), "{message}");
    assert_eq!(stub.server.stats().requests, 0);
}

#[tokio::test]
async fn identical_requests_are_answered_once_if_that_is_wanted() {
    for (reuse, sent) in [(true, 2), (false, 33)] {
        let options = CallOptions::default().reuse_identical(reuse);
        let stub = start_stub(SCRIPT, "openai", "", options).await;
        let run = Account::new("the run", BudgetLimits::default());
        let calls: Vec<_> = (0..32)
            .map(|number| {
                let mut session = stub.session(&format!("row/{number}"), &run);
                tokio::spawn(async move { text(&session.chat(request("same")).await.unwrap()) })
            })
            .collect();
        for call in calls {
            assert_eq!(call.await.unwrap(), "fine");
        }
        let mut warm = request("same");
        warm.temperature = Some(0.5);
        stub.session("warm", &run).chat(warm).await.unwrap();
        let stats = stub.models.stats();
        assert_eq!(
            (stats.attempts, stats.reused, run.spent().calls),
            (sent, 33 - sent, sent),
            "reuse: {reuse}"
        );
        stub.assert_exact();
    }
}

#[tokio::test]
async fn requests_that_make_no_sense_are_failures_and_no_calls() {
    let stub = start_stub(SCRIPT, "openai", "", CallOptions::default()).await;
    let cassette = std::sync::Arc::new(MemoryCassette::default());
    let account = Account::new("the run", BudgetLimits::default());
    let mut session = Session::live(&stub.models, options("s", &account), cassette.clone()).unwrap();
    for value in [serde_json::json!({"model": "m"}), serde_json::json!(1)] {
        let reply = session.chat_json(&value).await.unwrap();
        assert_eq!(reply["error"]["kind"], "invalid", "{reply}");
    }
    assert_eq!((session.calls(), cassette.exchanges().len()), (0, 0));
    let reply = session.chat_json(&serde_json::to_value(request("a")).unwrap()).await.unwrap();
    assert_eq!(reply["message"]["content"], "fine");
}

/// An outage ends the session, is not recorded, and is retried by a session that continues the stream.
#[tokio::test]
async fn outages_and_budgets_above_stop_a_session_that_wants_it() {
    let away = "[[rule]]\ntimes = 8\n[[rule.answer]]\nstatus = 503\n";
    let stub = start_stub(&format!("{away}{SCRIPT}"), "openai", "", CallOptions::default()).await;
    let run = Account::new("run", BudgetLimits::default());
    let own = run.child("generation", BudgetLimits::default());
    let strict = |account: &Account| options("s", account).outages_stop(true);
    let mut session = Session::live(&stub.models, strict(&own), stub.cassette.clone()).unwrap();
    let error = session.chat(request("a")).await.unwrap_err();
    assert!(matches!(&error, SessionError::Outage(_)) && error.to_string().contains("8 attempts"), "{error}");
    assert_eq!(stub.cassette.head("s").unwrap().count, 0);
    let mut session = Session::continued(&stub.models, strict(&own), stub.cassette.clone()).unwrap();
    assert_eq!(text(&session.chat(request("a")).await.unwrap()), "fine");

    let poor = Account::new("run", tokens(20));
    let mut session = Session::live(
        &stub.models,
        strict(&poor.child("generation", BudgetLimits::default())),
        stub.cassette.clone(),
    )
    .unwrap();
    let error = session.chat(request("b")).await.unwrap_err();
    assert!(matches!(&error, SessionError::Budget(spent) if spent.account == "run"), "{error}");
    // The session's own budget is a failure like any other.
    let own = run.child("generation", tokens(20));
    let mut session = Session::live(&stub.models, strict(&own), stub.cassette.clone()).unwrap();
    assert_eq!(failure(&session.chat(request("b")).await.unwrap()).0, "budget");
    assert_eq!(stub.cassette.head("s").unwrap().count, 2);
}
