//! The trait of sampling rules, and what they share: a view of the archive, a ranking, and fitness.
//!
//! A rule keeps what it needs about its members, so that a draw is cheap however many there are. Invariant: its state is a fold
//! of the calls of [`Sampler::admit`] and [`Sampler::count_child`], and a draw is a function of that state and of the numbers
//! drawn.

use std::sync::OnceLock;

use hyperspace_eval::{Fitness, Score};

use super::{
    beam, best, best_of_n, clade, clusters, iid, latest, map_elites, mixture, pareto, power_law, random,
    score_child_prop, weighted,
};
use crate::record::search_record::{InspirationRole, SearchRecord};
use crate::record::strategy::StrategySpec;
use crate::search::archive::{Archive, Member};
use crate::search::draws::Draws;

/// A rule that draws parents from the members of one island.
pub(crate) trait Sampler: Send + Sync {
    /// Adds a member of the archive. Members come in any order, each at most once.
    fn admit(&mut self, view: &View<'_>, member: usize);

    /// Counts a candidate that was made on its island. If the candidate was admitted, this comes after its admission.
    fn count_child(&mut self, _view: &View<'_>, _child: Child) {}

    /// Draws a parent. There is at least one member.
    fn draw(&self, view: &View<'_>, draws: &mut Draws) -> Drawn;

    /// Returns whether a candidate with this score and these properties is of use to it.
    fn wants(&self, _view: &View<'_>, _score: &Score, _traits: &SearchRecord) -> bool {
        true
    }

    /// Returns the member that best complements a parent, if the rule knows one.
    fn complement(&self, _view: &View<'_>, _parent: usize) -> Option<usize> {
        None
    }

    /// Returns a copy that changes independently.
    fn duplicate(&self) -> Box<dyn Sampler>;
}

/// A drawn parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Drawn {
    /// Its index in the archive.
    pub(crate) member: usize,
    /// The index of the mixture's strategy that drew it.
    pub(crate) arm: Option<u64>,
}

impl Drawn {
    pub(crate) fn member(member: usize) -> Self {
        Self { member, arm: None }
    }
}

/// A candidate that was made, admitted or not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Child {
    /// The index of its parent in the archive.
    pub(crate) parent: usize,
    /// The index of the mixture's strategy that drew the parent.
    pub(crate) arm: Option<u64>,
    /// True if it is better than its parent on training data.
    pub(crate) improved: bool,
}

/// The archive as rules see it.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) archive: &'a Archive,
    /// The records of all members, by index.
    pub(crate) records: &'a [SearchRecord],
    /// The task's scale.
    pub(crate) scale: Option<&'a Fitness>,
}

impl<'a> View<'a> {
    pub(crate) fn member(&self, index: usize) -> &'a Member {
        touch(1);
        &self.archive.members()[index]
    }

    pub(crate) fn record(&self, index: usize) -> &'a SearchRecord {
        touch(1);
        &self.records[index]
    }

    pub(crate) fn children(&self, index: usize) -> u64 {
        self.archive.children()[index]
    }

    /// Returns whether the first score is strictly better.
    pub(crate) fn better(&self, score: &Score, other: &Score) -> bool {
        score.better_than(other, self.archive.direction())
    }

    /// Returns the fitness of members, 0 to 1: on the task's scale, or without one linear between the worst and the best member.
    pub(crate) fn fitness(&self, members: impl Iterator<Item = usize>, ranking: &Ranking) -> Vec<f64> {
        let value = |index| self.archive.value(index, self.scale);
        let ends = ranking.ends().filter(|_| self.scale.is_none());
        let (worst, best) = ends.map_or((0.0, 1.0), |(best, worst)| (value(worst), value(best)));
        let part = |value: f64| if worst == best { 0.5 } else { (value - worst) / (best - worst) };
        let values: Vec<f64> = members.map(|index| part(value(index))).collect();
        touch(values.len() as u64);
        values
    }
}

/// Counts, in tests, the members that rules look at, because the growth of a rule is then a reproducible number and not a time.
#[cfg(test)]
pub(crate) fn touch(count: u64) {
    TOUCHED.with(|touched| touched.set(touched.get() + count));
}

#[cfg(not(test))]
fn touch(_: u64) {}

#[cfg(test)]
thread_local! {
    /// Number of members that rules of this thread have looked at.
    pub(crate) static TOUCHED: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Members from the best score down; among equals, the one added first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ranking(Vec<usize>);

impl Ranking {
    pub(crate) fn add(&mut self, view: &View<'_>, member: usize) {
        let score = &view.member(member).score;
        let rank = self.0.partition_point(|&other| !view.better(score, &view.member(other).score));
        self.0.insert(rank, member);
    }

    pub(crate) fn members(&self) -> &[usize] {
        &self.0
    }

    pub(crate) fn best(&self) -> Option<usize> {
        self.0.first().copied()
    }

    /// Returns the best and the worst member.
    fn ends(&self) -> Option<(usize, usize)> {
        Some((*self.0.first()?, *self.0.last()?))
    }
}

/// Sums of weights that are computed when first needed, and forgotten on a change.
#[derive(Debug, Clone, Default)]
pub(crate) struct CachedSums(OnceLock<Vec<u64>>);

impl CachedSums {
    pub(crate) fn forget(&mut self) {
        self.0.take();
    }

    pub(crate) fn get(&self, make: impl FnOnce() -> Vec<u64>) -> &[u64] {
        self.0.get_or_init(make)
    }
}

/// Returns the rule of a strategy. Islands and tournaments wrap rules; this is the innermost one.
pub(crate) fn sampler(spec: &StrategySpec) -> Box<dyn Sampler> {
    use StrategySpec as S;
    match spec {
        S::ScoreChildProp(_) => Box::new(score_child_prop::ScoreChildPropSampler::default()),
        S::Random(_) => Box::new(random::RandomSampler::default()),
        S::Best(_) => Box::new(best::BestSampler::default()),
        S::Latest(_) => Box::new(latest::LatestSampler::default()),
        S::PowerLaw(rule) => Box::new(power_law::PowerLawSampler::new(rule.clone())),
        S::Weighted(rule) => Box::new(weighted::WeightedSampler::new(rule.clone())),
        S::BeamSearch(rule) => Box::new(beam::BeamSampler::new(rule.clone())),
        S::Clusters(rule) => Box::new(clusters::ClustersSampler::new(rule.clone())),
        S::MapElites(rule) => Box::new(map_elites::MapElitesSampler::new(rule.clone())),
        S::Pareto(rule) => Box::new(pareto::ParetoSampler::new(rule.clone())),
        S::Clade(rule) => Box::new(clade::CladeSampler::new(rule.clone())),
        S::BestOfN(rule) => Box::new(best_of_n::BestOfNSampler::new(rule.clone())),
        S::Iid(_) => Box::new(iid::IidSampler::default()),
        S::Mixture(rule) => Box::new(mixture::MixtureSampler::new(rule)),
        S::Annealing(rule) => sampler(&rule.inner),
        S::Islands(rule) => sampler(&rule.inner),
    }
}

/// Returns inspirations for a child of `parent`, each at most once: the complement and the best of the island, then members that
/// the rule draws. If a rule keeps drawing the same ones, the next best follow.
pub(crate) fn inspirations(
    sampler: &dyn Sampler,
    view: &View<'_>,
    ranking: &Ranking,
    parent: usize,
    count: usize,
    draws: &mut Draws,
) -> Vec<(InspirationRole, usize)> {
    let mut found: Vec<(InspirationRole, usize)> = Vec::new();
    let complement = sampler.complement(view, parent).map(|one| (InspirationRole::Complement, one));
    let best = ranking.best().map(|one| (InspirationRole::Best, one));
    let known = [complement, best].into_iter().flatten();
    for (role, member) in known.take(count) {
        if member != parent && found.iter().all(|(_, other)| *other != member) {
            found.push((role, member));
        }
    }
    for _ in 0..count * TRIES {
        if found.len() >= count.min(ranking.members().len().saturating_sub(1)) {
            break;
        }
        let member = sampler.draw(view, draws).member;
        if member != parent && found.iter().all(|(_, other)| *other != member) {
            found.push((InspirationRole::Drawn, member));
        }
    }
    for &member in ranking.members() {
        if found.len() >= count {
            break;
        }
        if member != parent && found.iter().all(|(_, other)| *other != member) {
            found.push((InspirationRole::Best, member));
        }
    }
    found
}

/// Number of draws for each missing inspiration.
const TRIES: usize = 2;
