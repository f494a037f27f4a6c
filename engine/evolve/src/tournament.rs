//! Annealing's tournaments in a generation: whether there is one, its candidates, and who of them goes on.

use hyperspace_eval::{Evaluation, Score};

use crate::arms::{self, Arm, Contender};
use crate::child::Child;
use crate::generation::Context;
use crate::record::event::{Event, TournamentDecided};
use crate::selection::Choice;
use crate::state::State;

/// A tournament that the draw of a generation asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tournament {
    agent: usize,
    /// The directed candidate; the blind one comes after it.
    first: usize,
    drawn: u64,
    below: u64,
}

/// The blind candidate is a fork of the seed, without a draw.
pub(crate) const BLIND: Choice = Choice { member: 0, draw: 0, total: 1 };

/// The tournament of an agent in the next generation, if it is one; `first` is its directed candidate.
pub(crate) fn next(context: &Context, state: &State, agent: usize, first: usize) -> Option<Tournament> {
    if context.config.arm != Arm::Annealing {
        return None;
    }
    let item = agent as u64;
    let (is, drawn, below) = arms::is_tournament(context.seed, (state.next, item), state.lines[agent].pairs);
    is.then_some(Tournament { agent, first, drawn, below })
}

/// Marks in `lost` which children lost, and tells it as an event. A child that was not measured because its files are known has
/// the score of these files.
pub(crate) fn decide(
    tournament: Tournament,
    context: &Context,
    state: &State,
    (children, measured): (&[Child], &[Option<Evaluation>]),
    lost: &mut [bool],
) -> Event {
    let Tournament { agent, first, .. } = tournament;
    let line = &state.lines[agent];
    let score = |index: usize| -> Option<Score> {
        let child = children.get(index).filter(|child| child.completed)?;
        let known = line.archive.find_tree(&child.tree).map(|member| &line.archive.members()[member].score);
        let own = measured.get(first..first + 2)?.iter().flatten();
        let same = own.into_iter().find(|evaluation| evaluation.agent == child.tree);
        known.or_else(|| same?.score.as_ref()).cloned()
    };
    let (directed, blind) = (score(first), score(first + 1));
    let winner = arms::winner(context.task.direction(), directed.as_ref(), blind.as_ref());
    match winner {
        Some(Contender::Directed) => lost[first + 1] = true,
        Some(Contender::Blind) => lost[first] = true,
        None => {}
    }
    let decided = TournamentDecided {
        generation: state.next,
        agent: agent as u64,
        tournament: line.pairs + 1,
        draw: tournament.drawn,
        below: tournament.below,
        directed,
        blind,
        winner,
    };
    decided.into()
}
