//! Built-in knowledge: providers, families of models and prices, each with the date of its data.

use serde::Serialize;

use crate::config::Api;
use crate::price::Cost;
use crate::profile;
use crate::{price_list, registry};

/// Providers, families of models and prices that are known without settings.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Catalogue {
    /// The date of the prices, as text such as `2025-11-30`.
    pub prices_of: &'static str,
    /// The date of the profiles.
    pub profiles_of: &'static str,
    /// Providers.
    pub providers: Vec<KnownProvider>,
    /// Families of models.
    pub families: Vec<KnownFamily>,
    /// Prices of models at their own providers.
    pub prices: Vec<KnownPrice>,
}

/// A provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct KnownProvider {
    /// Its name in the settings.
    pub name: String,
    /// Its API.
    pub api: Api,
    /// Its address; null if it has to come from the settings or a variable.
    pub base_url: Option<String>,
    /// The environment variable with its key.
    pub api_key_env: Option<String>,
    /// Prefixes of the names of its models.
    pub prefixes: Vec<String>,
}

/// A family of models.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct KnownFamily {
    /// Its name.
    pub name: &'static str,
    /// Prefixes of the names of its models.
    pub starts: &'static [String],
    /// Maximum number of tokens of a request together with its answer.
    pub context_window: Option<u64>,
    /// Maximum number of tokens of an answer.
    pub max_output_tokens: Option<u64>,
    /// Quirks of its requests, as in the settings.
    pub quirks: &'static toml::Table,
}

/// Prices of a model at a provider, per million tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct KnownPrice {
    /// The provider.
    pub provider: &'static str,
    /// The prefix of the model's name.
    pub model: &'static str,
    /// The price of requests.
    pub input: Cost,
    /// The price of requests that the provider had cached.
    pub cached_input: Cost,
    /// The price of answers.
    pub output: Cost,
}

impl Catalogue {
    /// Returns the built-in knowledge.
    #[must_use]
    pub fn bundled() -> Self {
        let providers = registry::table().into_iter().map(|provider| KnownProvider {
            name: provider.name,
            api: provider.api,
            base_url: provider.base_url,
            api_key_env: provider.api_key_env,
            prefixes: provider.prefixes,
        });
        let families = profile::table().iter().map(|family| KnownFamily {
            name: &family.name,
            starts: &family.starts,
            context_window: family.context_window,
            max_output_tokens: family.max_output_tokens,
            quirks: &family.quirks,
        });
        let prices = price_list::entries().map(|(provider, model, prices)| KnownPrice {
            provider,
            model,
            input: prices.input.per_million(),
            cached_input: prices.cached_input.per_million(),
            output: prices.output.per_million(),
        });
        Self {
            prices_of: price_list::date(),
            profiles_of: profile::date(),
            providers: providers.collect(),
            families: families.collect(),
            prices: prices.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_priced_provider_is_known() {
        let known = Catalogue::bundled();
        assert!(
            known.prices.iter().all(|price| known.providers.iter().any(|one| one.name == price.provider))
        );
        assert_eq!(known.prices_of.len(), "2025-11-30".len());
        assert!(known.families.iter().all(|family| !family.starts.is_empty()));
    }
}
