//! Mistakes of a user: each gets an exit code and words that help.

use std::fs;

use crate::common::{EVOLVE, Place};

#[test]
fn tasks_that_are_none() {
    let place = Place::new();
    place.fails(
        &["eval", "--task", "nonsense"],
        2,
        &["nonsense", "bin-packing", "cap-set", "circle-packing"],
    );
    place.fails(&["eval", "--task", "./nowhere"], 2, &["nowhere", "folder"]);
    place.write("broken/task.toml", "[task]\nname = \"x\"\nnaem = 1\n");
    place.fails(&["eval", "--task", "./broken"], 2, &["task.toml", "line 3", "naem"]);
    place.write("cut/task.toml", "[task\n");
    place.fails(&["eval", "--task", "./cut"], 2, &["task.toml", "line 1"]);
    fs::create_dir(place.path("empty")).unwrap();
    place.fails(&["eval", "--task", "./empty"], 2, &["task.toml"]);
}

#[test]
fn data_that_is_none() {
    let place = Place::new();
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
        place.write(name, content);
        place.fails(&["eval", "--agent", "best-fit", "--data", name], 2, &["d.json", word]);
    }
    place.write("d.csv", "input\n1\n2\n");
    place.fails(
        &["eval", "--task", "./guess", "--agent", "./climber", "--data", "d.csv"],
        2,
        &["d.csv", "expected"],
    );
    place.fails(&["eval", "--data", "missing.json"], 2, &["missing.json"]);
}

#[test]
fn agents_that_are_none() {
    let place = Place::new();
    fs::remove_file(place.path("climber/task_agent.py")).unwrap();
    let evolve = [&EVOLVE[..], &["--generations", "1", "--store", "S"]].concat();
    place.fails(&evolve, 2, &["climber", "task_agent.py", "guess()"]);
    place.fails(&["eval", "--task", "./guess", "--agent", "./climber"], 2, &["task_agent.py"]);
    place.write("climber/task_agent.py", "def guess(:\n");
    place.fails(&evolve, 15, &["seed agent", "SyntaxError", "task_agent.py", "line 1"]);
    place.fails(&["evolve", "--agent", "nobody"], 2, &["nobody", "genetic"]);
    std::os::unix::fs::symlink("/etc/passwd", place.path("climber/link.py")).unwrap();
    place.fails(&evolve, 2, &["link.py", "link"]);
    assert!(
        !place.path("S/store.db").exists()
            || place.json(&["log", "--store", "S"]).0["runs"] == serde_json::json!([])
    );
}

#[test]
fn a_candidate_without_a_score_is_told_with_its_evidence() {
    let place = Place::new();
    place.write("climber/task_agent.py", "def guess():\n    return 1 / 0\n");
    let (value, code) = place.json(&["eval", "--task", "./guess", "--agent", "./climber"]);
    assert_eq!(code, 15);
    assert_eq!((value["score"].is_null(), value["outcome"].as_str()), (true, Some("exception")));
    assert!(value["rows"][0]["evidence"].as_str().unwrap().contains("ZeroDivisionError"));
}

#[test]
fn stores_that_are_none() {
    let place = Place::new();
    place.fails(&["log", "--store", "absent"], 2, &["absent", "no store"]);
    place.write("other/file.txt", "mine");
    let evolve = [&EVOLVE[..], &["--generations", "1", "--store", "other"]].concat();
    place.fails(&evolve, 2, &["other", "not empty"]);
    assert_eq!(fs::read(place.path("other/file.txt")).unwrap(), b"mine");
    place.write("junk/store.db", &"this is no database ".repeat(100));
    place.fails(&["log", "--store", "junk"], 14, &["store.db"]);
}

#[test]
fn hashes_that_name_nothing_or_too_much() {
    let place = Place::new();
    place.evolve("S", 18);
    place.fails(&["replay", "zz", "--store", "S"], 2, &["zz", "hexadecimal"]);
    place.fails(&["show", &"0".repeat(64), "--store", "S"], 2, &["log"]);
    // Nineteen generations, a run and evaluations: some first digit is shared.
    let ambiguous = (0..16).map(|digit| format!("{digit:x}")).find(|digit| {
        let output = place.run(&["show", digit, "--store", "S"]);
        output.status.code() == Some(2) && String::from_utf8_lossy(&output.stderr).contains("ambiguous")
    });
    let digit = ambiguous.unwrap();
    place.fails(&["replay", &digit, "--store", "S"], 2, &["ambiguous", "more digits"]);
    let run = place.json(&["log", "--store", "S"]).0["runs"][0]["run"].as_str().unwrap().to_owned();
    place.fails(&["show", &format!("{run}:x"), "--store", "S"], 2, &["number of a candidate"]);
    place.fails(&["show", &format!("{run}:99"), "--store", "S"], 2, &["there is no 99"]);
    place.fails(&["show", &run, "--file", "nope.py", "--store", "S"], 2, &["nope.py", "task_agent.py"]);
}

/// Every limit that a flag sets: nothing, too much, and what is no number; each is refused with its name and its bounds.
#[test]
fn limits_out_of_their_range() {
    let place = Place::new();
    place.write("p.py", "print(1)");
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
            place.fails(
                &["exec", &name, &value.to_string(), "p.py"],
                2,
                &[&field, &value.to_string(), &bounds],
            );
        }
        for junk in ["-1", "1.5", "many", "18446744073709551616"] {
            place.fails(&["exec", &format!("{name}={junk}"), "p.py"], 2, &[&name, junk]);
        }
    }
    for command in [
        &["eval", "--fuel"][..],
        &["evolve", "--store", "S", "--meta-fuel"],
        &["evolve", "--store", "S", "--case-fuel"],
    ] {
        for value in ["0", "999999", "9007199254740993"] {
            place.fails(&[command, &[value]].concat(), 2, &["fuel", value, "1000000", "9007199254740992"]);
        }
    }
    for (flag, value, bounds) in [
        ("--generations", "1000001", "1000000"),
        ("--candidates", "18446744073709551615", "between"),
        ("--workers", "1025", "1 to 1024"),
    ] {
        place.fails(
            &["evolve", "--store", "S", flag, value],
            2,
            &[flag.trim_start_matches('-'), value, bounds],
        );
    }
}

#[test]
fn flags_that_make_no_sense() {
    let place = Place::new();
    let evolve = |more: &[&'static str]| [&["evolve", "--store", "S"], more].concat();
    place.fails(&evolve(&["--generations", "0"]), 2, &["generations", "expected 1 to"]);
    place.fails(&evolve(&["--candidates", "0"]), 2, &["candidates", "between"]);
    place.fails(&evolve(&["--selection", "elite"]), 2, &["elite", "score-child-prop"]);
    place.fails(&evolve(&["--edit-scope", "../x"]), 2, &["--edit-scope", "../x"]);
    place.fails(&evolve(&["--workers", "0"]), 2, &["--workers"]);
    place.fails(&evolve(&["--meta-fuel", "0"]), 2, &["fuel"]);
    place.fails(&["eval", "--fuel", "0"], 2, &["fuel"]);
    place.fails(&["eval", "--split", "validation"], 2, &["train, held-out, test or all"]);
    place.fails(&["evolve", "--frobnicate"], 2, &["--frobnicate"]);
    place.fails(&["resume", "--store", "nowhere"], 2, &["nowhere", "no store"]);
}
