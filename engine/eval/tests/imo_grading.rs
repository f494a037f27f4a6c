//! The task imo-grading on the published data, with recorded predictions as the candidate; and tasks of its form on small
//! data. The published data lie beside the project; without them, the tests that need them say so and end.

#![expect(clippy::unwrap_used, reason = "a failure here is the failure of a test")]

use std::collections::{BTreeMap, BTreeSet};

use hyperspace_eval::{
    CaseOutcome, ClassificationReport, EvalError, Evaluation, Evaluator, FileSet, RelPath, Score, Split,
    Task, TaskError,
};
use hyperspace_testkit::paths::shared_data;
use hyperspace_testkit::{file_set, sandbox};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const FILES: [&str; 3] = ["train.csv", "val.csv", "test.csv"];

fn published(name: &str) -> Option<Vec<u8>> {
    shared_data(&format!("imo-grading/{name}"))
}

fn data() -> Option<FileSet> {
    let files: Option<Vec<_>> = FILES.iter().map(|name| Some((*name, published(name)?))).collect();
    Some(file_set(&files?))
}

fn load(name: &str, data: &FileSet) -> Result<Task, TaskError> {
    Task::from_files_with_data(&Task::bundled_files(name).unwrap(), name, data, "data")
}

fn evaluator() -> Evaluator {
    Evaluator::new(sandbox().clone()).unwrap().workers(2)
}

/// Tells recorded predictions by the digest of what it is asked, and looks at what it is asked.
const REPLAYING: &str = r#"
import hashlib, json

class TaskAgent:
    def __init__(self, model="default"):
        assert model == "default", model

    def forward(self, inputs):
        keys = ["domain", "grading_guidelines", "problem", "solution", "student_answer"]
        assert sorted(inputs) == keys and inputs["domain"] == "imo_grading"
        asked = inputs["problem"] + "\0" + inputs["student_answer"]
        table = json.load(open("/repo/table.json"))
        return table[hashlib.sha256(asked.encode()).hexdigest()], [{"role": "assistant", "text": "…"}]
"#;

fn input<'a>(task: &'a [hyperspace_eval::Case], name: &str) -> &'a Value {
    let case = task.iter().find(|case| case.name == name).unwrap();
    &case.data::<Vec<Value>>().unwrap()[0]
}

#[test]
fn recorded_predictions_get_their_recorded_reports() {
    let (Some(data), Some(recorded)) = (data(), published("recorded-predictions.json")) else { return };
    let task = load("imo-grading", &data).unwrap();
    let cases = task.cases(Split::HeldOut);
    let recorded: Vec<Value> = serde_json::from_slice(&recorded).unwrap();
    let mut accuracies = Vec::new();
    for set in recorded {
        let predictions = set["predictions"].as_array().unwrap();
        let mut table = BTreeMap::new();
        for one in predictions {
            let input = input(&cases, one["id"].as_str().unwrap());
            let text = |key: &str| input[key].as_str().unwrap();
            let asked = Sha256::digest(format!("{}\0{}", text("problem"), text("student_answer")));
            let key: String = asked.iter().map(|byte| format!("{byte:02x}")).collect();
            table.insert(key, one["prediction"].clone());
        }
        assert_eq!(table.len(), 100, "every row is a question of its own");
        let agent = file_set(&[("task_agent.py", REPLAYING), ("table.json", &json!(table).to_string())]);
        let evaluation = evaluator().evaluate_blocking(&task, &agent, Split::HeldOut).unwrap();
        let failed = evaluation.cases.iter().find(|row| row.outcome != CaseOutcome::Scored);
        assert!(failed.is_none(), "{failed:?}");
        let report = ClassificationReport::of(&task, &evaluation).unwrap();
        assert_eq!(report.to_json(), set["report"], "{}", set["label"]);
        assert_eq!(evaluation.score.as_ref(), Some(&report.accuracy));
        let answers: Vec<Value> = evaluation.cases.iter().map(|row| json!(row.answer)).collect();
        assert_eq!(answers, predictions.iter().map(|one| one["prediction"].clone()).collect::<Vec<_>>());
        accuracies.push(evaluation.score.unwrap().to_string());
    }
    assert_eq!(accuracies, ["0.7", "0.66", "0.5", "0.35", "0.2"]);
}

#[test]
fn published_data_are_recognised_and_others_are_told() {
    let Some(mut data) = data() else { return };
    let files = Task::bundled_files("imo-grading").unwrap();
    let check = |data: &FileSet| Task::check_data(&files, "imo-grading", data, "data");
    for file in check(&data).unwrap() {
        assert_eq!((file.rows, &file.differences[..]), (100, &[][..]), "{}", file.file);
    }
    let val = RelPath::new("val.csv").unwrap();
    let text = String::from_utf8(data.get(&val).unwrap().to_vec()).unwrap();
    data.insert(val, text.replacen(",Almost,", ",Partial,", 1).into_bytes()).unwrap();
    let changed = check(&data).unwrap();
    assert_eq!(changed[0].differences.len() + changed[2].differences.len(), 0);
    let [labels, digest] = &changed[1].differences[..] else { panic!("{:?}", changed[1]) };
    assert_eq!(
        labels,
        "expected the labels almost 5, correct 35, incorrect 35, partial 25, found almost 4, correct 35, incorrect 35, \
         partial 26"
    );
    assert!(digest.starts_with("expected the SHA-256 a44094c079ee"), "{digest}");
    data.remove(&RelPath::new("test.csv").unwrap());
    let error = check(&data).unwrap_err().to_string();
    assert_eq!(error, "data/test.csv: no such file; the split test of the task is read from it");
}

#[test]
fn grouped_splits_share_no_problem_and_keep_every_row() {
    let Some(data) = data() else { return };
    let grouped = load("imo-grading-grouped", &data).unwrap();
    let original = load("imo-grading", &data).unwrap();
    assert_ne!(grouped.digest(), original.digest());
    let splits = [Split::Train, Split::HeldOut, Split::Test];
    let names = |task: &Task| -> Vec<BTreeSet<String>> {
        splits.iter().map(|split| task.cases(*split).iter().map(|case| case.name.clone()).collect()).collect()
    };
    let all = |task: &Task| names(task).into_iter().flatten().collect::<BTreeSet<_>>();
    assert_eq!(all(&grouped), all(&original));
    let problems = |split: Split| -> BTreeSet<String> {
        let cases = grouped.cases(split);
        cases.iter().map(|case| input(&cases, &case.name)["problem"].to_string()).collect()
    };
    let [train, held_out, test] = splits.map(problems);
    assert!(train.is_disjoint(&held_out) && train.is_disjoint(&test) && held_out.is_disjoint(&test));
    assert_eq!(train.len() + held_out.len() + test.len(), 30);
    for (split, names) in splits.iter().zip(names(&grouped)) {
        assert!((95..=105).contains(&names.len()), "{split}: {}", names.len());
    }
}

/// A task of the form of imo-grading with these rows: text and label.
fn small(more: &str, rows: &[(&str, &str)]) -> Task {
    let toml = format!(
        "[task]\nname = \"small\"\ntitle = \"t\"\ndescription = \"d\"\ndirection = \"maximize\"\n\
         [entry]\nmodule = \"task_agent\"\nclass = \"TaskAgent\"\nfunction = \"forward\"\nmodel = \"m\"\n\
         [scorer]\nkind = \"rows\"\nmetric = \"label\"\n\
         [rows]\nid = \"id\"\nexpected = \"label\"\ninput = {{ text = \"text\" }}\n{more}\n\
         [splits.train]\nfile = \"train.csv\"\n[splits.held-out]\nfile = \"held.csv\"\n"
    );
    let mut train = "id,text,label\n".to_owned();
    for (index, (text, label)) in rows.iter().enumerate() {
        train.push_str(&format!("r{index},{text},{label}\n"));
    }
    let held = "id,text,label\nh,x,CANARY\n".to_owned();
    let files = [("task.toml", toml), ("train.csv", train), ("held.csv", held)];
    Task::from_files(&file_set(&files), "small").unwrap()
}

fn evaluate(task: &Task, source: &str) -> Evaluation {
    evaluator().evaluate_blocking(task, &file_set(&[("task_agent.py", source)]), Split::Train).unwrap()
}

const FAILING: &str = "
class TaskAgent:
    def __init__(self, model):
        assert model == 'm'
    def forward(self, inputs):
        if inputs['text'] == 'crash':
            raise ValueError('no idea')
        if inputs['text'] == 'loop':
            while True:
                pass
        return (None if inputs['text'] == 'none' else inputs['text'].upper()), []
";

#[test]
fn a_failing_row_is_that_rows_failure() {
    let rows =
        [("yes", "yes"), ("crash", "yes"), ("none", "yes"), ("no", "no"), ("no", "yes"), ("crash", "no")];
    let task = small("on_failure = \"wrong\"", &rows);
    let evaluation = evaluate(&task, FAILING);
    assert_eq!(evaluation.score, Score::ratio(2, 6));
    assert_eq!(evaluation.outcome, CaseOutcome::Scored);
    let outcomes: Vec<&str> = evaluation.cases.iter().map(|row| row.outcome.name()).collect();
    assert_eq!(outcomes, ["scored", "exception", "invalid", "scored", "scored", "exception"]);
    let answers: Vec<Option<&str>> = evaluation.cases.iter().map(|row| row.answer.as_deref()).collect();
    assert_eq!(answers, [Some("YES"), None, None, Some("NO"), Some("NO"), None]);
    assert!(evaluation.cases[1].evidence.as_ref().unwrap().contains("ValueError: no idea"));
    assert!(evaluation.cases[0].evidence.is_none());

    let strict = evaluate(&small("", &rows), FAILING);
    assert_eq!((strict.score, strict.cases.len(), strict.outcome.name()), (None, 2, "exception"));
    let nothing = evaluate(&small("on_failure = \"wrong\"", &[("crash", "yes"), ("crash", "no")]), FAILING);
    assert_eq!((nothing.score, nothing.cases.len(), nothing.outcome.name()), (None, 2, "exception"));
}

#[test]
fn only_candidates_above_the_threshold_are_asked_everything() {
    let task = |threshold: &str| {
        let rows = [("yes", "yes"), ("x", "yes"), ("yes", "yes"), ("yes", "yes"), ("yes", "yes")];
        small(&format!("stage = {{ rows = 2, threshold = {threshold} }}"), &rows)
    };
    let source = "class TaskAgent:\n    def __init__(self, model): pass\n    def forward(self, inputs): return inputs['text']\n";
    let whole = evaluate(&task("0.25"), source);
    assert_eq!((whole.score, whole.cases.len()), (Score::ratio(4, 5), 5));
    // A raw score equal to the threshold is not above it: 1/2 in 2 rows of 5 counts as 1/5.
    let stopped = evaluate(&task("0.5"), source);
    assert_eq!((stopped.score, stopped.cases.len()), (Score::ratio(1, 5), 2));
}

#[test]
fn no_label_is_in_the_room() {
    let source = "
import os
class TaskAgent:
    def __init__(self, model): pass
    def forward(self, inputs):
        seen = [repr(inputs), repr(dict(os.environ))]
        for folder, _, names in os.walk('/'):
            if not folder.startswith('/usr'):
                seen += [open(os.path.join(folder, name), 'rb').read().decode('latin-1') for name in names]
        return 'found' if 'CAN' + 'ARY' in ' '.join(seen) else 'clean', []
";
    let task = small("", &[("a", "CANARY-1"), ("b", "CANARY-2")]);
    let evaluation = evaluate(&task, source);
    let answers: Vec<Option<&str>> = evaluation.cases.iter().map(|row| row.answer.as_deref()).collect();
    assert_eq!(answers, [Some("clean"), Some("clean")]);
}

#[test]
fn a_split_that_the_task_lacks_is_an_error() {
    let task = small("", &[("yes", "yes")]);
    let agent = file_set(&[("task_agent.py", FAILING)]);
    let error = evaluator().evaluate_blocking(&task, &agent, Split::Test).unwrap_err();
    assert!(matches!(error, EvalError::NoSplit { .. }));
    assert_eq!(error.to_string(), "task small has no split test");
}
