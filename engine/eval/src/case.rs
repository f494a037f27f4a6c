//! Cases: the single questions of a task.
//!
//! A case carries data that only its scorer reads, and the expected answer if there is one. Neither reaches a guest, except for
//! the arguments that the scorer makes from the data.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use crate::split::Split;

/// Data of a case, of a type known to its scorer. Every serialisable type implements it; [`Case::data`] gives the data back.
pub trait CaseData: Any + fmt::Debug + Send + Sync {
    /// Returns the data as JSON, over which the digest of a task built in code is taken.
    ///
    /// # Errors
    ///
    /// When the data cannot be written as JSON.
    fn to_json(&self) -> Result<Value, serde_json::Error>;
}

impl<T: Serialize + Any + fmt::Debug + Send + Sync> CaseData for T {
    fn to_json(&self) -> Result<Value, serde_json::Error> {
        serde_json::to_value(self)
    }
}

/// One question of a task. Cheap to clone.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Case {
    /// The name in the data, or one derived from its position.
    pub name: String,
    /// The expected answer, if there is one. The candidate never sees it.
    pub expected: Option<Value>,
    /// The name of the group that it belongs to, if the task has groups. No group is divided between windows of training data.
    pub group: Option<String>,
    data: Arc<dyn CaseData>,
}

impl Case {
    /// Creates a case without an expected answer.
    #[must_use]
    pub fn new(name: impl Into<String>, data: impl CaseData) -> Self {
        Self { name: name.into(), expected: None, group: None, data: Arc::new(data) }
    }

    /// Sets the expected answer. Reports show it and, if the run's policy says so, meta agents see it.
    #[must_use]
    pub fn expected(mut self, answer: Value) -> Self {
        self.expected = Some(answer);
        self
    }

    /// Sets the name of the group.
    #[must_use]
    pub fn group(mut self, name: impl Into<String>) -> Self {
        self.group = Some(name.into());
        self
    }

    /// Returns the data, or `None` if they are of another type.
    #[must_use]
    pub fn data<T: CaseData>(&self) -> Option<&T> {
        let data: &dyn Any = &*self.data;
        data.downcast_ref()
    }

    /// Returns the data as JSON.
    ///
    /// # Errors
    ///
    /// When the data cannot be written as JSON.
    pub fn data_to_json(&self) -> Result<Value, serde_json::Error> {
        self.data.to_json()
    }
}

impl PartialEq for Case {
    /// Compares name, group, expected answer and the data as JSON. Data that cannot be written as JSON equal nothing.
    fn eq(&self, other: &Self) -> bool {
        let equal = |a: Result<Value, _>, b: Result<Value, serde_json::Error>| matches!((a, b), (Ok(a), Ok(b)) if a == b);
        self.name == other.name
            && self.expected == other.expected
            && self.group == other.group
            && equal(self.data.to_json(), other.data.to_json())
    }
}

/// The name of a case together with the split it is evaluated in, shown as `SPLIT/NAME`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseName {
    /// The part of the data that is evaluated.
    pub split: Split,
    /// The name of the case.
    pub name: String,
}

impl fmt::Display for CaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.split, self.name)
    }
}
