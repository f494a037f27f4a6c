//! Settings as values: the content of a settings file, and how layers of settings override each other.
//!
//! A front end reads the file, parses it with [`Settings::parse`], and puts its own values (flags, variables, fields of a
//! request) above it with [`RunSettings::or`]. Unknown keys are refused.
//!
//! Attacks that end here: T-CONF-06, T-CONF-07.

use std::collections::BTreeMap;
use std::path::PathBuf;

use hyperspace_evolve::{
    Admission, AnswerStyle, Arm, BanditSpec, ComplacencyPolicy, DuplicateRule, Fraction, GateRule,
    SearchOptions, Selection, Sharing, SlimmingPolicy, SplitPolicy, StrategySpec,
};
use hyperspace_llm::ModelConfig;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::continuous_settings::ContinuousSettings;
use crate::defaults;
use crate::error::ServiceError;
use crate::files;
use crate::limit_settings::LimitSettings;
use crate::strategies::spec_error;

/// The content of a settings file, by convention `hyperspace.toml`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[non_exhaustive]
pub struct Settings {
    /// Folder of the store.
    pub store: Option<PathBuf>,
    /// Number of guests that run at the same time.
    pub workers: Option<usize>,
    /// Folder for compiled interpreters.
    pub cache_dir: Option<PathBuf>,
    /// Defaults of new runs: the section `[evolve]`.
    #[serde(rename = "evolve")]
    pub run: RunSettings,
    /// The search of new runs: the section `[search]`. It is also part of [`Settings::run`].
    pub search: Option<SearchSettings>,
    /// Limits on the code of candidates: the section `[limits]`. They are also part of [`Settings::run`].
    pub limits: LimitSettings,
    /// Continuous operation: the section `[continuous]`.
    pub continuous: ContinuousSettings,
    /// Models by name: the sections `[models.NAME]`.
    pub models: BTreeMap<String, ModelConfig>,
}

impl Settings {
    /// Parses the text of a settings file.
    ///
    /// # Errors
    ///
    /// [`ServiceError::File`] with line and column, for `path`, which is not read.
    pub fn parse(path: impl Into<PathBuf>, text: &str) -> Result<Self, ServiceError> {
        let path = path.into();
        let mut settings: Self = files::parse_toml(path.clone(), text)?;
        if let Some(search) = &settings.search {
            // It depends on the agent whether a run without a strategy has a search.
            let default = Some(defaults::search_with_model());
            search
                .options(default)
                .map_err(|error| ServiceError::file(path, format!("[search]: {error}")))?;
        }
        settings.run.search = settings.search.clone();
        settings.run.limits = settings.limits.clone();
        Ok(settings)
    }
}

/// The search of a new run. Anything that is not a key of this section is a parameter of the strategy.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
#[non_exhaustive]
pub struct SearchSettings {
    /// The strategy: its name, or `NAME:KEY=VALUE,…`.
    pub strategy: Option<String>,
    /// The rule that says which candidates become members.
    pub admission: Option<Admission>,
    /// Number of members that each meta agent is shown.
    pub inspirations: Option<u64>,
    /// The rule that says which candidates are the same.
    pub duplicates: Option<DuplicateRule>,
    /// Similarity from which on a candidate is not measured: a number such as 0.95.
    pub near_duplicates: Option<f64>,
    /// If true, the gate prefers the smaller program of two with equal scores.
    pub parsimony: Option<bool>,
    /// The gate: `fixed`, `paired`, or `paired:KEY=VALUE,…`.
    pub gate: Option<GateRule>,
    /// Largest probability with which the evaluation of a candidate that would be admitted is stopped early: a number such as 0.05.
    pub early_stop: Option<f64>,
    /// The model that judges candidates before they are measured.
    pub judge: Option<String>,
    /// The bandit over the models of populations whose model name stands for several: `ucb1`, `thompson`, or `NAME:KEY=VALUE,…`.
    pub model_bandit: Option<String>,
    /// The bandit over the kinds of prompts of the agent.
    pub prompt_bandit: Option<String>,
    /// Parameters of the strategy, by name.
    #[serde(flatten)]
    pub parameters: BTreeMap<String, Value>,
}

impl SearchSettings {
    /// Returns settings that only name a strategy: a name, or `NAME:KEY=VALUE,…`.
    #[must_use]
    pub fn strategy(text: &str) -> Self {
        Self { strategy: Some(text.to_owned()), ..Self::default() }
    }

    /// Returns these settings, with unset ones taken from `below`. A strategy comes together with its parameters.
    fn or(self, below: Self) -> Self {
        let (strategy, parameters) = match self.strategy {
            Some(strategy) => (Some(strategy), self.parameters),
            None => (below.strategy, below.parameters),
        };
        Self {
            strategy,
            admission: self.admission.or(below.admission),
            inspirations: self.inspirations.or(below.inspirations),
            duplicates: self.duplicates.or(below.duplicates),
            near_duplicates: self.near_duplicates.or(below.near_duplicates),
            parsimony: self.parsimony.or(below.parsimony),
            gate: self.gate.or(below.gate),
            early_stop: self.early_stop.or(below.early_stop),
            judge: self.judge.or(below.judge),
            model_bandit: self.model_bandit.or(below.model_bandit),
            prompt_bandit: self.prompt_bandit.or(below.prompt_bandit),
            parameters,
        }
    }

    /// Returns the name of the first key that is set.
    fn first_given(&self) -> &'static str {
        let keys = [
            ("admission", self.admission.is_some()),
            ("inspirations", self.inspirations.is_some()),
            ("gate", self.gate.is_some()),
            ("duplicates", self.duplicates.is_some()),
            ("near-duplicates", self.near_duplicates.is_some()),
            ("parsimony", self.parsimony.is_some()),
            ("early-stop", self.early_stop.is_some()),
            ("judge", self.judge.is_some()),
            ("model-bandit", self.model_bandit.is_some()),
            ("prompt-bandit", self.prompt_bandit.is_some()),
        ];
        keys.into_iter().find_map(|(key, given)| given.then_some(key)).unwrap_or("search")
    }

    /// Returns the search that these settings describe. `default` is that of a run without a strategy, if such a run has one.
    pub(crate) fn options(&self, default: Option<SearchOptions>) -> Result<SearchOptions, ServiceError> {
        let mut options = match (&self.strategy, default) {
            (Some(name), _) => SearchOptions::new(self.spec(name)?),
            (None, Some(default)) if self.parameters.is_empty() => default,
            (None, _) => {
                let why = "the other keys of `[search]` are those of a strategy";
                return Err(ServiceError::Requires { setting: self.first_given(), other: "strategy", why });
            }
        };
        (options.admission, options.inspirations) = (self.admission, self.inspirations);
        options.duplicates = self.duplicates.unwrap_or(options.duplicates);
        options.parsimony = self.parsimony.unwrap_or_default();
        options.near_duplicates = self.near_duplicates.map(likeness).transpose()?;
        options.gate = self.gate.unwrap_or_default();
        options.early_stop = self.early_stop.map(probability).transpose()?;
        options.judge = self.judge.clone();
        let bandit = |text: &Option<String>| text.as_deref().map(str::parse::<BanditSpec>).transpose();
        options.arms.models = bandit(&self.model_bandit).map_err(spec_error)?;
        options.arms.prompts = bandit(&self.prompt_bandit).map_err(spec_error)?;
        Ok(options)
    }

    /// Returns the strategy of this name with its parameters.
    fn spec(&self, name: &str) -> Result<StrategySpec, ServiceError> {
        let mut table: Map<String, Value> = self.parameters.clone().into_iter().collect();
        table.insert("strategy".to_owned(), Value::from(name));
        StrategySpec::from_table(&Value::Object(table)).map_err(spec_error)
    }
}

/// Returns a probability of early stops as an exact fraction.
fn probability(number: f64) -> Result<Fraction, ServiceError> {
    let error = || ServiceError::request(format!("early-stop is {number}; expected a probability, 0 to 0.5"));
    number.to_string().parse().map_err(|()| error())
}

/// Returns a similarity as an exact fraction.
fn likeness(number: f64) -> Result<Fraction, ServiceError> {
    let error =
        || ServiceError::request(format!("near-duplicates is {number}; expected a number between 0.5 and 1"));
    number.to_string().parse().map_err(|_| error())
}

/// Settings of a new run. Unset ones are taken from the layer below, and finally from the [defaults of the
/// product](crate::defaults).
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[non_exhaustive]
pub struct RunSettings {
    /// A bundled task, or a folder with a `task.toml`.
    pub task: Option<String>,
    /// A bundled agent, or a folder with one.
    pub agent: Option<String>,
    /// Number of generations after the seed.
    pub generations: Option<u64>,
    /// Number of candidates per generation and population.
    pub candidates: Option<u64>,
    /// The seed of every random choice of the run.
    pub seed: Option<u64>,
    /// The selection of parents.
    pub selection: Option<Selection>,
    /// The search strategy, instead of a selection. In a settings file, it is the section `[search]`.
    #[serde(skip)]
    pub search: Option<SearchSettings>,
    /// Limits on the code of candidates. In a settings file, they are the section `[limits]`.
    #[serde(skip)]
    pub limits: LimitSettings,
    /// The variant of the loop.
    pub arm: Option<Arm>,
    /// The policies on texts that agents see of each other. If sanitised, a run without a strategy gets the strategy equivalent
    /// to its selection.
    pub sharing: Option<Sharing>,
    /// The split policy: `fixed`, `rotating`, `ladder`, or one of the latter with `:KEY=VALUE,…`. If not fixed, the strategy is
    /// as with `sharing`.
    pub split_policy: Option<SplitPolicy>,
    /// The answers to signs of complacency: `ignore`, `answer`, or the latter with `:KEY=VALUE,…`. If not ignored, the strategy
    /// is as with `sharing`.
    pub complacency: Option<ComplacencyPolicy>,
    /// Slimming attempts on members that have grown: `off`, `on`, or the latter with `:KEY=VALUE,…`. If not off, the strategy is
    /// as with `sharing`.
    pub slimming: Option<SlimmingPolicy>,
    /// Keeps the rules of the original experiments where ours are safer.
    pub parity: Option<bool>,
    /// The parts of evaluations that meta agents see: `SPLIT=ITEMS` each.
    pub visible: Option<Vec<String>>,
    /// Globs of the files that a meta agent may change.
    pub edit_scope: Option<Vec<String>>,
    /// Fuel of one run of a meta agent.
    pub meta_fuel: Option<u64>,
    /// Fuel of one case of an evaluation, if the task does not set its own.
    pub case_fuel: Option<u64>,
    /// The model of each population's meta agents. If empty, there is one population without a model.
    pub models: Option<Vec<String>>,
    /// The model that task agents call.
    pub eval_model: Option<String>,
    /// Number of generations that populations take part in: one number for all, or one for each.
    pub rounds: Option<Vec<u64>>,
    /// Temperature of meta agents.
    pub temperature: Option<f64>,
    /// The form of models' answers.
    pub style: Option<AnswerStyle>,
    /// Budgets for models: `LEVEL.RESOURCE=N` each.
    pub budget: Option<Vec<String>>,
}

impl RunSettings {
    /// Returns these settings, with unset ones taken from `below`.
    #[must_use]
    pub fn or(self, below: &Self) -> Self {
        let below = below.clone();
        Self {
            task: self.task.or(below.task),
            agent: self.agent.or(below.agent),
            generations: self.generations.or(below.generations),
            candidates: self.candidates.or(below.candidates),
            seed: self.seed.or(below.seed),
            selection: self.selection.or(below.selection),
            search: match (self.search, below.search) {
                (Some(own), Some(below)) => Some(own.or(below)),
                (own, below) => own.or(below),
            },
            limits: self.limits.or(below.limits),
            arm: self.arm.or(below.arm),
            sharing: self.sharing.or(below.sharing),
            split_policy: self.split_policy.or(below.split_policy),
            complacency: self.complacency.or(below.complacency),
            slimming: self.slimming.or(below.slimming),
            parity: self.parity.or(below.parity),
            visible: self.visible.or(below.visible),
            edit_scope: self.edit_scope.or(below.edit_scope),
            meta_fuel: self.meta_fuel.or(below.meta_fuel),
            case_fuel: self.case_fuel.or(below.case_fuel),
            models: self.models.or(below.models),
            eval_model: self.eval_model.or(below.eval_model),
            rounds: self.rounds.or(below.rounds),
            temperature: self.temperature.or(below.temperature),
            style: self.style.or(below.style),
            budget: self.budget.or(below.budget),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_covers_what_it_sets_and_no_more() {
        let file = Settings::parse("f.toml", "[evolve]\nseed = 9\narm = \"freeze-meta\"\n").unwrap().run;
        let flags = RunSettings { seed: Some(5), candidates: Some(2), ..RunSettings::default() };
        let both = flags.or(&file);
        assert_eq!((both.seed, both.candidates, both.arm), (Some(5), Some(2), Some(Arm::FreezeMeta)));
        assert_eq!(both.task, None);
    }

    #[test]
    fn a_strategy_takes_its_parameters_with_it() {
        let text = "[search]\nstrategy = \"islands\"\ncount = 3\ninner = { strategy = \"beam\", width = 2 }\ninspirations = 2\n";
        let file = Settings::parse("f.toml", text).unwrap().run;
        let shown = |settings: &RunSettings| {
            let options = settings.search.as_ref().unwrap().options(None).unwrap();
            (options.strategy.to_string(), options.inspirations)
        };
        assert_eq!(shown(&file), ("islands:count=3,inner=(beam:width=2)".to_owned(), Some(2)));
        let flags = RunSettings {
            search: Some(SearchSettings::strategy("power-law:alpha=2")),
            ..RunSettings::default()
        };
        assert_eq!(shown(&flags.or(&file)), ("power-law:alpha=2".to_owned(), Some(2)));
        let paired = SearchSettings { gate: "paired:repeats=2".parse().ok(), ..SearchSettings::default() };
        let flags = RunSettings { search: Some(paired), ..RunSettings::default() };
        let gate = flags.or(&file).search.unwrap().options(None).unwrap().gate;
        assert_eq!(gate.to_string(), "paired:confidence=0.95,repeats=2,effect=0.035,remeasure=5,drift=4");
        let none = SearchSettings { inspirations: Some(0), ..SearchSettings::default() };
        let flags = RunSettings { search: Some(none), ..RunSettings::default() };
        assert_eq!(shown(&flags.or(&file)).1, Some(0));
    }

    #[test]
    fn keys_without_a_strategy_change_the_default_one() {
        let file = Settings::parse("f.toml", "[search]\ninspirations = 2\n").unwrap().run;
        let search = file.search.unwrap();
        let options = search.options(Some(defaults::search_with_model())).unwrap();
        assert_eq!((options.strategy.to_string(), options.inspirations), ("pareto".to_owned(), Some(2)));
        assert_eq!(options.duplicates, DuplicateRule::Syntax);
        let exact = SearchSettings { duplicates: Some(DuplicateRule::Exact), ..SearchSettings::default() };
        let options = exact.options(Some(defaults::search_with_model())).unwrap();
        assert_eq!(options.duplicates, DuplicateRule::Exact);
        let error = search.options(None).unwrap_err().to_string();
        assert!(error.contains("requires strategy"), "{error}");
    }

    #[test]
    fn a_strategy_that_is_none_is_refused_with_the_file() {
        for (text, words) in [
            ("[search]\nstrategy = \"ilands\"\n", ["f.toml", "[search]", "unknown strategy \"ilands\""]),
            ("[search]\nstrategy = \"beam\"\nwidht = 3\n", ["f.toml", "[search]", "no parameter \"widht\""]),
            ("[search]\nadmission = \"none\"\n", ["f.toml", "line 2", "gate"]),
            ("[search]\nstrategy = \"beam\"\nduplicates = \"all\"\n", ["f.toml", "line", "syntax"]),
            (
                "[search]\nstrategy = \"beam\"\nnear-duplicates = -1.0\n",
                ["f.toml", "[search]", "between 0.5 and 1"],
            ),
            ("[search]\nwidth = 2\n", ["f.toml", "[search]", "requires strategy"]),
            ("[search]\njudge = \"a\"\nwidth = 2\n", ["f.toml", "[search]", "requires strategy"]),
            ("[search]\nstrategy = \"beam\"\ngate = \"pared\"\n", ["f.toml", "pared", "fixed or paired"]),
        ] {
            let error = Settings::parse("f.toml", text).unwrap_err().to_string();
            assert!(words.iter().all(|word| error.contains(word)), "{error}");
        }
    }

    #[test]
    fn the_page_about_settings_has_every_key() {
        let page = include_str!("../../../docs/settings.md");
        let (_, sample) = page.split_once("```toml\n").unwrap();
        let settings = Settings::parse("docs/settings.md", sample.split_once("```").unwrap().0).unwrap();
        let nothing_is_absent = format!("{:?}", (&settings.store, &settings.workers, &settings.cache_dir))
            + &format!("{:?}", settings.run);
        assert!(!nothing_is_absent.contains("None"), "{nothing_is_absent}");
        assert!(settings.models.contains_key("local"));
    }

    #[test]
    fn unknown_keys_are_refused_with_their_line() {
        for (text, words) in [
            ("stroe = \"x\"\n", ["f.toml", "line 1", "stroe"]),
            ("\n[evolve]\narm = \"half\"\n", ["f.toml", "line 3", "freeze-meta"]),
            ("[evolve]\nsplit-policy = \"rotate\"\n", ["f.toml", "line 2", "fixed, rotating or ladder"]),
        ] {
            let error = Settings::parse("f.toml", text).unwrap_err().to_string();
            assert!(words.iter().all(|word| error.contains(word)), "{error}");
        }
    }
}
