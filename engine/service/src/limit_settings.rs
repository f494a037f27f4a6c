//! Limits on code, as settings.

use hyperspace_eval::CodeLimits;
use serde::Deserialize;

/// Limits on the code of candidates. What is not set is not limited.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[non_exhaustive]
pub struct LimitSettings {
    /// Nodes of the syntax tree of one Python file.
    pub file_nodes: Option<u64>,
    /// Nodes of all Python files together.
    pub tree_nodes: Option<u64>,
    /// Bytes of all files together.
    pub tree_bytes: Option<u64>,
    /// Cyclomatic complexity of one Python file.
    pub complexity: Option<u64>,
}

impl LimitSettings {
    /// The names of all limits.
    pub const NAMES: [&'static str; 4] = ["file-nodes", "tree-nodes", "tree-bytes", "complexity"];

    /// Sets a limit by its name. Another name changes nothing.
    pub fn set(&mut self, name: &str, limit: u64) {
        match name {
            "file-nodes" => self.file_nodes = Some(limit),
            "tree-nodes" => self.tree_nodes = Some(limit),
            "tree-bytes" => self.tree_bytes = Some(limit),
            "complexity" => self.complexity = Some(limit),
            _ => {}
        }
    }

    /// Returns these limits, with those of `below` where they say nothing.
    pub(crate) fn or(self, below: Self) -> Self {
        Self {
            file_nodes: self.file_nodes.or(below.file_nodes),
            tree_nodes: self.tree_nodes.or(below.tree_nodes),
            tree_bytes: self.tree_bytes.or(below.tree_bytes),
            complexity: self.complexity.or(below.complexity),
        }
    }

    /// Returns the limits that they describe.
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
        let below = LimitSettings { complexity: Some(9), ..LimitSettings::default() };
        assert_eq!(
            LimitSettings { file_nodes: Some(7), ..LimitSettings::default() }.or(below).complexity,
            Some(9)
        );
    }
}
