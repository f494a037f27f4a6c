//! Signs of the course of a population, by the sequential test: found as soon as there is evidence, whatever the number of
//! candidates.

use super::course::{falls_in_novelty, improves, novelties, tokens};
use super::looks::{LOOKS, reading_loops_of};
use super::rates::{self, ALARM_CHANCE, rise};
use crate::complacency::{ComplacencyFinding, ComplacencyKind, HistoryStep};

/// Number of last candidates in which signs are looked for.
pub(super) const RECENT_MAX: usize = 256;
/// Number of unchanged candidates in a row from which on an agent has given up.
const UNCHANGED: usize = 4;
/// The same where so few candidates came before the row that they say nothing about how often that happens.
const UNCHANGED_EARLY: usize = 9;
/// Probability below which a lower rate of edits is not chance.
const EDIT_RATE_CHANCE: f64 = 0.000_1;
/// Number of candidates after which a row that has ended is over.
const OVER: usize = 10;
/// Largest number of shingles found in no earlier program with which a program only repeats earlier ones: that many come from two
/// changed words.
const REPEATS: f64 = 6.0;
/// Number of last candidates whose novelty falls as a whole, and the probability below which that is not chance.
const NOVELTY_WINDOW: usize = 10;
const NOVELTY_CHANCE: f64 = 0.000_003;
/// Number of candidates from which on unedited meta agents are a sign, and the probability below which that is not chance.
const FROZEN: usize = 20;
const FROZEN_CHANCE: f64 = 0.000_5;
/// Number of candidates with a loop that are a sign in themselves.
const LOOPS_MIN: usize = 4;
/// Growth is large from this number of tokens on, and from this multiple of the growth that one in ten candidates exceeded
/// before.
const LARGE_MIN: usize = 20;
const LARGE_TIMES: usize = 2;
/// Programs that have grown to this multiple of their length are bloated.
const BLOATED: usize = 2;

/// Returns what is known about the last candidates, each with its index.
fn recent<T>(history: &[HistoryStep], of: impl Fn(&HistoryStep) -> Option<T>) -> Vec<(usize, T)> {
    let from = history.len().saturating_sub(RECENT_MAX);
    (from..history.len()).filter_map(|index| Some((index, of(&history[index])?))).collect()
}

/// Returns the longest row of unchanged candidates, if it is longer than by chance.
pub(super) fn given_up(history: &[HistoryStep]) -> Option<ComplacencyFinding> {
    let known = recent(history, |step| step.changed(history));
    let (mut longest, mut from) = (0..0, 0);
    for (at, (_, changed)) in known.iter().enumerate() {
        let row = from..at + 1;
        // A row is over once enough later candidates have followed it.
        let over = known.len() >= row.end + OVER;
        if *changed {
            from = at + 1;
        } else if row.len() > longest.len() && !over {
            longest = row;
        }
    }
    let idle = known[..longest.start].iter().filter(|(_, changed)| !changed).count();
    let chance = rates::predictive_tail(longest.len(), longest.len(), idle, longest.start - idle);
    // A population that has hardly ever changed anything has given up, too.
    let early = longest.start < rates::BEFORE_MIN && longest.len() >= UNCHANGED_EARLY;
    let is_sign = early || (longest.len() >= UNCHANGED && chance < ALARM_CHANCE);
    let steps: Vec<usize> = known[longest].iter().map(|(index, _)| *index).collect();
    let (first, last) = (&history[*steps.first()?].id, &history[*steps.last()?].id);
    let words = format!("{first} to {last} change nothing");
    is_sign.then(|| ComplacencyFinding::new(ComplacencyKind::GivenUp, steps, vec![words]))
}

/// Returns whether the last candidates, from some candidate on, change less than half as often as those before.
pub(super) fn falling_edit_rate(history: &[HistoryStep]) -> Option<ComplacencyFinding> {
    let known = recent(history, |step| step.changed(history));
    let idle: Vec<bool> = known.iter().map(|(_, changed)| !changed).collect();
    let rise = rise(&idle, EDIT_RATE_CHANCE, |before, after| 1.0 - after < (1.0 - before) / 2.0)?;
    let last = &known[rise.at..];
    let now = last.iter().filter(|(_, changed)| *changed).count() as f64 * 100.0 / last.len() as f64;
    let before = 100.0 * (1.0 - rise.before);
    let words =
        format!("{now:.0} % of the last {} change something, {before:.0} % of those before", last.len());
    let steps = last.iter().filter(|(_, changed)| !changed).map(|(index, _)| *index).collect();
    Some(ComplacencyFinding::new(ComplacencyKind::FallingEditRate, steps, vec![words]))
}

/// Returns the candidates whose programs repeat older ones, if there are more of them than before and none is better; otherwise
/// the last candidates, if their novelty is much lower than before.
pub(super) fn falling_novelty(
    history: &[HistoryStep],
    better: &dyn Fn(f64, f64) -> bool,
) -> Option<ComplacencyFinding> {
    let known = novelties(history);
    let repeats: Vec<bool> = known.iter().map(|one| one.new <= REPEATS).collect();
    let since = rise(&repeats, ALARM_CHANCE, |before, after| after > before * 2.0).map(|rise| rise.at);
    let since = since.filter(|at| !improves(history, known[*at].step, better));
    let Some(at) = since else {
        return falls_in_novelty(history, &known, better, NOVELTY_WINDOW, NOVELTY_CHANCE);
    };
    let steps: Vec<usize> = (at..known.len()).filter(|at| repeats[*at]).map(|at| known[at].step).collect();
    let words = |step: &usize| format!("{} has an older program but for a word or two", history[*step].id);
    let evidence = steps.iter().map(words).collect();
    Some(ComplacencyFinding::new(ComplacencyKind::FallingNovelty, steps, evidence))
}

/// Returns the candidates that look at the same thing again and again, if there are several, or more than before.
pub(super) fn reading_loops(history: &[HistoryStep]) -> Option<ComplacencyFinding> {
    let known = recent(history, |step| Some(step.looks.as_ref()?.repeated >= LOOKS));
    let loops: Vec<bool> = known.iter().map(|(_, loops)| *loops).collect();
    let from =
        rise(&loops, ALARM_CHANCE, |before, after| after > before * 2.0).and_then(|rise| known.get(rise.at));
    from.map_or_else(
        || reading_loops_of(history, 0, Some(LOOPS_MIN)),
        |(index, _)| reading_loops_of(history, *index, None),
    )
}

/// Returns whether meta agents are no longer edited while programs are, in a row that is longer than by chance.
pub(super) fn frozen_meta(history: &[HistoryStep]) -> Option<ComplacencyFinding> {
    let known = recent(history, |step| {
        let parent = history.get(step.parent?)?;
        Some(step.meta.as_ref()? != parent.meta.as_ref()?)
    });
    let first = known.iter().rposition(|(_, edited)| *edited).map_or(0, |at| at + 1);
    let (before, last) = known.split_at(first);
    let edits = before.iter().filter(|(_, edited)| *edited).count();
    let changes = last.iter().filter(|(index, _)| history[*index].changed(history) == Some(true)).count();
    // If none was ever edited, a row of twice the length is enough.
    let chance = if before.is_empty() {
        if last.len() < 2 * FROZEN { 1.0 } else { 0.0 }
    } else {
        // With the rate itself: its whole distribution would require a row several times as long as the history.
        let rate = (before.len() - edits + 1) as f64 / (before.len() + 1) as f64;
        rate.powi(i32::try_from(last.len()).unwrap_or(i32::MAX))
    };
    let words = format!("the last {} candidates have meta agents as their parents have", last.len());
    let steps = last.iter().map(|(index, _)| *index).collect();
    (last.len() >= FROZEN && changes * 3 > last.len() && chance < FROZEN_CHANCE)
        .then(|| ComplacencyFinding::new(ComplacencyKind::FrozenMeta, steps, vec![words]))
}

/// Returns the candidates whose programs grow far more than earlier ones did, if that has made the programs much longer.
pub(super) fn bloat(history: &[HistoryStep]) -> Option<ComplacencyFinding> {
    let length = |step: &HistoryStep| step.program.as_deref().map(|program| tokens(program).len());
    // Each length is compared with that of the program it was made from; an unchanged program has not grown.
    let known = recent(history, |step| {
        let parent = history.get(step.parent?)?;
        Some((step.program != parent.program).then_some(())).flatten()?;
        Some((length(parent)?, length(step)?))
    });
    let growth: Vec<usize> = known.iter().map(|(_, (before, now))| now.saturating_sub(*before)).collect();
    let mut clearest: Option<(f64, usize, usize)> = None;
    for at in rates::BEFORE_MIN..growth.len() {
        let mut before = growth[..at].to_vec();
        before.sort_unstable();
        let large = LARGE_MIN.max(LARGE_TIMES * before[before.len() * 9 / 10]);
        let count = |part: &[usize]| part.iter().filter(|growth| **growth >= large).count();
        let (was, now) = (count(&growth[..at]), count(&growth[at..]));
        let longest = known[at..].iter().map(|(_, (_, now))| *now).max().unwrap_or_default();
        if growth[at] < large || now * 2 < growth.len() - at || longest < BLOATED * known[at].1.0 {
            continue;
        }
        let chance = rates::predictive_tail(now, growth.len() - at, was, at - was);
        if chance < clearest.map_or(ALARM_CHANCE, |(clearest, ..)| clearest) {
            clearest = Some((chance, at, large));
        }
    }
    let (_, at, large) = clearest?;
    let grown = known[at..].iter().filter(|(_, (before, now))| now.saturating_sub(*before) >= large);
    let steps: Vec<usize> = grown.map(|(index, _)| *index).collect();
    let words = steps.iter().filter_map(|index| {
        let step = &history[*index];
        let before = length(history.get(step.parent?)?)?;
        Some(format!("{} has {} words and signs, its parent {before}", step.id, length(step)?))
    });
    let words = words.collect();
    Some(ComplacencyFinding::new(ComplacencyKind::Bloat, steps, words))
}
