//! The check of models before a run, and what a run may cost.

use std::process::Output;

use hyperspace_testkit::command::{StubProcess, TestEnvironment, document};
use hyperspace_testkit::http::ask;
use serde_json::Value;

use crate::common::environment;

const RUN: [&str; 5] = ["evolve", "--json", "--task", "./guess", "--model"];

/// Answers a call, then a change.
const SCRIPT: &str = r#"
[[rule]]
when = { turn = 1, tool = "bash" }
[[rule.answer]]
calls = [{ name = "bash", arguments = { command = "echo hyperspace" } }]
[[rule]]
when = { turn = 2, tool = "bash" }
[[rule.answer]]
text = "hyperspace"
[[rule]]
[[rule.answer]]
text = "<<<<<<< SEARCH\n    return 10\n=======\n    return 700\n>>>>>>> REPLACE\n"
input-tokens = 1000
output-tokens = 100
"#;

/// An environment with a server and a model `m` that has prices, and `free` without.
fn start(script: &str) -> (TestEnvironment, StubProcess, String) {
    let env = environment();
    env.write("guess/seed/task_agent.py", "def guess():\n    return 10\n");
    let (server, url) = env.serve(script);
    let section = format!("base-url = {url:?}\napi-key-env = \"STUB_KEY\"\n");
    let prices = "input-price = 1\noutput-price = 10\ncontext-window = 100000\n";
    env.write("hyperspace.toml", format!("[models.m]\n{section}{prices}[models.free]\n{section}"));
    (env, server, url)
}

/// Runs the command as a user does: with the check.
fn checked(env: &TestEnvironment, args: &[&str]) -> (Output, String) {
    let mut command = env.command(&[&RUN[..], args].concat());
    let output =
        command.env_remove("HYPERSPACE_NO_MODEL_CHECK").env("STUB_KEY", "sk-canary").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!said.contains("canary"), "{said}");
    (output, said)
}

/// Returns the number of requests that a server had.
fn requests(url: &str) -> u64 {
    let address = url.trim_start_matches("http://").trim_end_matches("/v1");
    ask(address, "GET /stub/stats", &[]).json()["requests"].as_u64().unwrap()
}

#[test]
fn the_check_is_made_said_and_no_part_of_the_run() {
    let (env, _server, url) = start(SCRIPT);
    let (output, said) = checked(&env, &["m", "--style", "edits", "--generations", "3", "--store", "one"]);
    let view = document(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert_eq!(view["models"]["check"]["calls"], 2, "{view:#}");
    assert!(said.contains("check   m answers: 2 calls"), "{said}");
    assert!(
        said.contains("cost    unknown: no limit is set (--max-cost, --max-tokens, --max-calls)"),
        "{said}"
    );
    assert!(said.contains("cost: about $0.004 for the 2 candidates left (2 calls)"), "{said}");

    let plain =
        [&["m", "--style", "edits", "--generations", "3", "--store", "two", "--no-model-check"][..]].concat();
    let (output, said) = checked(&env, &plain);
    let unchecked = document(&output);
    assert!(!said.contains("check   m"), "{said}");
    assert_eq!((&unchecked["root"], &unchecked["models"]["check"]), (&view["root"], &Value::Null));
    assert_eq!(unchecked["models"]["spent"], view["models"]["spent"]);
    assert_eq!(unchecked["models"]["stats"], view["models"]["stats"]);

    // A run that is known is not checked, whether it is complete or goes on.
    let before = requests(&url);
    let (output, said) = checked(&env, &["m", "--style", "edits", "--generations", "3", "--store", "one"]);
    assert_eq!((output.status.code(), requests(&url)), (Some(0), before), "{said}");
}

#[test]
fn a_model_that_cannot_be_used_ends_the_run_before_it_begins() {
    let (env, _server, _) =
        start("[server]\napi-keys = [\"other\"]\n[[rule]]\n[[rule.answer]]\ntext = \"a\"\n");
    let (output, said) = checked(&env, &["m"]);
    assert_eq!(output.status.code(), Some(13), "{said}");
    for words in
        ["model m cannot be used, and nothing was started", "401", "doctor --model \"m\"", "--no-model-check"]
    {
        assert!(said.contains(words), "{words}: {said}");
    }
    let (log, _) = env.json(&["log"]);
    assert_eq!(log["runs"], Value::Array(Vec::new()));
}

#[test]
fn a_model_without_calls_is_told_and_stops_only_a_run_that_needs_them() {
    let (env, _server, _) = start("[[rule]]\n[[rule.answer]]\ntext = \"no\"\n");
    let (output, said) = checked(&env, &["m", "--style", "tools"]);
    assert_eq!(output.status.code(), Some(13), "{said}");
    assert!(said.contains("it called no tool"), "{said}");
    let (output, said) = checked(&env, &["m", "--generations", "1"]);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("note: model m: it called no tool"), "{said}");
}

#[test]
fn a_chain_needs_one_model_that_is_there() {
    let (env, _server, url) = start(SCRIPT);
    let section =
        format!("[models.a]\nbase-url = {url:?}\n[models.gone]\nbase-url = \"http://127.0.0.1:1/v1\"\n");
    env.write("hyperspace.toml", section);
    let flags = ["--style", "edits", "--generations", "1", "--attempts", "1"];
    let (output, said) = checked(&env, &[&["gone > a"], &flags[..]].concat());
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("note: model gone is gone") && said.contains("check   a answers"), "{said}");
    let (output, said) = checked(&env, &[&["gone:0.5,a:0.5"], &flags[..]].concat());
    assert_eq!(output.status.code(), Some(13), "{said}");
    assert!(said.contains("model gone cannot be used"), "{said}");
}

#[test]
fn an_agent_that_asks_nobody_costs_no_check() {
    let (env, _server, url) = start(SCRIPT);
    let (output, said) = checked(
        &env,
        &["m", "--agent", "genetic", "--generations", "1", "--candidates", "1", "--store", "one"],
    );
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("agent genetic does not use models") && !said.contains("check   m"), "{said}");
    assert_eq!(requests(&url), 0);
}

#[test]
fn the_check_counts_against_the_budget_of_the_run() {
    let (env, _server, url) = start(SCRIPT);
    let (output, said) =
        checked(&env, &["m", "--style", "edits", "--generations", "40", "--max-calls", "12"]);
    assert_eq!(output.status.code(), Some(12), "{said}");
    assert_eq!(requests(&url), 12, "{said}");
    assert!(said.contains("cost    at most $"), "{said}");
    let (_, said) = checked(&env, &["m", "--style", "edits", "--max-calls", "3", "--store", "T"]);
    assert!(said.contains("the models were not checked: a budget of 3 calls has none to spare"), "{said}");
}

#[test]
fn the_most_that_a_run_may_cost_is_said_in_advance() {
    let (env, _server, _) = start(SCRIPT);
    let run =
        |more: &[&str]| checked(&env, &[&["m", "--style", "edits", "--generations", "1"], more].concat()).1;
    let said = run(&["--max-cost", "2.5"]);
    assert!(said.contains("cost    at most $2.50: the budget of the run"), "{said}");
    let said = run(&["--max-tokens", "1000000", "--seed", "2", "--store", "two"]);
    assert!(said.contains("cost    at most $10.00: the budget of the run"), "{said}");
    let said = run(&["--max-calls", "10", "--attempts", "1", "--seed", "3", "--store", "three"]);
    assert!(said.contains("cost    at most $2.6384: the budget of the run"), "{said}");
    let (_, said) = checked(
        &env,
        &["free", "--style", "edits", "--generations", "1", "--max-calls", "50", "--store", "four"],
    );
    assert!(said.contains("no prices are known of free"), "{said}");
}

#[test]
fn doctor_asks_every_model_that_a_name_stands_for() {
    let (env, _server, _) = start(SCRIPT);
    let mut settings = std::fs::read_to_string(env.path("hyperspace.toml")).unwrap();
    settings.push_str("[models.gone]\nbase-url = \"http://127.0.0.1:1/v1\"\n");
    env.write("hyperspace.toml", settings);
    let run = |name: &str| {
        let output =
            env.command(&["doctor", "--json", "--model", name]).env("STUB_KEY", "k").output().unwrap();
        (output.status.code(), document(&output))
    };
    let (code, view) = run("m:0.5, free:0.5");
    assert_eq!((code, &view["passed"], view["models"].as_array().unwrap().len()), (Some(0), &true.into(), 2));
    let (code, view) = run("m > gone");
    assert_eq!((code, &view["passed"]), (Some(13), &false.into()));
    assert_eq!((&view["models"][0]["passed"], &view["models"][1]["passed"]), (&true.into(), &false.into()));
    // One model has the document that it always had.
    let (code, view) = run("m");
    assert_eq!((code, &view["model"], &view["models"]), (Some(0), &"m".into(), &Value::Null));
}
