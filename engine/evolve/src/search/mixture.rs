//! `mixture`: a bandit among strategies, UCB1 (Auer et al. 2002) over the last trials of each one (Garivier and Moulines 2011).
//!
//! Every strategy sees every member. The choice needs no draw; candidates of the same generation count as trials without a result.

use std::collections::VecDeque;

use hyperspace_eval::Score;

use super::draws::Draws;
use super::sampler::{Child, Drawn, Sampler, View, sampler};
use crate::record::search_record::SearchRecord;
use crate::record::strategy::Mixture;

pub(crate) struct MixtureSampler {
    explore: f64,
    window: usize,
    arms: Vec<MixtureArm>,
}

struct MixtureArm {
    sampler: Box<dyn Sampler>,
    /// The last trials, oldest first: whether each was a success.
    trials: VecDeque<bool>,
    successes: u64,
}

impl MixtureSampler {
    pub(crate) fn new(rule: &Mixture) -> Self {
        let arm = |spec| MixtureArm { sampler: sampler(spec), trials: VecDeque::new(), successes: 0 };
        let window = usize::try_from(rule.window).unwrap_or(usize::MAX);
        Self { explore: rule.explore.to_f64(), window, arms: rule.of.iter().map(arm).collect() }
    }

    /// Returns the index of the strategy for a candidate, given the number of candidates before it on its island and in its
    /// generation.
    fn choose(&self, before: u64) -> usize {
        let mut trials: Vec<u64> = self.arms.iter().map(|arm| arm.trials.len() as u64).collect();
        let mut chosen = 0;
        for _ in 0..=before {
            chosen = self.choose_after(&trials);
            trials[chosen] += 1;
        }
        chosen
    }

    fn choose_after(&self, trials: &[u64]) -> usize {
        if let Some(untried) = trials.iter().position(|count| *count == 0) {
            return untried;
        }
        let all = trials.iter().sum::<u64>() as f64;
        let bound = |(arm, count): (&MixtureArm, &u64)| {
            let count = *count as f64;
            arm.successes as f64 / count + self.explore * libm::sqrt(2.0 * libm::log(all) / count)
        };
        let bounds: Vec<f64> = self.arms.iter().zip(trials).map(bound).collect();
        let best = bounds.iter().enumerate().reduce(|best, next| if next.1 > best.1 { next } else { best });
        best.map_or(0, |(index, _)| index)
    }
}

impl Sampler for MixtureSampler {
    fn admit(&mut self, view: &View<'_>, member: usize) {
        self.arms.iter_mut().for_each(|arm| arm.sampler.admit(view, member));
    }

    fn count_child(&mut self, view: &View<'_>, child: Child) {
        self.arms.iter_mut().for_each(|arm| arm.sampler.count_child(view, child));
        let own = child.arm.and_then(|arm| usize::try_from(arm).ok()).and_then(|arm| self.arms.get_mut(arm));
        let Some(arm) = own else { return };
        arm.trials.push_back(child.improved);
        arm.successes += u64::from(child.improved);
        if arm.trials.len() > self.window {
            arm.successes -= u64::from(arm.trials.pop_front().unwrap_or_default());
        }
    }

    fn draw(&self, view: &View<'_>, draws: &mut Draws) -> Drawn {
        let arm = self.choose(draws.before);
        let drawn = self.arms[arm].sampler.draw(view, draws);
        Drawn { arm: Some(arm as u64), ..drawn }
    }

    fn wants(&self, view: &View<'_>, score: &Score, traits: &SearchRecord) -> bool {
        self.arms.iter().any(|arm| arm.sampler.wants(view, score, traits))
    }

    fn complement(&self, view: &View<'_>, parent: usize) -> Option<usize> {
        self.arms.iter().find_map(|arm| arm.sampler.complement(view, parent))
    }

    fn duplicate(&self) -> Box<dyn Sampler> {
        let arms = self.arms.iter().map(|arm| MixtureArm {
            sampler: arm.sampler.duplicate(),
            trials: arm.trials.clone(),
            successes: arm.successes,
        });
        Box::new(Self { explore: self.explore, window: self.window, arms: arms.collect() })
    }
}
