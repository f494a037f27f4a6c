//! The likeness of two programs: how many of their short sequences of tokens they share.
//!
//! The shingles of a program are the sets of [`WIDTH`] tokens in a row, with local variables all alike and texts as they stand. The likeness of two
//! programs is the Jaccard index of their shingles, `|A ∩ B| / |A ∪ B|`, from 0 to 1. A [`Sketch`] estimates it without the programs: for each of
//! [`HASHES`] hash functions it keeps the lowest eight bits of the smallest hash of any shingle. Two sketches agree in a place with probability
//! `J + (1 − J)/256`, so that `(m − 1/256) / (1 − 1/256)` for the part `m` of places that agree is an estimate without bias, whose standard
//! error is below `√(J(1 − J)/256) + 0.002`.
//!
//! Sources: Broder 1997, "On the resemblance and containment of documents" (shingles, minimum of hashes); Li and König 2010, "b-bit minwise hashing".

use std::collections::BTreeSet;

use crate::normal::{Token, tokens};
use crate::tree::SyntaxTree;

/// Tokens of a shingle.
const WIDTH: usize = 5;
/// Hash functions of a sketch.
const HASHES: usize = 256;
/// Standard errors below a threshold at which a sketch still counts as a hint.
const SLACK: f64 = 4.0;

/// The shingles of a program.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shingles {
    hashes: BTreeSet<u64>,
}

impl Shingles {
    /// Returns the shingles of a text. Of a text that has no tree, the tokens are its words.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut shingles = Self::default();
        shingles.add(text);
        shingles
    }

    /// Adds the shingles of a further text.
    pub fn add(&mut self, text: &str) {
        let hashes: Vec<u64> = match SyntaxTree::parse(text) {
            Ok(tree) => tokens(&tree, false).iter().map(token_hash).collect(),
            Err(_) => text.split_whitespace().map(|word| hash(word.as_bytes())).collect(),
        };
        let width = WIDTH.min(hashes.len()).max(1);
        self.hashes
            .extend(hashes.windows(width).map(|window| window.iter().fold(0, |sum, one| mix(sum ^ *one))));
    }

    /// Returns the number of shingles.
    #[must_use]
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Returns whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// Returns the Jaccard index as `(shared, all)`: the shingles that both have, and those that at least one has. Two empty programs
    /// share `(1, 1)`.
    #[must_use]
    pub fn likeness(&self, other: &Self) -> (u64, u64) {
        if self.is_empty() && other.is_empty() {
            return (1, 1);
        }
        let shared = self.hashes.intersection(&other.hashes).count();
        (shared as u64, (self.len() + other.len() - shared) as u64)
    }

    /// Returns the sketch.
    #[must_use]
    pub fn sketch(&self) -> Sketch {
        let smallest = |number: u64| self.hashes.iter().map(|one| mix(one ^ mix(number))).min().unwrap_or(0);
        Sketch { bits: (1..=HASHES as u64).map(|number| smallest(number).to_le_bytes()[0]).collect() }
    }
}

/// A sketch of shingles, of 256 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sketch {
    bits: Vec<u8>,
}

impl Sketch {
    /// Returns the sketch of these bytes; `None` unless there are 256.
    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        (bytes.len() == HASHES).then_some(Self { bits: bytes })
    }

    /// Returns its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bits
    }

    /// Returns the estimate of the likeness, from 0 to 1.
    #[must_use]
    pub fn likeness(&self, other: &Self) -> f64 {
        let equal = self.bits.iter().zip(&other.bits).filter(|(a, b)| a == b).count();
        let chance = 1.0 / 256.0;
        ((equal as f64 / HASHES as f64 - chance) / (1.0 - chance)).max(0.0)
    }

    /// Returns whether the likeness of the programs may be at least `threshold`. A pair whose likeness is `threshold` or more is missed with a
    /// probability below 0.001: its estimate would be four standard errors too low.
    #[must_use]
    pub fn may_reach(&self, other: &Self, threshold: f64) -> bool {
        let error = (threshold * (1.0 - threshold) / HASHES as f64).sqrt() + 0.002;
        self.likeness(other) >= threshold - SLACK * error
    }
}

fn token_hash(token: &Token<'_>) -> u64 {
    match token {
        Token::Text(text) => hash(text.as_bytes()),
        Token::Local(_) => mix(1),
        Token::End => mix(2),
        Token::Indent => mix(3),
        Token::Dedent => mix(4),
    }
}

/// Hashes bytes by FNV-1a of 64 bits, mixed.
fn hash(bytes: &[u8]) -> u64 {
    mix(bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)))
}

/// Mixes 64 bits one to one, by the finaliser of SplitMix64 (Steele, Lea and Flood 2014).
fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(lines: std::ops::Range<u32>) -> String {
        lines.map(|number| format!("value_{number} = call_{number}({number}, x)\n")).collect()
    }

    #[test]
    fn likeness_is_the_jaccard_index_and_a_sketch_estimates_it() {
        for (from, to) in [(0, 200), (10, 210), (50, 250), (150, 350), (500, 700)] {
            let (one, other) = (Shingles::of(&program(0..200)), Shingles::of(&program(from..to)));
            let (shared, all) = one.likeness(&other);
            let exact = shared as f64 / all as f64;
            let estimate = one.sketch().likeness(&other.sketch());
            assert!((estimate - exact).abs() < 0.12, "{from}: {estimate} for {exact}");
            assert!(one.sketch().may_reach(&other.sketch(), exact), "{from}");
        }
        let (one, other) = (Shingles::of(&program(0..200)), Shingles::of(&program(500..700)));
        assert_eq!(one.likeness(&one), (one.len() as u64, one.len() as u64));
        assert!(!one.sketch().may_reach(&other.sketch(), 0.9));
    }

    #[test]
    fn a_sketch_misses_no_pair_that_is_near() {
        // 60 pairs of programs with a likeness of at least 0.9.
        let mut near = 0;
        for start in 0..60 {
            let (one, other) =
                (Shingles::of(&program(start..start + 60)), Shingles::of(&program(start + 1..start + 61)));
            let (shared, all) = one.likeness(&other);
            let exact = shared as f64 / all as f64;
            near += u32::from(exact >= 0.9);
            assert!(one.sketch().may_reach(&other.sketch(), exact), "{start}");
        }
        assert_eq!(near, 60);
    }

    #[test]
    fn names_of_locals_and_layout_are_alike() {
        let one = Shingles::of("def f(x):\n    total = x + 1\n    return total\n");
        let other = Shingles::of("def f( x ):\n  s = x+1  # sum\n  return s\n");
        assert_eq!(one, other);
        assert_eq!(Shingles::of("").likeness(&Shingles::of("")), (1, 1));
        assert_eq!(Shingles::of("").likeness(&one).0, 0);
        assert_eq!(Shingles::of("def (").len(), 1, "words of a text without a tree");
        let sketch = one.sketch();
        assert_eq!(Sketch::from_bytes(sketch.as_bytes().to_vec()), Some(sketch));
        assert_eq!(Sketch::from_bytes(vec![0; 3]), None);
    }
}
