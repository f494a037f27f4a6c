//! `mcp`, as a client speaks to it: messages line by line on standard input and output.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use hyperspace_testkit::command::TestEnvironment;
use serde_json::{Value, json};

use crate::common::{environment, evolve};

const TASK: &str = r#"
[task]
name = "double"
title = "Double"
description = "Return twice the number."
direction = "maximize"
[entry]
module = "task_agent"
function = "double"
[scorer]
kind = "rows"
metric = "exact"
[splits.train]
file = "train.csv"
[splits.held-out]
file = "held.csv"
"#;

/// A client of a server in a process of its own.
struct Client {
    process: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    requests: u64,
}

impl Client {
    fn start(env: &TestEnvironment) -> Self {
        let mut command = env.command(&["mcp", "--store", "S"]);
        let mut process =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let input = process.stdin.take();
        let output = BufReader::new(process.stdout.take().unwrap());
        let mut client = Self { process, input, output, requests: 0 };
        let greeting = client.request(
            "initialize",
            &json!({
                "protocolVersion": "2025-06-18", "capabilities": {},
                "clientInfo": { "name": "test", "version": "1" }
            }),
        );
        assert_eq!(greeting["result"]["serverInfo"]["name"], "hyperspace", "{greeting}");
        client.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        client
    }

    fn send(&mut self, message: &Value) {
        writeln!(self.input.as_mut().unwrap(), "{message}").unwrap();
    }

    fn receive(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }

    fn request(&mut self, method: &str, parameters: &Value) -> Value {
        self.requests += 1;
        let id = self.requests;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": parameters }));
        loop {
            let message = self.receive();
            if message["id"] == id {
                return message;
            }
        }
    }

    /// Calls a tool; returns whether it failed, the text, and the structured content.
    fn call(&mut self, tool: &str, arguments: &Value) -> (bool, String, Value) {
        let answer = self.request("tools/call", &json!({ "name": tool, "arguments": arguments }));
        let result = &answer["result"];
        assert!(result.is_object(), "{answer}");
        let text = result["content"][0]["text"].as_str().unwrap().to_owned();
        (result["isError"] == true, text, result["structuredContent"].clone())
    }

    /// Closes the connection, after which the server ends.
    fn close(mut self) {
        drop(self.input.take());
        assert!(self.process.wait().unwrap().success());
    }
}

#[test]
fn programs_and_evaluations_are_answered_and_failures_are_results() {
    let env = environment();
    let mut client = Client::start(&env);
    let listed = client.request("tools/list", &json!({}));
    let tools = listed["result"]["tools"].as_array().unwrap();
    let names: Vec<&str> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    for name in ["run_python", "evaluate", "start_run", "run_status", "diff", "replay"] {
        assert!(names.contains(&name), "{names:?}");
    }
    assert!(tools.iter().all(|tool| tool["inputSchema"]["type"] == "object"), "{tools:#?}");

    let arguments = json!({
        "code": "import tools, sys\nprint(tools.f(int(open('n.txt').read())), sys.argv[1], input())\nopen('made.txt', 'w').write('x')",
        "files": { "n.txt": "20" }, "packages": { "tools/__init__.py": "def f(n): return n + 1" },
        "args": ["one"], "stdin": "two\n",
    });
    let (failed, text, view) = client.call("run_python", &arguments);
    assert!(!failed && text.starts_with("21 one two\n") && text.contains("[completed;"), "{text}");
    assert_eq!(view["files"][0]["text"], "x", "{view}");
    let (_, _, again) = client.call("run_python", &arguments);
    assert_eq!(again["digest"], view["digest"]);

    for (arguments, words) in [
        (json!({ "code": "1 / 0" }), "ZeroDivisionError"),
        (json!({ "code": "while True: pass", "fuel": 100_000_000 }), "[out-of-fuel at line 1 of program.py;"),
        (json!({ "code": "open('/etc/passwd')" }), "FileNotFoundError"),
        (json!({ "code": "1", "fule": 5 }), "unknown field `fule`, expected one of"),
        (json!({ "code": 7 }), "expected a string"),
        (json!({}), "missing field `code`"),
        (json!({ "code": "1", "memory_mib": 1 }), "memory"),
        (json!({ "code": "1", "files": { "../x": "" } }), "files"),
    ] {
        let (failed, text, _) = client.call("run_python", &arguments);
        assert!(failed && text.contains(words), "{arguments}: {words:?} is not in {text:?}");
    }

    let task = json!({
        "task.toml": TASK, "train.csv": "input,expected\n[1],2\n[4],8\n", "held.csv": "input,expected\n[3],6\n",
    });
    let right = json!({ "task_agent.py": "def double(n): return 2 * n" });
    let (failed, text, view) = client.call("evaluate", &json!({ "task_files": task, "files": right }));
    assert!(!failed && text.starts_with("score 1"), "{text}");
    assert_eq!(view["rows"].as_array().unwrap().len(), 2, "{view}");
    let wrong = json!({ "task_agent.py": "def double(n): return n.x" });
    let (failed, text, _) = client.call("evaluate", &json!({ "task_files": task, "files": wrong }));
    assert!(failed && text.contains("no score") && text.contains("AttributeError"), "{text}");
    for (arguments, words) in [
        (json!({ "task": "bin-packin" }), "bin-packing"),
        (json!({ "task": "./guess" }), "files by value"),
        (json!({ "task": "guess" }), "files by value"),
        (json!({ "task_files": { "task.toml": "[task]\nnam = 1" } }), "task.toml"),
        (json!({ "task": "bin-packing", "split": "half" }), "split"),
    ] {
        let (failed, text, _) = client.call("evaluate", &arguments);
        assert!(failed && text.contains(words), "{arguments}: {words:?} is not in {text:?}");
    }
    let unknown = client.request("tools/call", &json!({ "name": "rm", "arguments": {} }));
    assert!(unknown["error"]["message"].as_str().unwrap().contains("run_python"), "{unknown}");
    client.close();
}

#[test]
fn runs_go_on_in_the_background_and_are_resources() {
    let env = environment();
    let run = evolve(&env, "S", 2)["run"].as_str().unwrap().to_owned();
    let mut client = Client::start(&env);
    let listed = client.request("resources/list", &json!({}));
    let uri = format!("hyperspace://run/{run}");
    assert_eq!(listed["result"]["resources"][0]["uri"], uri, "{listed}");
    let read = client.request("resources/read", &json!({ "uri": uri }));
    let document: Value =
        serde_json::from_str(read["result"]["contents"][0]["text"].as_str().unwrap()).unwrap();
    assert_eq!(document["generations"].as_array().unwrap().len(), 3);

    let (failed, text, view) = client.call("best_code", &json!({ "run": run }));
    assert!(!failed && text.contains("def guess"), "{text}");
    let blob = view["files"][0]["after"].as_str().unwrap().to_owned();
    let read = client.request("resources/read", &json!({ "uri": format!("hyperspace://blob/{blob}") }));
    assert!(read["result"]["contents"][0]["text"].is_string(), "{read}");
    for uri in ["hyperspace://blob/00", "hyperspace://run/00ff", "file:///etc/passwd"] {
        let read = client.request("resources/read", &json!({ "uri": uri }));
        assert!(read["error"]["message"].is_string(), "{uri}: {read}");
    }
    let (failed, text, _) = client.call("diff", &json!({ "before": format!("{run}:0:0"), "after": run }));
    assert!(!failed && text.contains("+    return 15"), "{text}");
    let (failed, text, _) = client.call("replay", &json!({ "hash": run }));
    assert!(!failed && text.contains("no differences"), "{text}");

    let agent = json!({
        "task_agent.py": "def double(n): return n",
        "meta_agent.py": "def improve(job):\n    open('task_agent.py', 'w').write('def double(n): return %d * n' % job['generation'])",
    });
    let task = json!({
        "task.toml": TASK, "train.csv": "input,expected\n[1],2\n[4],8\n", "held.csv": "input,expected\n[3],6\n",
    });
    let arguments = json!({ "task_files": task, "agent_files": agent, "generations": 3, "candidates": 1 });
    let (failed, text, view) = client.call("start_run", &arguments);
    assert!(!failed, "{text}");
    let started = view["run"].as_str().unwrap().to_owned();
    let ended = (0..600).find_map(|_| {
        let (failed, text, view) = client.call("run_status", &json!({ "run": started[..12] }));
        assert!(!failed, "{text}");
        std::thread::sleep(std::time::Duration::from_millis(50));
        (view["state"] == "ended").then_some(view)
    });
    assert_eq!(ended.unwrap()["result"]["best"]["score"], 1.0);

    // A long one is stopped, and then the store is free for the next.
    let long = json!({ "task": "bin-packing", "generations": 500 });
    let (failed, text, view) = client.call("start_run", &long);
    assert!(!failed && text.contains("is recorded"), "{text}");
    // It is in the store by now, whatever happens to the server.
    let (log, _) = env.json(&["log", "--store", "S"]);
    assert!(log["runs"].as_array().unwrap().iter().any(|row| row["run"] == view["run"]), "{log}");
    let strategy = json!({ "task": "bin-packing", "strategy": "no-such" });
    let (failed, text, _) = client.call("start_run", &strategy);
    assert!(failed && text.contains("no-such"), "{text}");
    let (failed, text, _) = client.call("start_run", &arguments);
    assert!(failed && text.contains("one run at a time"), "{text}");
    let (failed, text, _) = client.call("stop_run", &json!({ "run": view["run"] }));
    assert!(!failed, "{text}");
    let (failed, text, _) = client.call("stop_run", &json!({ "run": "00" }));
    assert!(failed && text.contains("goes on here"), "{text}");
    let (failed, text, _) = client.call("start_run", &json!({ "task": "bin-packing", "model": "m" }));
    assert!(failed && text.contains("max_cost"), "{text}");

    let prompt =
        client.request("prompts/get", &json!({ "name": "explain_run", "arguments": { "run": run } }));
    let words = prompt["result"]["messages"][0]["content"]["text"].as_str().unwrap();
    assert!(words.contains(&run) && !words.contains("{{"), "{words}");
    let missing = client.request("prompts/get", &json!({ "name": "write_task", "arguments": {} }));
    assert!(missing["error"]["message"].as_str().unwrap().contains("goal"), "{missing}");
    client.close();
    assert!(env.run(&["fsck", "--store", "S"]).status.success());
}

#[test]
fn a_client_that_closes_at_once_is_a_normal_end() {
    let env = environment();
    let output = env.command(&["mcp", "--store", "S"]).stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}
