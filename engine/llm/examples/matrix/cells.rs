//! The matrix: each dialect of the stub in each situation.

use hyperspace_llm::stub::Dialect;
use hyperspace_llm::{Arguments, FinishReason, Message, Reply};

use crate::conversation::{SCRIPT, Spoken, converse, last};

/// The situations, in the order of columns.
const SITUATIONS: [Situation; 9] = [
    Situation::OneAnswer,
    Situation::Tools,
    Situation::Reasoning,
    Situation::ParallelCalls,
    Situation::LongOutput,
    Situation::Refusal,
    Situation::RateLimit,
    Situation::Outage,
    Situation::Stream,
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Situation {
    OneAnswer,
    Tools,
    Reasoning,
    ParallelCalls,
    LongOutput,
    Refusal,
    RateLimit,
    Outage,
    Stream,
}

impl Situation {
    fn title(self) -> &'static str {
        match self {
            Self::OneAnswer => "one answer",
            Self::Tools => "tools, two turns",
            Self::Reasoning => "reasoning",
            Self::ParallelCalls => "parallel calls",
            Self::LongOutput => "long output",
            Self::Refusal => "refusal",
            Self::RateLimit => "rate limit",
            Self::Outage => "outage",
            Self::Stream => "stream",
        }
    }
}

/// Runs every cell and returns the table as Markdown, with the reasons of cells that do not pass below it.
pub(crate) async fn table() -> String {
    let mut text = String::from("| dialect |");
    for situation in SITUATIONS {
        text.push_str(&format!(" {} |", situation.title()));
    }
    text.push_str(&format!("\n|---|{}\n", "---|".repeat(SITUATIONS.len())));
    let mut reasons = Vec::<String>::new();
    for dialect in Dialect::ALL {
        text.push_str(&format!("| `{}` |", dialect.name()));
        for situation in SITUATIONS {
            match cell(dialect, situation).await {
                Ok(None) => text.push_str(" passes |"),
                Ok(Some(note)) | Err(note) => {
                    let known = reasons.iter().position(|reason| *reason == note);
                    let place = known.unwrap_or_else(|| {
                        reasons.push(note);
                        reasons.len() - 1
                    });
                    text.push_str(&format!(" [{}] |", place + 1));
                }
            }
        }
        text.push('\n');
    }
    for (place, reason) in reasons.iter().enumerate() {
        text.push_str(&format!("\n[{}] {reason}\n", place + 1));
    }
    text
}

/// Runs a cell. Returns a note where there is nothing to pass, and an error where it fails.
async fn cell(dialect: Dialect, situation: Situation) -> Result<Option<String>, String> {
    let failed = |problem: String| format!("FAILS: {problem}");
    let held = |holds: bool, what: &str| if holds { Ok(()) } else { Err(format!("FAILS: {what}")) };
    let spoken = hold(dialect, situation).await.map_err(failed)?;
    let stats = spoken.models.stats();
    match situation {
        Situation::OneAnswer => held(spoken.answers.len() == 1, "one answer was expected")?,
        Situation::Tools => {
            held(spoken.answers.len() == 2 && calls(&spoken) == 1, "a call and an answer were expected")?
        }
        Situation::ParallelCalls => held(calls(&spoken) == 2, "two calls were expected")?,
        Situation::Reasoning => {
            held(spoken.answers.len() == 3, "three turns were expected")?;
            if !has_reasoning(&spoken) {
                return Ok(Some(
                    "the server returns nothing of its reasoning, so nothing can go back; three turns pass"
                        .to_owned(),
                ));
            }
        }
        Situation::LongOutput => {
            held(
                last(&spoken).map_err(failed)?.finish_reason == FinishReason::Length,
                "the length limit is not told",
            )?;
        }
        Situation::Refusal => held(stats.refused == 1 && stats.retried == 0, "a refusal is final")?,
        Situation::RateLimit => {
            held(stats.retried >= 1 && stats.waited_ms >= 1_000, "the wait was not kept")?
        }
        Situation::Outage => held(stats.failed == 1 && stats.retried >= 1, "an outage is asked again")?,
        Situation::Stream => {
            held(
                spoken.server.requests().iter().all(|body| body["stream"] == true),
                "a stream was not asked for",
            )?;
            held(calls(&spoken) == 2, "two calls were expected")?;
        }
    }
    match situation {
        Situation::Refusal | Situation::Outage => {
            let words = if situation == Situation::Refusal { "no such thing" } else { "gave up after" };
            let Some(Reply::Failure(failure)) = spoken.answers.last() else {
                return held(false, "there is an answer").map(|()| None);
            };
            held(failure.message.contains(words), &failure.message)?;
        }
        Situation::LongOutput => {}
        _ => {
            held(
                last(&spoken).map_err(failed)?.message.text() == Some("done"),
                "the last answer is another one",
            )?;
            held(stats.failed == 0, "a call failed")?;
        }
    }
    Ok(None)
}

async fn hold(dialect: Dialect, situation: Situation) -> Result<Spoken, String> {
    let limited = format!("[server]\nrequests-per-second = 1\n{SCRIPT}");
    let (script, settings, question, tools) = match situation {
        Situation::OneAnswer => (SCRIPT, "", "one answer", false),
        Situation::Tools => (SCRIPT, "", "tools", true),
        Situation::Reasoning => (SCRIPT, "", "reasoning", true),
        Situation::ParallelCalls => (SCRIPT, "", "two calls", true),
        Situation::LongOutput => (SCRIPT, "", "long", false),
        Situation::Refusal => (SCRIPT, "", "refuse", false),
        Situation::RateLimit => (limited.as_str(), "", "tools", true),
        Situation::Outage => (SCRIPT, "", "outage", false),
        Situation::Stream => (SCRIPT, "quirks.stream = true", "two calls", true),
    };
    converse(dialect, script, settings, question, tools).await
}

/// Returns the number of calls with the right arguments in the first answer.
fn calls(spoken: &Spoken) -> usize {
    let Some(Reply::Answer(first)) = spoken.answers.first() else { return 0 };
    let Message::Assistant { tool_calls, .. } = &first.message else { return 0 };
    let right = |arguments: &Arguments| match arguments {
        Arguments::Object(fields) => fields["command"].as_str().is_some_and(|text| text.starts_with("echo ")),
        _ => false,
    };
    tool_calls.iter().filter(|call| right(&call.arguments)).count()
}

/// Returns whether answers carried thoughts, or fields that went back.
fn has_reasoning(spoken: &Spoken) -> bool {
    let exchanges = spoken.cassette.exchanges();
    let thinks = exchanges.iter().any(|(exchange, _)| exchange.thinking.is_some());
    let carries = |reply: &Reply| matches!(reply, Reply::Answer(answer) if answer.attachment.is_some());
    thinks || spoken.answers.iter().any(carries)
}
