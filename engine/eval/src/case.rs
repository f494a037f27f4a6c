//! Cases: the single questions of a task.

use std::fmt;

use crate::scorer::Problem;
use crate::split::Split;

/// One instance of a task with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The name in the data, or one made of its position.
    pub name: String,
    /// What the candidate has to solve.
    pub problem: Problem,
}

/// A case of an evaluation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseName {
    /// The part of the data that is evaluated.
    pub split: Split,
    /// The case.
    pub name: String,
}

impl fmt::Display for CaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.split, self.name)
    }
}
