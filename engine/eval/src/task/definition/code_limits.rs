//! `[entry.code_limits]`: limits on the code of a candidate, which runs on the task enforce edit by edit.

use serde::{Deserialize, Serialize};

use crate::task::error::TaskError;

/// Limits on the code of a candidate; `None` means no limit. A run without limits has the same bytes as before limits existed.
///
/// A node is a node of the syntax tree of a Python file, not counting keywords and operators. An edit that makes a file or the candidate
/// larger than a limit is refused; code that was larger before may stay, and may shrink.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CodeLimits {
    /// Maximum number of nodes of one Python file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_nodes: Option<u64>,
    /// Maximum number of nodes of all Python files together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tree_nodes: Option<u64>,
    /// Maximum number of bytes of all files together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tree_bytes: Option<u64>,
    /// Maximum cyclomatic complexity of one Python file: one, plus one for each function and decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub complexity: Option<u64>,
}

impl CodeLimits {
    /// Returns whether there is no limit.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the limits with their names in settings.
    #[must_use]
    pub fn named(&self) -> [(&'static str, Option<u64>); 4] {
        [
            ("file-nodes", self.file_nodes),
            ("tree-nodes", self.tree_nodes),
            ("tree-bytes", self.tree_bytes),
            ("complexity", self.complexity),
        ]
    }

    /// Returns these limits, with those of `base` where a limit is absent.
    #[must_use]
    pub fn over(&self, base: &Self) -> Self {
        Self {
            file_nodes: self.file_nodes.or(base.file_nodes),
            tree_nodes: self.tree_nodes.or(base.tree_nodes),
            tree_bytes: self.tree_bytes.or(base.tree_bytes),
            complexity: self.complexity.or(base.complexity),
        }
    }

    /// Returns the name of the first limit that refuses everything.
    #[must_use]
    pub fn refusing(&self) -> Option<&'static str> {
        self.named().into_iter().find(|(_, limit)| *limit == Some(0)).map(|(name, _)| name)
    }

    pub(crate) fn check(&self, file: &str) -> Result<(), TaskError> {
        let expected = "numbers of at least 1";
        let error = |name| TaskError::field(file, "entry.code_limits", expected, format!("0 for {name}"));
        self.refusing().map_or(Ok(()), |name| Err(error(name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_cover_those_below_them_and_never_refuse_everything() {
        let own = CodeLimits { file_nodes: Some(7), ..CodeLimits::default() };
        let base = CodeLimits { file_nodes: Some(9), complexity: Some(3), ..CodeLimits::default() };
        assert_eq!(
            own.over(&base),
            CodeLimits { file_nodes: Some(7), complexity: Some(3), ..CodeLimits::default() }
        );
        assert!(own.check("task.toml").is_ok() && CodeLimits::default().is_empty());
        let none = CodeLimits { tree_bytes: Some(0), ..CodeLimits::default() };
        assert!(none.check("task.toml").unwrap_err().to_string().contains("tree-bytes"));
    }
}
