//! Claims about scores, compared with recorded scores.
//!
//! The [first version](first) of the rules is frozen. The [second](second) reads a line as [items](line): words with
//! [traits](words), and [numbers](numbers) in any [digits](digits), in [words](spelt), or in any notation. The nearest owner
//! of a number decides whether it is a score, an error, or a parameter, and [comparison] decides whether the record has it.
//! [Perfection](perfect) is a claim without a number.

mod comparison;
mod digits;
mod first;
mod line;
mod numbers;
mod owners;
mod perfect;
mod second;
mod spelt;
#[cfg(test)]
mod tests;
mod words;

use super::basis::PolicyBasis;
use crate::record::sharing_config::SharingRules;

/// Returns whether prose, in plain form, claims a score that is not among the recorded ones.
pub(super) fn differs(seen: &str, basis: PolicyBasis<'_>) -> bool {
    match basis.rules {
        SharingRules::First => first::differs(seen, basis.recorded),
        SharingRules::Second => second::differs(seen, basis.recorded),
    }
}

/// Returns whether a claim that begins at the end of a line may continue at the beginning of the next. The lines are in plain
/// form.
pub(super) fn goes_on(before: &str, after: &str, basis: PolicyBasis<'_>) -> bool {
    match basis.rules {
        SharingRules::First => first::goes_on(before, after),
        SharingRules::Second => second::goes_on(before, after),
    }
}
