//! The gate: what becomes of a candidate that was measured.
//!
//! A candidate is admitted when it is better than its parent on training data *and* not worse than it on held-out data, which
//! are looked at only then; every other child falls back to its parent. The champion changes only when a candidate passes the
//! same gate against the champion. Comparisons are exact.

use hyperspace_eval::{Direction, Score};
use serde::{Deserialize, Serialize};

/// What became of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// The agent that the run began with.
    Seed,
    /// Admitted, and the best so far on training data without being worse on held-out data.
    Champion,
    /// Better than its parent on training data and not worse on held-out data: a parent to choose from.
    Admitted,
    /// Not better than its parent.
    NoBetter,
    /// Better than its parent on training data, worse on held-out data.
    Overfitted,
    /// It has no score, on training or on held-out data.
    Failed,
    /// Its files are those of its parent.
    Unchanged,
    /// Its files are those of another member, or of an earlier candidate of its generation.
    Duplicate,
    /// Beaten by the other candidate of a tournament; not measured on held-out data.
    Lost,
    /// Its meta agent failed, and so did every one that could have stood in for it.
    MetaFailed,
}

impl Fate {
    /// The name in journals and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Seed => "seed",
            Self::Champion => "champion",
            Self::Admitted => "admitted",
            Self::NoBetter => "no-better",
            Self::Overfitted => "overfitted",
            Self::Failed => "failed",
            Self::Unchanged => "unchanged",
            Self::Duplicate => "duplicate",
            Self::Lost => "lost",
            Self::MetaFailed => "meta-failed",
        }
    }

    /// Whether the candidate joined the archive.
    #[must_use]
    pub fn is_admitted(self) -> bool {
        matches!(self, Self::Seed | Self::Champion | Self::Admitted)
    }
}

/// A pair of scores: on training data, on held-out data.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scores<'a> {
    pub(crate) train: &'a Score,
    pub(crate) held_out: &'a Score,
}

/// Whether a candidate deserves a look at held-out data.
pub(crate) fn improves(direction: Direction, train: &Score, parent: &Score) -> bool {
    train.better_than(parent, direction)
}

/// Decides on a candidate under the original's rules: whoever has both scores is admitted, and the champion is the best on
/// held-out data, the first of equals.
pub(crate) fn decide_parity(direction: Direction, held_out: &Score, champion: &Score) -> Fate {
    if held_out.better_than(champion, direction) { Fate::Champion } else { Fate::Admitted }
}

/// Decides on a candidate that [`improves`].
pub(crate) fn decide(
    direction: Direction,
    own: Scores<'_>,
    parent: Scores<'_>,
    champion: Scores<'_>,
) -> Fate {
    let passes = |other: Scores<'_>| {
        own.train.better_than(other.train, direction) && !other.held_out.better_than(own.held_out, direction)
    };
    match (passes(parent), passes(champion)) {
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
            Scores { train: &own[0], held_out: &own[1] },
            Scores { train: &parent[0], held_out: &parent[1] },
            Scores { train: &champion[0], held_out: &champion[1] },
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
