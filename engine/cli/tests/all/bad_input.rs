//! Mistakes of a user: each gets an exit code and words that help.

use std::fs;

use crate::common::{EVOLVE, environment, evolve};

#[test]
fn tasks_that_are_none() {
    let env = environment();
    env.fails(&["eval", "--task", "nonsense"], 2, &["nonsense", "bin-packing", "cap-set", "circle-packing"]);
    env.fails(&["eval", "--task", "./nowhere"], 2, &["nowhere", "folder"]);
    env.write("broken/task.toml", "[task]\nname = \"x\"\nnaem = 1\n");
    env.fails(&["eval", "--task", "./broken"], 2, &["task.toml", "line 3", "naem"]);
    env.write("cut/task.toml", "[task\n");
    env.fails(&["eval", "--task", "./cut"], 2, &["task.toml", "line 1"]);
    fs::create_dir(env.path("empty")).unwrap();
    env.fails(&["eval", "--task", "./empty"], 2, &["task.toml"]);
}

#[test]
fn data_that_is_none() {
    let env = environment();
    for (name, content, word) in [
        ("d.json", "{}", "instance"),
        ("d.json", "{\"a\": {\"capacity\": 10}}", "items"),
        (
            "d.json",
            "{\"a\": {\"capacity\": 10, \"items\": [11]}, \"b\": {\"capacity\": 10, \"items\": [1]}}",
            "capacity",
        ),
        ("d.json", "{", "line 1"),
    ] {
        env.write(name, content);
        env.fails(&["eval", "--agent", "best-fit", "--data", name], 2, &["d.json", word]);
    }
    env.write("d.csv", "input\n1\n2\n");
    env.fails(
        &["eval", "--task", "./guess", "--agent", "./climber", "--data", "d.csv"],
        2,
        &["d.csv", "expected"],
    );
    env.fails(&["eval", "--data", "missing.json"], 2, &["missing.json"]);
}

#[test]
fn agents_that_are_none() {
    let env = environment();
    fs::remove_file(env.path("climber/task_agent.py")).unwrap();
    let evolve = [&EVOLVE[..], &["--generations", "1", "--store", "S"]].concat();
    env.fails(&evolve, 2, &["climber", "task_agent.py", "guess()"]);
    env.fails(&["eval", "--task", "./guess", "--agent", "./climber"], 2, &["task_agent.py"]);
    env.write("climber/task_agent.py", "def guess(:\n");
    env.fails(&evolve, 15, &["seed agent", "SyntaxError", "task_agent.py", "line 1"]);
    env.fails(&["evolve", "--agent", "nobody"], 2, &["nobody", "genetic"]);
    std::os::unix::fs::symlink("/etc/passwd", env.path("climber/link.py")).unwrap();
    env.fails(&evolve, 2, &["link.py", "link"]);
    assert!(
        !env.path("S/store.db").exists()
            || env.json(&["log", "--store", "S"]).0["runs"] == serde_json::json!([])
    );
}

#[test]
fn a_candidate_without_a_score_is_told_with_its_evidence() {
    let env = environment();
    env.write("climber/task_agent.py", "def guess():\n    return 1 / 0\n");
    let (value, code) = env.json(&["eval", "--task", "./guess", "--agent", "./climber"]);
    assert_eq!(code, 15);
    assert_eq!((value["score"].is_null(), value["outcome"].as_str()), (true, Some("exception")));
    assert!(value["rows"][0]["evidence"].as_str().unwrap().contains("ZeroDivisionError"));
}

#[test]
fn stores_that_are_none() {
    let env = environment();
    env.fails(&["log", "--store", "absent"], 2, &["absent", "no store"]);
    env.write("other/file.txt", "mine");
    let evolve = [&EVOLVE[..], &["--generations", "1", "--store", "other"]].concat();
    env.fails(&evolve, 2, &["other", "not empty"]);
    assert_eq!(fs::read(env.path("other/file.txt")).unwrap(), b"mine");
    env.write("junk/store.db", "this is no database ".repeat(100));
    env.fails(&["log", "--store", "junk"], 14, &["store.db"]);
}

#[test]
fn hashes_that_name_nothing_or_too_much() {
    let env = environment();
    evolve(&env, "S", 18);
    env.fails(&["replay", "zz", "--store", "S"], 2, &["zz", "hexadecimal"]);
    env.fails(&["show", &"0".repeat(64), "--store", "S"], 2, &["log"]);
    // Nineteen generations, a run and evaluations: some first digit is shared.
    let ambiguous = (0..16).map(|digit| format!("{digit:x}")).find(|digit| {
        let output = env.run(&["show", digit, "--store", "S"]);
        output.status.code() == Some(2) && String::from_utf8_lossy(&output.stderr).contains("ambiguous")
    });
    let digit = ambiguous.unwrap();
    env.fails(&["replay", &digit, "--store", "S"], 2, &["ambiguous", "more digits"]);
    let run = env.json(&["log", "--store", "S"]).0["runs"][0]["run"].as_str().unwrap().to_owned();
    env.fails(&["show", &format!("{run}:x"), "--store", "S"], 2, &["number of a candidate"]);
    env.fails(&["show", &format!("{run}:99"), "--store", "S"], 2, &["is a run", ":G:99"]);
    env.fails(&["show", &format!("{run}:1:99"), "--store", "S"], 2, &["there is no 99"]);
    env.fails(&["show", &format!("{run}:99:1"), "--store", "S"], 2, &["no generation 99"]);
    env.fails(&["show", &run, "--file", "nope.py", "--store", "S"], 2, &["nope.py", "task_agent.py"]);
}

/// Every limit that a flag sets: nothing, too much, and what is no number; each is refused with its name and its bounds.
#[test]
fn limits_out_of_their_range() {
    let env = environment();
    env.write("p.py", "print(1)");
    for (flag, least, most) in [
        ("fuel", 1_000_000_u64, 1_u64 << 53),
        ("memory-bytes", 1 << 20, 4 << 30),
        ("output-bytes", 0, 1 << 30),
        ("file-bytes", 0, 4 << 30),
        ("files", 0, 1 << 20),
        ("descriptors", 4, 4_096),
        ("wall-clock-ms", 1, 86_400_000),
    ] {
        let name = format!("--{flag}");
        let field = flag.replace('-', "_");
        let bounds = format!("between {least} and {most}");
        let outside = [least.checked_sub(1), Some(most + 1), Some(u64::MAX)];
        for value in outside.into_iter().flatten() {
            env.fails(
                &["exec", &name, &value.to_string(), "p.py"],
                2,
                &[&field, &value.to_string(), &bounds],
            );
        }
        for junk in ["-1", "1.5", "many", "18446744073709551616"] {
            env.fails(&["exec", &format!("{name}={junk}"), "p.py"], 2, &[&name, junk]);
        }
    }
    for command in [
        &["eval", "--fuel"][..],
        &["evolve", "--store", "S", "--meta-fuel"],
        &["evolve", "--store", "S", "--case-fuel"],
    ] {
        for value in ["0", "999999", "9007199254740993"] {
            env.fails(&[command, &[value]].concat(), 2, &["fuel", value, "1000000", "9007199254740992"]);
        }
    }
    for (flag, value, bounds) in [
        ("--generations", "1000001", "1000000"),
        ("--candidates", "18446744073709551615", "between"),
        ("--workers", "1025", "1 to 1024"),
    ] {
        env.fails(
            &["evolve", "--store", "S", flag, value],
            2,
            &[flag.trim_start_matches('-'), value, bounds],
        );
    }
}

#[test]
fn flags_that_make_no_sense() {
    let env = environment();
    let evolve = |more: &[&'static str]| [&["evolve", "--store", "S"], more].concat();
    env.fails(&evolve(&["--generations", "0"]), 2, &["generations", "expected 1 to"]);
    env.fails(&evolve(&["--candidates", "0"]), 2, &["candidates", "between"]);
    env.fails(&evolve(&["--selection", "elite"]), 2, &["elite", "score-child-prop"]);
    env.fails(&evolve(&["--edit-scope", "../x"]), 2, &["--edit-scope", "../x"]);
    env.fails(&evolve(&["--workers", "0"]), 2, &["--workers"]);
    env.fails(&evolve(&["--meta-fuel", "0"]), 2, &["fuel"]);
    env.fails(&["eval", "--fuel", "0"], 2, &["fuel"]);
    env.fails(&["eval", "--split", "validation"], 2, &["train, held-out, test, all"]);
    env.fails(&["evolve", "--frobnicate"], 2, &["--frobnicate"]);
    env.fails(&["resume", "--store", "nowhere"], 2, &["nowhere", "no store"]);
}
