//! A sequential test that finds when something began to happen more often than before, and more often than by chance.
//!
//! A row of candidates is split in two. The first part tells how often the event happened, by the prior of Jeffreys (1946), and
//! from that follows what to expect of the second part (Krichevsky and Trofimov 1981): the predictive probability of as many
//! events or more. A rise is the split with the least probability, if that is below a limit, which is [`ALARM_CHANCE`] for most
//! signs. Because the first part never counts for more than it is, a short history needs more evidence than a long one. Because
//! the test is repeated after every candidate and at every place where a rise could begin, it raises more false alarms than the
//! limit says; docs/evidence.md states how many.

/// The probability below which a rise is not chance.
pub(super) const ALARM_CHANCE: f64 = 0.000_03;
/// Minimum number of candidates before a rise.
pub(super) const BEFORE_MIN: usize = 10;
/// Events assumed in advance, out of one candidate.
const PRIOR: f64 = 0.5;

/// A rise of a rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rise {
    /// The index of the first event that belongs to it.
    pub(super) at: usize,
    /// The rate before.
    pub(super) before: f64,
    /// The predictive probability of what followed.
    pub(super) chance: f64,
}

/// Returns the clearest rise in a row of candidates that lasts to the end of the row, is less probable than `most_chance`, and
/// satisfies `counts`. The arguments of `counts` are the rates before and after.
pub(super) fn rise(events: &[bool], most_chance: f64, counts: impl Fn(f64, f64) -> bool) -> Option<Rise> {
    let total = events.iter().filter(|event| **event).count();
    let (mut clearest, mut before): (Option<Rise>, usize) = (None, 0);
    for (at, event) in events.iter().enumerate() {
        let (others, events_after) = (at - before, total - before);
        let after = events.len() - at;
        let rate = (before as f64 + PRIOR) / (at as f64 + 2.0 * PRIOR);
        if *event && at >= BEFORE_MIN && counts(rate, events_after as f64 / after as f64) {
            let chance = predictive_tail(events_after, after, before, others);
            if chance < clearest.map_or(most_chance, |clearest| clearest.chance) {
                clearest = Some(Rise { at, before: rate, chance });
            }
        }
        before += usize::from(*event);
    }
    clearest
}

/// Returns the probability that at least `least` of `count` candidates are events, after `events` events and `others` other
/// candidates.
pub(super) fn predictive_tail(least: usize, count: usize, events: usize, others: usize) -> f64 {
    let (yes, no) = (events as f64 + PRIOR, others as f64 + PRIOR);
    // Begins with all of them and goes down.
    let mut term: f64 = (0..count).map(|at| (yes + at as f64) / (yes + no + at as f64)).product();
    let mut sum = term;
    for number in (least..count).rev() {
        let (number, left) = (number as f64, (count - number) as f64);
        term *= (number + 1.0) / left * (no + left - 1.0) / (yes + number);
        sum += term;
    }
    sum.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_predictive_distribution_is_one() {
        for (count, events, others) in [(1, 0, 0), (7, 3, 11), (40, 0, 90), (200, 30, 26)] {
            assert!((predictive_tail(0, count, events, others) - 1.0).abs() < 1e-9);
            let tails = (0..=count).map(|least| predictive_tail(least, count, events, others));
            let tails: Vec<f64> = tails.collect();
            assert!(tails.windows(2).all(|pair| pair[0] >= pair[1] && pair[1] >= 0.0), "{tails:?}");
        }
        // For one candidate, the mean of the Jeffreys distribution.
        assert!((predictive_tail(1, 1, 2, 7) - 2.5 / 10.0).abs() < 1e-12);
    }

    #[test]
    fn a_rise_begins_with_its_first_event_and_lasts_to_the_end() {
        let mut events = vec![false; 20];
        assert_eq!(rise(&events, ALARM_CHANCE, |_, _| true), None);
        events.extend([true; 4]);
        let found = rise(&events, ALARM_CHANCE, |_, _| true).map(|rise| rise.at);
        assert_eq!(found, Some(20));
        assert_eq!(rise(&events, ALARM_CHANCE, |_, after| after > 1.0), None, "it does not count");
        // Four in a row are not a rise where one in three was an event before.
        let often: Vec<bool> = (0..24).map(|at| at >= 20 || at % 3 == 0).collect();
        assert_eq!(rise(&often, ALARM_CHANCE, |_, _| true), None);
        // A rise that has ended is no rise any more.
        events.extend([false; 12]);
        assert_eq!(rise(&events, ALARM_CHANCE, |before, after| after > 0.5 && before < 0.5), None);
    }
}
