//! Details that an evaluator in Python told besides the score.

use std::collections::BTreeMap;

use hyperspace_core::text_end;
use serde::{Deserialize, Serialize};

use crate::score::Score;

/// Characters that are kept of what a guest printed.
const PRINTED_CHARS_MAX: usize = 2_000;

/// Details that the evaluator of a case told besides the score; all of it bounded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseDetails {
    /// Numbers of the result, exact.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metrics: BTreeMap<String, Score>,
    /// Texts and bytes of the result. They may hold labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub artifacts: BTreeMap<String, Artifact>,
    /// Sentences on how the score came about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The end of what the evaluator printed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub evaluator_printed: String,
    /// The end of what the program printed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub program_printed: String,
    /// Calls of the program.
    pub calls: u64,
    /// Fuel of the program alone.
    pub program_fuel: u64,
    /// The program ran among the evaluator's objects (`separation = "shared"`), so that it could change the result.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shared: bool,
}

/// An artifact of an evaluator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Artifact {
    /// A text.
    Text(String),
    /// Bytes, in base64.
    Bytes(String),
}

/// Returns the end of what a guest printed.
pub(super) fn printed_end(bytes: &[u8]) -> String {
    text_end(&String::from_utf8_lossy(bytes), PRINTED_CHARS_MAX).to_owned()
}
