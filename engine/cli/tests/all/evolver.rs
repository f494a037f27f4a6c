//! `evolve --model`: the bundled agent evolver on every bundled task, in every style, with a stub server as the model.

use std::path::Path;

use crate::common::environment;
use crate::models::{KEY, start};
use hyperspace_testkit::command::{TestEnvironment, document};
use hyperspace_testkit::paths::repository;
use serde_json::{Value, json};

/// A task, lines of its seed, and lines that are better.
const IMPROVEMENTS: [(&str, &str, &str); 3] = [
    (
        "bin-packing",
        "WORTH = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]",
        "WORTH = [13.0, 12.0, 11.0, 10.0, 9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0]",
    ),
    (
        "cap-set",
        "    return BY_ZEROS[zeros] + BY_TWOS[twos] + BY_PAIRS[pairs]",
        "    caps = [(e[0] * e[0] + e[1] * e[1] - e[2]) % 3 == 0 for e in (element[:3], element[3:6])]\n    return 1.0 if all(caps) and 2 not in element[6:] else 0.0",
    ),
    ("circle-packing", "COLUMNS = 4\nROWS = 7", "COLUMNS = 5\nROWS = 6"),
];

fn seed(task: &str) -> String {
    let path = repository().join("data/tasks").join(task).join("seed/task_agent.py");
    std::fs::read_to_string(path).unwrap()
}

/// A script whose model answers in a style.
fn script(style: &str, seed: &str, old: &str, new: &str) -> String {
    let text = |text: &str| Value::String(text.to_owned()).to_string();
    let answer = match style {
        "edits" => format!(
            "text = {}",
            text(&format!(
                "Better.\n\ntask_agent.py\n<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n"
            ))
        ),
        "rewrite" => {
            format!(
                "text = {}",
                text(&format!("Better.\n\n```python task_agent.py\n{}```\n", seed.replace(old, new)))
            )
        }
        _ => format!(
            "calls = [{{ name = \"editor\", arguments = {{ command = \"str_replace\", path = \"/repo/task_agent.py\", old_str = {}, new_str = {} }} }}]",
            text(old),
            text(new)
        ),
    };
    format!(
        "[[rule]]\nwhen = {{ turn = 1 }}\n[[rule.answer]]\n{answer}\n[[rule]]\nwhen = {{ turn = 2 }}\n[[rule.answer]]\ntext = \"Done.\"\n"
    )
}

fn evolve(env: &TestEnvironment, task: &str, more: &[&str]) -> (Value, String) {
    let arguments =
        ["evolve", "--json", "--task", task, "--model", "free", "--generations", "1", "--seed", "1"];
    let output = env.command(&[&arguments, more].concat()).env("STUB_KEY", KEY).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{task} {more:?}: {said}");
    (document(&output), said)
}

#[test]
fn every_bundled_task_rises_in_every_style_and_replays_alone() {
    for (task, old, new) in IMPROVEMENTS {
        let seed = seed(task);
        assert!(seed.contains(old), "{task}: the seed has changed");
        for style in ["edits", "rewrite", "tools"] {
            let env = environment();
            let server = start(&env, &script(style, &seed, old, new));
            let (view, said) = evolve(&env, task, &["--style", style]);
            let fates = &view["outcome"]["fates"];
            assert_eq!(fates["champion"], 1, "{task} {style}: {fates} {:?} {said}", view["outcome"]);
            assert_eq!(view["strategy"], "pareto, duplicates syntax");
            drop(server);
            let (replayed, code) = env.json(&["replay"]);
            assert_eq!((code, &replayed["differences"]), (0, &Value::Array(Vec::new())), "{task} {style}");
        }
    }
}

#[test]
fn a_task_of_ones_own_needs_no_agent_and_a_malformed_edit_is_repaired_once() {
    let env = environment();
    env.write("guess/seed/task_agent.py", "def guess():\n    return 10\n");
    let bad = "<<<<<<< SEARCH\\n    return 11\\n=======\\n    return 700\\n>>>>>>> REPLACE\\n";
    let good = bad.replace("11", "10");
    let script = format!(
        "[[rule]]\nwhen = {{ turn = 1 }}\n[[rule.answer]]\ntext = \"{bad}\"\n[[rule]]\nwhen = {{ turn = 2, contains = [\"do not occur\"] }}\n[[rule.answer]]\ntext = \"{good}\"\n"
    );
    let _server = start(&env, &script);
    let (view, _) = evolve(&env, "./guess", &["--style", "edits"]);
    assert_eq!(
        (&view["outcome"]["fates"]["champion"], &view["models"]["spent"]["calls"]),
        (&1.into(), &2.into())
    );
}

#[test]
fn a_program_with_another_comment_is_not_measured_unless_that_is_asked_for() {
    let env = environment();
    env.write("guess/seed/task_agent.py", "def guess():\n    return 10\n");
    let answer = "<<<<<<< SEARCH\\n    return 10\\n=======\\n    return 10  # ten\\n>>>>>>> REPLACE\\n";
    let _server = start(&env, &format!("[[rule]]\n[[rule.answer]]\ntext = \"{answer}\"\n"));
    for (more, expected) in [
        (&["--style", "edits"][..], 1),
        (&["--style", "edits", "--duplicates", "exact"], 0),
        (&["--style", "edits", "--selection", "best"], 0),
    ] {
        let (view, said) = evolve(&env, "./guess", more);
        let duplicates = view["outcome"]["fates"]["duplicate"].as_u64().unwrap_or_default();
        assert_eq!(duplicates, expected, "{more:?}: {} {said}", view["outcome"]);
    }
}

#[test]
fn a_meta_agent_that_fails_is_told() {
    let env = environment();
    let _server = start(&env, "[[rule]]\n[[rule.answer]]\ntext = \"I would rather not.\"\n");
    let (view, _) = evolve(&env, "bin-packing", &[]);
    let failures = &view["outcome"]["meta_failures"];
    assert_eq!(failures["count"], 1);
    assert!(failures["message"].as_str().unwrap().contains("NoUsableEdit"), "{failures}");
    let output = env
        .command(&["evolve", "--model", "free", "--generations", "1", "--seed", "1"])
        .env("STUB_KEY", KEY)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    for words in [
        "nothing was computed",
        "nothing better than the seed",
        "the meta agents failed for the only candidate",
        "NoUsableEdit",
    ] {
        assert!(text.contains(words), "{words} is not in {text}");
    }
}

#[test]
fn an_agent_that_asks_nobody_is_noticed() {
    let env = environment();
    let _server = start(&env, "[[rule]]\n[[rule.answer]]\ntext = \"x\"\n");
    let (view, said) = evolve(&env, "bin-packing", &["--agent", "genetic"]);
    assert!(said.contains("agent genetic does not use models"), "{said}");
    assert_eq!(view["outcome"]["unasked"], serde_json::json!(["free"]));
}

/// The first prompt of each bundled task. Whoever changes a prompt looks at it, and writes the file with
/// `hyperspace evolve --task TASK --model nobody --seed 1 --show-prompt`.
#[test]
fn prompts_are_as_they_were_looked_at() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/prompts");
    for (task, _, _) in IMPROVEMENTS {
        let env = environment();
        let arguments = ["evolve", "--task", task, "--model", "nobody", "--seed", "1", "--show-prompt"];
        let output = env.command(&arguments).output().unwrap();
        let prompt = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(!env.path(".hyperspace").exists(), "a store was made");
        let path = folder.join(format!("{task}.txt"));
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(prompt, expected, "{} differs", path.display());
    }
}

#[test]
fn the_conversation_and_its_costs_are_read_from_the_store() {
    let (task, old, new) = IMPROVEMENTS[0];
    let env = environment();
    let server = start(&env, &script("edits", &seed(task), old, new));
    let (view, _) = evolve(&env, task, &["--style", "edits"]);
    drop(server);

    let (costs, code) = env.json(&["costs"]);
    assert_eq!(code, 0, "{costs}");
    assert_eq!(costs["total"]["spent"], view["models"]["spent"]);
    assert_eq!(costs["total"]["fuel"], view["fuel"]);
    let calls = costs["total"]["spent"]["calls"].as_u64().unwrap();
    assert!(calls > 0, "{costs}");
    for group in ["agents", "models", "generations", "candidates"] {
        let rows = costs[group].as_array().unwrap();
        let sum: u64 = rows.iter().map(|row| row["spent"]["calls"].as_u64().unwrap()).sum();
        assert_eq!(sum, calls, "{group}: {costs}");
    }

    let run = view["run"].as_str().unwrap();
    let (transcript, code) = env.json(&["transcript", &format!("{run}:1:0")]);
    assert_eq!(code, 0, "{transcript}");
    assert_eq!(transcript["spent"], costs["candidates"][1]["spent"]);
    let first = &transcript["conversations"][0]["calls"][0];
    assert!(first["said"].to_string().contains("WORTH"), "the parent's code: {first}");
    assert!(first["outcome"].to_string().contains("SEARCH"), "{first}");
    let output = env.run(&["transcript", &format!("{run}:1:0")]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("<<<<<<< SEARCH") && text.contains("lines more, shown by --full"), "{text}");
    let (lineage, code) = env.json(&["lineage", &format!("{run}:1:0")]);
    let reason = &lineage["steps"][1]["reason"];
    assert_eq!(
        (code, &reason["source"], &reason["words"]),
        (0, &json!("model"), &json!("Better.")),
        "{lineage}"
    );
    assert!(reason["call"].is_string() && lineage["steps"][0]["reason"].is_null(), "{lineage}");
    let output = env.run(&["lineage", &format!("{run}:1:0")]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("the model said: Better.\n"), "{text}");
    let (seed, _) = env.json(&["transcript", &format!("{run}:0:0")]);
    assert_eq!(seed["conversations"], Value::Array(Vec::new()));
}
