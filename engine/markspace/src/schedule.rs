//! Schedules: agents become due at intervals of logical time. The caller provides the time; nothing here runs by itself.

use std::collections::BTreeMap;

use crate::refusal::Refusal;
use crate::time::Tick;

#[derive(Debug, Clone, Copy)]
struct ActivationPlan {
    interval: u64,
    last: Option<Tick>,
    active: bool,
}

/// Intervals of agents, and the time of each agent's last activation.
#[derive(Debug, Clone, Default)]
pub struct Scheduler {
    plans: BTreeMap<String, ActivationPlan>,
}

impl Scheduler {
    /// Creates a scheduler without agents.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Registers an agent, which is due at once, or changes the interval of a registered one, whose last
    /// activation is kept.
    ///
    /// # Errors
    ///
    /// [`Refusal::Field`] for an interval of 0.
    pub fn register(&mut self, agent: &str, interval: u64) -> Result<(), Refusal> {
        if interval == 0 {
            let problem = "it is 0; expected at least 1 tick".to_owned();
            return Err(Refusal::Field { field: "interval".into(), problem });
        }
        let fresh = ActivationPlan { interval, last: None, active: true };
        let plan = self.plans.entry(agent.to_owned()).or_insert(fresh);
        plan.interval = interval;
        plan.active = true;
        Ok(())
    }

    /// Stops an agent. Registering it again starts it, and its last activation still counts.
    pub fn stop(&mut self, agent: &str) {
        if let Some(plan) = self.plans.get_mut(agent) {
            plan.active = false;
        }
    }

    /// Returns the agents that are due, ordered by name.
    #[must_use]
    pub fn due(&self, now: Tick) -> Vec<&str> {
        let due = |plan: &ActivationPlan| {
            plan.active && plan.last.is_none_or(|last| now.since(last) >= plan.interval)
        };
        self.plans.iter().filter(|(_, plan)| due(plan)).map(|(agent, _)| agent.as_str()).collect()
    }

    /// Activates the agents that are due and pass the check (of a budget, say). Returns their names in order.
    pub fn tick(
        &mut self,
        now: Tick,
        mut check: impl FnMut(&str) -> Result<(), Refusal>,
        mut activate: impl FnMut(&str),
    ) -> Vec<String> {
        let due: Vec<String> = self.due(now).into_iter().map(str::to_owned).collect();
        let mut activated = vec![];
        for agent in due {
            if check(&agent).is_err() {
                continue;
            }
            if let Some(plan) = self.plans.get_mut(&agent) {
                plan.last = Some(now);
            }
            activate(&agent);
            activated.push(agent);
        }
        activated
    }
}
