//! `pareto`: members that are the best in some value, weighted by the number of such values (GEPA, Agrawal et al. 2025, algorithm
//! 2).
//!
//! The values are scores of training cases, objectives, or both. The frontier is updated as members arrive: a newcomer is
//! compared only with the frontier.

use std::cmp::Ordering;

use hyperspace_eval::{Direction, Score};

use super::draws::Draws;
use super::sampler::{CachedSums, Drawn, Sampler, View};
use crate::record::search_record::SearchRecord;
use crate::record::strategy::{Dimension, Frontier, Pareto};

/// The values of a member: cases first, then objectives.
type Numbers = [Option<Score>];

#[derive(Debug, Clone)]
pub(crate) struct ParetoSampler {
    rule: Pareto,
    /// Members that no other member dominates, in order of admission.
    frontier: Vec<Undominated>,
    /// The best of each value.
    best: Vec<Option<Score>>,
    /// Number of values that are scores of cases.
    cases: usize,
    sums: CachedSums,
}

#[derive(Debug, Clone)]
struct Undominated {
    member: usize,
    numbers: Vec<Option<Score>>,
}

/// Returns a value of a member, if it has it.
fn number(numbers: &Numbers, index: usize) -> Option<&Score> {
    numbers.get(index).and_then(Option::as_ref)
}

impl ParetoSampler {
    pub(crate) fn new(rule: Pareto) -> Self {
        Self { rule, frontier: Vec::new(), best: Vec::new(), cases: 0, sums: CachedSums::default() }
    }

    /// Returns the values of a member or candidate.
    fn numbers(&self, record: &SearchRecord) -> Vec<Option<Score>> {
        let objective = |one: &Dimension| record.descriptor.get(&one.to_string()).cloned();
        let objectives = || self.rule.objectives.iter().map(objective);
        match self.rule.over {
            Frontier::Cases => record.cases.clone(),
            Frontier::Objectives => objectives().collect(),
            Frontier::Hybrid => record.cases.iter().cloned().chain(objectives()).collect(),
        }
    }

    /// Returns the direction of a value: smaller sizes are better, and everything else is as for the score of the task.
    fn direction(&self, view: &View<'_>, index: usize) -> Direction {
        match index.checked_sub(self.cases).and_then(|index| self.rule.objectives.get(index)) {
            Some(Dimension::Bytes | Dimension::Lines | Dimension::Tokens) => Direction::Minimize,
            _ => view.archive.direction(),
        }
    }

    /// Compares a value of two members; a missing one is the worst.
    fn compare(&self, view: &View<'_>, index: usize, a: Option<&Score>, b: Option<&Score>) -> Ordering {
        let direction = self.direction(view, index);
        match (a, b) {
            (Some(a), Some(b)) if a.better_than(b, direction) => Ordering::Greater,
            (Some(a), Some(b)) if b.better_than(a, direction) => Ordering::Less,
            (a, b) => a.is_some().cmp(&b.is_some()),
        }
    }

    /// Returns whether `a` is nowhere worse than `b`.
    fn covers(&self, view: &View<'_>, a: &Numbers, b: &Numbers) -> bool {
        let mut all = 0..a.len().max(b.len());
        all.all(|index| self.compare(view, index, number(a, index), number(b, index)) != Ordering::Less)
    }

    /// Returns whether a candidate has the best of a value.
    fn wins(&self, view: &View<'_>, numbers: &Numbers, index: usize) -> bool {
        let own = number(numbers, index);
        own.is_some() && self.compare(view, index, own, self.best[index].as_ref()) != Ordering::Less
    }

    fn sums(&self, view: &View<'_>) -> Vec<u64> {
        let count = |one: &Undominated| {
            (0..self.best.len()).filter(|index| self.wins(view, &one.numbers, *index)).count() as u64
        };
        let mut total = 0;
        let add = |one| {
            total += count(one);
            total
        };
        self.frontier.iter().map(add).collect()
    }

    /// Updates the best of each value.
    fn raise(&mut self, view: &View<'_>, numbers: &Numbers) {
        if self.best.len() < numbers.len() {
            self.best.resize(numbers.len(), None);
        }
        for (index, own) in numbers.iter().enumerate() {
            if self.compare(view, index, own.as_ref(), self.best[index].as_ref()) == Ordering::Greater {
                self.best[index].clone_from(own);
            }
        }
    }
}

impl Sampler for ParetoSampler {
    fn admit(&mut self, view: &View<'_>, member: usize) {
        let record = view.record(member);
        if self.rule.over != Frontier::Objectives {
            self.cases = self.cases.max(record.cases.len());
        }
        let numbers = self.numbers(record);
        self.raise(view, &numbers);
        if self.frontier.iter().any(|other| self.covers(view, &other.numbers, &numbers)) {
            return;
        }
        let mut frontier = std::mem::take(&mut self.frontier);
        frontier.retain(|other| !self.covers(view, &numbers, &other.numbers));
        frontier.push(Undominated { member, numbers });
        self.frontier = frontier;
        self.sums.forget();
    }

    fn draw(&self, view: &View<'_>, draws: &mut Draws) -> Drawn {
        let index = draws.weighted("frontier", self.sums.get(|| self.sums(view)));
        Drawn::member(self.frontier[index].member)
    }

    fn wants(&self, view: &View<'_>, _: &Score, traits: &SearchRecord) -> bool {
        let numbers = self.numbers(traits);
        !self.frontier.iter().any(|other| self.covers(view, &other.numbers, &numbers))
    }

    fn complement(&self, view: &View<'_>, parent: usize) -> Option<usize> {
        let own = self.numbers(view.record(parent));
        let lost: Vec<usize> = (0..self.best.len()).filter(|index| !self.wins(view, &own, *index)).collect();
        let won =
            |one: &Undominated| lost.iter().filter(|index| self.wins(view, &one.numbers, **index)).count();
        let best = self.frontier.iter().map(|one| (won(one), one.member));
        // Among equals, the earliest.
        let best = best.reduce(|best, next| if next.0 > best.0 { next } else { best });
        best.filter(|(won, member)| *won > 0 && *member != parent).map(|(_, member)| member)
    }

    fn duplicate(&self) -> Box<dyn Sampler> {
        Box::new(self.clone())
    }
}
