//! Attacks by providers: answers that are large, heavy, endless or deep, and refusals that demand another request again and
//! again.

use std::collections::{BTreeMap, BTreeSet};
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hyperspace_attack::HostAttack;
use hyperspace_llm::{
    Account, BudgetLimits, CallOptions, ChatRequest, MemoryCassette, ModelEnvironment, Models, Registry,
    Reply, Session, SessionOptions, TimeSource,
};
use serde_json::{Value, json};

use crate::guest::hostile_server::{HostileAnswer, HostileServer};

const TRANSPORT: &str = "engine/llm/src/transport.rs";
const ENVELOPE: &str = "engine/llm/src/wire/envelope.rs";
const STREAM: &str = "engine/llm/src/wire/stream/mod.rs";
const ARGUMENTS: &str = "engine/llm/src/wire/arguments.rs";
const TEXT_CALLS: &str = "engine/llm/src/wire/textcalls.rs";
const CALL: &str = "engine/llm/src/call.rs";

/// Maximum number of requests that one call may make to a provider that never gives an answer.
const REQUESTS_MAX: u64 = 40;
/// The beginning and end of an answer with text.
const TEXT: (&str, &str) =
    ("{\"choices\":[{\"message\":{\"content\":\"", "\"},\"finish_reason\":\"stop\"}]}");
/// The beginning and end of an answer with calls.
const CALLS: (&str, &str) =
    ("{\"choices\":[{\"message\":{\"tool_calls\":[", "null]},\"finish_reason\":\"tool_calls\"}]}");

/// The attacks, in order.
pub(crate) const HOSTILE_PROVIDERS: &[HostAttack] = &[
    HostAttack {
        id: "T-PROV-01",
        title: "an answer without an end",
        held_by: TRANSPORT,
        ends: "a failure",
        run: |_| asked("", |_| HostileAnswer::repeating(TEXT.0, "x", 1 << 30, "")),
    },
    HostAttack {
        id: "T-PROV-02",
        title: "an answer of thirty megabytes",
        held_by: TRANSPORT,
        ends: "an answer",
        run: |_| asked("", |_| HostileAnswer::repeating(TEXT.0, "x", 30 << 20, TEXT.1)),
    },
    HostAttack {
        id: "T-PROV-03",
        title: "an answer of four million objects",
        held_by: ENVELOPE,
        ends: "a failure",
        run: |_| asked("", |_| HostileAnswer::repeating("{\"x\":[", "{\"\":0},", 4_000_000, "0]}")),
    },
    HostAttack {
        id: "T-PROV-04",
        title: "an answer of four million objects that is no strict JSON",
        held_by: ENVELOPE,
        ends: "a failure",
        run: |_| asked("", |_| HostileAnswer::repeating("{x:[", "{'':0,},", 3_500_000, "0]}")),
    },
    HostAttack {
        id: "T-PROV-05",
        title: "an answer of thirty million lists within each other",
        held_by: ENVELOPE,
        ends: "a failure",
        run: |_| asked("", |_| HostileAnswer::repeating("", "[", 30_000_000, "")),
    },
    HostAttack {
        id: "T-PROV-06",
        title: "an event of a stream that never ends",
        held_by: ENVELOPE,
        ends: "a failure",
        run: |_| asked("", |_| HostileAnswer::repeating("data: {\"a\":[\n", "data: 1,\n", 3_000_000, "")),
    },
    HostAttack {
        id: "T-PROV-07",
        title: "a stream of half a million events that each leave a field",
        held_by: STREAM,
        ends: "a failure",
        run: |_| {
            let event = "data: {\"choices\":[{\"delta\":{\"details\":[{}]}}]}\n\n";
            asked("", |_| HostileAnswer::repeating("", event, 500_000, "data: [DONE]\n\n"))
        },
    },
    HostAttack {
        id: "T-PROV-08",
        title: "a stream of calls that each have another number",
        held_by: STREAM,
        ends: "a failure",
        run: |_| {
            asked("", |_| {
                let event = |n: u32| {
                    format!(
                        "data: {{\"choices\":[{{\"delta\":{{\"tool_calls\":[{{\"index\":{n}}}]}}}}]}}\n\n"
                    )
                };
                HostileAnswer::new(200, (0..200_000).map(event).collect::<String>())
            })
        },
    },
    HostAttack {
        id: "T-PROV-09",
        title: "forty thousand calls without identifiers",
        held_by: ARGUMENTS,
        ends: "a failure",
        run: |_| {
            let call = "{\"function\":{\"name\":\"t\",\"arguments\":\"\"}},";
            asked("", |_| HostileAnswer::repeating(CALLS.0, call, 13_000, CALLS.1))
        },
    },
    HostAttack {
        id: "T-PROV-10",
        title: "half a million calls written as text",
        held_by: TEXT_CALLS,
        ends: "a failure",
        run: |_| {
            let call = "<function name=t>{}</function>";
            asked(IN_TEXT, |_| HostileAnswer::repeating(TEXT.0, call, 500_000, TEXT.1))
        },
    },
    HostAttack {
        id: "T-PROV-11",
        title: "beginnings of calls in text that are none",
        held_by: TEXT_CALLS,
        ends: "an answer",
        run: |_| asked(IN_TEXT, |_| HostileAnswer::repeating(TEXT.0, "<function name", 2_000_000, TEXT.1)),
    },
    HostAttack {
        id: "T-PROV-12",
        title: "a call whose arguments are a forest of lists",
        held_by: ARGUMENTS,
        ends: "an answer",
        run: |_| {
            let begin = format!("{}{{\"function\":{{\"name\":\"t\",\"arguments\":\"{{\\\"x\\\":[", CALLS.0);
            let end = format!("0]}}\"}}}},{}", CALLS.1);
            asked("", move |_| HostileAnswer::repeating(&begin, "[],", 5_000_000, &end))
        },
    },
    HostAttack {
        id: "T-PROV-13",
        title: "a conversation that is always too long",
        held_by: CALL,
        ends: "a failure",
        run: |_| {
            asked("", |_| {
                HostileAnswer::new(
                    400,
                    "{\"error\":{\"code\":\"context_length_exceeded\",\"message\":\"too long\"}}",
                )
            })
        },
    },
    HostAttack {
        id: "T-PROV-14",
        title: "a window that becomes smaller with each request",
        held_by: CALL,
        ends: "a failure",
        run: |_| {
            asked("", |number| {
                let window = 1_000_000_u64.saturating_sub(number * 50);
                HostileAnswer::new(
                    400,
                    json!({"error": {"code": "context_length_exceeded",
                    "message": format!("maximum context length is {window} tokens")}})
                    .to_string(),
                )
            })
        },
    },
    HostAttack {
        id: "T-PROV-15",
        title: "another limit of the answer with each request",
        held_by: CALL,
        ends: "a failure",
        run: |_| {
            asked("", |number| {
                let most = 16_000_u64.saturating_sub(number * 10);
                HostileAnswer::new(
                    400,
                    json!({"error": {"message": format!("max_tokens: at most {most}")}}).to_string(),
                )
            })
        },
    },
    HostAttack {
        id: "T-PROV-16",
        title: "a wait of a century before the next request",
        held_by: CALL,
        ends: "a failure",
        run: |_| {
            asked("", |_| HostileAnswer {
                headers: "retry-after: 3000000000\r\n".to_owned(),
                ..HostileAnswer::new(429, "{}")
            })
        },
    },
    HostAttack {
        id: "T-PROV-17",
        title: "answers without content, again and again",
        held_by: CALL,
        ends: "an answer",
        run: |_| asked("", |_| HostileAnswer::new(200, format!("{}{}", TEXT.0, TEXT.1))),
    },
    HostAttack {
        id: "T-PROV-18",
        title: "an error of thirty megabytes",
        held_by: TRANSPORT,
        ends: "a failure",
        run: |_| {
            asked("", |_| HostileAnswer {
                status: 500,
                ..HostileAnswer::repeating("{\"error\":{\"message\":\"", "max_tokens ", 3_000_000, "\"}}")
            })
        },
    },
    HostAttack {
        id: "T-PROV-19",
        title: "an answer of which a byte comes every ten milliseconds",
        held_by: TRANSPORT,
        ends: "a failure",
        run: |_| {
            asked("timeout-ms = 100\n", |_| HostileAnswer {
                slowly: true,
                ..HostileAnswer::new(200, format!("{}{}{}", TEXT.0, "x".repeat(50), TEXT.1))
            })
        },
    },
    HostAttack {
        id: "T-PROV-20",
        title: "a way to another server",
        held_by: TRANSPORT,
        ends: "a failure",
        run: |_| {
            asked("", |_| HostileAnswer {
                headers: "location: http://127.0.0.1:9/\r\n".to_owned(),
                ..HostileAnswer::new(302, "")
            })
        },
    },
];

/// Settings of a model that writes tool calls as text.
const IN_TEXT: &str = "[m.quirks]\ntool-calls-in-content = true\n";

/// A clock on which waiting takes no time.
#[derive(Default)]
struct ImpatientClock(AtomicU64);

impl TimeSource for ImpatientClock {
    fn now_ms(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn unix_seconds(&self) -> u64 {
        1_800_000_000 + self.now_ms() / 1_000
    }

    fn sleep(&self, ms: u64) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.0.fetch_add(ms, Ordering::Relaxed);
        Box::pin(ready(()))
    }
}

/// Returns a long conversation with a tool, of which a part can be left out many times.
fn conversation() -> Result<ChatRequest, String> {
    let said = |number: usize| {
        let role = if number.is_multiple_of(2) { "user" } else { "assistant" };
        json!({"role": role, "content": format!("{number} {}", "word ".repeat(40))})
    };
    let messages: Vec<Value> = (0..1_001).map(said).collect();
    let tool = json!({"name": "t", "description": "", "parameters": {"type": "object"}});
    let request =
        json!({"model": "m", "messages": messages, "tools": [tool], "temperature": 0.5, "max_tokens": null});
    serde_json::from_value(request).map_err(text)
}

fn text(error: impl ToString) -> String {
    error.to_string()
}

/// Calls a model whose provider answers like this. Returns whether there was an answer, or the number of requests if there were
/// too many.
fn asked(settings: &str, answer: impl Fn(u64) -> HostileAnswer + Send + 'static) -> Result<String, String> {
    let server = HostileServer::start(answer).map_err(text)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(text)?;
    let ended = runtime.block_on(ask(&server.base_url(), settings))?;
    drop(runtime);
    Ok(match server.requests() {
        0 => "no request was made".to_owned(),
        few if few <= REQUESTS_MAX => ended.to_owned(),
        many => format!("{ended} after {many} requests"),
    })
}

async fn ask(base_url: &str, settings: &str) -> Result<&'static str, String> {
    let section = format!("[m]\nbase-url = {base_url:?}\nmodel = \"m\"\n{settings}");
    let registry = Registry::new(toml::from_str(&section).map_err(text)?);
    let model =
        registry.model("m", &ModelEnvironment::new(BTreeMap::new(), BTreeMap::new())).map_err(text)?;
    let clock = Arc::new(ImpatientClock::default());
    let models = Models::new(vec![model], CallOptions::default(), clock).map_err(text)?;
    let account = Account::new("attack", BudgetLimits::default());
    let options = SessionOptions::new("s", BTreeSet::from(["m".to_owned()]), account);
    let mut session = Session::live(&models, options, Arc::new(MemoryCassette::default())).map_err(text)?;
    Ok(match session.chat(conversation()?).await {
        Ok(Reply::Answer(_)) => "an answer",
        Ok(Reply::Failure(_)) | Err(_) => "a failure",
    })
}
