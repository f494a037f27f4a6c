//! Statistics of small samples: quantiles, bootstrap intervals, and tests adjusted for their number.

use crate::random::SplitMix;

/// Number of samples of a bootstrap.
const RESAMPLES: usize = 10_000;

/// Returns a quantile of sorted numbers, with linear interpolation (type 7 of Hyndman and Fan). NaN if there are none.
pub(super) fn quantile(sorted: &[f64], part: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let at = part * last as f64;
    let low = at.floor();
    let (index, rest) = (low as usize, at - low);
    let high = sorted[(index + 1).min(last)];
    sorted[index] + (high - sorted[index]) * rest
}

/// Returns the numbers in ascending order.
pub(super) fn sorted(values: &[f64]) -> Vec<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values
}

/// Returns the 95 % interval of the median by the percentile bootstrap (Efron 1979). The same key gives the same interval.
pub(super) fn bootstrap_median(values: &[f64], key: u64) -> [f64; 2] {
    let mut random = SplitMix::new(key);
    let mut medians = Vec::with_capacity(RESAMPLES);
    let mut sample = vec![0.0; values.len()];
    for _ in 0..RESAMPLES {
        for one in &mut sample {
            *one = values[random.below(values.len() as u64) as usize];
        }
        sample.sort_by(f64::total_cmp);
        medians.push(quantile(&sample, 0.5));
    }
    medians.sort_by(f64::total_cmp);
    [quantile(&medians, 0.025), quantile(&medians, 0.975)]
}

/// Returns p-values adjusted for their number (Holm 1979), in the same order.
pub(super) fn holm(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut adjusted = vec![0.0; values.len()];
    let mut most: f64 = 0.0;
    for (rank, index) in order.into_iter().enumerate() {
        most = most.max(values[index] * (values.len() - rank) as f64).min(1.0);
        adjusted[index] = most;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_linear_between_numbers() {
        let values = [1.0, 2.0, 4.0, 8.0];
        assert_eq!([0.0, 0.25, 0.5, 1.0].map(|part| quantile(&values, part)), [1.0, 1.75, 3.0, 8.0]);
        assert_eq!(quantile(&[7.0], 0.3), 7.0);
        assert!(quantile(&[], 0.5).is_nan());
    }

    #[test]
    fn intervals_repeat_and_have_the_median_in_them() {
        let values: Vec<f64> = (0..20).map(f64::from).collect();
        let [low, high] = bootstrap_median(&values, 3);
        assert_eq!(bootstrap_median(&values, 3), [low, high]);
        // The interval by order statistics is 5 to 14.
        assert!((4.0..=7.0).contains(&low) && (12.0..=15.0).contains(&high), "{low} {high}");
        assert_eq!(bootstrap_median(&[2.0, 2.0], 1), [2.0, 2.0]);
    }

    #[test]
    fn several_tests_are_paid_for() {
        assert_eq!(holm(&[0.01, 0.04, 0.03]), [0.03, 0.06, 0.06]);
        assert_eq!(holm(&[0.9, 0.8]), [1.0, 1.0]);
    }
}
