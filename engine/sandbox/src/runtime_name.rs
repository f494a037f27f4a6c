//! Names of the Python runtimes that come with this crate.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A Python runtime that comes with this crate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RuntimeName {
    /// CPython with its standard library.
    #[default]
    Plain,
    /// CPython with numpy, which is already imported, and scipy.
    Science,
}

impl RuntimeName {
    /// All names.
    pub const ALL: [Self; 2] = [Self::Plain, Self::Science];

    /// Returns the name as tasks and flags spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Science => "science",
        }
    }
}

impl fmt::Display for RuntimeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that no runtime has.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("there is no runtime {name:?}; expected \"plain\" or \"science\"")]
pub struct UnknownRuntime {
    name: String,
}

impl FromStr for RuntimeName {
    type Err = UnknownRuntime;

    fn from_str(name: &str) -> Result<Self, UnknownRuntime> {
        let unknown = || UnknownRuntime { name: name.chars().take(64).collect() };
        Self::ALL.into_iter().find(|runtime| runtime.as_str() == name).ok_or_else(unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runtime_is_found_by_its_name_and_by_no_other() {
        for runtime in RuntimeName::ALL {
            assert_eq!(runtime.to_string().parse(), Ok(runtime));
        }
        for name in ["", "Science", "scipy", "plain "] {
            let error = name.parse::<RuntimeName>().unwrap_err().to_string();
            assert!(error.contains("\"plain\" or \"science\""), "{error}");
        }
    }
}
