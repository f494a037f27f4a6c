//! `power-law`: draws by rank, where rank r has the weight r^-α, from 1 on (ShinkaEvolve, Lange et al. 2025).
//!
//! The weight of a rank never changes, so a draw takes one search in the sums of the weights and one look at the ranking.

use super::draws::{Draws, UNIT};
use super::sampler::{Drawn, Ranking, Sampler, View};
use crate::record::strategy::PowerLaw;

#[derive(Debug, Clone)]
pub(crate) struct PowerLawSampler {
    alpha: f64,
    ranking: Ranking,
    /// Sums of the weights up to and including each rank.
    sums: Vec<u64>,
}

impl PowerLawSampler {
    pub(crate) fn new(rule: PowerLaw) -> Self {
        Self { alpha: rule.alpha.to_f64(), ranking: Ranking::default(), sums: Vec::new() }
    }
}

impl Sampler for PowerLawSampler {
    fn admit(&mut self, view: &View<'_>, member: usize) {
        self.ranking.add(view, member);
        let rank = self.ranking.members().len() as f64;
        let weight = libm::round(libm::pow(rank, -self.alpha) * UNIT) as u64;
        self.sums.push(self.sums.last().copied().unwrap_or_default() + weight);
    }

    fn draw(&self, _: &View<'_>, draws: &mut Draws) -> Drawn {
        Drawn::member(self.ranking.members()[draws.weighted("rank", &self.sums)])
    }

    fn duplicate(&self) -> Box<dyn Sampler> {
        Box::new(self.clone())
    }
}
