//! Folders as the original leaves them, made here from the description of its layout: with generations that are missing, cut
//! off, invalid or contradictory.

use hyperspace_core::{FileSet, RelPath};
use hyperspace_interop::original::{
    ScoreDifference, load_imported_generation, load_imported_run, read, rescore,
};
use hyperspace_store::Store;
use serde_json::{Value, json};

use crate::common::{defects, files, import_files};

const HEAD: &str = "Grading ID,Problem ID,Problem,Solution,Grading guidelines,Response,Points,Reward,Problem Source,prediction";
const LABELS: [&str; 10] = [
    "Correct",
    "Incorrect",
    "Partial",
    "Correct",
    "Incorrect",
    "Incorrect",
    "Almost",
    "Correct",
    "Incorrect",
    "Partial",
];

/// A table of as many rows as there are answers.
fn predictions(answers: &[&str]) -> String {
    let row = |(index, (answer, label)): (usize, (&&str, &&str))| {
        format!("GB-{index:04},PB-1,\"Let $x$,\n\"\"y\"\"\",s,g,r,0,{label},IMO,{answer}\n")
    };
    let rows: String = answers.iter().zip(LABELS.iter().cycle()).enumerate().map(row).collect();
    format!("{HEAD}\n{rows}")
}

/// Ten answers, eight of them right, as the original reports them: its mean error is divided twice.
const ANSWERS: [&str; 10] = [
    "correct",
    "incorrect",
    " PARTIAL",
    "correct",
    "incorrect",
    "incorrect",
    "correct",
    "correct",
    "incorrect",
    "correct",
];

fn report() -> Value {
    json!({
        "overall_accuracy": 0.8,
        "normalized_mean_absolute_error": 0.09999999999999999,
        "total_correct": 8,
        "total": 10,
        "accuracy_by_label": {
            "almost": {"precision": 0.0, "recall": 0.0, "correct": 0, "total": 1},
            "correct": {"precision": 0.6, "recall": 1.0, "correct": 3, "total": 3},
            "incorrect": {"precision": 1.0, "recall": 1.0, "correct": 4, "total": 4},
            "partial": {"precision": 1.0, "recall": 0.5, "correct": 1, "total": 2},
        },
    })
}

/// The folder of a run of the replication, defects included.
fn replication() -> FileSet {
    let (table, report) = (predictions(&ANSWERS), format!("{:#}", report()));
    let twenty: Vec<&str> = std::iter::repeat_n("correct", 20).collect();
    let long = predictions(&twenty);
    let config = r#"{"timestamp": "2026-03-31T03:43:49.120518", "seed": 42, "max_generations": 12, "meta_model": "m",
        "selection_method": "score_child_prop", "python_version": "3.11.15"}"#;
    files(&[
        ("run_config.json", config),
        (
            "summary.json",
            r#"{"seed": 42, "archive_size": 9, "best_gen": 1, "best_val_score": 0.95, "imp_at_k": 0.95}"#,
        ),
        (
            "archive.jsonl",
            "{\"current_genid\": 0, \"archive\": [0]}\n{\"current_genid\": 4, \"archive\": [0, 1, 4]}\n",
        ),
        ("notes.txt", "mine"),
        ("gen_0/metadata.json", r#"{"valid": true, "val_score": 0.8, "is_initial": true}"#),
        ("gen_0/repo/task_agent.py", "class TaskAgent: pass\n"),
        ("gen_0/repo/meta_agent.py", "class MetaAgent: pass\n"),
        ("gen_0/eval_val/predictions.csv", &table),
        ("gen_0/eval_val/report.json", &report),
        ("gen_0/llm_calls.jsonl", "{\"call_id\": 1, \"model\": \"m\"}\n{\"call_id\": 2, \"mod"),
        // A first stage that nothing came of, scaled by the 20 rows that another evaluation has.
        (
            "gen_1/metadata.json",
            r#"{"parent": 0, "forked_from": 0, "valid": true, "train_score": 0.4, "val_score": 0.3, "run_full_eval": true}"#,
        ),
        ("gen_1/repo/task_agent.py", "# 1\n"),
        ("gen_1/eval_train/staged/predictions.csv", &table),
        ("gen_1/eval_val/predictions.csv", &long),
        ("gen_1/eval_val/staged/predictions.csv", &table),
        ("gen_2/metadata.json", r#"{"parent": 1, "forked_from": 1, "valid": false, "error": "eval failed"}"#),
        ("gen_2/repo/task_agent.py", "def broken(\n"),
        ("gen_3/metadata.json", r#"{"parent": 1, "forked_from": 1, "valid": true, "val_score": 0.0}"#),
        ("gen_3/repo/task_agent.py", "# 3\n"),
        ("gen_5/metadata.json", "{\n  \"parent\": 1,\n  \"val"),
        ("gen_5/repo/task_agent.py", "# 5\n"),
        (
            "gen_6/metadata.json",
            r#"{"parent": 4, "forked_from": 1, "valid": false, "val_score": -1.0, "error": "x"}"#,
        ),
        ("gen_7/metadata.json", "{\"parent\": 1, \"valid\": true,\n\"val_score\": NaN}"),
        ("gen_7/repo/task_agent.py", "# 7\n"),
        ("gen_8/metadata.json", r#"{"parent": 1, "valid": true, "val_score": 0.7}"#),
        ("gen_8/repo/task_agent.py", "# 8\n"),
        (
            "gen_8/eval_val/predictions.csv",
            "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1090740\n",
        ),
        ("gen_9/metadata.json", r#"{"parent": 1, "valid": true, "val_score": 0.9}"#),
        ("gen_9/repo/task_agent.py", "# 9\n"),
        ("gen_9/eval_val/predictions.csv", &format!("{table}GB-9999,short\n")),
        ("gen_9/eval_val/report.json", &report),
        ("gen_10/repo/task_agent.py", "# 10\n"),
        ("gen_10/eval_val/predictions.csv", "Grading ID,Reward\nGB-0001,Correct\n"),
        ("gen_10/eval_val/report.json", &report.replace("\"total_correct\": 8", "\"total_correct\": 9")),
        ("gen_11/metadata.json", r#"{"parent": 1, "valid": true, "val_score": 0.8}"#),
        ("gen_11/repo/task_agent.py", "# 11\n"),
        ("gen_11/eval_val/predictions.csv", &table),
        ("gen_11/eval_val/report.json", &report.replace("\"total_correct\": 8", "\"total_correct\": 9")),
        ("test_eval/predictions.csv", &table),
        ("test_eval/report.json", &report),
    ])
}

#[test]
fn every_defect_is_named_with_its_place_and_the_rest_is_taken() {
    let directory = read(replication()).unwrap();
    let no_json = "not JSON: unexpected end; the";
    let expected = [
        "archive.jsonl, line 2: names generation 4, which does not exist".to_owned(),
        format!("gen_0/llm_calls.jsonl, line 2, column 19: {no_json} line is ignored"),
        "gen_10/eval_val/predictions.csv, header line: expected a column \"prediction\", found \"Grading ID,Reward\"".to_owned(),
        "gen_10/metadata.json: missing; the generation's validity is unknown".to_owned(),
        "gen_3/metadata.json, field val_score: 0 without an evaluation: the original records a crashed evaluation as a \
         score of 0"
            .to_owned(),
        "gen_4: missing, although gen_5 exists".to_owned(),
        format!("gen_5/metadata.json, line 3, column 6: {no_json} file is ignored"),
        "gen_6/metadata.json, field parent: generation 4 does not exist".to_owned(),
        "gen_6/metadata.json, field val_score: -1.0 means no score; read as none".to_owned(),
        "gen_6/repo: missing; the generation's files are unknown".to_owned(),
        "gen_7/metadata.json, line 2, \"val_score\": NaN is not a JSON number; read as null".to_owned(),
        "gen_8/eval_val/predictions.csv: Git LFS pointer to 1090740 bytes that are missing; run `git lfs pull` and \
         import again"
            .to_owned(),
        "gen_9/eval_val/predictions.csv, line 22: expected 10 cells, as in the header, found 2; the row is skipped".to_owned(),
        "notes.txt: unknown entry; imported unchanged".to_owned(),
        "summary.json, field best_val_score: no generation has the validation score 0.95".to_owned(),
    ];
    assert_eq!(defects(&directory), expected);
    let agent = &directory.agents[0];
    let numbers: Vec<u64> = agent.generations.iter().map(|one| one.number).collect();
    assert_eq!(numbers, [0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11]);
    let valid: Vec<Option<bool>> = agent.generations.iter().map(|one| one.metadata.valid).collect();
    let (yes, no) = (Some(true), Some(false));
    assert_eq!(valid, [yes, yes, no, yes, None, no, yes, yes, yes, None, yes]);
    assert_eq!((agent.generations[0].calls, agent.generations[5].metadata.val_score), (1, None));
}

#[test]
fn recorded_predictions_are_scored_again_and_every_difference_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_or_create(folder.path(), "test").unwrap();
    let files = replication();
    let imported = import_files(&store, files.clone());
    let again = rescore(&store, &imported.run, None).unwrap();
    let found: Vec<_> =
        again.evaluations.iter().map(|one| (one.folder.as_str(), one.score, one.rows)).collect();
    assert_eq!(
        found,
        [
            ("gen_0/eval_val/", Some(0.8), 10),
            ("gen_1/eval_train/staged/", Some(0.4), 10),
            ("gen_1/eval_val/", Some(0.3), 20),
            ("gen_1/eval_val/staged/", Some(0.4), 10),
            ("gen_9/eval_val/", Some(0.8), 10),
            ("gen_11/eval_val/", Some(0.8), 10),
            ("test_eval/", Some(0.8), 10),
        ]
    );
    let difference =
        |place: &str, recorded, replayed| ScoreDifference { place: place.to_owned(), recorded, replayed };
    let differences: Vec<_> = again
        .evaluations
        .iter()
        .flat_map(|one| one.differences.iter().map(|found| (one.generation, found.clone())))
        .collect();
    let expected = [
        (Some(9), difference("metadata.json.val_score", json!(0.9), json!(0.8))),
        (Some(11), difference("report.json.total_correct", json!(9), json!(8))),
    ];
    assert_eq!(differences, expected);
    assert_eq!(json!(differences[1].1), json!(["report.json.total_correct", 9, 8]));
    let unscored: Vec<&str> = again.unscored.iter().map(|defect| defect.file.as_str()).collect();
    assert_eq!(unscored, ["gen_8/eval_val/predictions.csv", "gen_10/eval_val/predictions.csv"]);

    let record = load_imported_run(&store, &imported.run).unwrap();
    assert_eq!(store.get_files(&record.files).unwrap(), files, "every file is kept as it is");
    let nine = record.agents[0].generations[8];
    let only = rescore(&store, &imported.run, Some(&nine)).unwrap();
    assert_eq!((only.evaluations.len(), only.differences()), (1, 1));
    let nan = load_imported_generation(&store, &record.agents[0].generations[6]).unwrap();
    assert_eq!(nan.metadata.unwrap()["val_score"], Value::Null);
    assert_eq!(store.fsck().unwrap().damaged, []);
}

/// The folder of a paired run: one agent that brings itself down, one that learns.
fn paired() -> FileSet {
    let mut set = FileSet::new();
    let summary =
        |model: &str, best: f64| json!({"model": model, "archive_size": 2, "best_val": best}).to_string();
    let config =
        |name: &str| json!({"model": name, "agent_name": name, "seed": 43, "iterations": 2}).to_string();
    let table = predictions(&ANSWERS);
    let mut put = |path: String, content: &str| {
        set.insert(RelPath::new(&path).unwrap(), content.as_bytes().to_vec()).unwrap();
    };
    for (name, best) in [("gpt", 0.8), ("kimi", 0.8)] {
        put(format!("{name}/summary.json"), &summary(name, best));
        put(format!("{name}/run_config.json"), &config(name));
        put(
            format!("{name}/gen_0/metadata.json"),
            r#"{"valid": true, "val_score": 0.8, "is_initial": true}"#,
        );
        put(format!("{name}/gen_0/repo/task_agent.py"), "# 0\n");
        put(format!("{name}/gen_0/eval_val/predictions.csv"), &table);
        put(format!("{name}/gen_0/eval_val/report.json"), &report().to_string());
        put(format!("{name}/gen_1/repo/task_agent.py"), "# 1\n");
        put(format!("{name}/gen_1/repo/meta_agent.py"), name);
    }
    let broken = r#"{"valid": false, "error": "No module named 'utils'"}"#;
    put("gpt/gen_1/metadata.json".to_owned(), broken);
    put("kimi/gen_1/metadata.json".to_owned(), r#"{"valid": true, "train_score": 0.8, "val_score": 0.8}"#);
    put("kimi/gen_1/eval_train/predictions.csv".to_owned(), &table);
    put("kimi/gen_1/eval_val/predictions.csv".to_owned(), &table);
    put("markspace_metrics.json".to_owned(), r#"{"counters": [], "gauges": []}"#);
    set
}

#[test]
fn a_paired_run_has_one_agent_per_folder() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_or_create(folder.path(), "test").unwrap();
    let imported = import_files(&store, paired());
    assert_eq!(defects(&imported.directory), [""; 0]);
    let record = load_imported_run(&store, &imported.run).unwrap();
    let agents: Vec<_> = record
        .agents
        .iter()
        .map(|agent| (agent.name.as_deref(), agent.folder.as_str(), agent.generations.len()))
        .collect();
    assert_eq!(agents, [(Some("gpt"), "gpt/", 2), (Some("kimi"), "kimi/", 2)]);
    let last = load_imported_generation(&store, &record.agents[0].generations[1]).unwrap();
    assert_eq!((last.agent, last.number, last.metadata.unwrap()["valid"].clone()), (0, 1, json!(false)));
    let again = rescore(&store, &imported.run, None).unwrap();
    assert_eq!((again.evaluations.len(), again.differences(), again.unscored.len()), (4, 0, 0));
    let names: Vec<String> =
        store.refs(&imported.run, "imported/").unwrap().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), 4);
}

#[test]
fn what_is_no_run_is_refused() {
    let check = |set: &[(&str, &str)], words: &str| {
        let error = read(files(set)).unwrap_err().to_string();
        assert!(error.contains(words) && error.contains("gen_0, gen_1"), "{error}");
    };
    check(&[], "no generation was found");
    check(&[("gen_x/metadata.json", "{}"), ("gen_01/a", "")], "no generation was found");
    check(&[("seed42/gpt/gen_0/metadata.json", "{}")], "the run lies deeper, in seed42");
    check(
        &[("s42/a/gen_0/m", ""), ("s43/a/gen_0/m", ""), ("s43/b/gen_1/m", "")],
        "there are 2 runs, name one of them: s42, s43",
    );
}

/// The published predictions, with the reports that they got.
#[test]
fn the_published_predictions_get_their_published_reports() {
    let above = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let found = above.map(|folder| folder.join("shared/data/imo-grading")).find(|folder| folder.is_dir());
    let Some(data) = found else {
        println!("SKIPPED: no shared/data/imo-grading above {}", env!("CARGO_MANIFEST_DIR"));
        return;
    };
    let recorded: Value =
        serde_json::from_slice(&std::fs::read(data.join("recorded-predictions.json")).unwrap()).unwrap();
    let table = std::fs::read_to_string(data.join("val.csv")).unwrap();
    let mut set = files(&[("summary.json", "{}")]);
    for (number, one) in recorded.as_array().unwrap().iter().enumerate() {
        let mut reader = csv::Reader::from_reader(table.as_bytes());
        let mut writer = csv::Writer::from_writer(Vec::new());
        let mut head = reader.headers().unwrap().clone();
        head.push_field("prediction");
        writer.write_record(&head).unwrap();
        for row in reader.records() {
            let mut row = row.unwrap();
            let given = one["predictions"].as_array().unwrap().iter().find(|given| given["id"] == row[0]);
            row.push_field(given.map_or("", |given| given["prediction"].as_str().unwrap_or_default()));
            writer.write_record(&row).unwrap();
        }
        let accuracy = &one["report"]["overall_accuracy"];
        let mut put = |path: &str, content: Vec<u8>| {
            set.insert(RelPath::new(&format!("gen_{number}/{path}")).unwrap(), content).unwrap();
        };
        put("metadata.json", json!({"valid": true, "val_score": accuracy}).to_string().into_bytes());
        put("repo/task_agent.py", Vec::new());
        put("eval_val/predictions.csv", writer.into_inner().unwrap());
        put("eval_val/report.json", one["report"].to_string().into_bytes());
    }
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_or_create(folder.path(), "test").unwrap();
    let imported = import_files(&store, set);
    assert_eq!(defects(&imported.directory), [""; 0]);
    let again = rescore(&store, &imported.run, None).unwrap();
    let scores: Vec<_> = again.evaluations.iter().map(|one| one.score.unwrap()).collect();
    assert_eq!(scores, [0.7, 0.66, 0.5, 0.35, 0.2]);
    assert_eq!((again.differences(), again.unscored.len()), (0, 0));
}
