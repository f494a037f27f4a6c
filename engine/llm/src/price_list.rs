//! Prices of models at their own providers, as data with a date (`data/prices.toml`). Settings override them.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::price::{Price, Prices};
use crate::profile;

/// The table.
const TABLE: &str = include_str!("../data/prices.toml");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PriceTable {
    date: String,
    price: Vec<PriceEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct PriceEntry {
    provider: String,
    /// The beginning of the model's name.
    model: String,
    input: Price,
    output: Price,
    cached_input: Option<Price>,
    cache_write: Option<Price>,
}

fn table() -> &'static PriceTable {
    static PRICES: OnceLock<PriceTable> = OnceLock::new();
    PRICES.get_or_init(|| toml::from_str(TABLE).expect("the bundled table of prices is valid"))
}

/// Returns the date of the table.
pub(crate) fn date() -> &'static str {
    &table().date
}

/// Returns provider, beginning of the model's name, and prices of each entry of the table.
pub(crate) fn entries() -> impl Iterator<Item = (&'static str, &'static str, Prices)> {
    table().price.iter().map(|entry| (entry.provider.as_str(), entry.model.as_str(), entry.prices()))
}

impl PriceEntry {
    fn prices(&self) -> Prices {
        Prices {
            input: self.input,
            output: self.output,
            cached_input: self.cached_input.unwrap_or(self.input),
            cache_write: self.cache_write.unwrap_or(self.input),
        }
    }
}

/// Returns whether what follows a listed name still names that model: a date, a size of its own entry or a variant, and no further
/// number of a version, as of `gpt-5.1` after `gpt-5`.
fn is_same_model(rest: &str) -> bool {
    let Some(rest) = rest.strip_prefix(['.', '-']) else {
        return rest.chars().next().is_none_or(|next| !next.is_ascii_alphanumeric());
    };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    !(1..=2).contains(&digits)
}

/// Returns the prices of a model at a provider; the longest beginning of the name decides.
pub(crate) fn listed(provider: &str, sent_as: &str) -> Option<Prices> {
    let name = profile::bare(sent_as);
    let fits = |entry: &&PriceEntry| {
        entry.provider == provider && name.strip_prefix(&entry.model).is_some_and(is_same_model)
    };
    let entries = table().price.iter().filter(fits);
    let entry = entries.max_by_key(|entry| entry.model.len())?;
    Some(entry.prices())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_name_decides() {
        let input = |provider: &str, name: &str| {
            listed(provider, name).map(|prices| prices.input.per_million().to_string())
        };
        assert_eq!(input("openai", "gpt-5-mini-2025-08-07").as_deref(), Some("$0.25"));
        assert_eq!(input("openai", "gpt-5").as_deref(), Some("$1.25"));
        assert_eq!(input("openai", "gpt-4o-2024-08-06").as_deref(), Some("$2.50"));
        assert_eq!(input("anthropic", "claude-sonnet-4-5-20250929").as_deref(), Some("$3.00"));
        assert_eq!(input("anthropic", "claude-opus-4-1@20250805").as_deref(), Some("$15.00"));
        for later in ["gpt-5.9", "gpt-4omni", "o3x"] {
            assert_eq!(input("openai", later), None, "{later} is another model");
        }
        assert_eq!(input("anthropic", "claude-opus-4-9"), None);
        assert_eq!(input("vllm", "gpt-5"), None);
    }
}
