//! What the files of an agent say about each other, and where they disagree.

use std::collections::BTreeSet;

use hyperspace_eval::Split;

use super::directory::{AgentFolder, Generation, Problem};

/// Numbers that were rounded twice on their way are equal to so much.
const TOLERANCE: f64 = 1e-12;

/// Whether two numbers are equal but for the rounding of a division.
pub(super) fn same(one: f64, other: f64) -> bool {
    (one - other).abs() <= TOLERANCE * one.abs().max(other.abs()).max(1.0)
}

fn problem(file: String, field: Option<&str>, what: String) -> Problem {
    Problem { file, place: field.map(|field| format!("field {field}")), what }
}

/// Everything about one agent.
pub(super) fn agent(agent: &AgentFolder) -> Vec<Problem> {
    let mut problems = gaps(agent);
    let known: BTreeSet<u64> = agent.generations.iter().map(|generation| generation.number).collect();
    for generation in &agent.generations {
        lineage(generation, &known, &mut problems);
        evidence(generation, &mut problems);
    }
    summary(agent, &mut problems);
    problems
}

/// Numbers that are left out.
fn gaps(agent: &AgentFolder) -> Vec<Problem> {
    let (mut problems, mut next) = (Vec::new(), 0);
    for generation in &agent.generations {
        let number = generation.number;
        if number > next {
            let last = number - 1;
            let name = if last == next { format!("gen_{next}") } else { format!("gen_{next} to gen_{last}") };
            let what = format!("missing, though gen_{number} is there");
            problems.push(problem(format!("{}{name}", agent.folder), None, what));
        }
        next = number.saturating_add(1);
    }
    problems
}

/// Parents are generations before.
fn lineage(generation: &Generation, known: &BTreeSet<u64>, problems: &mut Vec<Problem>) {
    let metadata = &generation.metadata;
    for (field, parent) in [("parent", metadata.parent), ("forked_from", metadata.forked_from)] {
        let what = match parent {
            Some(parent) if parent >= generation.number => {
                format!("{parent} is not before generation {}", generation.number)
            }
            Some(parent) if !known.contains(&parent) => format!("generation {parent} is not there"),
            _ => continue,
        };
        problems.push(problem(format!("{}metadata.json", generation.folder), Some(field), what));
    }
}

/// A score has an evaluation behind it.
fn evidence(generation: &Generation, problems: &mut Vec<Problem>) {
    let metadata = &generation.metadata;
    let scores = [
        ("train_score", metadata.train_score, Split::Train),
        ("val_score", metadata.val_score, Split::HeldOut),
    ];
    for (field, score, split) in scores {
        let Some(score) = score else { continue };
        let file = format!("{}metadata.json", generation.folder);
        if generation.evaluations.iter().all(|evaluation| evaluation.split != split) {
            let what = format!(
                "{score} has no evaluation behind it: the original records a crashed evaluation as a score of 0"
            );
            problems.push(problem(file, Some(field), what));
        } else if metadata.valid == Some(false) {
            problems.push(problem(file, Some(field), format!("{score}, though the generation is not valid")));
        }
    }
}

/// The best score of the summary is that of a generation.
fn summary(agent: &AgentFolder, problems: &mut Vec<Problem>) {
    let Some(summary) = &agent.summary else { return };
    let recorded = [("best_val_score", &summary["best_val_score"]), ("best_val", &summary["best_val"])];
    let scores: Vec<f64> = agent.generations.iter().filter_map(|one| one.metadata.val_score).collect();
    for (field, value) in recorded {
        let Some(best) = value.as_f64() else { continue };
        if !scores.iter().any(|score| same(*score, best)) {
            let what = format!("no generation has the validation score {best}");
            problems.push(problem(format!("{}summary.json", agent.folder), Some(field), what));
        }
    }
}
