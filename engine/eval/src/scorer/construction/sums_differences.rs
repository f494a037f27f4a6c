//! `sums-and-differences`: finite sets of integers with few sums and many differences.
//!
//! `elements()` returns a list of non-negative integers that contains 0. The score is 1 + ln(|U − U| / |U + U|) / ln(2 max U + 1),
//! a lower bound for an exponent studied by Gyarmati, Hennecart and Ruzsa; higher is better. The logarithms are enclosed in
//! intervals, and the lower end counts.

use std::sync::Arc;

use hyperspace_core::exact_json::big_integer;
use serde_json::Value;

use crate::score::Score;
use crate::scorer::{InvalidAnswer, Measure, WorkMeter};

use super::instance::Instance;
use super::interval::Interval;
use super::parameters::{ParameterError, Parameters};
use super::read;

/// Maximum number of elements that are read: the number of sums is quadratic in it.
const ELEMENTS_MAX: usize = 2_500;
/// Largest element.
const ELEMENT_MAX: i128 = 10_i128.pow(36);
/// Number of groups into which the values of pairs are divided, so that each one is sorted in the cache.
const GROUPS: usize = 256;

#[derive(Debug)]
struct SumsAndDifferences;

pub(super) fn make(_: &mut Parameters) -> Result<Arc<dyn Instance>, ParameterError> {
    Ok(Arc::new(SumsAndDifferences))
}

impl Instance for SumsAndDifferences {
    fn verify_within(&self, answer: &Value, work: &mut WorkMeter) -> Result<Measure, InvalidAnswer> {
        let list = read::list(answer, "answer", 2..=ELEMENTS_MAX, "integers")?;
        let mut elements = list
            .iter()
            .enumerate()
            .map(|(index, value)| element(index, value))
            .collect::<Result<Vec<_>, _>>()?;
        elements.sort_unstable();
        if let Some(pair) = elements.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(InvalidAnswer::new("answer", "integers that differ", format!("{} twice", pair[0])));
        }
        if elements.first() != Some(&0) {
            return Err(InvalidAnswer::new("answer", "a set with the element 0", "one without"));
        }
        let sums = count(&elements, |a, b| a + b, work)?;
        // Differences come in pairs, except for zero.
        let differences = 2 * count(&elements, |a, b| a - b, work)? - 1;
        let largest = elements.last().copied().unwrap_or(0);
        let ratio = Score::ratio(differences, sums).and_then(|ratio| Interval::of(&ratio).ln());
        let base = Interval::integer(2 * largest + 1).ln();
        let gain = ratio.zip(base).and_then(|(ratio, base)| ratio.checked_div(&base));
        let gain =
            gain.ok_or_else(|| InvalidAnswer::new("answer", "a set with an element above 0", "none"))?;
        Ok(Measure::of(&Score::one() + &gain.low()))
    }
}

fn element(index: usize, value: &Value) -> Result<i128, InvalidAnswer> {
    let digits =
        big_integer(value).map(str::to_owned).or_else(|| value.as_u64().map(|number| number.to_string()));
    let number = digits
        .and_then(|digits| digits.parse::<i128>().ok())
        .filter(|number| (0..=ELEMENT_MAX).contains(number));
    number.ok_or_else(|| InvalidAnswer::quoting(format!("element {index}"), "an integer, 0 to 10^36", value))
}

/// Returns the number of distinct values over all pairs of an element and one that is not larger.
fn count(
    sorted: &[i128],
    combine: impl Fn(i128, i128) -> i128,
    work: &mut WorkMeter,
) -> Result<u64, InvalidAnswer> {
    let mut groups: Vec<Vec<i128>> = vec![Vec::new(); GROUPS];
    for (index, a) in sorted.iter().enumerate() {
        work.spend(index as u64 + 1)?;
        for b in &sorted[..=index] {
            let value = combine(*a, *b);
            groups[group(value)].push(value);
        }
    }
    let mut distinct = 0;
    for mut values in groups {
        work.spend(values.len() as u64 / 2)?;
        values.sort_unstable();
        values.dedup();
        distinct += values.len() as u64;
    }
    Ok(distinct)
}

/// Returns the group of a value, in which all values that equal it are.
fn group(value: i128) -> usize {
    // Multiplying by an odd number with mixed bits spreads values that are close together or far apart.
    let mixed = (value ^ (value >> 64)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    usize::from((mixed >> 56).to_le_bytes()[0])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn verify(answer: &Value) -> Result<f64, InvalidAnswer> {
        SumsAndDifferences.verify(answer).map(|measure| measure.amount.to_f64())
    }

    #[test]
    fn a_set_with_more_sums_than_differences_is_below_one() {
        // Conway's set: 26 sums, 25 differences.
        let conway = verify(&json!([0, 2, 3, 4, 7, 11, 12, 14])).unwrap();
        assert!((conway - (1.0 + (25.0_f64 / 26.0).ln() / 29.0_f64.ln())).abs() < 1e-12, "{conway}");
        let simple = verify(&json!([0, 1, 3])).unwrap();
        assert!((simple - (1.0 + (7.0_f64 / 6.0).ln() / 7.0_f64.ln())).abs() < 1e-12, "{simple}");
        let long = hyperspace_core::exact_json::parse(b"[0, 1, 1000000000000000000000000]").unwrap();
        assert!(verify(&long).unwrap() > 1.0);
    }

    #[test]
    fn what_is_no_set_is_refused() {
        let huge =
            hyperspace_core::exact_json::parse(format!("[0, 1{}]", "0".repeat(37)).as_bytes()).unwrap();
        for answer in [
            huge,
            json!([]),
            json!([0]),
            json!([1, 2]),
            json!([0, 1, 1]),
            json!([0, -1]),
            json!([0, 1.0]),
            json!([0, true]),
            json!([0, null]),
            json!(vec![0; 2_501]),
        ] {
            assert!(verify(&answer).is_err(), "{answer}");
        }
    }

    proptest! {
        #[test]
        fn counts_agree_with_sets(more in prop::collection::btree_set(1_i128..200, 1..12)) {
            let elements: Vec<i128> = [0].into_iter().chain(more).collect();
            let set = |combine: fn(i128, i128) -> i128| -> u64 {
                elements.iter().flat_map(|a| elements.iter().map(move |b| combine(*a, *b))).collect::<BTreeSet<_>>().len() as u64
            };
            let mut work = WorkMeter::new();
            prop_assert_eq!(count(&elements, |a, b| a + b, &mut work), Ok(set(|a, b| a + b)));
            prop_assert_eq!(count(&elements, |a, b| a - b, &mut work).map(|half| 2 * half - 1), Ok(set(|a, b| a - b)));
        }
    }
}
