//! Adoption: a candidate that is closer to the best code of a peer than to the code it was made from.
//!
//! `ratio = d_peer / (d_own + d_peer)`, where a distance is 1 − [`similarity`](crate::similarity) between the candidate's program and the
//! other one; a ratio below [`THRESHOLD`] is an event. A peer's best code is that of its best held-out score so far, the first of equals.
//! Peers publish after a generation, so only code of earlier generations was visible. The published analysis also compared with code of
//! the same generation: both views are available, and each event says whether it looks ahead.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::run::{ReportAgent, ReportCandidate, ReportRun};
use crate::sequence::{similarity, similarity_at_most};

/// Ratio below which a candidate counts as adopted.
pub(crate) const THRESHOLD: f64 = 0.4;
/// Maximum number of characters of a quote.
const QUOTE_CHARS_MAX: usize = 300;
/// Maximum number of quotes of an event.
const QUOTES_MAX: usize = 2;

/// The code of peers that a candidate is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum AdoptionView {
    /// Code published in earlier generations.
    Visible,
    /// Code of the same generation as well, as in the published analysis.
    LookAhead,
}

/// An adoption.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct AdoptionEvent {
    /// The view in which it is an event.
    pub view: AdoptionView,
    /// The agent that adopted.
    pub agent: String,
    /// The agent whose code it adopted.
    pub peer: String,
    /// The candidate.
    pub candidate: String,
    /// Its generation.
    pub generation: u64,
    /// The peer's candidate whose code it is close to.
    pub peer_candidate: String,
    /// The generation of that candidate.
    pub peer_generation: u64,
    /// True if that code had not been published yet.
    pub looks_ahead: bool,
    /// Distance to its own previous code.
    pub own_distance: f64,
    /// Distance to the peer's code.
    pub peer_distance: f64,
    /// The ratio.
    pub ratio: f64,
    /// Held-out score of its own previous code.
    pub before: Option<f64>,
    /// Held-out score of the candidate.
    pub after: Option<f64>,
    /// The model's texts about strategies, at most 300 characters each.
    pub quotes: Vec<String>,
}

/// A peer's best code so far.
#[derive(Clone, Copy)]
struct PeerBest<'a> {
    candidate: &'a ReportCandidate,
    code: &'a Arc<str>,
    score: f64,
}

/// Returns the adoptions of a run in one view, ordered by agent and generation. `distances` holds those that are already known.
pub(crate) fn adoptions(
    run: &ReportRun,
    view: AdoptionView,
    distances: &mut Distances,
) -> Vec<AdoptionEvent> {
    let mut found = Vec::new();
    for (at, agent) in run.agents.iter().enumerate() {
        for (peer_at, peer) in run.agents.iter().enumerate().filter(|(peer_at, _)| *peer_at != at) {
            for (candidate, best) in agent.candidates.iter().zip(bests(run, agent, peer, view)) {
                let (Some(best), Some(parent)) = (best, candidate.parent) else { continue };
                let parent = &agent.candidates[parent];
                let event = event(distances, candidate, parent, best);
                found.extend(event.map(|event| AdoptionEvent {
                    view,
                    agent: agent.name.clone(),
                    peer: run.agents[peer_at].name.clone(),
                    ..event
                }));
            }
        }
    }
    found
}

/// Returns, for each candidate of an agent in order, the best code of each peer that it could see.
pub(crate) fn visible_to(run: &ReportRun, agent: &ReportAgent) -> Vec<Vec<Arc<str>>> {
    let mut visible = vec![Vec::new(); agent.candidates.len()];
    for peer in run.agents.iter().filter(|peer| !std::ptr::eq(*peer, agent)) {
        for (codes, best) in visible.iter_mut().zip(bests(run, agent, peer, AdoptionView::Visible)) {
            codes.extend(best.map(|best| Arc::clone(best.code)));
        }
    }
    visible
}

/// Returns, for each candidate of an agent in order, a peer's best code so far.
fn bests<'a>(
    run: &ReportRun,
    agent: &ReportAgent,
    peer: &'a ReportAgent,
    view: AdoptionView,
) -> Vec<Option<PeerBest<'a>>> {
    let (mut best, mut next): (Option<PeerBest<'a>>, usize) = (None, 0);
    let of = |candidate: &ReportCandidate| {
        let visible = |one: &ReportCandidate| match view {
            AdoptionView::LookAhead => one.generation <= candidate.generation,
            AdoptionView::Visible => one.generation < candidate.generation,
        };
        while let Some(one) = peer.candidates.get(next).filter(|one| visible(one)) {
            take(run, &mut best, one);
            next += 1;
        }
        best
    };
    agent.candidates.iter().map(of).collect()
}

/// Makes a candidate the peer's best if it beats the best so far and its program is known.
fn take<'a>(run: &ReportRun, best: &mut Option<PeerBest<'a>>, candidate: &'a ReportCandidate) {
    let (Some(code), Some(score)) = (&candidate.code, candidate.held_out) else { return };
    if best.is_none_or(|best| run.better(score, best.score)) {
        *best = Some(PeerBest { candidate, code, score });
    }
}

fn event(
    distances: &mut Distances,
    candidate: &ReportCandidate,
    parent: &ReportCandidate,
    best: PeerBest<'_>,
) -> Option<AdoptionEvent> {
    let (code, own) = (candidate.code.as_ref()?, parent.code.as_ref()?);
    if code.is_empty() || own.is_empty() || code == own {
        return None;
    }
    let own_distance = distances.of(code, own);
    // The ratio grows with the distance to the peer, so a lower bound of that distance may be enough.
    let at_least = 1.0 - similarity_at_most(code, best.code);
    if own_distance + at_least > 0.0 && at_least / (own_distance + at_least) >= THRESHOLD {
        return None;
    }
    let peer_distance = distances.of(code, best.code);
    if own_distance + peer_distance == 0.0 {
        return None;
    }
    let ratio = peer_distance / (own_distance + peer_distance);
    (ratio < THRESHOLD).then(|| AdoptionEvent {
        view: AdoptionView::Visible,
        agent: String::new(),
        peer: String::new(),
        candidate: candidate.id.clone(),
        generation: candidate.generation,
        peer_candidate: best.candidate.id.clone(),
        peer_generation: best.candidate.generation,
        looks_ahead: best.candidate.generation >= candidate.generation,
        own_distance,
        peer_distance,
        ratio,
        before: parent.held_out,
        after: candidate.held_out,
        quotes: quotes(candidate),
    })
}

fn quotes(candidate: &ReportCandidate) -> Vec<String> {
    let about = candidate.said.iter().filter(|text| text.to_lowercase().contains("strateg"));
    about.take(QUOTES_MAX).map(|text| text.trim().chars().take(QUOTE_CHARS_MAX).collect()).collect()
}

/// Distances computed so far; candidates share code.
#[derive(Default)]
pub(crate) struct Distances(BTreeMap<(Arc<str>, Arc<str>), f64>);

impl Distances {
    fn of(&mut self, one: &Arc<str>, other: &Arc<str>) -> f64 {
        if one == other {
            return 0.0;
        }
        let key = (Arc::clone(one), Arc::clone(other));
        *self.0.entry(key).or_insert_with(|| 1.0 - similarity(one, other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(generation: u64, code: &str, held_out: f64) -> ReportCandidate {
        ReportCandidate {
            id: format!("gen_{generation}"),
            generation,
            parent: generation.checked_sub(1).and_then(|at| usize::try_from(at).ok()),
            code: Some(code.into()),
            held_out: Some(held_out),
            said: vec!["I read strategies/b_gen1 first".to_owned()],
            ..ReportCandidate::default()
        }
    }

    #[test]
    fn code_of_a_peer_counts_from_the_generation_after_it() {
        let (own, theirs) = ("def solve(x):\n    return 1\n", "import math\nclass Other:\n    y = math.pi\n");
        let agent = |name: &str, codes: [(&str, f64); 3]| ReportAgent {
            name: name.to_owned(),
            candidates: (0..).zip(codes).map(|(at, (code, score))| candidate(at, code, score)).collect(),
            ..ReportAgent::default()
        };
        let run = |adopted: [(&str, f64); 3]| ReportRun {
            agents: vec![agent("a", adopted), agent("b", [("b = 2", 0.1), (theirs, 0.9), (theirs, 0.9)])],
            ..ReportRun::default()
        };
        // In generation 2, the code of generation 1 was visible; in generation 1, it was not.
        let later = adoptions(
            &run([(own, 0.1), (own, 0.1), (theirs, 0.8)]),
            AdoptionView::Visible,
            &mut Distances::default(),
        );
        assert_eq!(later.len(), 1);
        let event = &later[0];
        assert_eq!((event.agent.as_str(), event.peer.as_str(), event.generation), ("a", "b", 2));
        assert_eq!((event.ratio, event.looks_ahead, event.quotes.len()), (0.0, false, 1));
        let same = run([(own, 0.1), (theirs, 0.8), (theirs, 0.8)]);
        assert_eq!(adoptions(&same, AdoptionView::Visible, &mut Distances::default()), []);
        let ahead = adoptions(&same, AdoptionView::LookAhead, &mut Distances::default());
        let ahead: Vec<_> = ahead.into_iter().filter(|event| event.agent == "a").collect();
        assert_eq!((ahead.len(), ahead[0].looks_ahead), (1, true));
    }
}
