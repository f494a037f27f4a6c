//! `best-of-n`: makes `n` children of one member and continues with the best of them, if it is better (the baseline of
//! ShinkaEvolve, SkyDiscover and GEPA).
//!
//! Candidates of one generation are drawn together, so a member may get a few more children than `n`.

use super::draws::Draws;
use super::sampler::{Child, Drawn, Sampler, View};
use crate::record::strategy::BestOfN;

#[derive(Debug, Clone)]
pub(crate) struct BestOfNSampler {
    n: u64,
    /// The parent.
    base: Option<usize>,
    /// Number of its children so far.
    made: u64,
    /// The best member among the parent and these children.
    best: usize,
}

impl BestOfNSampler {
    pub(crate) fn new(rule: BestOfN) -> Self {
        Self { n: rule.n, base: None, made: 0, best: 0 }
    }
}

impl Sampler for BestOfNSampler {
    fn admit(&mut self, view: &View<'_>, member: usize) {
        if self.base.is_none() {
            self.base = Some(member);
            self.best = member;
        } else if view.better(&view.member(member).score, &view.member(self.best).score) {
            self.best = member;
        }
    }

    fn count_child(&mut self, _: &View<'_>, child: Child) {
        self.made += u64::from(Some(child.parent) == self.base);
        if self.made >= self.n {
            self.base = Some(self.best);
            self.made = 0;
        }
    }

    fn draw(&self, _: &View<'_>, _: &mut Draws) -> Drawn {
        Drawn::member(self.base.unwrap_or_default())
    }

    fn duplicate(&self) -> Box<dyn Sampler> {
        Box::new(self.clone())
    }
}
