//! Parsimony: of two programs with equal scores, the smaller one is better.
//!
//! With parsimony, the gate also admits a candidate with the training score of its parent and fewer nodes, and the champion also
//! changes to a candidate with the champion's training score and fewer nodes. Held-out data must not be worse, as always. A
//! program that cannot be counted is never the smaller one.

use hyperspace_eval::{Direction, Score};

use crate::record::fate::Fate;
use crate::search::gate::{SplitScores, fate};

/// Scores, and the number of nodes of the program.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SizedScores<'a> {
    pub(crate) scores: SplitScores<'a>,
    pub(crate) nodes: Option<u64>,
}

/// Returns whether a program has the same score as another one and is smaller.
pub(crate) fn is_smaller(train: &Score, nodes: Option<u64>, other: &Score, other_nodes: Option<u64>) -> bool {
    train == other && nodes.zip(other_nodes).is_some_and(|(own, other)| own < other)
}

/// Decides on a candidate that is better than its parent on training data, or as good and smaller.
pub(crate) fn decide(
    direction: Direction,
    own: SizedScores<'_>,
    parent: SizedScores<'_>,
    champion: SizedScores<'_>,
) -> Fate {
    let passes = |other: SizedScores<'_>| {
        let better = own.scores.train.better_than(other.scores.train, direction)
            || is_smaller(own.scores.train, own.nodes, other.scores.train, other.nodes);
        better && !other.scores.held_out.better_than(own.scores.held_out, direction)
    };
    fate(passes(parent), passes(champion))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_equals_the_smaller_one_passes() {
        let check = |own: (u64, u64, Option<u64>),
                     parent: (u64, u64, Option<u64>),
                     champion: (u64, u64, Option<u64>)| {
            let scores =
                [own, parent, champion].map(|(train, held_out, _)| [train, held_out].map(Score::integer));
            let sized = |index: usize, nodes| SizedScores {
                scores: SplitScores { train: &scores[index][0], held_out: &scores[index][1] },
                nodes,
            };
            decide(Direction::Minimize, sized(0, own.2), sized(1, parent.2), sized(2, champion.2))
        };
        let base = (5, 5, Some(10));
        assert_eq!(check((5, 5, Some(9)), base, base), Fate::Champion);
        assert_eq!(check((5, 5, Some(10)), base, base), Fate::Overfitted, "not better, and never asked");
        assert_eq!(check((5, 6, Some(9)), base, base), Fate::Overfitted);
        assert_eq!(check((5, 5, Some(9)), base, (4, 4, Some(50))), Fate::Admitted);
        assert_eq!(
            check((4, 5, Some(99)), base, base),
            Fate::Champion,
            "better is better, whatever the size"
        );
        assert_eq!(check((5, 5, Some(9)), (5, 5, None), base), Fate::Overfitted);
        assert_eq!(check((5, 5, None), base, base), Fate::Overfitted);
    }
}
