//! The children of a generation: whose turn it is, who is forked, and what their meta agents make of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use hyperspace_core::Store;
use hyperspace_core::space::Permit;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::archive::Place;
use crate::arms::Arm;
use crate::child::Child;
use crate::error::EvolveError;
use crate::generation::Context;
use crate::history;
use crate::marks::RunSpace;
use crate::measure::{self, Sources};
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
    choice: Choice,
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

/// Runs the meta agents of all children; answers in order of candidates, with how their parents were drawn.
pub(crate) async fn make(
    context: &Context,
    store: &Store,
    state: &State,
    space: &RunSpace,
    (forks, sources): (&[Fork], &Sources<'_>),
) -> Result<(Vec<Child>, Vec<Choice>), EvolveError> {
    let slots = match &sources.talk {
        Some(talk) => talk.conversations.max(context.means.workers),
        None => context.means.workers,
    };
    let slots = Arc::new(Semaphore::new(slots.max(1)));
    let mut workshop: Option<(usize, Arc<Workshop>)> = None;
    let mut running = JoinSet::new();
    let mut claims: Vec<Result<Permit, String>> = Vec::new();
    for fork in forks {
        let shared = match workshop.take().filter(|(agent, _)| *agent == fork.agent) {
            Some((_, shared)) => shared,
            None => Arc::new(furnish(context, store, state, space, (fork.agent, sources))?),
        };
        let mut order = order(context, store, space, &shared, fork)?;
        let claim = space.claim_meta(&order.editor.writ);
        order.allowed = claim.is_ok();
        claims.push(claim);
        workshop = Some((fork.agent, Arc::clone(&shared)));
        let slots = Arc::clone(&slots);
        running.spawn(async move {
            let _slot = slots.acquire().await.map_err(|error| EvolveError::Lost(error.to_string()))?;
            meta::make(&shared, order).await
        });
    }
    let mut children: Vec<Child> = measure::all_of(running).await?;
    children.sort_by_key(|child| child.place);
    // One after the other, whoever was done first: what the mark space decides has one order.
    for (child, claim) in children.iter_mut().zip(claims) {
        child.accept(space, claim)?;
    }
    Ok((children, forks.iter().map(|fork| fork.choice).collect()))
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

/// Which children have files that their agent did not have before, in its archive or earlier in this generation.
pub(crate) fn fresh(state: &State, children: &[Child]) -> Vec<bool> {
    let mut seen = BTreeSet::new();
    let is_fresh = |child: &Child| {
        let archive = &state.lines[child.agent].archive;
        child.completed && archive.find_tree(&child.tree).is_none() && seen.insert((child.agent, child.tree))
    };
    children.iter().map(is_fresh).collect()
}
