//! `serve`, as a client speaks to it: programs, sessions, evaluations, and requests that are refused.

use std::io::{Read, Write};
use std::net::TcpStream;

use hyperspace_testkit::guess;
use hyperspace_testkit::http::{ask, receive, send};
use serde_json::{Value, json};

use crate::common::environment;
use crate::http_server::ServeProcess;

#[test]
fn programs_and_sessions_are_answered() {
    let env = environment();
    let server = ServeProcess::start(&env, &[]);
    assert_eq!(server.asked("GET /healthz"), json!({ "status": "ok" }));

    let program = json!({
        "code": "import sys\nprint(6 * 7, sys.argv[1], open('n.txt').read())\nopen('made.txt', 'w').write('x')",
        "args": ["one"], "files": { "n.txt": "20" },
    });
    let view = server.posted("/v1/execute", &program, 200);
    assert_eq!((&view["outcome"], &view["stdout"]), (&json!("completed"), &json!("42 one 20\n")), "{view}");
    let files = view["files"].as_array().unwrap();
    assert!(files.iter().any(|file| file["path"] == "/tmp/made.txt" && file["text"] == "x"), "{view}");
    let again = server.posted("/v1/execute?on_disconnect=finish", &program, 200);
    assert_eq!(again["digest"], view["digest"]);
    for (code, outcome) in [("1 / 0", "exception"), ("while True: pass", "out-of-fuel")] {
        let view = server.posted("/v1/execute", &json!({ "code": code, "fuel": 100_000_000 }), 200);
        assert_eq!(view["outcome"], outcome, "{view}");
    }

    let session = server.posted("/v1/sessions", &json!({}), 201)["session"].as_str().unwrap().to_owned();
    let place = format!("/v1/sessions/{session}");
    let execute = |place: &str, code: &str| {
        server.posted(&format!("{place}/execute"), &json!({ "code": code, "variables": { "n": 1 } }), 200)
    };
    execute(&place, "x = n");
    let fork =
        server.posted(&format!("{place}/fork"), &json!({}), 201)["session"].as_str().unwrap().to_owned();
    assert_eq!(execute(&place, "x += n; x")["result"]["value"], 2);
    assert_eq!(execute(&place, "x += 10; 1 / 0")["outcome"], "exception");
    assert_eq!(execute(&format!("/v1/sessions/{fork}"), "x")["result"]["value"], 1);
    // Integers keep every digit, in and out, and no text is taken for one.
    let exact = format!(r#"{{"code":"[n + 1, t]","variables":{{"n":{},"t":"\u0000int:5"}}}}"#, u128::MAX);
    let kind = ["content-type: application/json", &*format!("host: {}", server.address)];
    let head = [&*format!("POST {place}/execute HTTP/1.1"), kind[0], kind[1]];
    let answer = receive(send(&server.address, &head, exact.as_bytes())).text();
    assert!(
        answer.contains(r#""value":[340282366920938463463374607431768211456,"\u0000int:5"]"#),
        "{answer}"
    );
    let program = json!({ "code": "print('\\0int:5', end='')" });
    assert_eq!(server.posted("/v1/execute", &program, 200)["stdout"], "\0int:5");
    assert_eq!(server.asked("GET /v1/sessions")["sessions"].as_array().unwrap().len(), 2);
    assert_eq!(server.ask(&format!("DELETE {place}")).status, 204);
    server.posted(&format!("{place}/execute"), &json!({ "code": "1" }), 404);

    let metrics = server.ask("GET /metrics").text();
    let counted =
        "hyperspace_requests_total{method=\"POST\",path=\"/v1/sessions/{session}/execute\",status=\"404\"} 1";
    assert!(metrics.contains(counted) && metrics.contains("hyperspace_sessions 1"), "{metrics}");
    let (code, said) = server.end("TERM");
    assert_eq!((code, &*said), (Some(0), ""));
}

#[test]
fn what_cannot_be_understood_is_refused_in_one_form() {
    let env = environment();
    let server = ServeProcess::start(&env, &[]);
    let large = json!({ "code": "#".repeat(16 << 20) });
    for (path, body, status, words) in [
        ("/v1/execute", json!({ "code": "1", "fule": 5 }), 400, "did you mean fuel?"),
        ("/v1/execute", json!({}), 400, "missing field `code`"),
        ("/v1/execute", json!({ "code": 7 }), 400, "code: invalid type: integer `7`, expected a string"),
        ("/v1/execute?on_disconect=finish", json!({ "code": "1" }), 400, "did you mean on_disconnect?"),
        ("/v1/execute", json!({ "code": "1", "files": { "../x": "" } }), 422, "\"field\":\"files\""),
        ("/v1/execute", json!({ "code": "1", "runtime": "sciense" }), 422, "runtime"),
        (
            "/v1/execute?on_disconnect=stay",
            json!({ "code": "1" }),
            400,
            "query: on_disconnect: unknown variant `stay`",
        ),
        ("/v1/execute", large, 413, "16777216"),
        ("/v1/evaluate", json!({ "task": "./guess" }), 422, "files by value"),
        ("/v1/evaluate", json!({ "task": "bin-packin" }), 422, "bin-packing"),
        ("/v1/evaluate", json!({ "task": "bin-packing", "split": "half" }), 422, "split"),
        ("/v1/evaluate-many", json!({ "agents": [] }), 422, "1 to 100"),
        ("/v1/sessions", json!({ "memory": 5 }), 400, "did you mean memory_mib?"),
        ("/v1/sessions/00/execute", json!({ "code": "1" }), 404, "session"),
        ("/v1/runs", json!({ "task": "bin-packing", "model": "m" }), 422, "max_cost"),
        ("/v1/runs/00/cancel", json!({}), 404, "goes on here"),
        ("/execute", json!({ "code": "1", "language": "r" }), 422, "python"),
        ("/task", json!({}), 405, "Allow"),
        ("/v1/none", json!({}), 404, "/openapi.json"),
    ] {
        let answer = server.post(path, &body);
        let text = answer.text();
        assert!(answer.status == status && text.contains(words), "{path}: {} {text}", answer.status);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{path}");
        let document = answer.json();
        assert!(document["type"].as_str().unwrap().starts_with("urn:hyperspace:problem:"), "{document}");
        assert!(document["status"] == status && document["title"].is_string(), "{document}");
    }
    let host = format!("host: {}", server.address);
    for (kind, body, status) in [
        ("application/json", "{\"code\": ", 400),
        ("text/plain", "{\"code\": \"1\"}", 415),
        ("application/json", "\u{0}", 400),
    ] {
        let kind = format!("content-type: {kind}");
        let head = ["POST /v1/execute HTTP/1.1", &*host, &*kind];
        assert_eq!(receive(send(&server.address, &head, body.as_bytes())).status, status, "{body}");
    }
    // Web pages make browsers ask for them, by their own name or that of the page.
    for head in [
        ["GET /v1/runs HTTP/1.1", &*host, "origin: http://localhost:3000"],
        ["GET /v1/runs HTTP/1.1", "host: evil.example", "x: y"],
    ] {
        assert_eq!(receive(send(&server.address, &head, b"")).status, 403, "{head:?}");
    }
    let mut stream = TcpStream::connect(&server.address).unwrap();
    let head = "POST /v1/execute HTTP/1.1\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 99999999999";
    stream.write_all(format!("{head}\r\n{host}\r\n\r\n").as_bytes()).unwrap();
    assert_eq!(receive(stream).status, 413, "what is too large is not waited for");
    assert_eq!(server.ask("GET /v1/objects/xyz").status, 422);
    assert_eq!(server.ask("GET /v1/runs/%ff").status, 400);
    env.fails(&["serve", "--listen", "0.0.0.0:0"], 2, &["needs tokens"]);
    env.fails(&["serve", "--listen", "here"], 2, &["--listen"]);
    env.fails(&["serve", "--listen", &server.address], 2, &[&server.address]);
    let (code, said) = server.end("INT");
    assert_eq!((code, &*said), (Some(0), ""));
}

#[test]
fn a_connection_whose_body_was_not_read_is_told_to_end() {
    let env = environment();
    let server = ServeProcess::start(&env, &[]);
    let body = json!({ "code": "print(1)" });
    for (path, kind, status, ends) in [
        ("/v1/execute", "application/json", 200, false),
        ("/v1/execute", "text/plain", 415, true),
        ("/v1/nowhere", "application/json", 404, true),
    ] {
        let mut stream = TcpStream::connect(&server.address).unwrap();
        let text = body.to_string();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n{text}",
            server.address,
            text.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = vec![0; 1 << 16];
        let length = stream.read(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer[..length]).to_lowercase();
        assert!(answer.starts_with(&format!("http/1.1 {status}")), "{answer}");
        assert_eq!(answer.contains("connection: close"), ends, "{path} {kind}: {answer}");
    }
}

#[test]
fn every_path_of_the_description_is_there() {
    let env = environment();
    let server = ServeProcess::start(&env, &[]);
    let api = server.asked("GET /openapi.json");
    assert!(api["components"]["schemas"]["ProblemDocument"].is_object());
    assert_eq!(api["security"], Value::Null);
    let mut listed = Vec::new();
    for (path, operations) in api["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            let method = method.to_uppercase();
            let real = path.split('/').map(|part| if part.starts_with('{') { "00" } else { part });
            let real = real.collect::<Vec<_>>().join("/");
            let answer = server.ask(&format!("{method} {real}"));
            assert!(
                answer.status != 405 && !answer.text().contains("no such path"),
                "{method} {path}: {}",
                answer.text()
            );
            listed.push(format!("{method} {path}"));
        }
    }
    listed.sort();
    assert_eq!(listed, PATHS);
}

const PATHS: [&str; 29] = [
    "DELETE /contexts/{context}",
    "DELETE /v1/sessions/{session}",
    "GET /contexts",
    "GET /health",
    "GET /healthz",
    "GET /metrics",
    "GET /status",
    "GET /task",
    "GET /v1/objects/{hash}",
    "GET /v1/runs",
    "GET /v1/runs/{run}",
    "GET /v1/runs/{run}/best",
    "GET /v1/runs/{run}/events",
    "GET /v1/sessions",
    "POST /contexts",
    "POST /contexts/{context}/restart",
    "POST /evaluate",
    "POST /evaluate_examples",
    "POST /execute",
    "POST /v1/evaluate",
    "POST /v1/evaluate-many",
    "POST /v1/execute",
    "POST /v1/runs",
    "POST /v1/runs/{run}/cancel",
    "POST /v1/runs/{run}/replay",
    "POST /v1/runs/{run}/resume",
    "POST /v1/sessions",
    "POST /v1/sessions/{session}/execute",
    "POST /v1/sessions/{session}/fork",
];

#[test]
fn agents_are_evaluated_also_in_the_form_of_gepa() {
    let env = environment();
    let server = ServeProcess::start(&env, &["--task", "./guess"]);
    let (good, broken) = (guess::task_agent(890), "def guess(): return x".to_owned());
    let agent = |text: &str| json!({ "task_agent.py": text });
    let view = server.posted("/v1/evaluate", &json!({ "files": agent(&good) }), 200);
    assert_eq!(view["score"], 10.0, "{view}");
    let many = json!({ "agents": [agent(&broken), agent(&good)] });
    let results = server.posted("/v1/evaluate-many", &many, 200);
    assert_eq!(
        (&results["results"][0]["score"], &results["results"][1]["score"]),
        (&Value::Null, &json!(10.0))
    );

    let task = server.asked("GET /task");
    assert_eq!((&task["objective"], &task["train_size"]), (&json!("Guess"), &json!(2)), "{task}");
    // The task is minimised: there, higher is better.
    let scored = server.posted("/evaluate", &json!({ "candidate": good }), 200);
    assert_eq!((&scored["score"], &scored["budget"]["used"]), (&json!(-10.0), &json!(4)), "{scored}");
    let examples = server.posted("/evaluate_examples", &json!({ "candidate": good }), 200);
    assert_eq!(
        (&examples["average_score"], &examples["num_evaluated"]),
        (&json!(-10.0), &json!(2)),
        "{examples}"
    );
    let name = examples["scores"].as_object().unwrap().keys().next().unwrap();
    let one = server.posted("/evaluate", &json!({ "candidate": good, "example_id": name }), 200);
    assert_eq!(one["score"], -10.0, "{one}");
    let sealed = server.posted("/evaluate", &json!({ "candidate": good, "example_id": "none" }), 400);
    assert!(sealed["error"].as_str().unwrap().contains("Unknown or sealed") && sealed["budget"].is_object());
    for (path, body, words) in [
        ("/evaluate", json!({ "candidate": 5 }), "candidate: invalid type"),
        ("/evaluate_examples", json!([]), "found a list"),
        (
            "/evaluate_examples",
            json!({ "candidate": good, "example_ids": [name, name, name] }),
            "at most 2 names",
        ),
    ] {
        let wrong = server.posted(path, &body, 400);
        assert!(wrong["error"].as_str().unwrap().contains(words) && wrong["budget"].is_object(), "{wrong}");
    }
    let failed = server.posted("/evaluate", &json!({ "candidate": broken }), 422);
    assert!(failed["error"].as_str().unwrap().contains("NameError"), "{failed}");
    assert_eq!(server.asked("GET /status")["task"], "guess");
}

#[test]
fn code_is_executed_in_the_form_of_e2b() {
    let env = environment();
    let server = ServeProcess::start(&env, &[]);
    assert_eq!(server.asked("GET /health"), json!("OK"));
    let execute = |document: Value| -> Vec<Value> {
        let answer = server.post("/execute", &document);
        assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
        answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let kinds = |lines: &[Value]| {
        lines.iter().map(|line| line["type"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    execute(json!({ "code": "x = 6" }));
    let lines = execute(json!({ "code": "print('a')\nx * 7" }));
    assert_eq!(kinds(&lines), ["number_of_executions", "stdout", "result", "end_of_execution"]);
    assert!(
        lines[1]["text"] == "a\n" && lines[2]["text"] == "42" && lines[2]["is_main_result"] == true,
        "{lines:?}"
    );
    let lines = execute(json!({ "code": "1 / 0" }));
    assert!(lines[1]["type"] == "error" && lines[1]["name"] == "ZeroDivisionError", "{lines:?}");
    let asks = "import os; os.environ.get('A', 'none')";
    let lines = execute(json!({ "code": asks, "env_vars": { "A": "b" } }));
    assert_eq!(lines[1]["text"], "b", "{lines:?}");
    assert_eq!(execute(json!({ "code": asks }))[1]["text"], "none");

    let context = server.posted("/contexts", &json!({ "cwd": null }), 200);
    let id = context["id"].as_str().unwrap();
    let lines = execute(json!({ "code": "x", "context_id": id }));
    assert_eq!(lines[1]["name"], "NameError", "{lines:?}");
    for (code, text) in [("2 ** 70", "1180591620717411303424"), ("'\\0a'", "\0a")] {
        assert_eq!(execute(json!({ "code": code, "context_id": id }))[1]["text"], text);
    }
    execute(json!({ "code": "x = 1", "context_id": id }));
    assert_eq!(server.asked("GET /contexts").as_array().unwrap().len(), 2);
    server.posted(&format!("/contexts/{id}/restart"), &json!({}), 200);
    assert_eq!(execute(json!({ "code": "x", "context_id": id }))[1]["name"], "NameError");
    assert_eq!(server.ask(&format!("DELETE /contexts/{id}")).status, 200);
    assert_eq!(server.post("/execute", &json!({ "code": "1", "context_id": id })).status, 404);
}

const TOKENS: &str = r#"
[tokens.runner]
token = "runner-0123456789-secret"
scopes = ["execute"]
fuel = 50_000_000_000
memory-mib = 128
[tokens.judge]
token = "judge-0123456789-secret"
scopes = ["evaluate"]
evaluations = 1
[tokens.reader]
token = "reader-0123456789-secret"
scopes = ["read"]
requests-per-minute = 1
[tokens.other]
token = "other-0123456789-secret"
scopes = ["execute"]
"#;

#[test]
fn tokens_have_scopes_and_budgets() {
    let env = environment();
    env.write("tokens.toml", TOKENS);
    let mut server = ServeProcess::start(&env, &["--tokens", "tokens.toml", "--task", "./guess"]);
    let program = json!({ "code": "1", "fuel": 10_000_000_000_u64 });
    let refused = server.post("/v1/execute", &program);
    assert_eq!((refused.status, refused.header("www-authenticate")), (401, Some("bearer")));
    assert_eq!(server.ask("GET /healthz").status, 200);
    assert_eq!(server.asked("GET /openapi.json")["security"], json!([{ "token": [] }]));
    server.header = Some("authorization: Bearer runner-0123456789-secreT".to_owned());
    assert_eq!(server.post("/v1/execute", &program).status, 401);

    server.header = Some("authorization: Bearer runner-0123456789-secret".to_owned());
    server.posted("/v1/execute", &program, 200);
    server.posted("/v1/execute", &json!({ "code": "1", "memory_mib": 256 }), 403);
    let spent = server.posted("/v1/execute", &json!({ "code": "1", "fuel": 60_000_000_000_u64 }), 429);
    assert!(spent["detail"].as_str().unwrap().contains("budget of fuel"), "{spent}");
    server.posted("/v1/evaluate", &json!({}), 403);
    server.posted("/v1/runs", &json!({}), 403);
    let session = server.posted("/v1/sessions", &json!({}), 201)["session"].as_str().unwrap().to_owned();

    server.header = Some("x-access-token: judge-0123456789-secret".to_owned());
    server.posted("/v1/execute", &program, 403);
    assert_eq!(server.ask(&format!("DELETE /v1/sessions/{session}")).status, 403);
    let candidate = json!({ "candidate": guess::task_agent(1) });
    assert_eq!(server.posted("/evaluate", &candidate, 200)["budget"]["remaining_evals"], 0);
    assert_eq!(server.posted("/evaluate", &candidate, 429)["error"], "Budget exhausted");

    server.header = Some("authorization: Bearer other-0123456789-secret".to_owned());
    assert_eq!(server.ask(&format!("DELETE /v1/sessions/{session}")).status, 404);
    server.header = Some("authorization: Bearer reader-0123456789-secret".to_owned());
    assert_eq!(server.asked("GET /v1/runs"), json!({ "runs": [] }));
    let answer = ask(&server.address, "GET /v1/runs", &["authorization: Bearer reader-0123456789-secret"]);
    let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!(answer.status == 429 && (1..=60).contains(&seconds), "{}", answer.text());
    let (code, said) = server.end("TERM");
    assert_eq!((code, said.contains("secret")), (Some(0), false), "{said}");

    env.write("tokens.toml", TOKENS.replace("[\"read\"]", "[\"reed-secret\"]"));
    env.fails(&["serve", "--tokens", "tokens.toml"], 2, &["tokens.toml", "line 13"]);
    let output = env.run(&["serve", "--tokens", "tokens.toml"]);
    assert!(!String::from_utf8_lossy(&output.stderr).contains("secret"));
}
