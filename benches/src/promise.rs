//! Promised figures and their verdicts.

use std::fmt;

/// A figure with an upper bound.
#[derive(Debug, Clone, PartialEq)]
pub struct Promise {
    /// The name of the figure.
    pub what: String,
    /// The promised maximum.
    pub most: f64,
    /// The measured value.
    pub found: f64,
    /// The unit of both; empty for a ratio.
    pub unit: &'static str,
}

impl Promise {
    /// Returns whether the promise was kept.
    #[must_use]
    pub fn kept(&self) -> bool {
        self.found <= self.most
    }
}

impl fmt::Display for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, most, found, unit } = self;
        let verdict = if self.kept() { "kept" } else { "BROKEN" };
        write!(f, "promise {verdict}: {what}: {found:.3}{unit}, promised at most {most}{unit}")
    }
}

/// A factor against a peer, with a lower bound.
#[derive(Debug, Clone, PartialEq)]
pub struct Factor {
    /// The name of the figure.
    pub what: String,
    /// The promised minimum.
    pub least: f64,
    /// The measured value.
    pub found: f64,
}

impl Factor {
    /// Returns whether the promise was kept.
    #[must_use]
    pub fn kept(&self) -> bool {
        self.found >= self.least
    }
}

impl fmt::Display for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, least, found } = self;
        let verdict = if self.kept() { "kept" } else { "BROKEN" };
        write!(f, "promise {verdict}: {what}: {found:.1} times, promised at least {least}")
    }
}

/// Returns the geometric mean of ratios, of none 1.
#[must_use]
pub fn geometric_mean(ratios: &[f64]) -> f64 {
    let logs: f64 = ratios.iter().map(|ratio| ratio.ln()).sum();
    #[expect(clippy::cast_precision_loss, reason = "there are few ratios")]
    let count = ratios.len().max(1) as f64;
    (logs / count).exp()
}

/// Returns an underlined heading.
#[must_use]
pub fn heading(text: &str) -> String {
    format!("\n{text}\n{}", "-".repeat(text.chars().count()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_geometric_mean_weighs_ratios_alike() {
        assert!((geometric_mean(&[2.0, 0.5]) - 1.0).abs() < 1e-12);
        assert!((geometric_mean(&[4.0, 1.0]) - 2.0).abs() < 1e-12);
        assert!((geometric_mean(&[]) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_factor_says_whether_it_was_kept() {
        let factor = |found| Factor { what: "a write".into(), least: 20.0, found };
        assert_eq!(factor(20.0).to_string(), "promise kept: a write: 20.0 times, promised at least 20");
        assert_eq!(factor(19.9).to_string(), "promise BROKEN: a write: 19.9 times, promised at least 20");
        assert!(!factor(f64::NAN).kept());
    }

    #[test]
    fn a_promise_says_whether_it_was_kept() {
        let promise = |found| Promise { what: "a cycle".into(), most: 0.1, found, unit: "" };
        assert_eq!(promise(0.1).to_string(), "promise kept: a cycle: 0.100, promised at most 0.1");
        assert_eq!(promise(0.2).to_string(), "promise BROKEN: a cycle: 0.200, promised at most 0.1");
    }
}
