//! Validated relative paths: the only names that trees, marks and policies know.
//!
//! Invariant: a [`RelPath`] names something strictly below a root. It has no empty, `.` or `..` part, no NUL, control
//! character or backslash, and bounded lengths, so that joining it to any root cannot leave that root on any platform.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// Maximum length of a part in bytes: what common file systems support.
pub const PART_BYTES_MAX: usize = 255;
/// Maximum length of a path in bytes.
pub const PATH_BYTES_MAX: usize = 1_024;
/// Maximum number of parts.
pub const PATH_DEPTH_MAX: usize = 32;

/// The reason why a text is not a path.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PathError {
    /// The text is empty, or there is nothing between two slashes.
    #[error(
        "{path:?} has an empty part; write names separated by single slashes, without a leading or trailing one"
    )]
    EmptyPart {
        /// The text.
        path: String,
    },
    /// A part is `.` or `..`.
    #[error("{path:?} has the part {part:?}; a path names what is below its root, step by step")]
    DotPart {
        /// The text.
        path: String,
        /// The part.
        part: String,
    },
    /// A character that no name may have.
    #[error(
        "{path:?} has the character {character:?}; control characters and backslashes are not allowed in names"
    )]
    Character {
        /// The text.
        path: String,
        /// The character.
        character: char,
    },
    /// A part is too long.
    #[error("{path:?} has a part of {bytes} bytes; at most {PART_BYTES_MAX}")]
    PartTooLong {
        /// The beginning of the text.
        path: String,
        /// Length of the part.
        bytes: usize,
    },
    /// The whole path is too long.
    #[error("the path {path:?}… has {bytes} bytes; at most {PATH_BYTES_MAX}")]
    TooLong {
        /// The beginning of the text.
        path: String,
        /// Its length.
        bytes: usize,
    },
    /// The path has too many parts.
    #[error("{path:?} is {depth} levels deep; at most {PATH_DEPTH_MAX}")]
    TooDeep {
        /// The beginning of the text.
        path: String,
        /// The number of its parts.
        depth: usize,
    },
}

/// A validated path below some root, with `/` between its parts. Ordered bytewise.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelPath(Box<str>);

impl RelPath {
    /// Checks a text.
    ///
    /// # Errors
    ///
    /// A [`PathError`] that says which rule it breaks.
    pub fn new(text: &str) -> Result<Self, PathError> {
        let shown = || text.chars().take(80).collect::<String>();
        if text.len() > PATH_BYTES_MAX {
            return Err(PathError::TooLong { path: shown(), bytes: text.len() });
        }
        if let Some(character) = text.chars().find(|c| c.is_control() || *c == '\\') {
            return Err(PathError::Character { path: shown(), character });
        }
        let mut depth = 0;
        for part in text.split('/') {
            depth += 1;
            match part {
                "" => return Err(PathError::EmptyPart { path: shown() }),
                "." | ".." => return Err(PathError::DotPart { path: shown(), part: part.to_owned() }),
                _ if part.len() > PART_BYTES_MAX => {
                    return Err(PathError::PartTooLong { path: shown(), bytes: part.len() });
                }
                _ => {}
            }
        }
        if depth > PATH_DEPTH_MAX {
            return Err(PathError::TooDeep { path: shown(), depth });
        }
        Ok(Self(text.into()))
    }

    /// Returns the path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns its parts, outermost first; at least one.
    pub fn components(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }

    /// Returns its last part.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// Returns the path of the folder that holds it; `None` directly below the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        self.0.rsplit_once('/').map(|(parent, _)| Self(parent.into()))
    }

    /// Returns this path with more parts appended.
    ///
    /// # Errors
    ///
    /// A [`PathError`] when the result is not a valid path.
    pub fn join(&self, rest: &str) -> Result<Self, PathError> {
        Self::new(&format!("{}/{rest}", self.0))
    }
}

/// Returns the entry of `entries` that conflicts with `path`: one of its folders, or something below it.
pub(crate) fn conflicting<V>(path: &RelPath, entries: &BTreeMap<RelPath, V>) -> Option<RelPath> {
    let mut folders = std::iter::successors(path.parent(), RelPath::parent);
    if let Some(folder) = folders.find(|folder| entries.contains_key(folder)) {
        return Some(folder);
    }
    // Paths below `path` begin with `path/` and form one range, although `path-x` and `path.x` sort before it.
    let below = format!("{path}/");
    let after = format!("{path}0"); // '0' is the character after '/'.
    entries
        .range::<str, _>((Bound::Excluded(below.as_str()), Bound::Excluded(after.as_str())))
        .next()
        .map(|(other, _)| other.clone())
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl FromStr for RelPath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        Self::new(text)
    }
}

impl Borrow<str> for RelPath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for RelPath {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Serialize for RelPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for RelPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::path::{Component, Path};

    #[test]
    fn hostile_names_are_refused_for_the_right_reason() {
        let deep = vec!["d"; PATH_DEPTH_MAX + 1].join("/");
        let long_part = "x".repeat(PART_BYTES_MAX + 1);
        let long = vec!["x".repeat(200); 6].join("/");
        for (text, reason) in [
            ("", "empty part"),
            ("/etc/passwd", "empty part"),
            ("a//b", "empty part"),
            ("a/", "empty part"),
            ("..", "the part \"..\""),
            ("a/../../b", "the part \"..\""),
            ("./a", "the part \".\""),
            ("a\0b", "character"),
            ("a\nb", "character"),
            ("..\\b", "character"),
            ("\u{7f}", "character"),
            (deep.as_str(), "levels deep"),
            (long_part.as_str(), "a part of 256 bytes"),
            (long.as_str(), "bytes; at most 1024"),
        ] {
            let message = RelPath::new(text).unwrap_err().to_string();
            assert!(message.contains(reason), "{text:?}: {message}");
        }
        for text in ["task_agent.py", "lib/a.py", "-rf", "C:", " trailing ", "…", "...", "a b", "\u{202e}x"]
        {
            assert_eq!(RelPath::new(text).unwrap().as_str(), text);
        }
    }

    proptest! {
        #[test]
        fn whatever_is_accepted_stays_below_its_root(text in "[a./\\\\\\x00-\\x20é-]{0,40}") {
            if let Ok(path) = RelPath::new(&text) {
                let joined = Path::new("/root").join(path.as_str());
                prop_assert!(joined.starts_with("/root") && joined != Path::new("/root"));
                prop_assert!(joined.components().all(|c| matches!(c, Component::RootDir | Component::Normal(_))));
                prop_assert_eq!(path.components().collect::<Vec<_>>().join("/"), text);
            }
        }
    }
}
