//! Look-up of models by name: first in the settings, then in the provider table.

use std::collections::{BTreeMap, BTreeSet};

use crate::budget::{BudgetLimits, Spend};
use crate::config::{Api, ModelConfig, Provider, Quirks};
use crate::error::ConfigError;
use crate::learned::Learned;
use crate::price::{Cost, Prices};
use crate::price_list;
use crate::profile::ModelProfile;
use crate::secret::Secret;
use crate::types::Usage;

/// The provider table.
const TABLE: &str = include_str!("../data/providers.toml");
/// Default maximum number of tokens of an answer.
const OUTPUT_TOKENS: u64 = 16_384;
const CONCURRENCY: u32 = 32;
const TIMEOUT_MS: u64 = 300_000;
/// Upper bounds of settings.
const CONCURRENCY_MAX: u32 = 4_096;
const TIMEOUT_MS_MAX: u64 = 24 * 3_600_000;
/// The smallest window that leaves room for a question and an answer.
const WINDOW_MIN: u64 = 256;
/// Fields of a request that `quirks.body` would override, and what to do instead.
const OWN_FIELDS: [(&str, &str); 8] = [
    ("messages", "it is the conversation"),
    ("input", "it is the conversation"),
    ("system", "it is a part of the conversation"),
    ("tools", "they are those of the agent"),
    ("model", "use `model`"),
    ("stream", "use `quirks.stream`"),
    ("stream_options", "use `quirks.stream`"),
    ("n", "one answer is read, and the others would be paid for"),
];
/// Fields that every request needs.
const NEEDED_FIELDS: [&str; 3] = ["messages", "input", "model"];
/// Headers that determine where a request ends and for whom it is.
const OWN_HEADERS: [&str; 4] = ["content-length", "transfer-encoding", "connection", "host"];

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

/// The models of the settings and the providers of the table.
#[derive(Debug, Clone)]
pub struct Registry {
    models: BTreeMap<String, ModelConfig>,
    providers: Vec<Provider>,
}

/// A model with its address, key, prices and limits.
#[derive(Debug, Clone)]
pub struct Model {
    pub(crate) name: String,
    pub(crate) api: Api,
    pub(crate) base_url: String,
    pub(crate) sent_as: String,
    pub(crate) key: Option<Secret>,
    /// Names the provider and its model in attachments of answers.
    pub(crate) origin: String,
    /// The name of the family whose profile applies.
    pub(crate) family: Option<&'static str>,
    pub(crate) prices: Option<Prices>,
    /// The date of the prices, if they are not configured.
    pub(crate) prices_of: Option<&'static str>,
    pub(crate) context_window: Option<u64>,
    pub(crate) max_output_tokens: u64,
    pub(crate) requests_per_minute: Option<u64>,
    pub(crate) tokens_per_minute: Option<u64>,
    pub(crate) concurrency: u32,
    pub(crate) timeout_ms: u64,
    pub(crate) quirks: Quirks,
    /// Names of the values set in the settings, those of quirks with the prefix `quirks.`.
    pub(crate) set: BTreeSet<String>,
}

impl Model {
    /// Returns the name in the configuration.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the address, without the path of the operation.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Returns the provider's name of the model.
    #[must_use]
    pub fn sent_as(&self) -> &str {
        &self.sent_as
    }

    /// Returns the API.
    #[must_use]
    pub fn api(&self) -> Api {
        self.api
    }

    /// Returns the name of the family whose profile applies.
    #[must_use]
    pub fn family(&self) -> Option<&'static str> {
        self.family
    }

    /// Returns the prices per million tokens: of requests, of their cached tokens, and of answers.
    #[must_use]
    pub fn prices(&self) -> Option<[Cost; 3]> {
        self.prices
            .map(|prices| [prices.input, prices.cached_input, prices.output].map(|price| price.per_million()))
    }

    /// Returns the date of the prices, if they come from the table.
    #[must_use]
    pub fn prices_of(&self) -> Option<&'static str> {
        self.prices_of
    }

    /// Returns the maximum number of tokens of an answer.
    #[must_use]
    pub fn max_output_tokens(&self) -> u64 {
        self.max_output_tokens
    }

    /// Returns the maximum number of tokens of a request together with its answer.
    #[must_use]
    pub fn context_window(&self) -> Option<u64> {
        self.context_window
    }

    /// Returns the name under which lessons of the provider are kept. It depends on provider, API and address, and not on a key.
    #[must_use]
    pub fn lesson_key(&self) -> String {
        format!("{:?} {} {}", self.api, self.base_url, self.sent_as).to_lowercase()
    }

    /// Returns the model with lessons of its provider applied.
    #[must_use]
    pub fn with_learned(mut self, learned: &Learned) -> Self {
        learned.apply(&mut self);
        self
    }

    /// Returns whether the prices are known.
    #[must_use]
    pub fn is_priced(&self) -> bool {
        self.prices.is_some()
    }

    /// Returns the highest cost of calls of this model within `limits`, if each is sent at most `attempts` times. `None` if
    /// limits and settings do not limit it, or if no prices are known.
    #[must_use]
    pub fn most_within(&self, limits: &BudgetLimits, attempts: u32) -> Option<Cost> {
        let prices = self.prices?;
        let requests = limits.calls.map(|calls| calls.saturating_mul(u64::from(attempts.max(1))));
        let of_calls = |each: Option<u64>| Some(requests?.saturating_mul(each?));
        let least = |one: Option<u64>, other: Option<u64>| one.into_iter().chain(other).min();
        let input = least(limits.input_tokens, of_calls(self.context_window));
        let output = least(limits.output_tokens, of_calls(Some(self.max_output_tokens)));
        let most = prices.most(input, output, limits.tokens);
        limits.cost.into_iter().chain(most).min()
    }

    /// Returns the tokens and cost of `usage`, without a call.
    pub(crate) fn spend(&self, usage: Usage) -> Spend {
        let cost = self.prices.map_or(Cost::default(), |prices| prices.of(usage));
        Spend { calls: 0, input_tokens: usage.input_tokens, output_tokens: usage.output_tokens, cost }
    }
}

pub(crate) fn table() -> Vec<Provider> {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct ProviderTable {
        provider: Vec<Provider>,
    }
    let table: ProviderTable = toml::from_str(TABLE).expect("the bundled provider table is valid");
    table.provider
}

impl Registry {
    /// Creates a registry of the models in the settings.
    #[must_use]
    pub fn new(models: BTreeMap<String, ModelConfig>) -> Self {
        Self { models, providers: table() }
    }

    /// Returns the names of the models in the settings.
    pub fn configured(&self) -> impl Iterator<Item = &str> {
        self.models.keys().map(String::as_str)
    }

    /// Returns the environment variables that any model may need.
    #[must_use]
    pub fn variables(&self) -> BTreeSet<&str> {
        let configured = self.models.values().filter_map(|model| model.api_key_env.as_deref());
        let known = self.providers.iter().flat_map(|p| [p.api_key_env.as_deref(), p.base_url_env.as_deref()]);
        known.flatten().chain(configured).collect()
    }

    /// Returns the key files that any model may need.
    #[must_use]
    pub fn key_files(&self) -> BTreeSet<&str> {
        self.models.values().filter_map(|model| model.api_key_file.as_deref()).collect()
    }

    /// Returns the model of this name, with its key from `environment`.
    ///
    /// # Errors
    ///
    /// [`ConfigError`], which names the model, field or variable.
    pub fn model(&self, name: &str, environment: &ModelEnvironment) -> Result<Model, ConfigError> {
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
            None => self.provider_of(name, sent, environment)?,
        };
        let base_url = provider
            .and_then(|provider| provider.base_url_env.as_deref())
            .and_then(|variable| environment.variables.get(variable))
            .filter(|value| !value.is_empty())
            .map(|value| value.expose().to_owned());
        let base_url = section.base_url.clone().or(base_url);
        let base_url = base_url.or_else(|| provider?.base_url.clone());
        let base_url = base_url
            .ok_or_else(|| field("base-url", "the provider has no address of its own; set it".to_owned()))?;
        let base_url = address(&base_url).map_err(|problem| field("base-url", problem))?;
        let key = key(name, &section, provider, environment)?;
        let sent_as = sent.strip_prefix(prefix).unwrap_or(sent).to_owned();
        let profile = ModelProfile::of(&sent_as);
        let mut quirks = provider.map(|provider| provider.quirks.clone()).unwrap_or_default();
        quirks.extend(profile.iter().flat_map(|profile| profile.quirks.clone()));
        quirks.extend(section.quirks.clone());
        let quirks: Quirks =
            quirks.try_into().map_err(|e: toml::de::Error| field("quirks", e.message().to_owned()))?;
        let own_address = section.base_url.is_none();
        let known = provider
            .filter(|_| own_address)
            .and_then(|provider| price_list::listed(&provider.name, &sent_as));
        let configured = has_prices(&section);
        let prices = prices(&section, known).map_err(|problem| field("input-price", problem))?;
        let most =
            profile.and_then(|profile| profile.max_output_tokens).unwrap_or(OUTPUT_TOKENS).min(OUTPUT_TOKENS);
        let place = provider.map_or(name, |provider| provider.name.as_str());
        let model = Model {
            name: name.to_owned(),
            api: section.api.or(provider.map(|provider| provider.api)).unwrap_or(Api::Openai),
            base_url,
            origin: format!("{place}/{sent_as}"),
            sent_as,
            family: profile.map(|profile| profile.name.as_str()),
            key,
            prices_of: known.filter(|_| !configured).map(|_| price_list::date()),
            prices,
            context_window: section.context_window.or(profile.and_then(|profile| profile.context_window)),
            max_output_tokens: section.max_output_tokens.unwrap_or(most),
            requests_per_minute: section.requests_per_minute,
            tokens_per_minute: section.tokens_per_minute,
            concurrency: section.concurrency.unwrap_or(CONCURRENCY),
            timeout_ms: section.timeout_ms.unwrap_or(TIMEOUT_MS),
            quirks,
            set: set_by(&section),
        };
        check(&model)?;
        Ok(model)
    }

    /// Returns the prices of a model, in picodollars per token: of a request, of an answer, of a cached token of a request, and
    /// of one written to the cache. `None` if settings and name alone do not determine them. No key is needed.
    #[must_use]
    pub fn token_prices(&self, name: &str) -> Option<[u64; 4]> {
        let section = self.models.get(name).cloned().unwrap_or_default();
        let sent = section.model.as_deref().unwrap_or(name);
        let own_address = section.base_url.is_none();
        let found = match &section.provider {
            Some(wanted) => {
                self.providers.iter().find(|provider| provider.name == *wanted).map(|one| (one, ""))
            }
            None => self
                .provider_of(name, sent, &ModelEnvironment::default())
                .ok()
                .and_then(|(one, prefix)| Some((one?, prefix))),
        };
        let known = found.filter(|_| own_address).and_then(|(provider, prefix)| {
            price_list::listed(&provider.name, sent.strip_prefix(prefix).unwrap_or(sent))
        });
        let prices = prices(&section, known).ok().flatten()?;
        let each = [prices.input, prices.output, prices.cached_input, prices.cache_write];
        Some(each.map(|price| price.of(1).0))
    }

    /// Returns the provider to which a model belongs according to its name, and the prefix of the name that is not sent.
    fn provider_of(
        &self,
        name: &str,
        sent: &str,
        environment: &ModelEnvironment,
    ) -> Result<(Option<&Provider>, &str), ConfigError> {
        for provider in &self.providers {
            if let Some(prefix) = provider.prefixes.iter().find(|prefix| sent.starts_with(prefix.as_str())) {
                return Ok((Some(provider), if provider.strip_prefix { prefix } else { "" }));
            }
        }
        let usable = |provider: &&Provider| {
            let key =
                provider.api_key_env.as_deref().and_then(|variable| environment.variables.get(variable));
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

/// Returns the names of settings that lessons do not change.
fn set_by(section: &ModelConfig) -> BTreeSet<String> {
    let mut set: BTreeSet<String> = section.quirks.keys().map(|name| format!("quirks.{name}")).collect();
    set.extend(section.max_output_tokens.map(|_| "max-output-tokens".to_owned()));
    set.extend(section.context_window.map(|_| "context-window".to_owned()));
    set
}

/// Returns whether a section sets a price.
fn has_prices(section: &ModelConfig) -> bool {
    let set =
        [section.input_price, section.output_price, section.cached_input_price, section.cache_write_price];
    set.iter().any(Option::is_some)
}

/// Returns the prices of a section, with unset ones taken from `known`. A price that is set for requests also replaces the known
/// ones of cached tokens.
fn prices(section: &ModelConfig, known: Option<Prices>) -> Result<Option<Prices>, String> {
    let input = section.input_price.or(known.map(|known| known.input));
    let output = section.output_price.or(known.map(|known| known.output));
    let other = known.filter(|_| section.input_price.is_none());
    match (input, output) {
        (Some(input), Some(output)) => Ok(Some(Prices {
            input,
            output,
            cached_input: section
                .cached_input_price
                .or(other.map(|known| known.cached_input))
                .unwrap_or(input),
            cache_write: section.cache_write_price.or(other.map(|known| known.cache_write)).unwrap_or(input),
        })),
        (None, None) if !has_prices(section) => Ok(None),
        _ => Err("no prices are known for this model: set `input-price` and `output-price`, both or neither"
            .to_owned()),
    }
}

/// Returns the key: from the file, or else the section's variable, or else the provider's variable. At an address other than the
/// provider's own, the key may be absent.
fn key(
    name: &str,
    section: &ModelConfig,
    provider: Option<&Provider>,
    environment: &ModelEnvironment,
) -> Result<Option<Secret>, ConfigError> {
    let none = |variable: &str| ConfigError::NoKey { model: name.to_owned(), variable: variable.to_owned() };
    if let Some(file) = &section.api_key_file {
        let key = environment.files.get(file).filter(|key| !key.is_empty());
        return key.cloned().map(Some).ok_or_else(|| ConfigError::Field {
            model: name.to_owned(),
            field: "api-key-file",
            problem: format!("{file} contains no key"),
        });
    }
    let named = section.api_key_env.as_deref();
    let variable = named.or(provider.and_then(|provider| provider.api_key_env.as_deref()));
    let Some(variable) = variable else { return Ok(None) };
    let key = environment.variables.get(variable).filter(|key| !key.is_empty()).cloned();
    if key.is_none() && (named.is_some() || section.base_url.is_none()) {
        return Err(none(variable));
    }
    Ok(key)
}

/// Validates an address and removes the path of the operation. A query is kept.
fn address(text: &str) -> Result<String, String> {
    const OPERATIONS: [&str; 3] = ["/chat/completions", "/messages", "/responses"];
    let (text, query) = text.split_once('?').map_or((text, None), |(text, query)| (text, Some(query)));
    let text = text.trim_start().trim_end_matches(|c: char| c == '/' || c.is_whitespace());
    let text = OPERATIONS.iter().find_map(|operation| text.strip_suffix(operation)).unwrap_or(text);
    const OF_KEYS: [&str; 4] = ["key", "token", "secret", "sig"];
    let names = query
        .unwrap_or_default()
        .split('&')
        .map(|pair| pair.split('=').next().unwrap_or_default().to_lowercase());
    if names.into_iter().any(|name| OF_KEYS.iter().any(|word| name.contains(word))) {
        return Err("a query may not carry a key; use `api-key-env` or `api-key-file`".to_owned());
    }
    let expected = || "expected http://HOST/PATH or https://HOST/PATH without user and fragment".to_owned();
    let whole = query.map_or_else(|| text.to_owned(), |query| format!("{text}?{query}"));
    let url = reqwest::Url::parse(&whole).map_err(|_| expected())?;
    let plain = url.username().is_empty() && url.password().is_none();
    if plain && url.fragment().is_none() && url.has_host() && matches!(url.scheme(), "http" | "https") {
        Ok(whole)
    } else {
        Err(expected())
    }
}

fn check(model: &Model) -> Result<(), ConfigError> {
    let wrong = |field, problem| Err(ConfigError::Field { model: model.name.clone(), field, problem });
    let ranges = [
        ("concurrency", u64::from(model.concurrency), 1, u64::from(CONCURRENCY_MAX)),
        ("timeout-ms", model.timeout_ms, 1, TIMEOUT_MS_MAX),
        ("max-output-tokens", model.max_output_tokens, 1, u64::from(u32::MAX)),
        ("context-window", model.context_window.unwrap_or(WINDOW_MIN), WINDOW_MIN, u64::from(u32::MAX)),
        ("requests-per-minute", model.requests_per_minute.unwrap_or(1), 1, u64::from(u32::MAX)),
        ("tokens-per-minute", model.tokens_per_minute.unwrap_or(1), 1, u64::from(u32::MAX)),
    ];
    for (field, value, least, most) in ranges {
        if !(least..=most).contains(&value) {
            return wrong(field, format!("{value}; expected {least} to {most}"));
        }
    }
    let quirks = &model.quirks;
    let limit = &*quirks.max_tokens_field;
    if limit.is_empty() || OWN_FIELDS.iter().any(|(own, _)| *own == limit) {
        let problem =
            format!("{limit:?}; expected the name of a field that limits the answer, such as max_tokens");
        return wrong("quirks.max-tokens-field", problem);
    }
    let limits = [limit, "max_tokens", "max_completion_tokens", "max_output_tokens"];
    for name in quirks.body.keys() {
        let own = OWN_FIELDS.iter().find(|(own, _)| own == name).map(|(_, instead)| *instead);
        let own = own.or_else(|| limits.contains(&&**name).then_some("use `max-output-tokens`"));
        if let Some(instead) = own {
            return wrong("quirks.body", format!("`{name}` cannot be set here: {instead}"));
        }
    }
    if let Some(name) = NEEDED_FIELDS.into_iter().find(|name| quirks.left_out.contains(*name)) {
        return wrong("quirks.left-out", format!("`{name}` cannot be left out: every request has it"));
    }
    let of_transport = |name: &&String| OWN_HEADERS.iter().any(|own| name.eq_ignore_ascii_case(own));
    if let Some(name) = quirks.headers.keys().find(of_transport) {
        return wrong(
            "quirks.headers",
            format!("{name:?} is a header of the connection, which sets it itself"),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests;
