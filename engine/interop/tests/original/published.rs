//! Faults that published runs showed, each with the smallest folder that has it.

use hyperspace_evolve::TournamentSide;
use hyperspace_interop::original::{load_imported_generation, load_imported_run, read, rescore};
use hyperspace_store::Store;
use serde_json::json;

use crate::common::{defects, files, import_files};

const HEAD: &str = "Grading ID,Response,Points,Reward,prediction\n";

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_or_create(folder.path(), "test").unwrap();
    (folder, store)
}

/// Two rows of which one is right, with the report of the original: it lists the labels of the right answers alone.
fn two_rows() -> (String, serde_json::Value) {
    let table = format!("{HEAD}GB-1,a,7,Correct,correct\nGB-2,b,1,Partial,correct\n");
    let report = json!({
        "overall_accuracy": 0.5, "normalized_mean_absolute_error": 0.42857142857142855, "total_correct": 1, "total": 2,
        "accuracy_by_label": {
            "correct": {"precision": 0.5, "recall": 1.0, "correct": 1, "total": 1},
            "partial": {"precision": 0.0, "recall": 0.0, "correct": 0, "total": 1},
        },
    });
    (table, report)
}

#[test]
fn a_label_that_does_not_occur_equals_one_that_is_absent() {
    let (_folder, store) = store();
    let (table, report) = two_rows();
    let folder = |report: &serde_json::Value, score: f64| {
        files(&[
            ("summary.json", "{}"),
            (
                "gen_0/metadata.json",
                &json!({"valid": true, "val_score": score, "is_initial": true}).to_string(),
            ),
            ("gen_0/repo/task_agent.py", "# 0\n"),
            ("gen_0/eval_val/predictions.csv", &table),
            ("gen_0/eval_val/report.json", &report.to_string()),
        ])
    };
    let imported = import_files(&store, folder(&report, 0.5));
    let again = rescore(&store, &imported.run, None).unwrap();
    assert_eq!((again.differences(), &again.evaluations[0].differences[..]), (0, &[][..]));

    // Labels that occur on one side alone differ, and all differences are listed.
    let mut wrong = report;
    wrong["total_correct"] = json!(2);
    wrong["accuracy_by_label"]["almost"] = json!({"precision": 0.0, "recall": 0.0, "correct": 0, "total": 3});
    wrong["accuracy_by_label"].as_object_mut().unwrap().remove("partial");
    wrong["accuracy_by_label"]["none"] = json!({"precision": 0.0, "recall": 0.0, "correct": 0, "total": 0});
    wrong["accuracy_by_label"]["other"] = json!({"precision": 0.0, "recall": 0.0, "correct": 0, "total": 1});
    let imported = import_files(&store, folder(&wrong, 0.75));
    let again = rescore(&store, &imported.run, None).unwrap();
    let places: Vec<&str> = again.evaluations[0].differences.iter().map(|one| one.place.as_str()).collect();
    assert_eq!(
        places,
        [
            "report.json.accuracy_by_label.almost.total",
            "report.json.accuracy_by_label.partial",
            "report.json.accuracy_by_label.other",
            "report.json.total_correct",
            "metadata.json.val_score",
        ]
    );
    assert_eq!(again.differences(), 1);
}

#[test]
fn both_contestants_of_a_tournament_are_candidates() {
    let (_folder, store) = store();
    let (table, report) = two_rows();
    let wrong = format!("{HEAD}GB-1,a,7,Correct,partial\nGB-2,b,1,Partial,correct\n");
    let folder = |directed: f64| {
        files(&[
            ("summary.json", "{}"),
            ("gen_0/metadata.json", r#"{"valid": true, "val_score": 0.5, "is_initial": true}"#),
            ("gen_0/repo/task_agent.py", "# 0\n"),
            ("gen_0/eval_val/predictions.csv", &table),
            (
                "gen_1/metadata.json",
                &json!({"parent": 0, "forked_from": 0, "valid": true, "tournament": true, "winner": "blind",
                    "blind_score": 0.5, "directed_score": directed, "train_score": 0.5, "val_score": 0.5})
                .to_string(),
            ),
            ("gen_1/repo/task_agent.py", "# blind\n"),
            ("gen_1/blind/repo/task_agent.py", "# blind\n"),
            ("gen_1/blind/eval_train/predictions.csv", &table),
            ("gen_1/blind/eval_train/report.json", &report.to_string()),
            ("gen_1/directed/repo/task_agent.py", "# directed\n"),
            ("gen_1/directed/eval_train/predictions.csv", &wrong),
            ("gen_1/eval_val/predictions.csv", &table),
        ])
    };
    let imported = import_files(&store, folder(0.0));
    assert_eq!(defects(&imported.directory), [""; 0]);
    let again = rescore(&store, &imported.run, None).unwrap();
    assert_eq!((again.evaluations.len(), again.differences()), (4, 0));
    let run = load_imported_run(&store, &imported.run).unwrap();
    let generation = load_imported_generation(&store, &run.agents[0].generations[1]).unwrap();
    let sides: Vec<_> = generation.contestants.iter().map(|one| (one.side, one.won, one.score)).collect();
    assert_eq!(
        sides,
        [(TournamentSide::Blind, true, Some(0.5)), (TournamentSide::Directed, false, Some(0.0))]
    );
    let loser = store.get_files(&generation.contestants[1].repo.unwrap()).unwrap();
    assert_eq!(loser.iter().map(|(_, content)| content.to_vec()).collect::<Vec<_>>(), [b"# directed\n"]);
    assert_eq!(generation.contestants[0].repo, generation.repo);

    // The score of either side is compared with its own rows.
    let imported = import_files(&store, folder(0.5));
    let again = rescore(&store, &imported.run, None).unwrap();
    let places: Vec<_> = again
        .evaluations
        .iter()
        .flat_map(|one| one.differences.iter().map(|found| format!("{}{}", one.folder, found.place)))
        .collect();
    assert_eq!(places, ["gen_1/directed/eval_train/metadata.json.directed_score"]);

    let stray = files(&[
        ("gen_0/metadata.json", r#"{"valid": true}"#),
        ("gen_0/repo/a.py", ""),
        ("gen_0/blind/repo/a.py", ""),
        ("summary.json", "{}"),
    ]);
    assert_eq!(
        defects(&read(stray).unwrap()),
        ["gen_0/metadata.json, field tournament: expected true, as there are contestants"]
    );
}

#[test]
fn measurements_of_the_mark_space_are_named_when_they_are_empty() {
    let folder = files(&[
        ("gpt/summary.json", "{}"),
        ("gpt/gen_0/metadata.json", r#"{"valid": true}"#),
        ("gpt/gen_0/repo/task_agent.py", ""),
        ("markspace_metrics.json", ""),
        ("markspace_telemetry.jsonl", "{}\n{\"a"),
    ]);
    assert_eq!(
        defects(&read(folder).unwrap()),
        [
            "markspace_metrics.json, line 1, column 0: not JSON: unexpected end; the file is ignored",
            "markspace_telemetry.jsonl, line 2, column 3: not JSON: unexpected end; the line is ignored",
        ]
    );
}
