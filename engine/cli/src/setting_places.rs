//! The places of settings: flags and variables, or a line of the settings file.

use std::collections::BTreeSet;
use std::path::PathBuf;

use hyperspace_service::ServiceError;

/// The settings file as it was read, and the settings that a flag or a variable gives instead.
#[derive(Debug, Default)]
pub(crate) struct SettingPlaces {
    path: PathBuf,
    text: String,
    given: BTreeSet<String>,
}

impl SettingPlaces {
    /// Creates the places for a settings file with this text. `given` are the settings above it.
    pub(crate) fn new(path: PathBuf, text: String, given: BTreeSet<String>) -> Self {
        Self { path, text, given }
    }

    /// Returns a hint at the line that sets what an error is about; `None` if no line does, or if another place has precedence.
    pub(crate) fn hint(&self, error: &ServiceError) -> Option<String> {
        let settings = match error {
            ServiceError::Range { setting, .. } | ServiceError::Setting { setting, .. } => vec![*setting],
            ServiceError::Conflict { setting, other, .. } | ServiceError::Requires { setting, other, .. } => {
                vec![*setting, *other]
            }
            _ => return None,
        };
        let place = |setting: &&str| {
            let line = self.line(setting).filter(|_| !self.given.contains(*setting))?;
            Some(format!("`{setting}` is set in {}, line {line}", self.path.display()))
        };
        settings.iter().find_map(place)
    }

    /// Returns the number of the line that sets a key.
    fn line(&self, key: &str) -> Option<usize> {
        let sets = |line: &str| {
            line.trim_start().strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='))
        };
        self.text.lines().position(sets).map(|index| index + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_named_unless_a_flag_stands_above_it() {
        let places = |given: &[&str]| {
            let given = given.iter().map(|name| (*name).to_owned()).collect();
            let text = "workers-max = 1\n[evolve]\n  generations= 0\n".to_owned();
            SettingPlaces::new(PathBuf::from("h.toml"), text, given)
        };
        let error = |setting| {
            let (given, expected) = ("0".to_owned(), "1 to 9".to_owned());
            ServiceError::Range { setting, given, expected }
        };
        let hint = places(&[]).hint(&error("generations"));
        assert_eq!(hint.as_deref(), Some("`generations` is set in h.toml, line 3"));
        assert_eq!(places(&["generations"]).hint(&error("generations")), None);
        assert_eq!(places(&[]).hint(&error("workers")), None);
    }
}
