//! `sums-and-differences`: finite sets of integers with few sums and many differences.
//!
//! `elements()` returns a list of non-negative integers that contains 0. The score is 1 + ln(|U − U| / |U + U|) / ln(2 max U + 1),
//! a lower bound for an exponent studied by Gyarmati, Hennecart and Ruzsa; higher is better. The logarithms are enclosed in
//! intervals, and the lower end counts.
//!
//! Attacks that end here: T-CHECK-07.

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
/// Number of groups into which the values of pairs are divided, so that the table of each one fits into a cache.
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

/// A hash of values, keyed by the set, so that no set is made of values that meet.
#[derive(Clone, Copy)]
struct ValueHash([u64; 2]);

impl ValueHash {
    fn of_set(sorted: &[i128]) -> Self {
        let mut hasher = blake3::Hasher::new();
        for element in sorted {
            hasher.update(&element.to_le_bytes());
        }
        let digest = *hasher.finalize().as_bytes();
        let word = |at: usize| digest[at..at + 8].iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
        Self([word(0), word(8) | 1])
    }

    fn hash(self, value: i128) -> usize {
        let (low, high) = (value as u64, (value >> 64) as u64);
        let fold = |a: u64, b: u64| {
            let product = u128::from(a) * u128::from(b);
            product as u64 ^ (product >> 64) as u64
        };
        fold(fold(low ^ self.0[0], self.0[1]) ^ high, self.0[1]) as usize
    }
}

/// Returns the number of distinct values over all pairs of an element and one that is not larger.
fn count(
    sorted: &[i128],
    combine: impl Fn(i128, i128) -> i128,
    work: &mut WorkMeter,
) -> Result<u64, InvalidAnswer> {
    let hash = ValueHash::of_set(sorted);
    let expected = sorted.len() * (sorted.len() + 1) / 2 / GROUPS;
    let mut groups: Vec<Vec<i128>> = (0..GROUPS).map(|_| Vec::with_capacity(expected * 9 / 8)).collect();
    for (index, a) in sorted.iter().enumerate() {
        work.spend(index as u64 / 2 + 1)?;
        for b in &sorted[..=index] {
            let value = combine(*a, *b);
            groups[hash.hash(value) % GROUPS].push(value);
        }
    }
    groups.iter().map(|values| distinct(values, hash, work)).sum()
}

/// Returns the number of distinct values of a group.
fn distinct(values: &[i128], hash: ValueHash, work: &mut WorkMeter) -> Result<u64, InvalidAnswer> {
    // No value of a pair is this one.
    const FREE: i128 = i128::MIN;
    let places = (2 * values.len()).next_power_of_two();
    let mut table = vec![FREE; places];
    let (mut count, mut steps) = (0, 0);
    for value in values {
        let mut place = hash.hash(*value) / GROUPS % places;
        while table[place] != FREE && table[place] != *value {
            place = (place + 1) % places;
            steps += 1;
            if steps > values.len() {
                work.spend(steps as u64)?;
                steps = 0;
            }
        }
        count += u64::from(table[place] == FREE);
        table[place] = *value;
    }
    work.spend(values.len() as u64 / 2)?;
    Ok(count)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::scorer::WORK_MAX;

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

    #[test]
    fn the_largest_sets_take_a_tenth_of_the_work() {
        let mut work = WorkMeter::new();
        let squares: Vec<i64> = (0..2_500).map(|i| i * i).collect();
        SumsAndDifferences.verify_within(&json!(squares), &mut work).unwrap();
        assert!(WORK_MAX - work.left() < WORK_MAX / 10);
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
