//! Facts that an evaluator in Python reported for each case, as far as the run's visibility policy shows them: for
//! `evaluator.json`, and as lines.

use std::collections::BTreeSet;

use hyperspace_core::text_end;
use hyperspace_eval::{Artifact, CaseOutcome, Evaluation, Score, Split};
use serde_json::{Value, json};

use crate::record::visibility::VisibleItem;

/// Maximum number of cases shown as lines.
const CASES_MAX: usize = 4;
/// Maximum number of metrics, and of artifacts, of one case in lines.
const ITEMS_MAX: usize = 12;
/// Maximum number of characters of one text in a line.
const TEXT_CHARS_MAX: usize = 600;

/// Returns the facts that an evaluator in Python reported for each case, as far as they are visible; `None` for other tasks.
pub(super) fn told(items: &BTreeSet<VisibleItem>, evaluation: &Evaluation) -> Option<Value> {
    let artifacts = items.contains(&VisibleItem::Artifacts) && evaluation.split == Split::Train;
    let mut cases = Vec::new();
    for row in &evaluation.cases {
        let details = row.details.as_ref()?;
        let mut case = json!({"case": row.case, "outcome": row.outcome.name()});
        if items.contains(&VisibleItem::Scores) {
            let metrics = details.metrics.iter().map(|(name, score)| (name.clone(), json!(score.to_f64())));
            case["metrics"] = Value::Object(metrics.collect());
            case["notes"] = json!(details.notes);
            case["program_fuel"] = json!(details.program_fuel);
            case["fuel"] = json!(row.fuel);
        }
        if items.contains(&VisibleItem::Predictions) {
            case["program_printed"] = json!(details.program_printed);
            if matches!(row.outcome, CaseOutcome::Failed { .. }) {
                case["evidence"] = json!(row.evidence);
            }
        }
        if artifacts {
            case["artifacts"] = json!(details.artifacts);
            case["evaluator_printed"] = json!(details.evaluator_printed);
        }
        cases.push(case);
    }
    (!items.is_empty() && !cases.is_empty()).then_some(Value::Array(cases))
}

/// Returns the same for the first few cases, as lines of a prompt.
pub(super) fn told_lines(items: &BTreeSet<VisibleItem>, evaluation: &Evaluation) -> Vec<String> {
    let artifacts = items.contains(&VisibleItem::Artifacts) && evaluation.split == Split::Train;
    let mut lines = Vec::new();
    for row in evaluation.cases.iter().take(CASES_MAX) {
        let Some(details) = &row.details else { continue };
        let mut say = |what: &str, text: &str| {
            let text = text_end(text.trim_end(), TEXT_CHARS_MAX);
            if !text.trim().is_empty() {
                lines.push(format!("Case {}: {what}: {text}", row.case));
            }
        };
        if items.contains(&VisibleItem::Scores) {
            let shown = |(name, score): (&String, &Score)| format!("{name} = {}", score.to_f64());
            let metrics: Vec<String> = details.metrics.iter().take(ITEMS_MAX).map(shown).collect();
            say("metrics", &metrics.join(", "));
            details.notes.iter().for_each(|note| say("note", note));
        }
        if items.contains(&VisibleItem::Predictions) {
            say("the program printed", &details.program_printed);
        }
        if artifacts {
            say("the evaluator printed", &details.evaluator_printed);
            for (name, artifact) in details.artifacts.iter().take(ITEMS_MAX) {
                if let Artifact::Text(text) = artifact {
                    say(name, text);
                }
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use hyperspace_core::TreeId;
    use hyperspace_eval::{CaseDetails, CaseResult};

    use super::*;

    fn evaluation(split: Split) -> Evaluation {
        let mut details = CaseDetails::default();
        details.metrics.insert("speed".to_owned(), Score::integer(3_u64));
        details.artifacts.insert("worst".to_owned(), Artifact::Text("label-canary".to_owned()));
        details.program_printed = "program-canary".to_owned();
        details.evaluator_printed = "evaluator-canary".to_owned();
        let case = CaseResult {
            case: "one".to_owned(),
            outcome: CaseOutcome::Scored,
            measure: None,
            fuel: 7,
            evidence: None,
            answer: None,
            details: Some(details),
        };
        Evaluation {
            task: "t".to_owned(),
            task_digest: String::new(),
            agent: TreeId::from_bytes([0; 32]),
            split,
            score: None,
            outcome: CaseOutcome::Scored,
            cases: vec![case],
            fuel: 7,
        }
    }

    #[test]
    fn each_item_is_told_only_where_the_policy_shows_it() {
        let check = |items: &[VisibleItem], split: Split, seen: [bool; 4]| {
            let (items, evaluation) = (items.iter().copied().collect(), evaluation(split));
            let document = told(&items, &evaluation).map(|told| told.to_string()).unwrap_or_default();
            for text in [told_lines(&items, &evaluation).join("\n"), document] {
                let words = ["speed", "program-canary", "label-canary", "evaluator-canary"];
                assert_eq!(words.map(|word| text.contains(word)), seen, "{items:?}: {text}");
            }
        };
        use VisibleItem::{Artifacts, Predictions, Scores};
        check(&[], Split::Train, [false; 4]);
        check(&[Scores], Split::Train, [true, false, false, false]);
        check(&[Predictions], Split::Train, [false, true, false, false]);
        check(&[Artifacts], Split::Train, [false, false, true, true]);
        // Artifacts may hold labels, so those of other data are never shown.
        check(&[Artifacts, Scores], Split::HeldOut, [true, false, false, false]);
    }
}
