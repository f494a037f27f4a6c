//! The gate of a run: the comparison that admits candidates.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

use crate::record::parameters::parameters;
use crate::record::strategy::Fraction;
use crate::stability::PairedRule;

/// Maximum number of measurements of a candidate for one decision.
const REPEATS_MAX: u64 = 64;
/// Maximum number of generations between two measurements of a champion.
const REMEASURE_MAX: u64 = 1_000_000;
/// The share of the gate's level at which a change between two measurements of one agent counts as drift, in runs that do not set
/// it.
const DRIFT_PART: f64 = 0.1;

/// A gate, as a user names it: `fixed`, `paired`, or `paired:KEY=VALUE,…`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum GateRule {
    /// Exact comparison of one measurement.
    #[default]
    Fixed,
    /// Paired comparison with a stated confidence where answers come from models; elsewhere as [`GateRule::Fixed`].
    Paired(PairedGate),
}

/// The paired gate, with all its parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairedGate {
    /// The smallest probability with which an agent that is worse by `effect` is refused: 0.5 to 0.9999.
    pub confidence: Fraction,
    /// Maximum number of measurements of a candidate on both splits, 1 to 64.
    pub repeats: u64,
    /// The smallest difference that matters, as a share of the rows: 0 to 0.5.
    pub effect: Fraction,
    /// Number of generations after which champions are measured again; 0 means never.
    pub remeasure: u64,
    /// Number of standard errors by which measurements of a champion differ if it has drifted, 1 to 100. Runs recorded before
    /// this was configurable have none: they compare two measurements at [`PairedGate::drift_level`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<Fraction>,
}

impl Default for PairedGate {
    /// Confidence 0.95, 3 measurements, an effect of 0.035, champions measured again every 5 generations, and drift from 4 standard errors on.
    fn default() -> Self {
        let fraction = |a, b| Fraction::new(a, b).unwrap_or_else(|| unreachable!("{a}/{b} is a fraction"));
        Self {
            confidence: fraction(19, 20),
            repeats: 3,
            effect: fraction(7, 200),
            remeasure: 5,
            drift: Some(fraction(4, 1)),
        }
    }
}

impl PairedGate {
    /// Returns the rule of comparisons.
    #[must_use]
    pub fn rule(&self) -> PairedRule {
        PairedRule { level: self.level(), looks: self.repeats, margin: self.effect.to_f64() }
    }

    /// Returns the level of a comparison: 1 minus the confidence.
    #[must_use]
    pub fn level(&self) -> f64 {
        let whole = self.confidence.denominator();
        whole.saturating_sub(self.confidence.numerator()) as f64 / whole as f64
    }

    /// Returns the level at which a change between two measurements of one agent counts as drift if no standard errors are
    /// configured: a tenth of [`PairedGate::level`].
    #[must_use]
    pub fn drift_level(&self) -> f64 {
        self.level() * DRIFT_PART
    }

    /// Returns whether champions are measured again in a generation.
    #[must_use]
    pub fn remeasures(&self, generation: u64) -> bool {
        generation > 0 && self.remeasure > 0 && generation.is_multiple_of(self.remeasure)
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        let fraction = |least: f64, most: f64| {
            let read = value.parse::<Fraction>().ok().filter(|one| (least..=most).contains(&one.to_f64()));
            read.ok_or_else(|| {
                let example = if least < 1.0 { "0.45 or 9/20" } else { "4 or 5/2" };
                let example = if key == "confidence" { "0.95 or 19/20" } else { example };
                format!("{key} is {value:?}; expected a number such as {example}, {least} to {most}")
            })
        };
        let whole = |least: u64, most: u64| {
            let read = value.parse::<u64>().ok().filter(|one| (least..=most).contains(one));
            read.ok_or_else(|| format!("{key} is {value:?}; expected a whole number, {least} to {most}"))
        };
        match key {
            "confidence" => self.confidence = fraction(0.5, 0.9999)?,
            "effect" => self.effect = fraction(0.0, 0.5)?,
            "repeats" => self.repeats = whole(1, REPEATS_MAX)?,
            "remeasure" => self.remeasure = whole(0, REMEASURE_MAX)?,
            "drift" => self.drift = Some(fraction(1.0, 100.0)?),
            _ => {
                return Err(format!(
                    "no parameter {key:?}; expected confidence, repeats, effect, remeasure or drift"
                ));
            }
        }
        Ok(())
    }
}

/// The error for a text that is not a gate.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("gate: {why}")]
pub struct ParseGateError {
    why: String,
}

impl FromStr for GateRule {
    type Err = ParseGateError;

    fn from_str(text: &str) -> Result<Self, ParseGateError> {
        let (name, rest) = text.split_once(':').unwrap_or((text, ""));
        let mut gate = PairedGate::default();
        parameters(rest)
            .try_for_each(|parameter| parameter.and_then(|(key, value)| gate.set(key, value)))
            .map_err(|why| ParseGateError { why })?;
        match name {
            "fixed" if rest.is_empty() => Ok(Self::Fixed),
            "fixed" => Err(ParseGateError { why: "fixed has no parameters".to_owned() }),
            "paired" => Ok(Self::Paired(gate)),
            _ => Err(ParseGateError { why: format!("{name:?} is none; expected fixed or paired") }),
        }
    }
}

impl fmt::Display for GateRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Paired(gate) = self else { return f.write_str("fixed") };
        let PairedGate { confidence, repeats, effect, remeasure, drift } = gate;
        write!(f, "paired:confidence={confidence},repeats={repeats},effect={effect},remeasure={remeasure}")?;
        drift.map_or(Ok(()), |drift| write!(f, ",drift={drift}"))
    }
}

impl<'de> Deserialize<'de> for GateRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gates_are_read_shown_and_recorded() {
        let gate: GateRule = "paired:confidence=0.99,repeats=2".parse().unwrap();
        assert_eq!(gate.to_string(), "paired:confidence=0.99,repeats=2,effect=0.035,remeasure=5,drift=4");
        assert_eq!(gate.to_string().parse(), Ok(gate));
        assert_eq!("fixed".parse(), Ok(GateRule::Fixed));
        assert_eq!("paired".parse(), Ok(GateRule::Paired(PairedGate::default())));
        let value = serde_json::to_value(PairedGate::default()).unwrap();
        assert_eq!((&value["confidence"], &value["repeats"]), (&"19/20".into(), &3.into()));
        assert_eq!(serde_json::from_value::<PairedGate>(value.clone()).unwrap(), PairedGate::default());
        // Older runs do not have this field.
        let mut older = value;
        older.as_object_mut().unwrap().remove("drift");
        let read = serde_json::from_value::<PairedGate>(older.clone()).unwrap();
        assert_eq!((read.drift, serde_json::to_value(read).unwrap()), (None, older));
        for (text, words) in [
            ("none", "fixed or paired"),
            ("fixed:repeats=1", "no parameters"),
            ("paired:repeats=0", "1 to 64"),
            ("paired:confidence=1", "0.5 to 0.9999"),
            ("paired:looks=2", "no parameter \"looks\""),
            ("paired:drift=0", "such as 4 or 5/2, 1 to 100"),
            ("paired:drift=4,drift=5", "drift is given twice"),
        ] {
            let error = text.parse::<GateRule>().unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }

    #[test]
    fn the_level_is_the_rest_of_the_confidence() {
        let gate = PairedGate::default();
        assert!((gate.level() - 0.05).abs() < 1e-12 && (gate.drift_level() - 0.005).abs() < 1e-12);
        assert!(gate.remeasures(10) && !gate.remeasures(0) && !gate.remeasures(7));
        assert!(!PairedGate { remeasure: 0, ..gate }.remeasures(10));
    }
}
