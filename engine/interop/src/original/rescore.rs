//! Scores the predictions of an imported run again, and compares the results.
//!
//! The rule is that of the run (`hyperspace.scoring` in `run_config.json`), or else that of the task imo-grading, which is the
//! original's. For each evaluation, the report is compared first, and then the scores in `metadata.json`: the report's accuracy
//! if all rows were evaluated, otherwise scaled by the share of rows that were. Numbers are equal if they agree to twelve digits,
//! because Python rounds a quotient of quotients twice where ours is exact.
//!
//! Labels come from `predictions.csv` itself: a result without differences shows that predictions and scores belong together,
//! not that a label is right.

use std::collections::BTreeMap;

use hyperspace_core::{FileSet, RecordId, RelPath, canon};
use hyperspace_eval::scorer::{Measure, total};
use hyperspace_eval::{ClassificationReport, RowScoring, Score, Split, Task};
use hyperspace_evolve::TournamentSide;
use hyperspace_store::Store;
use serde::Serialize;
use serde_json::{Value, json};

use super::check::{counts, same};
use super::folder::{AgentFolder, EvaluationFolder, GenerationFolder, PREDICTIONS};
use super::imported::{load_imported_generation, load_imported_run};
use super::predictions::{self, OUTCOME, PREDICTION, PredictionTable};
use super::read::read;
use crate::defect::Defect;
use crate::error::InteropError;

/// The result of scoring a run again.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RescoreReport {
    /// The imported run.
    pub run: RecordId,
    /// Every evaluation with predictions, in order of agent, generation and split.
    pub evaluations: Vec<RescoredEvaluation>,
    /// Evaluations that could not be scored, with the reason.
    pub unscored: Vec<Defect>,
}

impl RescoreReport {
    /// Returns the number of evaluations that differ from the recorded ones.
    #[must_use]
    pub fn differences(&self) -> usize {
        self.evaluations.iter().filter(|one| !one.differences.is_empty()).count()
    }
}

/// One evaluation, scored again.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RescoredEvaluation {
    /// Index of the agent in the run.
    pub agent: u64,
    /// Number of the generation; `None` for the evaluation on test data.
    pub generation: Option<u64>,
    /// The evaluated split.
    pub split: Split,
    /// Path of the evaluation's folder, ending in a slash.
    pub folder: String,
    /// True for an evaluation of only the first stage.
    pub staged: bool,
    /// Number of rows.
    pub rows: u64,
    /// The new score; `None` if no row has an answer.
    pub score: Option<f64>,
    /// The new report.
    pub report: Option<Value>,
    /// Every difference from the recorded evaluation.
    pub differences: Vec<ScoreDifference>,
}

/// A number that differs between a recorded evaluation and the new one. Serialises as `[place, recorded, replayed]`.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreDifference {
    /// File and field.
    pub place: String,
    /// The recorded value.
    pub recorded: Value,
    /// The new value.
    pub replayed: Value,
}

impl Serialize for ScoreDifference {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.place, &self.recorded, &self.replayed).serialize(serializer)
    }
}

/// Scores an imported run again, or only its generation `only`.
///
/// # Errors
///
/// [`InteropError`]. A differing score is not an error.
pub fn rescore(
    store: &Store,
    run: &RecordId,
    only: Option<&RecordId>,
) -> Result<RescoreReport, InteropError> {
    let record = load_imported_run(store, run)?;
    let only = only.map(|id| load_imported_generation(store, id)).transpose()?;
    let folder = read(store.get_files(&record.files)?)?;
    let files = &folder.files;
    let mut found = RescoreReport { run: *run, evaluations: Vec::new(), unscored: Vec::new() };
    for (index, agent) in (0..).zip(&folder.agents) {
        if only.as_ref().is_some_and(|only| only.agent != index) {
            continue;
        }
        let scorer = Rescorer { files, index, scoring: scoring(agent)?, rows: rows(agent, files) };
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

/// Returns the scoring rule of an agent's run.
fn scoring(agent: &AgentFolder) -> Result<RowScoring, InteropError> {
    let stated = agent.config.as_ref().map(|config| &config["hyperspace"]["scoring"]);
    let stated = stated.and_then(|stated| canon::from_value::<RowScoring>(stated).ok());
    // No task has more points than these.
    let usable = |scoring: &RowScoring| {
        let points = scoring.points.iter().flat_map(BTreeMap::values);
        points.into_iter().all(|worth| worth.unsigned_abs() <= 1_000_000)
    };
    if let Some(stated) = stated.filter(usable) {
        return Ok(stated);
    }
    let original = "imo-grading";
    let found = RowScoring::of_files(&Task::bundled_files(original)?, original)?;
    found.ok_or_else(|| InteropError::record(format!("task {original}"), "it has no rows"))
}

fn table(evaluation: &EvaluationFolder, files: &FileSet) -> Option<PredictionTable> {
    let path = RelPath::new(&format!("{}{PREDICTIONS}", evaluation.folder)).ok()?;
    evaluation.predictions.then(|| files.get(&path).map(|content| predictions::read(content))).flatten()
}

/// Returns the number of rows of each split: the stated number, or else that of the largest complete evaluation.
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

/// Scores the evaluations of one agent.
struct Rescorer<'a> {
    files: &'a FileSet,
    index: u64,
    scoring: RowScoring,
    rows: BTreeMap<Split, u64>,
}

impl Rescorer<'_> {
    fn evaluation(
        &self,
        one: &EvaluationFolder,
        generation: Option<&GenerationFolder>,
        found: &mut RescoreReport,
    ) {
        let file = format!("{}{PREDICTIONS}", one.folder);
        let mut unscored = |place: Option<String>, what: String| {
            found.unscored.push(Defect { file: file.clone(), place, what });
        };
        let Some(table) = table(one, self.files) else {
            return unscored(None, "no predictions to score".to_owned());
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
        let differences = self.differences(one, generation, report.as_ref(), score);
        found.evaluations.push(RescoredEvaluation {
            agent: self.index,
            generation: generation.map(|generation| generation.number),
            split: one.split,
            folder: one.folder.clone(),
            staged: one.staged,
            rows: table.rows.len() as u64,
            score,
            report,
            differences,
        });
    }

    /// Returns the score of these rows. The score of only a first stage is scaled to all rows.
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
        // The original scales by the number of rows of the validation data, whatever the split.
        let all = self.rows.get(&one.split).or_else(|| self.rows.get(&Split::HeldOut))?;
        Some(&raw * &Score::ratio(measures.len() as u64, *all)?)
    }

    /// Returns all differences of an evaluation: those of the report, then those of the scores in the metadata.
    fn differences(
        &self,
        one: &EvaluationFolder,
        generation: Option<&GenerationFolder>,
        report: Option<&Value>,
        score: Option<f64>,
    ) -> Vec<ScoreDifference> {
        let mut found = Vec::new();
        if let Some((recorded, again)) = one.report.as_ref().zip(report) {
            differs("report.json", recorded, again, &mut found);
        }
        let whole = |other: &EvaluationFolder| {
            other.split == one.split
                && other.contestant == one.contestant
                && !other.staged
                && other.predictions
                && !other.folder.contains("/lost/")
        };
        let Some(generation) = generation else { return found };
        if one.folder.contains("/lost/") || (one.staged && generation.evaluations.iter().any(whole)) {
            return found;
        }
        for (field, recorded) in recorded_scores(one, generation) {
            if let (Some(recorded), Some(again)) = (recorded, score)
                && !same(recorded, again)
            {
                let place = format!("metadata.json.{field}");
                found.push(ScoreDifference { place, recorded: recorded.into(), replayed: again.into() });
            }
        }
        found
    }
}

/// Returns the fields of the metadata that state the score of an evaluation, with their values.
fn recorded_scores(
    one: &EvaluationFolder,
    generation: &GenerationFolder,
) -> Vec<(&'static str, Option<f64>)> {
    let metadata = &generation.metadata;
    let mut fields = Vec::new();
    match (one.contestant, metadata.tournament) {
        (Some(side), Some(tournament)) if one.split == Split::Train => {
            let field = match side {
                TournamentSide::Blind => "blind_score",
                TournamentSide::Directed => "directed_score",
            };
            fields.push((field, tournament.score(side)));
        }
        _ => {}
    }
    if counts(generation, one, one.split) {
        fields.push(match one.split {
            Split::Train => ("train_score", metadata.train_score),
            _ => ("val_score", metadata.val_score),
        });
    }
    fields
}

/// Key of the measures of each label in a report.
const LABELS: &str = "accuracy_by_label";

/// Collects the values below `path` that differ. Keys that only the recorded side has are ignored, and a label that does not
/// occur equals one that is absent: the original lists only the labels of the right answers.
fn differs(path: &str, recorded: &Value, again: &Value, found: &mut Vec<ScoreDifference>) {
    if let (Some(recorded), Some(again)) = (recorded.as_object(), again.as_object()) {
        let labels = path.ends_with(LABELS);
        let occurs = |label: &Value| label["total"] != json!(0);
        for (key, again) in again {
            match recorded.get(key) {
                None if labels && !occurs(again) => {}
                recorded => differs(&format!("{path}.{key}"), recorded.unwrap_or(&Value::Null), again, found),
            }
        }
        if labels {
            let unknown = recorded.iter().filter(|(key, label)| !again.contains_key(*key) && occurs(label));
            found.extend(unknown.map(|(key, recorded)| ScoreDifference {
                place: format!("{path}.{key}"),
                recorded: recorded.clone(),
                replayed: Value::Null,
            }));
        }
        return;
    }
    let equal = match (recorded.as_f64(), again.as_f64()) {
        (Some(recorded), Some(again)) => same(recorded, again),
        _ => recorded == again,
    };
    if !equal {
        let (recorded, replayed) = (recorded.clone(), again.clone());
        found.push(ScoreDifference { place: path.to_owned(), recorded, replayed });
    }
}
