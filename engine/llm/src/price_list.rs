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
    /// The prefix of the model's name.
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

/// Returns provider, prefix of the model's name, and prices of each entry of the table.
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

/// Returns whether the rest of a name after a listed one still names that model: a date, or a word for its newest version. Any
/// other word names a variant, such as `turbo`, and a number names a further version, as in `gpt-5.1` after `gpt-5`; their prices
/// are not known.
fn is_same_model(rest: &str) -> bool {
    const WORDS: [&str; 6] = ["latest", "preview", "exp", "experimental", "v1", "free"];
    let Some(parts) = rest.strip_prefix(['.', '-', '@', ':']) else { return rest.is_empty() };
    let mut dated = false;
    parts.split(['-', '.', '@', ':']).all(|part| {
        let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        // A month and a day have two digits and follow a year or a word.
        let known = WORDS.contains(&part) || digits && (part.len() >= 3 || dated);
        dated |= known;
        known
    })
}

/// Returns the prices of a model at a provider, by the longest matching prefix of its name.
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
        for variant in ["o3-deep-research", "gpt-4o-audio-preview", "gpt-5-x"] {
            assert_eq!(input("openai", variant), None, "{variant} has prices of its own");
        }
        for variant in ["kimi-k2-turbo-preview", "kimi-k2-thinking-turbo"] {
            assert_eq!(input("moonshot", variant), None, "{variant} has prices of its own");
        }
        assert_eq!(input("moonshot", "kimi-k2-0905-preview").as_deref(), Some("$0.60"));
        assert_eq!(input("anthropic", "claude-opus-4-9"), None);
        assert_eq!(input("vllm", "gpt-5"), None);
    }
}
