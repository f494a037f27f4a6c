//! Draws of a strategy: integers from streams keyed by the run's seed, all of which are kept for the journal.

use rand_chacha::ChaCha20Rng;

use crate::record::candidate_id::CandidateId;
use crate::record::search_record::SearchDraw;
use crate::rng::{Purpose, StreamKey};

/// The draws for one candidate, or for a population as a whole. The stream of a draw depends on the seed, the candidate, and the
/// number of earlier draws.
#[derive(Debug)]
pub(crate) struct Draws {
    seed: u64,
    generation: u64,
    item: u64,
    purpose: fn(u64) -> Purpose,
    /// Number of candidates of the same generation and island that were drawn earlier.
    pub(crate) before: u64,
    log: Vec<SearchDraw>,
}

impl Draws {
    /// Returns the draws for a candidate.
    pub(crate) fn for_candidate(seed: u64, id: CandidateId, before: u64) -> Self {
        let (generation, item) = (id.generation, id.candidate);
        Self { seed, generation, item, purpose: Purpose::Search, before, log: Vec::new() }
    }

    /// Returns the draws for a candidate whose parent is drawn regardless of scores.
    pub(crate) fn for_exploration(seed: u64, id: CandidateId) -> Self {
        let (generation, item) = (id.generation, id.candidate);
        Self { seed, generation, item, purpose: Purpose::Explore, before: 0, log: Vec::new() }
    }

    /// Returns the draws for a population after a generation.
    pub(crate) fn for_population(seed: u64, generation: u64, population: u64) -> Self {
        Self { seed, generation, item: population, purpose: Purpose::Turn, before: 0, log: Vec::new() }
    }

    fn key(&self) -> StreamKey {
        let purpose = (self.purpose)(self.log.len() as u64);
        StreamKey { seed: self.seed, generation: self.generation, purpose, item: self.item }
    }

    /// Draws one of `count` items with equal probability. `count` must not be 0.
    pub(crate) fn even(&mut self, purpose: &'static str, count: usize) -> usize {
        let draw = self.number(purpose, count as u64);
        usize::try_from(draw).expect("a number below a length is an index")
    }

    /// Draws by weight: `sums` has the sum of the weights up to and including each item. If no item has a weight, draws with
    /// equal probability. `sums` must not be empty.
    pub(crate) fn weighted(&mut self, purpose: &'static str, sums: &[u64]) -> usize {
        match sums.last() {
            Some(total) if *total > 0 => {
                let draw = self.number(purpose, *total);
                sums.partition_point(|&sum| sum <= draw)
            }
            _ => self.even(purpose, sums.len()),
        }
    }

    fn number(&mut self, purpose: &'static str, total: u64) -> u64 {
        let draw = self.key().draw(total);
        self.note(purpose, draw, total);
        draw
    }

    /// Returns the stream of the next draw, which has to be [noted](Self::note).
    pub(crate) fn stream(&self) -> ChaCha20Rng {
        self.key().stream()
    }

    /// Records a draw.
    pub(crate) fn note(&mut self, purpose: &'static str, draw: u64, total: u64) {
        self.log.push(SearchDraw { purpose: purpose.to_owned(), draw, total });
    }

    /// Returns the draws so far.
    pub(crate) fn into_log(self) -> Vec<SearchDraw> {
        self.log
    }

    /// Returns the last draw.
    pub(crate) fn last(&self) -> Option<&SearchDraw> {
        self.log.last()
    }
}

/// Weights are rounded to multiples of 2⁻³², so that floating point never decides a draw.
pub(crate) const UNIT: f64 = 4_294_967_296.0;

/// Returns the cumulative sums of weights, each of which is between 0 and 1 and is rounded.
pub(crate) fn sums(weights: impl Iterator<Item = f64>) -> Vec<u64> {
    let mut total = 0;
    weights
        .map(|weight| {
            total += libm::round(weight * UNIT) as u64;
            total
        })
        .collect()
}
