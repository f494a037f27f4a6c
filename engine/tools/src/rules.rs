//! The version of how tools charge and answer. A run names it through the digest of its runtime, and is replayed with it.

/// A version of how tools charge and answer; a new one for each change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ToolRules {
    /// `python3 -m py_compile` and `compileall` write byte code beside the file, which most edit scopes refuse.
    Second,
    /// They write byte code into `/tmp`, so that they can check code wherever it is.
    #[default]
    Third,
}

impl ToolRules {
    /// All versions that this build supports, the latest first.
    pub const ALL: [Self; 2] = [Self::Third, Self::Second];

    /// Returns the number in the digest.
    pub(crate) fn number(self) -> u64 {
        match self {
            Self::Second => 2,
            Self::Third => 3,
        }
    }
}
