//! The scorer `online-bin-packing`: reveals one item at a time and packs it where the candidate's numbers say.
//!
//! The candidate sees only an item and the remaining capacities of the bins that it fits into, so looking ahead is impossible. The
//! score is the excess over the L1 bound in percent, summed over instances, as in FunSearch (Romera-Paredes et al., Nature 625,
//! 2024): 100 × (Σ bins − Σ L1) / Σ L1.
//!
//! Attacks that end here: T-HACK-21, T-HACK-27.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::number::Number;
use super::{CaseSession, Episode, InvalidAnswer, InvalidCase, Measure, Scorer};
use crate::case::Case;
use crate::score::{Direction, Score};

/// The sizes of one case of bin packing: every item is at least 1 and at most the capacity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackingCase {
    /// The size of a bin.
    pub capacity: u64,
    /// The sizes of the items, in order of arrival.
    pub items: Vec<u64>,
}

/// The question for one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PackingStep {
    /// The size of the item to place now.
    pub item: u64,
    /// Remaining capacities of the open bins that the item fits into, in order of opening, followed by that of a fresh bin.
    pub bins: Vec<u64>,
}

impl PackingStep {
    /// Returns the arguments of the candidate's function: the item, then the list of bins.
    #[must_use]
    pub fn arguments(&self) -> Vec<Value> {
        vec![Value::from(self.item), Value::from(self.bins.clone())]
    }
}

/// The result of a packing that ran to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackingResult {
    /// Number of bins that hold at least one item.
    pub bins_used: u64,
    /// The lower bound of the instance, in bins.
    pub l1_bound: u64,
}

impl PackingResult {
    /// Returns the measure of this case: 100 × (bins − bound) over the bound.
    #[must_use]
    pub fn measure(self) -> Measure {
        let excess = Score::integer(i128::from(self.bins_used) - i128::from(self.l1_bound));
        Measure { amount: &excess * &Score::integer(100), base: self.l1_bound }
    }
}

/// Returns the L1 bound: the total size of all items over the capacity, rounded up. Zero for a case without items or capacity.
#[must_use]
pub fn l1_bound(instance: &PackingCase) -> u64 {
    let size: u128 = instance.items.iter().map(|item| u128::from(*item)).sum();
    let capacity = u128::from(instance.capacity);
    if capacity == 0 { 0 } else { u64::try_from(size.div_ceil(capacity)).unwrap_or(u64::MAX) }
}

/// A packing in progress: a sequence of questions and answers.
#[derive(Debug, Clone)]
pub struct Packing {
    instance: PackingCase,
    /// Number of items placed so far, which is the index of the next item.
    placed: usize,
    /// Remaining capacities in order of opening, without bins that are too full for the smallest item.
    open: Vec<u64>,
    bins_used: u64,
    smallest: u64,
}

impl Packing {
    /// Creates an empty packing.
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

    /// Returns the next question, or `None` when every item is packed.
    #[must_use]
    pub fn step(&self) -> Option<PackingStep> {
        let item = *self.instance.items.get(self.placed)?;
        let fitting = self.open.iter().copied().filter(|space| *space >= item);
        Some(PackingStep { item, bins: fitting.chain([self.instance.capacity]).collect() })
    }

    /// Places the current item into the bin with the largest number, the first of equals.
    ///
    /// # Errors
    ///
    /// When the answer is not a list of one finite number per bin in the question, or nothing was asked. The packing is then
    /// unchanged.
    pub fn place(&mut self, answer: &Value) -> Result<(), InvalidAnswer> {
        let index = self.placed;
        let Some(&item) = self.instance.items.get(index) else {
            return Err(InvalidAnswer::quoting(format!("after item {index}"), "no further answer", answer));
        };
        let place = || format!("answer to item {index}");
        let fitting = self.open.iter().filter(|space| **space >= item).count();
        let expected = || format!("a list of {} numbers, one per bin", fitting + 1);
        let Value::Array(values) = answer else {
            return Err(InvalidAnswer::quoting(place(), expected(), answer));
        };
        if values.len() != fitting + 1 {
            return Err(InvalidAnswer::quoting(place(), expected(), answer));
        }
        self.put(item, largest(values, index)?);
        Ok(())
    }

    /// Puts the item into the bin at this position among those that it fits into; the position after the last is a fresh bin.
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

    /// Returns the result, or `None` while items are left.
    #[must_use]
    pub fn finish(&self) -> Option<PackingResult> {
        (self.placed == self.instance.items.len())
            .then(|| PackingResult { bins_used: self.bins_used, l1_bound: l1_bound(&self.instance) })
    }
}

/// Returns the position of the largest number, the first of equals.
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

impl Episode for Packing {
    fn next_call(&self) -> Option<Vec<Value>> {
        self.step().map(|step| step.arguments())
    }

    fn answer(&mut self, answer: &Value) -> Result<(), InvalidAnswer> {
        self.place(answer)
    }

    fn measure(&self) -> Result<Measure, InvalidAnswer> {
        let early = || InvalidAnswer::new("the episode", "an answer for every item", "an early end");
        self.finish().map(PackingResult::measure).ok_or_else(early)
    }
}

/// The scorer of online bin packing. The data of its cases are [`PackingCase`]s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BinPackingScorer;

impl Scorer for BinPackingScorer {
    fn rule(&self) -> String {
        "online-bin-packing".to_owned()
    }

    fn check(&self, case: &Case) -> Result<(), InvalidCase> {
        let Some(PackingCase { capacity, items }) = case.data() else {
            return Err(InvalidCase::data("{\"capacity\": number, \"items\": [number, ...]}", case));
        };
        match items.iter().find(|item| !(1..=*capacity).contains(*item)) {
            Some(item) => {
                Err(InvalidCase::new(format!("items of 1 to the capacity {capacity}"), item.to_string()))
            }
            None => Ok(()),
        }
    }

    /// Returns zero, the excess of a packing that meets the bound: no packing takes fewer bins.
    fn best_amount(&self, direction: Direction) -> Option<Score> {
        (direction == Direction::Minimize).then(Score::zero)
    }

    fn start(&self, case: &Case) -> CaseSession {
        let empty = PackingCase { capacity: 0, items: Vec::new() };
        CaseSession::episode(Packing::new(case.data().unwrap_or(&empty)))
    }
}

/// The mean number of bins in an evaluation, reported beside the score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanBins {
    /// Mean number of bins used.
    pub used: f64,
    /// Mean lower bound, in bins.
    pub bound: f64,
}

impl MeanBins {
    /// Returns the means over the measures of these cases; `None` if a case is not one of bin packing or was not measured.
    #[must_use]
    pub fn of<'a>(cases: &[Case], measures: impl IntoIterator<Item = Option<&'a Measure>>) -> Option<Self> {
        if !cases.iter().all(|case| case.data::<PackingCase>().is_some()) {
            return None;
        }
        let measures: Vec<&Measure> = measures.into_iter().collect::<Option<_>>()?;
        // An amount is 100 × (bins − bound), and its base the bound.
        let excess: Score = measures.iter().map(|measure| &measure.amount).sum();
        let bound = Score::integer(measures.iter().map(|measure| u128::from(measure.base)).sum::<u128>());
        let used = &bound + &excess.checked_div(&Score::integer(100))?;
        let count = measures.len() as f64;
        Some(Self { used: used.to_f64() / count, bound: bound.to_f64() / count })
    }
}

#[cfg(test)]
mod tests;
