//! A conversation that is too long is shortened, visibly, and not lost.

use hyperspace_llm::{CallOptions, Reply};
use serde_json::{Value, json};

use crate::common::{APIS, failure, request, start_stub, with_messages};

fn long(turns: usize) -> Value {
    let mut messages =
        vec![json!({"role": "system", "content": "SYSTEM"}), json!({"role": "user", "content": "FIRST"})];
    for turn in 0..turns {
        let call = json!({"id": format!("c{turn}"), "name": "bash", "arguments": {"command": "ls"}});
        messages.push(json!({"role": "assistant", "content": null, "tool_calls": [call]}));
        messages.push(json!({"role": "tool", "content": format!("OUT{turn} {}", "x".repeat(400)), "tool_call_id": format!("c{turn}")}));
    }
    messages.into()
}

#[tokio::test]
async fn the_oldest_turns_are_left_out_and_the_model_is_told() {
    let script = "[server]\ncontext-window = 500\n[[rule]]\n[[rule.answer]]\ntext = \"fine\"\n";
    for api in APIS {
        for settings in ["", "context-window = 650"] {
            let stub = start_stub(script, api, settings, CallOptions::default()).await;
            let Reply::Answer(answer) = stub.chat(with_messages(&long(20))).await else { panic!() };
            let stats = stub.models.stats();
            assert!(answer.trimmed_messages >= 30, "{}", answer.trimmed_messages);
            assert_eq!(answer.trimmed_messages, stats.trimmed_messages);
            assert_eq!(
                (stats.retried, stats.reported, stats.trimmed + 1),
                (0, 0, stats.attempts),
                "{api} {settings}"
            );
            let sent = stub.server.requests().last().unwrap().to_string();
            let note = format!("{} earlier messages were left out", answer.trimmed_messages);
            for words in ["SYSTEM", "FIRST", "OUT19 ", note.as_str()] {
                assert!(sent.contains(words), "{words}: {sent}");
            }
            assert!(!sent.contains("OUT0 "), "{sent}");
            assert!(stub.clock.sleeps_ms().is_empty());
            stub.assert_handled_once();
            stub.assert_exact();
            let (exchange, effort) = &stub.cassette.exchanges()[0];
            assert_eq!(exchange.request.messages.len(), 42, "the record has what was asked");
            assert_eq!(effort.faults.len() as u64, stats.trimmed);
        }
    }
}

#[tokio::test]
async fn what_cannot_be_shortened_is_reported() {
    let script = "[[rule]]\n[[rule.answer]]\nfault = \"context-overflow\"\n";
    for api in APIS {
        let stub = start_stub(script, api, "", CallOptions::default()).await;
        let (kind, message) = failure(&stub.chat(request(&"x".repeat(4_000))).await);
        assert_eq!(kind, "context");
        assert!(message.contains("1000 tokens"), "{message}");
        assert_eq!(failure(&stub.chat(with_messages(&long(5))).await).0, "context");
        assert_eq!(stub.models.stats().reported, 2);
        stub.assert_handled_once();
    }
}
