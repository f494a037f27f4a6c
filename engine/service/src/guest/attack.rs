//! The attack suite on this installation.

use std::path::PathBuf;

use hyperspace_attack::{AttackCase, Finding, ProcessState, Suite, catalogue};
use serde::Serialize;

use crate::engine::Engine;
use crate::error::{ErrorClass, ServiceError};

/// Targets of attacks on the host, and the folder that the suite may write.
#[derive(Debug, Clone)]
pub struct AttackHost {
    /// The file of this program, which an attack is pointed at.
    pub program: PathBuf,
    /// The folder for temporary files.
    pub temporary: PathBuf,
    /// Secrets of the process that no guest may see.
    pub secrets: Vec<String>,
}

/// Attacks that were tried: the document of `attack --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AttackView {
    /// Attacks tried.
    pub cases: usize,
    /// Attacks contained.
    pub contained: usize,
    /// Attacks that were not.
    pub failed: Vec<Finding>,
    /// Every attack, in order.
    pub findings: Vec<Finding>,
    /// Titles of the attacks, in the order of findings.
    #[serde(skip)]
    pub titles: Vec<&'static str>,
    /// The host before the first attack.
    pub host_before: ProcessState,
    /// The host after the last one.
    pub host_after: ProcessState,
    /// Real time in milliseconds; null without a clock.
    pub millis: Option<u64>,
}

impl AttackView {
    /// Returns the class of the result: `Internal` when an attack was not contained.
    #[must_use]
    pub fn failure(&self) -> Option<ErrorClass> {
        (!self.failed.is_empty()).then_some(ErrorClass::Internal)
    }
}

impl Engine {
    /// Tries attacks of the catalogue: all, or those whose id begins with one of `ids`. `progress` gets the title of each
    /// attack before it is tried, how many were tried, and how many there are. Blocks.
    ///
    /// # Errors
    ///
    /// Class `Usage` when no attack has such an id, `Internal` when the suite cannot work. An attack that is not contained is
    /// no error.
    ///
    /// # Panics
    ///
    /// Inside of a tokio runtime.
    pub fn attack_blocking(
        &self,
        ids: &[String],
        host: AttackHost,
        progress: &mut dyn FnMut(&str, usize, usize),
    ) -> Result<AttackView, ServiceError> {
        let wanted = |id: &str| ids.is_empty() || ids.iter().any(|wanted| id.starts_with(wanted.as_str()));
        let cases: Vec<AttackCase> = catalogue()?.into_iter().filter(|case| wanted(case.id)).collect();
        if cases.is_empty() {
            let ids = ids.join(", ");
            return Err(ServiceError::request(format!("no attack begins with {ids}; try T-CPU, or T-FS-01")));
        }
        let watch = self.environment().stopwatch();
        let suite = Suite::new(self.evaluator()?, host.program, &host.temporary, host.secrets)?;
        let mut findings = Vec::new();
        for case in &cases {
            progress(case.title, findings.len(), cases.len());
            findings.push(suite.attack(case)?);
        }
        let failed: Vec<Finding> = findings.iter().filter(|finding| !finding.contained).cloned().collect();
        Ok(AttackView {
            cases: findings.len(),
            contained: findings.len() - failed.len(),
            failed,
            titles: cases.iter().map(|case| case.title).collect(),
            host_before: suite.host_before().clone(),
            host_after: ProcessState::now(),
            findings,
            millis: watch.millis(),
        })
    }
}
