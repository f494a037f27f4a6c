//! Numbers that a guest returned, compared by their exact value.
//!
//! Attacks that end here: T-HACK-04, T-HACK-05, T-HACK-09, T-HACK-10.

use std::cmp::Ordering;

use hyperspace_core::exact_json::big_integer;
use num_bigint::BigInt;
use serde_json::Value;

use crate::score::Score;

use super::InvalidAnswer;

/// Reads the exact value of a returned number: an integer of any length, or a finite double. `place` names the position in the answer.
///
/// # Errors
///
/// When the value is anything else; booleans and texts are not numbers.
pub fn exact_number(value: &Value, place: &str) -> Result<Score, InvalidAnswer> {
    if let Some(integer) = big_integer(value).and_then(|digits| digits.parse::<BigInt>().ok()) {
        return Ok(Score::integer(integer));
    }
    Number::read(value, || place.to_owned()).map(Number::exact)
}

/// Returns whether a value is a number, which may be an integer of any length.
pub(crate) fn is_number(value: &Value) -> bool {
    value.is_number() || big_integer(value).is_some()
}

/// A finite number: a signed or unsigned 64-bit integer, or a double. A longer integer is read as the nearest double; where its digits
/// matter, [`exact_number`] keeps them.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Number {
    Integer(i128),
    Double(f64),
}

/// Every double of at least this magnitude (2^64) is beyond every integer above.
const INTEGER_END: f64 = 18_446_744_073_709_551_616.0;

impl Number {
    /// Reads the number in a JSON value; booleans, texts and everything else are refused.
    pub(crate) fn read(value: &Value, place: impl Fn() -> String) -> Result<Self, InvalidAnswer> {
        let invalid = || InvalidAnswer::quoting(place(), "a finite number", value);
        if let Some(digits) = big_integer(value) {
            let double = digits.parse::<f64>().ok().filter(|double| double.is_finite());
            return double.map(Self::Double).ok_or_else(invalid);
        }
        let Value::Number(number) = value else { return Err(invalid()) };
        if let Some(integer) = number.as_i128() {
            return Ok(Self::Integer(integer));
        }
        number.as_f64().filter(|double| double.is_finite()).map(Self::Double).ok_or_else(invalid)
    }

    /// Returns the exact value.
    pub(crate) fn exact(self) -> Score {
        match self {
            Self::Integer(integer) => Score::integer(integer),
            // `read` refuses doubles that are not finite; there is no other way to build one.
            Self::Double(double) => Score::from_f64_exact(double).unwrap_or_else(Score::zero),
        }
    }

    /// Orders by exact value.
    pub(crate) fn compare(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Integer(a), Self::Integer(b)) => a.cmp(&b),
            // `+ 0.0` turns the negative zero, which is equal in value, into the positive one.
            (Self::Double(a), Self::Double(b)) => (a + 0.0).total_cmp(&(b + 0.0)),
            (Self::Integer(a), Self::Double(b)) => compare_mixed(a, b),
            (Self::Double(a), Self::Integer(b)) => compare_mixed(b, a).reverse(),
        }
    }
}

/// Compares without converting the integer to a double, which would round it.
fn compare_mixed(integer: i128, double: f64) -> Ordering {
    if double >= INTEGER_END {
        return Ordering::Less;
    }
    if double <= -INTEGER_END {
        return Ordering::Greater;
    }
    let whole = double.trunc();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a whole number below 2^64 in magnitude is exact in 128 bits"
    )]
    let floor = whole as i128;
    let fraction = double - whole;
    integer.cmp(&floor).then(0.0_f64.total_cmp(&(fraction + 0.0)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn number(value: &Value) -> Number {
        Number::read(value, || "here".into()).unwrap()
    }

    #[test]
    fn neighbours_beyond_53_bits_differ() {
        let check = |a: Value, b: Value, order: Ordering| {
            assert_eq!(number(&a).compare(number(&b)), order, "{a} {b}");
            assert_eq!(number(&b).compare(number(&a)), order.reverse(), "{b} {a}");
        };
        check(json!(9_007_199_254_740_993_u64), json!(9_007_199_254_740_992.0), Ordering::Greater);
        check(json!(u64::MAX), json!(18_446_744_073_709_551_616.0), Ordering::Less);
        check(json!(i64::MIN), json!(-9_223_372_036_854_775_808.0), Ordering::Equal);
        check(json!(0), json!(-0.0), Ordering::Equal);
        check(json!(-0.0), json!(0.0), Ordering::Equal);
        check(json!(1), json!(1.000_000_000_000_000_2), Ordering::Less);
        check(json!(-1), json!(-1.5), Ordering::Greater);
        check(json!(0), json!(-5e-324), Ordering::Greater);
        check(json!(1e308), json!(u64::MAX), Ordering::Greater);
    }

    #[test]
    fn only_numbers_are_numbers() {
        for value in [json!(true), json!("1"), json!(null), json!([1]), json!({"a": 1})] {
            let invalid = Number::read(&value, || "bin 3 of item 17".into()).unwrap_err();
            assert!(invalid.to_string().starts_with("bin 3 of item 17: expected a finite number, found "));
        }
    }

    #[test]
    fn the_reader_rounds_decimal_texts_to_the_nearest_double() {
        // A reader that is off by one unit would score other numbers than those that the candidate returned.
        for text in
            ["0.1", "2.635983077431849e-1", "8.41e21", "9007199254740993.0", "5e-324", "0.30000000000000004"]
        {
            let value: Value = serde_json::from_str(text).unwrap();
            assert_eq!(value.as_f64().unwrap().to_bits(), text.parse::<f64>().unwrap().to_bits(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn order_agrees_with_rationals(a in any::<i64>(), b in any::<f64>().prop_filter("finite", |b| b.is_finite()), c in -4i64..4) {
            #[expect(clippy::cast_precision_loss, reason = "any double near the integer will do")]
            for double in [b, a as f64, c as f64 / 2.0] {
                for integer in [a, c] {
                    let (a, b) = (number(&json!(integer)), number(&json!(double)));
                    prop_assert_eq!(a.compare(b), a.exact().cmp(&b.exact()));
                    prop_assert_eq!(b.compare(b), Ordering::Equal);
                }
            }
        }

        #[test]
        fn every_double_survives_json(value in any::<f64>().prop_filter("finite", |b| b.is_finite())) {
            let text = serde_json::to_string(&value).unwrap();
            prop_assert_eq!(serde_json::from_str::<f64>(&text).unwrap().to_bits(), value.to_bits());
        }
    }
}
