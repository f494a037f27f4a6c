//! Defects of what was read: data for the owner of a folder, never an error.

use std::fmt;

use serde::Serialize;

/// A defect of a file or folder that was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Defect {
    /// The file or folder, relative to the one that was read.
    pub file: String,
    /// Line or field, if there is one.
    pub place: Option<String>,
    /// The defect, and its effect on what was read.
    pub what: String,
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{}, {place}: {}", self.file, self.what),
            None => write!(f, "{}: {}", self.file, self.what),
        }
    }
}

/// A defect within one file, as its parser reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DefectNote {
    /// Line or field.
    pub(crate) place: String,
    /// The defect, and its effect on what was read.
    pub(crate) what: String,
}

impl DefectNote {
    pub(crate) fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into() }
    }
}
