//! The day of a continuous run: its spend, and what is left of its budget.

use serde::Serialize;

use crate::record::event::{DayBegun, RulesSet};

/// The spend of a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DaySpend {
    /// Calls of models.
    pub calls: u64,
    /// Picodollars.
    pub cost: u64,
    /// Fuel.
    pub fuel: u64,
}

/// The account of the present day.
#[derive(Debug, Clone, Default)]
pub(super) struct DayLedger {
    /// The number of the day; `None` before the first one began.
    number: Option<u64>,
    spent: DaySpend,
    /// Spend on work of earlier days that was not committed and that those days paid for.
    carried: DaySpend,
    /// Fuel that earlier days used beyond their budget.
    fuel_debt: u64,
}

impl DayLedger {
    /// Returns the number of the day, or `None` before the first one.
    pub(super) fn number(&self) -> Option<u64> {
        self.number
    }

    /// Returns the spend of the day so far.
    pub(super) fn spent(&self) -> DaySpend {
        self.spent
    }

    /// Begins a day. The budget of each day in between pays for the fuel that earlier days owe.
    ///
    /// # Errors
    ///
    /// When it does not follow the last one.
    pub(super) fn begin(&mut self, begun: &DayBegun, rules: Option<&RulesSet>) -> Result<(), String> {
        if let Some(day) = self.number.filter(|day| *day >= begun.day) {
            return Err(format!("day {} does not follow day {day}", begun.day));
        }
        let days = self.number.map_or(1, |day| begun.day - day);
        if let Some(budget) = rules.and_then(|rules| rules.fuel) {
            let owed = self.fuel_debt.saturating_add(self.spent.fuel);
            self.fuel_debt = owed.saturating_sub(budget.saturating_mul(days));
        }
        self.number = Some(begun.day);
        self.spent = DaySpend::default();
        self.carried = DaySpend { calls: begun.carried_calls, cost: begun.carried_cost, fuel: 0 };
        Ok(())
    }

    /// Adds a spend.
    ///
    /// # Errors
    ///
    /// When there are more calls than the day allows: they are counted before they are made, so their budget is kept exactly.
    pub(super) fn spend(&mut self, more: DaySpend, rules: Option<&RulesSet>) -> Result<(), String> {
        let spent = &mut self.spent;
        spent.calls = spent.calls.saturating_add(more.calls);
        spent.cost = spent.cost.saturating_add(more.cost);
        spent.fuel = spent.fuel.saturating_add(more.fuel);
        let budget = rules.and_then(|rules| rules.calls);
        match budget.map(|budget| budget.saturating_add(self.carried.calls)) {
            Some(most) if self.spent.calls > most => {
                Err(format!("{} calls in a day of at most {most}", self.spent.calls))
            }
            _ => Ok(()),
        }
    }

    /// Returns a resource of which nothing is left, if there is one.
    pub(super) fn spent_budget(&self, rules: Option<&RulesSet>) -> Option<&'static str> {
        let left = self.left(rules);
        let all = [("calls", left.calls), ("money", left.cost), ("fuel", left.fuel)];
        all.into_iter().find(|(_, left)| *left == 0).map(|(name, _)| name)
    }

    /// Returns what is left, including what earlier days paid for uncommitted work. A resource without a budget has the largest
    /// number.
    pub(super) fn left(&self, rules: Option<&RulesSet>) -> DaySpend {
        let left = |budget: Option<u64>, carried: u64, spent: u64| {
            budget.map_or(u64::MAX, |budget| budget.saturating_add(carried).saturating_sub(spent))
        };
        let budget = |of: fn(&RulesSet) -> Option<u64>| rules.and_then(of);
        let fuel = budget(|rules| rules.fuel).map(|fuel| fuel.saturating_sub(self.fuel_debt));
        DaySpend {
            calls: left(budget(|rules| rules.calls), self.carried.calls, self.spent.calls),
            cost: left(budget(|rules| rules.cost), self.carried.cost, self.spent.cost),
            fuel: left(fuel, 0, self.spent.fuel),
        }
    }
}
