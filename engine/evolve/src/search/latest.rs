//! `latest`: the member that was added last (HyperAgents, Zhang et al. 2026).

use super::draws::Draws;
use super::sampler::{Drawn, Sampler, View};

#[derive(Debug, Clone, Default)]
pub(crate) struct LatestSampler {
    last: usize,
}

impl Sampler for LatestSampler {
    fn admit(&mut self, _: &View<'_>, member: usize) {
        self.last = member;
    }

    fn draw(&self, _: &View<'_>, _: &mut Draws) -> Drawn {
        Drawn::member(self.last)
    }

    fn duplicate(&self) -> Box<dyn Sampler> {
        Box::new(self.clone())
    }
}
