//! The ladder: held-out data that answer only whether a champion is better by more than chance.

use super::paired::is_better;
use super::tally::RowTally;

/// Returns whether a candidate is a step above the best one so far on held-out rows: its mean difference is above the standard
/// error `s/√n` of the paired differences. In whole numbers, with the net gain `d`, the number of differing rows `m` and the
/// number of all rows `n`: `d²·(n+1) > m·n`.
///
/// Only this answer leaves held-out data, so a sequence of candidates learns no more about them than its steps tell.
///
/// Source: the parameter-free Ladder, Blum and Hardt 2015 (arXiv 1502.04585), figure 2.
#[must_use]
pub fn releases(tally: RowTally) -> bool {
    let net = u128::from(tally.gained.saturating_sub(tally.lost));
    let rows = u128::from(tally.rows);
    net * net * (rows + 1) > u128::from(tally.different()) * rows
}

/// Returns whether a candidate is a step at question `number`, counted from 1: as [`releases`], and by the one-sided sign test
/// with mid-p values at the level `α / (k·(k + 1))` of the `k`-th question. The levels of all questions sum up to `α`
/// (Bonferroni), so a search that only tries often takes a single false step with a probability of about `α`, however long it
/// continues.
#[must_use]
pub fn is_step(tally: RowTally, number: u64, level: f64) -> bool {
    let questions = number.max(1) as f64;
    releases(tally) && is_better(tally, level / (questions * (questions + 1.0)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_step_is_more_than_the_standard_error() {
        let check = |gained, lost, rows| releases(RowTally { gained, lost, rows });
        assert!(check(1, 0, 1) && check(5, 1, 100) && check(1, 0, 100));
        assert!(!check(0, 0, 100) && !check(3, 2, 100) && !check(1, 4, 100) && !check(10, 7, 100));
    }

    #[test]
    fn a_step_has_to_be_clearer_the_more_was_asked() {
        let check = |gained, number| is_step(RowTally { gained, lost: 0, rows: 100 }, number, 0.05);
        assert!(check(5, 1) && !check(4, 1), "mid-p values 1/64 and 1/32, against 1/40");
        assert!(check(10, 9) && !check(9, 9), "1/2048 and 1/1024, against 1/1800");
        assert!(!is_step(RowTally { gained: 30, lost: 28, rows: 100 }, 1, 0.5), "no standard error");
    }

    proptest! {
        #[test]
        fn whole_numbers_say_what_the_formula_says(gained in 0_u64..60, lost in 0_u64..60, same in 0_u64..60) {
            let rows = gained + lost + same;
            prop_assume!(rows > 0);
            let n = rows as f64;
            let mean = (gained as f64 - lost as f64) / n;
            let deviation = ((gained + lost) as f64 / n - mean * mean).max(0.0).sqrt();
            let error = deviation / n.sqrt();
            prop_assume!((mean - error).abs() > 1e-9);
            prop_assert_eq!(releases(RowTally { gained, lost, rows }), mean > error);
        }
    }
}
