//! The bandits over models and prompts of a population: a fold over the records of its candidates.
//!
//! Each candidate is a trial, whatever became of it. The trial is a win if the candidate is better on training data than its
//! parent was at that time.

use std::sync::Arc;

use hyperspace_eval::{Direction, Score};

use super::bandit::{Bandit, BanditTrial, ChoiceReason};
use crate::record::bandit_config::{ArmConfig, ArmRecord};
use crate::record::candidate_id::CandidateId;
use crate::record::event::{ArmChosen, ArmStatistics};
use crate::record::generation::CandidateRecord;
use crate::record::strategy::BanditSpec;
use crate::rng::{Purpose, StreamKey};
use crate::search::archive::Archive;

/// The bandits of a population.
#[derive(Debug, Clone, Default)]
pub(crate) struct Arms {
    seed: u64,
    models: Option<NamedBandit>,
    prompts: Option<NamedBandit>,
}

/// A bandit whose arms have names.
#[derive(Debug, Clone)]
struct NamedBandit {
    names: Arc<[String]>,
    bandit: Bandit,
}

/// The arms of a candidate.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ArmChoices {
    pub(crate) model: Option<ArmChoice>,
    pub(crate) prompt: Option<ArmChoice>,
}

/// An arm and the reason why it was chosen.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ArmChoice {
    pub(crate) index: usize,
    pub(crate) name: String,
    reason: ChoiceReason,
    statistics: Vec<ArmStatistics>,
}

impl Arms {
    /// Returns the bandits of a population with this model, before generation 0.
    pub(crate) fn new(config: Option<&ArmConfig>, model: Option<&str>, seed: u64) -> Self {
        let Some(config) = config else { return Self::default() };
        let of = |rule: &Option<BanditSpec>, names: Vec<String>| {
            let bandit = Bandit::new(rule.clone()?, names.len());
            (!names.is_empty()).then(|| NamedBandit { names: names.into(), bandit })
        };
        let kinds = if model.is_some() { config.kinds.clone() } else { Vec::new() };
        Self {
            seed,
            models: of(&config.models, config.models_of(model)),
            prompts: of(&config.prompts, kinds),
        }
    }

    /// Chooses the arms of the candidates of a generation, in order; `None` in a population without bandits.
    pub(crate) fn choose(&self, candidates: &[CandidateId]) -> Vec<Option<Arc<ArmChoices>>> {
        let mut pending =
            [&self.models, &self.prompts].map(|one| vec![0; one.as_ref().map_or(0, NamedBandit::len)]);
        let mut choose = |id: &CandidateId| {
            let mut of = |bandit: &Option<NamedBandit>, number: usize| {
                let key = StreamKey {
                    seed: self.seed,
                    generation: id.generation,
                    purpose: Purpose::Arm(number as u64),
                    item: id.candidate,
                };
                let choice = bandit.as_ref()?.choose(&pending[number], key);
                pending[number][choice.index] += 1;
                Some(choice)
            };
            let choices = ArmChoices { model: of(&self.models, 0), prompt: of(&self.prompts, 1) };
            (choices != ArmChoices::default()).then(|| Arc::new(choices))
        };
        candidates.iter().map(&mut choose).collect()
    }

    /// Adds the record of a candidate. `archive` has its parent.
    pub(crate) fn apply(&mut self, record: &CandidateRecord, archive: &Archive) -> Result<(), String> {
        let arms = record.search.as_ref().and_then(|search| search.arms.as_ref());
        let (Some(arms), Some(parent)) = (arms, &record.parent) else { return Ok(()) };
        let parent = archive.find(parent.id).ok_or("its parent is not in the archive")?;
        let score = record.train.as_ref().and_then(|train| train.score.as_ref());
        let gain = score
            .map_or(0.0, |score| training_gain(score, &archive.members()[parent].score, archive.direction()));
        let trial = BanditTrial { gain, won: gain > 0.0, cost: arms.cost };
        let named = [(&mut self.models, arms.model, "model"), (&mut self.prompts, arms.prompt, "prompt")];
        for (bandit, arm, what) in named {
            match (bandit, arm.and_then(|arm| usize::try_from(arm).ok())) {
                (Some(bandit), Some(arm)) if arm < bandit.len() => bandit.bandit.note(arm, trial),
                (None, None) => {}
                _ => return Err(format!("its {what} is none of the arms of its agent")),
            }
        }
        Ok(())
    }
}

/// Returns the gain of a score over that of a parent: 0 if it is no better, and above 0 otherwise.
#[must_use]
pub fn training_gain(score: &Score, parent: &Score, direction: Direction) -> f64 {
    if !score.better_than(parent, direction) {
        return 0.0;
    }
    (score - parent).abs().to_f64().max(f64::MIN_POSITIVE)
}

impl NamedBandit {
    fn len(&self) -> usize {
        self.names.len()
    }

    fn choose(&self, pending: &[u64], key: StreamKey) -> ArmChoice {
        let choice = self.bandit.choose(pending, &mut key.stream());
        let statistics = self.names.iter().zip(self.bandit.arms()).zip(pending.iter().zip(&choice.values));
        let statistics = statistics.map(|((name, arm), (waiting, value))| ArmStatistics {
            arm: name.clone(),
            trials: arm.trials,
            wins: arm.wins,
            waiting: *waiting,
            value: value.map(|value| format!("{value:.6}")),
        });
        ArmChoice {
            index: choice.arm,
            name: self.names[choice.arm].clone(),
            reason: choice.reason,
            statistics: statistics.collect(),
        }
    }
}

impl ArmChoices {
    /// Returns what a candidate's record keeps of them.
    pub(crate) fn record(&self, cost: u64) -> ArmRecord {
        let index = |choice: &Option<ArmChoice>| choice.as_ref().map(|choice| choice.index as u64);
        ArmRecord { model: index(&self.model), prompt: index(&self.prompt), cost }
    }

    /// Returns the events that report them.
    pub(crate) fn events(&self, candidate: CandidateId) -> impl Iterator<Item = ArmChosen> + '_ {
        let named = [("model", &self.model), ("prompt", &self.prompt)];
        named.into_iter().filter_map(move |(of, choice)| {
            let ArmChoice { name, reason, statistics, .. } = choice.as_ref()?;
            Some(ArmChosen {
                candidate,
                of: of.to_owned(),
                arm: name.clone(),
                reason: reason.name().to_owned(),
                arms: statistics.clone(),
            })
        })
    }
}

#[cfg(test)]
mod tests;
