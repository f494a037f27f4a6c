//! The comparison of a claim with the record.

use super::numbers::NumberReading;

/// Largest difference at which a score with two digits agrees with the record.
const TOLERANCE: f64 = 0.005;
/// Largest difference at which a whole 0 or 1 agrees with the record.
const EXACT: f64 = 1e-9;

/// The unit of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClaimUnit {
    None,
    Percent,
    Mille,
    /// A quotient of two numbers, or a number in words that names a part.
    Quotient,
}

/// The measure that a number is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClaimMeasure {
    Score,
    /// A measure of which less is better. The engine records it as a score in one of several forms.
    Error,
    /// Either, where the words are about both.
    Either,
}

/// The relation between the measure and the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClaimRelation {
    Equal,
    Above,
    Below,
    /// The number is how much the measure changed.
    Change,
}

/// A number that claims something about a result.
#[derive(Debug, Clone)]
pub(super) struct NumberClaim<'a> {
    pub(super) readings: &'a [NumberReading],
    pub(super) unit: ClaimUnit,
    pub(super) measure: ClaimMeasure,
    pub(super) relation: ClaimRelation,
}

impl NumberClaim<'_> {
    /// Returns whether the claim agrees with a recorded score.
    pub(super) fn holds(&self, recorded: &[f64]) -> bool {
        self.readings.iter().any(|reading| self.reading_holds(*reading, recorded))
    }

    fn reading_holds(&self, reading: NumberReading, recorded: &[f64]) -> bool {
        let value = reading.value;
        let tolerance = self.tolerance(reading);
        match self.unit {
            ClaimUnit::None => self.agrees((value, tolerance), recorded),
            // Scores may be recorded as percentages; then they are not small.
            ClaimUnit::Percent => {
                let large: Vec<f64> = recorded.iter().copied().filter(|score| score.abs() > 1.0).collect();
                self.agrees((value / 100.0, tolerance / 100.0), recorded)
                    || self.agrees((value, tolerance), &large)
            }
            ClaimUnit::Mille => self.agrees((value / 1000.0, tolerance / 1000.0), recorded),
            ClaimUnit::Quotient => self.agrees((value, TOLERANCE), recorded),
        }
    }

    /// Returns half a unit of the last digit; for scores up to 1, which are quoted with two digits, at least half a unit of the
    /// second one. A whole 0 or 1 is taken literally, and 0 or 1 with decimals almost.
    fn tolerance(&self, NumberReading { value, decimals }: NumberReading) -> f64 {
        let value = value.abs();
        let half = 0.5 * 10_f64.powi(-decimals.min(300));
        let rounding = 1e-9 * value.max(1.0).min(1.0 / half.max(1e-12));
        let literal = value == 0.0 || (value == 1.0 && self.unit == ClaimUnit::None);
        match (self.unit, decimals) {
            (ClaimUnit::None, ..=0) if value <= 1.0 => EXACT,
            (ClaimUnit::None, _) if literal => half.min(TOLERANCE),
            (ClaimUnit::None, 1..=2) if value <= 1.0 => half.max(TOLERANCE) + EXACT,
            (ClaimUnit::None, 3..) if value <= 1.0 && self.measure == ClaimMeasure::Score => {
                TOLERANCE + EXACT
            }
            // Numbers such as 2e3 are no less exact than others.
            (_, ..0) => half.min(0.05 * value),
            _ => half + rounding,
        }
    }

    fn agrees(&self, (value, tolerance): (f64, f64), recorded: &[f64]) -> bool {
        match self.relation {
            ClaimRelation::Equal => {
                recorded.iter().any(|score| self.forms(*score).any(|form| (form - value).abs() <= tolerance))
            }
            ClaimRelation::Above => {
                recorded.iter().any(|score| self.sizes(*score).any(|form| form >= value - tolerance))
            }
            ClaimRelation::Below => {
                recorded.iter().any(|score| self.sizes(*score).any(|form| form <= value + tolerance))
            }
            ClaimRelation::Change => changed(value, tolerance, recorded),
        }
    }

    /// Returns the numbers that may be quoted for a recorded score.
    fn forms(&self, score: f64) -> impl Iterator<Item = f64> {
        let error = [1.0 - score, -score, 100.0 - score];
        let error = error.into_iter().filter(move |_| self.measure != ClaimMeasure::Score);
        std::iter::once(score).chain(error)
    }

    /// Returns those of them that can be greater or less than a bound.
    fn sizes(&self, score: f64) -> impl Iterator<Item = f64> {
        let error = if (0.0..=1.0).contains(&score) { 1.0 - score } else { score.abs() };
        let is_score = self.measure != ClaimMeasure::Error;
        let is_error = self.measure != ClaimMeasure::Score;
        [(is_score, score), (is_error, error)].into_iter().filter_map(|(is, form)| is.then_some(form))
    }
}

/// Returns whether the first recorded score, which is the newest one, differs from another one by a value, absolutely or in
/// proportion.
fn changed(value: f64, tolerance: f64, recorded: &[f64]) -> bool {
    let Some((newest, others)) = recorded.split_first() else { return false };
    let value = value.abs();
    let is = |change: f64| (change - value).abs() <= tolerance;
    recorded.iter().any(|score| is(score.abs()))
        || others.iter().any(|other| {
            let change = (newest - other).abs();
            is(change) || (*other != 0.0 && is(change / other.abs()))
        })
}

/// Returns whether nothing is better than one of the recorded scores, as far as can be known: everything is right, or no error is
/// left.
pub(super) fn is_perfect(recorded: &[f64]) -> bool {
    let negative = recorded.iter().any(|score| *score < 0.0);
    recorded.iter().any(|score| *score == 1.0 || *score == 100.0 || (negative && *score == 0.0))
}
