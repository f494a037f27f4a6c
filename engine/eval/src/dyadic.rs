//! Arithmetic of fractions whose denominators are powers of two, such as doubles.
//!
//! It shifts where other fractions need greatest common divisors, which take time quadratic in the number of bits with a large
//! factor: doubles of very different magnitude give numbers of thousands of bits. Results are reduced, as those of other fractions.

use std::cmp::Ordering;

use num_bigint::{BigInt, Sign};
use num_rational::BigRational;
use num_traits::float::FloatCore;
use num_traits::{One, Zero};

/// Returns k if the denominator is 2^k.
pub(crate) fn places(value: &BigRational) -> Option<u64> {
    let zeros = value.denom().trailing_zeros()?;
    (value.denom().bits() == zeros + 1 && value.denom().sign() == Sign::Plus).then_some(zeros)
}

/// Returns numerator / 2^places, reduced.
pub(crate) fn over(numerator: BigInt, places: u64) -> BigRational {
    match numerator.trailing_zeros() {
        None => BigRational::zero(),
        Some(zeros) => {
            let common = zeros.min(places);
            BigRational::new_raw(numerator >> common, BigInt::one() << (places - common))
        }
    }
}

/// Returns the exact value of a double, or `None` if it is infinite or not a number.
pub(crate) fn of_double(value: f64) -> Option<BigRational> {
    if !value.is_finite() {
        return None;
    }
    let (mantissa, exponent, sign) = value.integer_decode();
    let numerator = BigInt::from(mantissa) * sign;
    Some(match u64::try_from(exponent) {
        Ok(up) => BigRational::from_integer(numerator << up),
        Err(_) => over(numerator, u64::from(exponent.unsigned_abs())),
    })
}

/// Two fractions over the same power of two.
struct Aligned {
    a: BigInt,
    b: BigInt,
    places: u64,
}

impl Aligned {
    fn of(a: &BigRational, b: &BigRational) -> Option<Self> {
        let (of_a, of_b) = (places(a)?, places(b)?);
        let places = of_a.max(of_b);
        Some(Self { a: a.numer() << (places - of_a), b: b.numer() << (places - of_b), places })
    }
}

/// Returns the sum; `None` if a denominator is no power of two.
pub(crate) fn sum(a: &BigRational, b: &BigRational) -> Option<BigRational> {
    Aligned::of(a, b).map(|both| over(both.a + both.b, both.places))
}

/// Returns the difference; `None` if a denominator is no power of two.
pub(crate) fn difference(a: &BigRational, b: &BigRational) -> Option<BigRational> {
    Aligned::of(a, b).map(|both| over(both.a - both.b, both.places))
}

/// Returns the product; `None` if a denominator is no power of two.
pub(crate) fn product(a: &BigRational, b: &BigRational) -> Option<BigRational> {
    let places = places(a)? + places(b)?;
    Some(over(a.numer() * b.numer(), places))
}

/// Compares by value; `None` if a denominator is no power of two.
pub(crate) fn compared(a: &BigRational, b: &BigRational) -> Option<Ordering> {
    let (of_a, of_b) = (places(a)?, places(b)?);
    if of_a == of_b || a.numer().sign() != b.numer().sign() {
        return Some(a.numer().cmp(b.numer()));
    }
    Aligned::of(a, b).map(|both| both.a.cmp(&both.b))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn double() -> impl Strategy<Value = f64> {
        let any = prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO;
        prop_oneof![any, (-16_i32..16).prop_map(f64::from), Just(0.5), Just(-5e-324)]
    }

    fn check(found: Option<BigRational>, expected: &BigRational) {
        let found = found.unwrap();
        assert_eq!((found.numer(), found.denom()), (expected.numer(), expected.denom()));
    }

    #[test]
    fn other_denominators_are_left_to_others() {
        let third = BigRational::new(1.into(), 3.into());
        let half = of_double(0.5).unwrap();
        assert!(places(&third).is_none() && sum(&third, &half).is_none() && product(&half, &third).is_none());
        assert!(difference(&half, &third).is_none() && compared(&third, &half).is_none());
        assert!(of_double(f64::NAN).is_none() && of_double(f64::NEG_INFINITY).is_none());
    }

    proptest! {
        #[test]
        fn results_are_those_of_fractions(x in double(), y in double(), more in double()) {
            let of = |value: f64| BigRational::from_float(value).unwrap();
            check(of_double(x), &of(x));
            let (a, b) = (&of(x) * &of(more), of(y));
            check(sum(&a, &b), &(&a + &b));
            check(difference(&a, &b), &(&a - &b));
            check(product(&a, &b), &(&a * &b));
            prop_assert_eq!(compared(&a, &b), Some(a.cmp(&b)));
            prop_assert_eq!(compared(&a, &a), Some(Ordering::Equal));
        }
    }
}
