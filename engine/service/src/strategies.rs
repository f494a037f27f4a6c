//! The search strategies that runs can name.

use hyperspace_evolve::{SpecError, StrategyDescription, StrategySpec};
use serde::Serialize;

use crate::error::ServiceError;
use crate::nearest::did_you_mean;

/// Strategies, described: the document of `strategies --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct StrategiesView {
    /// The strategies, in the order of the page about them.
    pub strategies: Vec<StrategyDescription>,
}

/// Returns all strategies, or the one of this name.
///
/// # Errors
///
/// [`ServiceError::Request`] for a name that no strategy has, with the nearest one.
pub fn strategies(name: Option<&str>) -> Result<StrategiesView, ServiceError> {
    let mut strategies = StrategySpec::all_described();
    if let Some(name) = name {
        let spec: StrategySpec = name.parse().map_err(spec_error)?;
        strategies.retain(|one| one.name == spec.name());
    }
    Ok(StrategiesView { strategies })
}

/// Returns the error for a text that is no strategy, with the nearest known name.
pub(crate) fn spec_error(error: SpecError) -> ServiceError {
    let hint = match &error {
        SpecError::Name { name, known } => did_you_mean(name, known.iter().copied()),
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
        assert_eq!(strategies(Some("map-elites")).unwrap().strategies[0].name, "map-elites");
        let hint = |text: &str| spec_error(text.parse::<StrategySpec>().unwrap_err()).hints().join(" ");
        assert_eq!(hint("map-elite"), "did you mean map-elites?");
        assert_eq!(hint("islands:cout=3"), "did you mean count?");
        assert!(hint("islands:count=0").contains("hyperspace strategies"));
    }
}
