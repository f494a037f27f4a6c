//! The report of an evaluation with labels: accuracy, distance in points, and precision and recall of every label.
//!
//! All numbers are exact until [`ClassificationReport::to_json`], whose keys are those of hyperagents' `report.json`. Labels are compared
//! ignoring case and surrounding white space.

use std::collections::BTreeMap;

use hyperspace_core::exact_json;
use serde_json::{Value, json};

use crate::evaluation::Evaluation;
use crate::score::Score;
use crate::scorer::rows::label;
use crate::task::Task;

/// Accuracy, distance in points, and precision and recall of every label; see the [formulas](ClassificationReport::of_pairs).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassificationReport {
    /// Right answers over all cases.
    pub accuracy: Score,
    /// Mean distance between answer and label, from 0 to 1.
    pub normalized_mae: Score,
    /// Right answers.
    pub correct: u64,
    /// Cases.
    pub total: u64,
    /// Every label of the task.
    pub labels: BTreeMap<String, LabelReport>,
}

/// The numbers of one label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelReport {
    /// Right answers over answers with this label.
    pub precision: Score,
    /// Right answers over cases with this label.
    pub recall: Score,
    /// Right answers.
    pub correct: u64,
    /// Cases.
    pub total: u64,
}

fn share(part: u64, whole: u64) -> Score {
    Score::ratio(part, whole).unwrap_or_else(Score::zero)
}

impl ClassificationReport {
    /// Computes the report of pairs of an answer, if there is one, and the right label. `points` is the worth of each label.
    ///
    /// Accuracy = right answers / cases. Normalised mean absolute error = mean of |points of the answer − points of the label| over the
    /// largest distance between two labels, which is also the distance of an answer that is not a label. Precision and recall of a label
    /// = right answers over answers, and over cases, with that label; 0 if there are none.
    #[must_use]
    pub fn of_pairs(points: &BTreeMap<String, i64>, pairs: &[(Option<&str>, &str)]) -> Self {
        let largest =
            points.values().max().zip(points.values().min()).map_or(0, |(max, min)| max.abs_diff(*min));
        let (mut correct, mut distance) = (0, 0);
        let mut counts: BTreeMap<&str, [u64; 3]> =
            points.keys().map(|name| (name.as_str(), [0; 3])).collect();
        for (answer, expected) in pairs {
            let (answer, expected) = (answer.map(label), label(expected));
            let right = answer.as_ref() == Some(&expected);
            correct += u64::from(right);
            let worth = |name: &String| points.get(name).copied();
            let both = answer.as_ref().and_then(worth).zip(worth(&expected));
            distance += both.map_or(largest, |(a, b)| a.abs_diff(b));
            if let Some([_, answers, _]) = answer.as_deref().and_then(|name| counts.get_mut(name)) {
                *answers += 1;
            }
            if let Some([hits, _, rows]) = counts.get_mut(expected.as_str()) {
                *rows += 1;
                *hits += u64::from(right);
            }
        }
        let total = pairs.len() as u64;
        let labels = counts.into_iter().map(|(name, [hits, answers, rows])| {
            let (precision, recall) = (share(hits, answers), share(hits, rows));
            (name.to_owned(), LabelReport { precision, recall, correct: hits, total: rows })
        });
        let normalized_mae = Score::ratio(distance, u128::from(total) * u128::from(largest));
        Self {
            accuracy: share(correct, total),
            normalized_mae: normalized_mae.unwrap_or_else(Score::zero),
            correct,
            total,
            labels: labels.collect(),
        }
    }

    /// Computes the report of the cases that were asked; `None` if the labels of the task have no points.
    #[must_use]
    pub fn of(task: &Task, evaluation: &Evaluation) -> Option<Self> {
        let points = task.points()?;
        let cases = task.cases(evaluation.split);
        let mut pairs = Vec::new();
        for (result, case) in evaluation.with_cases(&cases) {
            pairs.push((result.answer.as_deref(), exact_json::as_text(case.expected.as_ref()?)?));
        }
        Some(Self::of_pairs(points, &pairs))
    }

    /// Returns the report as JSON, its fractions as the nearest doubles.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let labels: serde_json::Map<String, Value> = self
            .labels
            .iter()
            .map(|(name, one)| {
                let (precision, recall) = (one.precision.to_f64(), one.recall.to_f64());
                let value = json!({
                    "precision": precision, "recall": recall, "correct": one.correct, "total": one.total,
                });
                (name.clone(), value)
            })
            .collect();
        json!({
            "overall_accuracy": self.accuracy.to_f64(),
            "normalized_mean_absolute_error": self.normalized_mae.to_f64(),
            "total_correct": self.correct,
            "total": self.total,
            "accuracy_by_label": labels,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted_by_label_and_distance() {
        let points = BTreeMap::from([("no".to_owned(), 0), ("half".to_owned(), 1), ("yes".to_owned(), 7)]);
        let pairs = [
            (Some(" Yes"), "yes"),
            (Some("half"), "Yes"),
            (Some("maybe"), "no"),
            (None, "half"),
            (Some("no"), "no"),
        ];
        let report = ClassificationReport::of_pairs(&points, &pairs);
        assert_eq!((report.correct, report.total, &report.accuracy), (2, 5, &Score::ratio(2, 5).unwrap()));
        assert_eq!(report.normalized_mae, Score::ratio(6 + 7 + 7, 35).unwrap());
        let half = Score::ratio(1, 2).unwrap();
        let of = |precision: &Score, recall: &Score, correct, total| LabelReport {
            precision: precision.clone(),
            recall: recall.clone(),
            correct,
            total,
        };
        assert_eq!(report.labels["yes"], of(&Score::one(), &half, 1, 2));
        assert_eq!(report.labels["half"], of(&Score::zero(), &Score::zero(), 0, 1));
        assert_eq!(report.labels["no"], of(&Score::one(), &half, 1, 2));
        let empty = ClassificationReport::of_pairs(&points, &[]);
        assert!(empty.accuracy.is_zero() && empty.normalized_mae.is_zero() && empty.total == 0);
    }
}
