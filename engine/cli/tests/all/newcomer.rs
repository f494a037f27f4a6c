//! First steps: runs that are not named, names as they are printed, errors of own programs, amounts, and empty results.

use hyperspace_testkit::command::TestEnvironment;
use serde_json::json;

use crate::common::{EVOLVE, environment, evolve};
use crate::models::start;

/// Runs a command that succeeds; returns standard output and standard error.
fn said(env: &TestEnvironment, args: &[&str]) -> (String, String) {
    let output = env.run(args);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert!(output.status.success(), "{args:?}: {out}{err}");
    (out, err)
}

fn run_of(view: &serde_json::Value) -> String {
    view["run"].as_str().unwrap().to_owned()
}

#[test]
fn reading_takes_the_run_last_worked_on_and_says_so() {
    let env = environment();
    let first = run_of(&evolve(&env, "S", 2));
    let (alone, quiet) = said(&env, &["best", "--store", "S"]);
    assert!(quiet.is_empty() && alone.contains(&first[..12]), "{alone}{quiet}");
    let second =
        run_of(&env.json(&[&EVOLVE[..7], &["--seed", "6", "--generations", "1", "--store", "S"]].concat()).0);
    for command in [&["best"][..], &["costs"], &["tree"], &["log", "--events"], &["marks"], &["needs"]] {
        let (_, note) = said(&env, &[command, &["--store", "S"]].concat());
        assert!(note.contains(&format!("note: run {} of guess, the last of 2", &second[..12])), "{note}");
    }
    // The run that is taken up again is the last one.
    said(&env, &["resume", &first[..8], "--generations", "3", "--store", "S"]);
    let (view, code) = env.json(&["costs", "--store", "S"]);
    assert_eq!((code, &view["run"]), (0, &json!(first)));
    // What works on a run guesses none.
    for command in ["resume", "replay"] {
        let words = [&first[..12], &second[..12], "guess", "worked on 20", "name one of them"];
        env.fails(&[command, "--store", "S"], 2, &words);
        let said = String::from_utf8(env.run(&[command, "--store", "S"]).stderr).unwrap();
        assert!(!said.contains(&first), "{said}");
    }
    std::fs::remove_file(env.path("S/dates.json")).unwrap();
    env.fails(&["best", "--store", "S"], 2, &["holds 2 runs", &first[..12], "name one of them"]);
}

#[test]
fn a_candidate_is_named_as_it_is_printed() {
    let env = environment();
    let run = run_of(&evolve(&env, "S", 2));
    let by_numbers = said(&env, &["show", &format!("{run}:2:1"), "--store", "S"]).0;
    for name in [format!("{run}:gen_2_1"), format!("{}:gen_2_1", &run[..8]), "gen_2_1".to_owned()] {
        assert_eq!(said(&env, &["show", &name, "--store", "S"]).0, by_numbers, "{name}");
    }
    for command in [&["lineage"][..], &["transcript"], &["diff", "gen_0_0"], &["best"]] {
        said(&env, &[command, &["gen_1_0", "--store", "S"]].concat());
    }
    env.fails(&["show", "gen_2_99", "--store", "S"], 2, &["there is no 99"]);
    for command in [&["replay"][..], &["log"], &["export", "--layout", "csv", "--to", "x"]] {
        let name = format!("{run}:2:0");
        env.fails(&[command, &[&name, "--store", "S"]].concat(), 2, &["is a candidate", "whole run"]);
    }
}

#[test]
fn a_call_tells_its_errors() {
    let env = environment();
    env.write("cand.py", "def solve(n):\n    return n\ndef boom():\n    raise ValueError('too much')\n");
    let (value, _) = said(&env, &["call", "cand.py", "solve", "7"]);
    assert_eq!(value, "7\n");
    env.fails(&["call", "cand.py", "boom"], 15, &["Traceback", "cand.py", "ValueError: too much"]);
    let words = ["AttributeError", "hint: cand.py defines solve, boom; did you mean solve?"];
    env.fails(&["call", "cand.py", "sovle"], 15, &words);
}

#[test]
fn what_was_expected_of_a_number_is_told() {
    let env = environment();
    env.fails(&["evolve", "--generations", "x"], 2, &["'x'", "--generations", "expected a whole number"]);
    env.fails(&["evolve", "--generations", "1.5"], 2, &["expected a whole number"]);
    let huge = "99999999999999999999999999";
    env.fails(&["evolve", "--generations", huge], 2, &["the number is too large"]);
    for (variable, value) in [("HYPERSPACE_WORKERS", "x"), ("HYPERSPACE_STORE", "")] {
        let output = env.command(&["log"]).env(variable, value).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(&format!("hint: the variable {variable} is set to {value:?}")), "{said}");
    }
}

#[test]
fn a_run_that_cannot_begin_leaves_no_store() {
    let env = environment();
    let wrong: [&[&str]; 3] = [
        &["evolve", "--task", "./guess", "--model", "gpt-4o"],
        &["evolve", "--task", "./guess", "--model", "nobody"],
        &["evolve", "--task", "./guess", "--agent", "./climber", "--store", "climber/task_agent.py/S"],
    ];
    for args in wrong {
        env.fails(args, 2, &["error: "]);
        assert!(!env.path(".hyperspace").exists(), "{args:?} left a store");
    }
    let words = ["climber/task_agent.py/S: ", "cannot be made"];
    env.fails(wrong[2], 2, &words);
}

#[test]
fn an_agent_that_is_no_file_is_told_as_one() {
    let env = environment();
    env.write("program.py", "def guess():\n    return 10\n");
    let words = ["progam.py: no such file or folder", "hint: did you mean program.py?"];
    env.fails(&["eval", "--task", "./guess", "--agent", "progam.py"], 2, &words);
}

#[test]
fn a_folder_that_cannot_be_made_is_told_with_its_path() {
    let env = environment();
    let run = run_of(&evolve(&env, "S", 1));
    env.write("file", "");
    let words = ["file/x: the folder cannot be made: "];
    env.fails(&["export", &run, "--store", "S", "--to", "file/x"], 2, &words);
    env.fails(&["report", &run, "--store", "S", "--to", "file/x"], 2, &words);
    env.fails(&["new", "task", "file/x"], 2, &words);
}

#[test]
fn commands_that_are_shown_can_be_copied() {
    let env = environment();
    let (out, _) = said(&env, &[&EVOLVE[..], &["--generations", "1", "--store", "my runs"]].concat());
    assert!(out.contains(" --store 'my runs'  the way to it"), "{out}");
    let (out, _) = said(&env, &["new", "task", "a folder/my-task"]);
    assert!(out.contains("hyperspace eval --task 'a folder/my-task'    evaluate"), "{out}");
}

#[test]
fn evidence_of_a_guest_drives_no_terminal() {
    let env = environment();
    let text = "def guess():\n    raise ValueError('\\x1b[2J\\x1b[31mred\\x1b]0;title\\x07\\u202e')\n";
    env.write("evil/task_agent.py", text);
    for more in [&[][..], &["--rows"]] {
        let output = env.run(&[&["eval", "--task", "./guess", "--agent", "./evil"], more].concat());
        let shown = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(15), "{shown}");
        assert!(shown.contains("[31mred") && shown.contains("Traceback"), "{shown}");
        assert!(!shown.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{shown:?}");
    }
}

#[test]
fn an_empty_list_says_what_there_is() {
    let env = environment();
    let run = run_of(&evolve(&env, "S", 1));
    for (filters, words) in [
        (["--task", "gues"], "no run of task gues; did you mean guess?"),
        (["--task", "zzz"], "no run of task zzz; there are guess"),
        (["--agent", "climbr"], "no run of agent climbr; did you mean climber?"),
        (["--fate", "failed"], "no run has a candidate with fate failed"),
        (["--until", "1999-12-31"], "no run began until 1999-12-31; the first one began on DAY"),
        (["--since", "2999-01-01"], "no run was worked on since 2999-01-01; the last one was on DAY"),
    ] {
        let (out, _) = said(&env, &[&["log", "--store", "S"], &filters[..]].concat());
        let words: Vec<&str> = words.split("DAY").collect();
        assert!(out.starts_with(words[0]), "{out}");
        assert_eq!(out.trim_end().len(), words.concat().len() + 10 * (words.len() - 1), "{out}");
    }
    let (out, _) = said(&env, &["marks", &run, "--refused", "--store", "S"]);
    assert_eq!(out, "no refusals\n");
    let (out, _) = said(&env, &["log", &run, "--fate", "failed", "--store", "S"]);
    assert!(
        out.starts_with("no candidate with fate failed; the run has ") && out.contains("1 seed"),
        "{out}"
    );
}

#[test]
fn failures_are_counted_by_cause_and_told_whole() {
    let env = environment();
    let long = "nothing comes to my mind, and I have thought about it for a very long time, believe me";
    env.write(
        "climber/meta_agent.py",
        format!(
            "def improve(arg):\n    if arg['candidate'] == 0:\n        raise ValueError('{long}')\n    open('task_agent.py', 'w').write('def guess():\\n    print(\"all is well\")\\n    return 1 / 0  # %d' % arg['seed'])\n"
        ),
    );
    let run = run_of(&evolve(&env, "S", 2));
    let (out, _) = said(&env, &["log", &run, "--fate", "failed", "--store", "S"]);
    let cause = format!(
        "4 × exception: ZeroDivisionError: division by zero  ({0}:1:1, {0}:1:2, {0}:2:1, …)",
        &run[..12]
    );
    // What a candidate printed is no cause.
    assert!(out.contains(&cause) && !out.contains("all is well"), "{out}");
    let (both, _) = said(&env, &["log", &run, "--fate", "failed,meta-failed", "--store", "S"]);
    assert!(both.contains(&cause) && both.contains("2 × exception: ValueError: nothing"), "{both}");
    let (out, _) = said(&env, &["log", &run, "--fate", "meta-failed", "--store", "S"]);
    assert!(out.matches(long).count() == 3 && !out.contains('…'), "{out}");
    let (view, _) = env.json(&["log", &run, "--fate", "failed", "--store", "S"]);
    assert_eq!((&view["causes"][0]["count"], view["causes"].as_array().unwrap().len()), (&json!(4), 1));
}

#[test]
fn fuel_has_units_everywhere() {
    let env = environment();
    let eval = ["eval", "--task", "./guess", "--agent", "./climber", "--fuel"];
    said(&env, &[&eval[..], &["2s"]].concat());
    let (one, _) =
        env.json(&[&EVOLVE[..], &["--generations", "1", "--store", "A", "--meta-fuel", "4s"]].concat());
    let (other, code) = env
        .json(&[&EVOLVE[..], &["--generations", "1", "--store", "B", "--meta-fuel", "4000000000"]].concat());
    assert_eq!((code, &one["root"]), (0, &other["root"]));
    said(&env, &[&EVOLVE[..], &["--generations", "1", "--store", "C", "--case-fuel", "2e9"]].concat());
    env.fails(&[&EVOLVE[..], &["--meta-fuel", "1"]].concat(), 2, &["--meta-fuel", "1000000"]);
    env.fails(&["evolve", "--generations", "-1"], 2, &["invalid value '-1'", "--generations <N>"]);
}

#[test]
fn the_right_folder_is_asked_for() {
    let env = environment();
    env.write("oe/evaluator.py", "def evaluate(path):\n    return {'score': 1.0}\n");
    env.write("oe/initial_program.py", "x = 1\n");
    env.fails(
        &["eval", "--task", "./oe"],
        2,
        &["project of OpenEvolve", "hyperspace project import ./oe --out ./oe-task"],
    );
    env.fails(&["eval", "--task", "./nothere"], 2, &["nothere: no such folder"]);
    env.fails(&["project", "import", "./nothere", "--out", "x"], 2, &["nothere: no such folder"]);
    env.write("file", "");
    env.fails(&["evolve", "--store", "file"], 2, &["file", "expected a folder for the store"]);
}

#[test]
fn a_program_that_calls_a_model_is_told_to_be_given_one() {
    let env = environment();
    env.write(
        "climber/task_agent.py",
        "import hyperspace.model\ndef guess():\n    return hyperspace.model.chat([{'role': 'user', 'content': 'x'}], model='m')\n",
    );
    let args = ["--task", "./guess", "--agent", "./climber"];
    let output = env.run(&[&["eval"], &args[..]].concat());
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        (output.status.code(), err.trim_end()),
        (Some(15), "hint: this program calls a model; add --model NAME")
    );
    env.fails(&[&["evolve", "--store", "S"], &args[..]].concat(), 15, &["add --model NAME"]);
}

/// A model that raises the guess twice, then says nothing more.
const CLIMB: &str = r#"
[[rule]]
[[rule.answer]]
text = "<<<<<<< SEARCH\n    return 10\n=======\n    return 700\n>>>>>>> REPLACE\n"
"#;

#[test]
fn calls_are_found_from_the_run_and_have_their_costs() {
    let env = environment();
    env.write("guess/seed/task_agent.py", "def guess():\n    return 10\n");
    let _server = start(&env, CLIMB);
    let evolve = |model: &str, store: &str| {
        let args = ["evolve", "--json", "--task", "./guess", "--model", model, "--style", "edits"];
        let more = ["--generations", "3", "--seed", "1", "--store", store];
        let output = env.command(&[&args[..], &more].concat()).env("STUB_KEY", crate::models::KEY).output();
        run_of(&hyperspace_testkit::command::document(&output.unwrap()))
    };
    let run = evolve("stub", "S");
    let (view, code) = env.json(&["transcript", &run, "--store", "S"]);
    assert_eq!((code, &view["candidate"]["generation"]), (0, &json!(1)), "{view}");
    assert_eq!(view["conversations"].as_array().unwrap().len(), 1, "{view}");
    let (same, _) = env.json(&["transcript", &format!("{run}:1:0"), "--store", "S"]);
    assert_eq!(same, view);

    // The call alone has what its conversation has.
    let (events, _) = env.json(&["log", &run, "--events", "--store", "S"]);
    let calls = events["events"].as_array().unwrap().iter().find(|one| one["kind"] == "model.calls").unwrap();
    let head = calls["body"]["streams"][0]["head"].as_str().unwrap();
    let shown = said(&env, &["show", head, "--store", "S"]).0;
    let spent = &view["conversations"][0]["calls"][0]["effort"]["spent"];
    let tokens = spent["input_tokens"].as_u64().unwrap();
    assert!(tokens > 0 && shown.contains(&format!("{tokens} tokens in")), "{shown}");
    assert!(!shown.contains("$0.00\n") && shown.contains('$'), "{shown}");

    // Every view has the same sum.
    let (costs, _) = env.json(&["costs", "--store", "S"]);
    let sum = |group: &str| {
        costs[group].as_array().unwrap().iter().map(|row| row["fuel"].as_u64().unwrap_or(0)).sum::<u64>()
    };
    let fuel = costs["total"]["fuel"].as_u64().unwrap();
    assert_eq!([sum("agents"), sum("generations"), sum("candidates")], [fuel; 3], "{costs:#}");
    let (log, _) = env.json(&["log", &run, "--store", "S"]);
    assert_eq!(log["calls"]["spent"], costs["total"]["spent"]);

    let free = evolve("free", "T");
    for (command, word) in [(&["costs"][..], "model free"), (&["transcript", &free], "call 1, free")] {
        let shown = said(&env, &[command, &["--store", "T"]].concat()).0;
        let line = shown.lines().find(|line| line.contains(word)).unwrap_or_else(|| panic!("{shown}"));
        assert!(line.contains("price unknown") && !line.contains('$'), "{shown}");
    }
}

#[test]
fn runs_without_models_and_configurations_are_told_in_words() {
    let env = environment();
    let run = run_of(&evolve(&env, "S", 2));
    let (costs, _) = said(&env, &["costs", "--store", "S"]);
    assert!(costs.ends_with("this run called no model\n") && !costs.contains("tokens"), "{costs}");
    let (none, _) = said(&env, &["transcript", &run, "--store", "S"]);
    assert!(none.ends_with("asked no model\n"), "{none}");
    let other = ["evolve", "--task", "./guess", "--agent", "./climber", "--candidates", "2", "--seed", "5"];
    let other = run_of(&env.json(&[&other[..], &["--generations", "2", "--store", "S"]].concat()).0);
    let (shown, _) = said(&env, &["compare", &run, &other, "--store", "S"]);
    let line = format!("  candidates: 3 in {}, 2 in {}", &run[..12], &other[..12]);
    assert!(shown.contains("the configurations differ in\n") && shown.contains(&line), "{shown}");
    let (view, _) = env.json(&["compare", &run, &other, "--store", "S"]);
    assert_eq!(view["differences"], json!([{"key": "candidates", "values": ["3", "2"]}]));
}

#[test]
fn a_model_that_does_not_answer_is_told_with_its_address() {
    let env = environment();
    env.write("guess/seed/task_agent.py", "def guess():\n    return 10\n");
    env.write("hyperspace.toml", "[models.x]\nbase-url = \"http://127.0.0.1:1/v1\"\n");
    let mut command = env.command(&["evolve", "--task", "./guess", "--model", "x", "--store", "S"]);
    let output = command.env_remove("HYPERSPACE_NO_MODEL_CHECK").output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(13), "{err}");
    for words in ["it does not answer: no connection", "hint: model x is asked at http://127.0.0.1:1/v1"] {
        assert!(err.contains(words), "{words}: {err}");
    }
    env.fails(&["chat", "--model", "x", "--attempts", "1", "hi"], 13, &["is asked at http://127.0.0.1:1/v1"]);
    let out = String::from_utf8(env.run(&["doctor", "--model", "x"]).stdout).unwrap();
    assert!(out.starts_with("model x at http://127.0.0.1:1/v1\n") && !out.contains("per second"), "{out}");
    env.fails(&["chat", "--model", "y", "hi"], 2, &["the settings have x"]);
}

#[test]
fn what_is_mistyped_is_told_with_what_there_is() {
    let env = environment();
    env.write("cand.py", "def solve(n):\n    return n\n");
    env.write("empty/notes.txt", "");
    for (args, words) in [
        (&["eval", "--task", "./gues"][..], &["./gues: no such folder", "hint: did you mean ./guess?"][..]),
        (&["eval", "--task", "./empty"], &["./empty: no task.toml", "`hyperspace new task DIR` makes one"]),
        (&["exec", "cnd.py"], &["cnd.py: no such file or folder", "hint: did you mean cand.py?"]),
        (&["call", "cnd.py", "solve"], &["cnd.py: no such file or folder", "did you mean cand.py?"]),
        (&["exec", "--mount", "emty", "cand.py"], &["emty: no such file or folder", "did you mean empty?"]),
        (&["call", "empty", "solve"], &["empty: expected a package, and it has no Python file"]),
        (
            &["eval", "--task", "./guess", "--agent", "./climber/meta_agent.py"],
            &["its program", "name the folder", "./climber"],
        ),
        (
            &["evolve", "--task", "./guess", "--agent", "./empty"],
            &["it has no task_agent.py", "hint: an agent is a folder"],
        ),
    ] {
        env.fails(args, 2, words);
    }
    env.write("guess/seed/task_agent.py", "def guess():\n    return 10\n");
    env.fails(&["eval", "--task", "./guess/seed"], 2, &["no task.toml", "hint: did you mean ./guess?"]);
}

#[test]
fn flags_after_the_arguments_of_a_function_are_flags() {
    let env = environment();
    env.write("cand.py", "def solve(*words):\n    return list(words)\n");
    let (view, code) = env.json(&["call", "cand.py", "solve", "-1", "-2.5e3", "x"]);
    assert_eq!((code, &view["result"]), (0, &json!([-1, -2.5e3, "x"])), "{view}");
    assert_eq!(
        said(&env, &["call", "cand.py", "solve", "1", "--fuel", "2s", "--", "--json", "-x"]).0,
        "[1,\"--json\",\"-x\"]\n"
    );
    env.fails(
        &["call", "cand.py", "solve", "--no-such"],
        2,
        &["unexpected argument '--no-such'", "-- --no-such"],
    );
}

#[test]
fn an_empty_input_is_told_how_it_is_passed_on() {
    let env = environment();
    env.fails(
        &["exec", "-c", "input()"],
        15,
        &["EOFError", "hint: its standard input is empty; exec --stdin passes yours on"],
    );
}

#[test]
fn the_run_last_worked_on_is_explained_where_none_is_named() {
    let env = environment();
    let run = run_of(&evolve(&env, "S", 2));
    for command in ["lineage", "why", "show", "transcript"] {
        let named = said(&env, &[command, &run, "--store", "S"]).0;
        assert_eq!(said(&env, &[command, "--store", "S"]).0, named, "{command}");
    }
    env.json(&[&EVOLVE[..7], &["--seed", "6", "--generations", "1", "--store", "S"]].concat());
    for command in ["lineage", "why", "show", "transcript"] {
        let (_, note) = said(&env, &[command, "--store", "S"]);
        assert!(note.contains("of guess, the last of 2"), "{command}: {note}");
    }
    // A number behind a run may be meant as that of a generation.
    let output = env.run(&["show", &format!("{run}:1"), "--store", "S"]);
    let err = String::from_utf8(output.stderr).unwrap();
    let hint = format!("candidate 1 of generation G is {}:G:1; generation 1 is ", &run[..12]);
    assert!(output.status.code() == Some(2) && err.contains(&hint), "{err}");
}

#[test]
fn programs_with_evolve_blocks_are_evolved_without_a_model() {
    let env = environment();
    let loads = crate::project_files::LOAD;
    env.write(
        "own/evaluator.py",
        format!("{loads}def evaluate(path):\n    return {{'combined_score': load(path).run(3)}}\n"),
    );
    let program = "# Of our own.\n# EVOLVE-BLOCK-START\ndef solve(n):\n    return n * 2 + 1\n# EVOLVE-BLOCK-END\n\n\ndef run(n):\n    return float(solve(n))   # as it is\n";
    env.write("own/initial_program.py", program);
    let (view, code) =
        env.json(&["evolve", "--project", "own", "--generations", "2", "--candidates", "4", "--store", "S"]);
    assert_eq!(code, 0, "{view}");
    let (refused, _) = said(&env, &["marks", "--refused", "--store", "S"]);
    assert!(!refused.contains("EVOLVE-BLOCK"), "{refused}");
    let (best, _) = said(&env, &["best", "--store", "S"]);
    assert!(best.contains("# Of our own.") && best.contains("# as it is"), "{best}");
    assert!(!best.contains("return n * 2 + 1"), "{best}");
}
