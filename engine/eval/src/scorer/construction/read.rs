//! Reads the parts of an answer: lists with a bounded length, whole numbers in a range, and exact numbers.
//!
//! Booleans, texts, null (which a NaN or an infinity becomes) and integers of more than 64 bits are not numbers here.

use std::ops::RangeInclusive;

use hyperspace_core::exact_json::big_integer;
use num_bigint::BigInt;
use serde_json::Value;

use crate::score::Score;
use crate::scorer::common_scale::CommonScale;
use crate::scorer::number::Number;
use crate::scorer::{InvalidAnswer, WorkMeter};

/// Reads a list whose length is in a range. `expected` describes it in words, without the length.
pub(super) fn list<'a>(
    value: &'a Value,
    place: &str,
    length: RangeInclusive<usize>,
    expected: &str,
) -> Result<&'a [Value], InvalidAnswer> {
    let found = value.as_array().filter(|list| length.contains(&list.len()));
    found.map(Vec::as_slice).ok_or_else(|| {
        let (low, high) = (length.start(), length.end());
        let count = if low == high { low.to_string() } else { format!("{low} to {high}") };
        InvalidAnswer::quoting(place, format!("a list of {count} {expected}"), value)
    })
}

/// Reads a whole number in a range. Doubles are refused, even those without a fraction.
pub(super) fn integer(value: &Value, place: &str, range: RangeInclusive<i64>) -> Result<i64, InvalidAnswer> {
    value.as_i64().filter(|number| range.contains(number)).ok_or_else(|| {
        let expected = format!("a whole number, {} to {}", range.start(), range.end());
        InvalidAnswer::quoting(place, expected, value)
    })
}

/// Reads an index into a list of `count` elements.
pub(super) fn index(value: &Value, place: &str, count: usize) -> Result<usize, InvalidAnswer> {
    let last = i64::try_from(count).unwrap_or(i64::MAX) - 1;
    integer(value, place, 0..=last).map(|number| usize::try_from(number).unwrap_or(0))
}

/// Reads the exact value of a finite double or of an integer of at most 64 bits.
pub(super) fn number(value: &Value, place: &str) -> Result<Score, InvalidAnswer> {
    if big_integer(value).is_some() {
        return Err(InvalidAnswer::quoting(place, "a finite number of at most 64 bits", value));
    }
    Number::read(value, || place.to_owned()).map(Number::exact)
}

/// Reads `count` points of `dimension` exact coordinates.
pub(super) fn points(
    value: &Value,
    count: usize,
    dimension: usize,
) -> Result<Vec<Vec<Score>>, InvalidAnswer> {
    let all = list(value, "answer", count..=count, &format!("points of {dimension} numbers"))?;
    let point = |(index, point): (usize, &Value)| {
        let place = format!("point {index}");
        let coordinates = list(point, &place, dimension..=dimension, "numbers")?;
        let read = |(axis, value)| number(value, &format!("coordinate {axis} of point {index}"));
        coordinates.iter().enumerate().map(read).collect()
    };
    all.iter().enumerate().map(point).collect()
}

/// Points in whole numbers of one unit.
pub(super) struct ScaledPoints {
    pub(super) scale: CommonScale,
    pub(super) points: Vec<Vec<BigInt>>,
}

/// Returns points in whole numbers of one unit, and refuses a list in which two are equal.
pub(super) fn scaled(points: &[Vec<Score>], work: &mut WorkMeter) -> Result<ScaledPoints, InvalidAnswer> {
    let scale = CommonScale::of(points.iter().flatten());
    let (count, numbers) = (points.len() as u64, points.iter().map(Vec::len).sum::<usize>() as u64);
    scale.spend(work, 8 * numbers + count * count / 2, 0)?;
    let point = |point: &Vec<Score>| point.iter().map(|coordinate| scale.units(coordinate)).collect();
    let points: Vec<Vec<BigInt>> = points.iter().map(point).collect();
    distinct(&points)?;
    Ok(ScaledPoints { scale, points })
}

/// Refuses a list in which two points are equal.
fn distinct<T: PartialEq>(points: &[Vec<T>]) -> Result<(), InvalidAnswer> {
    for (index, first) in points.iter().enumerate() {
        if let Some(other) = points[..index].iter().position(|other| other == first) {
            return Err(InvalidAnswer::new(
                format!("points {other} and {index}"),
                "points that differ",
                "two equal ones",
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_numbers_of_the_right_kind_are_read() {
        for value in [json!(true), json!(null), json!("1"), json!([1]), json!(1.0), json!(6)] {
            assert!(integer(&value, "here", 0..=5).is_err(), "{value}");
        }
        assert_eq!(integer(&json!(5), "here", 0..=5), Ok(5));
        for value in [json!(true), json!(null), json!("1"), json!(f64::NAN), json!({"a": 1})] {
            assert!(number(&value, "here").is_err(), "{value}");
        }
        assert_eq!(number(&json!(0.5), "here"), Ok(Score::ratio(1, 2).unwrap()));
        let huge = hyperspace_core::exact_json::parse(b"123456789012345678901234567890").unwrap();
        assert!(number(&huge, "here").unwrap_err().to_string().contains("at most 64 bits"));
        assert!(points(&json!([]), 2, 2).unwrap_err().to_string().contains("a list of 2 points"));
        assert!(points(&json!([[0, 0], [1]]), 2, 2).is_err());
    }

    #[test]
    fn equal_points_are_found() {
        let read = points(&json!([[0, 0.5], [1, 1], [0.0, 0.5]]), 3, 2).unwrap();
        assert_eq!(distinct(&read).unwrap_err().place, "points 0 and 2");
        assert!(distinct(&read[..2]).is_ok());
    }
}
