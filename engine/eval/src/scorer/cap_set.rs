//! The scorer `cap-set`. A cap set is a set of vectors over {0, 1, 2} of which no three distinct ones sum to zero modulo 3.
//!
//! As in FunSearch, the candidate assigns every vector a priority, and the set is built here, greedily: the vector with the
//! highest priority that is not yet blocked is taken, the first of equals, and blocks the third point of every line that it
//! completes. The result is then verified by a function that shares nothing with the construction.
//!
//! Attacks that end here: T-HACK-28, T-HACK-30.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::number::Number;
use super::{CaseSession, InvalidAnswer, InvalidCase, Invocation, Measure, Scorer, WorkMeter};
use crate::case::Case;
use crate::score::Score;

/// Maximum dimension: 3^9 = 19,683 priorities still fit into a result of 1 MiB.
pub const DIMENSION_MAX: u32 = 9;

/// Work of sorting a priority.
const PRIORITY_UNITS: u64 = 20;
/// Work of looking for the third point of a pair.
const PAIR_UNITS: u64 = 25;

/// A verified cap set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CapSet {
    /// The number of vectors.
    pub size: u64,
    /// The vectors, in the order they were taken; each has as many entries as the dimension.
    pub vectors: Vec<Vec<u8>>,
}

impl CapSet {
    /// Returns the measure of the set: its size.
    #[must_use]
    pub fn measure(&self) -> Measure {
        Measure::of(Score::integer(self.size))
    }
}

/// The scorer of cap sets of one dimension. Its cases have no data: `Case::new(name, ())`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CapSetScorer {
    dimension: u32,
}

impl CapSetScorer {
    /// Creates the scorer for vectors of this dimension; `None` beyond [`DIMENSION_MAX`].
    #[must_use]
    pub fn new(dimension: u32) -> Option<Self> {
        (dimension <= DIMENSION_MAX).then_some(Self { dimension })
    }
}

impl Scorer for CapSetScorer {
    fn rule(&self) -> String {
        format!("cap-set, dimension {}", self.dimension)
    }

    fn check(&self, case: &Case) -> Result<(), InvalidCase> {
        case.data::<()>().copied().ok_or_else(|| InvalidCase::data("no data", case))
    }

    fn start(&self, _case: &Case) -> CaseSession {
        let dimension = self.dimension;
        CaseSession::metered(Invocation::Each(calls(dimension)), move |answer, work| {
            Ok(score_within(dimension, answer, work)?.measure())
        })
    }
}

/// Returns the entries of the vector with this index, in lexicographic order of all vectors.
fn vector(dimension: u32, index: usize) -> Vec<u8> {
    let digit = |place: u32| u8::try_from(index / 3_usize.pow(place) % 3).unwrap_or(0);
    (0..dimension).rev().map(digit).collect()
}

/// Returns the arguments `[element, n]` of the candidate's function for every vector, in lexicographic order.
///
/// # Panics
///
/// If the dimension is beyond [`DIMENSION_MAX`].
#[must_use]
pub fn calls(dimension: u32) -> Vec<Vec<Value>> {
    assert!(dimension <= DIMENSION_MAX, "the dimension {dimension} is beyond {DIMENSION_MAX}");
    (0..3_usize.pow(dimension)).map(|index| vec![json!(vector(dimension, index)), json!(dimension)]).collect()
}

/// Builds and verifies the cap set of a returned list of priorities, one per vector in lexicographic order.
///
/// # Errors
///
/// When the answer is not a list of as many finite numbers as there are vectors.
///
/// # Panics
///
/// If the dimension is beyond [`DIMENSION_MAX`], or if the greedy construction built something that is not a cap set.
pub fn score(dimension: u32, answer: &Value) -> Result<CapSet, InvalidAnswer> {
    score_within(dimension, answer, &mut WorkMeter::new())
}

fn score_within(dimension: u32, answer: &Value, work: &mut WorkMeter) -> Result<CapSet, InvalidAnswer> {
    assert!(dimension <= DIMENSION_MAX, "the dimension {dimension} is beyond {DIMENSION_MAX}");
    let count = 3_usize.pow(dimension);
    let expected = || format!("a list of {count} priorities, one per vector");
    let Value::Array(values) = answer else {
        return Err(InvalidAnswer::quoting("answer", expected(), answer));
    };
    if values.len() != count {
        return Err(InvalidAnswer::quoting("answer", expected(), answer));
    }
    let priority =
        |(index, value)| Number::read(value, || format!("priority of {:?}", vector(dimension, index)));
    let priorities = values.iter().enumerate().map(priority).collect::<Result<Vec<_>, _>>()?;
    work.spend(PRIORITY_UNITS * priorities.len() as u64)?;
    let vectors = greedy(dimension, &priorities, work)?;
    work.spend(PAIR_UNITS * pairs(vectors.len()))?;
    assert!(verify(dimension, &vectors), "the greedy construction left a line in the set");
    Ok(CapSet { size: vectors.len() as u64, vectors })
}

/// Returns the number of pairs of different elements.
fn pairs(count: usize) -> u64 {
    let count = count as u64;
    count * count.saturating_sub(1) / 2
}

fn greedy(
    dimension: u32,
    priorities: &[Number],
    work: &mut WorkMeter,
) -> Result<Vec<Vec<u8>>, InvalidAnswer> {
    let mut order: Vec<usize> = (0..priorities.len()).collect();
    // The sort is stable, so the first of equals stays first.
    order.sort_by(|a, b| priorities[*b].compare(priorities[*a]));
    let mut blocked = vec![false; priorities.len()];
    let mut taken: Vec<Vec<u8>> = Vec::new();
    for index in order {
        if blocked[index] {
            continue;
        }
        work.spend(taken.len() as u64)?;
        let new = vector(dimension, index);
        for old in &taken {
            let third = old.iter().zip(&new).fold(0, |at, (a, b)| 3 * at + usize::from((6 - a - b) % 3));
            blocked[third] = true;
        }
        blocked[index] = true;
        taken.push(new);
    }
    Ok(taken)
}

/// Returns whether vectors over {0, 1, 2} of this dimension are distinct and no three distinct ones sum to zero modulo 3.
#[must_use]
pub fn verify(dimension: u32, vectors: &[Vec<u8>]) -> bool {
    let well_formed =
        |v: &Vec<u8>| v.len() as u64 == u64::from(dimension) && v.iter().all(|entry| *entry < 3);
    let set: BTreeSet<&[u8]> = vectors.iter().map(Vec::as_slice).collect();
    if set.len() != vectors.len() || !vectors.iter().all(well_formed) {
        return false;
    }
    // x + y + z = 0 has one solution z for each pair; it differs from both if x and y differ.
    let completes = |x: &[u8], y: &[u8]| -> Vec<u8> {
        x.iter().zip(y).map(|(a, b)| if a == b { *a } else { 3 - a - b }).collect()
    };
    set.iter().all(|x| set.iter().take_while(|y| *y < x).all(|y| !set.contains(completes(x, y).as_slice())))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_constant_priority_takes_all_vectors_without_a_two() {
        let set = score(8, &json!(vec![0.0; 6561])).unwrap();
        assert_eq!(set.size, 256);
        assert!(set.vectors.iter().flatten().all(|entry| *entry < 2));
        assert_eq!(set.measure().score(), Some(Score::integer(256)));
    }

    #[test]
    fn calls_are_in_lexicographic_order() {
        let calls = calls(2);
        assert_eq!(calls.len(), 9);
        assert_eq!(json!(calls[0]), json!([[0, 0], 2]));
        assert_eq!(json!(calls[1]), json!([[0, 1], 2]));
        assert_eq!(json!(calls[5]), json!([[1, 2], 2]));
    }

    #[test]
    fn small_optima_are_found_by_a_priority_that_names_them() {
        // The four points of a maximal cap of the plane, and the best known sizes as upper limits.
        let cap = [vec![0, 0], vec![0, 1], vec![1, 0], vec![1, 1]];
        let priority: Vec<i32> = (0..9).map(|index| i32::from(cap.contains(&vector(2, index)))).collect();
        assert_eq!(score(2, &json!(priority)).unwrap().size, 4);
        for (dimension, most) in [(0, 1), (1, 2), (2, 4), (3, 9), (4, 20), (5, 45)] {
            let set = score(dimension, &json!(vec![1; 3_usize.pow(dimension)])).unwrap();
            assert!(set.size <= most && set.size == 1 << dimension);
        }
    }

    #[test]
    fn answers_that_are_no_priorities_are_refused() {
        let check = |answer: Value, text: &str| assert_eq!(score(1, &answer).unwrap_err().to_string(), text);
        check(json!("x"), "answer: expected a list of 3 priorities, one per vector, found \"x\"");
        check(json!([1, 2]), "answer: expected a list of 3 priorities, one per vector, found a list of 2");
        check(json!([1, 2, [3]]), "priority of [2]: expected a finite number, found a list of 1");
        check(json!([1, false, 3]), "priority of [1]: expected a finite number, found false");
    }

    #[test]
    fn the_verifier_refuses_what_is_no_cap_set() {
        let check = |vectors: &[&[u8]], valid: bool| {
            let vectors: Vec<Vec<u8>> = vectors.iter().map(|v| v.to_vec()).collect();
            assert_eq!(verify(2, &vectors), valid, "{vectors:?}");
        };
        check(&[], true);
        check(&[&[0, 0], &[0, 1], &[1, 0], &[1, 1]], true);
        check(&[&[0, 0], &[0, 1], &[0, 2]], false);
        check(&[&[0, 0], &[1, 1], &[2, 2]], false);
        check(&[&[0, 1], &[1, 2], &[2, 0]], false);
        check(&[&[0, 0], &[0, 0]], false);
        check(&[&[0, 3]], false);
        check(&[&[0]], false);
    }

    /// The definition, checked over all triples.
    fn has_line(vectors: &[Vec<u8>]) -> bool {
        let zero =
            |x: &[u8], y: &[u8], z: &[u8]| x.iter().zip(y).zip(z).all(|((a, b), c)| (a + b + c) % 3 == 0);
        (0..vectors.len())
            .any(|i| (0..i).any(|j| (0..j).any(|k| zero(&vectors[i], &vectors[j], &vectors[k]))))
    }

    proptest! {
        #[test]
        fn any_priorities_give_a_maximal_cap_set(values in prop::collection::vec(-3i8..3, 81)) {
            let set = score(4, &json!(values)).unwrap();
            prop_assert!(!has_line(&set.vectors) && set.size <= 20);
            for index in 0..81 {
                let mut more = set.vectors.clone();
                more.push(vector(4, index));
                prop_assert!(!verify(4, &more), "a vector could have been added");
            }
        }

        #[test]
        fn the_verifier_agrees_with_the_definition(members in prop::collection::btree_set(0usize..27, 0..12)) {
            let vectors: Vec<Vec<u8>> = members.iter().map(|index| vector(3, *index)).collect();
            prop_assert_eq!(verify(3, &vectors), !has_line(&vectors));
        }
    }
}
