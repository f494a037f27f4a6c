//! `iid`: every candidate is a child of the first member, the seed. There is no evolution; this is the control of every
//! comparison.

use super::draws::Draws;
use super::sampler::{Drawn, Sampler, View};

#[derive(Debug, Clone, Default)]
pub(crate) struct IidSampler {
    first: Option<usize>,
}

impl Sampler for IidSampler {
    fn admit(&mut self, _: &View<'_>, member: usize) {
        self.first.get_or_insert(member);
    }

    fn draw(&self, _: &View<'_>, _: &mut Draws) -> Drawn {
        Drawn::member(self.first.unwrap_or_default())
    }

    fn duplicate(&self) -> Box<dyn Sampler> {
        Box::new(self.clone())
    }
}
