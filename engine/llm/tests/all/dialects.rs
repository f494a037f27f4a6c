//! Conversations with tools in every dialect of the stub, which refuses what its server refuses. The matrix has what holds for all of them.

use hyperspace_llm::stub::Dialect;
use hyperspace_llm::{Arguments, CallStats, FinishReason, Message, Reply};

use crate::conversation::{SCRIPT, converse, last};

#[tokio::test]
async fn every_dialect_is_spoken() {
    for dialect in Dialect::ALL {
        for settings in ["", "quirks.stream = true"] {
            for (question, tools, turns) in
                [("one answer", false, 1), ("tools", true, 2), ("two calls", true, 2), ("reasoning", true, 3)]
            {
                let spoken = converse(dialect, SCRIPT, settings, question, tools).await.unwrap();
                let stats: CallStats = spoken.models.stats();
                assert_eq!(
                    spoken.answers.len(),
                    turns,
                    "{dialect:?} {question}: {:?} {stats:?}",
                    spoken.answers.last()
                );
                assert_eq!(last(&spoken).unwrap().message.text(), Some("done"), "{dialect:?} {question}");
                assert_eq!(stats.failed, 0, "{dialect:?} {question}");
                if let (Reply::Answer(first), true) = (&spoken.answers[0], tools) {
                    let Message::Assistant { tool_calls, .. } = &first.message else { panic!() };
                    assert_eq!(tool_calls.len(), if question == "two calls" { 2 } else { 1 }, "{dialect:?}");
                    let Arguments::Object(fields) = &tool_calls[0].arguments else { panic!("{dialect:?}") };
                    assert_eq!(fields["command"], "echo one");
                }
            }
        }
    }
}

#[tokio::test]
async fn refusals_outages_and_limits_are_told_apart_in_every_dialect() {
    for dialect in Dialect::ALL {
        let refused = converse(dialect, SCRIPT, "", "refuse", false).await.unwrap();
        let Some(Reply::Failure(failure)) = refused.answers.last() else { panic!("{dialect:?}") };
        assert!(failure.message.contains("no such thing"), "{dialect:?}: {failure:?}");
        assert_eq!((refused.models.stats().refused, refused.models.stats().retried), (1, 0), "{dialect:?}");

        let gone = converse(dialect, SCRIPT, "", "outage", false).await.unwrap();
        let Some(Reply::Failure(failure)) = gone.answers.last() else { panic!("{dialect:?}") };
        assert!(failure.message.contains("gave up after"), "{dialect:?}: {failure:?}");

        let long = converse(dialect, SCRIPT, "", "long", false).await.unwrap();
        assert_eq!(last(&long).unwrap().finish_reason, FinishReason::Length, "{dialect:?}");

        // One request a second: the first attempt of the second turn is one too many.
        let paced = format!("[server]\nrequests-per-second = 1\n{SCRIPT}");
        let paced = converse(dialect, &paced, "", "tools", true).await.unwrap();
        assert_eq!(last(&paced).unwrap().message.text(), Some("done"), "{dialect:?}");
        let stats = paced.models.stats();
        assert!(stats.retried >= 1 && stats.failed == 0, "{dialect:?}: {stats:?}");
        assert!(stats.waited_ms >= 1_000, "{dialect:?}: the provider asked for a second: {stats:?}");
    }
}

#[tokio::test]
async fn what_a_refusal_taught_is_not_asked_again() {
    let spoken = converse(Dialect::Openai, SCRIPT, "", "reasoning", true).await.unwrap();
    let stats = spoken.models.stats();
    assert_eq!((stats.adapted, stats.attempts, stats.calls), (2, 5, 3));
    let lines = spoken.models.learned_of("m").unwrap().lines();
    assert_eq!(lines, ["quirks.temperature = false", "quirks.max-tokens-field = \"max_completion_tokens\""]);
    let sent = spoken.server.requests();
    assert!(sent.last().unwrap().get("temperature").is_none());
    let settings = format!("{}\n", lines.join("\n"));
    let again = converse(Dialect::Openai, SCRIPT, &settings, "tools", true).await.unwrap();
    assert_eq!(again.models.stats().adapted, 0, "with the printed settings nothing is refused");
}
