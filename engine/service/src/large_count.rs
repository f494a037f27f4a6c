//! Large counts in words.

/// Returns a large count in words, such as `3.20 billion`.
#[must_use]
pub fn large_count(value: u64) -> String {
    let value = value as f64;
    match value {
        v if v >= 1e12 => format!("{:.2} trillion", v / 1e12),
        v if v >= 1e9 => format!("{:.2} billion", v / 1e9),
        v if v >= 1e6 => format!("{:.2} million", v / 1e6),
        v => format!("{v}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_the_largest_word_that_they_reach() {
        for (value, words) in [
            (0, "0"),
            (999_999, "999999"),
            (1_000_000, "1.00 million"),
            (3_214_000_000, "3.21 billion"),
            (7_000_000_000_000, "7.00 trillion"),
        ] {
            assert_eq!(large_count(value), words);
        }
    }
}
