//! `serve`, as a client asks it: requests in bytes, and what is left when the server ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use hyperspace_testkit::command::TestEnvironment;
use serde_json::{Value, json};

use crate::common::environment;

const TOKENS: &str = "
[tokens.all]
token = \"canary-0123456789-all\"
scopes = [\"execute\", \"evaluate\", \"runs\", \"read\"]
[tokens.reader]
token = \"canary-0123456789-reader\"
scopes = [\"read\"]
[tokens.poor]
token = \"canary-0123456789-poor\"
scopes = [\"execute\"]
fuel = 3_000_000
[tokens.slow]
token = \"canary-0123456789-slow\"
scopes = [\"execute\"]
requests-per-minute = 2
";
const LAST_FIT: &str = "def priority(item, bins):\n    return list(range(len(bins)))\n";

/// A server in a process of its own.
struct Server {
    process: Child,
    address: String,
}

/// An answer.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
    }
}

impl Server {
    fn start(env: &TestEnvironment, args: &[&str]) -> Self {
        let args = [&["serve", "--listen", "127.0.0.1:0", "--store", "S"], args].concat();
        let mut process = env.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().trim_start_matches("http://").to_owned();
        assert!(address.starts_with("127.0.0.1:"), "{line}");
        Self { process, address }
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n",
            self.address,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        // A server that has refused a request by its head need not read its body.
        drop(stream.write_all(body));
        stream
    }

    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut bytes = Vec::new();
        drop(self.send(method, path, headers, body).read_to_end(&mut bytes));
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }

    fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], b"")
    }

    fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask("POST", path, &[("content-type", "application/json")], body.to_string().as_bytes())
    }

    fn post_as(&self, token: &str, path: &str, body: &Value) -> Answer {
        let token = format!("Bearer canary-0123456789-{token}");
        let headers = [("content-type", "application/json"), ("authorization", &token)];
        self.ask("POST", path, &headers, body.to_string().as_bytes())
    }

    fn signal(&self, signal: &str) {
        assert!(
            Command::new("kill").args([signal, &self.process.id().to_string()]).status().unwrap().success()
        );
    }

    /// Returns the exit code and what was said.
    fn end(mut self, signal: &str) -> (Option<i32>, String) {
        self.signal(signal);
        let mut said = String::new();
        self.process.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (self.process.wait().unwrap().code(), said)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

#[test]
fn programs_run_and_requests_that_are_wrong_are_told_why() {
    let env = environment();
    let server = Server::start(&env, &[]);
    let done = server.post("/v1/execute", &json!({"code": "print(6 * 7)"}));
    assert_eq!(
        (done.status, &done.json()["stdout"], &done.json()["outcome"]),
        (200, &"42\n".into(), &"completed".into())
    );
    // The same request has the same digest.
    let again = server.post("/v1/execute", &json!({"code": "print(6 * 7)"}));
    assert_eq!(done.json()["digest"], again.json()["digest"]);
    // What a guest does is a result.
    let failed = server.post("/v1/execute", &json!({"code": "1 / 0"}));
    assert_eq!((failed.status, &failed.json()["outcome"]), (200, &"exception".into()));

    let unknown = server.post("/v1/execute", &json!({"cod": "x"}));
    assert_eq!((unknown.status, unknown.header("content-type")), (400, Some("application/problem+json")));
    assert!(unknown.body.contains("did you mean code?"), "{}", unknown.body);
    for (body, status) in [(&b"{\"code\":"[..], 400), (b"[]", 400), (b"\xff", 400), (b"", 400)] {
        let answer = server.ask("POST", "/v1/execute", &[("content-type", "application/json")], body);
        assert_eq!(answer.status, status, "{body:?}: {}", answer.body);
    }
    let large = vec![b' '; 17 << 20];
    assert_eq!(
        server.ask("POST", "/v1/execute", &[("content-type", "application/json")], &large).status,
        413
    );
    assert_eq!(server.ask("POST", "/v1/execute", &[], b"{\"code\": \"1\"}").status, 415);
    assert_eq!((server.get("/v1/execute").status, server.get("/nothing").status), (405, 404));
    // A web page, and a name of another machine that leads here.
    let page = [("content-type", "application/json"), ("origin", "http://localhost:3000")];
    assert_eq!(server.ask("POST", "/v1/execute", &page, b"{\"code\": \"1\"}").status, 403);

    let api = server.get("/openapi.json").json();
    for path in [
        "/v1/execute",
        "/v1/evaluate",
        "/v1/sessions",
        "/v1/runs",
        "/v1/objects/{hash}",
        "/execute",
        "/evaluate",
    ] {
        assert!(api["paths"][path].is_object(), "{path}");
    }
    assert_eq!(server.get("/healthz").json()["status"], "ok");
    let metrics = server.get("/metrics").body;
    assert!(metrics.contains("path=\"/v1/execute\",status=\"200\"} 3"), "{metrics}");
    assert_eq!(server.end("-TERM").0, Some(0));
}

#[test]
fn programs_are_evaluated_also_as_clients_of_gepa_and_e2b_ask() {
    let env = environment();
    let server = Server::start(&env, &["--task", "bin-packing"]);
    let request = json!({"task": "bin-packing", "files": {"task_agent.py": LAST_FIT}, "split": "train"});
    let view = server.post("/v1/evaluate", &request);
    assert_eq!((view.status, &view.json()["outcome"]), (200, &"scored".into()), "{}", view.body);
    let score = view.json()["score"].as_f64().unwrap();

    let gepa = server.post("/evaluate", &json!({"candidate": LAST_FIT}));
    assert_eq!((gepa.status, gepa.json()["score"].as_f64()), (200, Some(-score)), "{}", gepa.body);
    let broken = server.post("/evaluate", &json!({"candidate": "def priority("}));
    assert!(broken.status == 422 && broken.json()["error"].is_string(), "{}", broken.body);
    assert_eq!(server.get("/task").json()["objective"], view.json()["title"]);

    let lines = server.post("/execute", &json!({"code": "print('hi')\n1 + 1", "language": "python"})).body;
    let events: Vec<Value> = lines.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let kinds: Vec<&str> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["number_of_executions", "stdout", "result", "end_of_execution"], "{lines}");
    assert_eq!((&events[1]["text"], &events[2]["text"]), (&"hi\n".into(), &"2".into()));
    let context = server.post("/contexts", &json!({})).json()["id"].as_str().unwrap().to_owned();
    let ask = |code: &str| server.post("/execute", &json!({"code": code, "context_id": context})).body;
    ask("x = 5");
    assert!(ask("x + 1").contains("\"text\":\"6\""));
}

#[test]
fn sessions_go_on_where_they_were_until_they_are_deleted() {
    let env = environment();
    let server = Server::start(&env, &[]);
    let session = server.post("/v1/sessions", &json!({}));
    assert_eq!(session.status, 201);
    let path = format!("/v1/sessions/{}", session.json()["session"].as_str().unwrap());
    let execute = |path: &str, code: &str| server.post(&format!("{path}/execute"), &json!({"code": code}));
    assert_eq!(execute(&path, "x = [1]").status, 200);
    let fork =
        server.post(&format!("{path}/fork"), &json!({})).json()["session"].as_str().unwrap().to_owned();
    let fork = format!("/v1/sessions/{fork}");
    execute(&path, "x.append(2)");
    assert_eq!(execute(&path, "x").json()["result"]["value"], json!([1, 2]));
    assert_eq!(execute(&fork, "x").json()["result"]["value"], json!([1]));
    assert_eq!(server.ask("DELETE", &path, &[], b"").status, 204);
    assert_eq!((execute(&path, "x").status, execute(&fork, "x").status), (404, 200));
}

#[test]
fn tokens_have_scopes_and_budgets_and_are_in_no_answer_and_no_log() {
    let env = environment();
    env.write("tokens.toml", TOKENS);
    let server = Server::start(&env, &["--tokens", "tokens.toml"]);
    let code = json!({"code": "print(1)"});
    let nobody = server.post("/v1/execute", &code);
    assert_eq!((nobody.status, nobody.header("www-authenticate").is_some()), (401, true), "{}", nobody.head);
    assert_eq!(server.post_as("none", "/v1/execute", &code).status, 401);
    let forbidden = server.post_as("reader", "/v1/execute", &code);
    assert_eq!(forbidden.status, 403, "{}", forbidden.body);
    assert_eq!(server.post_as("all", "/v1/execute", &code).status, 200);
    assert_eq!(server.get("/healthz").status, 200);
    assert_eq!(server.get("/v1/runs").status, 401);

    // The fuel of all requests together.
    let loops = json!({"code": "while True: pass", "fuel": 2_000_000});
    let statuses: Vec<u16> = (0..3).map(|_| server.post_as("poor", "/v1/execute", &loops).status).collect();
    assert_eq!((statuses[0], statuses[2]), (200, 429), "{statuses:?}");
    // So many requests per minute, and then after how long.
    let answers: Vec<Answer> = (0..3).map(|_| server.post_as("slow", "/v1/execute", &code)).collect();
    assert_eq!((answers[0].status, answers[2].status), (200, 429));
    assert!(answers[2].header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);

    let said = [&nobody.body, &forbidden.body, &answers[2].body, &server.get("/metrics").body]
        .map(String::clone)
        .concat();
    let (code, log) = server.end("-TERM");
    assert!(!(said + &log).contains("canary"), "{log}");
    assert_eq!(code, Some(0));
}

#[test]
fn a_server_for_other_machines_needs_tokens_and_a_bad_file_is_told() {
    let env = environment();
    let output = env.run(&["serve", "--listen", "0.0.0.0:0"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(2) && said.contains("needs tokens"), "{said}");
    env.write("tokens.toml", "[tokens.a]\ntoken = \"short-canary\"\nscopes = [\"read\"]\n");
    let output = env.run(&["serve", "--listen", "127.0.0.1:0", "--tokens", "tokens.toml"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(2) && said.contains("tokens.toml: [tokens.a] token"), "{said}");
    assert!(!said.contains("canary"), "{said}");
}

#[test]
fn a_run_goes_on_without_its_client_and_is_resumed_after_the_server() {
    let env = environment();
    let server = Server::start(&env, &[]);
    let request = json!({"task": "bin-packing", "generations": 40, "seed": 5});
    let started = server.post("/v1/runs", &request);
    assert_eq!(started.status, 202, "{}", started.body);
    let run = started.json()["run"].as_str().unwrap().to_owned();
    assert_eq!(started.header("location"), Some(format!("/v1/runs/{run}").as_str()));
    assert!(started.json().get("store").is_none());

    // Events from the first one, while it goes on.
    let events = BufReader::new(server.send("GET", &format!("/v1/runs/{run}/events"), &[], b""));
    let committed = events.lines().map_while(Result::ok).find(|line| line.contains("generation-committed"));
    assert!(committed.unwrap().starts_with("data: "));
    let status = server.get(&format!("/v1/runs/{run}")).json();
    assert_eq!(status["state"], "running", "{status}");

    // Objects by their hash, which the client need not take twice.
    let record = server.get(&format!("/v1/objects/{run}"));
    assert_eq!((record.status, &record.json()["kind"]), (200, &"run".into()));
    let tag = [("if-none-match", record.header("etag").unwrap())];
    assert_eq!(server.ask("GET", &format!("/v1/objects/{run}"), &tag, b"").status, 304);
    assert_eq!(server.get(&format!("/v1/objects/{}", "0".repeat(64))).status, 404);
    assert_eq!(server.get("/v1/objects/abc").status, 422);

    assert_eq!(server.post(&format!("/v1/runs/{run}/cancel"), &json!({})).status, 200);
    assert_eq!(server.post(&format!("/v1/runs/{run}/resume"), &json!({"generations": 41})).status, 202);
    let (code, said) = server.end("-TERM");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("was stopped; continue it with hyperspace resume"), "{said}");

    // A server that was killed after it accepted a run has not lost it.
    let server = Server::start(&env, &[]);
    let other = server.post("/v1/runs", &json!({"task": "bin-packing", "generations": 40, "seed": 6}));
    let other = other.json()["run"].as_str().unwrap().to_owned();
    let (_, _) = server.end("-KILL");
    assert_eq!(env.json(&["show", &other, "--store", "S"]).0["kind"], "run");
    let (replayed, code) = env.json(&["replay", &run, "--store", "S"]);
    assert_eq!((code, &replayed["differences"]), (0, &json!([])));
}
