//! Annealing's tournaments in a generation: whether there is one, its candidates, and who of them goes on.

use hyperspace_eval::{Evaluation, Score};
use serde_json::{Value, json};

use crate::arms::{self, Arm, Contender};
use crate::generation::Context;
use crate::meta::Child;
use crate::selection::Choice;
use crate::state::State;

/// A tournament that the draw of a generation asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tournament {
    drawn: u64,
    below: u64,
}

/// The blind candidate is a fork of the seed, without a draw.
pub(crate) const BLIND: Choice = Choice { member: 0, draw: 0, total: 1 };

/// The tournament of the next generation, if it is one.
pub(crate) fn next(context: &Context, state: &State) -> Option<Tournament> {
    if context.config.arm != Arm::Annealing {
        return None;
    }
    let (is, drawn, below) = arms::is_tournament(context.seed, state.next, state.pairs);
    is.then_some(Tournament { drawn, below })
}

/// Which children lost, and the event that tells it. A child that was not measured because its files are known has the score
/// of these files.
pub(crate) fn decide(
    tournament: Tournament,
    context: &Context,
    state: &State,
    children: &[Child],
    measured: &[Option<Evaluation>],
) -> (Vec<bool>, (String, Value)) {
    let score = |index: usize| -> Option<Score> {
        let child = children.get(index).filter(|child| child.completed)?;
        let known = state.archive.find_tree(&child.tree).map(|member| &state.archive.members()[member].score);
        let same = measured.iter().flatten().find(|evaluation| evaluation.agent == child.tree);
        known.or_else(|| same?.score.as_ref()).cloned()
    };
    let (directed, blind) = (score(0), score(1));
    let winner = arms::winner(context.task.direction(), directed.as_ref(), blind.as_ref());
    let lost = match winner {
        Some(Contender::Directed) => vec![false, true],
        Some(Contender::Blind) => vec![true, false],
        None => vec![false, false],
    };
    let body = json!({
        "generation": state.next,
        "tournament": state.pairs + 1,
        "draw": tournament.drawn.to_string(),
        "below": tournament.below.to_string(),
        "directed": directed,
        "blind": blind,
        "winner": winner,
    });
    (lost, ("tournament.decided".to_owned(), body))
}
