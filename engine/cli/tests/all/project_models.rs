//! Projects of other engines with the agent evolver and a scripted model.

use hyperspace_testkit::command::{TestEnvironment, document};
use serde_json::Value;

use crate::common::environment;
use crate::models::{KEY, start};
use crate::project_files::{CODE_EVOLVE, SHINKA_EVOLVE, open_evolve_files};

/// Two steps, each of which is first proposed for a line that is not there, and then again when the agent says so.
fn script() -> String {
    let edit = |old: &str, new: &str| {
        Value::String(format!(
            "Better.\n\n<<<<<<< SEARCH\n    return {old}\n=======\n    return {new}\n>>>>>>> REPLACE\n"
        ))
    };
    let rule = |when: &str, answer: Value| {
        format!("[[rule]]\nwhen = {{ {when} }}\n[[rule.answer]]\ntext = {answer}\n")
    };
    [
        rule("turn = 1", edit("nothing", "n + 1")),
        rule("turn = 2, in = \"first\", contains = [\"return n + 1\"]", edit("n + 1", "n * n + 3")),
        rule("turn = 2, contains = [\"do not occur\"]", edit("n", "n + 1")),
    ]
    .concat()
}

fn evolve(env: &TestEnvironment, more: &[&str]) -> Value {
    let command =
        ["evolve", "--json", "--model", "free", "--style", "edits", "--generations", "2", "--seed", "1"];
    let output = env.command(&[&command, more].concat()).env("STUB_KEY", KEY).output().unwrap();
    assert!(output.status.success(), "{more:?}: {}", String::from_utf8_lossy(&output.stderr));
    document(&output)
}

#[test]
fn scores_of_projects_rise_with_the_edits_of_a_model_and_a_replay_asks_nobody() {
    let open = open_evolve_files();
    let open: Vec<(&str, &str)> = open.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let projects = [
        (&open[..], [0.5, 0.625, 2.375]),
        (&SHINKA_EVOLVE[..], [3.0, 5.0, 11.0]),
        (&CODE_EVOLVE[..], [0.5, 0.75, 1.75]),
    ];
    for (files, scores) in projects {
        let env = environment();
        for (path, text) in files {
            env.write(&format!("own/{path}"), text);
        }
        let server = start(&env, &script());
        let view = evolve(&env, &["--project", "own"]);
        assert_eq!(view["models"]["spent"]["calls"], 4, "{view}");
        drop(server);
        let run = view["run"].as_str().unwrap();
        let (log, _) = env.json(&["log", run]);
        let generations = log["generations"].as_array().unwrap();
        let best: Vec<Option<f64>> = generations.iter().map(|one| one["best"]["score"].as_f64()).collect();
        assert_eq!(best, scores.map(Some), "{log}");
        let (replayed, code) = env.json(&["replay", run]);
        assert_eq!((code, &replayed["differences"]), (0, &Value::Array(Vec::new())), "{replayed}");
    }
}

#[test]
fn a_child_that_is_kept_though_it_is_worse_is_told_as_an_attempt() {
    let env = environment();
    for (path, text) in SHINKA_EVOLVE {
        env.write(&format!("own/{path}"), text);
    }
    let worse = Value::String(
        "<<<<<<< SEARCH\n    return n\n=======\n    return n - 7\n>>>>>>> REPLACE\n".to_owned(),
    );
    let _server = start(&env, &format!("[[rule]]\n[[rule.answer]]\ntext = {worse}\n"));
    // Always the best member: the seed, twice.
    let view = evolve(&env, &["--project", "own", "--strategy", "power-law:alpha=100"]);
    let (log, _) = env.json(&["log", view["run"].as_str().unwrap()]);
    assert_eq!(log["generations"][1]["candidates"][0]["fate"], "kept", "{log}");
    let (transcript, code) = env.json(&["transcript", &format!("{}:2:0", view["run"].as_str().unwrap())]);
    let said = transcript["conversations"][0]["calls"][0]["said"].to_string();
    assert_eq!(code, 0, "{transcript}");
    for words in ["Tried lately, without success", "- no-better, score -11", "+    return n - 7"] {
        assert!(said.contains(words), "{words}: {said}");
    }
}
