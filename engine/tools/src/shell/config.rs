//! The configuration of a shell.

use crate::rules::ToolRules;

/// The folder and the seed of a shell.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ShellConfig {
    /// The absolute path of the folder that the shell starts in and returns to.
    pub root: String,
    /// The seed of all its randomness.
    pub seed: u64,
    /// The version of its answers. Default: the latest.
    pub rules: ToolRules,
}

impl ShellConfig {
    /// Creates a configuration; `root` is an absolute path in the guest.
    #[must_use]
    pub fn new(root: impl Into<String>, seed: u64) -> Self {
        Self { root: root.into(), seed, rules: ToolRules::default() }
    }

    /// Sets the version of its answers, which is that of the run.
    #[must_use]
    pub fn rules(mut self, rules: ToolRules) -> Self {
        self.rules = rules;
        self
    }
}
