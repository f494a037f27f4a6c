//! Files that show an evaluation to a meta agent, as the run's visibility policy allows.
//!
//! The folder of an evaluation has `report.json` if scores are visible, `predictions.csv` if the task has rows, and
//! `evaluator.json` if its evaluator is written in Python. Invariant: a file contains only the items that the policy names for
//! its split, and names of cases and outcomes.

use std::collections::{BTreeMap, BTreeSet};

use hyperspace_core::exact_json;
use hyperspace_eval::{Case, CaseOutcome, CaseResult, ClassificationReport, Evaluation, Score, Split, Task};
use serde_json::{Value, json};

use crate::offspring::told::told;
use crate::record::visibility::{VisibilityPolicy, VisibleItem};

/// Returns the files that show an evaluation under a policy, by name. There are none if nothing of its split is visible.
#[must_use]
pub fn visible_files(
    policy: &VisibilityPolicy,
    task: &Task,
    evaluation: &Evaluation,
) -> BTreeMap<&'static str, Vec<u8>> {
    let items = policy.of(evaluation.split);
    let mut files = BTreeMap::new();
    if items.contains(&VisibleItem::Scores) {
        files.insert("report.json", report(&items, task, evaluation).to_string().into_bytes());
    }
    if let Some(told) = told(&items, evaluation) {
        files.insert("evaluator.json", told.to_string().into_bytes());
    }
    if has_rows(task, evaluation.split) && !items.is_empty() {
        let cases = task.cases(evaluation.split);
        let mut text = String::new();
        line(&mut text, header(&items).into_iter().map(str::to_owned));
        for (row, case) in evaluation.with_cases(&cases) {
            let Some(expected) = &case.expected else { continue };
            line(&mut text, cells(&items, row, case, expected));
        }
        files.insert("predictions.csv", text.into_bytes());
    }
    files
}

/// Returns whether every case of a split has an expected answer.
pub(super) fn has_rows(task: &Task, split: Split) -> bool {
    task.cases(split).iter().all(|case| case.expected.is_some())
}

fn report(items: &BTreeSet<VisibleItem>, task: &Task, evaluation: &Evaluation) -> Value {
    let mut report = json!({
        "split": evaluation.split,
        "outcome": evaluation.outcome.name(),
        "score": evaluation.score.as_ref().map(Score::to_f64),
        "rows": evaluation.cases.len(),
    });
    if let Some(whole) = ClassificationReport::of(task, evaluation).map(|whole| whole.to_json()) {
        for key in ["overall_accuracy", "normalized_mean_absolute_error", "total_correct", "total"] {
            report[key] = whole[key].clone();
        }
        if items.contains(&VisibleItem::Labels) {
            report["accuracy_by_label"] = whole["accuracy_by_label"].clone();
        }
    }
    report
}

fn header(items: &BTreeSet<VisibleItem>) -> Vec<&'static str> {
    let mut columns = vec!["case", "outcome"];
    columns.extend(items.contains(&VisibleItem::Inputs).then_some("input"));
    if items.contains(&VisibleItem::Predictions) {
        columns.extend(["prediction", "evidence"]);
    }
    columns.extend(items.contains(&VisibleItem::Scores).then_some("score"));
    columns.extend(items.contains(&VisibleItem::Labels).then_some("label"));
    columns
}

fn cells(items: &BTreeSet<VisibleItem>, row: &CaseResult, case: &Case, expected: &Value) -> Vec<String> {
    let mut cells = vec![row.case.clone(), row.outcome.name().to_owned()];
    if items.contains(&VisibleItem::Inputs) {
        cells.push(input(case));
    }
    if items.contains(&VisibleItem::Predictions) {
        // The reason why an answer is invalid must not reveal the right one.
        let invalid = matches!(row.outcome, CaseOutcome::Invalid { .. }).then(|| row.outcome.describe());
        cells.push(row.answer.clone().unwrap_or_default());
        cells.push(row.evidence.clone().or(invalid).unwrap_or_default());
    }
    if items.contains(&VisibleItem::Scores) {
        let score = row.measure.as_ref().and_then(|measure| measure.score());
        cells.push(score.map(|score| score.to_f64().to_string()).unwrap_or_default());
    }
    if items.contains(&VisibleItem::Labels) {
        cells.push(exact_json::shown(expected));
    }
    cells
}

/// Returns the arguments of a row: a single one as it is, several as a list.
fn input(case: &Case) -> String {
    let arguments = case.data_to_json().unwrap_or_default();
    match arguments.as_array().map(Vec::as_slice) {
        Some([one]) => exact_json::shown(one),
        _ => exact_json::shown(&arguments),
    }
}

/// Appends a line of CSV.
fn line(text: &mut String, cells: impl IntoIterator<Item = String>) {
    for (index, cell) in cells.into_iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        if cell.contains([',', '"', '\n', '\r']) {
            text.push_str(&format!("\"{}\"", cell.replace('"', "\"\"")));
        } else {
            text.push_str(&cell);
        }
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use hyperspace_core::TreeId;
    use hyperspace_eval::scorer::{InvalidAnswer, Measure};

    use super::*;

    const TASK: &str = "[task]\nname = \"small\"\ntitle = \"t\"\ndescription = \"d\"\ndirection = \"maximize\"\n\
        [entry]\nmodule = \"task_agent\"\nfunction = \"f\"\n\
        [scorer]\nkind = \"rows\"\nmetric = \"label\"\npoints = { canary-one = 0, canary-two = 1 }\n\
        [rows]\nid = \"id\"\nexpected = \"y\"\ninput = { text = \"x\" }\n\
        [splits.train]\nfile = \"a.csv\"\n[splits.held-out]\nfile = \"b.csv\"\n[splits.test]\nfile = \"c.csv\"\n";
    const ROWS: &str = "id,x,y\nr1,secret question,canary-one\nr2,secret question,canary-two\n";

    fn task() -> Task {
        let files = [("task.toml", TASK), ("a.csv", ROWS), ("b.csv", ROWS), ("c.csv", ROWS)];
        Task::from_files(&hyperspace_testkit::file_set(&files), "small").unwrap()
    }

    fn evaluation(split: Split) -> Evaluation {
        let row = |case: &str, outcome, amount: u8, answer: Option<&str>| CaseResult {
            case: case.to_owned(),
            outcome,
            measure: Some(Measure::of(Score::integer(amount))),
            fuel: 1,
            evidence: None,
            answer: answer.map(str::to_owned),
            details: None,
        };
        let invalid = CaseOutcome::Invalid { evidence: InvalidAnswer::new("answer", "a text", "null") };
        Evaluation {
            task: "small".to_owned(),
            task_digest: String::new(),
            agent: TreeId::from_bytes([0; 32]),
            split,
            score: Score::ratio(1, 2),
            outcome: CaseOutcome::Scored,
            cases: vec![row("r1", CaseOutcome::Scored, 1, Some("one, \"1\"")), row("r2", invalid, 0, None)],
            fuel: 2,
        }
    }

    fn shown(policy: &str, split: Split) -> String {
        let mut visibility = VisibilityPolicy::default();
        if !policy.is_empty() {
            visibility.set(policy).unwrap();
        }
        let files = visible_files(&visibility, &task(), &evaluation(split));
        files
            .into_iter()
            .map(|(name, text)| format!("[{name}]{}", String::from_utf8(text).unwrap()))
            .collect()
    }

    #[test]
    fn every_item_is_shown_only_where_the_policy_says() {
        let check = |policy: &str, split: Split, seen: [bool; 3]| {
            let text = shown(policy, split);
            assert_eq!(text.contains("secret question"), policy.contains("inputs"), "{policy}");
            let scores = text.contains("score\n") || text.contains("\"score\"");
            let found = [text.contains("one, "), scores, text.contains("canary")];
            assert_eq!(found, seen, "{policy} {split}\n{text}");
        };
        check("", Split::Train, [true, true, false]);
        check("", Split::HeldOut, [false; 3]);
        check("", Split::Test, [false; 3]);
        check("train=nothing", Split::Train, [false; 3]);
        check("train=predictions", Split::Train, [true, false, false]);
        check("train=predictions,inputs", Split::Train, [true, false, false]);
        check("train=labels", Split::Train, [false, false, true]);
        check("held-out=scores", Split::HeldOut, [false, true, false]);
        check("held-out=scores", Split::Test, [false; 3]);
        check("test=predictions,scores,labels", Split::Test, [true, true, true]);
        assert_eq!(shown("train=nothing", Split::Train), "");
    }

    #[test]
    fn the_default_shows_predictions_and_scores_of_training_data() {
        let text = shown("", Split::Train);
        let table = text.split("[report.json]").next().unwrap();
        assert_eq!(
            table,
            "[predictions.csv]case,outcome,prediction,evidence,score\n\
             r1,scored,\"one, \"\"1\"\"\",,1\n\
             r2,invalid,,\"invalid: answer: expected a text, found null\",0\n"
        );
        let with_inputs = shown("train=inputs", Split::Train);
        let table =
            "[predictions.csv]case,outcome,input\nr1,scored,\"{\"\"text\"\":\"\"secret question\"\"}\"\n";
        assert!(with_inputs.starts_with(table), "{with_inputs}");
        assert!(!text.contains("accuracy_by_label") && text.contains("\"overall_accuracy\":0.0"), "{text}");
    }
}
