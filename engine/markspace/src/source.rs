//! Severities of warnings and sources of observations.

use serde::{Deserialize, Serialize};

/// Urgency of a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Informational.
    Info,
    /// Take care.
    Caution,
    /// Act now.
    Critical,
}

/// Origin of an observation, from least to most trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrustSource {
    /// From outside, unchecked.
    ExternalUnverified,
    /// From outside, checked.
    ExternalVerified,
    /// From the fleet itself.
    Fleet,
}
