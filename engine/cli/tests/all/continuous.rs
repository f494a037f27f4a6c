//! `evolve --continuous` as a process: rows are appended while it works, it is killed and started again, and the principal acts meanwhile.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use hyperspace_testkit::command::TestEnvironment;
use serde_json::Value;

use crate::common::environment;

const COMMAND: [&str; 17] = [
    "evolve",
    "--json",
    "--continuous",
    "--task",
    "./guess",
    "--agent",
    "./climber",
    "--candidates",
    "3",
    "--seed",
    "5",
    "--store",
    "S",
    "--rows",
    "incoming",
    "--canary-days",
    "0",
];
/// Longest wait for an event.
const PATIENCE: Duration = Duration::from_secs(120);

/// The command at work; it is killed with this value.
struct Working {
    child: Child,
    events: Receiver<Value>,
}

impl Working {
    fn start(env: &TestEnvironment) -> Self {
        let mut command: Command = env.command(&COMMAND);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, events) = mpsc::channel();
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if sender.send(serde_json::from_str(&line).unwrap()).is_err() {
                    return;
                }
            }
        });
        Self { child, events }
    }

    /// Waits for an event that `wanted` takes.
    fn until(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            match self.events.recv_timeout(PATIENCE) {
                Ok(event) if wanted(&event) => return event,
                Ok(_) => {}
                Err(_) => {
                    self.child.kill().unwrap();
                    let mut text = String::new();
                    let mut errors = self.child.stderr.take().unwrap();
                    std::io::Read::read_to_string(&mut errors, &mut text).unwrap();
                    panic!("no {what}: {text}");
                }
            }
        }
    }

    fn until_kind(&mut self, kind: &str) -> Value {
        self.until(kind, |event| event["kind"] == kind)
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        // SIGKILL, wherever it is.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn append(env: &TestEnvironment, file: &str, text: &str) {
    let path = env.path(&format!("incoming/{file}"));
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

fn rows(names: std::ops::Range<u32>) -> String {
    names.map(|row| format!("{{\"name\": \"r{row}\", \"input\": [], \"expected\": 900}}\n")).collect()
}

fn world() -> TestEnvironment {
    let env = environment();
    std::fs::create_dir(env.path("incoming")).unwrap();
    env.write("hyperspace.toml", "[continuous]\npoll = 1\ncanary-rows = 3\nseason-rows = 6\n");
    env
}

/// Promotes a candidate of the first season, and looks at what is served and told.
fn acts_while_stopped(env: &TestEnvironment, run: &str) {
    let (log, _) = env.json(&["log", run, "--store", "S"]);
    let first = log["rows"].as_array().unwrap().iter().find(|row| row["kind"] == "season.begun").unwrap();
    let first = first["text"].as_str().unwrap().split("run ").nth(1).unwrap().split(',').next().unwrap();
    // One of two candidates that differ is not the champion.
    let promote = |number: u64| ["promote".to_owned(), format!("{first}:1:{number}")];
    let act = |number: u64, reason: &str| {
        let [command, candidate] = promote(number);
        env.run(&[&command, "--json", &candidate, "--reason", reason, "--store", "S"])
    };
    let number = (0..3).find(|number| act(*number, "by hand").status.success()).unwrap();
    let again = act(number, "again");
    let message = String::from_utf8(again.stderr).unwrap();
    assert!(again.status.code() == Some(2) && message.contains("serves already"), "{message}");
    assert!(env.run(&["champion", "--to", "out", "--store", "S"]).status.success());
    let served = env.path(&format!("S/champions/{}/current/task_agent.py", &run[..12]));
    assert_eq!(std::fs::read(served).unwrap(), std::fs::read(env.path("out/task_agent.py")).unwrap());

    let text = String::from_utf8(env.run(&["log", &run[..12], "--store", "S"]).stdout).unwrap();
    for words in ["rules.set", "set aside", "by principal: by hand", "on 5 new rows", "a new day", "; score "]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    for filter in [["--fate", "failed"], ["--since", "2026-01-01"], ["--agent", "x"], ["--task", "x"]] {
        let args = [&["log", run, "--store", "S"][..], &filter].concat();
        env.fails(&args, 2, &[filter[0], "continuous run"]);
    }
    env.fails(&["why", "", "--store", "S"], 2, &["\"\" is not a hash"]);
    env.fails(&["best", "", "--store", "S"], 2, &["\"\" is not a hash"]);
    let (list, _) = env.json(&["log", "--store", "S"]);
    let [row] = &list["continuous"].as_array().unwrap()[..] else { panic!("{list}") };
    let seasons = row["seasons"].as_array().unwrap();
    assert_eq!((&row["run"], row["rows"].as_u64()), (&Value::from(run), Some(8)), "{row}");
    assert!(seasons[0].as_str().unwrap().starts_with(first), "{row}");
    assert!(row["score"].is_number() && row["day"].is_string(), "{row}");
    // The last one may have been stopped before its seed was measured.
    assert!(list["runs"].as_array().unwrap().iter().any(|one| one["run"] == seasons[0]), "{list}");
    let text = String::from_utf8(env.run(&["log", "--store", "S"]).stdout).unwrap();
    let line = text.lines().find(|line| line.contains(&run[..12])).unwrap_or_else(|| panic!("{text}"));
    assert!(text.starts_with("continuous") && line.contains("(last "), "{text}");
}

/// Replays everything: neither clock nor folder decides any more.
fn replays(env: &TestEnvironment, run: &str) {
    std::fs::remove_dir_all(env.path("incoming")).unwrap();
    let (replay, code) = env.json(&["replay", run, "--store", "S"]);
    assert_eq!((code, &replay["differences"]), (0, &Value::from(Vec::<Value>::new())), "{replay}");
    assert!(replay["measurements"].as_u64().unwrap() >= 2);
    assert!(env.run(&["fsck", "--store", "S"]).status.success());
}

#[test]
fn it_takes_rows_serves_the_champion_and_goes_on_after_a_kill() {
    let env = world();
    let mut work = Working::start(&env);
    let opened = work.until("opened", |event| event["event"] == "opened");
    let run = opened["run"].as_str().unwrap().to_owned();
    work.until_kind("canary.begun");
    append(
        &env,
        "a.jsonl",
        &format!("{}{{\"name\": \"bad\", \"input\": []}}\n{{\"name\": \"half", rows(0..5)),
    );
    let taken = work.until_kind("rows.taken");
    let refused = taken["refused"][0].as_str().unwrap();
    assert!(refused.starts_with("a.jsonl, line 6: expected a key \"expected\""), "{refused}");
    work.until_kind("champion.promoted");
    drop(work);

    // The row that was being written is whole now, and others come as CSV.
    append(&env, "a.jsonl", "\", \"input\": [], \"expected\": 900}\n");
    append(&env, "b.csv", "name,input,expected\nc1,[],900\nc2,[],900\n");
    let mut work = Working::start(&env);
    let again = work.until("opened", |event| event["event"] == "opened");
    assert_eq!(again["run"], run.as_str(), "the same command is the same run");
    let half = work.until_kind("rows.taken");
    assert_eq!(
        (&half["refused"], half["text"].as_str().unwrap().contains("from a.jsonl")),
        (&Value::from(Vec::<Value>::new()), true)
    );
    work.until("rows of b.csv", |event| {
        event["kind"] == "rows.taken" && event["text"].as_str().unwrap().contains("from b.csv")
    });
    work.until_kind("season.advanced");

    // The principal acts while it works.
    let (champion, code) = env.json(&["champion", "--store", "S"]);
    assert_eq!((code, champion["run"].as_str().unwrap()), (0, run.as_str()));
    let (act, code) = env.json(&["rollback", "--reason", "tried by hand", "--store", "S"]);
    assert_eq!((code, &act["by_running_process"]), (0, &Value::Bool(true)), "{act}");
    let back = work.until_kind("champion.rolled-back");
    assert!(back["text"].as_str().unwrap().ends_with("by principal: tried by hand"), "{back}");
    work.until_kind("season.begun");
    drop(work);
    acts_while_stopped(&env, &run);
    replays(&env, &run);
}

#[test]
fn values_without_a_meaning_are_refused() {
    let env = world();
    for (flag, value) in [("--calls-per-day", "0"), ("--fuel-per-day", "0"), ("--cost-per-day", "1e-13")] {
        let args = [&COMMAND[..], &[flag, value]].concat();
        env.fails(&args, 2, &[&flag[2..], "expected"]);
    }
    let limits = ["--limit", "file-nodes=5", "--limit", "file-nodes=7000"];
    env.fails(&[&COMMAND[..], &limits].concat(), 2, &["--limit: file-nodes is given twice"]);
    env.fails(&["report", "--to", "r", "--watch", "0", "--store", "S"], 2, &["--watch is 0; expected 1 to"]);
}

#[test]
fn rows_come_from_standard_input_too_and_mistakes_say_what_to_do() {
    let env = world();
    env.fails(
        &["evolve", "--continuous", "--task", "./guess", "--store", "S"],
        2,
        &["requires --rows", "folder"],
    );
    env.fails(
        &[
            "evolve",
            "--continuous",
            "--rows",
            "none",
            "--task",
            "./guess",
            "--agent",
            "./climber",
            "--store",
            "S",
        ],
        2,
        &["expected a folder"],
    );
    env.fails(
        &["evolve", "--continuous", "--rows", "incoming", "--store", "S"],
        2,
        &["has no rows", "--kind rows"],
    );
    env.fails(&["champion", "--store", "S"], 2, &["there is no store"]);
    let args = [&COMMAND[..13], &["--rows", "-", "--canary-days", "0"]].concat();
    let mut child = env.command(&args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    input.write_all(rows(0..3).as_bytes()).unwrap();
    let taken =
        output.lines().map_while(Result::ok).map(|line| serde_json::from_str::<Value>(&line).unwrap());
    let taken = taken.into_iter().find(|event| event["kind"] == "rows.taken").unwrap();
    assert!(taken["text"].as_str().unwrap().ends_with("from -"), "{taken}");
    child.kill().unwrap();
    child.wait().unwrap();
}
