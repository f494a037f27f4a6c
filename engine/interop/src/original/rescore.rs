//! Replays the scoring of an imported run: measures its predictions again and compares.
//!
//! The rule is the one that the run states (`hyperspace.scoring` in `run_config.json`), or else that of the task imo-grading,
//! which is the original's. Per evaluation the report is compared first, then the score in `metadata.json`: the report's
//! accuracy if all rows were asked, otherwise scaled by the share of the rows that were. Numbers are equal if they agree to
//! twelve digits, as Python rounds a quotient of quotients twice where ours is exact.
//!
//! Labels come from `predictions.csv` itself: this shows that predictions and scores belong together, not that a label is right.

use std::collections::BTreeMap;

use hyperspace_core::{FileSet, RecordId, RelPath, Store, canon};
use hyperspace_eval::scorer::{Measure, total};
use hyperspace_eval::{ClassificationReport, RowScoring, Score, Split, Task};
use serde::Serialize;
use serde_json::{Value, json};

use super::check::same;
use super::csv::{self, OUTCOME, PREDICTION, Table};
use super::directory::{AgentFolder, EvaluationFolder, Generation, PREDICTIONS, Problem, read};
use super::error::LayoutError;
use super::import::{load_imported_generation, load_imported_run};

/// What scoring again came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rescoring {
    /// The imported run.
    pub run: RecordId,
    /// Every evaluation with predictions, in order of agent, generation and split.
    pub evaluations: Vec<Rescored>,
    /// What could not be scored, and why.
    pub unscored: Vec<Problem>,
}

impl Rescoring {
    /// How many evaluations differ from what was recorded.
    #[must_use]
    pub fn differences(&self) -> usize {
        self.evaluations.iter().filter(|one| one.difference.is_some()).count()
    }
}

/// One evaluation, scored again.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rescored {
    /// Index of the agent.
    pub agent: u64,
    /// The generation; none for the evaluation on test data.
    pub generation: Option<u64>,
    /// The data.
    pub split: Split,
    /// The folder of the evaluation.
    pub folder: String,
    /// Whether only the first stage was asked.
    pub staged: bool,
    /// Rows.
    pub rows: u64,
    /// The score that comes out; none if no row was answered.
    pub score: Option<f64>,
    /// The report that comes out.
    pub report: Option<Value>,
    /// The first difference from what was recorded: place, recorded, and what comes out.
    pub difference: Option<(String, Value, Value)>,
}

/// Scores an imported run again, or one generation of it.
///
/// # Errors
///
/// [`LayoutError`]; a score that differs is no error.
pub fn rescore(store: &Store, run: &RecordId, only: Option<&RecordId>) -> Result<Rescoring, LayoutError> {
    let record = load_imported_run(store, run)?;
    let only = only.map(|id| load_imported_generation(store, id)).transpose()?;
    let directory = read(store.get_files(&record.files)?)?;
    let files = &directory.files;
    let mut found = Rescoring { run: *run, evaluations: Vec::new(), unscored: Vec::new() };
    for (index, agent) in (0..).zip(&directory.agents) {
        if only.as_ref().is_some_and(|only| only.agent != index) {
            continue;
        }
        let scorer = Scorer { files, index, scoring: scoring(agent)?, rows: rows(agent, files) };
        for generation in &agent.generations {
            if only.as_ref().is_none_or(|only| only.number == generation.number) {
                for evaluation in &generation.evaluations {
                    scorer.evaluation(evaluation, Some(generation), &mut found);
                }
            }
        }
        if let Some(test) = agent.test.as_ref().filter(|_| only.is_none()) {
            scorer.evaluation(test, None, &mut found);
        }
    }
    Ok(found)
}

/// The rule of an agent's run.
fn scoring(agent: &AgentFolder) -> Result<RowScoring, LayoutError> {
    let stated = agent.config.as_ref().map(|config| &config["hyperspace"]["scoring"]);
    let stated = stated.and_then(|stated| canon::from_value::<RowScoring>(stated).ok());
    // Larger points than a task may have cannot have come from one.
    let usable = |scoring: &RowScoring| {
        let points = scoring.points.iter().flat_map(BTreeMap::values);
        points.into_iter().all(|worth| worth.unsigned_abs() <= 1_000_000)
    };
    if let Some(stated) = stated.filter(usable) {
        return Ok(stated);
    }
    let original = "imo-grading";
    let found = RowScoring::of_files(&Task::bundled_files(original)?, original)?;
    found.ok_or_else(|| LayoutError::record(format!("task {original}"), "it has no rows"))
}

fn table(evaluation: &EvaluationFolder, files: &FileSet) -> Option<Table> {
    let path = RelPath::new(&format!("{}{PREDICTIONS}", evaluation.folder)).ok()?;
    evaluation.predictions.then(|| files.get(&path).map(|content| csv::read(content))).flatten()
}

/// Rows of each split, as the run states or as its largest whole evaluation has.
fn rows(agent: &AgentFolder, files: &FileSet) -> BTreeMap<Split, u64> {
    let stated = agent.config.as_ref().map(|config| config["hyperspace"]["rows"].clone()).unwrap_or_default();
    let mut rows = BTreeMap::new();
    for split in [Split::Train, Split::HeldOut] {
        let whole = agent.generations.iter().flat_map(|generation| &generation.evaluations);
        let whole = whole.filter(|one| one.split == split && !one.staged);
        let count = |one: &EvaluationFolder| table(one, files).map_or(0, |table| table.rows.len() as u64);
        let known = stated[split.name()].as_u64().or_else(|| whole.map(count).max());
        rows.extend(known.filter(|count| *count > 0).map(|count| (split, count)));
    }
    rows
}

struct Scorer<'a> {
    files: &'a FileSet,
    index: u64,
    scoring: RowScoring,
    rows: BTreeMap<Split, u64>,
}

impl Scorer<'_> {
    fn evaluation(&self, one: &EvaluationFolder, generation: Option<&Generation>, found: &mut Rescoring) {
        let file = format!("{}{PREDICTIONS}", one.folder);
        let mut unscored = |place: Option<String>, what: String| {
            found.unscored.push(Problem { file: file.clone(), place, what });
        };
        let Some(table) = table(one, self.files) else {
            return unscored(None, "there are no predictions to score".to_owned());
        };
        let Some(expected) = table.column(&self.scoring.expected) else {
            let what = format!("expected a column {:?} with the right answers", self.scoring.expected);
            return unscored(Some("header line".to_owned()), what);
        };
        let answer = table.column(PREDICTION).unwrap_or_default();
        let outcome = table.column(OUTCOME);
        let (mut pairs, mut measures) = (Vec::new(), Vec::new());
        for (line, cells) in &table.rows {
            let answered = match outcome {
                Some(outcome) => cells[outcome] == "scored",
                None => !cells[answer].is_empty(),
            };
            let given = answered.then_some(cells[answer].as_str());
            pairs.push((given, cells[expected].as_str()));
            match given.map(|given| self.scoring.measure(given, &cells[expected])) {
                None => measures.push(None),
                Some(Ok(measure)) => measures.push(Some(measure)),
                Some(Err(error)) => return unscored(Some(format!("line {line}")), error.to_string()),
            }
        }
        let report =
            self.scoring.points.as_ref().map(|points| ClassificationReport::of_pairs(points, &pairs));
        let score = self.score(one, report.as_ref(), &measures);
        let report = match (&report, &score) {
            (Some(report), _) => Some(report.to_json()),
            (None, Some(score)) => Some(json!({"score": score.to_f64(), "total": table.rows.len()})),
            (None, None) => None,
        };
        let score = score.as_ref().map(Score::to_f64);
        let difference = self.difference(one, generation, report.as_ref(), score);
        found.evaluations.push(Rescored {
            agent: self.index,
            generation: generation.map(|generation| generation.number),
            split: one.split,
            folder: one.folder.clone(),
            staged: one.staged,
            rows: table.rows.len() as u64,
            score,
            report,
            difference,
        });
    }

    /// The score that the generation has for these rows: of the first stage alone, scaled to all rows.
    fn score(
        &self,
        one: &EvaluationFolder,
        report: Option<&ClassificationReport>,
        measures: &[Option<Measure>],
    ) -> Option<Score> {
        let raw = match report {
            Some(report) if report.total > 0 => report.accuracy.clone(),
            Some(_) => return None,
            None => {
                let zero = || Measure::of(Score::zero());
                let measures: Vec<_> = measures.iter().map(|one| one.clone().unwrap_or_else(zero)).collect();
                total(&measures)?
            }
        };
        if !one.staged {
            return Some(raw);
        }
        // The original scales by the rows of the validation data, whatever the split.
        let all = self.rows.get(&one.split).or_else(|| self.rows.get(&Split::HeldOut))?;
        Some(&raw * &Score::ratio(measures.len() as u64, *all)?)
    }

    fn difference(
        &self,
        one: &EvaluationFolder,
        generation: Option<&Generation>,
        report: Option<&Value>,
        score: Option<f64>,
    ) -> Option<(String, Value, Value)> {
        let of_report = one.report.as_ref().zip(report);
        let first = of_report.and_then(|(recorded, again)| differs("report.json", recorded, again));
        if first.is_some() {
            return first;
        }
        let generation = generation?;
        let whole = |other: &EvaluationFolder| other.split == one.split && !other.staged && other.predictions;
        let lost = one.folder.contains("/lost/");
        if lost || (one.staged && generation.evaluations.iter().any(whole)) {
            return None;
        }
        let (field, recorded) = match one.split {
            Split::Train => ("train_score", generation.metadata.train_score),
            _ => ("val_score", generation.metadata.val_score),
        };
        let (recorded, again) = (recorded?, score?);
        let place = format!("metadata.json.{field}");
        (!same(recorded, again)).then(|| (place, recorded.into(), again.into()))
    }
}

/// The first number below `path` that differs. Keys that only the recorded side has are none of ours.
fn differs(path: &str, recorded: &Value, again: &Value) -> Option<(String, Value, Value)> {
    if let (Some(recorded), Some(again)) = (recorded.as_object(), again.as_object()) {
        return again.iter().find_map(|(key, again)| {
            differs(&format!("{path}.{key}"), recorded.get(key).unwrap_or(&Value::Null), again)
        });
    }
    let equal = match (recorded.as_f64(), again.as_f64()) {
        (Some(recorded), Some(again)) => same(recorded, again),
        _ => recorded == again,
    };
    (!equal).then(|| (path.to_owned(), recorded.clone(), again.clone()))
}
