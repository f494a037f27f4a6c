//! Niches of about equal size in a unit cube: a centroidal Voronoi tessellation (CVT-MAP-Elites, Vassiliades, Chatzilygeroudis and Mouret 2018,
//! algorithm 1: k-means over random points).
//!
//! Niches are the same in every run: the points come from a fixed generator, and floating point is limited to additions, products
//! and quotients, which every machine rounds alike.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Number of random points per niche.
const POINTS: usize = 25;
/// Number of times that every centre is moved.
const ROUNDS: usize = 10;
/// State of the generator before the first point.
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

/// The centres of the niches.
#[derive(Debug, Clone)]
pub(crate) struct Tessellation(Arc<Vec<Vec<f64>>>);

/// Tessellations by number of niches and dimensions.
type Known = BTreeMap<(usize, usize), Tessellation>;

static KNOWN: Mutex<Known> = Mutex::new(BTreeMap::new());

impl Tessellation {
    /// Returns the tessellation of a cube of these dimensions into this many niches. Both must not be 0.
    pub(crate) fn of(niches: usize, dimensions: usize) -> Self {
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry((niches, dimensions)).or_insert_with(|| Self::make(niches, dimensions)).clone()
    }

    fn make(niches: usize, dimensions: usize) -> Self {
        let mut state = SEED;
        let mut point = || -> Vec<f64> { (0..dimensions).map(|_| unit(&mut state)).collect() };
        let points: Vec<Vec<f64>> = (0..niches * POINTS).map(|_| point()).collect();
        let mut centres = points[..niches].to_vec();
        for _ in 0..ROUNDS {
            let mut sums = vec![(vec![0.0; dimensions], 0.0); niches];
            for point in &points {
                let (sum, count) = &mut sums[nearest(&centres, point)];
                sum.iter_mut().zip(point).for_each(|(sum, value)| *sum += value);
                *count += 1.0;
            }
            for (centre, (sum, count)) in centres.iter_mut().zip(sums) {
                // A centre to which no point is nearest stays where it is.
                if count > 0.0 {
                    *centre = sum.into_iter().map(|sum| sum / count).collect();
                }
            }
        }
        Self(Arc::new(centres))
    }

    /// Returns the index of the niche of a point, whose coordinates are all between 0 and 1.
    pub(crate) fn niche(&self, point: &[f64]) -> usize {
        nearest(&self.0, point)
    }
}

/// Returns the index of the nearest centre; among equally near ones, the first.
fn nearest(centres: &[Vec<f64>], point: &[f64]) -> usize {
    let distance = |centre: &[f64]| -> f64 {
        centre.iter().zip(point).map(|(a, b)| (a - b) * (a - b)).fold(0.0, |sum, square| sum + square)
    };
    let mut best = (f64::INFINITY, 0);
    for (index, centre) in centres.iter().enumerate() {
        let far = distance(centre);
        if far < best.0 {
            best = (far, index);
        }
    }
    best.1
}

/// Returns the next number of splitmix64, between 0 and 1.
fn unit(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    // 53 bits fit in a double without rounding.
    ((z ^ (z >> 31)) >> 11) as f64 / 9_007_199_254_740_992.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn niches_have_about_the_same_size() {
        for dimensions in 1..=4 {
            let cube = Tessellation::of(16, dimensions);
            let mut counts = [0_u32; 16];
            let mut state = 1;
            for _ in 0..16_000 {
                let point: Vec<f64> = (0..dimensions).map(|_| unit(&mut state)).collect();
                counts[cube.niche(&point)] += 1;
            }
            assert!(counts.iter().all(|count| (400..2_000).contains(count)), "{dimensions}: {counts:?}");
        }
    }

    #[test]
    fn a_centre_is_in_its_own_niche_and_the_tessellation_is_always_the_same() {
        let cube = Tessellation::of(64, 2);
        assert!((0..64).all(|index| cube.niche(&cube.0[index]) == index));
        assert_eq!(Tessellation::make(64, 2).0, cube.0);
        // Recorded runs depend on these.
        assert_eq!(cube.0[0].iter().map(|value| value.to_bits()).collect::<Vec<_>>(), RECORDED);
    }

    const RECORDED: [u64; 2] = [4_600_520_607_044_755_621, 4_585_901_844_372_714_162];
}
