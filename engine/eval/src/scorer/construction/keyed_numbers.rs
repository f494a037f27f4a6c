//! Numbers drawn from a seed. The numbers of a seed never change: they are part of what a score means.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::uniform::below;

/// A stream of numbers.
pub(super) struct KeyedNumbers(ChaCha20Rng);

impl KeyedNumbers {
    /// Starts the stream for a purpose, keyed by bytes.
    pub(super) fn new(purpose: &str, key: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("hyperspace v1 construction instances");
        hasher.update(&(purpose.len() as u64).to_le_bytes()).update(purpose.as_bytes()).update(key);
        Self(ChaCha20Rng::from_seed(*hasher.finalize().as_bytes()))
    }

    /// Draws a uniform number below `count`, which is at least 1.
    pub(super) fn below(&mut self, count: u64) -> u64 {
        below(&mut self.0, count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_depends_on_purpose_and_key_alone() {
        let first = |purpose, key: &[u8]| KeyedNumbers::new(purpose, key).below(1 << 40);
        assert_eq!(first("a", b"1"), first("a", b"1"));
        assert!(first("a", b"1") != first("b", b"1") && first("a", b"1") != first("a", b"2"));
        let mut stream = KeyedNumbers::new("a", b"");
        let mut counts = [0; 3];
        (0..3_000).for_each(|_| counts[usize::try_from(stream.below(3)).unwrap()] += 1);
        assert!(counts.iter().all(|count| (900..1_100).contains(count)), "{counts:?}");
    }
}
