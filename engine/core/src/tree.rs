//! Trees: paths with the blobs they stand for, their canonical bytes, and the difference between two trees.
//!
//! A tree's bytes are the canonical encoding of the map from path to blob identifier; see [`crate::canon`].

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::canon::{self, CanonError};
use crate::digest::{BlobId, TreeId};
use crate::path::{RelPath, conflicting};

/// Bytes that are not a tree.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TreeError {
    /// Not canonical.
    #[error(transparent)]
    Canon(#[from] CanonError),
    /// A canonical value of another shape.
    #[error("the tree is malformed: {0}")]
    Shape(String),
}

/// A sorted map from path to blob.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tree {
    entries: BTreeMap<RelPath, BlobId>,
}

/// One difference between two trees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The path.
    pub path: RelPath,
    /// The blob before; `None` when it was added.
    pub before: Option<BlobId>,
    /// The blob after; `None` when it was removed.
    pub after: Option<BlobId>,
}

impl Tree {
    /// Returns the tree of these entries.
    ///
    /// # Panics
    ///
    /// When a path is both a file and a folder; callers hold a [`crate::FileSet`], which rules that out.
    pub(crate) fn of(entries: impl IntoIterator<Item = (RelPath, BlobId)>) -> Self {
        let entries: BTreeMap<_, _> = entries.into_iter().collect();
        assert!(
            entries.keys().all(|path| conflicting(path, &entries).is_none()),
            "a path is a file or a folder"
        );
        Self { entries }
    }

    /// Returns its identifier.
    #[must_use]
    pub fn id(&self) -> TreeId {
        TreeId::of_bytes(&self.encode())
    }

    /// Returns its canonical bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let map = self
            .entries
            .iter()
            .map(|(path, blob)| (path.to_string(), Value::from(blob.to_string())))
            .collect();
        canon::encode(&Value::Object(map)).expect("a flat map is not too deep")
    }

    /// Returns the tree with these canonical bytes.
    ///
    /// # Errors
    ///
    /// [`TreeError`] when they are not the bytes of a tree.
    pub fn decode(bytes: &[u8]) -> Result<Self, TreeError> {
        let Value::Object(map) = canon::decode(bytes)? else {
            return Err(TreeError::Shape("expected a map from path to blob".to_owned()));
        };
        let mut entries = BTreeMap::new();
        for (path, blob) in map {
            let path = RelPath::new(&path).map_err(|e| TreeError::Shape(e.to_string()))?;
            let blob: BlobId =
                canon::from_value(&blob).map_err(|e| TreeError::Shape(format!("{path}: {e}")))?;
            if let Some(other) = conflicting(&path, &entries) {
                return Err(TreeError::Shape(format!(
                    "{path} and {other}: a name is both a file and a folder"
                )));
            }
            entries.insert(path, blob);
        }
        Ok(Self { entries })
    }

    /// Returns the blob of a path.
    #[must_use]
    pub fn get(&self, path: &RelPath) -> Option<&BlobId> {
        self.entries.get(path)
    }

    /// Returns all entries, in bytewise order of path.
    pub fn iter(&self) -> impl Iterator<Item = (&RelPath, &BlobId)> {
        self.entries.iter()
    }

    /// Returns the number of files.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns whether the tree has no files.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// Returns the changes from one tree to another, in bytewise order of path.
#[must_use]
pub fn diff(before: &Tree, after: &Tree) -> Vec<Change> {
    let paths: BTreeSet<&RelPath> = before.entries.keys().chain(after.entries.keys()).collect();
    paths
        .into_iter()
        .map(|path| Change {
            path: path.clone(),
            before: before.get(path).copied(),
            after: after.get(path).copied(),
        })
        .filter(|change| change.before != change.after)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::FileSet;
    use proptest::prelude::*;

    fn files(names: &[(&str, &[u8])]) -> FileSet {
        let mut files = FileSet::new();
        for (name, content) in names {
            files.insert(RelPath::new(name).unwrap(), content.to_vec()).unwrap();
        }
        files
    }

    #[test]
    fn a_name_is_a_file_or_a_folder() {
        let mut set = files(&[("lib/a.py", b"1"), ("lib-b", b"2"), ("lib.c", b"3")]);
        for path in ["lib", "lib/a.py/x", "lib/a.py/x/y"] {
            let error = set.insert(RelPath::new(path).unwrap(), *b"").unwrap_err();
            assert!(error.to_string().contains("lib/a.py"), "{path}: {error}");
        }
        assert!(set.insert(RelPath::new("lib/b.py").unwrap(), *b"").is_ok());
        assert!(set.insert(RelPath::new("li").unwrap(), *b"").is_ok());
    }

    #[test]
    fn differences_name_both_sides() {
        let before = files(&[("same", b"1"), ("changed", b"1"), ("removed", b"1")]).tree();
        let after = files(&[("same", b"1"), ("changed", b"2"), ("added", b"1")]).tree();
        let changes = diff(&before, &after);
        let shown: Vec<_> =
            changes.iter().map(|c| (c.path.as_str(), c.before.is_some(), c.after.is_some())).collect();
        assert_eq!(shown, [("added", false, true), ("changed", true, true), ("removed", true, false)]);
        assert!(diff(&after, &after).is_empty());
    }

    #[test]
    fn foreign_bytes_are_not_a_tree() {
        for value in [
            serde_json::json!([]),
            serde_json::json!({"a": "00"}),
            serde_json::json!({"../a": BlobId::of(b"").to_string()}),
            serde_json::json!({"a": BlobId::of(b"").to_string(), "a/b": BlobId::of(b"").to_string()}),
        ] {
            assert!(Tree::decode(&canon::encode(&value).unwrap()).is_err(), "{value}");
        }
    }

    proptest! {
        #[test]
        fn trees_survive_their_bytes(names in prop::collection::btree_set("[a-c]{1,2}(/[a-c]{1,2}){0,2}", 0..12)) {
            let mut set = FileSet::new();
            for name in &names {
                // Conflicting names are refused; the rest form the tree.
                let _ = set.insert(RelPath::new(name).unwrap(), name.as_bytes().to_vec());
            }
            let tree = set.tree();
            let again = Tree::decode(&tree.encode()).unwrap();
            prop_assert_eq!(again.id(), tree.id());
            prop_assert_eq!(again, tree);
        }
    }
}
