//! The plan of a run: how far it goes and what it may spend. It is kept beside the run and not as part of it, because it changes
//! no result.

use hyperspace_core::RecordId;
use hyperspace_store::Store;
use serde_json::json;

use crate::error::ServiceError;
use crate::models::RunBudgets;

/// The kind of the record.
const PLAN_KIND: &str = "plan";
/// The run's reference to its latest plan.
const PLAN_REF: &str = "plan";

/// The plan of a run. See the module.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct RunPlan {
    pub(super) generations: u64,
    pub(super) budgets: RunBudgets,
}

impl RunPlan {
    /// Loads the latest plan of a run.
    pub(super) fn load(store: &Store, run: &RecordId) -> Result<Option<Self>, ServiceError> {
        let Some(id) = store.get_ref(run, PLAN_REF)? else { return Ok(None) };
        let body = store.get_record(&id)?.body;
        let Some(generations) = body["generations"].as_u64() else { return Ok(None) };
        let budgets = serde_json::from_value(body["budgets"].clone()).unwrap_or_default();
        Ok(Some(Self { generations, budgets }))
    }

    /// Stores this plan as the latest one.
    pub(super) fn save(&self, store: &Store, run: &RecordId) -> Result<(), ServiceError> {
        if Self::load(store, run)?.as_ref() == Some(self) {
            return Ok(());
        }
        let mut batch = store.batch()?;
        let id = batch
            .put_record(PLAN_KIND, &json!({"generations": self.generations, "budgets": self.budgets}))?;
        batch.set_ref(run, PLAN_REF, &id);
        Ok(batch.commit()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes of the record are part of existing stores.
    #[test]
    fn the_recorded_form_is_fixed() {
        let mut budgets = RunBudgets::default();
        budgets.run.calls = Some(3);
        let limits = |calls: Option<u64>| json!({"calls": calls, "tokens": null, "input_tokens": null, "output_tokens": null, "cost": null});
        let expected = json!({"run": limits(Some(3)), "agent": limits(None)});
        assert_eq!(serde_json::to_value(budgets).unwrap(), expected);
    }
}
