//! The arms of a run's bandits (models and kinds of prompts), and the results of each: candidates, gains and costs.

use std::collections::BTreeMap;

use hyperspace_core::RecordId;
use hyperspace_eval::{Direction, Score};
use hyperspace_evolve::{
    ArmConfig, ArmRecord, CandidateId, Fate, GenerationRecord, RunConfig, candidate_of, training_gain,
};
use hyperspace_llm::Spend;
use hyperspace_store::Store;
use serde::Serialize;

use super::recorded_calls::efforts_by_stream;
use crate::error::ServiceError;

/// An arm of a bandit with its results.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ArmView {
    /// The population.
    pub agent: String,
    /// The bandit: `model` or `prompt`.
    pub of: &'static str,
    /// The model, or the kind of prompt.
    pub arm: String,
    /// Number of candidates made with it.
    pub candidates: u64,
    /// Number of these candidates that were better than their parents on training data.
    pub wins: u64,
    /// Number of these candidates that became champion.
    pub champions: u64,
    /// The sum of their gains over their parents, in the unit of scores.
    pub gain: f64,
    /// Tokens and money of the calls of their meta agents.
    pub spent: Spend,
}

/// The arms of a population's bandit, while records are read.
struct ArmRows {
    rows: Vec<ArmView>,
    of: fn(&ArmRecord) -> Option<u64>,
}

/// Returns the arms of a run's bandits with the results of each; none for a run without bandits.
pub(crate) fn arms_of_run(
    store: &Store,
    run: &RecordId,
    config: &RunConfig,
    direction: Direction,
    records: &[(RecordId, GenerationRecord)],
) -> Result<Vec<ArmView>, ServiceError> {
    let Some(arms) = config.search.as_ref().and_then(|search| search.arms.as_ref()) else {
        return Ok(Vec::new());
    };
    let mut populations: Vec<Vec<ArmRows>> =
        config.populations.iter().map(|one| bandits(arms, &one.name, one.model.as_deref())).collect();
    let spent = spent_by_candidate(store, run)?;
    let mut scores: BTreeMap<CandidateId, Score> = BTreeMap::new();
    for (_, record) in records {
        for (candidate, one) in (0..).zip(&record.candidates) {
            let id = CandidateId { generation: record.generation, candidate };
            let score = one.train.as_ref().and_then(|train| train.score.as_ref());
            let parent = one.parent.as_ref().and_then(|parent| scores.get(&parent.id));
            let gain = score.zip(parent).map_or(0.0, |(own, parent)| training_gain(own, parent, direction));
            let choice = one.search.as_ref().and_then(|search| search.arms.as_ref());
            let bandits = usize::try_from(one.population).ok().and_then(|index| populations.get_mut(index));
            for bandit in bandits.into_iter().flatten() {
                let arm = choice.and_then(bandit.of).and_then(|arm| usize::try_from(arm).ok());
                let Some(row) = arm.and_then(|arm| bandit.rows.get_mut(arm)) else { continue };
                row.candidates += 1;
                row.wins += u64::from(gain > 0.0);
                row.champions += u64::from(one.fate == Fate::Champion);
                row.gain += gain;
                row.spent = row.spent.plus(spent.get(&id).copied().unwrap_or_default());
            }
            if let Some(score) = score.filter(|_| one.fate.is_admitted()) {
                scores.insert(id, score.clone());
            }
        }
        for again in &record.remeasured {
            if let (Some(score), Some(_)) = (&again.train.score, &again.held_out.score) {
                scores.insert(again.id, score.clone());
            }
        }
    }
    Ok(populations.into_iter().flatten().flat_map(|bandit| bandit.rows).collect())
}

/// Returns the bandits of a population, with an empty row for each arm.
fn bandits(arms: &ArmConfig, agent: &str, model: Option<&str>) -> Vec<ArmRows> {
    let rows = |of: &'static str, names: Vec<String>| {
        let row = |arm| ArmView {
            agent: agent.to_owned(),
            of,
            arm,
            candidates: 0,
            wins: 0,
            champions: 0,
            gain: 0.0,
            spent: Spend::default(),
        };
        names.into_iter().map(row).collect()
    };
    let kinds = if model.is_some() { arms.kinds.clone() } else { Vec::new() };
    vec![
        ArmRows { rows: rows("model", arms.models_of(model)), of: |record| record.model },
        ArmRows { rows: rows("prompt", kinds), of: |record| record.prompt },
    ]
}

/// Returns the spend of each candidate's meta agents on calls.
fn spent_by_candidate(store: &Store, run: &RecordId) -> Result<BTreeMap<CandidateId, Spend>, ServiceError> {
    let mut spent: BTreeMap<CandidateId, Spend> = BTreeMap::new();
    for (stream, efforts) in efforts_by_stream(store, run)? {
        if let Some(id) = candidate_of(&stream).filter(|_| stream.contains("/meta/")) {
            let sum = spent.entry(id).or_default();
            *sum = efforts.iter().fold(*sum, |sum, effort| sum.plus(effort.spent));
        }
    }
    Ok(spent)
}
