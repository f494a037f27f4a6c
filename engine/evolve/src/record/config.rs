//! The configuration of a run: everything that determines its results, and nothing else. Its hash identifies the run.

use std::collections::BTreeSet;

use hyperspace_core::{RecordId, TreeId, canon, record_id};
use hyperspace_eval::{CodeLimits, EvidenceRules};
use hyperspace_sandbox::Limits;
use hyperspace_store::StoreError;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::EvolveError;
use crate::record::arm::Arm;
use crate::record::bandit_config::asked_of;
use crate::record::complacency_rules::ComplacencyRules;
use crate::record::model_options::ModelRules;
use crate::record::population::PopulationConfig;
use crate::record::search_config::SearchConfig;
use crate::record::selection::Selection;
use crate::record::sharing_config::{Sharing, SharingRules};
use crate::record::slimming_rules::SlimmingConfig;
use crate::record::strategy::{Annealing, Fraction, StrategySpec};
use crate::record::visibility::VisibilityPolicy;

/// The version of the formats of configuration, journal and generation records in runs that do not name a search.
pub const FORMAT: u32 = 2;
/// The version of these formats in runs that name a search.
pub const SEARCH_FORMAT: u32 = 3;
/// The formats that can be read.
const FORMATS: [u64; 2] = [FORMAT as u64, SEARCH_FORMAT as u64];
/// The record kind of a configuration.
pub const RUN_KIND: &str = "run";

/// The configuration as it is stored and hashed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunConfig {
    /// [`SEARCH_FORMAT`] with `search`, [`FORMAT`] without it.
    pub format: u32,
    /// The task's name.
    pub task: String,
    /// The task's digest, which covers its files and external data.
    pub task_digest: String,
    /// The task's files.
    pub task_files: TreeId,
    /// External data of the task.
    pub data: Option<ExternalDataRef>,
    /// The name of the seed agent. Every population begins with it.
    pub agent: String,
    /// The seed agent's files.
    pub agent_files: TreeId,
    /// The populations in order; at least one.
    #[serde(rename = "agents")]
    pub populations: Vec<PopulationConfig>,
    /// The rules of model calls; null if no population has a model.
    pub models: Option<ModelRules>,
    /// See [`RunOptions::seed`](crate::RunOptions::seed), as decimal text because JSON numbers are exact only up to 2⁵³.
    pub seed: String,
    /// See [`RunOptions::candidates`](crate::RunOptions::candidates).
    pub candidates: u64,
    /// See [`RunOptions::selection`](crate::RunOptions::selection), after the arm's change to it; left out with `search`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selection: Option<Selection>,
    /// See [`RunOptions::search`](crate::RunOptions::search); left out in format 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<SearchConfig>,
    /// See [`RunOptions::arm`](crate::RunOptions::arm).
    #[serde(default)]
    pub arm: Arm,
    /// See [`RunOptions::parity`](crate::RunOptions::parity).
    #[serde(default)]
    pub parity: bool,
    /// See [`RunOptions::visibility`](crate::RunOptions::visibility).
    #[serde(default)]
    pub visibility: VisibilityPolicy,
    /// Globs of [`RunOptions::edit_scope`](crate::RunOptions::edit_scope).
    pub edit_scope: Vec<String>,
    /// See [`RunOptions::meta_limits`](crate::RunOptions::meta_limits).
    pub meta_limits: Limits,
    /// See [`RunOptions::code_limits`](crate::RunOptions::code_limits); left out if there is none.
    #[serde(default, skip_serializing_if = "CodeLimits::is_empty")]
    pub code_limits: CodeLimits,
    /// Limits of one case of an evaluation.
    pub eval_limits: Limits,
    /// The digest of interpreter, engine and prices.
    pub runtime: String,
    /// The files of the SDK.
    pub sdk: TreeId,
    /// The files between evaluator and program, for a task whose evaluator is written in Python; left out for other tasks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bridge: Option<TreeId>,
    /// The files that join the SDK's package `agent` with an agent's own, in a run that may need them: the seed agent needs them,
    /// or the edit scope has files in a folder `agent`. Left out otherwise, and in runs recorded before these files existed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_layer: Option<TreeId>,
    /// The version of the evidence; left out if it is the first one. Runs of bundled tasks keep the first version, so that they
    /// keep their roots.
    #[serde(default = "EvidenceRules::first", skip_serializing_if = "EvidenceRules::is_first")]
    pub evidence: EvidenceRules,
    /// See [`RunOptions::sharing`](crate::RunOptions::sharing); left out if it is raw, and in format 2.
    #[serde(default = "Sharing::raw", skip_serializing_if = "Sharing::is_raw")]
    pub sharing: Sharing,
    /// The version of the policies on texts of others; left out if it is the first, as in runs recorded before there was another
    /// one, and where texts are raw.
    #[serde(default = "SharingRules::first", skip_serializing_if = "SharingRules::is_first")]
    pub sharing_rules: SharingRules,
}

/// A reference to the external data of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExternalDataRef {
    /// `data.` followed by the file's extension, which determines its format, or `folder` for a folder.
    pub label: String,
    /// The content of the file as a tree with one file `data`, or the files of the folder.
    pub files: TreeId,
}

/// The rule of tournaments: after `t` of them, a generation is a tournament with probability `p0·decay^t`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TournamentRule {
    /// The probability of the first tournament.
    pub p0: Fraction,
    /// The factor on the probability after each tournament.
    pub decay: Fraction,
}

impl TournamentRule {
    /// Returns the rule of the arm `annealing`.
    #[must_use]
    pub fn original() -> Self {
        let standard = Annealing::default();
        Self { p0: standard.p0, decay: standard.decay }
    }
}

impl RunConfig {
    /// Returns the configuration as a value.
    ///
    /// # Errors
    ///
    /// [`EvolveError::Store`] when it has no canonical form.
    pub fn to_value(&self) -> Result<Value, EvolveError> {
        canon::to_value(self).map_err(|error| StoreError::from(error).into())
    }

    /// Reads a configuration.
    ///
    /// # Errors
    ///
    /// [`EvolveError::Record`] for unknown or missing fields, [`EvolveError::OtherFormat`] for another format,
    /// [`EvolveError::OtherSharingRules`] for policies of a later version.
    pub fn from_value(value: &Value) -> Result<Self, EvolveError> {
        // An unknown format has unknown fields as well; the number is what explains the failure.
        let recorded = value.get("format").and_then(Value::as_u64);
        if let Some(recorded) = recorded.filter(|number| !FORMATS.contains(number)) {
            return Err(EvolveError::OtherFormat { recorded });
        }
        let rules = value.get("sharing_rules").and_then(Value::as_str);
        if let Some(other) = rules.filter(|name| SharingRules::ALL.iter().all(|rules| rules.name() != *name))
        {
            return Err(EvolveError::OtherSharingRules { recorded: other.to_owned() });
        }
        let config: Self = canon::from_value(value).map_err(|e| EvolveError::record("the run", e))?;
        config.check_format()?;
        if config.populations.is_empty() {
            return Err(EvolveError::record("the run", "`agents` is empty; a run has at least one"));
        }
        Ok(config)
    }

    /// Checks that the fields match the format.
    fn check_format(&self) -> Result<(), EvolveError> {
        let named = if self.search.is_some() { SEARCH_FORMAT } else { FORMAT };
        if self.format != named {
            let why = format!("format {} with the fields of format {named}", self.format);
            return Err(EvolveError::record("the run", why));
        }
        let fault = match (&self.search, self.selection) {
            (None, None) => "`selection` is missing",
            (Some(_), Some(_)) => "`selection` does not go together with `search`",
            (None, Some(_)) if self.sharing != Sharing::Raw => "`sharing` goes together with `search` only",
            _ if self.sharing == Sharing::Raw && !self.sharing_rules.is_first() => {
                "`sharing_rules` goes together with `sharing` only"
            }
            (Some(_), None) if self.parity => "`parity` does not go together with `search`",
            (Some(_), None) if !matches!(self.arm, Arm::Full | Arm::FreezeMeta) => {
                "only the arms `full` and `freeze-meta` go together with `search`"
            }
            _ => return Ok(()),
        };
        Err(EvolveError::record("the run", fault))
    }

    /// Returns the text that says how parents are selected: the strategy with its parameters and other settings, or the
    /// selection.
    #[must_use]
    pub fn search_text(&self) -> String {
        match (&self.search, self.selection) {
            (Some(search), _) => search.to_string(),
            (None, selection) => selection.map(|way| way.to_string()).unwrap_or_default(),
        }
    }

    /// Returns whether candidates are independent samples, whose meta agents see no other candidate.
    #[must_use]
    pub fn is_independent(&self) -> bool {
        self.search.as_ref().is_some_and(|search| matches!(search.strategy, StrategySpec::Iid(_)))
    }

    /// Returns the rule of tournaments, in a run that holds them.
    #[must_use]
    pub fn tournaments(&self) -> Option<TournamentRule> {
        match self.search.as_ref().map(|search| &search.strategy) {
            Some(StrategySpec::Annealing(one)) => Some(TournamentRule { p0: one.p0, decay: one.decay }),
            Some(_) => None,
            None => (self.arm == Arm::Annealing).then(TournamentRule::original),
        }
    }

    /// Returns the rules of answers to signs of complacency, in a run that looks for them.
    #[must_use]
    pub fn complacency(&self) -> Option<&ComplacencyRules> {
        self.search.as_ref().and_then(|search| search.complacency.as_ref())
    }

    /// Returns the configuration of slimming attempts, in a run that makes any.
    #[must_use]
    pub fn slimming(&self) -> Option<&SlimmingConfig> {
        self.search.as_ref().and_then(|search| search.slimming.as_ref())
    }

    /// Returns the hash that identifies the run.
    ///
    /// # Errors
    ///
    /// As [`RunConfig::to_value`].
    pub fn id(&self) -> Result<RecordId, EvolveError> {
        record_id(RUN_KIND, &self.to_value()?).map_err(|error| StoreError::from(error).into())
    }

    /// Returns the seed as a number.
    ///
    /// # Errors
    ///
    /// [`EvolveError::Record`] when the text is not a number.
    pub fn seed(&self) -> Result<u64, EvolveError> {
        self.seed.parse().map_err(|error| EvolveError::record("seed of the run", error))
    }

    /// Returns whether a population takes part in a generation.
    #[must_use]
    pub fn takes_part(&self, generation: u64) -> bool {
        self.populations.iter().any(|population| population.takes_part(generation))
    }

    /// Returns the names of all models that the run calls. A name may stand for several.
    #[must_use]
    pub fn called_models(&self) -> BTreeSet<String> {
        let is_bandit = self
            .search
            .as_ref()
            .and_then(|search| search.arms.as_ref())
            .is_some_and(|arms| arms.models.is_some());
        let of_meta = self.populations.iter().filter_map(|one| one.model.as_deref());
        let of_meta = of_meta.flat_map(|model| asked_of(model, is_bandit));
        let of_meta = of_meta.chain(self.search.as_ref().and_then(|search| search.judge.clone()));
        of_meta.chain(self.populations.iter().filter_map(|one| one.eval_model.clone())).collect()
    }

    /// Returns whether task agents of the run call models.
    #[must_use]
    pub fn asks_models(&self) -> bool {
        self.populations.iter().any(|population| population.eval_model.is_some())
    }
}
