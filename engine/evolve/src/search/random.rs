//! `random`: every member with equal probability (HyperAgents, Zhang et al. 2026).

use super::draws::Draws;
use super::sampler::{Drawn, Sampler, View};

#[derive(Debug, Clone, Default)]
pub(crate) struct RandomSampler {
    members: Vec<usize>,
}

impl Sampler for RandomSampler {
    fn admit(&mut self, _: &View<'_>, member: usize) {
        self.members.push(member);
    }

    fn draw(&self, _: &View<'_>, draws: &mut Draws) -> Drawn {
        Drawn::member(self.members[draws.even("parent", self.members.len())])
    }

    fn duplicate(&self) -> Box<dyn Sampler> {
        Box::new(self.clone())
    }
}
