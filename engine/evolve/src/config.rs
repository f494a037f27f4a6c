//! The configuration of a run: everything that decides its results, and nothing else. Its hash is the run's name.

use hyperspace_core::{EditScope, RecordId, TreeId, canon, record_id};
use hyperspace_sandbox::Limits;
use hyperspace_store::StoreError;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::arms::Arm;
use crate::error::EvolveError;
use crate::models::{self, AgentConfig, AgentOptions, ModelOptions, ModelRules};
use crate::selection::Selection;
use crate::visibility::Visibility;

/// The version of the formats of configuration, journal and generation records.
pub const FORMAT: u32 = 2;
/// The kind of a configuration in the store.
pub const RUN_KIND: &str = "run";
/// Candidates of one generation.
pub const CANDIDATES_MAX: u64 = 1_024;

/// What a user chooses for a run.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// Keys every random stream of the run.
    pub seed: u64,
    /// Candidates per generation.
    pub candidates: u64,
    /// How parents are chosen.
    pub selection: Selection,
    /// The variant of the loop.
    pub arm: Arm,
    /// Keeps the original's rules where ours are safer; see [`DIFFERENCES`](crate::DIFFERENCES).
    pub parity: bool,
    /// What meta agents see of evaluations.
    pub visibility: Visibility,
    /// The files a meta agent may change.
    pub edit_scope: EditScope,
    /// Limits of one run of a meta agent.
    pub meta_limits: Limits,
    /// The agents and their models, who take turns and see what the others published; none: one agent without a model.
    pub agents: Vec<AgentOptions>,
    /// How models are asked.
    pub models: ModelOptions,
}

/// The configuration as it is stored and hashed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunConfig {
    /// [`FORMAT`].
    pub format: u32,
    /// The task's name.
    pub task: String,
    /// The task's digest, which covers its files and external data.
    pub task_digest: String,
    /// The task's files.
    pub task_files: TreeId,
    /// External data of the task: its label and content.
    pub data: Option<ExternalData>,
    /// The name of the seed agent, which all agents begin as.
    pub agent: String,
    /// The seed agent's files.
    pub agent_files: TreeId,
    /// The agents in order; at least one.
    pub agents: Vec<AgentConfig>,
    /// How models are asked; null when no agent has one.
    pub models: Option<ModelRules>,
    /// See [`RunOptions::seed`], as a decimal text: JSON numbers end at 2⁵³.
    pub seed: String,
    /// See [`RunOptions::candidates`].
    pub candidates: u64,
    /// See [`RunOptions::selection`]; what the arm makes of it.
    pub selection: Selection,
    /// See [`RunOptions::arm`].
    #[serde(default)]
    pub arm: Arm,
    /// See [`RunOptions::parity`].
    #[serde(default)]
    pub parity: bool,
    /// See [`RunOptions::visibility`].
    #[serde(default)]
    pub visibility: Visibility,
    /// Globs of [`RunOptions::edit_scope`].
    pub edit_scope: Vec<String>,
    /// See [`RunOptions::meta_limits`].
    pub meta_limits: Limits,
    /// Limits of one case of an evaluation.
    pub eval_limits: Limits,
    /// The digest of interpreter, engine and prices.
    pub runtime: String,
    /// The SDK.
    pub sdk: TreeId,
}

/// External data of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExternalData {
    /// `data.` and the ending of the file's name, which says what is in it; `folder` for a folder.
    pub label: String,
    /// The content of the file, as a tree of one file `data`, or the files of the folder.
    pub files: TreeId,
}

impl RunOptions {
    /// Checks every option.
    ///
    /// # Errors
    ///
    /// [`EvolveError::Option`] for the first one out of range.
    pub fn validate(&self) -> Result<(), EvolveError> {
        if !(1..=CANDIDATES_MAX).contains(&self.candidates) {
            let expected = format!("a number between 1 and {CANDIDATES_MAX}");
            return Err(EvolveError::option("candidates", self.candidates, expected));
        }
        if self.arm == Arm::Annealing && self.candidates != 1 {
            let expected = "1 with arm annealing, whose tournaments make the second candidate";
            return Err(EvolveError::option("candidates", self.candidates, expected));
        }
        models::validate(&self.agents, &self.models)?;
        self.meta_limits.validate().map_err(|error| {
            EvolveError::option(error.field, error.given, format!("{} to {}", error.least, error.most))
        })
    }
}

impl Default for RunOptions {
    /// Seed 42, 8 candidates, score-child-prop, arm full without parity, predictions and scores of training data visible, the
    /// default edit scope, 4 billion units of fuel for a meta agent.
    fn default() -> Self {
        Self {
            seed: 42,
            candidates: 8,
            selection: Selection::ScoreChildProp,
            arm: Arm::Full,
            parity: false,
            visibility: Visibility::default(),
            edit_scope: EditScope::default(),
            meta_limits: Limits::default().with_fuel(4_000_000_000),
            agents: Vec::new(),
            models: ModelOptions::default(),
        }
    }
}

impl RunConfig {
    /// The configuration as a value.
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
    /// [`EvolveError::Record`] for unknown or missing fields, or another format.
    pub fn from_value(value: &Value) -> Result<Self, EvolveError> {
        let config: Self = canon::from_value(value).map_err(|e| EvolveError::record("the run", e))?;
        if config.format != FORMAT {
            let why = format!("format {} is not {FORMAT}; use the version that recorded it", config.format);
            return Err(EvolveError::record("the run", why));
        }
        if config.agents.is_empty() {
            return Err(EvolveError::record("the run", "`agents` is empty; a run has at least one"));
        }
        Ok(config)
    }

    /// The run's name: the hash of its configuration.
    ///
    /// # Errors
    ///
    /// As [`RunConfig::to_value`].
    pub fn id(&self) -> Result<RecordId, EvolveError> {
        record_id(RUN_KIND, &self.to_value()?).map_err(|error| StoreError::from(error).into())
    }

    /// The seed as a number.
    ///
    /// # Errors
    ///
    /// [`EvolveError::Record`] when it is none.
    pub fn seed(&self) -> Result<u64, EvolveError> {
        self.seed.parse().map_err(|error| EvolveError::record("seed of the run", error))
    }
}
