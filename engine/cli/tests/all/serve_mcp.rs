//! The Model Context Protocol at `/mcp` of `serve`: one message in each request, with the scopes of its token.

use hyperspace_testkit::http::{HttpAnswer, post, receive, send};
use serde_json::{Value, json};

use crate::common::environment;
use crate::http_server::ServeProcess;

const TOKENS: &str = r#"
[tokens.runner]
token = "runner-0123456789-secret"
scopes = ["execute"]
fuel = 50_000_000_000
[tokens.reader]
token = "reader-0123456789-secret"
scopes = ["read"]
"#;

fn message(server: &ServeProcess, method: &str, parameters: &Value, headers: &[&str]) -> HttpAnswer {
    let message = json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": parameters });
    let always = ["accept: application/json, text/event-stream", "mcp-protocol-version: 2025-06-18"];
    post(&server.address, "/mcp", &message, &[&always, headers].concat())
}

fn asked(server: &ServeProcess, method: &str, parameters: &Value, headers: &[&str]) -> Value {
    let answer = message(server, method, parameters, headers);
    assert_eq!(answer.status, 200, "{method}: {}", answer.text());
    let document = answer.json();
    assert_eq!(document["id"], 7, "{document}");
    document
}

fn called(server: &ServeProcess, tool: &str, arguments: &Value, headers: &[&str]) -> (bool, String, Value) {
    let answer = asked(server, "tools/call", &json!({ "name": tool, "arguments": arguments }), headers);
    let result = &answer["result"];
    let text = result["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
    (result["isError"] == true, text, result["structuredContent"].clone())
}

fn greeting() -> Value {
    json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" } })
}

#[test]
fn tools_are_called_and_outcomes_are_those_of_the_other_paths() {
    let env = environment();
    let server = ServeProcess::start(&env, &[]);
    assert_eq!(asked(&server, "initialize", &greeting(), &[])["result"]["serverInfo"]["name"], "hyperspace");
    let listed = asked(&server, "tools/list", &json!({}), &[]);
    assert!(listed["result"]["tools"].as_array().unwrap().len() >= 6, "{listed}");
    let program = json!({ "code": "print(6 * 7)", "seed": 3 });
    let (failed, text, view) = called(&server, "run_python", &program, &[]);
    assert!(!failed && text.starts_with("42\n"), "{text}");
    assert_eq!(view["digest"], server.posted("/v1/execute", &program, 200)["digest"]);
    let (failed, text, _) = called(&server, "run_python", &json!({ "code": "1 / 0" }), &[]);
    assert!(failed && text.contains("ZeroDivisionError"), "{text}");

    let run = json!({ "task": "bin-packing", "generations": 1, "candidates": 2 });
    let (failed, text, view) = called(&server, "start_run", &run, &[]);
    assert!(!failed && view.get("store").is_none(), "{text} {view}");
    let run = view["run"].as_str().unwrap();
    assert_eq!(server.asked("GET /v1/runs")["runs"][0]["run"], run);
    let resources = asked(&server, "resources/list", &json!({}), &[]);
    assert_eq!(resources["result"]["resources"][0]["uri"], format!("hyperspace://run/{run}"), "{resources}");

    // What is no message of the protocol is refused, and a web page is not let in.
    let headers = ["accept: application/json, text/event-stream"];
    for wrong in [json!([]), json!({ "jsonrpc": "2.0" }), json!("initialize"), json!({ "method": 7 })] {
        let answer = post(&server.address, "/mcp", &wrong, &headers);
        assert!((400..500).contains(&answer.status), "{wrong}: {} {}", answer.status, answer.text());
    }
    let host = format!("host: {}", server.address);
    for (body, code) in [
        ("{\"jsonrpc\"", -32700),
        ("[]", -32600),
        ("[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]", -32600),
        ("5", -32600),
        ("{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}", -32600),
        ("{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"ping\"}", -32600),
    ] {
        let head = ["POST /mcp HTTP/1.1", &*host, "content-type: application/json", headers[0]];
        let answer = receive(send(&server.address, &head, body.as_bytes()));
        assert_eq!((answer.status, &answer.json()["error"]["code"]), (400, &json!(code)), "{body}");
    }
    let (failed, text, _) = called(&server, "run_python", &json!({ "code": "1", "fule": 5 }), &[]);
    assert!(failed && text.contains("did you mean fuel?"), "{text}");
    let (failed, text, _) = called(&server, "run_python", &json!({ "code": "1", "files": { "a": 5 } }), &[]);
    assert!(failed && text.starts_with("files.a: "), "{text}");
    assert_eq!(message(&server, "tools/list", &json!({}), &["origin: http://localhost:1"]).status, 403);
    assert_eq!(server.ask("DELETE /mcp").status / 100, 4);
    assert_eq!(server.end("TERM").0, Some(0));
}

#[test]
fn each_request_has_the_scopes_of_its_token() {
    let env = environment();
    env.write("tokens.toml", TOKENS);
    let server = ServeProcess::start(&env, &["--tokens", "tokens.toml"]);
    let runner = ["authorization: Bearer runner-0123456789-secret"];
    let reader = ["authorization: Bearer reader-0123456789-secret"];
    assert_eq!(message(&server, "tools/list", &json!({}), &[]).status, 401);
    asked(&server, "initialize", &greeting(), &reader);
    let program = json!({ "code": "print(1)", "fuel": 10_000_000_000_u64 });
    assert!(!called(&server, "run_python", &program, &runner).0);
    for (tool, arguments, headers, words) in [
        ("run_python", program.clone(), &reader, "lacks the scope `execute`"),
        ("evaluate", json!({}), &runner, "lacks the scope `evaluate`"),
        ("start_run", json!({}), &runner, "lacks the scope `runs`"),
        ("stop_run", json!({ "run": "00" }), &reader, "lacks the scope `runs`"),
        ("replay", json!({ "hash": "00" }), &reader, "lacks the scope `runs`"),
        ("run_status", json!({}), &runner, "lacks the scope `read`"),
        ("best_code", json!({}), &runner, "lacks the scope `read`"),
        ("diff", json!({ "before": "0", "after": "1" }), &runner, "lacks the scope `read`"),
        ("run_python", json!({ "code": "1", "fuel": 60_000_000_000_u64 }), &runner, "budget of fuel"),
    ] {
        let (failed, text, _) = called(&server, tool, &arguments, headers);
        assert!(failed && text.contains(words), "{tool}: {text}");
    }
    let refused = asked(&server, "resources/list", &json!({}), &runner);
    assert!(refused["error"]["message"].as_str().unwrap().contains("scope `read`"), "{refused}");
    let (code, said) = server.end("TERM");
    assert_eq!((code, said.contains("secret")), (Some(0), false), "{said}");
}
