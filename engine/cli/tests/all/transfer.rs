//! A paired run from the command line: the example, killed and taken up again, replayed without its models, tested at the end.

use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use hyperspace_testkit::command::{StubProcess, TestEnvironment};
use serde_json::Value;

use crate::common::environment;

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/examples/paired");

/// The example's task, settings and models, which lead to a server of this test.
fn example() -> (TestEnvironment, StubProcess) {
    let env = environment();
    let read = |name: &str| std::fs::read_to_string(format!("{EXAMPLE}/{name}")).unwrap();
    for name in ["task.toml", "train.csv", "held.csv", "test.csv"] {
        env.write(&format!("data/examples/paired/task/{name}"), read(&format!("task/{name}")));
    }
    let (server, url) = env.serve(&read("script.toml"));
    env.write("hyperspace.toml", read("hyperspace.toml").replace("http://127.0.0.1:8123", &url));
    (env, server)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// Twenty kills at moments spread over a run, each time taken up again; then the record alone.
#[test]
fn a_paired_run_survives_kills_and_replays_without_its_models() {
    let (env, server) = example();
    #[expect(clippy::disallowed_methods, reason = "how long a run takes says when to kill it")]
    let begun = Instant::now();
    let (whole, code) = env.json(&["evolve", "--store", "whole"]);
    assert_eq!(code, 0, "{whole}");
    let wall_ms = u64::try_from(begun.elapsed().as_millis()).unwrap();
    for (agent, name) in ["alpha", "beta"].iter().enumerate() {
        let agent = &whole["agents"][agent];
        assert_eq!((&agent["name"], &agent["seed_score"]), (&Value::from(*name), &Value::from(0.0)));
        assert_eq!((&agent["best"]["score"], &agent["imp_at_k"]), (&Value::from(1.0), &Value::from(1.0)));
    }
    assert_eq!(whole["test"]["score"], 1.0, "{whole}");
    let spent = &whole["models"]["spent"];
    assert!(spent["calls"].as_u64().unwrap() > 100, "{spent}");

    let mut kills = 0;
    for round in 0..20 {
        let mut command = env.command(&["evolve", "--store", "killed"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_millis(wall_ms * (1 + (round * 7) % 20) / 20));
        if child.try_wait().unwrap().is_none() {
            child.kill().unwrap();
            kills += 1;
        }
        child.wait().unwrap();
        // A kill while the store is made leaves none.
        if env.run(&["log", "--store", "killed"]).status.code() != Some(2) {
            assert_eq!(env.json(&["fsck", "--store", "killed"]).1, 0, "after kill {round}");
        }
    }
    assert!(kills >= 3, "only {kills} kills came before the end");
    let (last, code) = env.json(&["evolve", "--store", "killed"]);
    assert_eq!((code, &last["root"]), (0, &whole["root"]));
    assert_eq!(last["models"]["spent"], *spent, "what was recorded is not paid again");

    drop(server);
    for store in ["whole", "killed"] {
        let (replayed, code) = env.json(&["replay", "--all", "--store", store]);
        assert_eq!((code, replayed["differences"].as_array().unwrap().len()), (0, 0), "{replayed}");
    }
    let (marks, _) = env.json(&["marks", "--store", "whole", "--resource", "bash_0_0"]);
    assert!(marks["marks"].as_array().unwrap().len() >= 12, "every call of a tool is a mark");
}

#[test]
fn a_cassette_answers_a_whole_run_and_another_run_is_told_what_is_missing() {
    let (env, server) = example();
    let (recorded, code) =
        env.json(&["evolve", "--store", "one", "--cassette", "calls.jsonl", "--generations", "2"]);
    assert_eq!(code, 0, "{recorded}");
    drop(server);
    let again = ["evolve", "--store", "two", "--replay-models", "calls.jsonl", "--generations", "2"];
    let (replayed, code) = env.json(&again);
    assert_eq!((code, &replayed["root"]), (0, &recorded["root"]));
    let more = ["evolve", "--store", "two", "--replay-models", "calls.jsonl", "--generations", "3"];
    env.fails(&more, 10, &["exchange 0 was not recorded", "generation/3/candidate/"]);
    let other = ["evolve", "--store", "three", "--replay-models", "calls.jsonl", "--temperature", "0.5"];
    env.fails(&other, 10, &["another request was recorded", "generation/1/candidate/"]);
}

#[test]
fn budgets_stop_a_run_and_a_larger_one_goes_on() {
    let (env, server) = example();
    let (whole, _) = env.json(&["evolve", "--store", "whole", "--generations", "2"]);
    env.fails(
        &["evolve", "--store", "S", "--generations", "2", "--max-calls", "30"],
        12,
        &["the budget of the run is spent", "30 of 30 calls"],
    );
    env.fails(&["resume", "--store", "S"], 12, &["30 of 30 calls"]);
    // What was paid is counted, committed or not.
    let (costs, code) = env.json(&["costs", "--store", "S"]);
    assert_eq!((code, &costs["total"]["spent"]["calls"]), (0, &Value::from(30)), "{costs}");
    let sum = |group: &str| {
        let rows = costs[group].as_array().unwrap();
        rows.iter().map(|row| row["spent"]["calls"].as_u64().unwrap()).sum::<u64>()
    };
    assert_eq!(["agents", "models", "generations", "candidates"].map(sum), [30; 4], "{costs}");
    assert_eq!(costs["generations"].as_array().unwrap().last().unwrap()["name"], "uncommitted", "{costs}");
    assert_eq!(costs["unread"], Value::Array(Vec::new()));
    env.fails(
        &["resume", "--store", "S", "--budget", "agent.calls=2", "--max-calls", "9999"],
        12,
        &["agent alpha"],
    );
    env.fails(&["resume", "--store", "S", "--budget", "call.calls=2"], 2, &["part of the run"]);
    let (resumed, code) =
        env.json(&["resume", "--store", "S", "--max-calls", "9999", "--budget", "agent.calls=9999"]);
    assert_eq!((code, &resumed["root"]), (0, &whole["root"]));
    let (costs, _) = env.json(&["costs", "--store", "S"]);
    assert_eq!(costs["total"]["spent"], resumed["models"]["spent"], "{costs}");
    let last = costs["generations"].as_array().unwrap().last().unwrap();
    assert_eq!(last["name"], "test", "the final test has a row: {costs}");
    assert!(last["fuel"].as_u64().unwrap() > 0, "{costs}");
    drop(server);
    env.fails(&["evolve", "--store", "away", "--attempts", "1"], 13, &["gave up after 1 attempt"]);
    env.fails(&["evolve", "--store", "W", "--model", "alpha", "--rounds", "0"], 2, &["rounds", "at least 1"]);
    env.fails(
        &["evolve", "--store", "W", "--rounds", "1,2,3"],
        2,
        &["--rounds: 3 numbers for 2 populations"],
    );
    env.fails(
        &["evolve", "--store", "W", "--budget", "agent.calls=none"],
        2,
        &["--budget", "positive number"],
    );
}

#[test]
fn agents_take_part_in_as_many_rounds_as_they_have() {
    let (env, _server) = example();
    let rounds = [
        "evolve",
        "--store",
        "S",
        "--model",
        "alpha",
        "--model",
        "alpha",
        "--model",
        "beta",
        "--rounds",
        "2,1,3",
        "--generations",
        "5",
    ];
    let (evolved, code) = env.json(&rounds);
    assert_eq!((code, &evolved["generations"]), (0, &Value::from(3)), "{evolved}");
    let names: Vec<String> =
        evolved["agents"].as_array().unwrap().iter().map(|agent| text(&agent["name"])).collect();
    assert_eq!(names, ["alpha", "alpha_b", "beta"]);
}
