//! What a meta agent may see of evaluations, per split, and the files that show it.
//!
//! | item | shows |
//! |---|---|
//! | `predictions` | what was answered to each row, or why there is no answer |
//! | `scores` | the score of each row and of the whole |
//! | `labels` | the right answers, and precision and recall of each label |
//!
//! The default shows predictions and scores of training data, and nothing of held-out and test data. A folder of an
//! evaluation has `report.json`, if scores are visible, and `predictions.csv`, if the task has rows. Invariant: a file is
//! made of the items that the policy names for its split, and of names of rows and outcomes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use hyperspace_eval::{CaseOutcome, CaseResult, ClassificationReport, Evaluation, Score, Split, Task};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use thiserror::Error;

/// Something of an evaluation that can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Item {
    /// What was answered.
    Predictions,
    /// What it was worth.
    Scores,
    /// What would have been right.
    Labels,
}

impl Item {
    /// The name, as on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Predictions => "predictions",
            Self::Scores => "scores",
            Self::Labels => "labels",
        }
    }
}

/// What a meta agent may see, per split; see the module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Visibility {
    /// Of training data.
    pub train: BTreeSet<Item>,
    /// Of held-out data.
    pub held_out: BTreeSet<Item>,
    /// Of test data.
    pub test: BTreeSet<Item>,
}

impl Default for Visibility {
    fn default() -> Self {
        Self {
            train: [Item::Predictions, Item::Scores].into(),
            held_out: BTreeSet::new(),
            test: BTreeSet::new(),
        }
    }
}

/// A text that is no policy for a split.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{text:?} is no visibility; expected SPLIT=ITEMS such as train=predictions,scores, with train, held-out or test and with \
     nothing, or any of predictions, scores and labels"
)]
pub struct ParseVisibilityError {
    text: String,
}

impl Visibility {
    /// What is visible of a split. Of several together, what is visible of all of them.
    #[must_use]
    pub fn of(&self, split: Split) -> BTreeSet<Item> {
        match split {
            Split::Train => self.train.clone(),
            Split::HeldOut => self.held_out.clone(),
            Split::Test => self.test.clone(),
            Split::All => &self.train & &self.held_out,
        }
    }

    /// Sets the policy of one split from `train=predictions,scores`.
    ///
    /// # Errors
    ///
    /// [`ParseVisibilityError`] for anything else.
    pub fn set(&mut self, text: &str) -> Result<(), ParseVisibilityError> {
        let error = || ParseVisibilityError { text: text.chars().take(80).collect() };
        let (split, items) = text.split_once('=').ok_or_else(error)?;
        let all = [Item::Predictions, Item::Scores, Item::Labels];
        let item = |name: &str| all.into_iter().find(|item| item.name() == name).ok_or_else(error);
        let items = match items {
            "nothing" => BTreeSet::new(),
            items => items.split(',').map(item).collect::<Result<_, _>>()?,
        };
        match Split::from_str(split).map_err(|_| error())? {
            Split::Train => self.train = items,
            Split::HeldOut => self.held_out = items,
            Split::Test => self.test = items,
            Split::All => return Err(error()),
        }
        Ok(())
    }
}

impl fmt::Display for Visibility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let splits =
            [(Split::Train, &self.train), (Split::HeldOut, &self.held_out), (Split::Test, &self.test)];
        for (index, (split, items)) in splits.into_iter().enumerate() {
            let names: Vec<&str> = items.iter().map(|item| item.name()).collect();
            let names = if names.is_empty() { "nothing".to_owned() } else { names.join(",") };
            write!(f, "{}{split}={names}", if index == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

/// The files that show an evaluation under a policy, by name; none if nothing of its split is visible.
#[must_use]
pub fn files(policy: &Visibility, task: &Task, evaluation: &Evaluation) -> BTreeMap<&'static str, Vec<u8>> {
    let items = policy.of(evaluation.split);
    let mut files = BTreeMap::new();
    if items.contains(&Item::Scores) {
        files.insert("report.json", report(&items, task, evaluation).to_string().into_bytes());
    }
    let cases = task.cases(evaluation.split);
    let rows = cases.iter().all(|case| case.expected.is_some());
    if rows && !items.is_empty() {
        let mut text = String::new();
        line(&mut text, header(&items).into_iter().map(str::to_owned));
        for (row, case) in evaluation.cases.iter().zip(cases.iter()) {
            let Some(expected) = &case.expected else { continue };
            line(&mut text, cells(&items, row, expected));
        }
        files.insert("predictions.csv", text.into_bytes());
    }
    files
}

fn report(items: &BTreeSet<Item>, task: &Task, evaluation: &Evaluation) -> Value {
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
        if items.contains(&Item::Labels) {
            report["accuracy_by_label"] = whole["accuracy_by_label"].clone();
        }
    }
    report
}

fn header(items: &BTreeSet<Item>) -> Vec<&'static str> {
    let mut columns = vec!["case", "outcome"];
    if items.contains(&Item::Predictions) {
        columns.extend(["prediction", "evidence"]);
    }
    columns.extend(items.contains(&Item::Scores).then_some("score"));
    columns.extend(items.contains(&Item::Labels).then_some("label"));
    columns
}

fn cells(items: &BTreeSet<Item>, row: &CaseResult, expected: &Value) -> Vec<String> {
    let mut cells = vec![row.case.clone(), row.outcome.name().to_owned()];
    if items.contains(&Item::Predictions) {
        // What is wrong with an answer is told without what would have been right.
        let invalid = matches!(row.outcome, CaseOutcome::Invalid { .. }).then(|| row.outcome.describe());
        cells.push(row.answer.clone().unwrap_or_default());
        cells.push(row.evidence.clone().or(invalid).unwrap_or_default());
    }
    if items.contains(&Item::Scores) {
        let score = row.measure.as_ref().and_then(|measure| measure.score());
        cells.push(score.map(|score| score.to_f64().to_string()).unwrap_or_default());
    }
    if items.contains(&Item::Labels) {
        cells.push(expected.as_str().map_or_else(|| expected.to_string(), str::to_owned));
    }
    cells
}

/// A line of CSV.
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
    const ROWS: &str = "id,x,y\nr1,q,canary-one\nr2,q,canary-two\n";

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
        let mut visibility = Visibility::default();
        if !policy.is_empty() {
            visibility.set(policy).unwrap();
        }
        let files = files(&visibility, &task(), &evaluation(split));
        files
            .into_iter()
            .map(|(name, text)| format!("[{name}]{}", String::from_utf8(text).unwrap()))
            .collect()
    }

    #[test]
    fn every_item_is_shown_only_where_the_policy_says() {
        let check = |policy: &str, split: Split, seen: [bool; 3]| {
            let text = shown(policy, split);
            let scores = text.contains("score\n") || text.contains("\"score\"");
            let found = [text.contains("one, "), scores, text.contains("canary")];
            assert_eq!(found, seen, "{policy} {split}\n{text}");
        };
        check("", Split::Train, [true, true, false]);
        check("", Split::HeldOut, [false; 3]);
        check("", Split::Test, [false; 3]);
        check("train=nothing", Split::Train, [false; 3]);
        check("train=predictions", Split::Train, [true, false, false]);
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
        assert!(!text.contains("accuracy_by_label") && text.contains("\"overall_accuracy\":0.0"), "{text}");
    }

    #[test]
    fn policies_are_read_and_shown() {
        let mut policy = Visibility::default();
        assert_eq!(policy.to_string(), "train=predictions,scores held-out=nothing test=nothing");
        policy.set("held-out=labels,scores").unwrap();
        policy.set("train=nothing").unwrap();
        assert_eq!(policy.to_string(), "train=nothing held-out=scores,labels test=nothing");
        for text in ["", "train", "train=", "train=all", "all=scores", "val=scores", "train=scores, labels"] {
            assert!(policy.set(text).is_err(), "{text}");
        }
        let value = serde_json::to_value(&policy).unwrap();
        assert_eq!(serde_json::from_value::<Visibility>(value).unwrap(), policy);
    }
}
