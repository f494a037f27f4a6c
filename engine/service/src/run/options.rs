//! The options of a run, from its settings and the defaults of the product.

use hyperspace_core::EditScope;
use hyperspace_evolve::{
    Arm, ComplacencyPolicy, GENERATIONS_MAX, RunOptions, SearchOptions, Selection, Sharing, SlimmingPolicy,
    SplitPolicy, StrategySpec,
};
use hyperspace_sandbox::Limits;

use crate::defaults;
use crate::error::ServiceError;
use crate::models::{Budgets, asked, populations};
use crate::settings::RunSettings;
use crate::strategies::spec_error;

/// Returns valid options for a run that starts from the agent with this name.
pub(super) fn options(
    settings: &RunSettings,
    budgets: &Budgets,
    agent: &str,
) -> Result<RunOptions, ServiceError> {
    let mut options = RunOptions {
        populations: populations(settings)?,
        models: asked(settings, budgets),
        parity: settings.parity.unwrap_or_default(),
        code_limits: settings.limits.limits(),
        ..RunOptions::default()
    };
    if !options.populations.is_empty() {
        options.candidates = defaults::CANDIDATES_WITH_MODEL;
        options.meta_limits.fuel = defaults::META_FUEL_WITH_MODEL;
        options.meta_limits.wall_clock_ms = defaults::META_WALL_CLOCK_MS_WITH_MODEL;
    }
    if let Some(seed) = settings.seed {
        options.seed = seed;
    }
    options.arm = settings.arm.unwrap_or(options.arm);
    let default = default_search(settings, &options, agent);
    options.search = match &settings.search {
        Some(search) => Some(search.options(default)?),
        None => default,
    };
    let annealing = |search: &SearchOptions| matches!(search.strategy, StrategySpec::Annealing(_));
    if options.arm == Arm::Annealing || options.search.as_ref().is_some_and(annealing) {
        options.candidates = defaults::CANDIDATES_WITH_MODEL;
    }
    if options.search.is_some() && settings.selection.is_some() {
        let why = "a strategy selects parents itself; every selection is a strategy, too";
        return Err(ServiceError::Conflict { setting: "selection", other: "strategy", why });
    }
    if let Some(candidates) = settings.candidates {
        options.candidates = candidates;
    }
    for text in settings.visible.iter().flatten() {
        options.visibility.set(text).map_err(|error| ServiceError::setting("visible", error))?;
    }
    if let Some(selection) = settings.selection {
        options.selection = selection;
        if options.arm == Arm::Random && selection != Selection::Random {
            let why = "arm random chooses parents at random";
            return Err(ServiceError::Conflict { setting: "selection", other: "arm", why });
        }
    }
    if let Some(globs) = &settings.edit_scope {
        options.edit_scope =
            EditScope::new(globs).map_err(|error| ServiceError::setting("edit-scope", error))?;
    }
    if let Some(fuel) = settings.meta_fuel {
        let limits = options.meta_limits.with_fuel(fuel);
        limits.validate().map_err(|error| ServiceError::setting("meta-fuel", error))?;
        options.meta_limits = limits;
    }
    options.sharing = settings.sharing;
    if settings.sharing == Some(Sharing::Sanitised) && options.search.is_none() {
        options.search = Some(search_of(&options)?);
    }
    if let Some(policy) = settings.split_policy {
        if policy != SplitPolicy::Fixed && options.search.is_none() {
            options.search = Some(search_of(&options)?);
        }
        options.search.iter_mut().for_each(|search| search.splits = policy);
    }
    if let Some(policy) = &settings.complacency {
        if *policy != ComplacencyPolicy::Ignore && options.search.is_none() {
            options.search = Some(search_of(&options)?);
        }
        options.search.iter_mut().for_each(|search| search.complacency = policy.clone());
    }
    if let Some(policy) = settings.slimming {
        if policy != SlimmingPolicy::Off && options.search.is_none() {
            options.search = Some(search_of(&options)?);
        }
        options.search.iter_mut().for_each(|search| search.slimming = policy);
    }
    options.validate()?;
    Ok(options)
}

/// Returns the search of a run that names no strategy, if it has one that differs from its selection.
fn default_search(settings: &RunSettings, options: &RunOptions, agent: &str) -> Option<SearchOptions> {
    let searches = agent == defaults::AGENT_WITH_MODEL && !options.populations.is_empty();
    let free = settings.selection.is_none() && !options.parity;
    let evolves = matches!(options.arm, Arm::Full | Arm::FreezeMeta);
    (searches && free && evolves).then(defaults::search_with_model)
}

/// Returns the strategy equivalent to the selection, for rules that only runs with a strategy have.
fn search_of(options: &RunOptions) -> Result<SearchOptions, ServiceError> {
    let strategy: StrategySpec = options.selection.to_string().parse().map_err(spec_error)?;
    Ok(SearchOptions::new(strategy))
}

/// Returns the limits of a case with this fuel; `setting` names it in errors.
pub(crate) fn case_limits(setting: &'static str, fuel: u64) -> Result<Limits, ServiceError> {
    let limits = Limits::default().with_fuel(fuel);
    limits.validate().map_err(|error| ServiceError::setting(setting, error))?;
    Ok(limits)
}

/// Checks a number of generations before anything runs.
pub(super) fn check_generations(generations: u64) -> Result<(), ServiceError> {
    if (1..=GENERATIONS_MAX).contains(&generations) {
        return Ok(());
    }
    Err(ServiceError::range("generations", generations, format!("1 to {GENERATIONS_MAX}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::SearchSettings;

    /// The search of a run with this agent, as text.
    fn search(agent: &str, settings: RunSettings) -> Option<String> {
        let options = options(&settings, &Budgets::default(), agent).unwrap();
        options.search.map(|search| search.config().to_string())
    }

    fn with_model() -> RunSettings {
        RunSettings { models: Some(vec!["local".to_owned()]), ..RunSettings::default() }
    }

    #[test]
    fn evolver_with_a_model_has_a_strategy_unless_something_else_selects() {
        let default = Some(defaults::search_with_model().config().to_string());
        assert_eq!(search("evolver", with_model()), default);
        let frozen = RunSettings { arm: Some(Arm::FreezeMeta), ..with_model() };
        assert_eq!(search("evolver", frozen), default);
        let raw = RunSettings { sharing: Some(Sharing::Raw), ..with_model() };
        assert_eq!(search("evolver", raw), default);
        let named = RunSettings { search: Some(SearchSettings::strategy("iid")), ..with_model() };
        assert!(search("evolver", named).unwrap().starts_with("iid"));

        assert_eq!(search("evolver", RunSettings::default()), None);
        assert_eq!(search("baseline", with_model()), None);
        for settings in [
            RunSettings { selection: Some(Selection::Best), ..with_model() },
            RunSettings { parity: Some(true), ..with_model() },
            RunSettings { arm: Some(Arm::Random), ..with_model() },
            RunSettings { arm: Some(Arm::Annealing), ..with_model() },
        ] {
            assert_eq!(search("evolver", settings), None);
        }
    }

    #[test]
    fn rules_that_need_a_strategy_keep_the_default_one() {
        let sanitised = RunSettings { sharing: Some(Sharing::Sanitised), ..with_model() };
        assert!(search("evolver", sanitised.clone()).unwrap().starts_with("pareto"));
        assert!(search("baseline", sanitised).unwrap().starts_with("score-child-prop"));
    }
}
