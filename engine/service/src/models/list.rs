//! The models that are known, priced, configured and reachable.

use std::collections::BTreeSet;

use hyperspace_llm::{Api, Catalogue, Cost, Model, ProviderListing};
use serde::Serialize;
use tokio::task::JoinSet;

use super::callable::check_known;
use super::{callable, chains, lessons, options};
use crate::engine::Engine;
use crate::error::ServiceError;

/// A note about the bundled data.
const NOTE: &str = "prices and profiles were written from memory on their date, and nobody has compared them since: check them; \
    settings ([models.NAME]: input-price, output-price, cached-input-price, cache-write-price, context-window, \
    max-output-tokens, quirks) override them";

/// A request to list models.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ModelsRequest {
    /// Names of models in addition to those of the settings.
    pub names: Vec<String>,
    /// If true, the server of each model is asked for its list of models.
    pub check: bool,
    /// If true, the lessons of the named models, or of all if none is named, are forgotten; the next refusals teach them again.
    pub forget: bool,
}

impl ModelsRequest {
    /// Returns a request for the models of the settings and those with these names.
    #[must_use]
    pub fn new(names: Vec<String>) -> Self {
        Self { names, check: false, forget: false }
    }

    /// Sets whether servers are asked.
    #[must_use]
    pub fn check(mut self, check: bool) -> Self {
        self.check = check;
        self
    }

    /// Sets whether lessons are forgotten.
    #[must_use]
    pub fn forget(mut self, forget: bool) -> Self {
        self.forget = forget;
        self
    }
}

/// The known models: the document of `models --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ModelsView {
    /// A note about the bundled data.
    pub note: &'static str,
    /// Models of the settings, and those that were named.
    pub models: Vec<ModelRow>,
    /// Number of models whose lessons were forgotten; null if that was not requested.
    pub forgotten: Option<usize>,
    /// Names of the providers whose key is available.
    pub keys: Vec<String>,
    /// The bundled knowledge, without settings.
    pub known: Catalogue,
}

/// A model in a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ModelRow {
    /// Its name.
    pub name: String,
    /// True if it has a section in the settings.
    pub configured: bool,
    /// The reason why it cannot be called, such as a missing key; null if it can.
    pub problem: Option<String>,
    /// Its facts; null if it cannot be called.
    pub facts: Option<ModelFactsView>,
    /// The answer of its server; null if it was not asked.
    pub listing: Option<ProviderListing>,
}

/// The facts about a model.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ModelFactsView {
    /// The address of its provider.
    pub base_url: String,
    /// The API.
    pub api: Api,
    /// The provider's name for it.
    pub sent_as: String,
    /// The family whose profile applies.
    pub family: Option<&'static str>,
    /// Maximum number of tokens of a request together with its answer.
    pub context_window: Option<u64>,
    /// Maximum number of tokens of an answer.
    pub max_output_tokens: u64,
    /// Its prices; null if none are known, in which case its calls count as free.
    pub prices: Option<ModelPricesView>,
    /// The lessons of its provider, as lines of its section in the settings.
    pub learned: Vec<String>,
}

/// Prices of a model, per million tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ModelPricesView {
    /// The price of requests.
    pub input: Cost,
    /// The price of requests that the provider had cached.
    pub cached_input: Cost,
    /// The price of answers.
    pub output: Cost,
    /// The date of the bundled prices; null for prices from the settings.
    pub of: Option<&'static str>,
}

impl Engine {
    /// Lists the models of the settings and those that the request names, and the models known without settings.
    ///
    /// # Errors
    ///
    /// Class `Usage` when a name has no meaning. A model that cannot be called is in the view.
    pub async fn models(&self, request: ModelsRequest) -> Result<ModelsView, ServiceError> {
        let configured = &self.settings().models;
        let mut names: BTreeSet<String> = configured.keys().cloned().collect();
        for name in &request.names {
            for single in chains(self, name)?.into_iter().flatten() {
                // A model of the settings is listed even if its section is wrong.
                if !configured.contains_key(&single) {
                    check_known(self, &single)?;
                }
                names.insert(single);
            }
        }
        let forgotten = request.forget.then(|| self.forget_lessons(&request.names)).transpose()?;
        let (mut rows, mut asked) = (Vec::new(), JoinSet::new());
        for name in names {
            let one = BTreeSet::from([name.clone()]);
            let models = callable(self, &one, options(1)?);
            let facts = models.as_ref().ok().and_then(|models| {
                let learned = models.learned_of(&name).map(|learned| learned.lines()).unwrap_or_default();
                models.models_of(&name).next().map(|model| facts(model, learned))
            });
            let place = rows.len();
            if let (true, Ok(models)) = (request.check, &models) {
                let (models, name) = (models.clone(), name.clone());
                asked.spawn(async move { (place, models.listing(&name).await) });
            }
            let (configured, problem) =
                (configured.contains_key(&name), models.err().map(|error| error.to_string()));
            rows.push(ModelRow { configured, problem, facts, listing: None, name });
        }
        while let Some(joined) = asked.join_next().await {
            let (place, listing) = joined.map_err(|error| ServiceError::request(error.to_string()))?;
            if let Some(row) = rows.get_mut(place) {
                row.listing = listing;
            }
        }
        let known = Catalogue::bundled();
        let there = |variable: &str| {
            self.environment()
                .keys
                .as_ref()
                .and_then(|keys| keys(variable))
                .is_some_and(|key| !key.is_empty())
        };
        let ready = known.providers.iter().filter(|one| one.api_key_env.as_deref().is_some_and(there));
        let keys = ready.map(|one| one.name.clone()).collect();
        Ok(ModelsView { note: NOTE, models: rows, forgotten, keys, known })
    }

    fn forget_lessons(&self, named: &[String]) -> Result<usize, ServiceError> {
        if named.is_empty() {
            return Ok(lessons::forget(self, None));
        }
        let mut keys = BTreeSet::new();
        for name in named
            .iter()
            .map(|name| chains(self, name))
            .collect::<Result<Vec<_>, _>>()?
            .into_iter()
            .flatten()
            .flatten()
        {
            let models = callable(self, &BTreeSet::from([name.clone()]), options(1)?)?;
            keys.extend(models.models_of(&name).map(Model::lesson_key));
        }
        Ok(lessons::forget(self, Some(&keys)))
    }

    /// As [`Engine::models`], on the threads of the engine.
    ///
    /// # Errors
    ///
    /// As [`Engine::models`], and [`ServiceError::Threads`].
    ///
    /// # Panics
    ///
    /// When called inside a tokio runtime.
    pub fn models_blocking(&self, request: ModelsRequest) -> Result<ModelsView, ServiceError> {
        self.block_on(self.models(request))?
    }
}

fn facts(model: &Model, learned: Vec<String>) -> ModelFactsView {
    let prices = model.prices().map(|[input, cached_input, output]| ModelPricesView {
        input,
        cached_input,
        output,
        of: model.prices_of(),
    });
    ModelFactsView {
        base_url: model.base_url().to_owned(),
        api: model.api(),
        sent_as: model.sent_as().to_owned(),
        family: model.family(),
        context_window: model.context_window(),
        max_output_tokens: model.max_output_tokens(),
        prices,
        learned,
    }
}
