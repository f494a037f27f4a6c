//! The plan of a generation: its candidates, their parents, and its tournaments.

use std::sync::Arc;

use crate::context::RunContext;
use crate::error::EvolveError;
use crate::offspring::answers::AnswersInForce;
use crate::offspring::candidate::CandidatePlan;
use crate::record::candidate_id::CandidateId;
use crate::record::complacency_rules::ComplacencyAnswer;
use crate::record::search_record::SearchTurn;
use crate::search::annealing::TournamentDraw;
use crate::search::state::RunState;
use crate::search::strategy::ParentChoice;

/// The parent of a blind candidate: the seed, without a draw.
const SEED_CHOICE: ParentChoice = ParentChoice { member: 0, draw: 0, total: 1 };

/// The plan of a generation.
pub(crate) struct GenerationPlan {
    /// The candidates in order, those of the first population first.
    pub(crate) candidates: Vec<CandidatePlan>,
    /// The tournaments among them.
    pub(crate) tournaments: Vec<PlannedTournament>,
    /// Changes of populations as a whole that follow.
    pub(crate) turns: Vec<SearchTurn>,
    /// The answers to signs of complacency that are in force.
    pub(crate) answers: AnswersInForce,
}

/// A tournament between two candidates of a population.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlannedTournament {
    pub(crate) population: usize,
    /// The index of the directed candidate in the plan. The blind one follows it.
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
            let first = plan.candidates.len() as u64;
            let id = |candidate| CandidateId { generation: state.next, candidate };
            let ids: Vec<CandidateId> = (first..first + config.candidates).map(id).collect();
            let answers = plan.answers.of(index);
            let choices = match answers.filter(|answers| answers.includes(ComplacencyAnswer::Explore)) {
                Some(_) => population.strategy.explore(&ids),
                None => population.strategy.choose(&ids),
            };
            let members = population.archive().members().len();
            if choices.len() != ids.len() || choices.iter().any(|choice| choice.parent.member >= members) {
                let why = "a strategy must select one member of the archive for each candidate";
                return Err(EvolveError::internal("the search strategy", why));
            }
            let arms = population.arms.choose(&ids);
            plan.candidates.extend(ids.into_iter().zip(choices).zip(arms).map(|((id, choice), arms)| {
                let search = choice.search.map(Arc::new);
                CandidatePlan { id, population: index, choice: choice.parent, search, arms }
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

    /// Adds a blind candidate against the one that was planned last.
    fn add_tournament(&mut self, population: usize, draw: TournamentDraw, generation: u64) {
        let blind = self.candidates.len();
        let id = CandidateId { generation, candidate: blind as u64 };
        let directed = &self.candidates[blind - 1];
        let (search, arms) = (directed.search.as_ref().map(|_| Arc::default()), directed.arms.clone());
        self.candidates.push(CandidatePlan { id, population, choice: SEED_CHOICE, search, arms });
        self.tournaments.push(PlannedTournament { population, directed: blind - 1, draw });
    }
}
