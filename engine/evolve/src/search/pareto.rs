//! `pareto`: members that are the best on some training case, by the number of cases (GEPA, Agrawal et al. 2025, algorithm 2).
//!
//! The frontier is kept as members come: a newcomer is compared with the frontier only.

use std::cmp::Ordering;

use hyperspace_eval::Score;

use super::draws::Draws;
use super::sampler::{CachedSums, Drawn, Sampler, View};
use crate::record::search_record::SearchRecord;

type Cases = [Option<Score>];

#[derive(Debug, Clone, Default)]
pub(crate) struct ParetoSampler {
    /// Members that no other one dominates, in the order of their admission.
    frontier: Vec<usize>,
    /// The best score of each case.
    best: Vec<Option<Score>>,
    sums: CachedSums,
}

/// Compares scores of a case: none is the worst.
fn compare(view: &View<'_>, a: Option<&Score>, b: Option<&Score>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) if view.better(a, b) => Ordering::Greater,
        (Some(a), Some(b)) if view.better(b, a) => Ordering::Less,
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

/// Returns the score of a case, if there is one.
fn score(cases: &Cases, index: usize) -> Option<&Score> {
    cases.get(index).and_then(Option::as_ref)
}

/// Returns whether `a` is nowhere worse than `b`.
fn covers(view: &View<'_>, a: &Cases, b: &Cases) -> bool {
    let mut all = 0..a.len().max(b.len());
    all.all(|index| compare(view, score(a, index), score(b, index)) != Ordering::Less)
}

impl ParetoSampler {
    /// Returns whether a candidate has the best score on a case.
    fn wins(&self, view: &View<'_>, cases: &Cases, index: usize) -> bool {
        let score = score(cases, index);
        score.is_some() && compare(view, score, self.best[index].as_ref()) != Ordering::Less
    }

    /// Returns the number of cases on which each member of the frontier is the best.
    fn counts(&self, view: &View<'_>) -> Vec<u64> {
        let count = |member: &usize| {
            let cases = &view.record(*member).cases;
            (0..self.best.len()).filter(|index| self.wins(view, cases, *index)).count() as u64
        };
        self.frontier.iter().map(count).collect()
    }

    fn sums(&self, view: &View<'_>) -> Vec<u64> {
        let mut total = 0;
        let add = |count| {
            total += count;
            total
        };
        self.counts(view).into_iter().map(add).collect()
    }
}

impl Sampler for ParetoSampler {
    fn admit(&mut self, view: &View<'_>, member: usize) {
        let cases = &view.record(member).cases;
        if self.best.len() < cases.len() {
            self.best.resize(cases.len(), None);
        }
        for (best, score) in self.best.iter_mut().zip(cases) {
            if compare(view, score.as_ref(), best.as_ref()) == Ordering::Greater {
                best.clone_from(score);
            }
        }
        if self.frontier.iter().any(|other| covers(view, &view.record(*other).cases, cases)) {
            return;
        }
        self.frontier.retain(|other| !covers(view, cases, &view.record(*other).cases));
        self.frontier.push(member);
        self.sums.forget();
    }

    fn draw(&self, view: &View<'_>, draws: &mut Draws) -> Drawn {
        Drawn::member(self.frontier[draws.weighted("frontier", self.sums.get(|| self.sums(view)))])
    }

    fn wants(&self, view: &View<'_>, _: &Score, traits: &SearchRecord) -> bool {
        !self.frontier.iter().any(|other| covers(view, &view.record(*other).cases, &traits.cases))
    }

    fn complement(&self, view: &View<'_>, parent: usize) -> Option<usize> {
        let own = &view.record(parent).cases;
        let lost: Vec<usize> = (0..self.best.len()).filter(|index| !self.wins(view, own, *index)).collect();
        let won = |member: usize| {
            let cases = &view.record(member).cases;
            lost.iter().filter(|index| self.wins(view, cases, **index)).count()
        };
        let best = self.frontier.iter().map(|member| (won(*member), *member));
        // Of equals, the earliest.
        let best = best.reduce(|best, next| if next.0 > best.0 { next } else { best });
        best.filter(|(won, member)| *won > 0 && *member != parent).map(|(_, member)| member)
    }

    fn duplicate(&self) -> Box<dyn Sampler> {
        Box::new(self.clone())
    }
}
