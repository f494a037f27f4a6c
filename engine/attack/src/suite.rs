//! Trying attacks, and looking at everything afterwards.

use std::path::{Path, PathBuf};

use hyperspace_eval::{EvalError, Evaluator, Split};
use hyperspace_sandbox::{Job, Limits, Outcome, Report, SandboxError};
use serde::Serialize;
use thiserror::Error;

use crate::case::{Case, RunsAs};
use crate::host::{HostState, Target};
use crate::planted::Planted;
use crate::{agents, room};

/// Resident memory may grow by this much over the whole suite: a guest's memory, its files, and what the pool keeps.
const RESIDENT_GROWTH_BYTES_MAX: u64 = 512 << 20;
/// How often it is looked again whether a thread is gone, a millisecond apart: one that has done its work is counted until the kernel
/// has taken it down.
const THREAD_LOOKS: u32 = 2_000;
/// A program that uses a little of everything; after every attack its report must be what it was before all of them.
const PROBE: &str = "
import os, random, sys, time, uuid, hyperspace
open('/tmp/probe', 'w').write('probe')
print(sorted(os.listdir('/tmp')), sorted(os.listdir('/work')), open('/work/free.txt').read(), sys.stdin.read())
print(random.random(), uuid.uuid4(), time.time_ns(), os.urandom(4).hex(), hash('x'), {'a', 'b', 'c'}, id(object()))
print(hyperspace.call('count'), len(sys.modules), len(sys.path), sum(i * i for i in range(1000)), dict(os.environ)['GREETING'])
";

/// The suite could not do its work. What an attack does is no error; see [`Finding`].
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AttackError {
    /// The sandbox failed.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The room cannot be furnished: a broken build.
    #[error("the room of the attacks is unusable: {0}")]
    Room(String),
    /// A header names a limit that does not exist.
    #[error("{0}: there is no limit {1}")]
    UnknownLimit(String, String),
    /// A header names a task that does not exist.
    #[error("there is no task {0} for attacks")]
    UnknownTask(String),
    /// An agent could not be evaluated.
    #[error(transparent)]
    Eval(EvalError),
    /// The files for attacks to find could not be planted or looked at.
    #[error("the folder that is planted for the attacks: {0}")]
    Planted(std::io::Error),
    /// The program that shows whether a run is clean does not end or repeat even before the first attack.
    #[error("the probe is not clean before the first attack: {0}")]
    Probe(String),
}

/// What came of one attack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The id of the case.
    pub id: String,
    /// What it tried.
    pub title: String,
    /// How it had to end.
    pub expected: String,
    /// How it ended.
    pub observed: String,
    /// What else was not as it must be: output, refusals, the host, the next run. Empty when all is well.
    pub complaints: Vec<String>,
    /// Whether nothing got out and everything ended as it must.
    pub contained: bool,
    /// Fuel of the first run.
    pub fuel: u64,
}

/// What one try of an attack showed.
#[derive(PartialEq)]
struct Seen {
    ends: String,
    stdout: Option<Vec<u8>>,
    refusals: u64,
    changes: usize,
    fuel: u64,
    /// Everything else that has to repeat.
    report: Option<Report>,
    /// All text that the guest left, in whatever way.
    left: Vec<u8>,
    /// Limits that it went over; there must be none, ever.
    excesses: Vec<String>,
}

/// A sandbox under attack.
pub struct Suite {
    evaluator: Evaluator,
    target: PathBuf,
    target_before: Option<Target>,
    planted: Planted,
    /// Text of the host that must not be in anything that a guest leaves.
    secrets: Vec<String>,
    probe: Report,
    before: HostState,
}

impl Suite {
    /// Gets ready: learns what a clean run and the host look like. Attacks are pointed at `target`, a file of the host, and at
    /// a folder with secrets that is made below `temporary`. `secrets` are more texts that no guest may see, for example the
    /// keys in the environment of this process.
    ///
    /// # Errors
    ///
    /// [`AttackError`] when not even the probe runs, or when nothing can be planted.
    pub fn new(
        evaluator: Evaluator,
        target: PathBuf,
        temporary: &Path,
        mut secrets: Vec<String>,
    ) -> Result<Self, AttackError> {
        let planted = Planted::below(temporary).map_err(AttackError::Planted)?;
        secrets.extend([planted.secret().to_owned(), agents::LABEL.to_owned()]);
        let evaluator = evaluator.workers(1).limits(Limits::default().with_fuel(1_000_000_000));
        let run = || -> Result<Report, AttackError> {
            let job = room::program("probe.py", PROBE, &evaluator, &target, planted.folder())?;
            Ok(evaluator.sandbox().run_blocking(job)?)
        };
        let (first, probe) = (run()?, run()?);
        if !probe.outcome.is_completed() || first != probe {
            let stderr = String::from_utf8_lossy(&probe.stderr).into_owned();
            return Err(AttackError::Probe(format!("{}: {stderr}", ends(&probe.outcome))));
        }
        let target_before = Target::look(&target);
        Ok(Self { evaluator, target, target_before, planted, secrets, probe, before: HostState::now() })
    }

    /// The own process as it was before the first attack.
    #[must_use]
    pub fn host_before(&self) -> &HostState {
        &self.before
    }

    /// Tries one attack twice and looks at everything afterwards.
    ///
    /// # Errors
    ///
    /// [`AttackError`]: it could not be tried, which says nothing about it.
    pub fn attack(&self, case: &Case) -> Result<Finding, AttackError> {
        let before = HostState::now();
        let (first, second) = (self.try_once(case)?, self.try_once(case)?);
        let mut complaints = Vec::new();
        // The backstop is the one end that real time decides: only the end itself repeats.
        let repeats = if first.ends == "wall-clock" { first.ends == second.ends } else { first == second };
        if !repeats {
            complaints.push("a second run came out otherwise".to_owned());
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
        // What a program says itself, it need not have seen.
        let told = |secret: &String| case.source.contains(secret.as_str());
        if self.secrets.iter().any(|secret| seen(secret) && !told(secret)) {
            complaints.push("the guest has seen a secret of the host".to_owned());
        }
        self.look_at_host(&before, &mut complaints)?;
        Ok(Finding {
            id: case.id.to_owned(),
            title: case.title.to_owned(),
            expected: expected.ends.clone(),
            contained: first.ends == expected.ends && complaints.is_empty(),
            observed: first.ends,
            complaints,
            fuel: first.fuel,
        })
    }

    fn try_once(&self, case: &Case) -> Result<Seen, AttackError> {
        match &case.runs_as {
            RunsAs::Program | RunsAs::WithTools => {
                let (job, limits) =
                    room::furnish(case, &self.evaluator, &self.target, self.planted.folder())?;
                self.try_program(job, &limits)
            }
            RunsAs::Agent(task) => self.try_agent(task, case),
        }
    }

    fn try_program(&self, job: Job, limits: &Limits) -> Result<Seen, AttackError> {
        let report = match self.evaluator.sandbox().run_blocking(job) {
            Ok(report) => report,
            Err(SandboxError::Job(error)) => return Ok(Seen::refused(error.to_string())),
            Err(error) => return Err(error.into()),
        };
        Ok(Seen {
            ends: ends(&report.outcome),
            stdout: Some(report.stdout.clone()),
            refusals: report.denials_total,
            changes: report.changes.len(),
            fuel: report.fuel_used,
            excesses: excesses(&report, limits),
            left: left(&report),
            report: Some(report),
        })
    }

    fn try_agent(&self, task: &str, case: &Case) -> Result<Seen, AttackError> {
        let (task, agent) = (agents::task(task)?, agents::agent(case.source)?);
        let limits = case
            .limit(self.evaluator.limits_for(&task))
            .map_err(|name| AttackError::UnknownLimit(case.id.to_owned(), name.to_owned()))?;
        let evaluator = self.evaluator.clone().limits(limits);
        let made = match evaluator.evaluate_blocking(&task, &agent, Split::All) {
            Ok(made) => made,
            Err(error @ EvalError::NoEntry { .. }) => return Ok(Seen::refused(error.to_string())),
            Err(error) => return Err(AttackError::Eval(error)),
        };
        let ends = match &made.score {
            Some(score) => format!("scored {}", score.canonical()),
            None => made.outcome.describe(),
        };
        Ok(Seen {
            ends,
            stdout: None,
            refusals: 0,
            changes: 0,
            fuel: made.fuel,
            report: None,
            left: serde_json::to_vec(&made).unwrap_or_default(),
            excesses: Vec::new(),
        })
    }

    /// Nothing may be left over, and the next run is as clean as the first.
    fn look_at_host(&self, before: &HostState, complaints: &mut Vec<String>) -> Result<(), AttackError> {
        let after = HostState::settled(before, THREAD_LOOKS);
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
        if Target::look(&self.target) != self.target_before {
            complaints.push(format!("{} was changed", self.target.display()));
        }
        if !self.planted.is_untouched().map_err(AttackError::Planted)? {
            complaints.push(format!("{} was changed", self.planted.folder().display()));
        }
        let job = room::program("probe.py", PROBE, &self.evaluator, &self.target, self.planted.folder())?;
        if self.evaluator.sandbox().run_blocking(job)? != self.probe {
            complaints.push("the next run is not clean".to_owned());
        }
        Ok(())
    }
}

impl Seen {
    fn refused(why: String) -> Self {
        let ends = format!("refused: {why}");
        let (report, left, excesses) = (None, Vec::new(), Vec::new());
        Self { ends, stdout: None, refusals: 0, changes: 0, fuel: 0, report, left, excesses }
    }
}

/// Everything that a guest wrote, returned, or asked for.
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

/// What a report has more of than its limits allow. A flood is cut exactly at the limit.
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

/// An outcome in words.
fn ends(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Exception { exception, .. } => format!("exception {exception}"),
        Outcome::Trap { trap } => format!("trap: {trap}"),
        Outcome::Quota { quota } => format!("quota {quota}"),
        Outcome::Exit { code } => format!("exit {code}"),
        other => other.name().to_owned(),
    }
}
