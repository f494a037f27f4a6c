//! The context of a run: everything that its generations share.

use hyperspace_core::{EditScope, RecordId};
use hyperspace_eval::Task;
use hyperspace_markspace::Authority;
use hyperspace_tools::ToolRules;

use crate::error::EvolveError;
use crate::offspring::sanitised_texts::SanitisedTexts;
use crate::record::config::RunConfig;
use crate::resources::RunResources;
use crate::search::arms::Arms;
use crate::search::meta_lineage::MetaLineage;
use crate::search::seen_texts::SeenTexts;
use crate::search::state::{Population, RunState};
use crate::search::strategy::StrategyContext;

/// The context of a run.
pub struct RunContext {
    /// The run.
    pub run: RecordId,
    /// Its configuration.
    pub config: RunConfig,
    /// Its task.
    pub task: Task,
    /// The version of the tools' answers that the run was recorded with.
    pub(crate) tool_rules: ToolRules,
    /// Its resources.
    pub resources: RunResources,
    /// Issues the capabilities of candidates.
    pub(crate) authority: Authority,
    /// The seed of the run's random streams.
    pub(crate) seed: u64,
    /// The meta agents in the lineage of each population's members.
    pub(crate) lineages: Vec<MetaLineage>,
    /// Texts that were already searched for signs of complacency.
    pub(crate) texts: SeenTexts,
    /// Texts that were already sanitised.
    pub(crate) sanitised: SanitisedTexts,
}

impl RunContext {
    /// Returns the context of a run that is not necessarily stored yet.
    pub(crate) fn new(
        run: RecordId,
        config: RunConfig,
        task: Task,
        tool_rules: ToolRules,
        resources: RunResources,
    ) -> Result<Self, EvolveError> {
        let seed = config.seed()?;
        let lineages =
            config.populations.iter().map(|_| MetaLineage::new(config.agent_layer.is_some())).collect();
        let authority = Authority::new();
        let sanitised = SanitisedTexts::new(config.sharing_rules);
        Ok(Self {
            run,
            config,
            task,
            tool_rules,
            resources,
            authority,
            seed,
            lineages,
            texts: SeenTexts::default(),
            sanitised,
        })
    }

    /// Returns the files that meta agents may change.
    pub(crate) fn edit_scope(&self) -> Result<EditScope, EvolveError> {
        EditScope::new(&self.config.edit_scope).map_err(|error| EvolveError::record("the edit scope", error))
    }

    /// Returns the state before generation 0.
    #[must_use]
    pub fn initial_state(&self) -> RunState {
        let (config, task, seed) = (&self.config, &self.task, self.seed);
        let strategy =
            |population| (self.resources.strategy)(&StrategyContext { config, task, seed, population });
        let indices = 0..config.populations.len();
        let bandits = config.search.as_ref().and_then(|search| search.arms.as_ref());
        let arms = |population: usize| {
            let model = config.populations[population].model.as_deref();
            Arms::new(bandits, model, seed)
        };
        let watches = config.complacency().is_some();
        let slims = config.slimming().map(|slimming| slimming.rules());
        let population = |population| {
            let new = Population::new(strategy(population), arms(population));
            new.with_history(watches).with_slimming(slims)
        };
        RunState::new(indices.map(population).collect())
    }
}
