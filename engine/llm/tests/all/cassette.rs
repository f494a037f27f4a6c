//! Replay and continuation of recorded calls.

use std::sync::Arc;

use hyperspace_llm::{
    Account, BudgetLimits, CallOptions, Cassette, FileCassette, Reply, Session, SessionError,
};
use serde_json::Value;

use crate::common::{options, request, start_stub, text};

const SCRIPT: &str = r#"
[[rule]]
when = { contains = ["fail"] }
[[rule.answer]]
status = 400
error = "no"
[[rule]]
[[rule.answer]]
text = "answer {{count}} to {{last}}"
"#;

const ASKED: [&str; 4] = ["one", "two", "fail", "four"];

async fn ask(session: &mut Session, texts: &[&str]) -> Vec<Reply> {
    let mut replies = vec![];
    for text in texts {
        replies.push(session.chat(request(text)).await.unwrap());
    }
    replies
}

#[tokio::test]
async fn a_recording_answers_as_the_server_did() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.jsonl");
    let stub = start_stub(SCRIPT, "openai", "", CallOptions::default()).await;
    let account = Account::new("run", BudgetLimits::default());
    let file = Arc::new(FileCassette::append_to(&path).unwrap().0);
    let mut live = Session::live(&stub.models, options("a", &account), file.clone()).unwrap();
    let replies = ask(&mut live, &ASKED).await;
    assert_eq!(text(&replies[1]), "answer 2 to two");
    assert!(matches!(replies[2], Reply::Failure(_)), "a failure is recorded like an answer");
    let head = live.head().unwrap();
    assert_eq!(head.count, 4);
    drop((live, file, stub));

    let file = Arc::new(FileCassette::open(&path).unwrap());
    let mut replayed = Session::replayed("a", file.clone());
    assert_eq!(ask(&mut replayed, &ASKED).await, replies);
    assert_eq!(replayed.head().unwrap(), head);
    let missing = replayed.chat(request("five")).await.unwrap_err();
    assert!(matches!(&missing, SessionError::Missing { sequence: 4, asked, .. } if asked.contains("five")));
    let mut other = Session::replayed("a", file.clone());
    ask(&mut other, &ASKED[..1]).await;
    let mismatch = other.chat(request("too")).await.unwrap_err();
    let SessionError::Mismatch { sequence: 1, recorded, asked, .. } = &mismatch else { panic!("{mismatch}") };
    assert!(recorded.contains("\"two\"") && asked.contains("\"too\""), "{mismatch}");
    assert_eq!(text(&other.chat(request("two")).await.unwrap()), "answer 2 to two", "it can be asked again");
    let mut unrecorded = Session::replayed("b", file);
    assert!(matches!(unrecorded.chat(request("one")).await, Err(SessionError::Missing { .. })));
}

#[tokio::test]
async fn a_recording_is_continued_and_budgets_stand_as_they_stood() {
    let whole = start_stub(SCRIPT, "openai", "", CallOptions::default()).await;
    let run = Account::new("run", BudgetLimits::default());
    let mut session = whole.session("a", &run);
    let replies = ask(&mut session, &ASKED).await;
    let head = session.head().unwrap();
    for kept in 0..=4 {
        // The server counts; a continued session must not ask it for what is there.
        let stub = start_stub(SCRIPT, "openai", "", CallOptions::default()).await;
        let first = Account::new("run", BudgetLimits::default());
        ask(&mut stub.session("a", &first), &ASKED[..kept]).await;
        let again = Account::new("run", BudgetLimits::default());
        let options = options("a", &again);
        let mut session = Session::continued(&stub.models, options, stub.cassette.clone()).unwrap();
        assert_eq!(ask(&mut session, &ASKED).await, replies, "{kept} kept");
        assert_eq!(stub.cassette.head("a").unwrap(), head);
        assert_eq!(stub.server.stats().requests, 4);
        assert_eq!(again.spent(), run.spent());
    }
}

/// A recording that was made before answers had attachments and repairs, and requests a form that is learned.
const OLDER: &str = include_str!("../fixtures/recorded-before.jsonl");

#[tokio::test]
async fn a_recording_of_an_older_version_answers_alone_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.jsonl");
    std::fs::write(&path, OLDER).unwrap();
    let exchanges = |stream: &str| {
        let lines = OLDER.lines().skip(1).map(|line| serde_json::from_str::<Value>(line).unwrap());
        let own = lines.filter(|line| line["exchange"]["stream"] == stream);
        own.map(|line| line["exchange"].clone()).collect::<Vec<_>>()
    };
    let file = Arc::new(FileCassette::open(&path).unwrap());
    for stream in ["a", "b"] {
        let mut replayed = Session::replayed(stream, file.clone());
        assert_eq!(exchanges(stream).len(), 6);
        for exchange in exchanges(stream) {
            let reply = replayed.chat_json(&exchange["request"]).await.unwrap();
            let outcome = exchange["outcome"].get("answer").unwrap_or(&exchange["outcome"]);
            assert_eq!(&reply, outcome);
        }
    }
    drop(file);
    let stub = start_stub(SCRIPT, "openai", "", CallOptions::default()).await;
    let account = Account::new("run", BudgetLimits::default());
    let file = Arc::new(FileCassette::append_to(&path).unwrap().0);
    let mut session = Session::continued(&stub.models, options("a", &account), file).unwrap();
    for exchange in exchanges("a") {
        session.chat_json(&exchange["request"]).await.unwrap();
    }
    assert_eq!(text(&session.chat(request("on")).await.unwrap()), "answer 1 to on");
    assert_eq!(stub.server.stats().requests, 1, "what is recorded is not asked again");
    assert_eq!(account.spent().calls, 7, "and is charged as it was");
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(written.starts_with(OLDER) && written.lines().count() == OLDER.lines().count() + 1);
}
