//! Uniform draws from a keyed stream. What a stream gives never changes.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::Rng;

/// Draws a uniform number below `count`, which is at least 1: draws in the incomplete last block of multiples are rejected.
pub(crate) fn below(stream: &mut ChaCha20Rng, count: u64) -> u64 {
    let end = u64::MAX - u64::MAX % count;
    loop {
        let draw = stream.next_u64();
        if draw < end {
            return draw % count;
        }
    }
}
