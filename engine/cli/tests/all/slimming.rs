//! `evolve --slimming`: what was saved is told, recorded and replayed; what is refused.

use hyperspace_testkit::command::TestEnvironment;
use hyperspace_testkit::guess::{meta_agent, task_agent, task_files};
use serde_json::json;

use crate::common::environment;

/// Takes a step down, and adds lines that nothing needs.
const BLOATS: &str = "lines = open('task_agent.py').read().splitlines()
number = int(lines[-1].split()[-1])
lines[-1:] = ['    spare = [1, 2, 3]', '    spare.append(%d)' % number, '    return %d' % (number - 1)]
open('task_agent.py', 'w').write('\\n'.join(lines) + '\\n')";

fn small() -> TestEnvironment {
    let env = environment();
    for (name, content) in task_files(&[20, 20], &[21]) {
        env.write(&format!("task/{name}"), content);
    }
    env.write("agent/task_agent.py", task_agent(90));
    env.write("agent/meta_agent.py", meta_agent(BLOATS));
    env
}

const EVOLVE: [&str; 11] = [
    "evolve",
    "--task",
    "task",
    "--agent",
    "agent",
    "--generations",
    "6",
    "--candidates",
    "1",
    "--selection",
    "latest",
];

#[test]
fn what_slimming_saves_is_told_and_replayed() {
    let env = small();
    let plain = env.json(&EVOLVE).0;
    assert!(plain["outcome"].get("slimming").is_none(), "{plain}");
    let slim = [&EVOLVE[..], &["--slimming", "on:effort=50"]].concat();
    let (run, code) = env.json(&slim);
    let told = &run["outcome"]["slimming"];
    assert_eq!((code, &told["changed"]), (0, &json!(0)), "{run}");
    assert!(told["kept"].as_u64() >= Some(2) && told["nodes_saved"].as_u64() > Some(10), "{run}");
    let hash = run["run"].as_str().unwrap();
    assert_eq!(env.run(&["replay", hash]).status.code(), Some(0));
    let words = format!("slimming: {} of {} attempts kept every answer", told["kept"], told["attempts"]);
    let text = |args: &[&str]| String::from_utf8(env.run(args).stdout).unwrap();
    let log = text(&["log", hash]);
    assert!(log.contains(&words), "{words}: {log}");
    assert_eq!(&env.json(&["log", hash]).0["slimming"], told);
    let events = env.json(&["log", hash, "--events"]).0;
    let kinds = events["events"].as_array().unwrap().iter();
    let slimmed: Vec<_> = kinds.filter(|one| one["kind"] == "candidate.slimmed").collect();
    assert_eq!(slimmed.len() as u64, told["attempts"].as_u64().unwrap(), "{events}");
    let body = &slimmed[0]["body"];
    let candidate = format!("{hash}:{}:{}", body["generation"], body["candidate"]);
    let shown = env.json(&["show", &candidate]).0;
    assert!(shown.to_string().contains("slimming"), "{shown}");
    let shown = text(&["show", &candidate]);
    assert!(shown.contains("every answer kept") && shown.contains("nodes"), "{shown}");
    assert_eq!(env.run(&["report", hash, "--to", "out"]).status.code(), Some(0));
    let report: serde_json::Value =
        serde_json::from_slice(&std::fs::read(env.path("out/report.json")).unwrap()).unwrap();
    let attempts = report["runs"][0]["slimming"].as_array().unwrap();
    assert!(attempts.iter().any(|one| one["verdict"] == "kept"), "{report}");
    assert!(std::fs::read_to_string(env.path("out/report.html")).unwrap().contains("<h3>Slimming</h3>"));
    let summary = text(&[&slim[..], &["--store", "again"]].concat());
    assert!(summary.contains(&words), "{summary}");
    // The settings do the same.
    env.write("hyperspace.toml", "[evolve]\nslimming = \"on:effort=50\"\n");
    assert_eq!(env.json(&EVOLVE).0["run"], run["run"]);
}

#[test]
fn slimming_is_refused_with_what_was_expected() {
    let env = small();
    let with = |policy: &'static str| ["evolve", "--task", "task", "--agent", "agent", "--slimming", policy];
    env.fails(&with("maybe"), 2, &["expected off, on"]);
    env.fails(&with("on:growth=0.1"), 2, &["a number, 1 to 1000"]);
    env.fails(&[&with("on")[..], &["--strategy", "iid"]].concat(), 2, &["iid", "off"]);
    env.fails(&[&with("on")[..], &["--edit-scope", "meta_agent.py"]].concat(), 2, &["task_agent.py"]);
    env.write("hyperspace.toml", "[evolve]\nslimming = \"on:effort=0\"\n");
    env.fails(&EVOLVE, 2, &["hyperspace.toml", "line 2", "1 to 1000"]);
}
