//! A sequential test: since when something happens more often than before, by more than chance.
//!
//! A row of candidates is split in two. The part before says how often it happened, by the distribution of Jeffreys (1946), and what is to be expected of the
//! part after follows from that (Krichevsky and Trofimov 1981): the predictive probability of as many events or more. A rise is the split with the least
//! probability, if that is below a limit, [`ALARM_CHANCE`] for most signs. As the part before is never taken to be more than it is, a short history needs more evidence than a long one.
//! Looking after every candidate, at every place where a rise could begin, raises more false alarms than the limit says; docs/evidence.md has how many.

/// The probability below which a rise is no chance.
pub(super) const ALARM_CHANCE: f64 = 0.000_03;
/// Candidates that a rise needs before it.
pub(super) const BEFORE_MIN: usize = 10;
/// Events that are known from before anything was seen, of one candidate.
const PRIOR: f64 = 0.5;

/// A rise of a rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rise {
    /// The place of the first event that belongs to it.
    pub(super) at: usize,
    /// The rate before.
    pub(super) before: f64,
    /// The probability of what followed.
    pub(super) chance: f64,
}

/// Returns the clearest rise in a row of candidates that `counts`, lasts to its end, and is less probable than `most_chance`. The first argument of `counts`
/// is the rate before, the second that after.
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

/// Returns the probability that as many of `count` candidates or more are events, after as many events and others.
pub(super) fn predictive_tail(least: usize, count: usize, events: usize, others: usize) -> f64 {
    let (yes, no) = (events as f64 + PRIOR, others as f64 + PRIOR);
    // All of them, and then fewer and fewer.
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
        // One candidate: the mean of the distribution of Jeffreys.
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
        // Four are no rise where one in three was an event before.
        let often: Vec<bool> = (0..24).map(|at| at >= 20 || at % 3 == 0).collect();
        assert_eq!(rise(&often, ALARM_CHANCE, |_, _| true), None);
        // What ended is none any more.
        events.extend([false; 12]);
        assert_eq!(rise(&events, ALARM_CHANCE, |before, after| after > 0.5 && before < 0.5), None);
    }
}
