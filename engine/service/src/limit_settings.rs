//! Limits on code, as settings.

use std::collections::BTreeSet;

use hyperspace_eval::CodeLimits;
use serde::Deserialize;

use crate::error::ServiceError;

/// Limits on the code of candidates. A limit that is not set does not apply.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[non_exhaustive]
pub struct LimitSettings {
    /// Number of syntax nodes in one Python file.
    pub file_nodes: Option<u64>,
    /// Number of syntax nodes in all Python files together.
    pub tree_nodes: Option<u64>,
    /// Size of all files together, in bytes.
    pub tree_bytes: Option<u64>,
    /// Cyclomatic complexity of one Python file.
    pub complexity: Option<u64>,
}

impl LimitSettings {
    /// The names of all limits.
    pub const NAMES: [&'static str; 4] = ["file-nodes", "tree-nodes", "tree-bytes", "complexity"];

    /// Returns limits that are given by name, each at most once.
    ///
    /// # Errors
    ///
    /// Class `Usage` when a limit is given twice.
    pub fn named(limits: &[(String, u64)]) -> Result<Self, ServiceError> {
        let (mut settings, mut given) = (Self::default(), BTreeSet::new());
        for (name, limit) in limits {
            if !given.insert(name) {
                return Err(ServiceError::setting("limit", format!("{name} is given twice")));
            }
            settings.set(name, *limit);
        }
        Ok(settings)
    }

    /// Sets a limit by name. An unknown name has no effect.
    pub fn set(&mut self, name: &str, limit: u64) {
        match name {
            "file-nodes" => self.file_nodes = Some(limit),
            "tree-nodes" => self.tree_nodes = Some(limit),
            "tree-bytes" => self.tree_bytes = Some(limit),
            "complexity" => self.complexity = Some(limit),
            _ => {}
        }
    }

    /// Returns these limits, with unset ones taken from `below`.
    pub(crate) fn or(self, below: Self) -> Self {
        Self {
            file_nodes: self.file_nodes.or(below.file_nodes),
            tree_nodes: self.tree_nodes.or(below.tree_nodes),
            tree_bytes: self.tree_bytes.or(below.tree_bytes),
            complexity: self.complexity.or(below.complexity),
        }
    }

    /// Returns the limits as the engine uses them.
    pub(crate) fn limits(&self) -> CodeLimits {
        let Self { file_nodes, tree_nodes, tree_bytes, complexity } = *self;
        CodeLimits { file_nodes, tree_nodes, tree_bytes, complexity }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_has_its_name() {
        let mut settings = LimitSettings::default();
        for (number, name) in (1..).zip(LimitSettings::NAMES) {
            settings.set(name, number);
        }
        let limits = settings.limits();
        assert_eq!(limits.named().map(|(name, _)| name), LimitSettings::NAMES);
        assert_eq!(limits.named().map(|(_, limit)| limit), [Some(1), Some(2), Some(3), Some(4)]);
        let named = |names: &[&str]| {
            LimitSettings::named(&names.iter().map(|name| ((*name).to_owned(), 5)).collect::<Vec<_>>())
        };
        assert_eq!(named(&["file-nodes", "complexity"]).unwrap().complexity, Some(5));
        let error = named(&["file-nodes", "file-nodes"]).unwrap_err().to_string();
        assert!(error.contains("file-nodes is given twice"), "{error}");
        let below = LimitSettings { complexity: Some(9), ..LimitSettings::default() };
        assert_eq!(
            LimitSettings { file_nodes: Some(7), ..LimitSettings::default() }.or(below).complexity,
            Some(9)
        );
    }
}
