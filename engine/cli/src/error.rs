//! Errors of a command, as its user reads them.

use std::fmt;
use std::io;

use hyperspace_service::{ErrorClass, ServiceError};

use crate::session::CliSession;
use crate::setting_places::SettingPlaces;

/// A command that could not do its work.
#[derive(Debug)]
pub(crate) enum CliError {
    /// The request could not be carried out.
    Service(ServiceError),
    /// Standard output failed, or standard error.
    Output(io::Error),
    /// A cause, and a hint at its place: the address of a model that cannot be reached or refuses, or the line of the settings
    /// file that sets a value.
    Placed(ServiceError, String),
    /// The arguments cannot be carried out.
    Usage(String),
    /// The surroundings of the process cannot be read.
    Ambient(String),
}

impl From<ServiceError> for CliError {
    fn from(error: ServiceError) -> Self {
        Self::Service(error)
    }
}

impl From<io::Error> for CliError {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(ServiceError::Range { setting, given, expected }) => {
                write!(f, "--{setting} is {given}; expected {expected}")
            }
            Self::Service(ServiceError::Setting { setting, given: Some(given), problem }) => {
                write!(f, "--{setting} {given:?}: {problem}")
            }
            Self::Service(ServiceError::Setting { setting, given: None, problem }) => {
                write!(f, "--{setting}: {problem}")
            }
            Self::Service(ServiceError::Conflict { setting, other, why }) => {
                write!(f, "--{setting} conflicts with --{other}: {why}")
            }
            Self::Service(ServiceError::Requires { setting, other, why }) => {
                write!(f, "--{setting} requires --{other}: {why}")
            }
            Self::Service(error) | Self::Placed(error, _) => error.fmt(f),
            Self::Output(error) => write!(f, "standard output: {error}"),
            Self::Usage(problem) | Self::Ambient(problem) => f.write_str(problem),
        }
    }
}

impl std::error::Error for CliError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Service(error) | Self::Placed(error, _) => std::error::Error::source(error),
            Self::Output(error) => std::error::Error::source(error),
            Self::Usage(_) | Self::Ambient(_) => None,
        }
    }
}

impl CliError {
    /// Returns the class.
    pub(crate) fn class(&self) -> ErrorClass {
        match self {
            Self::Service(error) | Self::Placed(error, _) => error.class(),
            Self::Usage(_) => ErrorClass::Usage,
            Self::Output(_) | Self::Ambient(_) => ErrorClass::Internal,
        }
    }

    /// Returns what the user may do about it.
    pub(crate) fn hints(&self) -> Vec<String> {
        match self {
            Self::Placed(error, place) => std::iter::once(place.clone()).chain(hints_of(error)).collect(),
            Self::Service(error) => hints_of(error),
            Self::Output(_) | Self::Usage(_) | Self::Ambient(_) => Vec::new(),
        }
    }

    /// Adds the address of the model to an error of a provider, and to an error about a setting the line that sets it.
    pub(crate) fn placed(self, session: &CliSession) -> Self {
        match self {
            Self::Service(error) if error.class() == ErrorClass::Provider => {
                match session.place_of_model(&error.to_string()) {
                    Some(place) => Self::Placed(error, place),
                    None => Self::Service(error),
                }
            }
            Self::Service(error) => Self::of_setting(error, &session.places),
            other => other,
        }
    }

    /// Creates the error, with the line of the settings file if that sets what the error is about.
    pub(crate) fn of_setting(error: ServiceError, places: &SettingPlaces) -> Self {
        match places.hint(&error) {
            Some(place) => Self::Placed(error, place),
            None => Self::Service(error),
        }
    }

    /// Returns whether the reader of our output is gone.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

/// Returns what the user of the command may do about an error.
fn hints_of(error: &ServiceError) -> Vec<String> {
    match error {
        ServiceError::Conflict { setting, other, .. } => {
            vec![format!("leave --{setting} or --{other} out")]
        }
        ServiceError::Requires { setting, other, .. } => {
            vec![format!("add --{other}, or leave --{setting} out")]
        }
        ServiceError::ModelCheck { model, .. } => vec![
            format!(
                "hyperspace doctor --model {model:?} shows the whole check, and settings with which it passes"
            ),
            "--no-model-check starts the run without it".to_owned(),
        ],
        error => error.hints(),
    }
}
