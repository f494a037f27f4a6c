//! `clusters`: groups of members with equal scores on every training case (FunSearch, Romera-Paredes et al. 2023).
//!
//! A group is drawn by a softmax of its fitness, whose temperature falls over a period; within the group, short programs are
//! preferred.

use std::collections::BTreeMap;

use hyperspace_eval::Score;

use super::draws::{Draws, sums};
use super::sampler::{CachedSums, Drawn, Ranking, Sampler, View};
use crate::record::strategy::{Clusters, Dimension};

#[derive(Debug, Clone)]
pub(crate) struct ClustersSampler {
    rule: Clusters,
    /// Groups by the scores of their members on the cases.
    by_signature: BTreeMap<Vec<Option<Score>>, usize>,
    groups: Vec<Group>,
    /// The first member of each group, by score.
    ranking: Ranking,
    members: u64,
    sums: CachedSums,
}

#[derive(Debug, Clone, Default)]
struct Group {
    /// Members with the lengths of their programs.
    members: Vec<(usize, f64)>,
}

impl ClustersSampler {
    pub(crate) fn new(rule: Clusters) -> Self {
        Self {
            rule,
            by_signature: BTreeMap::new(),
            groups: Vec::new(),
            ranking: Ranking::default(),
            members: 0,
            sums: CachedSums::default(),
        }
    }

    /// Returns the temperature, given the number of members so far.
    fn temperature(&self) -> f64 {
        let past = (self.members % self.rule.period) as f64 / self.rule.period as f64;
        self.rule.temperature.to_f64() * (1.0 - past)
    }

    fn sums(&self, view: &View<'_>) -> Vec<u64> {
        let first = self.groups.iter().map(|group| group.members[0].0);
        let values = view.fitness(first, &self.ranking);
        let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let temperature = self.temperature();
        sums(values.into_iter().map(|value| softmax(value - most, temperature)))
    }
}

/// Returns the weight of a value this far below the best one; at temperature 0, the limit.
fn softmax(below: f64, temperature: f64) -> f64 {
    match (temperature > 0.0, below < 0.0) {
        (true, _) => libm::exp(below / temperature),
        (false, true) => 0.0,
        (false, false) => 1.0,
    }
}

impl Group {
    /// Returns the sums of the weights of its members.
    fn sums(&self, temperature: f64) -> Vec<u64> {
        let lengths = || self.members.iter().map(|(_, length)| *length);
        let shortest = lengths().fold(f64::INFINITY, f64::min);
        let longest = lengths().fold(0.0, f64::max).max(1.0);
        sums(lengths().map(|length| softmax((shortest - length) / longest, temperature)))
    }
}

impl Sampler for ClustersSampler {
    fn admit(&mut self, view: &View<'_>, member: usize) {
        let record = view.record(member);
        let length = record.descriptor.get(&Dimension::Bytes.to_string()).map_or(0.0, Score::to_f64);
        let next = self.groups.len();
        let group = *self.by_signature.entry(record.cases.clone()).or_insert(next);
        if group == next {
            self.groups.push(Group::default());
            self.ranking.add(view, member);
        }
        self.groups[group].members.push((member, length));
        self.members += 1;
        self.sums.forget();
    }

    fn draw(&self, view: &View<'_>, draws: &mut Draws) -> Drawn {
        let group = &self.groups[draws.weighted("cluster", self.sums.get(|| self.sums(view)))];
        let member = draws.weighted("member", &group.sums(self.rule.length_temperature.to_f64()));
        Drawn::member(group.members[member].0)
    }

    fn duplicate(&self) -> Box<dyn Sampler> {
        Box::new(self.clone())
    }
}
