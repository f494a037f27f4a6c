//! `run_config.json`, `summary.json` and `archive.jsonl` of an agent.
//!
//! The keys of both original experiments are present; additions of this engine are below `hyperspace`. Values that a run does not
//! record (`timestamp`, `python_version`, `platform`) are null.

use std::collections::{BTreeMap, BTreeSet};

use hyperspace_eval::{ClassificationReport, Score};
use hyperspace_evolve::{Arm, imp_at_k};
use serde_json::{Value, json};

use super::numbering::{NumberedAgent, NumberedGeneration, NumberedRun};

/// Returns `run_config.json`.
pub(super) fn config(source: &NumberedRun, agent: &NumberedAgent) -> Value {
    let config = &source.config;
    let tournaments = config.tournaments();
    let selection = config.selection.map(|way| way.name().replace('-', "_"));
    let stage = source.task.stage();
    let rows: BTreeMap<&str, usize> =
        source.data.iter().map(|(split, data)| (split.name(), data.cases.len())).collect();
    json!({
        "timestamp": null,
        "seed": config.seed.parse::<u64>().ok(),
        "iterations": last(agent),
        "max_generations": last(agent),
        "model": agent.config.model,
        "agent_name": agent.config.name,
        "meta_model": agent.config.model,
        "meta_temperature": config.models.as_ref().map(|rules| rules.temperature),
        "eval_model": agent.config.eval_model.as_ref().or(source.task.entry().model.as_ref()),
        "selection_method": selection.unwrap_or_else(|| config.search_text()),
        "staged_eval_samples": stage.as_ref().map(|stage| stage.cases),
        "staged_eval_threshold": stage.as_ref().map(|stage| stage.threshold.to_f64()),
        "freeze_meta": config.arm == Arm::FreezeMeta,
        "annealing": tournaments.is_some(),
        "annealing_p0": tournaments.map(|rule| rule.p0.to_f64()),
        "annealing_decay": tournaments.map(|rule| rule.decay.to_f64()),
        "experiment": config.arm.name(),
        "python_version": null,
        "platform": null,
        "hyperspace": {
            "run": source.run,
            "root": source.root,
            "config": config,
            "direction": source.direction(),
            "scoring": source.task.row_scoring(),
            "rows": rows,
        },
    })
}

fn last(agent: &NumberedAgent) -> u64 {
    agent.generations.last().map_or(0, |generation| generation.number)
}

fn held_out(generation: &NumberedGeneration) -> Option<&Score> {
    generation.candidate.held_out.as_ref()?.score.as_ref()
}

/// Returns the generation with the best held-out score, or the first of equal ones, as in the original.
fn best<'a>(source: &NumberedRun, agent: &'a NumberedAgent) -> Option<(&'a NumberedGeneration, &'a Score)> {
    let scored = agent.generations.iter().filter_map(|one| Some((one, held_out(one)?)));
    scored.reduce(|best, next| if next.1.better_than(best.1, source.direction()) { next } else { best })
}

/// Returns `summary.json`; `test` is the report on test data.
pub(super) fn summary(
    source: &NumberedRun,
    agent: &NumberedAgent,
    test: Option<&ClassificationReport>,
) -> Value {
    let best = best(source, agent);
    let initial = agent.generations.first().and_then(held_out);
    let scores: Vec<Option<Score>> = agent.generations.iter().map(|one| held_out(one).cloned()).collect();
    let improvement = initial.map(|initial| imp_at_k(source.direction(), initial, &scores, scores.len()));
    let best_score = best.map(|(_, score)| score.to_f64());
    let champion = agent.generations.iter().find(|one| one.number == agent.champion);
    json!({
        "seed": source.config.seed.parse::<u64>().ok(),
        "model": agent.config.model,
        "max_generations": last(agent),
        "archive_size": archive(agent).len(),
        "best_gen": best.map(|(generation, _)| generation.number),
        "best_val_score": best_score,
        "best_val": best_score,
        "test_accuracy": test.map(|report| report.accuracy.to_f64()),
        "test_mae": test.map(|report| report.normalized_mae.to_f64()),
        "initial_val_score": initial.map(Score::to_f64),
        "imp_at_k": improvement.as_ref().map(Score::to_f64),
        "hyperspace": {
            "run": source.run,
            "champion": {"gen": agent.champion, "place": champion.map(|one| one.place)},
            "best_val_score": best.map(|(_, score)| score),
            "imp_at_k": improvement,
        },
    })
}

/// Returns the numbers of the generations that joined the archive.
fn archive(agent: &NumberedAgent) -> BTreeSet<u64> {
    let admitted = agent.generations.iter().filter(|one| one.candidate.fate.is_admitted());
    admitted.map(|one| one.number).collect()
}

/// Returns `archive.jsonl`: the archive after each generation that joined it. The original also has a line for each generation
/// that did not.
pub(super) fn archive_lines(agent: &NumberedAgent) -> Vec<u8> {
    let (mut text, mut known) = (String::new(), Vec::new());
    for number in archive(agent) {
        known.push(number);
        text.push_str(&json!({"current_genid": number, "archive": known}).to_string());
        text.push('\n');
    }
    text.into_bytes()
}
