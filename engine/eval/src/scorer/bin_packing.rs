//! Online bin packing: the driver that reveals one item at a time and packs where the candidate's numbers say.
//!
//! The candidate sees an item and the remaining capacities of the bins it fits into, and nothing else, so that looking ahead
//! is impossible. The score is the excess over the L1 bound in percent, summed over instances, as in FunSearch (Romera-Paredes
//! et al., Nature 625, 2024): 100 × (Σ bins − Σ L1) / Σ L1.
//!
//! Attacks that end here: T-HACK-21, T-HACK-27.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::score::Score;

use super::number::Number;
use super::{InvalidAnswer, Measure};

/// The sizes of one bin packing instance: every item is at least 1 and at most the capacity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackingCase {
    /// The size of a bin.
    pub capacity: u64,
    /// The sizes of the items, in order of arrival.
    pub items: Vec<u64>,
}

/// The question put to the candidate for one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PackingStep {
    /// The size of the item to place now.
    pub item: u64,
    /// Remaining capacities of the open bins that the item fits into, in order of opening, and last a fresh bin.
    pub bins: Vec<u64>,
}

impl PackingStep {
    /// The arguments of the candidate's function: the item, then the list of bins.
    #[must_use]
    pub fn arguments(&self) -> Vec<Value> {
        vec![Value::from(self.item), Value::from(self.bins.clone())]
    }
}

/// The result of a packing that ran to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackingResult {
    /// Bins that hold at least one item.
    pub bins_used: u64,
    /// The lower bound of the instance, in bins.
    pub l1_bound: u64,
}

impl PackingResult {
    /// What this instance contributes to the score: 100 × (bins − bound) over the bound.
    #[must_use]
    pub fn measure(self) -> Measure {
        let excess = Score::integer(i128::from(self.bins_used) - i128::from(self.l1_bound));
        Measure { amount: &excess * &Score::integer(100), base: self.l1_bound }
    }
}

/// The L1 bound: the total size of all items over the capacity, rounded up. Zero for an instance without items or capacity.
#[must_use]
pub fn l1_bound(instance: &PackingCase) -> u64 {
    let size: u128 = instance.items.iter().map(|item| u128::from(*item)).sum();
    let capacity = u128::from(instance.capacity);
    if capacity == 0 { 0 } else { u64::try_from(size.div_ceil(capacity)).unwrap_or(u64::MAX) }
}

/// A packing under way: ask, let the candidate answer, repeat until there is no more to ask.
#[derive(Debug, Clone)]
pub struct Packing {
    instance: PackingCase,
    /// Items placed so far; the index of the item to ask for.
    placed: usize,
    /// Remaining capacities in order of opening, without bins too full for the smallest item.
    open: Vec<u64>,
    bins_used: u64,
    smallest: u64,
}

impl Packing {
    /// An empty packing. Items larger than the capacity never come from a loaded task; should there be one, it would be
    /// offered a fresh bin only and overfill it, which the types of this module cannot express, so it is asserted here.
    ///
    /// # Panics
    ///
    /// If an item is zero or larger than the capacity.
    #[must_use]
    pub fn new(instance: &PackingCase) -> Self {
        let fits = |item: &u64| (1..=instance.capacity).contains(item);
        assert!(instance.items.iter().all(fits), "an item is zero or larger than the capacity");
        let smallest = instance.items.iter().copied().min().unwrap_or(0);
        Self { instance: instance.clone(), placed: 0, open: Vec::new(), bins_used: 0, smallest }
    }

    /// The next question, or `None` when every item is packed.
    #[must_use]
    pub fn ask(&self) -> Option<PackingStep> {
        let item = *self.instance.items.get(self.placed)?;
        let fitting = self.open.iter().copied().filter(|space| *space >= item);
        Some(PackingStep { item, bins: fitting.chain([self.instance.capacity]).collect() })
    }

    /// Places the current item into the bin with the largest number, the first of equals.
    ///
    /// # Errors
    ///
    /// If the answer is not a list of one finite number per bin asked for, or if nothing was asked. The packing is then unchanged.
    pub fn answer(&mut self, answer: &Value) -> Result<(), InvalidAnswer> {
        let index = self.placed;
        let Some(&item) = self.instance.items.get(index) else {
            return Err(InvalidAnswer::value(format!("after item {index}"), "no further answer", answer));
        };
        let place = || format!("answer to item {index}");
        let fitting = self.open.iter().filter(|space| **space >= item).count();
        let expected = || format!("a list of {} numbers, one per bin", fitting + 1);
        let Value::Array(values) = answer else {
            return Err(InvalidAnswer::value(place(), expected(), answer));
        };
        if values.len() != fitting + 1 {
            return Err(InvalidAnswer::value(place(), expected(), answer));
        }
        self.put(item, largest(values, index)?);
        Ok(())
    }

    /// Puts the item into the bin at this position among those it fits into; the position after the last is a fresh bin.
    fn put(&mut self, item: u64, choice: usize) {
        let fitting = self.open.iter().enumerate().filter(|(_, space)| **space >= item).nth(choice);
        let at = if let Some((at, _)) = fitting {
            at
        } else {
            self.open.push(self.instance.capacity);
            self.bins_used += 1;
            self.open.len() - 1
        };
        self.open[at] -= item;
        if self.open[at] < self.smallest {
            self.open.remove(at);
        }
        self.placed += 1;
    }

    /// The result, or `None` while items are left.
    #[must_use]
    pub fn finish(&self) -> Option<PackingResult> {
        (self.placed == self.instance.items.len())
            .then(|| PackingResult { bins_used: self.bins_used, l1_bound: l1_bound(&self.instance) })
    }
}

/// The position of the largest number, the first of equals.
fn largest(values: &[Value], item: usize) -> Result<usize, InvalidAnswer> {
    let mut best: Option<(usize, Number)> = None;
    for (bin, value) in values.iter().enumerate() {
        let number = Number::read(value, || format!("bin {bin} of item {item}"))?;
        if best.is_none_or(|(_, largest)| number.compare(largest) == Ordering::Greater) {
            best = Some((bin, number));
        }
    }
    best.map(|(bin, _)| bin)
        .ok_or_else(|| InvalidAnswer::new(format!("answer to item {item}"), "a number", "nothing"))
}

#[cfg(test)]
mod tests;
