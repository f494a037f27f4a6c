//! Draws from continuous distributions. They use the arithmetic of `libm`, so they are the same on every machine.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::Rng;

use super::draws::UNIT;

/// Draws from a Beta distribution whose parameters are both at least 1, as a multiple of 2⁻³².
pub(super) fn beta(stream: &mut ChaCha20Rng, a: f64, b: f64) -> u64 {
    let (x, y) = (gamma(stream, a), gamma(stream, b));
    libm::floor(x / (x + y) * (UNIT - 1.0)) as u64
}

/// Draws from a Gamma distribution with a shape of at least 1 and scale 1 (Marsaglia and Tsang 2000).
fn gamma(stream: &mut ChaCha20Rng, shape: f64) -> f64 {
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / libm::sqrt(9.0 * d);
    loop {
        let x = normal(stream);
        let v = 1.0 + c * x;
        let v = v * v * v;
        let u = uniform(stream);
        if v > 0.0 && libm::log(u) < 0.5 * x * x + d - d * v + d * libm::log(v) {
            return d * v;
        }
    }
}

/// Draws from the standard normal distribution (Box and Muller 1958).
fn normal(stream: &mut ChaCha20Rng) -> f64 {
    let radius = libm::sqrt(-2.0 * libm::log(uniform(stream)));
    radius * libm::cos(std::f64::consts::TAU * uniform(stream))
}

/// Draws a number between 0 and 1, both excluded.
fn uniform(stream: &mut ChaCha20Rng) -> f64 {
    ((stream.next_u64() >> 12) as f64 + 0.5) / 4_503_599_627_370_496.0
}
