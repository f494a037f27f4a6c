//! The similarity of two texts by matching blocks: the longest block first, then the same on both sides of it.
//!
//! The ratio is twice the number of matched elements over the number of all elements. As in the original's analysis, elements that occur
//! in more than one of a hundred places of a second text of at least 200 elements begin no block; they only extend one. The ratio
//! therefore depends on the order of the texts, and published numbers are reproduced.

use std::collections::BTreeMap;

/// Length from which on frequent elements begin no block.
const LONG: usize = 200;

/// Returns the similarity of two texts, from 0 to 1; two empty texts are equal.
#[must_use]
pub fn similarity(one: &str, other: &str) -> f64 {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let all = one.len() + other.len();
    if all == 0 {
        return 1.0;
    }
    2.0 * Matcher::new(&one, &other).matches() as f64 / all as f64
}

/// Returns an upper bound of [`similarity`] that is cheap to compute, from the elements that both texts have.
pub(crate) fn similarity_at_most(one: &str, other: &str) -> f64 {
    let mut counts: BTreeMap<char, i64> = BTreeMap::new();
    let (mut all, mut shared) = (0_usize, 0_usize);
    for element in other.chars() {
        *counts.entry(element).or_default() += 1;
        all += 1;
    }
    for element in one.chars() {
        all += 1;
        if let Some(left) = counts.get_mut(&element).filter(|left| **left > 0) {
            *left -= 1;
            shared += 1;
        }
    }
    if all == 0 { 1.0 } else { 2.0 * shared as f64 / all as f64 }
}

/// A block that both texts have.
#[derive(Clone, Copy)]
struct Block {
    one: usize,
    other: usize,
    len: usize,
}

/// Ranges still to be matched.
#[derive(Clone, Copy)]
struct Ranges {
    one: (usize, usize),
    other: (usize, usize),
}

struct Matcher<'a> {
    one: &'a [char],
    other: &'a [char],
    /// For each place of `one`, the list in `lists` of the places of `other` that may begin a block with it.
    places: Vec<Option<usize>>,
    lists: Vec<Vec<usize>>,
    /// Lengths of blocks that end at the last place of `one`, by place of `other` + 1, and those before.
    lengths: [Vec<usize>; 2],
}

impl<'a> Matcher<'a> {
    fn new(one: &'a [char], other: &'a [char]) -> Self {
        let mut found: BTreeMap<char, Vec<usize>> = BTreeMap::new();
        for (at, element) in other.iter().enumerate() {
            found.entry(*element).or_default().push(at);
        }
        if other.len() >= LONG {
            let most = other.len() / 100 + 1;
            found.retain(|_, places| places.len() <= most);
        }
        let names: BTreeMap<char, usize> = found.keys().copied().zip(0..).collect();
        let lists = found.into_values().collect();
        let places = one.iter().map(|element| names.get(element).copied()).collect();
        let lengths = [vec![0; other.len() + 1], vec![0; other.len() + 1]];
        Self { one, other, places, lists, lengths }
    }

    fn matches(&mut self) -> usize {
        let mut matched = 0;
        let mut waiting = vec![Ranges { one: (0, self.one.len()), other: (0, self.other.len()) }];
        while let Some(ranges) = waiting.pop() {
            let block = self.longest(ranges);
            if block.len == 0 {
                continue;
            }
            matched += block.len;
            if ranges.one.0 < block.one && ranges.other.0 < block.other {
                waiting.push(Ranges { one: (ranges.one.0, block.one), other: (ranges.other.0, block.other) });
            }
            let (one, other) = (block.one + block.len, block.other + block.len);
            if one < ranges.one.1 && other < ranges.other.1 {
                waiting.push(Ranges { one: (one, ranges.one.1), other: (other, ranges.other.1) });
            }
        }
        matched
    }

    /// Returns the longest block within the ranges, the first of equals, extended by everything around it that is equal.
    fn longest(&mut self, ranges: Ranges) -> Block {
        let mut best = Block { one: ranges.one.0, other: ranges.other.0, len: 0 };
        let mut written: [Vec<usize>; 2] = [Vec::new(), Vec::new()];
        for at in ranges.one.0..ranges.one.1 {
            let [last, now] = &mut self.lengths;
            let list = self.places[at].map(|list| self.lists[list].as_slice()).unwrap_or_default();
            let from = list.partition_point(|place| *place < ranges.other.0);
            for &place in list[from..].iter().take_while(|place| **place < ranges.other.1) {
                let len = last[place] + 1;
                now[place + 1] = len;
                written[1].push(place + 1);
                if len > best.len {
                    best = Block { one: at + 1 - len, other: place + 1 - len, len };
                }
            }
            for place in written[0].drain(..) {
                last[place] = 0;
            }
            self.lengths.swap(0, 1);
            written.swap(0, 1);
        }
        for place in written[0].drain(..) {
            self.lengths[0][place] = 0;
        }
        while best.one > ranges.one.0
            && best.other > ranges.other.0
            && self.one[best.one - 1] == self.other[best.other - 1]
        {
            best = Block { one: best.one - 1, other: best.other - 1, len: best.len + 1 };
        }
        while best.one + best.len < ranges.one.1
            && best.other + best.len < ranges.other.1
            && self.one[best.one + best.len] == self.other[best.other + best.len]
        {
            best.len += 1;
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values were computed with Python's `difflib.SequenceMatcher(None, a, b).ratio()`.
    #[test]
    fn ratios_are_those_of_the_original_analysis() {
        let check = |one: &str, other: &str, ratio: f64| {
            assert!((similarity(one, other) - ratio).abs() < 1e-12, "{}", similarity(one, other));
            assert!(similarity_at_most(one, other) >= similarity(one, other));
        };
        check("", "", 1.0);
        check("a", "", 0.0);
        check("abcd", "bcde", 0.75);
        check("private Thread currentThread;", "private volatile Thread currentThread;", 0.8656716417910447);
        // Long texts, in which frequent elements begin no block.
        let one: String =
            (0..24).map(|at| format!("def part_{at}(values):\n    return sum(values) * {at}\n")).collect();
        let other: String = (2..22)
            .map(|at| format!("def part_{at}(items):\n    return max(items) + {}\n", at * 3))
            .collect();
        check(&one, &other, RATIO_LONG[0]);
        check(&other, &one, RATIO_LONG[1]);
    }

    const RATIO_LONG: [f64; 2] = [0.05560882070949185, 0.01725790987535954];
}
