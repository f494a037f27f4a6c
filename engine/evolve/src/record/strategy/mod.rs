//! Strategies as runs name them, with all parameters: read from a text, a table or a record, and described for people.
//!
//! Each strategy is a struct with its parameters, defined once in [`catalogue`]; its text, record, defaults, bounds and the page
//! `docs/strategies.md` derive from that definition. The behaviour of strategies is implemented in `search`.

mod bandits;
mod catalogue;
mod fraction;
mod parameter;
mod reference;
mod spec_tree;

use serde_json::Value;
use thiserror::Error;

use self::spec_tree::SpecTree;

pub use self::bandits::{BanditReward, BanditSpec, Thompson, Ucb1};
pub use self::catalogue::{
    Annealing, BeamSearch, Best, BestOfN, Clade, Clusters, Iid, Islands, Latest, MapElites, Mixture, Pareto,
    PowerLaw, Random, ScoreChildProp, StrategySpec, Weighted,
};
pub use self::fraction::Fraction;
pub use self::parameter::{Bins, Dimension, Frontier, Migration};
pub use self::reference::{ParameterDescription, StrategyDescription, strategy_reference};

/// A strategy that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SpecError {
    /// There is no rule of this name.
    #[error("unknown {what} {name:?}; expected one of {}", known.join(", "))]
    Name {
        /// The kind of rule: `strategy` or `bandit`.
        what: &'static str,
        /// The name.
        name: String,
        /// All names.
        known: Vec<&'static str>,
    },
    /// The strategy has no parameter of this name.
    #[error("{strategy} has no parameter {key:?}; {}", if known.is_empty() { "it has none".to_owned() } else { format!("it has {}", known.join(", ")) })]
    Key {
        /// The strategy.
        strategy: &'static str,
        /// The name of the parameter.
        key: String,
        /// The names of its parameters.
        known: Vec<String>,
    },
    /// A parameter is given twice.
    #[error("{key} is given twice")]
    Twice {
        /// The name of the parameter.
        key: String,
    },
    /// The value of a parameter has the wrong form, or is out of bounds.
    #[error("{key} is {given}; expected {expected}")]
    Value {
        /// The name of the parameter.
        key: String,
        /// The value.
        given: String,
        /// The possible values.
        expected: String,
    },
    /// A strategy cannot be used within another strategy.
    #[error("{strategy} cannot be the `{key}` of {within}; {why}")]
    Nesting {
        /// The inner strategy.
        strategy: &'static str,
        /// The name of the parameter.
        key: &'static str,
        /// The outer strategy.
        within: &'static str,
        /// The rule.
        why: &'static str,
    },
    /// The text is malformed.
    #[error("{0}; expected NAME[:KEY=VALUE,…], with strategies as values in parentheses")]
    Text(String),
}

impl SpecError {
    fn value(key: &str, given: &str, expected: &str) -> Self {
        Self::Value { key: key.to_owned(), given: given.to_owned(), expected: expected.to_owned() }
    }
}

impl StrategySpec {
    /// Reads a strategy.
    fn read(tree: &SpecTree) -> Result<Self, SpecError> {
        let spec = Self::read_parts(tree)?;
        spec.check_nesting()?;
        Ok(spec)
    }

    /// Reads a table of a settings file, whose key `strategy` has the name; the other keys are parameters.
    ///
    /// # Errors
    ///
    /// [`SpecError`] for an unknown name or parameter, and for a value out of bounds.
    pub fn from_table(table: &Value) -> Result<Self, SpecError> {
        Self::read(&SpecTree::of_value(table).map_err(SpecError::Text)?)
    }

    /// Returns the dimensions in which its members are described.
    #[must_use]
    pub fn dimensions(&self) -> Vec<Dimension> {
        match self {
            Self::MapElites(grid) => grid.dimensions.clone(),
            Self::Clusters(_) => vec![Dimension::Bytes],
            Self::Pareto(rule) if rule.over != Frontier::Cases => rule.objectives.clone(),
            other => {
                let mut all: Vec<Dimension> = other.inner().into_iter().flat_map(Self::dimensions).collect();
                all.sort();
                all.dedup();
                all
            }
        }
    }

    /// Returns whether its members need the scores of each training case.
    #[must_use]
    pub fn needs_cases(&self) -> bool {
        match self {
            Self::Clusters(_) => true,
            Self::Pareto(rule) => rule.over != Frontier::Objectives,
            other => other.inner().into_iter().any(Self::needs_cases),
        }
    }

    /// Returns the strategies that it is made of.
    #[must_use]
    pub fn inner(&self) -> Vec<&Self> {
        match self {
            Self::Annealing(one) => vec![&one.inner],
            Self::Islands(one) => vec![&one.inner],
            Self::Mixture(one) => one.of.iter().collect(),
            _ => Vec::new(),
        }
    }

    /// Checks that every inner strategy fits.
    fn check_nesting(&self) -> Result<(), SpecError> {
        let (key, why) = match self {
            Self::Annealing(_) => ("inner", "it draws from one population"),
            Self::Islands(_) => ("inner", "an island has one population"),
            Self::Mixture(_) => ("of", "a mixture chooses among rules that draw from one population"),
            _ => return Ok(()),
        };
        let fits = |inner: &Self| match inner {
            Self::Islands(_) | Self::Annealing(_) => false,
            Self::Mixture(_) => !matches!(self, Self::Mixture(_)),
            _ => true,
        };
        match self.inner().into_iter().find(|inner| !fits(inner)) {
            Some(inner) => Err(SpecError::Nesting { strategy: inner.name(), key, within: self.name(), why }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
