//! Replay and continuation of recorded calls.

use std::sync::Arc;

use hyperspace_llm::{
    Account, BudgetLimits, CallOptions, Cassette, FileCassette, Reply, Session, SessionError,
};

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
