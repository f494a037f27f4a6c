//! Statistics over runs: medians with confidence intervals, and the Mann-Whitney test.

use serde::Serialize;
use statrs::distribution::{Binomial, ContinuousCDF, DiscreteCDF, Normal};

/// Confidence level of an interval.
const CONFIDENCE: f64 = 0.95;
/// Number of observations on both sides up to which a test without ties is exact.
const EXACT_MAX: usize = 24;

/// A median with its confidence interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct MedianInterval {
    /// The number of observations.
    pub count: usize,
    /// The median.
    pub median: f64,
    /// The median, except that for an even number of observations it is the upper middle one, as in the published tables.
    pub upper_median: f64,
    /// The lower end of the interval; `None` if there are too few observations for the confidence level.
    pub low: Option<f64>,
    /// The upper end of the interval.
    pub high: Option<f64>,
    /// The smallest observation.
    pub min: f64,
    /// The largest one.
    pub max: f64,
}

/// The result of the Mann-Whitney test on two groups.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct MannWhitney {
    /// The number of pairs in which the first group's observation is larger; ties count half.
    pub u: f64,
    /// The share of these pairs: 0.5 if the groups do not differ.
    pub effect: f64,
    /// Two-sided probability of a difference at least this large if the groups are alike.
    pub p: f64,
    /// True if `p` was computed exactly; with ties or many observations, it comes from the normal distribution.
    pub exact: bool,
}

/// Returns the median; `None` without observations.
#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    median_interval(values).map(|found| found.median)
}

/// Returns the median with its 95 % confidence interval, from order statistics and without assumptions about the
/// distribution; `None` without observations.
#[must_use]
pub fn median_interval(values: &[f64]) -> Option<MedianInterval> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let count = sorted.len();
    let (min, max) = (*sorted.first()?, *sorted.last()?);
    let upper_median = sorted[count / 2];
    let median =
        if count % 2 == 1 { upper_median } else { f64::midpoint(sorted[count / 2 - 1], upper_median) };
    let below = Binomial::new(0.5, count as u64).ok()?;
    // The largest rank for which the probability that at most this many observations lie below the median is within half of
    // the error.
    let rank = (0..count / 2).take_while(|rank| below.cdf(*rank as u64) <= (1.0 - CONFIDENCE) / 2.0).last();
    let (low, high) = (rank.map(|rank| sorted[rank]), rank.map(|rank| sorted[count - 1 - rank]));
    Some(MedianInterval { count, median, upper_median, low, high, min, max })
}

/// Tests whether two groups differ; `None` if one is empty or all observations are equal.
#[must_use]
pub fn mann_whitney(one: &[f64], other: &[f64]) -> Option<MannWhitney> {
    let pairs = one.len() * other.len();
    if pairs == 0 {
        return None;
    }
    let mut twice: u64 = 0;
    for x in one {
        for y in other {
            twice += if x > y { 2 } else { u64::from(x == y) };
        }
    }
    let u = twice as f64 / 2.0;
    let mut all: Vec<f64> = one.iter().chain(other).copied().collect();
    all.sort_by(f64::total_cmp);
    let ties: f64 = all.chunk_by(|a, b| a == b).map(|same| (same.len().pow(3) - same.len()) as f64).sum();
    let exact = ties == 0.0 && all.len() <= EXACT_MAX;
    let p =
        if exact { exact_p(one.len(), other.len(), u) } else { normal_p(one.len(), other.len(), u, ties)? };
    Some(MannWhitney { u, effect: u / pairs as f64, p, exact })
}

/// Returns the exact probability, from the number of arrangements for each `U`.
fn exact_p(one: usize, other: usize, u: f64) -> f64 {
    // ways[m][s]: choices of m of the ranks so far whose ranks exceed the smallest possible sum by s.
    let most = one * other;
    let mut ways = vec![vec![0.0_f64; most + 1]; one + 1];
    ways[0][0] = 1.0;
    for rank in 0..one + other {
        for taken in (0..one.min(rank + 1)).rev() {
            for sum in (0..=most).rev() {
                let Some(more) = (rank >= taken).then(|| sum + rank - taken).filter(|more| *more <= most)
                else {
                    continue;
                };
                ways[taken + 1][more] += ways[taken][sum];
            }
        }
    }
    let all: f64 = ways[one].iter().sum();
    let nearer = u.min(most as f64 - u);
    let tail: f64 =
        ways[one].iter().enumerate().filter(|(sum, _)| *sum as f64 <= nearer).map(|(_, ways)| ways).sum();
    (2.0 * tail / all).min(1.0)
}

/// Returns the probability from the normal distribution, corrected for continuity and ties.
fn normal_p(one: usize, other: usize, u: f64, ties: f64) -> Option<f64> {
    let (one, other) = (one as f64, other as f64);
    let all = one + other;
    let variance = one * other / 12.0 * (all + 1.0 - ties / (all * (all - 1.0)));
    if variance <= 0.0 {
        return None;
    }
    let distance = ((u - one * other / 2.0).abs() - 0.5).max(0.0);
    let normal = Normal::new(0.0, 1.0).ok()?;
    Some((2.0 * (1.0 - normal.cdf(distance / variance.sqrt()))).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found}, expected {expected}");
    }

    #[test]
    fn medians_have_intervals_from_order_statistics() {
        assert_eq!(median(&[]), None);
        let even = median_interval(&[4.0, 1.0, 3.0, 2.0]).unwrap();
        assert_eq!((even.median, even.upper_median, even.low), (2.5, 3.0, None));
        // With six observations, the interval of all has a confidence of 1 - 2/64; with five, not even that has 95 %.
        let six = median_interval(&[6.0, 1.0, 5.0, 2.0, 4.0, 3.0]).unwrap();
        assert_eq!((six.low, six.high), (Some(1.0), Some(6.0)));
        assert_eq!(median_interval(&[1.0; 5]).unwrap().low, None);
        let twenty: Vec<f64> = (1..=20).map(f64::from).collect();
        let found = median_interval(&twenty).unwrap();
        assert_eq!((found.low, found.high), (Some(6.0), Some(15.0)));
    }

    #[test]
    fn tests_are_exact_for_few_observations_and_corrected_for_ties() {
        // Complete separation of 3 and 3: two of the twenty arrangements.
        let apart = mann_whitney(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]).unwrap();
        assert_eq!((apart.u, apart.effect, apart.exact), (0.0, 0.0, true));
        near(apart.p, 0.1);
        let mixed = mann_whitney(&[1.0, 4.0, 5.0], &[2.0, 3.0, 6.0]).unwrap();
        near(mixed.p, 1.0);
        let one = mann_whitney(&[2.0, 4.0, 6.0, 8.0], &[1.0, 3.0, 5.0]).unwrap();
        assert_eq!(one.u, 9.0);
        near(one.p, 0.4);
        // By the normal distribution, with both corrections: z = 1.497862.
        let tied = mann_whitney(&[1.0, 2.0, 2.0, 3.0], &[2.0, 3.0, 4.0, 4.0]).unwrap();
        assert!(!tied.exact);
        near((tied.p * 1e4).round() / 1e4, TIED);
        assert_eq!(mann_whitney(&[1.0, 1.0], &[1.0]), None);
        assert_eq!(mann_whitney(&[], &[1.0]), None);
    }

    const TIED: f64 = 0.1342;
}
