//! `strategies`, `evolve --strategy`, `[search]`, and studies, over the whole command.

use std::time::Duration;

use hyperspace_testkit::command::{TestEnvironment, kill_after};
use hyperspace_testkit::guess::{meta_agent, task_agent, task_files};
use serde_json::{Value, json};

use crate::common::environment;

/// Guesses at random, so that strategies differ.
const WANDER: &str = "import random
rng = random.Random(arg['seed'])
number = int(open('task_agent.py').read().split()[-1])
open('task_agent.py', 'w').write('def guess():\\n    return %d\\n' % (number + rng.randrange(-9, 10)))";

/// An environment with a small task and an agent for it.
fn small() -> TestEnvironment {
    let env = environment();
    for (name, content) in task_files(&[3, 5], &[4]) {
        env.write(&format!("task/{name}"), content);
    }
    env.write("agent/task_agent.py", task_agent(90));
    env.write("agent/meta_agent.py", meta_agent(WANDER));
    env
}

const STUDY: &str = "[evolve]\ntask = \"./task\"\nagent = \"./agent\"\ncandidates = 2\n
[study]\nseeds = [3, 5, 8]\ncandidates = 12\nstrategies = [\"beam:width=2\", { strategy = \"islands\", count = 2, interval = 4 }]\n";

#[test]
fn strategies_are_listed_explained_and_refused() {
    let env = environment();
    let (list, code) = env.json(&["strategies"]);
    assert_eq!(code, 0);
    let names: Vec<&str> =
        list["strategies"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    for name in ["islands", "map-elites", "pareto", "iid", "clade", "mixture", "best-of-n"] {
        assert!(names.contains(&name), "{names:?}");
        let text = String::from_utf8(env.run(&["strategies", name]).stdout).unwrap();
        assert!(text.starts_with(name) && text.contains("Source: "), "{text}");
    }
    env.fails(&["strategies", "ilands"], 2, &["unknown strategy", "did you mean islands?"]);
    env.fails(&["evolve", "--strategy", "beam:widht=3"], 2, &["no parameter", "did you mean width?"]);
    env.fails(&["evolve", "--strategy", "beam:width=0"], 2, &["width is 0", "1 to 100000"]);
    env.fails(&["evolve", "--strategy", "beam", "--selection", "best"], 2, &["--selection", "--strategy"]);
    env.fails(&["evolve", "--inspirations", "2"], 2, &["strategy"]);
    env.fails(&["evolve", "--gate", "paired"], 2, &["strategy"]);
    env.fails(
        &["evolve", "--strategy", "beam", "--gate", "paired:repeats=0"],
        2,
        &["--gate", "repeats", "1 to 64"],
    );
    env.fails(&["evolve", "--strategy", "beam", "--inspirations", "99"], 2, &["inspirations is 99"]);
    env.fails(&["evolve", "--strategy", "beam", "--parity"], 2, &["parity"]);
    env.fails(&["evolve", "--duplicates", "syntax"], 2, &["strategy"]);
    env.fails(&["evolve", "--strategy", "beam", "--duplicates", "same"], 2, &["exact", "syntax"]);
    env.fails(&["evolve", "--strategy", "beam", "--near-duplicates", "0.2"], 2, &["near-duplicates is 0.2"]);
    env.fails(&["evolve", "--strategy", "beam", "--near-duplicates", "nan"], 2, &["near-duplicates is NaN"]);
    env.fails(&["evolve", "--strategy", "beam", "--parsimony"], 2, &["parsimony is true", "scored"]);
    env.fails(&["evolve", "--limit", "nodes=3"], 2, &["file-nodes", "complexity"]);
    env.fails(&["evolve", "--limit", "complexity=many"], 2, &["\"many\" is no number"]);
    env.fails(&["evolve", "--limit", "complexity=0"], 2, &["complexity is 0"]);
}

#[test]
fn what_is_compared_and_limited_is_shown_and_replayed() {
    let env = small();
    let base =
        ["evolve", "--task", "./task", "--agent", "./agent", "--generations", "3", "--candidates", "4"];
    let flags =
        ["--strategy", "random", "--duplicates", "syntax", "--near-duplicates", "0.99", "--parsimony"];
    let limits = ["--limit", "file-nodes=5_000", "--limit", "tree-bytes=100000"];
    let (run, code) = env.json(&[&base[..], &flags, &limits].concat());
    let told = "random, duplicates syntax, near-duplicates 0.99, parsimony";
    assert_eq!((code, &run["strategy"]), (0, &json!(told)));
    let show = String::from_utf8(env.run(&["show", run["run"].as_str().unwrap()]).stdout).unwrap();
    assert!(show.contains(told) && show.contains("file-nodes 5000, tree-bytes 100000"), "{show}");
    env.write(
        "hyperspace.toml",
        "[search]\nstrategy = \"random\"\nduplicates = \"syntax\"\nnear-duplicates = 0.99\nparsimony = true\n
[limits]\nfile-nodes = 5000\ntree-bytes = 100_000\n",
    );
    let (again, _) = env.json(&base);
    assert_eq!((&again["run"], &again["root"]), (&run["run"], &run["root"]));
    let (replay, code) = env.json(&["replay"]);
    assert_eq!(code, 0, "{replay}");
}

#[test]
fn flags_and_the_settings_file_name_the_same_run() {
    let env = small();
    let base =
        ["evolve", "--task", "./task", "--agent", "./agent", "--generations", "2", "--candidates", "2"];
    let by_flag = [&base[..], &["--strategy", "islands:count=2,inner=(beam:width=3)"]].concat();
    let (first, code) = env.json(&by_flag);
    assert_eq!((code, &first["strategy"]), (0, &json!("islands:count=2,inner=(beam:width=3)")));
    env.write(
        "hyperspace.toml",
        "[search]\nstrategy = \"islands\"\ncount = 2\ninner = { strategy = \"beam\", width = 3 }\n",
    );
    let (again, _) = env.json(&base);
    assert_eq!((&again["run"], &again["root"]), (&first["run"], &first["root"]));
    let log = String::from_utf8(env.run(&["log"]).stdout).unwrap();
    assert!(log.contains("strategy") && log.contains("islands:count=2"), "{log}");
    let (replay, code) = env.json(&["replay"]);
    assert_eq!(code, 0, "{replay}");
    for layout in ["original", "csv", "parquet"] {
        let run = first["run"].as_str().unwrap();
        assert_eq!(
            env.run(&["export", run, "--layout", layout, "--to", layout]).status.code(),
            Some(0),
            "{layout}"
        );
    }
}

#[test]
fn a_study_that_was_killed_is_equal_to_an_undisturbed_one() {
    let whole = small();
    whole.write("study.toml", STUDY);
    let (report, code) = whole.json(&["study", "study.toml"]);
    assert_eq!(code, 0, "{report}");
    let killed = small();
    killed.write("study.toml", STUDY);
    for delay in [150, 300, 450, 600] {
        let mut command = killed.command(&["study", "study.toml", "--workers", "1"]);
        drop(kill_after(&mut command, Duration::from_millis(delay)));
    }
    let (again, code) = killed.json(&["study", "study.toml"]);
    assert_eq!((code, &again), (0, &report));
    // The report is that of the record, and every run replays.
    let hash = &report["study"].as_str().unwrap()[..12];
    assert_eq!(killed.json(&["study", hash]), (report.clone(), 0));
    let (listed, _) = killed.json(&["log"]);
    assert_eq!(listed["studies"][0]["study"], report["study"], "{listed}");
    assert_eq!(
        listed["studies"][0]["runs"].as_u64(),
        listed["runs"].as_array().map(|runs| runs.len() as u64)
    );
    for command in ["show", "log", "best"] {
        killed.fails(&[command, hash], 2, &["is a study", &format!("hyperspace study {hash}")]);
    }
    checks(&killed, &report);
    killed.fails(&["study", "absent.toml"], 2, &["no file absent.toml", "no study"]);
    killed.write("bad.toml", "[study]\nseeds = 3\ncandidates = 8\nstrategies = [\"beem\"]\n");
    killed.fails(&["study", "bad.toml"], 2, &["bad.toml", "strategies[0]", "did you mean beam?"]);
}

#[test]
fn a_study_that_would_compare_nothing_or_never_end_is_refused() {
    let env = small();
    let with = |budget: &str| STUDY.replace("candidates = 12", budget);
    assert_ne!(with("calls = 3"), STUDY);
    env.write("calls.toml", with("calls = 3"));
    env.fails(&["study", "calls.toml"], 2, &["in calls", "no models to call", "`candidates` or `fuel`"]);
    env.write("less.toml", with("candidates = 1"));
    env.fails(
        &["study", "less.toml"],
        2,
        &["first generation", "more than the budget of 1", "raise the budget"],
    );
    assert_eq!(env.json(&["log"]).1, 0);
}

/// Checks the numbers of a report against the runs that it names.
fn checks(env: &TestEnvironment, report: &Value) {
    let strategies = report["strategies"].as_array().unwrap();
    let names: Vec<&str> = strategies.iter().map(|one| one["strategy"].as_str().unwrap()).collect();
    assert_eq!(names, ["iid", "beam:width=2", "islands:count=2,interval=4"]);
    assert!(
        strategies[0]["against_baseline"].is_null() && strategies[1]["against_baseline"]["p"].is_number()
    );
    let runs = report["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 9);
    for run in runs {
        assert_eq!((&run["generations"], &run["spent"]), (&json!(6), &json!(12)));
        let (shown, _) = env.json(&["show", run["champion"].as_str().unwrap()]);
        assert_eq!(
            shown["body"]["champions"][0]["held_out"].as_str().map(exact),
            run["held_out"].as_f64(),
            "{shown}"
        );
    }
    let of = |name: &str| -> Vec<f64> {
        let mut scores: Vec<f64> = runs
            .iter()
            .filter(|run| run["strategy"] == name)
            .map(|run| run["held_out"].as_f64().unwrap())
            .collect();
        scores.sort_by(f64::total_cmp);
        scores
    };
    for one in strategies {
        assert_eq!(one["median"].as_f64(), Some(of(one["strategy"].as_str().unwrap())[1]));
        let curve = one["curve"].as_array().unwrap();
        assert_eq!(
            (curve.len(), &curve[0]["median"], &curve[12]["median"]),
            (13, &json!(86.0), &one["median"])
        );
    }
    // What a child of the seed can reach in one step of at most nine.
    assert!(of("iid")[0] >= 77.0 && of("beam:width=2")[1] < of("iid")[1], "{report}");
    for layout in ["csv", "jsonl", "parquet"] {
        let hash = report["study"].as_str().unwrap();
        let output = env.run(&["study", hash, "--to", layout, "--layout", layout]);
        assert_eq!(output.status.code(), Some(0), "{layout}");
        for table in ["strategies", "runs", "curves"] {
            assert!(env.path(layout).join(format!("{table}.{layout}")).is_file());
        }
    }
    let (replay, code) = env.json(&["replay", runs[8]["run"].as_str().unwrap(), "--all"]);
    assert_eq!(code, 0, "{replay}");
}

/// Returns the value of an exact score.
fn exact(text: &str) -> f64 {
    let (numerator, denominator) = text.split_once('/').unwrap();
    numerator.parse::<f64>().unwrap() / denominator.parse::<f64>().unwrap()
}
