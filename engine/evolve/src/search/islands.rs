//! `islands`: populations that are kept apart, with migration between them and resets of the worse half.
//!
//! Migration follows OpenEvolve and ShinkaEvolve (a ring, or another island at random), and resets follow FunSearch
//! (Romera-Paredes et al. 2023). After long stagnation, another island is opened with the seed, as ShinkaEvolve can do. All of
//! these are decided before a generation from the state before it, are recorded with it, and take effect after its candidates.

use super::draws::Draws;
use super::sampler::{Ranking, Sampler, View, sampler};
use crate::record::search_record::{IslandMigration, IslandOpening, IslandReset, SearchTurn};
use crate::record::strategy::{Islands, Migration, StrategySpec};

/// Maximum number of members that migrate from one island at once.
const MIGRANTS_MAX: usize = 64;

/// The index of the seed in every archive.
const SEED: usize = 0;

/// An island.
pub(crate) struct Island {
    pub(crate) sampler: Box<dyn Sampler>,
    pub(crate) ranking: Ranking,
}

impl Island {
    fn new(rule: &StrategySpec) -> Self {
        Self { sampler: sampler(rule), ranking: Ranking::default() }
    }

    pub(crate) fn admit(&mut self, view: &View<'_>, member: usize) {
        self.sampler.admit(view, member);
        self.ranking.add(view, member);
    }
}

impl Clone for Island {
    fn clone(&self) -> Self {
        Self { sampler: self.sampler.duplicate(), ranking: self.ranking.clone() }
    }
}

/// The islands of a population; a strategy without islands has one.
#[derive(Clone)]
pub(crate) struct Archipelago {
    spec: StrategySpec,
    pub(crate) islands: Vec<Island>,
    /// Number of candidates so far.
    candidates: u64,
    /// Number of candidates at the last migration.
    migrated: u64,
    /// Number of candidates at the last reset.
    reset: u64,
    /// The best member of all islands.
    best: Option<usize>,
    /// Number of candidates at the last new best member, or at the last opening.
    improved: u64,
}

impl Archipelago {
    /// Returns the islands of a strategy, without members.
    pub(crate) fn new(spec: &StrategySpec) -> Self {
        let count = if let StrategySpec::Islands(rule) = spec { rule.count } else { 1 };
        let islands = (0..count).map(|_| Island::new(spec)).collect();
        Self { spec: spec.clone(), islands, candidates: 0, migrated: 0, reset: 0, best: None, improved: 0 }
    }

    fn rule(&self) -> Option<&Islands> {
        match &self.spec {
            StrategySpec::Islands(rule) => Some(rule),
            _ => None,
        }
    }

    /// Counts a candidate and the member that it became, if any.
    pub(crate) fn count(&mut self, view: &View<'_>, member: Option<usize>) {
        self.candidates += 1;
        let score = |member: usize| &view.member(member).score;
        let Some(member) = member else { return };
        if self.best.is_none_or(|best| view.better(score(member), score(best))) {
            (self.best, self.improved) = (Some(member), self.candidates);
        }
    }

    /// Adds the seed, with which every island begins.
    pub(crate) fn begin(&mut self, view: &View<'_>, seed: usize) {
        self.islands.iter_mut().for_each(|island| island.admit(view, seed));
        self.best = Some(seed);
    }

    /// Returns the island of candidate `number` in the next generation. Islands take turns.
    pub(crate) fn turn_of(&self, number: u64) -> usize {
        let count = self.islands.len() as u64;
        usize::try_from((self.candidates + number) % count).expect("it is below the number of islands")
    }

    /// Decides on migrations and resets, which take effect after the next generation.
    pub(crate) fn plan(&self, view: &View<'_>, agent: u64, draws: &mut Draws) -> Vec<SearchTurn> {
        let Some(rule) = self.rule() else { return Vec::new() };
        let mut turns = Vec::new();
        if rule.migration != Migration::None && self.candidates - self.migrated >= rule.interval {
            turns.extend(self.migrations(rule, view, agent, draws).into_iter().map(SearchTurn::Migration));
        }
        if rule.reset > 0 && self.candidates - self.reset >= rule.reset {
            turns.extend(self.resets(view, agent, draws).into_iter().map(SearchTurn::Reset));
        }
        let (stagnation, count) = (self.candidates - self.improved, self.islands.len() as u64);
        if rule.stagnation > 0 && stagnation >= rule.stagnation && count < rule.most {
            let founder = view.member(SEED).id;
            turns.push(SearchTurn::Opening(IslandOpening { agent, island: count, founder, stagnation }));
        }
        turns
    }

    fn migrations(
        &self,
        rule: &Islands,
        view: &View<'_>,
        agent: u64,
        draws: &mut Draws,
    ) -> Vec<IslandMigration> {
        let count = self.islands.len();
        let mut all = Vec::new();
        for (from, island) in self.islands.iter().enumerate() {
            let (to, draw) = if rule.migration == Migration::Random {
                let other = draws.even("island", count - 1);
                (other + usize::from(other >= from), draws.last().cloned())
            } else {
                ((from + 1) % count, None)
            };
            let members = island.ranking.members();
            let most = rule.rate.of_rounded_up(members.len() as u64);
            let most = usize::try_from(most).unwrap_or(usize::MAX).min(MIGRANTS_MAX);
            let there = self.islands[to].ranking.members();
            let new = members.iter().take(most).filter(|member| !there.contains(member));
            let members: Vec<_> = new.map(|member| view.member(*member).id).collect();
            all.push(IslandMigration { agent, from: from as u64, to: to as u64, members, draw });
        }
        all
    }

    fn resets(&self, view: &View<'_>, agent: u64, draws: &mut Draws) -> Vec<IslandReset> {
        let best = |island: &usize| self.islands[*island].ranking.best();
        let mut order: Vec<usize> = (0..self.islands.len()).filter(|island| best(island).is_some()).collect();
        // The sort is stable, so that the first of equal islands counts as better.
        order.sort_by(|a, b| {
            let score = |island| best(island).map(|member| &view.member(member).score);
            let (a, b) = (score(a), score(b));
            match view.archive.direction() {
                hyperspace_eval::Direction::Minimize => a.cmp(&b),
                hyperspace_eval::Direction::Maximize => b.cmp(&a),
            }
        });
        let (better, worse) = order.split_at(order.len().div_ceil(2));
        let mut all = Vec::new();
        for island in worse {
            let from = better[draws.even("island", better.len())];
            let (Some(founder), Some(draw)) = (best(&from), draws.last().cloned()) else { continue };
            all.push(IslandReset { agent, island: *island as u64, founder: view.member(founder).id, draw });
        }
        all
    }

    /// Carries out a recorded decision, or returns its fault.
    pub(crate) fn apply(&mut self, view: &View<'_>, turn: &SearchTurn) -> Result<(), String> {
        let find = |id| view.archive.find(id).ok_or_else(|| format!("{id} is not in the archive"));
        let count = self.islands.len();
        let index = |island: u64| {
            let index = usize::try_from(island).ok().filter(|index| *index < count);
            index.ok_or_else(|| format!("there is no island {island}"))
        };
        match turn {
            SearchTurn::Migration(IslandMigration { to, members, .. }) => {
                self.migrated = self.candidates;
                let to = index(*to)?;
                for id in members {
                    let member = find(*id)?;
                    if !self.islands[to].ranking.members().contains(&member) {
                        self.islands[to].admit(view, member);
                    }
                }
            }
            SearchTurn::Reset(IslandReset { island, founder, .. }) => {
                self.reset = self.candidates;
                let (island, founder) = (index(*island)?, find(*founder)?);
                self.islands[island] = Island::new(&self.spec);
                self.islands[island].admit(view, founder);
            }
            SearchTurn::Opening(IslandOpening { island, founder, .. }) => {
                if *island != count as u64 {
                    return Err(format!("the next island is {count}, not {island}"));
                }
                let founder = find(*founder)?;
                self.improved = self.candidates;
                self.islands.push(Island::new(&self.spec));
                self.islands[count].admit(view, founder);
            }
        }
        Ok(())
    }
}
