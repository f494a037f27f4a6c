//! A run that continues until a budget is spent, for studies, several of which share a store and an engine.

use hyperspace_core::RecordId;
use hyperspace_evolve::{GENERATIONS_MAX, GenerationRecord, Run, generation_name, load_record};
use hyperspace_llm::Spend;
use hyperspace_store::Store;

use super::checked::CheckedRequest;
use super::request::RunRequest;
use crate::engine::Engine;
use crate::error::ServiceError;
use crate::history::note_date;
use crate::models::{CalledResources, WantedModels, keep_lessons, resources};

/// Number of generations in a row that spend nothing, after which a budget is considered one that is never spent.
const IDLE_GENERATIONS_MAX: u64 = 64;

/// A run within its budget.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BudgetedEnd {
    pub(crate) run: RecordId,
    /// The last generation within the budget.
    pub(crate) last: RecordId,
    /// The amount spent until then.
    pub(crate) spent: u64,
}

/// Starts or continues a run, and advances it generation by generation until `budget` is spent. `cost` returns what a generation
/// after the seed spends.
///
/// # Errors
///
/// Class `Usage` when the first generation spends more than the budget, and when many in a row spend nothing.
pub(crate) async fn run_within(
    engine: &Engine,
    store: Store,
    request: RunRequest,
    budget: u64,
    cost: impl Fn(&Store, &RecordId, &GenerationRecord) -> Result<u64, ServiceError> + Send,
) -> Result<BudgetedEnd, ServiceError> {
    let new = CheckedRequest::plan(engine, request)?;
    let (names, seed, budgets) = (new.models(), new.options.seed, new.plan.budgets);
    let runtime = new.task.runtime();
    let wanted = WantedModels { runtime, names, seed, calls: &new.calls, budgets, before: Spend::default() };
    let CalledResources { run: resources, called } = resources(engine, wanted, new.case_limits()?).await?;
    let (task, agent, options) = new.parts();
    let mut run = Run::start(store.clone(), task, agent, &options, resources).await?;
    note_date(engine, run.id());
    let id = *run.id();
    let (mut generation, mut idle) = (0, 0);
    let mut end = BudgetedEnd { run: id, last: named(&store, &id, 0)?.0, spent: 0 };
    while end.spent < budget && generation < GENERATIONS_MAX {
        generation += 1;
        if run.generation() < generation {
            let advanced = run.run_to(generation).await;
            if let Some(models) = &called {
                keep_lessons(engine, models);
            }
            advanced?;
        }
        if run.generation() < generation {
            // Every population has had all its rounds.
            break;
        }
        let (last, record) = named(&store, &id, generation)?;
        let more = cost(&store, &id, &record)?;
        let spent = end.spent + more;
        if spent > budget && generation == 1 {
            return Err(ServiceError::with_hint(
                format!("the first generation of run {id} spends {more}, more than the budget of {budget}"),
                "raise the budget, or make fewer candidates per generation",
            ));
        }
        if spent > budget {
            break;
        }
        idle = if more == 0 { idle + 1 } else { 0 };
        if idle >= IDLE_GENERATIONS_MAX {
            return Err(ServiceError::with_hint(
                format!("{idle} generations in a row of run {id} spend nothing, so its budget has no end"),
                "give the budget in candidates or fuel",
            ));
        }
        end = BudgetedEnd { last, spent, ..end };
    }
    note_date(engine, &id);
    Ok(end)
}

/// Returns a generation of a run.
fn named(
    store: &Store,
    run: &RecordId,
    generation: u64,
) -> Result<(RecordId, GenerationRecord), ServiceError> {
    let name = generation_name(generation);
    let missing = || ServiceError::request(format!("{name} of run {run} is missing"));
    let id = store.get_ref(run, &name)?.ok_or_else(missing)?;
    Ok((id, load_record(store, &id)?))
}
