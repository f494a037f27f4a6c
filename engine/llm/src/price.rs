//! Prices and costs in whole picodollars (10⁻¹² dollars), so that sums are exact.
//!
//! A price of p dollars per million tokens is p · 10⁶ picodollars per token, so six decimals of a price are exact.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::types::Usage;

const PER_DOLLAR: u64 = 1_000_000_000_000;
const DECIMALS: usize = 6;
/// Number of decimal digits of a picodollar, and of a cent.
const PICO_DIGITS: usize = 12;
const CENT_DIGITS: usize = 2;

/// An amount of money in picodollars. Sums saturate at about 18 million dollars.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cost(pub u64);

impl Cost {
    /// Adds two amounts.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// Parses an amount in dollars, such as `2.5`.
    ///
    /// # Errors
    ///
    /// A message that says what was expected.
    pub fn from_dollars(text: &str) -> Result<Self, String> {
        let micro = decimal(text)?;
        micro
            .checked_mul(PER_DOLLAR / 1_000_000)
            .map(Self)
            .ok_or_else(|| format!("{text} dollars is too large"))
    }
}

/// Prints dollars, at least with cents: `$0.50`, `$0.000047`.
impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}.{:012}", self.0 / PER_DOLLAR, self.0 % PER_DOLLAR);
        let digits = text.trim_end_matches('0').len().max(text.len() - PICO_DIGITS + CENT_DIGITS);
        write!(f, "${}", &text[..digits])
    }
}

/// A price per token, read from dollars per million tokens: a number or a text such as `"0.15"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "toml::Value")]
pub struct Price(u64);

impl Price {
    /// Returns the price of a million tokens.
    #[must_use]
    pub fn per_million(self) -> Cost {
        self.of(1_000_000)
    }

    /// Returns the cost of `tokens` tokens.
    #[must_use]
    pub fn of(self, tokens: u64) -> Cost {
        Cost(self.0.saturating_mul(tokens))
    }
}

/// The prices of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Prices {
    /// The price per token of a request.
    pub(crate) input: Price,
    /// The price per token of an answer.
    pub(crate) output: Price,
    /// The price per token of a request that the provider had cached.
    pub(crate) cached_input: Price,
    /// The price per token of a request that the provider writes to its cache.
    pub(crate) cache_write: Price,
}

impl Prices {
    /// Returns the highest price of a token of a request.
    fn dearest_input(&self) -> Price {
        let all = [self.input, self.cached_input, self.cache_write];
        all.into_iter().max_by_key(|price| price.0).unwrap_or(self.input)
    }

    /// Returns the highest cost of tokens within these limits: `input` for requests, `output` for answers, `both` for their sum.
    /// `None` if they are not limited.
    pub(crate) fn most(&self, input: Option<u64>, output: Option<u64>, both: Option<u64>) -> Option<Cost> {
        let (input, output) = (input.or(both)?, output.or(both)?);
        let both = both.unwrap_or(u64::MAX);
        let mut kinds = [(self.dearest_input(), input), (self.output, output)];
        kinds.sort_by_key(|(price, _)| std::cmp::Reverse(price.0));
        let mut left = both;
        Some(kinds.into_iter().fold(Cost::default(), |sum, (price, tokens)| {
            let tokens = tokens.min(left);
            left -= tokens;
            sum.plus(price.of(tokens))
        }))
    }

    /// Returns the cost of these tokens.
    pub(crate) fn of(&self, usage: Usage) -> Cost {
        let cached = usage.cached_tokens.min(usage.input_tokens);
        let written = usage.cache_write_tokens.min(usage.input_tokens - cached);
        let plain = usage.input_tokens - cached - written;
        let input =
            self.input.of(plain).plus(self.cached_input.of(cached)).plus(self.cache_write.of(written));
        input.plus(self.output.of(usage.output_tokens))
    }
}

impl TryFrom<toml::Value> for Price {
    type Error = String;

    fn try_from(value: toml::Value) -> Result<Self, String> {
        let text = match value {
            toml::Value::String(text) => text,
            toml::Value::Integer(whole) => whole.to_string(),
            // The shortest text that parses to the same float, which is the text in the file.
            toml::Value::Float(float) => float.to_string(),
            other => return Err(format!("a price is a number, not a {}", other.type_str())),
        };
        decimal(&text).map(Self)
    }
}

/// Parses a decimal number without sign and exponent into millionths.
fn decimal(text: &str) -> Result<u64, String> {
    let expected = || format!("{text:?}: expected dollars, such as 0.15, with at most {DECIMALS} decimals");
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) || part.len() > DECIMALS {
        return Err(expected());
    }
    format!("{whole}{part:0<DECIMALS$}").parse().map_err(|_| expected())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_is_what_the_dearer_tokens_cost_first() {
        let price = |text: &str| Price::try_from(toml::Value::from(text)).unwrap();
        let (input, output) = (price("1"), price("10"));
        let prices = Prices { input, output, cached_input: price("0.1"), cache_write: price("2") };
        let most = |input, output, both| prices.most(input, output, both).map(|cost| cost.to_string());
        assert_eq!(most(None, None, Some(1_000_000)).as_deref(), Some("$10.00"));
        assert_eq!(most(Some(1_000_000), Some(500_000), None).as_deref(), Some("$7.00"));
        assert_eq!(most(Some(1_000_000), Some(500_000), Some(600_000)).as_deref(), Some("$5.20"));
        assert_eq!(most(Some(1), None, None), None);
    }

    #[test]
    fn prices_are_exact() {
        for (value, tokens, cost, shown) in [
            (toml::Value::from("0.15"), 1, 150_000, "$0.00000015"),
            (toml::Value::from(0.15), 1_000_000, 150_000_000_000, "$0.15"),
            (toml::Value::from(3), 7, 21_000_000, "$0.000021"),
            (toml::Value::from("0.000001"), 3, 3, "$0.000000000003"),
            (toml::Value::from("12"), 1_000_000, 12 * PER_DOLLAR, "$12.00"),
        ] {
            let price = Price::try_from(value).unwrap();
            assert_eq!(price.of(tokens), Cost(cost));
            assert_eq!(Cost(cost).to_string(), shown);
        }
        for junk in ["", ".", "-1", "1e3", "0.0000001", "1,5", "99999999999999999999"] {
            assert!(Price::try_from(toml::Value::from(junk)).is_err(), "{junk}");
        }
        assert_eq!(Cost::from_dollars("2.5"), Ok(Cost(2_500_000_000_000)));
        assert_eq!(Cost::default().to_string(), "$0.00");
    }
}
