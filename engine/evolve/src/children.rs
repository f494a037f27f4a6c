//! The children of a generation: whose turn it is, who is forked, and what their meta agents are given.

use std::sync::Arc;

use hyperspace_markspace::Permit;
use hyperspace_store::Store;
use serde_json::{Value, json};

use crate::archive::Place;
use crate::arms::Arm;
use crate::error::EvolveError;
use crate::generation::Context;
use crate::history;
use crate::marks::RunSpace;
use crate::measure::Sources;
use crate::meta::{self, Order, Workshop};
use crate::publish;
use crate::room::{Editor, Surroundings};
use crate::selection::{Choice, Lottery, Rules};
use crate::state::State;
use crate::streams::{Purpose, seed_for};
use crate::tournament::{self, Tournament};
use crate::visibility::Item;

/// A child that is to be made.
pub(crate) struct Fork {
    pub(crate) place: Place,
    pub(crate) agent: usize,
    pub(crate) choice: Choice,
}

/// What a generation sets out to do.
pub(crate) struct Plan {
    /// In order of candidates: those of the first agent first.
    pub(crate) forks: Vec<Fork>,
    /// The tournaments among them.
    pub(crate) tournaments: Vec<Tournament>,
}

/// Chooses the parents of a generation.
pub(crate) fn plan(context: &Context, state: &State) -> Plan {
    let (config, fitness) = (&context.config, context.task.fitness());
    let rules = Rules { selection: config.selection, parity: config.parity, fitness, seed: context.seed };
    let mut plan = Plan { forks: Vec::new(), tournaments: Vec::new() };
    let taking_part = config.agents.iter().zip(&state.lines).enumerate();
    for (agent, (_, line)) in taking_part.filter(|(_, (agent, _))| agent.takes_part(state.next)) {
        let lottery = Lottery::new(&rules, &line.archive);
        let first = plan.forks.len();
        let place = |candidate: usize| Place { generation: state.next, candidate: candidate as u64 };
        for _ in 0..config.candidates {
            let place = place(plan.forks.len());
            plan.forks.push(Fork { place, agent, choice: lottery.choose(place) });
        }
        if let Some(tournament) = tournament::next(context, state, agent, first) {
            plan.forks.push(Fork { place: place(plan.forks.len()), agent, choice: tournament::BLIND });
            plan.tournaments.push(tournament);
        }
    }
    plan
}

/// A child that is commissioned: what its meta agent is told, and whether the guard lets it run.
pub(crate) struct Commission {
    pub(crate) workshop: Arc<Workshop>,
    pub(crate) order: Order,
    pub(crate) claim: Result<Permit, String>,
}

/// Furnishes the rooms of all children and claims their runs, in order of candidates.
pub(crate) fn commission(
    context: &Context,
    store: &Store,
    state: &State,
    space: &RunSpace,
    (forks, sources): (&[Fork], &Sources<'_>),
) -> Result<Vec<Commission>, EvolveError> {
    let mut commissions: Vec<Commission> = Vec::new();
    for fork in forks {
        let workshop = match commissions.last().filter(|last| last.order.agent == fork.agent) {
            Some(last) => Arc::clone(&last.workshop),
            None => Arc::new(furnish(context, store, state, space, (fork.agent, sources))?),
        };
        let mut order = order(context, store, space, &workshop, fork)?;
        let claim = space.claim_meta(&order.editor.writ);
        order.allowed = claim.is_ok();
        commissions.push(Commission { workshop, order, claim });
    }
    Ok(commissions)
}

/// What all children of an agent have in common.
fn furnish(
    context: &Context,
    store: &Store,
    state: &State,
    space: &RunSpace,
    (agent, sources): (usize, &Sources<'_>),
) -> Result<Workshop, EvolveError> {
    let (config, means) = (&context.config, &context.means);
    let policy = &config.visibility;
    let scores = policy.train.contains(&Item::Scores);
    let shown = publish::shown(context, state, space, agent)?;
    let seen = (scores, policy.held_out.contains(&Item::Scores));
    let rules = config.models.as_ref();
    Ok(Workshop {
        evaluator: means.evaluator.clone(),
        agent: config.agents[agent].clone(),
        surroundings: Surroundings::new(store, &shown, means.evaluator.sdk(), seen)?,
        archive: Arc::clone(&state.lines[agent].archive),
        limits: config.meta_limits.clone(),
        scores,
        task: task(context),
        talk: sources.talk.clone().zip(rules.map(|rules| rules.temperature)),
    })
}

/// What meta agents are told of the task.
fn task(context: &Context) -> Value {
    let (task, entry) = (&context.task, context.task.entry());
    json!({
        "name": task.name(),
        "description": task.description(),
        "direction": task.direction(),
        "entry": {"module": entry.module, "function": entry.function},
        "examples": entry.examples,
    })
}

fn order(
    context: &Context,
    store: &Store,
    space: &RunSpace,
    workshop: &Workshop,
    fork: &Fork,
) -> Result<Order, EvolveError> {
    let (place, parent) = (fork.place, fork.choice.member);
    let member = &workshop.archive.members()[parent];
    let writ = space.writ(&context.authority, &workshop.agent.name, place)?;
    let config = &context.config;
    let frozen = match config.arm {
        Arm::FreezeMeta => Some((config.agent_files, store.get_files(&config.agent_files)?)),
        _ => None,
    };
    let rescuers = match frozen.is_some() || config.parity {
        true => Vec::new(),
        false => meta::rescuers(store, &workshop.archive, &context.kin[fork.agent], parent)?,
    };
    Ok(Order {
        place,
        agent: fork.agent,
        parent,
        seed: seed_for(context.seed, place.generation, Purpose::Meta, place.candidate),
        editor: Editor { guard: context.authority.guard(space.edits().clone()), writ },
        allowed: false,
        files: store.get_files(&member.tree)?,
        rescuers,
        history: history::of_lineage(context, store, &workshop.archive, parent)?,
        frozen,
    })
}
