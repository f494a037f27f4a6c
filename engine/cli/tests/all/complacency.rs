//! `evolve --complacency`: signs and answers are told, recorded as warnings, and replayed; what is refused.

use hyperspace_testkit::command::TestEnvironment;
use hyperspace_testkit::guess::{meta_agent, task_agent, task_files};
use serde_json::json;

use crate::common::environment;

/// Takes a step down. In generation 3, a child switches its own meta agent off.
const GIVES_UP: &str = "text = open('task_agent.py').read()
number = int(text.split()[-1])
open('task_agent.py', 'w').write(text.replace(str(number), str(number - 1)))
if arg['generation'] == 3:
    own = open('meta_agent.py').read()
    open('meta_agent.py', 'w').write(own.replace('def improve(arg):\\n', 'def improve(arg):\\n    return {}\\n', 1))";

fn small() -> TestEnvironment {
    let env = environment();
    for (name, content) in task_files(&[20, 20], &[21]) {
        env.write(&format!("task/{name}"), content);
    }
    env.write("agent/task_agent.py", task_agent(90));
    env.write("agent/meta_agent.py", meta_agent(GIVES_UP));
    env
}

const EVOLVE: [&str; 11] = [
    "evolve",
    "--task",
    "task",
    "--agent",
    "agent",
    "--generations",
    "8",
    "--candidates",
    "1",
    "--selection",
    "latest",
];

#[test]
fn signs_are_answered_told_and_replayed() {
    let env = small();
    let ignored = env.json(&EVOLVE).0;
    assert!(ignored["outcome"].get("signs").is_none(), "{ignored}");
    let answer = [&EVOLVE[..], &["--complacency", "answer:generations=6"]].concat();
    let (run, code) = env.json(&answer);
    assert_eq!((code, &run["outcome"]["signs"]), (0, &json!({"self-block": 1})), "{run}");
    let score = |run: &serde_json::Value| run["best"]["score"].clone();
    assert_ne!(score(&run), score(&ignored), "the meta agent before went on");
    let hash = run["run"].as_str().unwrap();
    let marks = String::from_utf8(env.run(&["marks", hash]).stdout).unwrap();
    assert!(marks.contains("self-block"), "{marks}");
    assert_eq!(env.run(&["replay", hash]).status.code(), Some(0));
    assert_eq!(env.run(&["report", hash, "--to", "out"]).status.code(), Some(0));
    let report: serde_json::Value =
        serde_json::from_slice(&std::fs::read(env.path("out/report.json")).unwrap()).unwrap();
    let [given] = &report["runs"][0]["answers"].as_array().unwrap()[..] else { panic!("{report}") };
    assert_eq!((&given["sign"], &given["candidates"]), (&json!("self-block"), &json!(1)), "{given}");
    assert!(given["answers"].as_array().unwrap().contains(&json!("renew")), "{given}");
    let page = std::fs::read_to_string(env.path("out/report.html")).unwrap();
    assert!(page.contains("Answers to signs"));
    // A new store, so that the run is told as it happens.
    let again = env.run(&[&answer[..], &["--store", "again"]].concat());
    let (told, summary) =
        (String::from_utf8(again.stderr).unwrap(), String::from_utf8(again.stdout).unwrap());
    assert!(told.contains("sign of complacency: self-block") && told.contains("renew"), "{told}");
    assert!(summary.contains("signs of complacency that were answered: self-block 1×"), "{summary}");
    // The settings do the same.
    env.write("hyperspace.toml", "[evolve]\ncomplacency = \"answer:generations=6\"\n");
    assert_eq!(env.json(&EVOLVE).0["run"], run["run"]);
}

#[test]
fn answers_are_refused_with_what_was_expected() {
    let env = small();
    let with =
        |policy: &'static str| ["evolve", "--task", "task", "--agent", "agent", "--complacency", policy];
    env.fails(&with("react"), 2, &["ignore, answer"]);
    env.fails(&with("answer:given-up=stop"), 2, &["warn, explore, renew, quarantine"]);
    env.fails(&[&with("answer")[..], &["--strategy", "iid"]].concat(), 2, &["iid", "ignore"]);
    env.write("hyperspace.toml", "[evolve]\ncomplacency = \"answer:generations=0\"\n");
    env.fails(&EVOLVE, 2, &["hyperspace.toml", "line 2", "1 to 1000"]);
}
