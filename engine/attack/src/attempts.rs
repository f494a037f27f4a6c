//! Distinguishes effects of an attack from those of other programs on the same machine.
//!
//! An attack is deterministic: a file that it creates, or time that it takes, recurs in every attempt. A complaint that another
//! program may have caused therefore counts only if each of several attempts has one. Every other complaint counts at once.

use crate::attack_case::AttackCase;
use crate::error::AttackError;
use crate::finding::{Complaint, Finding};
use crate::host_attack::HostAttack;
use crate::suite::Suite;

/// Maximum number of attempts of one attack.
const ATTEMPTS_MAX: u32 = 5;

/// One attempt, with its complaints kept separately.
pub(crate) struct AttackAttempt {
    /// The finding, still without complaints.
    pub(crate) finding: Finding,
    /// Its complaints.
    pub(crate) complaints: Vec<Complaint>,
}

impl AttackAttempt {
    fn is_ambiguous(&self) -> bool {
        let ended = self.finding.observed == self.finding.expected;
        ended && !self.complaints.is_empty() && self.complaints.iter().all(Complaint::is_ambiguous)
    }

    fn finish(self, attempts: u32) -> Finding {
        let Self { mut finding, complaints } = self;
        finding.contained = finding.observed == finding.expected && complaints.is_empty();
        finding.complaints = complaints.iter().map(Complaint::to_string).collect();
        finding.attempts = attempts;
        finding
    }
}

impl Suite {
    /// Runs one attack twice and checks report, guest and host afterwards. It is attempted again if another program may have
    /// caused the complaints.
    ///
    /// # Errors
    ///
    /// [`AttackError`] when the attack could not be run, which says nothing about its containment.
    pub fn attack(&self, case: &AttackCase) -> Result<Finding, AttackError> {
        repeated(|attempt| self.attempt(case, self.loop_ps_at(attempt)?))
    }

    /// Makes an attack without a guest, in an empty folder, and checks the host afterwards. It is attempted again as in
    /// [`Suite::attack`].
    ///
    /// # Errors
    ///
    /// [`AttackError`] when the attack could not be made, which says nothing about its containment.
    pub fn attack_host(&self, attack: &HostAttack) -> Result<Finding, AttackError> {
        repeated(|_| self.attempt_host(attack))
    }

    /// Returns the cost of a loop in Python with which an attempt is compared. The machine may have become slower since the first
    /// loop was measured.
    fn loop_ps_at(&self, attempt: u32) -> Result<Option<u64>, AttackError> {
        let Some(first) = self.loop_ps() else { return Ok(None) };
        if attempt == 1 {
            return Ok(Some(first));
        }
        Ok(self.measure_loop()?.map(|now| now.max(first)))
    }
}

/// Makes attempts until one has no complaint, one has a certain complaint, or there were enough.
fn repeated(
    mut attempt: impl FnMut(u32) -> Result<AttackAttempt, AttackError>,
) -> Result<Finding, AttackError> {
    for number in 1..ATTEMPTS_MAX {
        let made = attempt(number)?;
        if !made.is_ambiguous() {
            return Ok(made.finish(number));
        }
    }
    Ok(attempt(ATTEMPTS_MAX)?.finish(ATTEMPTS_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(observed: &str, complaints: Vec<Complaint>) -> AttackAttempt {
        let finding = Finding {
            id: "T-X-01".to_owned(),
            title: "tries".to_owned(),
            expected: "completed".to_owned(),
            observed: observed.to_owned(),
            complaints: Vec::new(),
            contained: false,
            fuel: 0,
            cpu_ns: None,
            resident_bytes: None,
            attempts: 0,
        };
        AttackAttempt { finding, complaints }
    }

    /// Returns the finding after attempts with these complaints, one after the other; the last ones repeat.
    fn found(rounds: &[(&str, Vec<Complaint>)]) -> Finding {
        repeated(|number| {
            let (observed, complaints) = &rounds[(number as usize - 1).min(rounds.len() - 1)];
            Ok(attempt(observed, complaints.clone()))
        })
        .unwrap()
    }

    fn shared() -> Vec<Complaint> {
        vec![Complaint::ambiguous("/tmp/x was made")]
    }

    #[test]
    fn another_program_is_not_taken_for_the_attack() {
        let finding = found(&[("completed", shared()), ("completed", shared()), ("completed", vec![])]);
        assert!(finding.contained, "{finding:?}");
        assert_eq!((finding.attempts, finding.complaints.len()), (3, 0));
    }

    #[test]
    fn what_comes_with_every_attempt_counts() {
        let finding = found(&[("completed", shared())]);
        assert!(!finding.contained);
        assert_eq!(
            (finding.attempts, finding.complaints),
            (ATTEMPTS_MAX, vec!["/tmp/x was made".to_owned()])
        );
    }

    #[test]
    fn what_is_certain_counts_at_once() {
        let certain = || vec![Complaint::certain("descriptors grew from 3 to 4")];
        let both = || [shared(), certain()].concat();
        for rounds in [
            [("completed", certain()), ("completed", vec![])],
            [("completed", both()), ("completed", vec![])],
            [("exit 1", shared()), ("completed", vec![])],
            [("exit 1", vec![]), ("completed", vec![])],
        ] {
            let finding = found(&rounds);
            assert!(!finding.contained, "{finding:?}");
            assert_eq!(finding.attempts, 1);
        }
        let finding = found(&[("completed", shared()), ("completed", certain()), ("completed", vec![])]);
        assert!(!finding.contained);
        assert_eq!(finding.attempts, 2);
    }
}
