//! The plan of a generation: its candidates, their parents, and its tournaments.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::context::RunContext;
use crate::error::EvolveError;
use crate::offspring::answers::AnswersInForce;
use crate::offspring::candidate::CandidatePlan;
use crate::record::candidate_id::CandidateId;
use crate::record::complacency_rules::ComplacencyAnswer;
use crate::record::search_record::SearchTurn;
use crate::search::annealing::TournamentDraw;
use crate::search::archive::Archive;
use crate::search::slimming_queue::SlimmingQueue;
use crate::search::state::{Population, RunState};
use crate::search::strategy::{CandidateChoice, ParentChoice, SearchChoice};

/// The parent of a blind candidate: the seed, which is not drawn.
const SEED_CHOICE: ParentChoice = ParentChoice { member: 0, draw: 0, total: 1 };

/// The plan of a generation.
pub(crate) struct GenerationPlan {
    /// The candidates in order, those of the first population first.
    pub(crate) candidates: Vec<CandidatePlan>,
    /// The tournaments among them.
    pub(crate) tournaments: Vec<PlannedTournament>,
    /// Changes of populations as a whole that result from it.
    pub(crate) turns: Vec<SearchTurn>,
    /// The answers to signs of complacency that are in force.
    pub(crate) answers: AnswersInForce,
}

/// A tournament between two candidates of a population.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlannedTournament {
    pub(crate) population: usize,
    /// The index of the directed candidate in the plan. The blind one comes right after it.
    pub(crate) directed: usize,
    pub(crate) draw: TournamentDraw,
}

impl GenerationPlan {
    /// Plans the next generation: selects the parents of all candidates, with these answers in force.
    pub(crate) fn new(
        context: &RunContext,
        state: &RunState,
        answers: AnswersInForce,
    ) -> Result<Self, EvolveError> {
        let config = &context.config;
        let mut plan = Self { candidates: Vec::new(), tournaments: Vec::new(), turns: Vec::new(), answers };
        let populations = config.populations.iter().zip(&state.populations).enumerate();
        for (index, (_, population)) in populations.filter(|(_, (config, _))| config.takes_part(state.next)) {
            plan.add_slimming(index, population, state.next);
            let first = plan.candidates.len() as u64;
            let id = |candidate| CandidateId { generation: state.next, candidate };
            let ids: Vec<CandidateId> = (first..first + config.candidates).map(id).collect();
            let answers = plan.answers.of(index);
            let choices = match answers.filter(|answers| answers.includes(ComplacencyAnswer::Explore)) {
                Some(_) => population.strategy.explore(&ids),
                None => population.strategy.choose(&ids),
            };
            let archive = population.archive();
            let members = archive.members().len();
            if choices.len() != ids.len() || choices.iter().any(|choice| choice.parent.member >= members) {
                let why = "a strategy must select one member of the archive for each candidate";
                return Err(EvolveError::internal("the search strategy", why));
            }
            let choices = choices.into_iter().map(|choice| match &population.slimming {
                Some(queue) => in_place(choice, queue, archive),
                None => choice,
            });
            let arms = population.arms.choose(&ids);
            plan.candidates.extend(ids.iter().zip(choices).zip(arms).map(|((id, choice), arms)| {
                let search = choice.search.map(Arc::new);
                CandidatePlan { id: *id, population: index, choice: choice.parent, search, arms, slims: None }
            }));
            if let Some(rule) = config.tournaments() {
                let pairs = population.pairs;
                let draw = TournamentDraw::new(rule, context.seed, state.next, index as u64, pairs);
                if draw.is_tournament() {
                    plan.add_tournament(index, draw, state.next);
                }
            }
            plan.turns.extend(population.strategy.plan_turns(state.next));
        }
        Ok(plan)
    }

    /// Adds the slimming attempt of a population, if one is due. It comes before the children of its generation, in the place of
    /// its member, so that the newest member and the opponent of a child are the same as if the member had always been this
    /// small.
    fn add_slimming(&mut self, index: usize, population: &Population, generation: u64) {
        let (Some(queue), Some(champion)) = (&population.slimming, &population.champion) else { return };
        let Some(due) = queue.due(population.archive(), champion.id) else { return };
        let id = CandidateId { generation, candidate: self.candidates.len() as u64 };
        let choice = ParentChoice { member: due.member, draw: 0, total: 1 };
        let search = Some(Arc::new(SearchChoice { island: due.island, ..SearchChoice::default() }));
        let slims = Some(due.place);
        self.candidates.push(CandidatePlan { id, population: index, choice, search, arms: None, slims });
    }

    /// Adds a blind candidate against the candidate planned last.
    fn add_tournament(&mut self, population: usize, draw: TournamentDraw, generation: u64) {
        let blind = self.candidates.len();
        let id = CandidateId { generation, candidate: blind as u64 };
        let directed = &self.candidates[blind - 1];
        let (search, arms) = (directed.search.as_ref().map(|_| Arc::default()), directed.arms.clone());
        let slims = None;
        self.candidates.push(CandidatePlan { id, population, choice: SEED_CHOICE, search, arms, slims });
        self.tournaments.push(PlannedTournament { population, directed: blind - 1, draw });
    }
}

/// Returns a choice in which members that were slimmed are replaced by their slimmed versions.
fn in_place(mut choice: CandidateChoice, queue: &SlimmingQueue, archive: &Archive) -> CandidateChoice {
    choice.parent.member = queue.in_place_of(archive, choice.parent.member);
    if let Some(search) = &mut choice.search {
        let mut shown = BTreeSet::from([choice.parent.member]);
        search.inspirations.iter_mut().for_each(|(_, member)| *member = queue.in_place_of(archive, *member));
        search.inspirations.retain(|(_, member)| shown.insert(*member));
    }
    choice
}
