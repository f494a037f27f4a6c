//! Scopes: the named places that marks belong to, and the files a capability may change.

use std::fmt;
use std::sync::Arc;

use globset::{Glob, GlobSet, GlobSetBuilder};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use crate::path::{PathError, RelPath};

/// Most globs of an edit scope.
pub const GLOBS_MAX: usize = 256;

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

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether `other` is this scope or inside it. Whole parts are compared: `a` contains `a/b`, not `ab`.
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

/// A glob that is none.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EditScopeError {
    /// It does not parse.
    #[error("edit scope: {glob:?} is not a glob: {why}; write patterns such as task_agent.py or lib/**")]
    Glob {
        /// The text.
        glob: String,
        /// The parser's reason.
        why: String,
    },
    /// There are none, or too many.
    #[error("edit scope: {count} globs; expected 1 to {GLOBS_MAX}")]
    Count {
        /// How many.
        count: usize,
    },
}

/// The files an agent may change, as globs over paths of its tree. `*` does not cross a slash, `**` does.
#[derive(Debug, Clone)]
pub struct EditScope {
    globs: Arc<[String]>,
    set: Arc<GlobSet>,
}

impl Default for EditScope {
    /// The scope of [`EditScope::DEFAULT`].
    fn default() -> Self {
        Self::new(&Self::DEFAULT).expect("the default globs are valid, as a test shows")
    }
}

impl EditScope {
    /// The scope a meta agent has by default.
    pub const DEFAULT: [&str; 3] = ["task_agent.py", "meta_agent.py", "lib/**"];

    /// Compiles globs.
    ///
    /// # Errors
    ///
    /// [`EditScopeError`] names the glob.
    pub fn new<S: AsRef<str>>(globs: &[S]) -> Result<Self, EditScopeError> {
        if globs.is_empty() || globs.len() > GLOBS_MAX {
            return Err(EditScopeError::Count { count: globs.len() });
        }
        let mut builder = GlobSetBuilder::new();
        for text in globs {
            let text = text.as_ref();
            let error = |why: String| EditScopeError::Glob { glob: text.to_owned(), why };
            let glob =
                globset::GlobBuilder::new(text).literal_separator(true).backslash_escape(false).build();
            builder.add(glob.map_err(|e| error(e.kind().to_string()))?);
            // A pattern that only ever matches what no path can be is a mistake of its writer.
            if text.is_empty() || text.starts_with('/') || text.split('/').any(|part| part == "..") {
                return Err(error("it matches no path below the root".to_owned()));
            }
            let _: Glob = Glob::new(text).map_err(|e| error(e.kind().to_string()))?;
        }
        let set =
            builder.build().map_err(|e| EditScopeError::Glob { glob: String::new(), why: e.to_string() })?;
        Ok(Self { globs: globs.iter().map(|g| g.as_ref().to_owned()).collect(), set: Arc::new(set) })
    }

    /// Whether a path is inside.
    #[must_use]
    pub fn contains(&self, path: &RelPath) -> bool {
        self.set.is_match(path.as_str())
    }

    /// Whether a text is such a path and inside.
    pub(crate) fn covers(&self, text: &str) -> bool {
        RelPath::new(text).is_ok_and(|path| self.contains(&path))
    }

    /// Whether a path is a folder that something inside the scope may need: `lib` for `lib/**`.
    #[must_use]
    pub fn may_hold(&self, folder: &RelPath) -> bool {
        self.globs.iter().any(|glob| {
            let mut parts = glob.split('/');
            for name in folder.components() {
                match parts.next() {
                    Some("**") => return true,
                    Some(part) if Glob::new(part).is_ok_and(|g| g.compile_matcher().is_match(name)) => {}
                    _ => return false,
                }
            }
            parts.next().is_some()
        })
    }

    /// The globs, as given.
    #[must_use]
    pub fn globs(&self) -> &[String] {
        &self.globs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RelPath {
        RelPath::new(text).unwrap()
    }

    #[test]
    fn containment_is_by_part() {
        let scope = ScopeName::new("a/b").unwrap();
        for (name, inside) in
            [("a/b", true), ("a/b/c", true), ("a", false), ("a/bc", false), ("x/a/b", false)]
        {
            assert_eq!(scope.contains(&ScopeName::new(name).unwrap()), inside, "{name}");
        }
    }

    #[test]
    fn the_default_scope_is_the_agent_and_its_library() {
        let scope = EditScope::new(&EditScope::DEFAULT).unwrap();
        for (name, inside) in [
            ("task_agent.py", true),
            ("meta_agent.py", true),
            ("lib/a.py", true),
            ("lib/deep/b.py", true),
            ("lib", false),
            ("library/a.py", false),
            ("x/task_agent.py", false),
            ("task_agent.py.bak", false),
            ("task_agentXpy", false),
            ("evals/gen_0/report.json", false),
        ] {
            assert_eq!(scope.contains(&path(name)), inside, "{name}");
        }
        for (name, holds) in [("lib", true), ("lib/deep", true), ("evals", false), ("task_agent.py", false)] {
            assert_eq!(scope.may_hold(&path(name)), holds, "{name}");
        }
    }

    #[test]
    fn a_star_does_not_cross_a_slash() {
        let scope = EditScope::new(&["*.py"]).unwrap();
        assert!(scope.contains(&path("a.py")) && !scope.contains(&path("a/b.py")));
    }

    #[test]
    fn bad_globs_are_named() {
        for bad in ["[", "", "/abs", "../x", "a/{b"] {
            let error = EditScope::new(&[bad]).unwrap_err().to_string();
            assert!(error.contains(&format!("{bad:?}")), "{error}");
        }
        assert!(EditScope::new::<&str>(&[]).is_err());
    }
}
