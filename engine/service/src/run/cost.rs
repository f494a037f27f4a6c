//! The cost of a run in advance: an upper limit from its budgets and the prices of its models, and a likely value once the first
//! generation is measured.

use hyperspace_llm::{BudgetLimits, Cost, Models, Spend};
use serde::Serialize;

use super::start_view::CalledModelView;
use crate::models::RunBudgets;

/// The highest possible cost of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CostCeilingView {
    /// The amount; null if it is not known.
    pub at_most: Option<Cost>,
    /// The budget from which it follows, or the reason why it is not known, in words.
    pub because: String,
}

/// The likely spend of a run, extrapolated from its candidates so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LikelySpendView {
    /// Number of candidates in the generations that were measured.
    pub measured: u64,
    /// Spend on them, including their rows.
    pub spent: Spend,
    /// Number of candidates left until the end.
    pub left: u64,
    /// The likely spend on these.
    pub likely: Spend,
}

/// Returns the highest possible cost of calls of these models, if each is sent at most `attempts` times.
pub(super) fn ceiling(
    models: &Models,
    budgets: RunBudgets,
    populations: usize,
    attempts: u32,
) -> CostCeilingView {
    let all = CalledModelView::every(models);
    let unpriced: Vec<&str> =
        all.iter().filter(|model| !model.is_priced()).map(|model| model.name()).collect();
    if !unpriced.is_empty() {
        let names = unpriced.join(", ");
        let because = format!(
            "no prices are known of {names}: set input-price and output-price in its section [models.NAME]"
        );
        return CostCeilingView { at_most: None, because };
    }
    let most = |limits: &BudgetLimits| {
        let each: Option<Vec<Cost>> = all.iter().map(|model| model.most_within(limits, attempts)).collect();
        each?.into_iter().max()
    };
    let of_run = most(&budgets.run);
    let populations = populations as u64;
    let of_populations = most(&budgets.agent).map(|cost| Cost(cost.0.saturating_mul(populations.max(1))));
    let found = match (of_run, of_populations) {
        (Some(run), Some(each)) if each < run => Some((each, "the budgets of its agents")),
        (Some(run), _) => Some((run, "the budget of the run")),
        (None, Some(each)) => Some((each, "the budgets of its agents")),
        (None, None) => None,
    };
    let Some((cost, what)) = found else {
        let some = [budgets.run, budgets.agent].iter().any(|limits| *limits != BudgetLimits::default());
        let because = if some {
            "a number of calls bounds it only where each model has a context-window; --max-cost or --max-tokens always does"
        } else {
            "no limit is set (--max-cost, --max-tokens, --max-calls)"
        };
        return CostCeilingView { at_most: None, because: because.to_owned() };
    };
    let of_prices = match CalledModelView::dates(&all) {
        Some(date) => format!("{what}, at prices of {date}, which may have changed"),
        None => what.to_owned(),
    };
    CostCeilingView { at_most: Some(cost), because: of_prices }
}

/// The spend of the generations of a session.
#[derive(Debug, Default)]
pub(super) struct SpendMeter {
    /// Spend before the first measured generation began; `None` until it is known.
    from: Option<Spend>,
    /// Number of candidates in the generation at work and in the committed ones.
    planned: u64,
    measured: u64,
    /// Spend when the last generation was committed.
    spent: Spend,
    /// Number of candidates in the last committed generation.
    last: u64,
}

impl SpendMeter {
    /// Records the beginning of a generation with `children` candidates besides the seed, at the total spend `spent`.
    pub(super) fn begins(&mut self, children: u64, spent: Spend) {
        self.planned = children;
        if children > 0 && self.from.is_none() {
            self.from = Some(spent);
        }
    }

    /// Records that the generation was committed.
    pub(super) fn committed(&mut self, spent: Spend) {
        self.measured += self.planned;
        self.last = self.planned;
        self.spent = spent;
        self.planned = 0;
    }

    /// Returns the likely spend on `generations` further generations; `None` until a generation was measured.
    pub(super) fn likely(&self, generations: u64) -> Option<LikelySpendView> {
        let spent = self.spent.minus(self.from?);
        let left = self.last.checked_mul(generations)?;
        let scaled = |amount: u64| {
            let scaled = u128::from(amount) * u128::from(left) / u128::from(self.measured.max(1));
            u64::try_from(scaled).unwrap_or(u64::MAX)
        };
        let likely = Spend {
            calls: scaled(spent.calls),
            input_tokens: scaled(spent.input_tokens),
            output_tokens: scaled(spent.output_tokens),
            cost: Cost(scaled(spent.cost.0)),
        };
        (self.measured > 0).then_some(LikelySpendView { measured: self.measured, spent, left, likely })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spend(calls: u64) -> Spend {
        Spend { calls, input_tokens: calls * 100, output_tokens: calls * 10, cost: Cost(calls * 1_000) }
    }

    #[test]
    fn what_candidates_took_tells_what_the_rest_will_take() {
        let mut meter = SpendMeter::default();
        meter.begins(0, spend(0));
        meter.committed(spend(7));
        assert_eq!(meter.likely(3), None, "the seed tells nothing of children");
        meter.begins(2, spend(7));
        meter.committed(spend(13));
        let likely = meter.likely(3).unwrap();
        assert_eq!((likely.measured, likely.spent, likely.left, likely.likely), (2, spend(6), 6, spend(18)));
        meter.begins(2, spend(13));
        meter.committed(spend(15));
        assert_eq!(meter.likely(1).unwrap().likely, spend(4));
        assert_eq!(meter.likely(0).unwrap().likely, spend(0));
    }
}
