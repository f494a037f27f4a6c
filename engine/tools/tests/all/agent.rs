//! The package `agent` and the tools, in a sandbox, with a model that says what a script says.

use std::sync::{Arc, Mutex};

use crate::common::{file_set, mounts, sandbox};
use hyperspace_sandbox::{Door, DoorCall, DoorError, Job, Limits, Outcome, Report, async_trait};
use hyperspace_tools::{OPERATIONS, ShellConfig, ToolDoor};
use serde_json::{Value, json};

const META_AGENT: &str = include_str!("../../../../data/agents/baseline/meta_agent.py");
const TASK_AGENT: &str = include_str!("../../../../data/agents/baseline/task_agent.py");

type Heard = Arc<Mutex<Vec<Value>>>;

/// Says one turn after the other and remembers what it was asked.
struct Model {
    turns: Vec<Value>,
    heard: Heard,
}

#[async_trait]
impl Door for Model {
    async fn call(&mut self, DoorCall { operation, params, .. }: DoorCall<'_>) -> Result<Value, DoorError> {
        assert_eq!(operation, "llm.chat");
        let mut heard = self.heard.lock().unwrap();
        heard.push(params);
        let turn = self.turns.get(heard.len() - 1).cloned();
        turn.ok_or_else(|| DoorError::Exhausted("the script is at its end".to_owned()))
    }
}

fn says(text: &str, calls: &[(&str, Value)]) -> Value {
    let calls: Vec<Value> = (1..)
        .zip(calls)
        .map(|(number, (name, arguments))| json!({"id": format!("c{number}"), "name": name, "arguments": arguments}))
        .collect();
    let mut message = json!({"role": "assistant", "content": text});
    if !calls.is_empty() {
        message["tool_calls"] = json!(calls);
    }
    json!({
        "message": message,
        "finish_reason": if calls.is_empty() { "stop" } else { "tool_calls" },
        "usage": {"input_tokens": 1, "output_tokens": 1, "estimated": false},
        "trimmed_messages": 0,
    })
}

fn run(job: Job, repo: &[(&str, &str)], turns: Vec<Value>) -> (Report, Vec<Value>) {
    let heard = Heard::default();
    let sandbox = sandbox();
    let config = ShellConfig::new("/repo", 7);
    let door = ToolDoor::new(sandbox.clone(), config).others(Model { turns, heard: Arc::clone(&heard) });
    let operations: Vec<&str> = OPERATIONS.into_iter().chain(["llm.chat"]).collect();
    let job = mounts(file_set(repo))
        .into_iter()
        .fold(job, Job::mount)
        .door(&operations, door)
        .python_path("/repo")
        .python_path("/sdk")
        .env("META_MODEL", "scripted")
        .limits(Limits::default().with_fuel(50_000_000_000));
    let report = sandbox.run_blocking(job).unwrap();
    let heard = heard.lock().unwrap().clone();
    (report, heard)
}

/// Returns the answers of the tools, from the last request to the model.
fn answers(heard: &[Value]) -> Vec<String> {
    let messages = heard.last().unwrap()["messages"].as_array().unwrap();
    let tools = messages.iter().filter(|message| message["role"] == "tool");
    tools.map(|message| message["content"].as_str().unwrap().to_owned()).collect()
}

fn improve(turns: Vec<Value>) -> (Report, Vec<Value>) {
    let repo = [("meta_agent.py", META_AGENT), ("task_agent.py", TASK_AGENT)];
    run(Job::call("hyperspace.drive", "improve", vec![json!({})]), &repo, turns)
}

#[test]
fn a_baseline_meta_agent_edits_with_both_tools_and_the_guest_sees_it() {
    let turns = || {
        vec![
            says("Looking.", &[("bash", json!({"command": "ls; grep -c def task_agent.py"}))]),
            says(
                "Editing.",
                &[
                    (
                        "editor",
                        json!({"command": "str_replace", "path": "/repo/task_agent.py", "old_str": "Solve the task", "new_str": "Grade the answer"}),
                    ),
                    ("bash", json!({"command": "grep -n 'Grade the' task_agent.py; echo 'X = 1' > lib.py"})),
                    (
                        "editor",
                        json!({"command": "create", "path": "/repo/lib/extra.py", "file_text": "VALUE = 41\n"}),
                    ),
                ],
            ),
            says(
                "Testing.",
                &[
                    (
                        "bash",
                        json!({"command": "cd lib && python3 -c 'import extra; print(extra.VALUE + 1); open(\"made.txt\", \"w\").write(\"by python\")'; cat made.txt; echo; cd .."}),
                    ),
                    (
                        "bash",
                        json!({"command": "python3 -m py_compile task_agent.py; echo 'raise SystemExit(3)' | python3 -; echo $?"}),
                    ),
                    (
                        "bash",
                        json!({"command": "python3 nowhere.py; echo 'print(input())' > lib/echo.py; echo hi | python3 lib/echo.py; python3 -c 'open(\"README\", \"w\")'"}),
                    ),
                ],
            ),
            says("Done.", &[]),
        ]
    };
    let (report, heard) = improve(turns());
    assert_eq!(report.outcome, Outcome::Completed, "{:?}", report.traceback);
    assert_eq!(report.result, Some(json!({"messages": 12, "last": "Done."})));
    assert_eq!(heard[0]["model"], "scripted");
    assert_eq!(heard[0]["tools"].as_array().unwrap().len(), 2);
    insta::assert_snapshot!(answers(&heard).join("\n--\n"));
    let changed: Vec<&str> = report.changes.iter().map(|change| change.path.as_str()).collect();
    assert_eq!(changed, ["lib/echo.py", "lib/extra.py", "lib/made.txt", "task_agent.py"]);
    assert!(report.denials.iter().any(|denial| denial.target == "/repo/lib.py"));
    assert!(report.denials.iter().any(|denial| denial.target == "/repo/README"));
    let (again, heard_again) = improve(turns());
    assert_eq!(heard, heard_again);
    assert_eq!((report.fuel_used, report.virtual_ns), (again.fuel_used, again.virtual_ns));
}

#[test]
fn forty_calls_and_no_more_even_when_the_model_never_ends() {
    let turns =
        (0..60).map(|_| says("", &[("bash", json!({"command": "true"})), ("nothing", json!({}))])).collect();
    let (report, heard) = improve(turns);
    assert_eq!(report.outcome, Outcome::Completed, "{:?}", report.traceback);
    assert_eq!(heard.len(), 21);
    assert_eq!(report.host_calls, 21 + 20);
}

#[test]
fn nonsense_from_a_model_is_answered_as_text() {
    let mut first =
        says("", &[("bash", json!({"cmd": 1})), ("editor", json!({"command": "view", "path": 5}))]);
    first["message"]["tool_calls"][1] =
        json!({"id": "c2", "name": "bash", "malformed": {"raw": "{\"command\": "}});
    let (report, heard) = improve(vec![first, says("Done.", &[])]);
    assert_eq!(report.outcome, Outcome::Completed, "{:?}", report.traceback);
    for answer in answers(&heard) {
        assert!(answer.starts_with("Error: "), "{answer}");
    }
}

#[test]
fn a_spent_budget_keeps_what_was_done_and_a_first_failure_is_an_exception() {
    let edit = json!({"command": "create", "path": "/repo/lib/kept.py", "file_text": ""});
    let (report, _) = improve(vec![says("", &[("editor", edit)])]);
    assert_eq!(report.outcome, Outcome::Completed, "{:?}", report.traceback);
    assert_eq!(report.changes.len(), 1);
    let (report, _) = improve(vec![]);
    assert!(
        matches!(&report.outcome, Outcome::Exception { exception, .. } if exception == "hyperspace.errors.ModelError")
    );
}

#[test]
fn a_baseline_task_agent_answers_a_row() {
    let row = json!({"domain": "x", "problem": "p"});
    let job = || Job::call("hyperspace.drive", "answer", vec![row.clone(), json!("judge")]);
    let repo = [("task_agent.py", TASK_AGENT)];
    let (report, heard) =
        run(job(), &repo, vec![says("It is <json>{\"response\": \"correct\"}</json>", &[])]);
    assert_eq!(report.result, Some(json!("correct")), "{:?}", report.traceback);
    assert_eq!(heard[0]["model"], "judge");
    assert!(heard[0]["messages"][0]["content"].as_str().unwrap().contains("'problem': 'p'"));
    let (report, _) = run(job(), &repo, vec![says("no idea", &[])]);
    assert_eq!(report.result, Some(json!("None")));
}

#[test]
fn files_of_the_guest_and_of_the_tools_are_the_same_ones() {
    let source = "
import os
import hyperspace
from agent.tools.registry import load_tools

bash, editor = (tool['function'] for tool in load_tools())
os.mkdir('/repo/lib')
open('/repo/lib/a.txt', 'w').write('by the guest\\n')
assert bash('cat lib/a.txt') == 'by the guest\\n'
kept = open('/repo/lib/a.txt')
bash('echo by the shell > lib/a.txt; echo new > lib/b.txt')
assert open('/repo/lib/a.txt').read() == 'by the shell\\n', 'a new descriptor'
assert kept.read() == 'by the shell\\n', 'an old descriptor'
assert 'Error: /repo/setup.py may not be changed' in editor('create', '/repo/setup.py', file_text='')
assert editor('view', '/repo/lib/b.txt') == '     1\\tnew\\n'
assert bash('python3 -c \"print(open(\\'lib/b.txt\\').read())\"') == 'new\\n\\n'
bash('rm lib/b.txt')
assert os.listdir('/repo/lib') == ['a.txt'], os.listdir('/repo/lib')
assert hyperspace.tools.bash(restart=True).startswith('The next command')
hyperspace.log('done', n=1)
try:
    hyperspace.call('tool.bash', command='ls', extra=1)
    assert False
except hyperspace.Invalid as error:
    assert 'extra' in str(error)
";
    let (report, _) = run(Job::source("t.py", source), &[("task_agent.py", "")], vec![]);
    assert_eq!(report.outcome, Outcome::Completed, "{}", String::from_utf8_lossy(&report.stderr));
}
