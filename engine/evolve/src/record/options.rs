//! Options that a user chooses for a run.

use std::collections::BTreeSet;

use hyperspace_core::EditScope;
use hyperspace_eval::CodeLimits;
use hyperspace_sandbox::Limits;

use crate::error::EvolveError;
use crate::record::arm::Arm;
use crate::record::bandit_config::asked_of;
use crate::record::model_options::ModelOptions;
use crate::record::population::{self, PopulationOptions};
use crate::record::search_config::SearchOptions;
use crate::record::selection::Selection;
use crate::record::sharing_config::{NOTES, Sharing};
use crate::record::split_policy::SplitPolicy;
use crate::record::strategy::StrategySpec;
use crate::record::visibility::VisibilityPolicy;

/// Maximum number of candidates in one generation.
pub const CANDIDATES_MAX: u64 = 1_024;

/// The options of a run.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// The seed of every random stream of the run.
    pub seed: u64,
    /// Number of candidates per generation and population, 1 to [`CANDIDATES_MAX`].
    pub candidates: u64,
    /// The way in which parents are selected.
    pub selection: Selection,
    /// The search strategy, instead of `selection`. A run with one has format 3.
    pub search: Option<SearchOptions>,
    /// The policies on texts that agents see of each other, in a run with a strategy. `None` means sanitised if a population has
    /// a model that could read them, and raw otherwise.
    pub sharing: Option<Sharing>,
    /// The variant of the loop.
    pub arm: Arm,
    /// Keeps the original's rules where this engine's are stricter; see [`RULE_DIFFERENCES`](crate::RULE_DIFFERENCES).
    pub parity: bool,
    /// The parts of evaluations that meta agents see.
    pub visibility: VisibilityPolicy,
    /// The files that a meta agent may change.
    pub edit_scope: EditScope,
    /// Limits of one run of a meta agent.
    pub meta_limits: Limits,
    /// Limits on the code of a candidate.
    pub code_limits: CodeLimits,
    /// The populations, each with its model. Each generation is a round of all of them, and each sees the champions that the
    /// others have published. If empty, the run has one population without a model.
    pub populations: Vec<PopulationOptions>,
    /// Settings of model calls.
    pub models: ModelOptions,
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
        self.validate_search()?;
        population::validate(&self.populations)?;
        self.models.validate()?;
        if let Some(name) = self.code_limits.refusing() {
            return Err(EvolveError::option(name, 0, "a number of at least 1"));
        }
        self.meta_limits.validate().map_err(|error| {
            EvolveError::option(error.field, error.given, format!("{} to {}", error.least, error.most))
        })
    }
}

impl RunOptions {
    /// Returns the policies on texts that agents see of each other.
    #[must_use]
    pub fn sharing(&self) -> Sharing {
        let read = self.search.is_some() && !self.populations.is_empty();
        self.sharing.unwrap_or(if read { Sharing::Sanitised } else { Sharing::Raw })
    }

    /// Returns the names of the models that meta agents call. A name may stand for several models.
    #[must_use]
    pub fn meta_models(&self) -> BTreeSet<String> {
        let is_bandit = self.search.as_ref().is_some_and(|search| search.arms.models.is_some());
        self.populations.iter().flat_map(|one| asked_of(&one.model, is_bandit)).collect()
    }

    /// Returns the globs of the files that a meta agent may change. The default ones also include the notes if peers read them.
    pub(crate) fn edit_globs(&self) -> Vec<String> {
        let mut globs = self.edit_scope.globs().to_vec();
        if self.sharing() == Sharing::Sanitised && globs == EditScope::DEFAULT {
            globs.push(NOTES.to_owned());
        }
        globs
    }

    /// Checks that the search is compatible with the other options.
    fn validate_search(&self) -> Result<(), EvolveError> {
        let Some(search) = &self.search else {
            return match self.sharing {
                Some(Sharing::Sanitised) => {
                    Err(EvolveError::option("sharing", Sharing::Sanitised, "raw without a strategy"))
                }
                _ => Ok(()),
            };
        };
        search.validate()?;
        search.arms.validate(&self.populations)?;
        if !matches!(self.arm, Arm::Full | Arm::FreezeMeta) {
            let expected =
                "full or freeze-meta with a strategy; `random` and `annealing` are strategies, too";
            return Err(EvolveError::option("arm", self.arm, expected));
        }
        if search.splits != SplitPolicy::Fixed && !self.visibility.held_out.is_empty() {
            let expected = "fixed where meta agents see evaluations on held-out data";
            return Err(EvolveError::option("split-policy", search.splits, expected));
        }
        if self.parity {
            return Err(EvolveError::option(
                "parity",
                true,
                "false with a strategy; it keeps the rules of selections",
            ));
        }
        if matches!(search.strategy, StrategySpec::Annealing(_)) && self.candidates != 1 {
            let expected = "1 with strategy annealing, whose tournaments make the second candidate";
            return Err(EvolveError::option("candidates", self.candidates, expected));
        }
        Ok(())
    }
}

impl Default for RunOptions {
    /// Seed 42, 8 candidates, `score-child-prop`, arm `full` without parity, predictions and scores of training data visible, the
    /// default edit scope, and 4 billion units of fuel for a meta agent.
    fn default() -> Self {
        Self {
            seed: 42,
            candidates: 8,
            selection: Selection::ScoreChildProp,
            search: None,
            sharing: None,
            arm: Arm::Full,
            parity: false,
            visibility: VisibilityPolicy::default(),
            edit_scope: EditScope::default(),
            meta_limits: Limits::default().with_fuel(4_000_000_000),
            code_limits: CodeLimits::default(),
            populations: Vec::new(),
            models: ModelOptions::default(),
        }
    }
}
