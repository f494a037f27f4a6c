//! `export` of a run as tables, and outcome files that share their content.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;

use hyperspace_testkit::command::TestEnvironment;
use serde_json::{Value, json};

use crate::common::{environment, evolve};

const NAMES: [&str; 5] = ["calls", "candidates", "cases", "evaluations", "events"];

fn read(env: &TestEnvironment, name: &str) -> String {
    std::fs::read_to_string(env.path(name)).unwrap()
}

fn objects(env: &TestEnvironment, name: &str) -> Vec<Value> {
    read(env, name).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_run_is_written_as_tables_that_agree_with_the_log() {
    let env = environment();
    let run = evolve(&env, "S", 3)["run"].as_str().unwrap().to_owned();
    let (view, code) = env.json(&["export", &run, "--layout", "jsonl", "--to", "lines", "--store", "S"]);
    assert_eq!((code, &view["run"]), (0, &json!(run)), "{view}");
    let (log, _) = env.json(&["log", &run, "--store", "S"]);
    let recorded: Vec<&Value> = log["generations"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|row| row["candidates"].as_array().unwrap())
        .collect();
    let candidates = objects(&env, "lines/candidates.jsonl");
    assert_eq!(candidates.len(), recorded.len());
    for (row, record) in candidates.iter().zip(recorded) {
        assert_eq!((&row["fate"], &row["tree"]), (&record["fate"], &record["tree"]));
        assert_eq!(row["score_exact"], record["train"]["score"]);
    }
    let (events, _) = env.json(&["log", &run, "--events", "--store", "S"]);
    let lines = objects(&env, "lines/events.jsonl");
    assert_eq!(lines.len(), events["events"].as_array().unwrap().len());
    assert_eq!(lines[3]["body"], events["events"][3]["body"]);
    // Every evaluation of a candidate is there, and its cases have the fuel that it has.
    let evaluations = objects(&env, "lines/evaluations.jsonl");
    let cases = objects(&env, "lines/cases.jsonl");
    let fuel = |rows: &[Value]| rows.iter().map(|row| row["fuel"].as_u64().unwrap()).sum::<u64>();
    assert_eq!(fuel(&evaluations), fuel(&cases));
    assert_eq!(view["files"]["calls.jsonl"], 0);

    let (view, _) = env.json(&["export", &run, "--layout", "csv", "--to", "cells", "--store", "S"]);
    for name in NAMES {
        let head = read(&env, &format!("cells/{name}.csv")).lines().next().unwrap().to_owned();
        let columns: BTreeSet<&str> = head.split(',').collect();
        let rows = objects(&env, &format!("lines/{name}.jsonl"));
        assert_eq!(view["files"][format!("{name}.csv")], rows.len(), "{name}");
        if let Some(row) = rows.first() {
            assert_eq!(columns, row.as_object().unwrap().keys().map(String::as_str).collect(), "{name}");
        }
    }
    let args = ["export", &run, "--layout", "csv", "--to", "cells", "--store", "S"];
    env.fails(&args, 2, &["cells", "already exists", "another folder"]);
    let (view, _) = env.json(&["export", &run, "--layout", "parquet", "--to", "typed", "--store", "S"]);
    for name in NAMES {
        let file = std::fs::read(env.path(&format!("typed/{name}.parquet"))).unwrap();
        assert!(file.starts_with(b"PAR1") && file.ends_with(b"PAR1"), "{name}");
        let rows = objects(&env, &format!("lines/{name}.jsonl"));
        assert_eq!(view["files"][format!("{name}.parquet")], rows.len(), "{name}");
    }
    env.fails(
        &["export", &run, "--layout", "csv", "--copy", "--to", "x", "--store", "S"],
        2,
        &["--copy", "original"],
    );
    assert!(!env.path("x").exists());
    env.fails(
        &["export", "00ff", "--layout", "csv", "--to", "x", "--store", "S"],
        2,
        &["begins with 00ff", "log"],
    );
}

/// Different files on the disk, of all files below a folder.
fn inodes(env: &TestEnvironment, folder: &str) -> (usize, usize) {
    let (mut seen, mut files, mut waiting) = (BTreeSet::new(), 0, vec![env.path(folder)]);
    while let Some(path) = waiting.pop() {
        for entry in std::fs::read_dir(path).unwrap().map(Result::unwrap) {
            if entry.path().is_dir() {
                waiting.push(entry.path());
            } else {
                files += 1;
                seen.insert(entry.metadata().unwrap().ino());
            }
        }
    }
    (seen.len(), files)
}

#[test]
fn files_that_are_the_same_are_on_the_disk_once() {
    let env = environment();
    let run = evolve(&env, "S", 6)["run"].as_str().unwrap().to_owned();
    let export = |to: &str, more: &[&str]| {
        env.json(&[&["export", &run, "--layout", "original", "--to", to, "--store", "S"], more].concat()).0
    };
    let (linked, copied) = (export("linked", &[]), export("copied", &["--copy"]));
    assert_eq!((&linked["files"], &linked["bytes"]), (&copied["files"], &copied["bytes"]));
    assert_eq!(copied["linked"], 0);
    let (different, files) = inodes(&env, "linked");
    assert_eq!(linked["linked"], files - different);
    assert!(different * 3 < files * 2, "{different} of {files}");
    assert_eq!(inodes(&env, "copied"), (files, files));
    let diff = std::process::Command::new("diff")
        .args(["-r", "linked", "copied"])
        .current_dir(env.path("."))
        .output();
    assert!(diff.unwrap().status.success(), "the contents differ");
}
