//! The costs of a run: fuel, tokens and money, by population, model, generation and candidate.
//!
//! Every paid call is counted once in each of the four groups, so their sums are equal. Work that belongs to no generation has
//! its own rows: the final test, and calls whose generation was never committed.

use hyperspace_core::RecordId;
use hyperspace_llm::{Effort, Spend};
use serde::Serialize;

use super::cost_ledger::CostLedger;
use super::run_data::RunData;
use crate::engine::Engine;
use crate::error::ServiceError;
use crate::target;

/// The costs of a run: the document of `costs --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CostsView {
    /// The run.
    pub run: RecordId,
    /// Everything.
    pub total: CostRow,
    /// Costs by population; `unknown` is what belongs to no candidate of the run.
    pub agents: Vec<CostRow>,
    /// Costs by model; models without calls are left out.
    pub models: Vec<CostRow>,
    /// Costs by generation, the seed first; then `test` and `uncommitted` for work that belongs to no generation, if there is
    /// any.
    pub generations: Vec<CostRow>,
    /// Costs by candidate, in order; `unknown` as in [`CostsView::agents`].
    pub candidates: Vec<CostRow>,
    /// Files of uncommitted calls that could not be read, with the reason. Their content is not counted.
    pub unread: Vec<String>,
}

/// One line of costs.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CostRow {
    /// A population, model, generation or candidate.
    pub name: String,
    /// Fuel of meta agents and evaluations; null if not known for this row.
    pub fuel: Option<u64>,
    /// Tokens and money.
    pub spent: Spend,
    /// Number of requests sent, including failed ones; null if not known for this row.
    pub attempts: Option<u64>,
    /// Number of faults of providers; null if not known for this row.
    pub faults: Option<u64>,
}

impl CostRow {
    pub(super) fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), attempts: Some(0), faults: Some(0), ..Self::default() }
    }

    pub(super) fn add(&mut self, effort: &Effort) {
        self.spent = self.spent.plus(effort.spent);
        self.attempts = self.attempts.map(|sum| sum.saturating_add(u64::from(effort.attempts)));
        self.faults = self.faults.map(|sum| sum.saturating_add(effort.faults.len() as u64));
    }

    /// Adds spend about which nothing else is known.
    pub(super) fn add_spent(&mut self, spent: Spend) {
        self.spent = self.spent.plus(spent);
        (self.attempts, self.faults) = (None, None);
    }

    pub(super) fn add_fuel(&mut self, fuel: u64) {
        self.fuel = Some(self.fuel.unwrap_or_default().saturating_add(fuel));
    }

    /// Returns whether anything was added.
    pub(super) fn is_used(&self) -> bool {
        self.fuel.is_some() || self.spent != Spend::default() || self.attempts != Some(0)
    }
}

impl Engine {
    /// Reads the costs of the run with hash `hash`, or of the run that was worked on last.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), hyperspace_service::ServiceError> {
    /// # let engine = hyperspace_service::Engine::builder().build()?;
    /// println!("{}", engine.costs(None)?.total.spent.cost);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Class `Usage` when there is no such run, `Damage` when the store is damaged.
    pub fn costs(&self, hash: Option<&str>) -> Result<CostsView, ServiceError> {
        let store = self.reader()?;
        let data = RunData::load(&store, &target::run(&store, hash)?)?;
        let mut ledger = CostLedger::of(&data);
        ledger.fuel(&store)?;
        ledger.calls(&store)?;
        ledger.uncommitted(&store)?;
        Ok(ledger.view())
    }
}
