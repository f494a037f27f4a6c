//! Scopes: the named places that marks belong to.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::path::{PathError, RelPath};

/// A hierarchical name such as `codebase/genetic`; the parts follow the rules of [`RelPath`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ScopeName(RelPath);

impl ScopeName {
    /// Checks a name.
    ///
    /// # Errors
    ///
    /// A [`PathError`] that says which rule it breaks.
    pub fn new(name: &str) -> Result<Self, PathError> {
        RelPath::new(name).map(Self)
    }

    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Returns whether `other` is this scope or inside it. Whole parts are compared: `a` contains `a/b`, not `ab`.
    #[must_use]
    pub fn contains(&self, other: &ScopeName) -> bool {
        let mut theirs = other.0.components();
        self.0.components().all(|part| theirs.next() == Some(part))
    }
}

impl fmt::Display for ScopeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for ScopeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl Serialize for ScopeName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ScopeName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        RelPath::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containment_is_by_part() {
        let scope = ScopeName::new("a/b").unwrap();
        for (name, inside) in
            [("a/b", true), ("a/b/c", true), ("a", false), ("a/bc", false), ("x/a/b", false)]
        {
            assert_eq!(scope.contains(&ScopeName::new(name).unwrap()), inside, "{name}");
        }
    }
}
