//! Finished runs as people read them: `show`, `log` with filters, `compare`, and what each says of a wrong hash.

use hyperspace_testkit::command::TestEnvironment;
use serde_json::{Value, json};

use crate::common::{environment, evolve};

fn text(env: &TestEnvironment, args: &[&str]) -> String {
    let output = env.run(args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn run_of(view: &Value) -> String {
    view["run"].as_str().unwrap().to_owned()
}

/// A meta agent that says something, and fails or breaks the program in turn.
const FAILING: &str = "import sys
def improve(arg):
    print('I am candidate', arg['candidate'])
    if arg['candidate'] == 0:
        raise ValueError('nothing comes to my mind')
    open('task_agent.py', 'w').write('def guess(): return 1 / 0\\n')
";

#[test]
fn everything_that_a_hash_names_is_shown_in_words() {
    let env = environment();
    let run = run_of(&evolve(&env, "S", 2));
    let shown = text(&env, &["show", &run, "--store", "S"]);
    for words in
        ["run of guess", "seed 5, 3 candidates per generation", "generations 2", "1 seed", "begun       20"]
    {
        assert!(shown.contains(words), "{words:?} is not in {shown}");
    }
    let (log, _) = env.json(&["log", &run, "--store", "S"]);
    let hash = log["generations"][1]["hash"].as_str().unwrap();
    let shown = text(&env, &["show", hash, "--store", "S"]);
    assert!(shown.starts_with("generation 1 of run ") && shown.contains("candidate  agent"), "{shown}");
    assert!(!shown.contains('{'), "{shown}");
    let evaluation = log["generations"][1]["candidates"][0]["train"]["record"].as_str().unwrap();
    let shown = text(&env, &["show", evaluation, "--store", "S"]);
    assert!(
        shown.contains("evaluation on train data of guess") && shown.contains("2 measured of 2"),
        "{shown}"
    );
    let exact = text(&env, &["show", evaluation, "--full", "--store", "S"]);
    assert!(exact.contains(" = ") && !shown.contains(" = "), "{exact}");
    let shown = text(&env, &["show", &format!("{hash}:0"), "--store", "S"]);
    assert!(shown.contains("changed     task_agent.py  +1 -1"), "{shown}");
    // The document is the record, as before.
    let (record, _) = env.json(&["show", hash, "--store", "S"]);
    assert_eq!((&record["kind"], &record["body"]["generation"]), (&json!("generation"), &json!(1)));
}

#[test]
fn failures_are_told_with_their_words_and_found_by_fate() {
    let env = environment();
    env.write("climber/meta_agent.py", FAILING);
    let run = run_of(&evolve(&env, "S", 1));
    let shown = text(&env, &["show", &format!("{run}:1:0"), "--store", "S"]);
    for words in
        ["meta-failed", "end of its traceback", "nothing comes to my mind", "its output", "I am candidate 0"]
    {
        assert!(shown.contains(words), "{words:?} is not in {shown}");
    }
    let shown = text(&env, &["show", &format!("{run}:1:1"), "--store", "S"]);
    assert!(shown.contains("why there is no score") && shown.contains("ZeroDivisionError"), "{shown}");

    let failed = text(&env, &["log", &run, "--fate", "failed", "--store", "S"]);
    assert!(failed.contains("ZeroDivisionError") && !failed.contains("ValueError"), "{failed}");
    let (failed, _) = env.json(&["log", &run, "--fate", "meta-failed", "--store", "S"]);
    let rows = failed["candidates"].as_array().unwrap();
    assert_eq!((rows.len(), &rows[0]["candidate"]), (1, &json!(0)));
    assert!(rows[0]["failure"].as_str().unwrap().contains("nothing comes to my mind"), "{failed}");
    env.fails(&["log", &run, "--fate", "faild", "--store", "S"], 2, &["faild", "failed"]);
}

#[test]
fn runs_are_found_by_task_agent_fate_and_date() {
    let env = environment();
    let first = run_of(&evolve(&env, "S", 1));
    let second = seeded(&env, "6", "1");
    let runs = |filters: &[&str]| {
        let (log, code) = env.json(&[&["log", "--store", "S"], filters].concat());
        assert_eq!(code, 0, "{log}");
        let rows = log["runs"].as_array().unwrap();
        (
            rows.iter().map(|row| row["run"].as_str().unwrap().to_owned()).collect::<Vec<_>>(),
            log["undated"].clone(),
        )
    };
    let both = runs(&[]).0;
    assert_eq!(both.len(), 2);
    assert_eq!(runs(&["--task", "guess"]).0, both);
    assert_eq!(runs(&["--agent", "climber", "--fate", "seed", "--since", "2020-01-01"]).0, both);
    for none in
        [["--task", "other"], ["--agent", "other"], ["--fate", "meta-failed"], ["--until", "2020-01-01"]]
    {
        assert!(runs(&none).0.is_empty(), "{none:?}");
    }
    // Dates lie beside the store: a store without them is the same store.
    let (replayed, code) = env.json(&["replay", &first, "--store", "S"]);
    assert_eq!((code, &replayed["differences"]), (0, &json!([])));
    let text_of = std::fs::read_to_string(env.path("S/dates.json")).unwrap();
    env.write("S/dates.json", text_of.replace(&first, "none"));
    assert_eq!(runs(&["--since", "2020-01-01"]), (vec![second], json!(1)));
    env.write("S/dates.json", "{");
    assert_eq!(runs(&[]).0, both);
    for (args, words) in [
        (["--since", "yesterday"], ["since", "2026-11-29"]),
        (["--until", "2026-02-30"], ["until", "2026-11-29"]),
    ] {
        env.fails(&[&["log", "--store", "S"], &args[..]].concat(), 2, &words);
    }
    env.fails(&["log", &first, "--task", "guess", "--store", "S"], 2, &["--task", "one is named already"]);
    env.fails(&["log", &first, "--agent", "nobody", "--store", "S"], 2, &["nobody", "the run has"]);
}

/// Evolves with a seed; returns the hash of the run.
fn seeded(env: &TestEnvironment, seed: &str, generations: &str) -> String {
    let args = ["evolve", "--task", "./guess", "--agent", "./climber", "--candidates", "3", "--store", "S"];
    run_of(&env.json(&[&args[..], &["--seed", seed, "--generations", generations]].concat()).0)
}

#[test]
fn runs_are_compared_with_medians_over_seeds() {
    let env = environment();
    let runs = [seeded(&env, "1", "3"), seeded(&env, "2", "3"), seeded(&env, "3", "5")];
    let [one, two, three] = runs.each_ref().map(String::as_str);
    let (view, code) = env.json(&["compare", one, two, three, "--store", "S"]);
    assert_eq!(
        (code, &view["common"], view["groups"].as_array().unwrap().len()),
        (0, &json!(3), 1),
        "{view}"
    );
    let mut scores: Vec<f64> =
        view["runs"].as_array().unwrap().iter().map(|run| run["common_score"].as_f64().unwrap()).collect();
    scores.sort_by(f64::total_cmp);
    assert_eq!(view["groups"][0]["score"]["median"], json!(scores[1]));
    assert_eq!(view["runs"][2]["course"].as_array().unwrap().len(), 6);
    let (log, _) = env.json(&["log", one, "--store", "S"]);
    assert_eq!(view["runs"][0]["score"], log["generations"][3]["best"]["score"]);
    let shown = text(&env, &["compare", one, two, three, "--store", "S"]);
    for words in ["over seeds", "at 3", "worst to best", "● ", "○ ", "◆ ", "seed 2"] {
        assert!(shown.contains(words), "{words:?} is not in {shown}");
    }
    assert!(
        shown.lines().filter(|line| line.contains('┤')).all(|line| line.chars().count() <= 80),
        "{shown}"
    );
    let medians = text(&env, &["compare", one, two, three, "--medians", "--store", "S"]);
    assert!(medians.contains("● guess (climber)") && !medians.contains("○ "), "{medians}");

    env.fails(&["compare", one, "--store", "S"], 2, &["2 values required"]);
    env.fails(&["compare", one, one, "--store", "S"], 2, &["named twice"]);
    env.fails(&["compare", one, "zz", "--store", "S"], 2, &["zz"]);
}

#[test]
fn a_wrong_hash_is_answered_with_what_to_do() {
    let env = environment();
    let run = run_of(&evolve(&env, "S", 1));
    let commands: [&[&str]; 13] = [
        &["log"],
        &["show"],
        &["best"],
        &["lineage"],
        &["why"],
        &["tree"],
        &["transcript"],
        &["costs"],
        &["diff", &run],
        &["compare", &run],
        &["replay"],
        &["export", "--to", "x"],
        &["export", "--layout", "csv", "--to", "x"],
    ];
    for command in commands {
        for (hash, words) in [("0123456789ab", ["begins with 0123456789ab", "log"]), ("xyz", ["xyz", "hex"])]
        {
            env.fails(&[command, &[hash, "--store", "S"]].concat(), 2, &words);
        }
        env.fails(&[command, &["01", "--store", "absent"]].concat(), 2, &["absent"]);
    }
    let (log, _) = env.json(&["log", &run, "--store", "S"]);
    let evaluation = log["generations"][0]["candidates"][0]["train"]["record"].as_str().unwrap();
    for command in ["log", "best", "lineage", "tree", "transcript", "costs"] {
        env.fails(&[command, evaluation, "--store", "S"], 2, &["is an evaluation"]);
    }
    env.fails(&["show", &format!("{run}:1:99"), "--store", "S"], 2, &["generation 1 has 3 candidates"]);
    env.fails(&["transcript", &format!("{run}:99:0"), "--store", "S"], 2, &["no generation 99"]);
}

#[test]
fn a_score_is_followed_back_to_rows_code_and_edits() {
    let env = environment();
    let run = run_of(&evolve(&env, "S", 2));
    let (why, code) = env.json(&["why", &run, "--store", "S"]);
    let (log, _) = env.json(&["log", &run, "--store", "S"]);
    let last = log["generations"].as_array().unwrap().last().unwrap()["best"].clone();
    let at = |key: &str| why["candidate"][key].as_u64();
    assert_eq!(
        (code, at("generation"), at("candidate")),
        (0, last["generation"].as_u64(), last["candidate"].as_u64())
    );
    let train = &why["scores"][0];
    assert_eq!((&train["score"], &train["agrees"]), (&last["score"], &serde_json::json!(true)));
    assert!(!train["rows"].as_array().unwrap().is_empty());
    // Each hash is one of the store, and leads back here.
    let evaluation = train["evaluation"].as_str().unwrap();
    let (again, _) = env.json(&["why", evaluation, "--store", "S"]);
    assert_eq!(
        (&again["scores"].as_array().unwrap().len(), &again["scores"][0]["evaluation"]),
        (&1, &train["evaluation"])
    );
    let (shown, _) = env.json(&["show", evaluation, "--store", "S"]);
    assert_eq!(shown["body"]["agent"], why["code"]["tree"]);
    let edits = why["edits"].as_array().unwrap();
    let file = why["code"]["files"]
        .as_array()
        .unwrap()
        .iter()
        .find(|file| file["path"] == edits[0]["path"])
        .unwrap();
    assert_eq!(file["blob"], edits[0]["after"]);
    let (events, _) = env.json(&["log", &run, "--events", "--store", "S"]);
    let seq = usize::try_from(edits[0]["seq"].as_u64().unwrap()).unwrap();
    assert_eq!(events["events"][seq]["kind"], "edit.accepted");
    env.fails(&["why", &format!("{run}:99:0"), "--store", "S"], 2, &["no generation 99"]);
}

/// A program with parts that change nothing; the number comes from what is left.
const CLUTTERED: &str = "import math


def unused(value):
    return value * 2


def guess():
    \"\"\"A guess.\"\"\"
    if math.pi > 3:
        number = max(10, 3)  # ten
    else:
        number = 11
    doubled = unused(number)
    return number
";

#[test]
fn a_program_is_simplified_without_a_change_of_any_result() {
    let env = environment();
    env.write("climber/task_agent.py", CLUTTERED);
    env.write("climber/meta_agent.py", "def improve(arg):\n    pass\n");
    let run = run_of(&evolve(&env, "S", 1));
    let args = ["best", &run, "--simplify", "--store", "S"];
    let (view, code) = env.json(&args);
    assert_eq!((code, &view["complete"]), (0, &json!(true)), "{view}");
    assert_eq!(
        view["code"], "def guess():\n    \"\"\"A guess.\"\"\"\n    number = 10  # ten\n    return number\n",
        "{view}"
    );
    assert_eq!((&view["lines_before"], &view["lines"]), (&json!(15), &json!(4)));
    assert!(view["diff"].as_str().unwrap().contains("-import math"), "{view}");
    let shown = text(&env, &args);
    assert!(shown.contains("4 lines instead of 15") && !shown.contains("more could go"), "{shown}");
    let (few, _) = env.json(&[&args[..], &["--tries", "1"]].concat());
    assert_eq!((&few["tries"], &few["complete"]), (&json!(1), &json!(false)));
    assert!(text(&env, &[&args[..], &["--tries", "1"]].concat()).contains("more could go with more --tries"));
    env.fails(&["best", &run, "--tries", "5", "--store", "S"], 2, &["--simplify"]);
    // The record is as it was.
    assert!(env.run(&["fsck", "--store", "S"]).status.success());
    assert!(text(&env, &["best", &run, "--store", "S"]).contains("unused"));
}

#[test]
fn a_new_task_is_improved_without_a_model() {
    let env = environment();
    for kind in ["rows", "python"] {
        let (_, code) = env.json(&["new", "task", kind, "--kind", kind]);
        assert_eq!(code, 0);
        let definition = std::fs::read_to_string(env.path(&format!("{kind}/task.toml"))).unwrap();
        // The agent without a model learns from calls what its operators may put where.
        assert!(definition.contains("\nexamples = ["), "{definition}");
    }
    let (view, code) = env.json(&["evolve", "--task", "./rows", "--generations", "3", "--store", "S"]);
    assert_eq!(code, 0, "{view}");
    let (best, seed) = (view["best"]["score"].as_f64().unwrap(), view["seed_score"].as_f64().unwrap());
    assert!(best < seed, "{view}");
}
