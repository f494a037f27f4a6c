//! Runs attacks, and checks report, guest and host afterwards.

use std::path::{Path, PathBuf};

use hyperspace_eval::{EvalError, Evaluator, Split};
use hyperspace_sandbox::{Job, Limits, Outcome, Report, SandboxError};
use serde::Serialize;

use crate::attack_case::{AttackCase, AttackKind};
use crate::attack_room::{self, RoomHost};
use crate::error::AttackError;
use crate::planted_folder::PlantedFolder;
use crate::process_state::{FileState, ProcessState};
use crate::score_tasks;

/// Resident memory may grow by this much over the whole suite: a guest's memory, its files, and what the pool keeps.
const RESIDENT_GROWTH_BYTES_MAX: u64 = 512 << 20;
/// Looks for threads that have not gone yet, a millisecond apart: the kernel counts a finished thread until it has reaped it.
const THREAD_LOOKS: u32 = 2_000;
/// A program that uses a little of everything. Its report after every attack must equal its report before the first one.
const PROBE: &str = "
import os, random, sys, time, uuid, hyperspace
open('/tmp/probe', 'w').write('probe')
print(sorted(os.listdir('/tmp')), sorted(os.listdir('/work')), open('/work/free.txt').read(), sys.stdin.read())
print(random.random(), uuid.uuid4(), time.time_ns(), os.urandom(4).hex(), hash('x'), {'a', 'b', 'c'}, id(object()))
print(hyperspace.call('count'), len(sys.modules), len(sys.path), sum(i * i for i in range(1000)), dict(os.environ)['GREETING'])
";

/// Starts the shell of meta agents, which is loaded with the first command, before the state of the host is recorded.
const SHELL: &str = "import hyperspace.tools; hyperspace.tools.bash('true')";

/// The result of one attack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The id of the attack.
    pub id: String,
    /// The title of the attack.
    pub title: String,
    /// The expected end.
    pub expected: String,
    /// The observed end.
    pub observed: String,
    /// Every other difference from the expectation: output, refusals, the host, the next run. Empty when there is none.
    pub complaints: Vec<String>,
    /// True when the end is the expected one and there are no complaints.
    pub contained: bool,
    /// Fuel of the first run.
    pub fuel: u64,
}

/// The observations of one run of an attack.
#[derive(PartialEq)]
struct Observation {
    end: String,
    stdout: Option<Vec<u8>>,
    refusals: u64,
    changes: usize,
    fuel: u64,
    /// The report, which has to repeat.
    report: Option<Report>,
    /// All text that the guest left behind: output, result, traceback, refusals and files.
    left: Vec<u8>,
    /// Limits that it exceeded; there must never be any.
    excesses: Vec<String>,
}

/// A sandbox under attack.
pub struct Suite {
    evaluator: Evaluator,
    target: PathBuf,
    target_before: Option<FileState>,
    planted: PlantedFolder,
    /// Text of the host that no guest may leave behind.
    secrets: Vec<String>,
    probe: Report,
    before: ProcessState,
}

impl Suite {
    /// Records a clean run and the state of the host. Attacks are given the path of `target`, a file of the host, and of a folder
    /// with secrets that is made below `temporary`. `secrets` are further texts that no guest may see, for example the keys in
    /// the environment of this process.
    ///
    /// # Errors
    ///
    /// [`AttackError`] when the probe does not run or the folder cannot be written.
    pub fn new(
        evaluator: Evaluator,
        target: PathBuf,
        temporary: &Path,
        mut secrets: Vec<String>,
    ) -> Result<Self, AttackError> {
        let planted = PlantedFolder::below(temporary).map_err(AttackError::Planted)?;
        secrets.extend([planted.secret().to_owned(), score_tasks::LABEL.to_owned()]);
        let evaluator = evaluator.workers(1).limits(Limits::default().with_fuel(1_000_000_000));
        let host = RoomHost { evaluator: &evaluator, target: &target, planted: planted.path() };
        let run = |job: Job| -> Result<Report, AttackError> { Ok(evaluator.sandbox().run_blocking(job)?) };
        run(attack_room::with_tools(attack_room::program("shell.py", SHELL, &host)?, &host))?;
        let probe = || run(attack_room::program("probe.py", PROBE, &host)?);
        let (first, probe) = (probe()?, probe()?);
        if !probe.outcome.is_completed() || first != probe {
            let stderr = String::from_utf8_lossy(&probe.stderr).into_owned();
            return Err(AttackError::Probe(format!("{}: {stderr}", describe(&probe.outcome))));
        }
        let target_before = FileState::of(&target);
        Ok(Self { evaluator, target, target_before, planted, secrets, probe, before: ProcessState::now() })
    }

    /// Returns the state of this process before the first attack.
    #[must_use]
    pub fn host_before(&self) -> &ProcessState {
        &self.before
    }

    fn room(&self) -> RoomHost<'_> {
        RoomHost { evaluator: &self.evaluator, target: &self.target, planted: self.planted.path() }
    }

    /// Runs one attack twice and checks report, guest and host afterwards.
    ///
    /// # Errors
    ///
    /// [`AttackError`] when it could not be run, which says nothing about its containment.
    pub fn attack(&self, case: &AttackCase) -> Result<Finding, AttackError> {
        let before = ProcessState::now();
        let (first, second) = (self.run_once(case)?, self.run_once(case)?);
        let mut complaints = Vec::new();
        // Real time decides when the backstop ends a run, so only the end itself repeats.
        let repeats = if first.end == "wall-clock" { first.end == second.end } else { first == second };
        if !repeats {
            complaints.push("a second run differs".to_owned());
        }
        let expected = &case.expected;
        if let (Some(wanted), Some(found)) = (&expected.stdout, &first.stdout)
            && wanted.as_bytes() != found.as_slice()
        {
            let found: String = String::from_utf8_lossy(found).chars().take(300).collect();
            complaints.push(format!("printed {found:?} instead of {wanted:?}"));
        }
        if first.refusals != expected.refusals {
            complaints.push(format!("{} refusals instead of {}", first.refusals, expected.refusals));
        }
        if first.changes != expected.changes {
            complaints.push(format!("{} changed files instead of {}", first.changes, expected.changes));
        }
        complaints.extend(first.excesses.clone());
        let seen = |secret: &String| first.left.windows(secret.len()).any(|text| text == secret.as_bytes());
        // A secret in the program's own source proves nothing.
        let in_source = |secret: &String| case.source.contains(secret.as_str());
        if self.secrets.iter().any(|secret| seen(secret) && !in_source(secret)) {
            complaints.push("the guest has seen a secret of the host".to_owned());
        }
        self.check_host(&before, &mut complaints)?;
        Ok(Finding {
            id: case.id.to_owned(),
            title: case.title.to_owned(),
            expected: expected.end.clone(),
            contained: first.end == expected.end && complaints.is_empty(),
            observed: first.end,
            complaints,
            fuel: first.fuel,
        })
    }

    fn run_once(&self, case: &AttackCase) -> Result<Observation, AttackError> {
        match &case.kind {
            AttackKind::Program | AttackKind::WithTools => {
                let (job, limits) = attack_room::furnish(case, &self.room())?;
                self.run_program(job, &limits)
            }
            AttackKind::Agent(task) => self.run_agent(task, case),
        }
    }

    fn run_program(&self, job: Job, limits: &Limits) -> Result<Observation, AttackError> {
        let report = match self.evaluator.sandbox().run_blocking(job) {
            Ok(report) => report,
            Err(SandboxError::Job(error)) => return Ok(Observation::refused(error.to_string())),
            Err(error) => return Err(error.into()),
        };
        Ok(Observation {
            end: describe(&report.outcome),
            stdout: Some(report.stdout.clone()),
            refusals: report.denials_total,
            changes: report.changes.len(),
            fuel: report.fuel_used,
            excesses: excesses(&report, limits),
            left: left(&report),
            report: Some(report),
        })
    }

    fn run_agent(&self, task: &str, case: &AttackCase) -> Result<Observation, AttackError> {
        let (task, agent) = (score_tasks::task(task)?, score_tasks::agent(case.source)?);
        let limits = case
            .limit(self.evaluator.limits_for(&task))
            .map_err(|name| AttackError::UnknownLimit(case.id.to_owned(), name.to_owned()))?;
        let evaluator = self.evaluator.clone().limits(limits);
        let evaluation = match evaluator.evaluate_blocking(&task, &agent, Split::All) {
            Ok(evaluation) => evaluation,
            Err(error @ EvalError::NoEntry { .. }) => return Ok(Observation::refused(error.to_string())),
            Err(error) => return Err(AttackError::Eval(error)),
        };
        let end = match &evaluation.score {
            Some(score) => format!("scored {}", score.canonical()),
            None => evaluation.outcome.describe(),
        };
        Ok(Observation {
            end,
            stdout: None,
            refusals: 0,
            changes: 0,
            fuel: evaluation.fuel,
            report: None,
            left: serde_json::to_vec(&evaluation).unwrap_or_default(),
            excesses: Vec::new(),
        })
    }

    /// Checks that nothing is left over and that the next run is as clean as the first.
    fn check_host(&self, before: &ProcessState, complaints: &mut Vec<String>) -> Result<(), AttackError> {
        let after = ProcessState::settled(before, THREAD_LOOKS);
        let mut grown = |what: &str, was: Option<u64>, is: Option<u64>, room: u64| {
            if let (Some(was), Some(is)) = (was, is)
                && is > was + room
            {
                complaints.push(format!("{what} grew from {was} to {is}"));
            }
        };
        grown("descriptors", before.descriptors, after.descriptors, 0);
        grown("threads", before.threads, after.threads, 0);
        grown("resident bytes", self.before.resident_bytes, after.resident_bytes, RESIDENT_GROWTH_BYTES_MAX);
        let (was, is) = (self.before.resident_bytes_peak, after.resident_bytes_peak);
        grown("the peak of resident bytes", was, is, RESIDENT_GROWTH_BYTES_MAX);
        if FileState::of(&self.target) != self.target_before {
            complaints.push(format!("{} was changed", self.target.display()));
        }
        if !self.planted.is_untouched().map_err(AttackError::Planted)? {
            complaints.push(format!("{} was changed", self.planted.path().display()));
        }
        let job = attack_room::program("probe.py", PROBE, &self.room())?;
        if self.evaluator.sandbox().run_blocking(job)? != self.probe {
            complaints.push("the next run is not clean".to_owned());
        }
        Ok(())
    }
}

impl Observation {
    fn refused(why: String) -> Self {
        let end = format!("refused: {why}");
        let (report, left, excesses) = (None, Vec::new(), Vec::new());
        Self { end, stdout: None, refusals: 0, changes: 0, fuel: 0, report, left, excesses }
    }
}

/// Returns all text that a guest wrote, returned, or asked for.
fn left(report: &Report) -> Vec<u8> {
    let mut left = [report.stdout.as_slice(), &report.stderr].concat();
    left.extend(report.result.iter().flat_map(|result| result.to_string().into_bytes()));
    left.extend(report.traceback.iter().flat_map(|text| text.bytes()));
    left.extend(report.denials.iter().flat_map(|denial| denial.target.bytes()));
    for change in &report.changes {
        left.extend(change.path.as_str().bytes());
        left.extend(change.content.iter().flat_map(|content| content.iter().copied()));
    }
    left
}

/// Returns the limits that a report exceeds. Output beyond its limit must be cut exactly there.
fn excesses(report: &Report, limits: &Limits) -> Vec<String> {
    let output = (report.stdout.len() + report.stderr.len()) as u64;
    let mut excesses = Vec::new();
    let mut check = |what: &str, is: u64, most: u64| {
        if is > most {
            excesses.push(format!("{is} {what} where {most} are allowed"));
        }
    };
    check("units of fuel", report.fuel_used, limits.fuel);
    check("bytes of memory", report.memory_bytes_peak, limits.memory_bytes);
    check("bytes of output", output, limits.output_bytes);
    check("host calls", report.host_calls, limits.host_calls);
    if report.outcome == Outcome::OutputLimit && output != limits.output_bytes {
        excesses.push(format!("{output} bytes of output were kept instead of {}", limits.output_bytes));
    }
    excesses
}

/// Describes an outcome as the headers of attacks do.
fn describe(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Exception { exception, .. } => format!("exception {exception}"),
        Outcome::Trap { trap } => format!("trap: {trap}"),
        Outcome::Quota { quota } => format!("quota {quota}"),
        Outcome::Exit { code } => format!("exit {code}"),
        other => other.name().to_owned(),
    }
}
