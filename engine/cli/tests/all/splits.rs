//! `evolve --split-policy`: what the summary, `log` and the report tell of held-out rows, and what is refused.

use hyperspace_testkit::command::TestEnvironment;
use hyperspace_testkit::guess::{meta_agent, task_agent, task_files};
use serde_json::json;

use crate::common::environment;

const WANDER: &str = "import random
rng = random.Random(arg['seed'])
number = int(open('task_agent.py').read().split()[-1])
open('task_agent.py', 'w').write('def guess():\\n    return %d\\n' % (number + rng.randrange(-9, 8)))";

fn small() -> TestEnvironment {
    let env = environment();
    for (name, content) in task_files(&[3, 4, 5, 6, 7, 8], &[4, 5, 6, 7]) {
        env.write(&format!("task/{name}"), content);
    }
    env.write("agent/task_agent.py", task_agent(60));
    env.write("agent/meta_agent.py", meta_agent(WANDER));
    env
}

#[test]
fn the_use_of_held_out_rows_is_told_everywhere() {
    let env = small();
    let evolve = ["evolve", "--task", "task", "--agent", "agent", "--generations", "6", "--candidates", "3"];
    let policy = ["--split-policy", "rotating:parts=3,threshold=0.1,budget=9"];
    let (run, code) = env.json(&[&evolve[..], &policy].concat());
    assert_eq!(code, 0, "{run}");
    let splits = &run["splits"];
    assert_eq!(splits["policy"], "rotating:parts=3,threshold=0.1,noise=0.01,budget=9,gap=0.1,errors=3");
    assert!(splits["asked"].as_u64().unwrap() > 0 && splits["spent"].as_u64().unwrap() <= 9, "{splits}");
    assert_eq!((&splits["budget"], &run["tested"]), (&json!(9), &json!(0)));
    assert!(splits["gap"].is_f64() && run["strategy"].as_str().unwrap().contains("splits rotating"));
    let hash = run["run"].as_str().unwrap();
    let log = env.json(&["log", hash]).0;
    for key in ["policy", "asked", "spent", "budget", "gap", "limit", "alarms"] {
        assert_eq!(log["splits"][key], splits[key], "{key}");
    }
    assert!(!log["splits"]["gaps"].as_array().unwrap().is_empty());
    let text = String::from_utf8(env.run(&["log", hash]).stdout).unwrap();
    assert!(text.contains("held-out rows answered") && text.contains("of 9 of the budget spent"), "{text}");
    let text = String::from_utf8(env.run(&[&evolve[..], &policy].concat()).stdout).unwrap();
    assert!(text.contains("gap of the best agent"), "{text}");
    assert_eq!(text.matches("splits rotating:parts=3").count(), 1, "{text}");
    assert_eq!(env.run(&["report", hash, "--to", "out"]).status.code(), Some(0));
    let report: serde_json::Value =
        serde_json::from_slice(&std::fs::read(env.path("out/report.json")).unwrap()).unwrap();
    assert_eq!(report["runs"][0]["splits"]["asked"], splits["asked"]);
    let page = std::fs::read_to_string(env.path("out/report.html")).unwrap();
    assert!(page.contains("Held-out rows"));
    assert_eq!(env.run(&["replay", hash]).status.code(), Some(0));
    // The settings do the same.
    env.write("hyperspace.toml", "[evolve]\nsplit-policy = \"rotating:parts=3,threshold=0.1,budget=9\"\n");
    assert_eq!(env.json(&evolve).0["run"], run["run"]);
}

#[test]
fn policies_are_refused_with_what_was_expected() {
    let env = small();
    let with =
        |policy: &'static str| ["evolve", "--task", "task", "--agent", "agent", "--split-policy", policy];
    env.fails(&with("rotate"), 2, &["fixed, rotating or ladder"]);
    env.fails(&with("ladder:budget=2"), 2, &["parts, level, gap or errors"]);
    env.fails(
        &[&with("ladder")[..], &["--strategy", "latest", "--gate", "paired"]].concat(),
        2,
        &["paired gate"],
    );
    env.fails(&["evolve", "--task", "cap-set", "--split-policy", "ladder"], 2, &["one case", "fixed"]);
}
