//! The attack suite, run on this installation.

use std::path::{Path, PathBuf};

use hyperspace_attack::{
    AttackCase, Finding, HOSTILE_ANSWERS, HOSTILE_STORES, HostAttack, PlantedLeak, ProcessState, Suite,
    WatchedFolder, catalogue,
};
use hyperspace_sandbox::RuntimeName;
use hyperspace_sandbox::harden::{Hardening, hardening};
use serde::Serialize;

use crate::engine::Engine;
use crate::error::{ErrorClass, ServiceError};
use crate::guest::hostile_files::HOSTILE_FILES;
use crate::guest::hostile_providers::HOSTILE_PROVIDERS;
use crate::guest::hostile_trees::HOSTILE_TREES;

/// Targets of attacks on the host, and the folder that the suite may write.
#[derive(Debug, Clone)]
pub struct AttackHost {
    /// The runtime of the guests.
    pub runtime: RuntimeName,
    /// The file of this program, which an attack targets.
    pub program: PathBuf,
    /// The folder for temporary files.
    pub temporary: PathBuf,
    /// Secrets of the process that no guest may see.
    pub secrets: Vec<String>,
    /// Folders in which nothing may appear, such as the user's home and the working directory.
    pub folders: Vec<PathBuf>,
}

/// The result of testing the suite itself: the document of `attack --self-test --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SelfTestView {
    /// The planted leaks, one of each kind.
    pub leaks: Vec<PlantedLeak>,
}

impl SelfTestView {
    /// Returns the class of the result: `Internal` if a leak was not noticed.
    #[must_use]
    pub fn failure(&self) -> Option<ErrorClass> {
        self.leaks.iter().any(|leak| !leak.noticed).then_some(ErrorClass::Internal)
    }
}

/// The result of the attacks: the document of `attack --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AttackView {
    /// Number of attacks tried.
    pub cases: usize,
    /// Number of attacks contained.
    pub contained: usize,
    /// The attacks that were not contained.
    pub failed: Vec<Finding>,
    /// Every attack, in order.
    pub findings: Vec<Finding>,
    /// The host before the first attack.
    pub host_before: ProcessState,
    /// The host after the last one.
    pub host_after: ProcessState,
    /// Processor time of a loop in Python, in picoseconds per unit of fuel, with which the costs of attacks are compared.
    pub loop_ps: Option<u64>,
    /// Real time in milliseconds; null without a clock.
    pub millis: Option<u64>,
    /// The measures that were in force during the attacks.
    pub hardening: Hardening,
}

impl AttackView {
    /// Returns the class of the result: `Internal` if an attack was not contained.
    #[must_use]
    pub fn failure(&self) -> Option<ErrorClass> {
        (!self.failed.is_empty()).then_some(ErrorClass::Internal)
    }
}

/// Returns the attacks that do not need a guest, in order.
fn host_attacks() -> impl Iterator<Item = &'static HostAttack> {
    HOSTILE_STORES
        .iter()
        .chain(HOSTILE_FILES)
        .chain(HOSTILE_PROVIDERS)
        .chain(HOSTILE_TREES)
        .chain(HOSTILE_ANSWERS)
}

impl Engine {
    /// Tries attacks of the catalogue: all of them, or those whose id begins with one of `ids`. Before each attack, `progress`
    /// gets its title, the number of attacks tried so far, and the total number. Blocks.
    ///
    /// # Errors
    ///
    /// Class `Usage` when no attack has such an id, `Internal` when the suite cannot work. An attack that is not contained is not
    /// an error.
    ///
    /// # Panics
    ///
    /// When called inside a tokio runtime.
    pub fn attack_blocking(
        &self,
        ids: &[String],
        host: AttackHost,
        progress: &mut dyn FnMut(&str, usize, usize),
    ) -> Result<AttackView, ServiceError> {
        let wanted = |id: &str| ids.is_empty() || ids.iter().any(|wanted| id.starts_with(wanted.as_str()));
        let cases: Vec<AttackCase> = catalogue()?.into_iter().filter(|case| wanted(case.id)).collect();
        let hosts: Vec<&HostAttack> = host_attacks().filter(|attack| wanted(attack.id)).collect();
        if cases.is_empty() && hosts.is_empty() {
            let ids = ids.join(", ");
            return Err(ServiceError::request(format!("no attack begins with {ids}; try T-CPU, or T-FS-01")));
        }
        let watch = self.environment().stopwatch();
        let suite = self.attack_suite(host)?;
        let mut findings = Vec::new();
        let all = cases.len() + hosts.len();
        for case in &cases {
            progress(case.title, findings.len(), all);
            findings.push(suite.attack(case)?);
        }
        for attack in &hosts {
            progress(attack.title, findings.len(), all);
            findings.push(suite.attack_host(attack)?);
        }
        let failed: Vec<Finding> = findings.iter().filter(|finding| !finding.contained).cloned().collect();
        Ok(AttackView {
            cases: findings.len(),
            contained: findings.len() - failed.len(),
            failed,
            loop_ps: suite.loop_ps(),
            host_before: suite.host_before().clone(),
            host_after: ProcessState::now(),
            findings,
            millis: watch.millis(),
            hardening: hardening(),
        })
    }

    /// Plants a leak of each kind that the suite looks for, and returns whether each is noticed. Blocks.
    ///
    /// # Errors
    ///
    /// Class `Internal` when the suite cannot work. A leak that is not noticed is not an error.
    ///
    /// # Panics
    ///
    /// When called inside a tokio runtime.
    pub fn attack_self_test_blocking(&self, host: AttackHost) -> Result<SelfTestView, ServiceError> {
        Ok(SelfTestView { leaks: self.attack_suite(host)?.self_test()? })
    }

    fn attack_suite(&self, host: AttackHost) -> Result<Suite, ServiceError> {
        let names = host.folders.into_iter().map(WatchedFolder::Names);
        let whole = [Some(self.store_folder().to_path_buf()), self.cache_folder().map(Path::to_path_buf)];
        let watched = names.chain(whole.into_iter().flatten().map(WatchedFolder::Whole)).collect();
        // The compiled interpreter is written before the watch begins.
        let evaluator = self.evaluator_with(host.runtime, 0)?;
        let suite = Suite::new(evaluator, host.program, &host.temporary, host.secrets)?;
        Ok(suite.watch(watched))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;

    use hyperspace_attack::HostGround;
    use hyperspace_eval::Evaluator;

    use super::*;

    #[test]
    fn every_attack_without_a_guest_is_named_where_it_ends() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for attack in host_attacks() {
            let file = std::fs::read_to_string(root.join(attack.held_by)).unwrap();
            assert!(file.contains(attack.id), "{} does not name {}", attack.held_by, attack.id);
        }
    }

    #[test]
    fn every_attack_without_a_guest_is_contained() {
        let evaluator = Evaluator::new(hyperspace_testkit::sandbox::sandbox().clone()).unwrap();
        let mut others = Vec::new();
        for attack in host_attacks() {
            let folder = tempfile::tempdir().unwrap();
            let counted = AtomicU64::new(0);
            let ground = HostGround { folder: folder.path(), evaluator: &evaluator, counted: &counted };
            let ended = (attack.run)(ground).unwrap_or_else(|why| format!("it could not be made: {why}"));
            if ended != attack.ends {
                others.push(format!("{}: {ended:?} instead of {:?}", attack.id, attack.ends));
            }
        }
        assert_eq!(others, [] as [String; 0]);
    }
}
