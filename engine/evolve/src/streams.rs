//! Random streams: one per (run seed, generation, purpose, item), so that no random state has to be kept and nothing that
//! runs before, after or beside a draw changes it.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What a stream is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Choosing a parent.
    Selection,
    /// The seed that a meta agent gets.
    Meta,
    /// Whether a generation is a tournament.
    Tournament,
}

fn stream(seed: u64, generation: u64, purpose: Purpose, item: u64) -> ChaCha20Rng {
    let name = match purpose {
        Purpose::Selection => "selection",
        Purpose::Meta => "meta",
        Purpose::Tournament => "tournament",
    };
    let text = format!("{seed}\n{generation}\n{name}\n{item}");
    ChaCha20Rng::from_seed(blake3::derive_key("hyperspace v1 random stream", text.as_bytes()))
}

/// A draw from `0..total`, without bias (Lemire's multiplication with rejection). `total` must not be 0.
pub(crate) fn draw(seed: u64, generation: u64, purpose: Purpose, item: u64, total: u64) -> u64 {
    assert!(total > 0, "nothing to draw from");
    let mut random = stream(seed, generation, purpose, item);
    let threshold = total.wrapping_neg() % total;
    loop {
        let product = u128::from(random.next_u64()) * u128::from(total);
        let (high, low) = ((product >> 64) as u64, product as u64);
        if low >= threshold {
            return high;
        }
    }
}

/// 53 random bits, which every JSON reader keeps exactly: a seed to hand down.
pub(crate) fn seed_for(seed: u64, generation: u64, purpose: Purpose, item: u64) -> u64 {
    stream(seed, generation, purpose, item).next_u64() >> 11
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_differ_in_every_part_of_their_key() {
        let base = seed_for(1, 2, Purpose::Meta, 3);
        assert_eq!(base, seed_for(1, 2, Purpose::Meta, 3));
        let others = [
            seed_for(2, 2, Purpose::Meta, 3),
            seed_for(1, 3, Purpose::Meta, 3),
            seed_for(1, 2, Purpose::Selection, 3),
            seed_for(1, 2, Purpose::Meta, 4),
            seed_for(12, 2, Purpose::Meta, 3),
        ];
        assert!(others.iter().all(|other| *other != base));
    }

    #[test]
    fn draws_are_in_range_and_even() {
        let mut counts = [0_u32; 5];
        for item in 0..5_000 {
            let value = draw(7, 0, Purpose::Selection, item, 5);
            counts[usize::try_from(value).unwrap()] += 1;
        }
        assert!(counts.iter().all(|count| (850..1_150).contains(count)), "{counts:?}");
        assert_eq!(draw(7, 0, Purpose::Selection, 0, 1), 0);
    }
}
