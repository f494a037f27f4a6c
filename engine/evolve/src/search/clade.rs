//! `clade`: Thompson sampling by the success of clades (Huxley-Gödel Machine, Wang et al. 2025).
//!
//! Each child of a member is a trial, which is a success if the child is better on training data. The counts of a clade, which is
//! a member with all its descendants, are updated from each child up to the seed. Only the clades with the best means take part
//! in a draw.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet};

use super::distributions::beta;
use super::draws::{Draws, UNIT};
use super::sampler::{Child, Drawn, Sampler, View};
use crate::record::strategy::Clade;

#[derive(Debug, Clone)]
pub(crate) struct CladeSampler {
    arms: usize,
    clades: BTreeMap<usize, Counts>,
    /// Clades from the best mean down; among equals, the earliest first.
    ranked: BTreeSet<(Reverse<Mean>, usize)>,
}

/// Numbers of successes and failures in a clade.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counts {
    successes: u64,
    failures: u64,
}

/// The mean of Beta(1 + successes, 1 + failures), as a fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mean(u64, u64);

impl Ord for Mean {
    fn cmp(&self, other: &Self) -> Ordering {
        let product = |a: u64, b: u64| u128::from(a) * u128::from(b);
        product(self.0, other.1).cmp(&product(other.0, self.1)).then(other.1.cmp(&self.1))
    }
}

impl PartialOrd for Mean {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Counts {
    fn mean(self) -> Mean {
        Mean(1 + self.successes, 2 + self.successes + self.failures)
    }
}

impl CladeSampler {
    pub(crate) fn new(rule: Clade) -> Self {
        let arms = usize::try_from(rule.arms).unwrap_or(usize::MAX);
        Self { arms, clades: BTreeMap::new(), ranked: BTreeSet::new() }
    }
}

impl Sampler for CladeSampler {
    fn admit(&mut self, _: &View<'_>, member: usize) {
        let counts = Counts::default();
        self.clades.insert(member, counts);
        self.ranked.insert((Reverse(counts.mean()), member));
    }

    fn count_child(&mut self, view: &View<'_>, child: Child) {
        let mut next = Some(child.parent);
        while let Some(member) = next {
            // An ancestor of a founder or migrant may live on another island.
            if let Some(counts) = self.clades.get_mut(&member) {
                self.ranked.remove(&(Reverse(counts.mean()), member));
                counts.successes += u64::from(child.improved);
                counts.failures += u64::from(!child.improved);
                self.ranked.insert((Reverse(counts.mean()), member));
            }
            next = view.member(member).parent;
        }
    }

    fn draw(&self, _: &View<'_>, draws: &mut Draws) -> Drawn {
        let mut stream = draws.stream();
        let arms = self.ranked.iter().take(self.arms).map(|(_, member)| {
            let Counts { successes, failures } = self.clades[member];
            (beta(&mut stream, 1.0 + successes as f64, 1.0 + failures as f64), *member)
        });
        let best = arms.reduce(|best, next| if next.0 > best.0 { next } else { best });
        let (drawn, member) = best.unwrap_or_default();
        draws.note("clade", drawn, UNIT as u64);
        Drawn::member(member)
    }

    fn duplicate(&self) -> Box<dyn Sampler> {
        Box::new(self.clone())
    }
}
