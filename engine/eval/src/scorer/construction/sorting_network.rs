//! `sorting-network`: the smallest number of comparators that sort `inputs` values.
//!
//! `network(n)` returns a list of pairs `[i, j]` with i < j: the smaller value goes to wire i. By the 0-1 principle a network sorts
//! everything if it sorts all 2^n sequences of zeros and ones. A wire holds its bits of all sequences in 64-bit words, so a comparator
//! is an AND and an OR of words. The score is the number of comparators.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::score::Score;
use crate::scorer::{InvalidAnswer, Invocation, Measure, WorkMeter};

use super::instance::Instance;
use super::parameters::{ParameterError, Parameters};
use super::read;

/// Maximum number of comparators that are read; every useful network of 16 inputs has far fewer.
const COMPARATORS_MAX: usize = 2_000;

#[derive(Debug)]
struct SortingNetwork {
    inputs: usize,
}

pub(super) fn make(parameters: &mut Parameters) -> Result<Arc<dyn Instance>, ParameterError> {
    Ok(Arc::new(SortingNetwork { inputs: parameters.size("inputs", 2..=16)? }))
}

impl Instance for SortingNetwork {
    fn invocation(&self) -> Invocation {
        Invocation::Once(vec![json!(self.inputs)])
    }

    fn verify_within(&self, answer: &Value, work: &mut WorkMeter) -> Result<Measure, InvalidAnswer> {
        let list = read::list(answer, "answer", 0..=COMPARATORS_MAX, "comparators [i, j]")?;
        let comparators = list
            .iter()
            .enumerate()
            .map(|(index, pair)| self.comparator(index, pair))
            .collect::<Result<Vec<_>, _>>()?;
        let words = (1_u64 << self.inputs).div_ceil(64);
        work.spend((comparators.len() + self.inputs) as u64 * words)?;
        if let Some(input) = unsorted(self.inputs, &comparators) {
            let bits: String =
                (0..self.inputs).map(|wire| if input >> wire & 1 == 1 { '1' } else { '0' }).collect();
            return Err(InvalidAnswer::new(
                "answer",
                "a network that sorts",
                format!("one that does not sort {bits}"),
            ));
        }
        Ok(Measure::of(Score::integer(comparators.len())))
    }
}

impl SortingNetwork {
    fn comparator(&self, index: usize, pair: &Value) -> Result<(usize, usize), InvalidAnswer> {
        let place = format!("comparator {index}");
        let ends = read::list(pair, &place, 2..=2, "wires [i, j]")?;
        let (i, j) =
            (read::index(&ends[0], &place, self.inputs)?, read::index(&ends[1], &place, self.inputs)?);
        if i < j { Ok((i, j)) } else { Err(InvalidAnswer::new(place, "wires i < j", format!("[{i}, {j}]"))) }
    }
}

/// Returns an input that the network does not sort, with bit `w` on wire `w`; `None` if it sorts all inputs.
fn unsorted(inputs: usize, comparators: &[(usize, usize)]) -> Option<usize> {
    let words = (1_usize << inputs).div_ceil(64);
    let mut wires: Vec<Vec<u64>> =
        (0..inputs).map(|wire| (0..words).map(|word| pattern(wire, word)).collect()).collect();
    for &(i, j) in comparators {
        let (before, from) = wires.split_at_mut(j);
        for (low, high) in before[i].iter_mut().zip(&mut from[0]) {
            (*low, *high) = (*low & *high, *low | *high);
        }
    }
    let inputs_mask = if inputs >= 6 { u64::MAX } else { (1 << (1 << inputs)) - 1 };
    (0..words).find_map(|word| {
        let wrong =
            wires.windows(2).fold(0, |wrong, pair| wrong | (pair[0][word] & !pair[1][word])) & inputs_mask;
        (wrong != 0).then(|| 64 * word + wrong.trailing_zeros() as usize)
    })
}

/// Returns bit `wire` of the 64 inputs 64·word, 64·word + 1, …
fn pattern(wire: usize, word: usize) -> u64 {
    const LOW: [u64; 6] = [
        0xAAAA_AAAA_AAAA_AAAA,
        0xCCCC_CCCC_CCCC_CCCC,
        0xF0F0_F0F0_F0F0_F0F0,
        0xFF00_FF00_FF00_FF00,
        0xFFFF_0000_FFFF_0000,
        0xFFFF_FFFF_0000_0000,
    ];
    match LOW.get(wire) {
        Some(pattern) => *pattern,
        None if word >> (wire - 6) & 1 == 1 => u64::MAX,
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Green's network for 16 inputs with 60 comparators (Knuth, volume 3, section 5.3.4): four layers of a butterfly, then a fixed
    /// rest.
    pub(super) const GREEN: &[(usize, usize)] = &[
        (0, 1),
        (2, 3),
        (4, 5),
        (6, 7),
        (8, 9),
        (10, 11),
        (12, 13),
        (14, 15),
        (0, 2),
        (4, 6),
        (8, 10),
        (12, 14),
        (1, 3),
        (5, 7),
        (9, 11),
        (13, 15),
        (0, 4),
        (8, 12),
        (1, 5),
        (9, 13),
        (2, 6),
        (10, 14),
        (3, 7),
        (11, 15),
        (0, 8),
        (1, 9),
        (2, 10),
        (3, 11),
        (4, 12),
        (5, 13),
        (6, 14),
        (7, 15),
        (5, 10),
        (6, 9),
        (3, 12),
        (13, 14),
        (4, 8),
        (7, 11),
        (1, 2),
        (1, 4),
        (7, 13),
        (2, 8),
        (11, 14),
        (2, 4),
        (5, 6),
        (9, 10),
        (11, 13),
        (3, 8),
        (7, 12),
        (6, 8),
        (10, 12),
        (3, 5),
        (7, 9),
        (3, 4),
        (5, 6),
        (7, 8),
        (9, 10),
        (11, 12),
        (6, 7),
        (8, 9),
    ];

    fn verify(inputs: usize, answer: &Value) -> Result<Measure, InvalidAnswer> {
        SortingNetwork { inputs }.verify(answer)
    }

    #[test]
    fn the_known_network_of_sixty_sorts_sixteen_and_loses_no_comparator() {
        assert_eq!(verify(16, &json!(GREEN)).unwrap().amount, Score::integer(60));
        for left_out in 0..GREEN.len() {
            let mut fewer = GREEN.to_vec();
            fewer.remove(left_out);
            assert!(verify(16, &json!(fewer)).is_err(), "without {left_out}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        let check = |answer: Value, text: &str| assert_eq!(verify(3, &answer).unwrap_err().to_string(), text);
        check(json!([]), "answer: expected a network that sorts, found one that does not sort 100");
        check(json!(null), "answer: expected a list of 0 to 2000 comparators [i, j], found null");
        check(json!([[0, 1], [0, 3]]), "comparator 1: expected a whole number, 0 to 2, found 3");
        check(json!([[1, 0]]), "comparator 0: expected wires i < j, found [1, 0]");
        check(json!([[1, 1]]), "comparator 0: expected wires i < j, found [1, 1]");
        check(json!([[0, 1.0]]), "comparator 0: expected a whole number, 0 to 2, found 1.0");
        check(json!([[false, true]]), "comparator 0: expected a whole number, 0 to 2, found false");
        check(
            json!([[0, 1], [1, 2]]),
            "answer: expected a network that sorts, found one that does not sort 110",
        );
        assert!(verify(3, &json!(vec![[0, 1]; 2_001])).is_err());
        let huge = hyperspace_core::exact_json::parse(b"[[0, 123456789012345678901234567890]]").unwrap();
        assert!(verify(3, &huge).is_err());
    }

    /// The definition: all sequences of zeros and ones, one after the other.
    fn sorts(inputs: usize, comparators: &[(usize, usize)]) -> bool {
        (0..1_usize << inputs).all(|input| {
            let mut wires: Vec<bool> = (0..inputs).map(|wire| input >> wire & 1 == 1).collect();
            for &(i, j) in comparators {
                (wires[i], wires[j]) = (wires[i] && wires[j], wires[i] || wires[j]);
            }
            wires.is_sorted()
        })
    }

    proptest! {
        #[test]
        fn words_agree_with_single_sequences(inputs in 2_usize..9, seed in prop::collection::vec((0_usize..8, 0_usize..8), 0..40)) {
            let comparators: Vec<_> = seed
                .into_iter()
                .map(|(a, b)| (a % inputs, b % inputs))
                .filter(|(a, b)| a != b)
                .map(|(a, b)| (a.min(b), a.max(b)))
                .collect();
            prop_assert_eq!(unsorted(inputs, &comparators).is_none(), sorts(inputs, &comparators));
            if let Some(input) = unsorted(inputs, &comparators) {
                prop_assert!(input < 1 << inputs);
            }
        }
    }
}
