//! What a run has come to.

use hyperspace_core::RecordId;
use hyperspace_eval::Score;
use hyperspace_store::Store;
use serde::Serialize;

use crate::arms::imp_at_k;
use crate::error::EvolveError;
use crate::generation::Context;
use crate::ledger;
use crate::load::generation_name;
use crate::record::Champion;
use crate::state::State;

/// What a run has come to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// The run.
    pub run: RecordId,
    /// Its task.
    pub task: String,
    /// The head of its journal.
    pub root: String,
    /// Score of the seed agent on training data.
    pub seed_score: Score,
    /// Score of the seed agent on held-out data.
    pub seed_held_out: Score,
    /// The best candidate of all agents.
    pub champion: Champion,
    /// The generation that the best candidate comes from: the hash to replay.
    pub champion_generation: RecordId,
    /// The last generation.
    pub last: RecordId,
    /// Generations after the seed.
    pub generations: u64,
    /// Members of all archives.
    pub members: usize,
    /// How much better the best held-out score of that agent's archive is than the seed's; see [`imp_at_k`](crate::imp_at_k).
    pub improvement: Score,
    /// The agents, in order.
    pub agents: Vec<AgentSummary>,
    /// Fuel of all guests.
    pub fuel: u64,
}

/// What one agent has come to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AgentSummary {
    /// Its name.
    pub name: String,
    /// The model of its meta agent.
    pub model: Option<String>,
    /// Score of the seed on training data, with this agent's models.
    pub seed_score: Score,
    /// Score of the seed on held-out data.
    pub seed_held_out: Score,
    /// Its best candidate.
    pub champion: Champion,
    /// The generation that it comes from.
    pub champion_generation: RecordId,
    /// Members of its archive.
    pub members: usize,
    /// How much better its best held-out score is than the seed's.
    pub improvement: Score,
}

/// What a run has come to.
pub(crate) fn summarize(store: &Store, context: &Context, state: &State) -> Result<Summary, EvolveError> {
    let missing = || EvolveError::Journal("it has no generation 0".to_owned());
    let direction = context.task.direction();
    let named = |generation: u64| -> Result<RecordId, EvolveError> {
        store.get_ref(&context.run, &generation_name(generation))?.ok_or_else(missing)
    };
    let mut agents = Vec::new();
    for (agent, line) in context.config.agents.iter().zip(&state.lines) {
        let champion = line.champion.clone().ok_or_else(missing)?;
        let seed = line.archive.members().first().ok_or_else(missing)?;
        let held_out: Vec<Option<Score>> =
            line.archive.members().iter().map(|member| Some(member.held_out.clone())).collect();
        agents.push(AgentSummary {
            name: agent.name.clone(),
            model: agent.model.clone(),
            seed_score: seed.score.clone(),
            seed_held_out: seed.held_out.clone(),
            champion_generation: named(champion.place.generation)?,
            champion,
            members: line.archive.members().len(),
            improvement: imp_at_k(direction, &seed.held_out, &held_out, held_out.len()),
        });
    }
    let champions: Vec<Champion> = agents.iter().map(|agent| agent.champion.clone()).collect();
    let best = agents.get(usize::try_from(ledger::best(direction, &champions)).unwrap_or_default());
    let best = best.cloned().ok_or_else(missing)?;
    Ok(Summary {
        run: context.run,
        task: context.config.task.clone(),
        root: store.head(&context.run)?.ok_or_else(missing)?.to_string(),
        seed_score: best.seed_score,
        seed_held_out: best.seed_held_out,
        champion_generation: best.champion_generation,
        champion: best.champion,
        last: state.last.ok_or_else(missing)?,
        generations: state.next.saturating_sub(1),
        members: state.members(),
        improvement: best.improvement,
        agents,
        fuel: state.fuel,
    })
}

/// The agent whose champion is the best, and that champion.
pub(crate) fn best_agent<'a>(
    context: &Context,
    state: &'a State,
) -> Result<(usize, &'a Champion), EvolveError> {
    let missing = || EvolveError::Journal("it has no generation 0".to_owned());
    let champions = state.lines.iter().map(|line| line.champion.clone()).collect::<Option<Vec<_>>>();
    let best = ledger::best(context.task.direction(), &champions.ok_or_else(missing)?);
    let best = usize::try_from(best).unwrap_or_default();
    let champion = state.lines.get(best).and_then(|line| line.champion.as_ref()).ok_or_else(missing)?;
    Ok((best, champion))
}
