//! The decision of a tournament: which of its two candidates goes on.

use hyperspace_eval::Score;

use crate::context::RunContext;
use crate::offspring::candidate::{Candidate, MeasuredPhase};
use crate::offspring::plan::PlannedTournament;
use crate::record::event::{Event, TournamentDecided};
use crate::record::tournament_side::TournamentSide;
use crate::search::annealing;
use crate::search::state::RunState;

/// Marks the loser of a tournament and returns the journal event. A candidate that was not measured because its files are known
/// has the score of those files.
pub(crate) fn decide(
    context: &RunContext,
    state: &RunState,
    tournament: PlannedTournament,
    candidates: &mut [Candidate<MeasuredPhase>],
) -> Event {
    let PlannedTournament { population: index, directed: first, draw } = tournament;
    let population = &state.populations[index];
    let score = |candidate: &Candidate<MeasuredPhase>| -> Option<Score> {
        let accepted = &candidate.phase.accepted;
        if !accepted.completed {
            return None;
        }
        let archive = population.archive();
        let known = archive.find_tree(&accepted.tree).map(|member| &archive.members()[member].score);
        let pair = candidates.get(first..first + 2)?.iter().filter_map(|one| one.phase.train.as_ref());
        let same = { pair }.find(|evaluation| evaluation.agent == accepted.tree);
        known.or_else(|| same?.score.as_ref()).cloned()
    };
    let directed = candidates.get(first).and_then(score);
    let blind = candidates.get(first + 1).and_then(score);
    let winner = annealing::winner(context.task.direction(), directed.as_ref(), blind.as_ref());
    match winner {
        Some(TournamentSide::Directed) => candidates[first + 1].phase.lost = true,
        Some(TournamentSide::Blind) => candidates[first].phase.lost = true,
        None => {}
    }
    let decided = TournamentDecided {
        generation: state.next,
        agent: index as u64,
        tournament: population.pairs + 1,
        draw: draw.drawn,
        below: draw.below,
        directed,
        blind,
        winner,
    };
    decided.into()
}
