//! Outcome files: `export --layout original`, `import`, and what `log`, `show`, `diff` and `replay` say of imported runs.

use std::collections::BTreeMap;
use std::path::Path;

use hyperspace_evolve::RunImported;
use hyperspace_testkit::command::TestEnvironment;
use serde_json::{Value, json};

use crate::common::{environment, evolve};

/// Every file below a folder.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let (mut found, mut waiting) = (BTreeMap::new(), vec![folder.to_path_buf()]);
    while let Some(path) = waiting.pop() {
        for entry in std::fs::read_dir(path).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// A run in `S`, written to `out`; answers its hash.
fn written(env: &TestEnvironment) -> String {
    let run = evolve(env, "S", 2)["run"].as_str().unwrap().to_owned();
    let (document, code) = env.json(&["export", &run, "--layout", "original", "--to", "out", "--store", "S"]);
    assert_eq!((code, &document["run"], &document["generations"]), (0, &json!(run), &json!(7)));
    let files = files(&env.path("out"));
    assert_eq!(document["files"], json!(files.len()));
    // Only the rows of a table have predictions, and only they are named.
    let predictions = files.keys().filter(|path| path.ends_with("predictions.csv")).count();
    assert_eq!(document["predictions"], json!(predictions));
    let output = env.run(&["export", &run, "--layout", "original", "--to", "told", "--store", "S"]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(told.contains("predictions.csv"), predictions > 0, "{told}");
    run
}

#[test]
fn a_run_is_written_imported_elsewhere_and_looked_at() {
    let env = environment();
    written(&env);
    let (imported, code) = env.json(&["import", "out", "--store", "T"]);
    assert_eq!((code, &imported["known"], &imported["problems"]), (0, &json!(false), &json!([])));
    assert_eq!(
        (&imported["agents"][0]["generations"], &imported["agents"][0]["valid"]),
        (&json!(7), &json!(7))
    );
    let run = imported["run"].as_str().unwrap();
    let (again, _) = env.json(&["import", "out", "--store", "T"]);
    assert_eq!((&again["run"], &again["known"]), (&json!(run), &json!(true)));

    let (log, _) = env.json(&["log", "--store", "T"]);
    assert_eq!((&log["runs"], &log["imported"][0]["run"]), (&json!([]), &json!(run)));
    for command in ["best", "lineage"] {
        env.fails(&[command, run, "--store", "T"], 2, &["was imported", "take imported runs"]);
    }
    let (log, _) = env.json(&["log", run, "--store", "T"]);
    let hash = |number: usize| log["generations"][number]["hash"].as_str().unwrap();
    assert_eq!(
        (log["generations"].as_array().unwrap().len(), &log["generations"][3]["generation"]),
        (7, &json!(3))
    );
    let (events, _) = env.json(&["log", run, "--events", "--store", "T"]);
    assert_eq!(events["events"][0]["kind"], RunImported::KIND);
    let (shown, _) = env.json(&["show", hash(1), "--store", "T"]);
    let told: Value = serde_json::from_slice(&env.run(&["show", hash(1), "--store", "T"]).stdout).unwrap();
    assert_eq!(told, shown);
    assert_eq!((&shown["kind"], &shown["body"]["number"]), (&json!("imported-generation"), &json!(1)));
    let (file, _) = env.json(&["show", hash(0), "--file", "task_agent.py", "--store", "T"]);
    assert_eq!(file["content"], "def guess():\n    return 10\n");
    let (diff, _) = env.json(&["diff", hash(0), hash(1), "--store", "T"]);
    assert_eq!(
        (&diff["files"][0]["path"], &diff["files"][1]["path"]),
        (&json!("lib/note.py"), &json!("task_agent.py"))
    );

    let (replay, code) = env.json(&["replay", run, "--store", "T"]);
    assert_eq!((code, &replay["differences"], &replay["unscored"]), (0, &json!([]), &json!([])));
    let evaluations = replay["evaluations"].as_array().unwrap().len();
    let (one, code) = env.json(&["replay", hash(0), "--store", "T"]);
    assert_eq!((code, one["evaluations"].as_array().unwrap().len()), (0, 2));
    assert!(evaluations > 8, "{evaluations}");
    let (fsck, code) = env.json(&["fsck", "--store", "T"]);
    assert_eq!((code, &fsck["damaged"]), (0, &json!([])));

    let _ = env.json(&["export", run, "--layout", "original", "--to", "back", "--store", "T"]);
    assert_eq!(files(&env.path("back")), files(&env.path("out")));
    let _ = env.json(&["export", hash(1), "--to", "one", "--store", "T"]);
    assert_eq!(files(&env.path("one")).len(), 3);
    env.fails(&["marks", run, "--store", "T"], 2, &["was imported"]);
    env.fails(&["resume", run, "--store", "T"], 2, &["was imported"]);
    env.fails(&["diff", run, hash(1), "--store", "T"], 2, &["was imported", "one of its generations"]);
}

#[test]
fn a_score_that_was_changed_is_found() {
    let env = environment();
    written(&env);
    let path = env.path("out/gen_0/metadata.json");
    let mut metadata: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let recorded = metadata["val_score"].as_f64().unwrap();
    metadata["val_score"] = json!(1.0);
    env.write("out/gen_0/metadata.json", metadata.to_string());
    env.write("out/gen_1/metadata.json", "{\"valid\": tr");
    let (imported, code) = env.json(&["import", "out", "--store", "T"]);
    let problems = imported["problems"].as_array().unwrap();
    assert_eq!((code, problems.len(), &problems[0]["file"]), (0, 1, &json!("gen_1/metadata.json")));
    assert_eq!((&imported["agents"][0]["valid"], &imported["agents"][0]["unknown"]), (&json!(6), &json!(1)));
    let (replay, code) = env.json(&["replay", imported["run"].as_str().unwrap(), "--store", "T"]);
    let difference = json!({
        "agent": 0, "generation": 0, "place": "gen_0/eval_val/metadata.json.val_score",
        "recorded": 1.0, "replayed": recorded,
    });
    assert_eq!((code, &replay["differences"]), (10, &json!([difference])));
}

#[test]
fn a_folder_of_runs_is_imported_in_one_command() {
    let env = environment();
    written(&env);
    let head = "Grading ID,Response,Points,Reward,prediction\nGB-1,a,7,Correct,correct\n";
    for (folder, config) in [
        (
            "tree/arm_d/seed42",
            json!({"seed": 42, "meta_model": "p/kimi", "annealing": true, "selection_method": "x"}),
        ),
        ("tree/arm_c/seed42", json!({"seed": 42, "meta_model": "p/kimi", "selection_method": "random"})),
        ("tree/a_vs_b/seed7/a", json!({"seed": 7, "model": "p/a", "agent_name": "a"})),
        ("tree/a_vs_b/seed7/b", json!({"seed": 7, "model": "p/b", "agent_name": "b"})),
    ] {
        env.write(&format!("{folder}/run_config.json"), config.to_string());
        env.write(&format!("{folder}/summary.json"), "{}");
        env.write(
            &format!("{folder}/gen_0/metadata.json"),
            r#"{"valid": true, "val_score": 1.0, "is_initial": true}"#,
        );
        env.write(&format!("{folder}/gen_0/repo/task_agent.py"), format!("# {folder}\n"));
        env.write(&format!("{folder}/gen_0/eval_val/predictions.csv"), head);
    }
    env.write("tree/a_vs_b/seed7/markspace_metrics.json", "");
    std::fs::create_dir_all(env.path("tree/broken/seed1/gen_0")).unwrap();
    let (imported, code) = env.json(&["import", "tree", "--store", "T"]);
    assert_eq!((code, &imported["failed"][0]["folder"]), (2, &json!("broken/seed1")));
    let runs = imported["runs"].as_array().unwrap();
    let facts: Vec<_> = runs.iter().map(|run| run["facts"].clone()).collect();
    assert_eq!(
        facts[0],
        json!({"folder": "tree/a_vs_b/seed7", "arm": null, "pairing": "a_vs_b", "seed": 7, "models": ["a", "b"], "eval_model": null})
    );
    assert_eq!((facts.len(), &facts[1]["arm"], &facts[2]["arm"]), (3, &json!("random"), &json!("annealing")));
    assert_eq!(runs[0]["problems"][0]["file"], "markspace_metrics.json");
    std::fs::remove_dir_all(env.path("tree/broken")).unwrap();
    let (again, code) = env.json(&["import", "tree", "--store", "T"]);
    assert_eq!((code, &again["runs"][2]["known"], &again["failed"]), (0, &json!(true), &json!([])));

    let (log, _) = env.json(&["log", "--store", "T"]);
    let rows: Vec<_> =
        log["imported"].as_array().unwrap().iter().map(|row| (&row["agent"], &row["model"])).collect();
    assert_eq!(rows[0], (&json!("a"), &json!("a")));
    assert_eq!((rows.len(), rows[3]), (4, (&Value::Null, &json!("kimi"))));
    for run in runs {
        let (replay, code) = env.json(&["replay", run["run"].as_str().unwrap(), "--store", "T"]);
        assert_eq!((code, &replay["differences"]), (0, &json!([])));
    }
    assert_eq!(env.json(&["fsck", "--store", "T"]).1, 0);
    env.fails(&["import", "tree/arm_c/seed42/gen_0", "--store", "T"], 2, &["no generation was found"]);
}

#[test]
fn an_export_is_whole_or_not_there() {
    let env = environment();
    let run = written(&env);
    let args = ["export", &run, "--layout", "original", "--to", "out", "--store", "S"];
    env.fails(&args, 2, &["out", "already exists", "another folder"]);
    env.fails(&["export", &run, "--layout", "theirs", "--to", "x", "--store", "S"], 2, &["files, original"]);
    // An evaluation that is gone is met when half of the folder is written.
    let (log, _) = env.json(&["log", &run, "--store", "S"]);
    let last =
        log["generations"].as_array().unwrap().iter().flat_map(|one| one["candidates"].as_array().unwrap());
    let record = last.filter_map(|one| one["train"]["record"].as_str()).next_back().unwrap().to_owned();
    let database = flip_everywhere(&env.path("S/store.db"), &record);
    assert!(database, "the evaluation was not found in the store");
    let args = ["export", &run, "--layout", "original", "--to", "half", "--store", "S"];
    env.fails(&args, 14, &[&record[..12]]);
    let left: Vec<_> =
        std::fs::read_dir(env.path(".")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    let left: Vec<_> =
        left.iter().map(|name| name.to_string_lossy()).filter(|name| name.contains("half")).collect();
    assert!(left.is_empty(), "{left:?}");
}

/// Flips a bit of the identifier of an object wherever it stands in the file, which no digest fits then.
fn flip_everywhere(path: &Path, id: &str) -> bool {
    let id: Vec<u8> = (0..32).map(|at| u8::from_str_radix(&id[at * 2..at * 2 + 2], 16).unwrap()).collect();
    let folder = path.parent().unwrap();
    let mut found = false;
    for name in ["store.db", "store.db-wal"] {
        let Ok(mut bytes) = std::fs::read(folder.join(name)) else { continue };
        let places: Vec<usize> =
            (0..bytes.len().saturating_sub(32)).filter(|&at| bytes[at..at + 32] == id[..]).collect();
        for at in &places {
            bytes[at + 31] ^= 1;
        }
        found |= !places.is_empty();
        std::fs::write(folder.join(name), bytes).unwrap();
    }
    found
}

#[test]
fn hostile_and_foreign_folders_are_refused() {
    let env = environment();
    let refused = |name: &str, words: &[&str]| {
        env.fails(&["import", name, "--store", "T"], 2, words);
        assert!(!env.path("T").exists(), "{name}: a store was made");
    };
    refused("nowhere", &["nowhere", "no such folder"]);
    env.write("linked/gen_0/metadata.json", "{}");
    std::os::unix::fs::symlink("/etc", env.path("linked/gen_0/repo")).unwrap();
    refused("linked", &["gen_0/repo is a link or a device"]);
    env.write(&format!("deep/gen_0/{}x", "d/".repeat(40)), "");
    refused("deep", &["too deep", "at most 32 levels"]);
    let large = env.path("large/gen_0/metadata.json");
    std::fs::create_dir_all(large.parent().unwrap()).unwrap();
    std::fs::File::create(large).unwrap().set_len((64 << 20) + 1).unwrap();
    env.write("nothing/readme", "");
    refused("nothing", &["nothing: no generation was found", "gen_0, gen_1"]);
    refused("large", &["too large at gen_0/metadata.json", "64 MiB each"]);
    env.write("strange/gen_0/repo/a\\b", "");
    env.write("strange/gen_0/repo/__pycache__/a.pyc", "");
    env.write("strange/gen_0/metadata.json", "{\"valid\": true}");
    let (imported, code) = env.json(&["import", "strange", "--store", "T"]);
    let problems: Vec<&str> =
        imported["problems"].as_array().unwrap().iter().map(|one| one["file"].as_str().unwrap()).collect();
    let expected = ["gen_0/repo", "gen_0/repo/__pycache__", "gen_0/repo/a\\b", "summary.json"];
    assert_eq!((code, problems), (0, expected.to_vec()));
}
