//! Visibility of evaluations to meta agents, per split.
//!
//! | item | shows |
//! |---|---|
//! | `predictions` | the answer to each case, or why there is none |
//! | `scores` | the score of each case and of the whole |
//! | `labels` | the right answers, and precision and recall of each label |
//! | `inputs` | what the rows of a table ask: the arguments that the program is called with |
//! | `artifacts` | what an evaluator in Python printed and returned besides numbers, which may hold labels; of training data only |
//!
//! The default shows predictions and scores of training data, and nothing of held-out and test data.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use hyperspace_eval::Split;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A part of an evaluation that can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VisibleItem {
    /// The answers given.
    Predictions,
    /// Their scores.
    Scores,
    /// The right answers.
    Labels,
    /// Everything that an evaluator in Python printed, and everything but numbers that it returned.
    Artifacts,
    /// The arguments of the rows of a table.
    Inputs,
}

impl VisibleItem {
    /// All items.
    pub const ALL: [Self; 5] = [Self::Predictions, Self::Scores, Self::Labels, Self::Artifacts, Self::Inputs];

    /// Returns the name used on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Predictions => "predictions",
            Self::Scores => "scores",
            Self::Labels => "labels",
            Self::Artifacts => "artifacts",
            Self::Inputs => "inputs",
        }
    }
}

/// The items of an evaluation that meta agents may see, per split. See the module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct VisibilityPolicy {
    /// Items of training data.
    pub train: BTreeSet<VisibleItem>,
    /// Items of held-out data.
    pub held_out: BTreeSet<VisibleItem>,
    /// Items of test data.
    pub test: BTreeSet<VisibleItem>,
}

impl Default for VisibilityPolicy {
    fn default() -> Self {
        Self {
            train: [VisibleItem::Predictions, VisibleItem::Scores].into(),
            held_out: BTreeSet::new(),
            test: BTreeSet::new(),
        }
    }
}

/// The error for an invalid visibility policy of a split.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "invalid visibility {text:?}; expected SPLIT=ITEMS such as train=predictions,scores, where SPLIT is train, held-out or \
     test and ITEMS is `nothing` or any of predictions, scores, labels, artifacts and inputs"
)]
pub struct ParseVisibilityError {
    text: String,
}

impl VisibilityPolicy {
    /// Returns the visible items of a split. For several splits together, returns the items that are visible in each of them.
    #[must_use]
    pub fn of(&self, split: Split) -> BTreeSet<VisibleItem> {
        match split {
            Split::Train => self.train.clone(),
            Split::HeldOut => self.held_out.clone(),
            Split::Test => self.test.clone(),
            Split::All => &self.train & &self.held_out,
        }
    }

    /// Sets the policy of one split from a text such as `train=predictions,scores`.
    ///
    /// # Errors
    ///
    /// [`ParseVisibilityError`] for anything else.
    pub fn set(&mut self, text: &str) -> Result<(), ParseVisibilityError> {
        let error = || ParseVisibilityError { text: text.chars().take(80).collect() };
        let (split, items) = text.split_once('=').ok_or_else(error)?;
        let item =
            |name: &str| VisibleItem::ALL.into_iter().find(|item| item.name() == name).ok_or_else(error);
        let items = match items {
            "nothing" => BTreeSet::new(),
            items => items.split(',').map(item).collect::<Result<_, _>>()?,
        };
        match Split::from_str(split).map_err(|_| error())? {
            Split::Train => self.train = items,
            Split::HeldOut => self.held_out = items,
            Split::Test => self.test = items,
            Split::All => return Err(error()),
        }
        Ok(())
    }
}

impl fmt::Display for VisibilityPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let splits =
            [(Split::Train, &self.train), (Split::HeldOut, &self.held_out), (Split::Test, &self.test)];
        for (index, (split, items)) in splits.into_iter().enumerate() {
            let names: Vec<&str> = items.iter().map(|item| item.name()).collect();
            let names = if names.is_empty() { "nothing".to_owned() } else { names.join(",") };
            write!(f, "{}{split}={names}", if index == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_read_and_shown() {
        let mut policy = VisibilityPolicy::default();
        assert_eq!(policy.to_string(), "train=predictions,scores held-out=nothing test=nothing");
        policy.set("held-out=labels,scores").unwrap();
        policy.set("train=nothing").unwrap();
        assert_eq!(policy.to_string(), "train=nothing held-out=scores,labels test=nothing");
        for text in ["", "train", "train=", "train=all", "all=scores", "val=scores", "train=scores, labels"] {
            assert!(policy.set(text).is_err(), "{text}");
        }
        let value = serde_json::to_value(&policy).unwrap();
        assert_eq!(serde_json::from_value::<VisibilityPolicy>(value).unwrap(), policy);
    }
}
