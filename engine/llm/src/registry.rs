//! Finds a model by its name: sections of the settings first, then the table of providers.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::{Api, ModelConfig, Provider, Quirks};
use crate::error::ConfigError;
use crate::price::Price;
use crate::secret::Secret;

/// The table of providers.
const TABLE: &str = include_str!("../data/providers.toml");
/// Longest answer where nothing says otherwise.
const OUTPUT_TOKENS: u64 = 16_384;
const CONCURRENCY: u32 = 32;
const TIMEOUT_MS: u64 = 300_000;
/// Largest values of the settings; a timeout of a day is a mistake.
const CONCURRENCY_MAX: u32 = 4_096;
const TIMEOUT_MS_MAX: u64 = 24 * 3_600_000;

/// Environment variables and key files, as read by the caller for the names that [`Registry::variables`] and
/// [`Registry::key_files`] list.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ModelEnvironment {
    /// Values of environment variables.
    pub variables: BTreeMap<String, Secret>,
    /// Contents of key files.
    pub files: BTreeMap<String, Secret>,
}

impl ModelEnvironment {
    /// Creates an environment from variables and key files, both by name.
    #[must_use]
    pub fn new(variables: BTreeMap<String, Secret>, files: BTreeMap<String, Secret>) -> Self {
        Self { variables, files }
    }
}

/// All models that can be named.
#[derive(Debug, Clone)]
pub struct Registry {
    models: BTreeMap<String, ModelConfig>,
    providers: Vec<Provider>,
}

/// A model that can be called.
#[derive(Debug, Clone)]
pub struct Model {
    pub(crate) name: String,
    pub(crate) api: Api,
    pub(crate) base_url: String,
    pub(crate) sent_as: String,
    pub(crate) key: Option<Secret>,
    pub(crate) prices: Option<(Price, Price)>,
    pub(crate) context_window: Option<u64>,
    pub(crate) max_output_tokens: u64,
    pub(crate) requests_per_minute: Option<u64>,
    pub(crate) tokens_per_minute: Option<u64>,
    pub(crate) concurrency: u32,
    pub(crate) timeout_ms: u64,
    pub(crate) quirks: Quirks,
}

impl Model {
    /// Its name in the configuration.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it is reached.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Whether its cost is known.
    #[must_use]
    pub fn is_priced(&self) -> bool {
        self.prices.is_some()
    }
}

fn table() -> Vec<Provider> {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Table {
        provider: Vec<Provider>,
    }
    let table: Table = toml::from_str(TABLE).expect("the table of providers is part of the program");
    table.provider
}

impl Registry {
    /// The models of the settings and those of the table.
    #[must_use]
    pub fn new(models: BTreeMap<String, ModelConfig>) -> Self {
        Self { models, providers: table() }
    }

    /// The environment variables that any model may need.
    #[must_use]
    pub fn variables(&self) -> BTreeSet<&str> {
        let configured = self.models.values().filter_map(|model| model.api_key_env.as_deref());
        let known = self.providers.iter().flat_map(|p| [p.api_key_env.as_deref(), p.base_url_env.as_deref()]);
        known.flatten().chain(configured).collect()
    }

    /// The key files that any model may need.
    #[must_use]
    pub fn key_files(&self) -> BTreeSet<&str> {
        self.models.values().filter_map(|model| model.api_key_file.as_deref()).collect()
    }

    /// The model of this name.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] that names model, field or variable.
    pub fn model(&self, name: &str, around: &ModelEnvironment) -> Result<Model, ConfigError> {
        let section = self.models.get(name).cloned().unwrap_or_default();
        let field = |field, problem: String| ConfigError::Field { model: name.to_owned(), field, problem };
        let sent = section.model.as_deref().unwrap_or(name);
        let (provider, prefix) = match &section.provider {
            Some(wanted) => {
                let found = self.providers.iter().find(|provider| provider.name == *wanted);
                let names: Vec<_> = self.providers.iter().map(|provider| provider.name.as_str()).collect();
                let known = || field("provider", format!("{wanted:?} is not one of {}", names.join(", ")));
                (Some(found.ok_or_else(known)?), "")
            }
            None if section.base_url.is_some() => (None, ""),
            None => self.of_name(name, sent, around)?,
        };
        let base_url = provider
            .and_then(|provider| provider.base_url_env.as_deref())
            .and_then(|variable| around.variables.get(variable))
            .filter(|value| !value.is_empty())
            .map(|value| value.expose().to_owned());
        let base_url = section.base_url.clone().or(base_url);
        let base_url = base_url.or_else(|| provider.map(|provider| provider.base_url.clone()));
        let base_url = base_url.expect("without a provider there is a base-url");
        let base_url = address(&base_url).map_err(|problem| field("base-url", problem))?;
        let key = key(name, &section, provider, around)?;
        let mut quirks = provider.map(|provider| provider.quirks.clone()).unwrap_or_default();
        quirks.extend(section.quirks.clone());
        let quirks: Quirks =
            quirks.try_into().map_err(|e: toml::de::Error| field("quirks", e.message().to_owned()))?;
        let prices = match (section.input_price, section.output_price) {
            (Some(input), Some(output)) => Some((input, output)),
            (None, None) => None,
            _ => return Err(field("input-price", "both prices or none of them".to_owned())),
        };
        let model = Model {
            name: name.to_owned(),
            api: section.api.or(provider.map(|provider| provider.api)).unwrap_or(Api::Openai),
            base_url,
            sent_as: sent.strip_prefix(prefix).unwrap_or(sent).to_owned(),
            key,
            prices,
            context_window: section.context_window,
            max_output_tokens: section.max_output_tokens.unwrap_or(OUTPUT_TOKENS),
            requests_per_minute: section.requests_per_minute,
            tokens_per_minute: section.tokens_per_minute,
            concurrency: section.concurrency.unwrap_or(CONCURRENCY),
            timeout_ms: section.timeout_ms.unwrap_or(TIMEOUT_MS),
            quirks,
        };
        check(&model)?;
        Ok(model)
    }

    /// The provider of a model without a section that says it, and the prefix that is not sent.
    fn of_name(
        &self,
        name: &str,
        sent: &str,
        around: &ModelEnvironment,
    ) -> Result<(Option<&Provider>, &str), ConfigError> {
        for provider in &self.providers {
            if let Some(prefix) = provider.prefixes.iter().find(|prefix| sent.starts_with(prefix.as_str())) {
                return Ok((Some(provider), if provider.strip_prefix { prefix } else { "" }));
            }
        }
        let usable = |provider: &&Provider| {
            let key = provider.api_key_env.as_deref().and_then(|variable| around.variables.get(variable));
            provider.fallback && key.is_some_and(|key| !key.is_empty())
        };
        let found = self.providers.iter().find(usable);
        let variables: Vec<&str> = self
            .providers
            .iter()
            .filter(|provider| provider.fallback)
            .filter_map(|provider| provider.api_key_env.as_deref())
            .collect();
        let unknown =
            || ConfigError::UnknownModel { model: name.to_owned(), variables: variables.join(", ") };
        Ok((Some(found.ok_or_else(unknown)?), ""))
    }
}

/// The key: of the file, of the section's variable, of the provider's variable. A provider at another address than its own
/// may do without.
fn key(
    name: &str,
    section: &ModelConfig,
    provider: Option<&Provider>,
    around: &ModelEnvironment,
) -> Result<Option<Secret>, ConfigError> {
    let none = |variable: &str| ConfigError::NoKey { model: name.to_owned(), variable: variable.to_owned() };
    if let Some(file) = &section.api_key_file {
        let key = around.files.get(file).filter(|key| !key.is_empty());
        return key.cloned().map(Some).ok_or_else(|| ConfigError::Field {
            model: name.to_owned(),
            field: "api-key-file",
            problem: format!("{file} has no key in it"),
        });
    }
    let named = section.api_key_env.as_deref();
    let variable = named.or(provider.and_then(|provider| provider.api_key_env.as_deref()));
    let Some(variable) = variable else { return Ok(None) };
    let key = around.variables.get(variable).filter(|key| !key.is_empty()).cloned();
    if key.is_none() && (named.is_some() || section.base_url.is_none()) {
        return Err(none(variable));
    }
    Ok(key)
}

/// An address without what the API adds to it.
fn address(text: &str) -> Result<String, String> {
    let text = text.trim_end_matches('/');
    let text = text.strip_suffix("/chat/completions").or(text.strip_suffix("/messages")).unwrap_or(text);
    let shown =
        || "expected http://HOST/PATH or https://HOST/PATH without user, query and fragment".to_owned();
    let url = reqwest::Url::parse(text).map_err(|_| shown())?;
    let plain = url.username().is_empty() && url.password().is_none();
    let whole = url.query().is_none() && url.fragment().is_none() && url.has_host();
    match plain && whole && matches!(url.scheme(), "http" | "https") {
        true => Ok(text.to_owned()),
        false => Err(shown()),
    }
}

fn check(model: &Model) -> Result<(), ConfigError> {
    let ranges = [
        ("concurrency", u64::from(model.concurrency), u64::from(CONCURRENCY_MAX)),
        ("timeout-ms", model.timeout_ms, TIMEOUT_MS_MAX),
        ("max-output-tokens", model.max_output_tokens, u64::from(u32::MAX)),
        ("context-window", model.context_window.unwrap_or(1), u64::from(u32::MAX)),
        ("requests-per-minute", model.requests_per_minute.unwrap_or(1), u64::from(u32::MAX)),
        ("tokens-per-minute", model.tokens_per_minute.unwrap_or(1), u64::from(u32::MAX)),
    ];
    for (field, value, most) in ranges {
        if !(1..=most).contains(&value) {
            let problem = format!("{value}; expected 1 to {most}");
            return Err(ConfigError::Field { model: model.name.clone(), field, problem });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
