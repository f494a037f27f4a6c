//! The inputs of the policies beside a text.

use crate::record::sharing_config::SharingRules;

/// Recorded scores and the version of the policies.
#[derive(Clone, Copy)]
pub(super) struct PolicyBasis<'a> {
    /// Scores that a claim may be about.
    pub(super) recorded: &'a [f64],
    pub(super) rules: SharingRules,
}
