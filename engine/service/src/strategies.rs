//! The search strategies that runs can name.

use hyperspace_evolve::{BanditSpec, SpecError, StrategyDescription, StrategySpec};
use serde::Serialize;

use crate::error::ServiceError;
use crate::nearest::did_you_mean;

/// Descriptions of strategies: the document of `strategies --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct StrategiesView {
    /// The strategies, in the order of their documentation page.
    pub strategies: Vec<StrategyDescription>,
    /// The bandits over models and prompts.
    pub bandits: Vec<StrategyDescription>,
}

/// Returns all strategies and bandits, or only the one with this name.
///
/// # Errors
///
/// [`ServiceError::Request`] for an unknown name, with the most similar known one.
pub fn strategies(name: Option<&str>) -> Result<StrategiesView, ServiceError> {
    let (mut strategies, mut bandits) = (StrategySpec::all_described(), BanditSpec::all_described());
    let Some(name) = name else { return Ok(StrategiesView { strategies, bandits }) };
    let name = match name.parse::<BanditSpec>() {
        Ok(bandit) => bandit.name(),
        Err(_) => name.parse::<StrategySpec>().map_err(spec_error)?.name(),
    };
    strategies.retain(|one| one.name == name);
    bandits.retain(|one| one.name == name);
    Ok(StrategiesView { strategies, bandits })
}

/// Returns the error for a text that is not a strategy, with the most similar known name.
pub(crate) fn spec_error(error: SpecError) -> ServiceError {
    let hint = match &error {
        SpecError::Name { name, known, .. } => did_you_mean(name, known.iter().copied()),
        SpecError::Key { key, known, .. } => did_you_mean(key, known.iter().map(String::as_str)),
        _ => None,
    };
    let message = error.to_string();
    let all = || "`hyperspace strategies` explains all of them, with their parameters".to_owned();
    ServiceError::with_hint(message, hint.unwrap_or_else(all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_nearly_right_is_understood() {
        assert!(strategies(None).unwrap().strategies.len() > 14);
        let bandit = strategies(Some("thompson")).unwrap();
        assert_eq!((bandit.strategies.len(), bandit.bandits[0].name), (0, "thompson"));
        assert_eq!(strategies(Some("map-elites")).unwrap().strategies[0].name, "map-elites");
        let hint = |text: &str| spec_error(text.parse::<StrategySpec>().unwrap_err()).hints().join(" ");
        assert_eq!(hint("map-elite"), "did you mean map-elites?");
        assert_eq!(hint("islands:cout=3"), "did you mean count?");
        assert!(hint("islands:count=0").contains("hyperspace strategies"));
    }
}
