//! Exact draws from the discrete Laplace distribution in whole numbers, which are the same on every machine, unlike logarithms of
//! floats.
//!
//! Source: Canonne, Kamath and Steinke 2020 (arXiv 2004.00010), algorithms 1 and 2.

use hyperspace_eval::Score;
use rand_chacha::ChaCha20Rng;

use crate::record::strategy::Fraction;
use crate::rng::{StreamKey, below};

/// Number of steps of the noise in one unit.
const UNITS: u64 = 1_000_000;

/// Draws noise with `P(x) ∝ exp(−|x| / (factor · scale))`, in steps of one millionth. Scale 0 means no noise.
pub(super) fn draw(key: StreamKey, scale: Fraction, factor: u64) -> Score {
    let (top, bottom) = (scale.numerator() * UNITS * factor, scale.denominator());
    if top == 0 {
        return Score::zero();
    }
    let mut random = key.stream();
    loop {
        let low = below(&mut random, top);
        if !is_exp(&mut random, low, top) {
            continue;
        }
        let mut high = 0_u64;
        while is_exp(&mut random, 1, 1) {
            high += 1;
        }
        let steps = (u128::from(low) + u128::from(top) * u128::from(high)) / u128::from(bottom);
        let negative = below(&mut random, 2) == 1;
        if negative && steps == 0 {
            continue;
        }
        let size = Score::ratio(steps, UNITS).unwrap_or_else(Score::zero);
        return if negative { &Score::zero() - &size } else { size };
    }
}

/// Returns true with probability `exp(−top / bottom)`, where `top` is at most `bottom`: the parity of the first failure in a row of draws
/// with probability `top / (bottom · k)`.
fn is_exp(random: &mut ChaCha20Rng, top: u64, bottom: u64) -> bool {
    let mut count = 1_u64;
    while below(random, bottom.saturating_mul(count)) < top {
        count += 1;
    }
    count % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Purpose;

    fn draws(scale: (u64, u64), factor: u64) -> Vec<f64> {
        let scale = Fraction::new(scale.0, scale.1).unwrap();
        let key = |item| StreamKey { seed: 3, generation: 0, purpose: Purpose::HeldOut(1), item };
        (0..20_000).map(|item| draw(key(item), scale, factor).to_f64()).collect()
    }

    #[test]
    fn the_noise_has_the_spread_of_its_scale() {
        let noise = draws((1, 100), 2);
        let count = noise.len() as f64;
        let mean = noise.iter().sum::<f64>() / count;
        let size = noise.iter().map(|one| one.abs()).sum::<f64>() / count;
        let beyond = noise.iter().filter(|one| one.abs() > 0.06).count() as f64 / count;
        assert!(mean.abs() < 0.001, "{mean}");
        assert!((size - 0.02).abs() < 0.0006, "the mean size is the scale: {size}");
        assert!((beyond - (-3.0_f64).exp()).abs() < 0.006, "three scales: {beyond}");
        assert!(draws((0, 1), 4).iter().all(|one| *one == 0.0));
    }

    #[test]
    fn a_coarse_scale_is_geometric_on_both_sides() {
        let noise = draws((1, 1_000_000), 1);
        let share = |steps: i64| {
            let wanted = |one: &&f64| (**one * 1e6).round() as i64 == steps;
            noise.iter().filter(wanted).count() as f64 / noise.len() as f64
        };
        // P(0) = (1 − q) / (1 + q) with q = exp(−1).
        let q = (-1.0_f64).exp();
        let zero = (1.0 - q) / (1.0 + q);
        assert!((share(0) - zero).abs() < 0.012 && (share(1) - zero * q).abs() < 0.012);
        assert!((share(-2) - zero * q * q).abs() < 0.012);
    }
}
