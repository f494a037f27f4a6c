//! Random streams, keyed by run seed, generation, purpose and item.
//!
//! A stream depends only on its key, so no random state is kept, and no other draw affects it.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// The purpose of a random stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Selecting a parent.
    Selection,
    /// The seed that a meta agent gets.
    Meta,
    /// Deciding whether a generation is a tournament.
    Tournament,
    /// The draw of this number that a search strategy makes for a candidate.
    Search(u64),
    /// The draw of this number for a candidate whose parent is drawn regardless of scores.
    Explore(u64),
    /// The draw of this number that a search strategy makes for a population as a whole.
    Turn(u64),
    /// Drawing among the arms of the bandit over models (0) or prompts (1) for a candidate.
    Arm(u64),
    /// Ordering the training rows of a candidate.
    Rows,
    /// Dealing training rows to the generations of an epoch.
    Window,
    /// The noise of this number in an answer of held-out rows.
    HeldOut(u64),
}

/// The key of a random stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StreamKey {
    /// The seed of the run.
    pub(crate) seed: u64,
    pub(crate) generation: u64,
    pub(crate) purpose: Purpose,
    /// The number of the stream's subject, such as a candidate or a population.
    pub(crate) item: u64,
}

impl StreamKey {
    /// Returns the stream itself, for draws that need many numbers.
    pub(crate) fn stream(self) -> ChaCha20Rng {
        let Self { seed, generation, purpose, item } = self;
        let name = match purpose {
            Purpose::Selection => "selection".to_owned(),
            Purpose::Meta => "meta".to_owned(),
            Purpose::Tournament => "tournament".to_owned(),
            Purpose::Search(number) => format!("search {number}"),
            Purpose::Explore(number) => format!("explore {number}"),
            Purpose::Turn(number) => format!("turn {number}"),
            Purpose::Arm(bandit) => format!("arm {bandit}"),
            Purpose::Rows => "rows".to_owned(),
            Purpose::Window => "window".to_owned(),
            Purpose::HeldOut(number) => format!("held-out {number}"),
        };
        let text = format!("{seed}\n{generation}\n{name}\n{item}");
        ChaCha20Rng::from_seed(blake3::derive_key("hyperspace v1 random stream", text.as_bytes()))
    }

    /// Draws the first number of the stream from `0..total`, without bias.
    ///
    /// # Panics
    ///
    /// When `total` is 0.
    pub(crate) fn draw(self, total: u64) -> u64 {
        below(&mut self.stream(), total)
    }

    /// Returns 53 random bits, which every JSON reader keeps exactly, as a seed to pass on.
    pub(crate) fn seed(self) -> u64 {
        self.stream().next_u64() >> 11
    }
}

/// Draws the next number of a stream from `0..total` without bias (Lemire's multiplication with rejection).
///
/// # Panics
///
/// When `total` is 0.
pub(crate) fn below(random: &mut ChaCha20Rng, total: u64) -> u64 {
    assert!(total > 0, "nothing to draw from");
    let threshold = total.wrapping_neg() % total;
    loop {
        let product = u128::from(random.next_u64()) * u128::from(total);
        let (high, low) = ((product >> 64) as u64, product as u64);
        if low >= threshold {
            return high;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_differ_in_every_part_of_their_key() {
        let key = StreamKey { seed: 1, generation: 2, purpose: Purpose::Meta, item: 3 };
        let base = key.seed();
        assert_eq!(base, key.seed());
        let others = [
            StreamKey { seed: 2, ..key },
            StreamKey { generation: 3, ..key },
            StreamKey { purpose: Purpose::Selection, ..key },
            StreamKey { item: 4, ..key },
            StreamKey { seed: 12, ..key },
        ];
        assert!(others.iter().all(|other| other.seed() != base));
    }

    #[test]
    fn draws_are_in_range_and_even() {
        let key = |item| StreamKey { seed: 7, generation: 0, purpose: Purpose::Selection, item };
        let mut counts = [0_u32; 5];
        for item in 0..5_000 {
            let value = key(item).draw(5);
            counts[usize::try_from(value).unwrap()] += 1;
        }
        assert!(counts.iter().all(|count| (850..1_150).contains(count)), "{counts:?}");
        assert_eq!(key(0).draw(1), 0);
    }
}
