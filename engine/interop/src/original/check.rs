//! Contradictions between the files of an agent.

use std::collections::BTreeSet;

use hyperspace_eval::Split;

use super::folder::{AgentFolder, EvaluationFolder, GenerationFolder};
use crate::defect::Defect;

/// Relative difference up to which numbers count as equal, because they may have been rounded twice.
const TOLERANCE: f64 = 1e-12;

/// Returns whether two numbers are equal except for the rounding of a division.
pub(super) fn same(one: f64, other: f64) -> bool {
    (one - other).abs() <= TOLERANCE * one.abs().max(other.abs()).max(1.0)
}

fn defect(file: String, field: Option<&str>, what: String) -> Defect {
    Defect { file, place: field.map(|field| format!("field {field}")), what }
}

/// Returns the contradictions in the files of one agent.
pub(super) fn agent(agent: &AgentFolder) -> Vec<Defect> {
    let mut defects = gaps(agent);
    let known: BTreeSet<u64> = agent.generations.iter().map(|generation| generation.number).collect();
    for generation in &agent.generations {
        lineage(generation, &known, &mut defects);
        evidence(generation, &mut defects);
    }
    summary(agent, &mut defects);
    defects
}

/// Returns a defect for each gap in the numbers of generations.
fn gaps(agent: &AgentFolder) -> Vec<Defect> {
    let (mut defects, mut next) = (Vec::new(), 0);
    for generation in &agent.generations {
        let number = generation.number;
        if number > next {
            let last = number - 1;
            let name = if last == next { format!("gen_{next}") } else { format!("gen_{next} to gen_{last}") };
            let what = format!("missing, although gen_{number} exists");
            defects.push(defect(format!("{}{name}", agent.folder), None, what));
        }
        next = number.saturating_add(1);
    }
    defects
}

/// Checks that parents are earlier generations.
fn lineage(generation: &GenerationFolder, known: &BTreeSet<u64>, defects: &mut Vec<Defect>) {
    let metadata = &generation.metadata;
    for (field, parent) in [("parent", metadata.parent), ("forked_from", metadata.forked_from)] {
        let what = match parent {
            Some(parent) if parent >= generation.number => {
                format!("{parent} does not precede generation {}", generation.number)
            }
            Some(parent) if !known.contains(&parent) => format!("generation {parent} does not exist"),
            _ => continue,
        };
        defects.push(defect(format!("{}metadata.json", generation.folder), Some(field), what));
    }
}

/// Checks that every score has an evaluation.
fn evidence(generation: &GenerationFolder, defects: &mut Vec<Defect>) {
    let metadata = &generation.metadata;
    let scores = [
        ("train_score", metadata.train_score, Split::Train),
        ("val_score", metadata.val_score, Split::HeldOut),
    ];
    for (field, score, split) in scores {
        let Some(score) = score else { continue };
        let file = format!("{}metadata.json", generation.folder);
        if !generation.evaluations.iter().any(|evaluation| counts(generation, evaluation, split)) {
            let what = format!(
                "{score} without an evaluation: the original records a crashed evaluation as a score of 0"
            );
            defects.push(defect(file, Some(field), what));
        } else if metadata.valid == Some(false) {
            defects.push(defect(file, Some(field), format!("{score}, although the generation is invalid")));
        }
    }
}

/// Returns whether an evaluation is the basis of the generation's score on a split: its own evaluation, or that of a tournament's
/// winner.
pub(super) fn counts(generation: &GenerationFolder, evaluation: &EvaluationFolder, split: Split) -> bool {
    let winner = generation.metadata.tournament.and_then(|tournament| tournament.winner);
    let own = match evaluation.contestant {
        None => !evaluation.folder.contains("/lost/"),
        Some(side) => split == Split::Train && winner == Some(side),
    };
    own && evaluation.split == split
}

/// Checks that the best score of the summary is that of a generation.
fn summary(agent: &AgentFolder, defects: &mut Vec<Defect>) {
    let Some(summary) = &agent.summary else { return };
    let recorded = [("best_val_score", &summary["best_val_score"]), ("best_val", &summary["best_val"])];
    let scores: Vec<f64> = agent.generations.iter().filter_map(|one| one.metadata.val_score).collect();
    for (field, value) in recorded {
        let Some(best) = value.as_f64() else { continue };
        if !scores.iter().any(|score| same(*score, best)) {
            let what = format!("no generation has the validation score {best}");
            defects.push(defect(format!("{}summary.json", agent.folder), Some(field), what));
        }
    }
}
