//! The gate: the admission of measured candidates.
//!
//! A candidate is admitted if it is better than its parent on training data *and* not worse on held-out data. Held-out data is
//! evaluated only for candidates that pass the first test. The champion changes only if a candidate passes the same gate against
//! the champion. Comparisons are exact.

use hyperspace_eval::{Direction, Score};

use crate::record::fate::Fate;

/// Scores on training data and on held-out data.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SplitScores<'a> {
    pub(crate) train: &'a Score,
    pub(crate) held_out: &'a Score,
}

/// Returns whether a candidate is evaluated on held-out data.
pub(crate) fn improves(direction: Direction, train: &Score, parent: &Score) -> bool {
    train.better_than(parent, direction)
}

/// Decides on a candidate under the original's rules: every candidate with both scores is admitted, and the champion is the best
/// one on held-out data; among equals, the first.
pub(crate) fn decide_parity(direction: Direction, held_out: &Score, champion: &Score) -> Fate {
    if held_out.better_than(champion, direction) { Fate::Champion } else { Fate::Admitted }
}

/// Decides on a candidate that [`improves`] on its parent.
pub(crate) fn decide(
    direction: Direction,
    own: SplitScores<'_>,
    parent: SplitScores<'_>,
    champion: SplitScores<'_>,
) -> Fate {
    let passes = |other: SplitScores<'_>| {
        own.train.better_than(other.train, direction) && !other.held_out.better_than(own.held_out, direction)
    };
    fate(passes(parent), passes(champion))
}

/// Returns the fate of a candidate that does or does not pass the gate against its parent and against the champion.
pub(crate) fn fate(passes_parent: bool, passes_champion: bool) -> Fate {
    match (passes_parent, passes_champion) {
        (false, _) => Fate::Overfitted,
        (true, true) => Fate::Champion,
        (true, false) => Fate::Admitted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(own: [u64; 2], parent: [u64; 2], champion: [u64; 2]) -> Fate {
        let [own, parent, champion] = [own, parent, champion].map(|pair| pair.map(Score::integer));
        decide(
            Direction::Minimize,
            SplitScores { train: &own[0], held_out: &own[1] },
            SplitScores { train: &parent[0], held_out: &parent[1] },
            SplitScores { train: &champion[0], held_out: &champion[1] },
        )
    }

    #[test]
    fn held_out_data_stop_the_overfitted() {
        assert_eq!(check([4, 6], [5, 5], [5, 5]), Fate::Overfitted);
        assert_eq!(check([4, 5], [5, 5], [5, 5]), Fate::Champion);
        assert_eq!(check([4, 4], [5, 5], [3, 3]), Fate::Admitted);
        assert_eq!(check([2, 4], [5, 5], [3, 3]), Fate::Admitted, "worse than the champion on held-out data");
        assert_eq!(check([2, 3], [5, 5], [3, 3]), Fate::Champion);
    }

    #[test]
    fn under_parity_every_score_is_admitted_and_held_out_data_decide() {
        let (five, four) = (Score::integer(5), Score::integer(4));
        assert_eq!(decide_parity(Direction::Minimize, &four, &five), Fate::Champion);
        assert_eq!(decide_parity(Direction::Minimize, &five, &five), Fate::Admitted);
        assert_eq!(decide_parity(Direction::Maximize, &four, &five), Fate::Admitted);
    }

    #[test]
    fn equal_is_no_improvement() {
        let (five, four) = (Score::integer(5), Score::integer(4));
        assert!(!improves(Direction::Minimize, &five, &five));
        assert!(improves(Direction::Minimize, &four, &five));
        assert!(!improves(Direction::Maximize, &four, &five));
    }
}
