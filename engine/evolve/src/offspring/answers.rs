//! Answers to signs of complacency that are in force: warnings in the run's mark space that have not yet faded.
//!
//! A sign leaves a warning in the scope `warnings/POPULATION`. Its half-life is the number of generations for which answers stay
//! in force, so it is in force until half of its strength is gone. The principal can retract it earlier, like any mark.

use std::collections::BTreeSet;

use hyperspace_core::ScopeName;
use hyperspace_markspace::{Body, Capability, CapabilitySpec, Grant, MarkView, Strength};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::complacency::{ComplacencyKind, SignTests};
use crate::context::RunContext;
use crate::error::EvolveError;
use crate::mark_space::{RunSpace, WARNINGS};
use crate::record::candidate_id::CandidateId;
use crate::record::complacency_rules::ComplacencyAnswer;
use crate::search::archive::Archive;

/// The divisor of its strength at which a warning is forgotten: after three times the generations for which its answers are in
/// force.
const REMEMBERED: u64 = 8;
/// The name under which the engine writes warnings.
const ENGINE: &str = "engine";

/// The content of a warning, as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WarningContent {
    /// The generation that it was raised in.
    pub(crate) generation: u64,
    /// The answers.
    pub(crate) answers: BTreeSet<ComplacencyAnswer>,
    /// Candidates that show the sign, as far as the answers need them.
    pub(crate) candidates: Vec<CandidateId>,
    /// The evidence.
    pub(crate) evidence: Vec<String>,
}

/// The answers in force in a generation.
#[derive(Debug, Clone, Default)]
pub(crate) struct AnswersInForce {
    /// Answers by population; empty in a run that ignores signs.
    populations: Vec<PopulationAnswers>,
}

/// The answers in force for one population.
#[derive(Debug, Clone, Default)]
pub(crate) struct PopulationAnswers {
    warnings: Vec<(ComplacencyKind, WarningContent)>,
    /// Warnings that are no longer in force but not yet forgotten; none with tests of a fixed length.
    remembered: Vec<(ComplacencyKind, WarningContent)>,
}

/// Returns the scope of the warnings of a population.
pub(crate) fn warnings_of(population: &str) -> Result<ScopeName, EvolveError> {
    Ok(ScopeName::new(&format!("{WARNINGS}/{population}"))?)
}

/// Returns the capability with which the engine warns a population.
pub(crate) fn engine_capability(context: &RunContext, scope: &ScopeName) -> Capability {
    let grants = vec![Grant { scope: scope.clone(), kinds: vec![hyperspace_core::MarkKind::Warning] }];
    context.authority.issue(ENGINE, CapabilitySpec::new(grants))
}

impl WarningContent {
    /// Returns whether a member, or one of its ancestors, shows the sign.
    pub(crate) fn names_lineage(&self, archive: &Archive, member: usize) -> bool {
        let named: BTreeSet<CandidateId> = self.candidates.iter().copied().collect();
        !named.is_empty() && archive.lineage(member).any(|one| named.contains(&one.id))
    }
}

impl AnswersInForce {
    /// Reads the answers from the mark space, whose time must be that of the generation.
    pub(crate) fn read(context: &RunContext, space: &RunSpace) -> Result<Self, EvolveError> {
        let Some(rules) = context.config.complacency() else { return Ok(Self::default()) };
        let in_force = Strength::from_units(Strength::ONE.units() / 2);
        let least = match rules.tests {
            SignTests::Fixed => in_force,
            SignTests::Sequential => Strength::from_units(Strength::ONE.units() / REMEMBERED),
        };
        let mut populations = Vec::new();
        for population in &context.config.populations {
            let views = space.warnings(&context.authority, &warnings_of(&population.name)?, least)?;
            let (mut warnings, mut remembered) = (Vec::new(), Vec::new());
            for view in &views {
                let kept = if view.strength >= in_force { &mut warnings } else { &mut remembered };
                kept.push(warning(view)?);
            }
            populations.push(PopulationAnswers { warnings, remembered });
        }
        Ok(Self { populations })
    }

    /// Returns the answers for a population.
    pub(crate) fn of(&self, population: usize) -> Option<&PopulationAnswers> {
        self.populations.get(population).filter(|answers| answers.any())
    }
}

impl PopulationAnswers {
    fn any(&self) -> bool {
        !self.warnings.is_empty() || !self.remembered.is_empty()
    }

    /// Returns whether a sign of this kind is being answered.
    pub(crate) fn has(&self, kind: ComplacencyKind) -> bool {
        self.warnings.iter().any(|(other, _)| *other == kind)
    }

    /// Returns the warnings for which this is the last generation in force.
    pub(crate) fn ending(
        &self,
        generation: u64,
        generations: u64,
    ) -> impl Iterator<Item = &(ComplacencyKind, WarningContent)> {
        self.warnings.iter().filter(move |(_, content)| content.generation + generations <= generation)
    }

    /// Returns whether this answer is in force.
    pub(crate) fn includes(&self, answer: ComplacencyAnswer) -> bool {
        self.with(answer).next().is_some()
    }

    /// Returns whether a member, or one of its ancestors, is quarantined.
    pub(crate) fn quarantines(&self, archive: &Archive, member: usize) -> bool {
        self.with(ComplacencyAnswer::Quarantine).any(|(_, content)| content.names_lineage(archive, member))
    }

    /// Returns the candidates whose meta agents are to be replaced.
    pub(crate) fn to_renew(&self) -> BTreeSet<CandidateId> {
        let signs = self.with(ComplacencyAnswer::Renew);
        signs.flat_map(|(_, content)| content.candidates.iter().copied()).collect()
    }

    /// Returns these candidates, and those whose meta agents were to be replaced and whose warnings are not yet forgotten: none
    /// of their meta agents may replace another.
    pub(crate) fn not_to_return(&self) -> BTreeSet<CandidateId> {
        let renewed = |(_, content): &&(ComplacencyKind, WarningContent)| {
            content.answers.contains(&ComplacencyAnswer::Renew)
        };
        let remembered = self.remembered.iter().filter(renewed);
        let remembered = remembered.flat_map(|(_, content)| content.candidates.iter().copied());
        self.to_renew().into_iter().chain(remembered).collect()
    }

    /// Returns the warnings for `job`.
    pub(crate) fn told(&self) -> Option<Value> {
        let told = self.with(ComplacencyAnswer::Warn);
        let told = told.map(|(kind, content)| json!({"sign": kind.name(), "evidence": content.evidence}));
        let told: Vec<Value> = told.collect();
        (!told.is_empty()).then_some(Value::Array(told))
    }

    fn with(&self, answer: ComplacencyAnswer) -> impl Iterator<Item = &(ComplacencyKind, WarningContent)> {
        self.warnings.iter().filter(move |(_, content)| content.answers.contains(&answer))
    }
}

fn warning(view: &MarkView) -> Result<(ComplacencyKind, WarningContent), EvolveError> {
    let Body::Warning { topic, reason, .. } = view.mark.body() else {
        return Err(EvolveError::internal("a warning", "it is a mark of another kind"));
    };
    let kind = ComplacencyKind::ALL.into_iter().find(|kind| kind.name() == topic);
    let kind = kind.ok_or_else(|| EvolveError::record("a warning", format!("there is no sign {topic:?}")))?;
    let content = serde_json::from_str(reason).map_err(|error| EvolveError::record("a warning", error))?;
    Ok((kind, content))
}

#[cfg(test)]
mod tests {
    use hyperspace_markspace::CONTENT_BYTES_MAX;

    use super::*;
    use crate::record::options::CANDIDATES_MAX;
    use crate::record::population::POPULATIONS_MAX;
    use crate::run::handle::GENERATIONS_MAX;

    #[test]
    fn the_largest_warning_fits_into_a_mark() {
        let generation = GENERATIONS_MAX;
        let last = CANDIDATES_MAX * POPULATIONS_MAX as u64;
        let named = (last - CANDIDATES_MAX..last).map(|candidate| CandidateId { generation, candidate });
        // Five lines with 120 characters per candidate, each of which takes six bytes in JSON.
        let line = format!("gen_{generation}_{last}, meta agent line {}: {}", u64::MAX, "\u{1}".repeat(120));
        let content = WarningContent {
            generation,
            answers: ComplacencyAnswer::ALL.into_iter().collect(),
            candidates: named.collect(),
            evidence: vec![line; 5],
        };
        let bytes = serde_json::to_string(&content).unwrap().len();
        assert!(bytes <= CONTENT_BYTES_MAX, "{bytes}");
    }
}
