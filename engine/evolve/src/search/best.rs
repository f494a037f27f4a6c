//! `best`: the best member; among equals, the earliest (HyperAgents, Zhang et al. 2026).

use super::draws::Draws;
use super::sampler::{Drawn, Ranking, Sampler, View};

#[derive(Debug, Clone, Default)]
pub(crate) struct BestSampler {
    ranking: Ranking,
}

impl Sampler for BestSampler {
    fn admit(&mut self, view: &View<'_>, member: usize) {
        self.ranking.add(view, member);
    }

    fn draw(&self, _: &View<'_>, _: &mut Draws) -> Drawn {
        Drawn::member(self.ranking.members()[0])
    }

    fn duplicate(&self) -> Box<dyn Sampler> {
        Box::new(self.clone())
    }
}
