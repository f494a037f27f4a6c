//! Runs of `serve`: their events, their end, and what a server leaves that is stopped or killed.

use std::io::{BufRead, BufReader};
use std::time::Duration;

use hyperspace_testkit::command::TestEnvironment;
use hyperspace_testkit::guess;
use hyperspace_testkit::http::{ask, send};
use serde_json::{Value, json};

use crate::common::environment;
use crate::http_server::ServeProcess;

/// A run of the small agent on the small task, as a request.
fn run_request(generations: u64) -> Value {
    let task: Value = guess::task_files(&[900, 900], &[901])
        .into_iter()
        .map(|(name, text)| (name.to_owned(), json!(text)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let agent =
        json!({ "task_agent.py": guess::task_agent(10), "meta_agent.py": guess::meta_agent(guess::COUNT) });
    json!({ "task_files": task, "agent_files": agent, "generations": generations, "candidates": 2, "seed": 5 })
}

/// Starts a run; returns its hash.
fn start(server: &ServeProcess, request: &Value) -> String {
    server.posted("/v1/runs", request, 202)["run"].as_str().unwrap().to_owned()
}

/// Reads the events of a run until there is one with these words.
fn wait_for(server: &ServeProcess, run: &str, words: &str) -> Vec<String> {
    let line = format!("GET /v1/runs/{run}/events HTTP/1.1");
    let host = format!("host: {}", server.address);
    let stream = send(&server.address, &[&line, &host], b"");
    let mut lines = Vec::new();
    for line in BufReader::new(stream).lines() {
        lines.push(line.unwrap());
        if lines.last().unwrap().contains(words) {
            return lines;
        }
    }
    panic!("no {words:?} in {lines:#?}");
}

fn runs_of(env: &TestEnvironment) -> Vec<String> {
    let (log, code) = env.json(&["log", "--store", "S"]);
    assert_eq!(code, 0);
    log["runs"].as_array().unwrap().iter().map(|run| run["run"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_run_tells_its_events_and_is_in_the_store() {
    let env = environment();
    let server = ServeProcess::start(&env, &[]);
    let run = start(&server, &run_request(3));
    let events = wait_for(&server, &run[..12], "event: end");
    let numbers = events.iter().filter(|line| line.starts_with("id: ")).count();
    assert!(numbers > 3 && events.iter().any(|line| line.contains("generation-started")), "{events:#?}");
    let after = format!("last-event-id: {}", numbers - 1);
    let later = ask(&server.address, &format!("GET /v1/runs/{run}/events"), &[&after]);
    assert_eq!(later.text().matches("id: ").count(), 1, "{}", later.text());

    let status = (0..200).find_map(|_| {
        let status = server.asked(&format!("GET /v1/runs/{run}"));
        std::thread::sleep(Duration::from_millis(20));
        (status["state"] == "ended").then_some(status)
    });
    assert_eq!(status.unwrap()["run"], run);
    assert_eq!(server.asked("GET /v1/runs")["runs"][0]["run"], run);
    let replay = server.posted(&format!("/v1/runs/{run}/replay"), &json!({}), 200);
    assert_eq!(replay["differences"], json!([]), "{replay}");

    let best = server.asked(&format!("GET /v1/runs/{run}/best"));
    let text = best.to_string();
    let hash = text.split("\"after\":\"").nth(1).unwrap_or_else(|| panic!("{text}"));
    let hash = &hash[..64];
    let object = server.ask(&format!("GET /v1/objects/{hash}"));
    let tag = format!("\"{hash}\"");
    assert_eq!((object.status, object.header("etag")), (200, Some(&*tag)));
    assert!(object.text().contains("def "), "{}", object.text());
    let known = format!("if-none-match: {tag}");
    let unchanged = ask(&server.address, &format!("GET /v1/objects/{hash}"), &[&known]);
    assert_eq!((unchanged.status, unchanged.body.len()), (304, 0));
    let weak =
        ask(&server.address, &format!("GET /v1/objects/{hash}"), &[&format!("if-none-match: W/{tag}")]);
    assert_eq!(weak.status, 304, "a proxy makes tags weak");
    assert_eq!(server.ask(&format!("GET /v1/objects/{}", "0".repeat(64))).status, 404);
    assert_eq!(server.ask("GET /v1/runs/00ff").status, 404);

    // Two more generations of the same run.
    let resumed = server.posted(&format!("/v1/runs/{run}/resume"), &json!({ "generations": 5 }), 202);
    assert_eq!(resumed["run"], run, "{resumed}");
    wait_for(&server, &run, "event: end");
}

#[test]
fn a_run_is_cancelled_and_the_store_is_free() {
    let env = environment();
    let server = ServeProcess::start(&env, &[]);
    let run = start(&server, &run_request(2_000));
    wait_for(&server, &run, "id: 3");
    let busy = server.post("/v1/runs", &run_request(3));
    assert!(busy.status == 409 && busy.header("retry-after") == Some("5"), "{}", busy.text());
    assert_eq!(server.posted(&format!("/v1/runs/{run}/cancel"), &json!({}), 200), json!({ "run": run }));
    server.posted(&format!("/v1/runs/{run}/cancel"), &json!({}), 409);
    assert_eq!(server.asked(&format!("GET /v1/runs/{run}"))["state"], "stopped");
    let mut request = run_request(3);
    request["seed"] = json!(6);
    let other = start(&server, &request);
    wait_for(&server, &other, "event: end");
    assert_eq!(runs_of(&env).len(), 2);
}

#[test]
fn a_server_that_is_stopped_leaves_its_run_to_be_resumed() {
    let env = environment();
    let server = ServeProcess::start(&env, &[]);
    let run = start(&server, &run_request(200));
    wait_for(&server, &run, "id: 3");
    let (code, said) = server.end("TERM");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("was stopped") && said.contains("hyperspace resume"), "{said}");
    assert_eq!(runs_of(&env), std::slice::from_ref(&run));
    let (resumed, code) = env.json(&["resume", &run, "--store", "S"]);
    assert_eq!((code, &resumed["run"]), (0, &json!(run)), "{resumed}");
    assert!(env.run(&["fsck", "--store", "S"]).status.success());
}

/// Kills a server at some moment after it accepted a run, `rounds` times, and looks for the run.
fn kill_after_accepting(rounds: u64) {
    let env = environment();
    let mut accepted = Vec::new();
    for round in 0..rounds {
        let server = ServeProcess::start(&env, &[]);
        let mut request = run_request(200);
        request["seed"] = json!(round);
        accepted.push(start(&server, &request));
        // At once in the first round, and up to a generation later in others.
        std::thread::sleep(Duration::from_millis(round * 7 % 80));
        assert_eq!(server.end("KILL").0, None);
        let runs = runs_of(&env);
        for run in &accepted {
            assert!(runs.contains(run), "round {round}: {run} was accepted and is lost: {runs:#?}");
        }
    }
    let checked = env.run(&["fsck", "--store", "S"]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
    // What was accepted goes on.
    let (resumed, code) = env.json(&["resume", &accepted[0], "--generations", "3", "--store", "S"]);
    assert_eq!((code, &resumed["run"]), (0, &json!(accepted[0])), "{resumed}");
}

#[test]
fn a_run_that_was_accepted_survives_a_server_that_is_killed() {
    kill_after_accepting(5);
}

#[test]
#[ignore = "the long form, a minute"]
fn a_run_that_was_accepted_survives_a_server_that_is_killed_in_fifty_rounds() {
    kill_after_accepting(50);
}

#[test]
fn the_search_of_a_run_is_chosen_as_the_command_does() {
    let env = environment();
    let server = ServeProcess::start(&env, &[]);
    let mut request = run_request(1);
    for (field, value) in [
        ("strategy", json!("no-such")),
        ("search", json!({ "strategy": "no-such" })),
        ("admission", json!("gate")),
    ] {
        request[field] = value;
        let refused = server.posted("/v1/runs", &request, 422);
        assert!(refused["detail"].is_string(), "{refused}");
        request.as_object_mut().unwrap().remove(field);
    }
    request["strategy"] = json!("beam:width=2");
    let run = start(&server, &request);
    wait_for(&server, &run, "event: end");
    request.as_object_mut().unwrap().remove("strategy");
    request["search"] = json!({ "strategy": "beam", "width": 2 });
    assert_eq!(start(&server, &request), run);
    request["strategy"] = json!("beam");
    assert!(server.posted("/v1/runs", &request, 422)["detail"].as_str().unwrap().contains("alone"));
}

#[test]
fn what_is_not_there_is_absent_and_what_is_damaged_is_damaged() {
    let env = environment();
    let server = ServeProcess::start(&env, &[]);
    let zeros = "0".repeat(64);
    assert_eq!(server.asked("GET /v1/runs"), json!({ "runs": [] }));
    let nothing = server.ask("GET /v1/runs/00").text();
    assert!(nothing.contains("nothing is recorded here yet") && !nothing.contains("--store"), "{nothing}");
    let run = start(&server, &run_request(1));
    wait_for(&server, &run, "event: end");
    for request in ["GET /v1/runs/00", "GET /v1/runs/00/best", &format!("GET /v1/objects/{zeros}")] {
        assert_eq!(server.ask(request).status, 404, "{request}");
    }
    for path in ["/v1/runs/00/replay", "/v1/runs/00/resume", "/v1/runs/00/cancel"] {
        assert_eq!(server.posted(path, &json!({}), 404)["type"], "urn:hyperspace:problem:absent", "{path}");
    }
    assert_eq!(server.end("TERM").0, Some(0));

    // Every file of the store is there, and none holds what it did.
    for entry in std::fs::read_dir(env.path("S")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap().len();
            std::fs::write(&path, "damaged".repeat(bytes / 7 + 1)).unwrap();
        }
    }
    let server = ServeProcess::start(&env, &[]);
    let answer = server.ask("GET /v1/runs");
    assert_eq!(answer.status, 500, "{}", answer.text());
    let path = env.path("S").display().to_string();
    assert!(!answer.text().contains(&path), "{}", answer.text());
    let (_, said) = server.end("TERM");
    assert!(!said.is_empty());
}
