//! Claims about scores, compared with recorded scores.

mod first;

use super::basis::PolicyBasis;

/// Returns whether prose, in plain form, claims a score that is not among the recorded ones.
pub(super) fn differs(seen: &str, basis: PolicyBasis<'_>) -> bool {
    first::differs(seen, basis.recorded)
}

/// Returns whether a claim that begins at the end of a line may continue at the beginning of the next. The lines are in plain
/// form.
pub(super) fn goes_on(before: &str, after: &str, _basis: PolicyBasis<'_>) -> bool {
    first::goes_on(before, after)
}
