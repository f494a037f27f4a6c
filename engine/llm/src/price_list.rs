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

/// Prices from the table.
pub(crate) struct ListedPrices {
    pub(crate) prices: Prices,
    pub(crate) date: &'static str,
}

fn table() -> &'static PriceTable {
    static PRICES: OnceLock<PriceTable> = OnceLock::new();
    PRICES.get_or_init(|| toml::from_str(TABLE).expect("the bundled table of prices is valid"))
}

/// Returns the prices of a model at a provider; the longest beginning of the name decides.
pub(crate) fn listed(provider: &str, sent_as: &str) -> Option<ListedPrices> {
    let name = profile::bare(sent_as);
    let entries =
        table().price.iter().filter(|entry| entry.provider == provider && name.starts_with(&entry.model));
    let entry = entries.max_by_key(|entry| entry.model.len())?;
    let prices = Prices {
        input: entry.input,
        output: entry.output,
        cached_input: entry.cached_input.unwrap_or(entry.input),
        cache_write: entry.cache_write.unwrap_or(entry.input),
    };
    Some(ListedPrices { prices, date: &table().date })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_name_decides() {
        let input = |provider: &str, name: &str| {
            listed(provider, name).map(|listed| listed.prices.input.per_million().to_string())
        };
        assert_eq!(input("openai", "gpt-5-mini-2025-08-07").as_deref(), Some("$0.25"));
        assert_eq!(input("openai", "gpt-5").as_deref(), Some("$1.25"));
        assert_eq!(input("vllm", "gpt-5"), None);
    }
}
