use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::*;

/// Shuffles rows uniformly.
fn shuffled<T>(mut rows: Vec<T>, random: &mut ChaCha20Rng) -> Vec<T> {
    for last in (1..rows.len()).rev() {
        let place = usize::try_from(random.next_u64() % (last as u64 + 1)).unwrap();
        rows.swap(last, place);
    }
    rows
}

/// Rows of zeros and ones, of parent and candidate: both right, gained, lost, both wrong.
fn rows(both: usize, gained: usize, lost: usize, neither: usize) -> Vec<(u64, u64)> {
    [(both, (1, 1)), (gained, (0, 1)), (lost, (1, 0)), (neither, (0, 0))]
        .into_iter()
        .flat_map(|(count, row)| std::iter::repeat_n(row, count))
        .collect()
}

/// Returns the row after which an evaluation on rows in this order ends, if it does.
fn stop(rows: &[(u64, u64)], level: f64, takes_equals: bool) -> Option<(usize, StopReason)> {
    let known = |(parent, _): &(u64, u64)| KnownRow { parent: Score::integer(*parent), best: Score::one() };
    let mut test =
        EarlyStopTest::new(Direction::Maximize, level, takes_equals, rows.iter().map(known).collect());
    rows.iter().enumerate().find_map(|(row, (_, own))| Some((row + 1, test.look(&Score::integer(*own))?)))
}

/// Returns the share of 2,000 candidates that are stopped, and the mean share of rows that this saves.
fn simulate(of: &[(u64, u64)], level: f64) -> (f64, f64) {
    const CANDIDATES: u64 = 2_000;
    let (mut stopped, mut saved) = (0, 0.0);
    for number in 0..CANDIDATES {
        let order = shuffled(of.to_vec(), &mut ChaCha20Rng::seed_from_u64(number));
        if let Some((row, _)) = stop(&order, level, false) {
            stopped += 1;
            saved += 1.0 - row as f64 / of.len() as f64;
        }
    }
    (f64::from(stopped) / CANDIDATES as f64, saved / CANDIDATES as f64)
}

#[test]
fn candidates_that_would_be_admitted_are_stopped_no_more_often_than_stated() {
    // Better by a single row, which is hardest, for few and many rows that differ.
    for of in [rows(40, 11, 10, 39), rows(10, 26, 25, 39), rows(0, 31, 30, 0), rows(90, 1, 0, 9)] {
        for level in [0.05, 0.2] {
            let (error, _) = simulate(&of, level);
            println!("level {level}, {} rows: {error} of candidates that are better are stopped", of.len());
            // Three standard deviations of the share.
            let most = level + 3.0 * (level * (1.0 - level) / 2_000.0).sqrt();
            assert!(error <= most, "{error} of candidates at {level}, {} rows", of.len());
        }
    }
}

#[test]
fn worse_candidates_save_rows() {
    let much = rows(30, 5, 40, 25);
    let (share, saved) = simulate(&much, 0.05);
    println!("level 0.05: {share} of candidates that are much worse are stopped, {saved} of the rows saved");
    assert!(share > 0.99 && saved > 0.55, "{share} {saved}");
    let broken = rows(0, 0, 70, 30);
    let (share, saved) = simulate(&broken, 0.01);
    assert!(share > 0.99 && saved > 0.8, "{share} {saved}");
    // The exact bound alone: against a parent that is right on nine of ten rows, few rows have to be lost.
    let (share, saved) = simulate(&rows(60, 2, 30, 8), 0.0);
    assert!(share > 0.99 && saved > 0.4, "{share} {saved}");
}

#[test]
fn equals_and_unbounded_rows_are_told_apart() {
    let equal = rows(2, 0, 0, 0);
    assert_eq!(stop(&equal, 0.0, false), Some((1, StopReason::Impossible)), "as good is no better");
    assert_eq!(stop(&equal, 0.0, true), None);
    // Better than the declared best, so nothing is stopped.
    let known = vec![KnownRow { parent: Score::one(), best: Score::one() }; 3];
    let mut test = EarlyStopTest::new(Direction::Maximize, 0.5, false, known);
    assert_eq!([2, 0, 0].map(|amount| test.look(&Score::integer(amount))), [None; 3]);
    // Smaller is better, and nothing is below 0.
    let known = vec![KnownRow { parent: Score::integer(1), best: Score::zero() }; 3];
    let mut test = EarlyStopTest::new(Direction::Minimize, 0.0, false, known);
    assert_eq!(
        [9, 0, 0].map(|amount| test.look(&Score::integer(amount))).first(),
        Some(&Some(StopReason::Impossible))
    );
}

proptest! {
    /// The exact bound never ends the evaluation of a candidate that would be admitted, whatever the amounts.
    #[test]
    fn what_is_impossible_is(amounts in prop::collection::vec((0_u64..20, 0_u64..20), 1..40), minimise: bool, takes_equals: bool) {
        let direction = if minimise { Direction::Minimize } else { Direction::Maximize };
        let best = if minimise { 0 } else { 19 };
        let known = |(parent, _): &(u64, u64)| KnownRow { parent: Score::integer(*parent), best: Score::integer(best) };
        let mut test = EarlyStopTest::new(direction, 0.0, takes_equals, amounts.iter().map(known).collect());
        let stopped = amounts.iter().any(|(_, own)| test.look(&Score::integer(*own)).is_some());
        let total = |part: fn(&(u64, u64)) -> u64| amounts.iter().map(part).sum::<u64>();
        let (parent, own) = (total(|row| row.0), total(|row| row.1));
        let better = if minimise { own < parent } else { own > parent };
        prop_assert!(!stopped || !(better || (takes_equals && own == parent)));
    }
}
