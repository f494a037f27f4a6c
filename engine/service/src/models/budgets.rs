//! Budgets for models: those that a user sets on each level, and those kept beside a run.

use hyperspace_llm::{BudgetLimits, Cost};
use serde::{Deserialize, Serialize};

use crate::error::ServiceError;

/// Budgets by level. Those of a call and of a candidate are part of a run's configuration.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Budgets {
    /// The budget of a single call.
    pub(crate) call: BudgetLimits,
    /// The budget of the meta agents of one candidate.
    pub(crate) candidate: BudgetLimits,
    /// The budget of each population.
    pub(crate) agent: BudgetLimits,
}

/// The budgets that are not part of a run's configuration. They are kept beside the run, so they need not be repeated when it is
/// resumed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RunBudgets {
    /// The budget of the whole run.
    pub run: BudgetLimits,
    /// The budget of each population.
    pub agent: BudgetLimits,
}

impl Budgets {
    /// Parses texts of the form `LEVEL.RESOURCE=N`; later ones override earlier ones.
    pub(crate) fn parse(texts: &[String]) -> Result<Self, ServiceError> {
        let mut budgets = Self::default();
        texts.iter().try_for_each(|text| budgets.set(text))?;
        Ok(budgets)
    }

    fn set(&mut self, text: &str) -> Result<(), ServiceError> {
        let wrong = |problem: &str| ServiceError::Setting {
            setting: "budget",
            given: Some(text.to_owned()),
            problem: format!(
                "{problem}; expected LEVEL.RESOURCE=N such as candidate.tokens=500000, with the levels call, candidate and \
                 agent, and the resources calls, tokens, input-tokens, output-tokens and cost (dollars)"
            ),
        };
        let (name, amount) = text.split_once('=').ok_or_else(|| wrong("there is no ="))?;
        let (level, resource) = name.split_once('.').ok_or_else(|| wrong("there is no level"))?;
        let limits = match level {
            "call" => &mut self.call,
            "candidate" => &mut self.candidate,
            "agent" => &mut self.agent,
            "run" => return Err(wrong("the budget of the run is max-calls, max-tokens and max-cost")),
            _ => return Err(wrong("unknown level")),
        };
        if resource == "cost" {
            limits.cost = Some(Cost::from_dollars(amount).map_err(|problem| wrong(&problem))?);
            return Ok(());
        }
        let number = amount.parse::<u64>().ok().filter(|number| *number > 0);
        let number = Some(number.ok_or_else(|| wrong("the amount must be a positive number"))?);
        match resource {
            "calls" => limits.calls = number,
            "tokens" => limits.tokens = number,
            "input-tokens" => limits.input_tokens = number,
            "output-tokens" => limits.output_tokens = number,
            _ => return Err(wrong("unknown resource")),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_are_read_by_level_and_resource() {
        let all = ["call.output-tokens=4096", "candidate.calls=60", "agent.cost=1.5", "candidate.tokens=9"];
        let all = Budgets::parse(&all.map(str::to_owned)).unwrap();
        assert_eq!(all.call.output_tokens, Some(4_096));
        assert_eq!((all.candidate.calls, all.candidate.tokens), (Some(60), Some(9)));
        assert_eq!(all.agent.cost, Some(Cost::from_dollars("1.5").unwrap()));
    }

    #[test]
    fn nonsense_is_refused_by_name() {
        for text in [
            "",
            "calls=1",
            "agent.calls",
            "team.calls=1",
            "agent.cals=1",
            "agent.calls=0",
            "agent.calls=-1",
            "run.calls=1",
            "agent.cost=much",
            "agent.tokens=99999999999999999999",
        ] {
            let error = Budgets::parse(&[text.to_owned()]).unwrap_err().to_string();
            assert!(error.contains("budget") && error.contains("LEVEL.RESOURCE=N"), "{text}: {error}");
        }
    }
}
