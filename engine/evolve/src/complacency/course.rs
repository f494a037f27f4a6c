//! The course of a population: candidates in a row without a change, and falling rates.

use std::cmp::Ordering;

use crate::complacency::{ComplacencyFinding, ComplacencyKind, HistoryStep};

/// Number of unchanged candidates in a row from which on an agent has given up.
const UNCHANGED: usize = 5;
/// Probability below which a row of unchanged candidates is not chance.
const UNCHANGED_CHANCE: f64 = 0.000_02;
/// Minimum number of last candidates that are compared with those before them.
const WINDOW: usize = 10;
/// Number of last candidates in which a fall is looked for.
const RECENT_MAX: usize = 256;
/// Probability below which a difference is not chance.
const CHANCE: f64 = 0.000_01;
/// Low novelty, as a share of the novelty before; and the same share for what was new in programs. Both must be low, because
/// programs that grow have less and less novelty even if as much in them is new as ever.
const NOVELTY: f64 = 0.4;
const NEW: f64 = 0.5;
/// Probability below which falling novelty is not chance.
const NOVELTY_CHANCE: f64 = 0.005;
/// Maximum number of earlier programs that a program is compared with.
const COMPARED_MAX: usize = 64;
/// Number of candidates from which on unedited meta agents are a sign.
const FROZEN: usize = 20;
/// Probability below which a row of unedited meta agents is not chance.
const FROZEN_CHANCE: f64 = 0.002;

/// Returns the longest row of unchanged candidates, if it is long, and longer than by chance.
pub(super) fn given_up(history: &[HistoryStep]) -> Option<ComplacencyFinding> {
    let (mut longest, mut row): (Vec<usize>, Vec<usize>) = Default::default();
    for (index, step) in history.iter().enumerate() {
        match step.changed(history) {
            Some(true) => row.clear(),
            Some(false) => row.push(index),
            None => continue,
        }
        if row.len() > longest.len() {
            longest.clone_from(&row);
        }
    }
    let (first, last) = (longest.first()?, longest.last()?);
    let words = format!("{} to {} change nothing", history[*first].id, history[*last].id);
    // A row is over once enough later candidates have followed it.
    let over = history.len() > last + WINDOW;
    let before: Vec<bool> = history[..*first].iter().filter_map(|step| step.changed(history)).collect();
    let idle = before.iter().filter(|changed| !**changed).count() as f64;
    // A population that has never changed anything has given up.
    let rate = if before.is_empty() { 0.0 } else { (idle + 1.0) / (before.len() as f64 + 2.0) };
    let chance = rate.powi(i32::try_from(longest.len()).unwrap_or(i32::MAX));
    (longest.len() >= UNCHANGED && !over && chance < UNCHANGED_CHANCE)
        .then(|| ComplacencyFinding::new(ComplacencyKind::GivenUp, longest, vec![words]))
}

/// Returns whether the last candidates change less often than those before, from some candidate on.
pub(super) fn falling_edit_rate(history: &[HistoryStep]) -> Option<ComplacencyFinding> {
    let known: Vec<(usize, bool)> = history
        .iter()
        .enumerate()
        .skip(history.len().saturating_sub(RECENT_MAX))
        .filter_map(|(index, step)| Some((index, step.changed(history)?)))
        .collect();
    let count = |part: &[(usize, bool)]| part.iter().filter(|(_, changed)| *changed).count();
    let worst = splits(known.len(), WINDOW).filter_map(|at| {
        let (before, last) = known.split_at(at);
        let rate = (count(before) as f64 + 1.0) / (before.len() as f64 + 2.0);
        let now = count(last);
        let falls = (now as f64) < rate * last.len() as f64 / 2.0;
        falls.then(|| (binomial_tail(now, last.len(), rate), at, rate))
    });
    let (chance, at, rate) = worst.min_by(|one, other| one.0.total_cmp(&other.0))?;
    let last = &known[at..];
    let now = count(last) as f64 * 100.0 / last.len() as f64;
    let words = format!(
        "{now:.0} % of the last {} change something, {:.0} % of those before",
        last.len(),
        rate * 100.0
    );
    let steps = last.iter().filter(|(_, changed)| !changed).map(|(index, _)| *index).collect();
    (chance < CHANCE).then(|| ComplacencyFinding::new(ComplacencyKind::FallingEditRate, steps, vec![words]))
}

/// Returns the places at which a row of this length can be split so that both parts are long enough; the last part has at least
/// `least` items.
fn splits(len: usize, least: usize) -> std::ops::Range<usize> {
    WINDOW..(len + 1).saturating_sub(least).max(WINDOW)
}

/// Returns the probability of at most `most` events among `count`, each with probability `rate`.
fn binomial_tail(most: usize, count: usize, rate: f64) -> f64 {
    let mut term = (1.0 - rate).powi(i32::try_from(count).unwrap_or(i32::MAX));
    let mut sum = term;
    for at in 0..most {
        term *= (count - at) as f64 / (at + 1) as f64 * rate / (1.0 - rate);
        sum += term;
    }
    sum
}

/// The novelty of a program, compared with the nearest earlier program.
pub(super) struct Novelty {
    /// The index of its candidate.
    pub(super) step: usize,
    /// The distance to the nearest earlier program: the share of shingles that only one of the two has.
    part: f64,
    /// Smallest number of shingles that an earlier program lacks.
    pub(super) new: f64,
}

/// Returns whether the last ten or more changed programs are nearer to older ones than the programs before them, while none of
/// them is better.
pub(super) fn falling_novelty(
    history: &[HistoryStep],
    better: &dyn Fn(f64, f64) -> bool,
) -> Option<ComplacencyFinding> {
    falls_in_novelty(history, &novelties(history), better, WINDOW, NOVELTY_CHANCE)
}

/// Returns the same for the last `least` or more of `novelties`, which are the [`novelties`] of the history. `most_chance` is the
/// probability below which a fall is not chance.
pub(super) fn falls_in_novelty(
    history: &[HistoryStep],
    novelties: &[Novelty],
    better: &dyn Fn(f64, f64) -> bool,
    least: usize,
    most_chance: f64,
) -> Option<ComplacencyFinding> {
    let mean =
        |part: &[Novelty], of: fn(&Novelty) -> f64| part.iter().map(of).sum::<f64>() / part.len() as f64;
    let part = |novelties: &[Novelty]| mean(novelties, |one| one.part);
    let new = |novelties: &[Novelty]| mean(novelties, |one| one.new);
    let worst = splits(novelties.len(), least).filter_map(|at| {
        let (before, last) = novelties.split_at(at);
        let falls = part(last) < NOVELTY * part(before) && new(last) < NEW * new(before);
        let falls = falls && !improves(history, last[0].step, better);
        falls.then(|| (rank_chance(before, last), at))
    });
    let (chance, at) = worst.min_by(|one, other| one.0.total_cmp(&other.0))?;
    let (before, last) = novelties.split_at(at);
    let words = format!(
        "programs of the last {} have a novelty of {:.3}, those before {:.3}",
        last.len(),
        part(last),
        part(before)
    );
    let steps = last.iter().map(|one| one.step).collect();
    (chance < most_chance)
        .then(|| ComplacencyFinding::new(ComplacencyKind::FallingNovelty, steps, vec![words]))
}

/// Returns the novelty of each program among the last candidates, except for the first program and for those that equal their
/// parent's.
pub(super) fn novelties(history: &[HistoryStep]) -> Vec<Novelty> {
    let programs: Vec<(usize, Vec<u64>)> = history
        .iter()
        .enumerate()
        .skip(history.len().saturating_sub(RECENT_MAX))
        .filter(|(_, step)| {
            step.parent
                .and_then(|parent| history.get(parent))
                .is_none_or(|parent| parent.program != step.program)
        })
        .filter_map(|(index, step)| Some((index, shingles(step.program.as_deref()?))))
        .collect();
    programs
        .iter()
        .enumerate()
        .skip(1)
        .map(|(at, (index, own))| {
            let earlier = programs[at.saturating_sub(COMPARED_MAX)..at].iter();
            let shared = earlier.map(|(_, other)| (shared(own, other), other.len()));
            let new = shared.clone().map(|(both, _)| own.len() - both).min().unwrap_or_default();
            let part = shared.map(|(both, other)| distance(both, own.len(), other)).fold(1.0, f64::min);
            Novelty { step: *index, part, new: new as f64 }
        })
        .collect()
}

/// Returns whether one of the candidates from an index on is better than all candidates before it.
pub(super) fn improves(history: &[HistoryStep], from: usize, better: &dyn Fn(f64, f64) -> bool) -> bool {
    let best = |steps: &[HistoryStep]| {
        let scores = steps.iter().filter_map(|step| step.score);
        scores.reduce(|a, b| if better(b, a) { b } else { a })
    };
    best(&history[from..]).zip(best(&history[..from])).is_some_and(|(now, then)| better(now, then))
}

/// Returns the shingles of a program without comments: its rows of three tokens, as sorted hashes.
pub(super) fn shingles(program: &str) -> Vec<u64> {
    let mut rows: Vec<u64> = tokens(program).windows(3).map(|row| hash(row.iter().copied())).collect();
    rows.sort_unstable();
    rows.dedup();
    rows
}

/// Returns the tokens of a program without comments, as hashes.
pub(super) fn tokens(program: &str) -> Vec<u64> {
    let mut words: Vec<u64> = Vec::new();
    for line in program.lines().map(|line| line.split('#').next().unwrap_or_default()) {
        let part = |c: char| c.is_alphanumeric() || c == '_';
        let mut rest = line.trim();
        while let Some(first) = rest.chars().next() {
            let len =
                if part(first) { rest.find(|c| !part(c)).unwrap_or(rest.len()) } else { first.len_utf8() };
            if !first.is_whitespace() {
                words.push(hash(rest[..len].bytes().map(u64::from)));
            }
            rest = &rest[len..];
        }
    }
    words
}

/// Returns the FNV-1a hash of numbers (Fowler, Noll and Vo).
fn hash(numbers: impl Iterator<Item = u64>) -> u64 {
    numbers.fold(0xcbf2_9ce4_8422_2325, |hash, number| (hash ^ number).wrapping_mul(0x0100_0000_01b3))
}

/// Returns the size of the intersection of two sorted sets.
pub(super) fn shared(one: &[u64], other: &[u64]) -> usize {
    let (mut both, mut at, mut beside) = (0, 0, 0);
    while at < one.len() && beside < other.len() {
        let order = one[at].cmp(&other[beside]);
        both += usize::from(order.is_eq());
        at += usize::from(order.is_le());
        beside += usize::from(order.is_ge());
    }
    both
}

/// Returns the Jaccard distance of two sets of these sizes, which have `both` elements in common.
pub(super) fn distance(both: usize, one: usize, other: usize) -> f64 {
    let all = one + other - both;
    if all == 0 { 0.0 } else { 1.0 - both as f64 / all as f64 }
}

/// Returns the probability that the last novelties are this small by chance, by the normal approximation of the rank sum.
fn rank_chance(before: &[Novelty], last: &[Novelty]) -> f64 {
    let (m, n) = (before.len() as f64, last.len() as f64);
    let below = last.iter().map(|one| {
        let against = before.iter().map(|other| match one.part.total_cmp(&other.part) {
            Ordering::Less => 1.0,
            Ordering::Greater => 0.0,
            Ordering::Equal => 0.5,
        });
        against.sum::<f64>()
    });
    let z = (below.sum::<f64>() - m * n / 2.0) / (m * n * (m + n + 1.0) / 12.0).sqrt();
    // An upper bound for the tail of the normal distribution.
    if z <= 0.0 { 1.0 } else { (-z * z / 2.0).exp() / 2.0 }
}

/// Returns whether meta agents are no longer edited while programs are: never in a long row, or not for longer than by chance.
pub(super) fn frozen_meta(history: &[HistoryStep]) -> Option<ComplacencyFinding> {
    let edited = |index: usize| {
        let parent = history.get(history[index].parent?)?;
        Some(history[index].meta.as_ref()? != parent.meta.as_ref()?)
    };
    let known: Vec<(usize, bool)> =
        (0..history.len()).filter_map(|index| Some((index, edited(index)?))).collect();
    let first = known.iter().rposition(|(_, edited)| *edited).map_or(0, |at| at + 1);
    let (before, last) = known.split_at(first);
    let changes = last.iter().filter(|(index, _)| history[*index].changed(history) == Some(true)).count();
    let rate = before.iter().filter(|(_, edited)| *edited).count() as f64 / before.len().max(1) as f64;
    let chance = if before.is_empty() {
        0.0
    } else {
        (1.0 - rate).powi(i32::try_from(last.len()).unwrap_or(i32::MAX))
    };
    let words = format!("the last {} candidates have meta agents as their parents have", last.len());
    (last.len() >= FROZEN && changes * 3 > last.len() && chance < FROZEN_CHANCE).then(|| {
        ComplacencyFinding::new(
            ComplacencyKind::FrozenMeta,
            last.iter().map(|(index, _)| *index).collect(),
            vec![words],
        )
    })
}
