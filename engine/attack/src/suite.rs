//! Runs attacks, and checks report, guest and host afterwards.
//!
//! An attack runs twice and is measured, and is cancelled once at a moment determined by its id. Its cost for the host is
//! compared with the cost of a loop in Python per unit of fuel in the same process: host calls are priced so that fuel limits
//! their time, too.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use hyperspace_eval::{EvalError, Evaluator, Split};
use hyperspace_sandbox::{Job, Limits, Outcome, Report, SandboxError};

use crate::attack_case::{AttackCase, AttackKind};
use crate::attack_room::{self, RoomHost};
use crate::attempts::AttackAttempt;
use crate::error::AttackError;
use crate::finding::{Complaint, Finding};
use crate::host_attack::{HostAttack, HostGround};
use crate::host_meter::{HostCost, HostMeter};
use crate::planted_folder::PlantedFolder;
use crate::process_state::{FileState, ProcessState, ThreadNumbers};
use crate::score_tasks;
use crate::watched_folders::{FolderContents, WatchedFolder};

/// Maximum growth of resident memory over the whole suite: a guest's memory, its files, and what the pool keeps.
const RESIDENT_GROWTH_BYTES_MAX: u64 = 512 << 20;
/// Resident memory that a run may take in addition to the guest's own.
const RESIDENT_SLACK_BYTES: u64 = 64 << 20;
/// Maximum processor time per unit of fuel of an attack, as a multiple of that of a loop in Python, which is about three
/// nanoseconds.
const LOOPS_PER_UNIT_MAX: u64 = 32;
/// Processor time that any run may use in addition: the clock of the kernel is coarse, and an instance has to be created.
const CPU_SLACK_NS: u64 = 400_000_000;
/// Processor time and resident memory that an attack without a guest may cost.
const HOST_CPU_NS_MAX: u64 = 4_000_000_000;
const HOST_RESIDENT_BYTES_MAX: u64 = 256 << 20;
/// Maximum processor time per unit of work of a check, which is meant to take at most about ten nanoseconds.
const CHECK_UNIT_NS_MAX: u64 = 32;
/// A loop in Python, and its fuel.
const LOOP: &str = "while True: pass";
const LOOP_FUEL: u64 = 3_000_000_000;
/// Maximum time after which runs are cancelled.
const CANCEL_MS_MAX: u64 = 40;
/// Time within which a cancelled run has to be gone; the longest host call takes only a part of it.
const CANCEL_NS_MAX: u64 = 2_000_000_000;
/// Number of looks for threads that have not gone yet, a millisecond apart: the kernel counts a finished thread until it has
/// reaped it.
const THREAD_LOOKS: u32 = 2_000;
/// A program that uses a little of everything. Its report after every attack must equal its report before the first one.
const PROBE: &str = "
import os, random, sys, time, uuid, hyperspace
open('/tmp/probe', 'w').write('probe')
print(sorted(os.listdir('/tmp')), sorted(os.listdir('/work')), open('/work/free.txt').read(), sys.stdin.read())
print(random.random(), uuid.uuid4(), time.time_ns(), os.urandom(4).hex(), hash('x'), {'a', 'b', 'c'}, id(object()))
print(hyperspace.call('count'), len(sys.modules), len(sys.path), sum(i * i for i in range(1000)), dict(os.environ)['GREETING'])
";

/// Starts the shell of meta agents, which is loaded by the first command, before the state of the host is recorded.
const SHELL: &str = "import hyperspace.tools; hyperspace.tools.bash('true')";

/// The state of the host at one moment.
pub(crate) struct HostObservation {
    process: ProcessState,
    threads: ThreadNumbers,
    folders: FolderContents,
}

/// The observations of one run of an attack.
#[derive(PartialEq)]
struct Observation {
    end: String,
    stdout: Option<Vec<u8>>,
    refusals: u64,
    changes: usize,
    fuel: u64,
    /// The report, which has to be reproducible.
    report: Option<Report>,
    /// All text that the guest left behind: output, result, traceback, refusals and files.
    left: Vec<u8>,
    /// Limits that it exceeded. There must never be any.
    excesses: Vec<String>,
    /// The memory that the guest had, in bytes.
    memory_bytes: u64,
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
    /// Folders of the user in which nothing may change.
    watched: Vec<WatchedFolder>,
    /// Processor time of a loop in Python, in picoseconds per unit of fuel; `None` if costs are not measured.
    loop_ps: Option<u64>,
}

impl Suite {
    /// Records a clean run and the state of the host. Attacks are given the path of `target`, a file of the host, and that of a
    /// folder with secrets that is created below `temporary`. `secrets` are further texts that no guest may see, for example the
    /// keys in the environment of this process.
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
        let loop_ps = measure_loop(&evaluator)?;
        let (before, watched) = (ProcessState::now(), Vec::new());
        Ok(Self { evaluator, target, target_before, planted, secrets, probe, before, watched, loop_ps })
    }

    /// Watches folders of the user, in which nothing may change while an attack runs.
    #[must_use]
    pub fn watch(mut self, folders: Vec<WatchedFolder>) -> Self {
        self.watched = folders;
        self
    }

    /// Turns off the measurement of costs, for processes in which other work goes on at the same time.
    #[must_use]
    pub fn unmeasured(mut self) -> Self {
        self.loop_ps = None;
        self
    }

    /// Returns the processor time of a loop in Python, in picoseconds per unit of fuel.
    #[must_use]
    pub fn loop_ps(&self) -> Option<u64> {
        self.loop_ps
    }

    /// Measures a loop in Python now.
    pub(crate) fn measure_loop(&self) -> Result<Option<u64>, AttackError> {
        measure_loop(&self.evaluator)
    }

    pub(crate) fn planted_folder(&self) -> &Path {
        self.planted.path()
    }

    pub(crate) fn secret(&self) -> &str {
        self.planted.secret()
    }

    /// Returns the present state of the host.
    pub(crate) fn observe(&self) -> HostObservation {
        HostObservation {
            process: ProcessState::now(),
            threads: ThreadNumbers::now(),
            folders: FolderContents::of(&self.watched),
        }
    }

    /// Returns whether text that a guest left behind contains a secret that is not in its source.
    pub(crate) fn has_secret(&self, left: &[u8], source: &str) -> bool {
        let seen = |secret: &String| left.windows(secret.len()).any(|text| text == secret.as_bytes());
        self.secrets.iter().any(|secret| seen(secret) && !source.contains(secret.as_str()))
    }

    /// Returns the state of this process before the first attack.
    #[must_use]
    pub fn host_before(&self) -> &ProcessState {
        &self.before
    }

    fn room(&self) -> RoomHost<'_> {
        RoomHost { evaluator: &self.evaluator, target: &self.target, planted: self.planted.path() }
    }

    /// Runs one attack twice, and compares its costs with those of a loop in Python of `loop_ps`.
    pub(crate) fn attempt(
        &self,
        case: &AttackCase,
        loop_ps: Option<u64>,
    ) -> Result<AttackAttempt, AttackError> {
        let before = self.observe();
        let mut cost = HostCost::default();
        let mut measured = || -> Result<Observation, AttackError> {
            let meter = HostMeter::start();
            let ended = self.run_once(case)?;
            cost = cost.max(meter.stop());
            Ok(ended)
        };
        let (first, second) = (measured()?, measured()?);
        let mut complaints = Vec::new();
        if let Some(loop_ps) = loop_ps {
            complaints.extend(cost_complaints(cost, first.fuel, first.memory_bytes, loop_ps));
        }
        complaints.extend(self.cancel(case)?);
        // Real time decides when the backstop ends a run, so only the end itself is reproducible.
        let repeats = if first.end == "wall-clock" { first.end == second.end } else { first == second };
        if !repeats {
            complaints.push(Complaint::certain("a second run differs"));
        }
        let expected = &case.expected;
        if let (Some(wanted), Some(found)) = (&expected.stdout, &first.stdout)
            && wanted.as_bytes() != found.as_slice()
        {
            let found: String = String::from_utf8_lossy(found).chars().take(300).collect();
            complaints.push(Complaint::certain(format!("printed {found:?} instead of {wanted:?}")));
        }
        if let Some(wanted) = expected.refusals.filter(|wanted| *wanted != first.refusals) {
            complaints.push(Complaint::certain(format!("{} refusals instead of {wanted}", first.refusals)));
        }
        if first.changes != expected.changes {
            let changes = expected.changes;
            complaints
                .push(Complaint::certain(format!("{} changed files instead of {changes}", first.changes)));
        }
        complaints.extend(first.excesses.iter().map(Complaint::certain));
        // A secret in the program's own source proves nothing.
        if self.has_secret(&first.left, case.source) {
            complaints.push(Complaint::certain("the guest has seen a secret of the host"));
        }
        complaints.extend(self.complaints_since(&before)?);
        let finding = Finding {
            id: case.id.to_owned(),
            title: case.title.to_owned(),
            expected: expected.end.clone(),
            observed: first.end,
            complaints: Vec::new(),
            contained: false,
            fuel: first.fuel,
            cpu_ns: cost.cpu_ns,
            resident_bytes: cost.resident_bytes,
            attempts: 1,
        };
        Ok(AttackAttempt { finding, complaints })
    }

    /// Makes an attack without a guest, in an empty folder, and checks the host afterwards.
    pub(crate) fn attempt_host(&self, attack: &HostAttack) -> Result<AttackAttempt, AttackError> {
        let before = self.observe();
        let folder = self.planted.path().with_extension("host");
        std::fs::create_dir_all(&folder).map_err(AttackError::Planted)?;
        let meter = HostMeter::start();
        let counted = AtomicU64::new(0);
        let ground = HostGround { folder: &folder, evaluator: &self.evaluator, counted: &counted };
        let ended = (attack.run)(ground);
        let cost = meter.stop();
        std::fs::remove_dir_all(&folder).map_err(AttackError::Planted)?;
        let observed = ended.map_err(|why| AttackError::Host(attack.id.to_owned(), why))?;
        let mut complaints = self.complaints_since(&before)?;
        if self.loop_ps.is_some() {
            complaints.extend(host_complaints(cost, counted.into_inner()));
        }
        let finding = Finding {
            id: attack.id.to_owned(),
            title: attack.title.to_owned(),
            expected: attack.ends.to_owned(),
            observed,
            complaints: Vec::new(),
            contained: false,
            fuel: 0,
            cpu_ns: cost.cpu_ns,
            resident_bytes: cost.resident_bytes,
            attempts: 1,
        };
        Ok(AttackAttempt { finding, complaints })
    }

    /// Cancels a run of an attack after a time determined by its id. Anything it leaves behind is found when the host is checked.
    fn cancel(&self, case: &AttackCase) -> Result<Option<Complaint>, AttackError> {
        if matches!(case.kind, AttackKind::Agent(_)) {
            return Ok(None);
        }
        let (job, _) = attack_room::furnish(case, &self.room())?;
        let number =
            case.id.bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
        let after = Duration::from_millis(number % CANCEL_MS_MAX);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(AttackError::Planted)?;
        let meter = HostMeter::start();
        // The run may have ended before or been cancelled; both are fine.
        drop(
            runtime.block_on(async { tokio::time::timeout(after, self.evaluator.sandbox().run(job)).await }),
        );
        drop(runtime);
        let late = meter.stop().cpu_ns.filter(|cpu_ns| *cpu_ns > CANCEL_NS_MAX);
        let ms = late.map(|cpu_ns| cpu_ns / 1_000_000);
        Ok(ms.map(|ms| Complaint::ambiguous(format!("a run went on for {ms} ms after it was cancelled"))))
    }

    fn run_once(&self, case: &AttackCase) -> Result<Observation, AttackError> {
        match &case.kind {
            AttackKind::Program | AttackKind::WithTools => {
                let (job, limits) = attack_room::furnish(case, &self.room())?;
                let mut ended = self.run_program(job, &limits)?;
                if case.kind == AttackKind::WithTools {
                    // The guest shares its memory with its shell, and with whatever that starts.
                    ended.memory_bytes = limits.memory_bytes;
                }
                Ok(ended)
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
            memory_bytes: report.memory_bytes_peak,
            report: Some(report),
        })
    }

    fn run_agent(&self, task: &str, case: &AttackCase) -> Result<Observation, AttackError> {
        let (task, agent) = (score_tasks::task(task)?, score_tasks::agent(case.source, case.also)?);
        let limits = case
            .limit(self.evaluator.limits_for(&task))
            .map_err(|name| AttackError::UnknownLimit(case.id.to_owned(), name.to_owned()))?;
        let memory_bytes = limits.memory_bytes;
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
            memory_bytes,
        })
    }

    /// Returns complaints about what is left over since `before`, and about a next run that is not as clean as the first.
    pub(crate) fn complaints_since(&self, before: &HostObservation) -> Result<Vec<Complaint>, AttackError> {
        let mut complaints = before.folders.differences(&FolderContents::of(&self.watched));
        let threads = ThreadNumbers::grown_since(&before.threads, THREAD_LOOKS);
        if threads > 0 {
            complaints.push(Complaint::certain(format!("threads grew by {threads}")));
        }
        let (before, after) = (&before.process, ProcessState::now());
        let mut grown = |what: &str, was: Option<u64>, is: Option<u64>, room: u64| {
            if let (Some(was), Some(is)) = (was, is)
                && is > was + room
            {
                complaints.push(Complaint::certain(format!("{what} grew from {was} to {is}")));
            }
        };
        grown("descriptors", before.descriptors, after.descriptors, 0);
        grown("sockets", before.sockets, after.sockets, 0);
        grown("child processes", before.children, after.children, 0);
        grown("resident bytes", self.before.resident_bytes, after.resident_bytes, RESIDENT_GROWTH_BYTES_MAX);
        let (was, is) = (self.before.resident_bytes_peak, after.resident_bytes_peak);
        grown("the peak of resident bytes", was, is, RESIDENT_GROWTH_BYTES_MAX);
        if FileState::of(&self.target) != self.target_before {
            complaints.push(Complaint::certain(format!("{} was changed", self.target.display())));
        }
        if !self.planted.is_untouched().map_err(AttackError::Planted)? {
            complaints.push(Complaint::certain(format!("{} was changed", self.planted.path().display())));
        }
        let job = attack_room::program("probe.py", PROBE, &self.room())?;
        if self.evaluator.sandbox().run_blocking(job)? != self.probe {
            complaints.push(Complaint::certain("the next run is not clean"));
        }
        Ok(complaints)
    }
}

impl Observation {
    fn refused(why: String) -> Self {
        let end = format!("refused: {why}");
        let (report, left, excesses) = (None, Vec::new(), Vec::new());
        Self { end, stdout: None, refusals: 0, changes: 0, fuel: 0, report, left, excesses, memory_bytes: 0 }
    }
}

/// Measures a loop in Python, in picoseconds of processor time per unit of fuel. `None` if the system does not report it.
fn measure_loop(evaluator: &Evaluator) -> Result<Option<u64>, AttackError> {
    let job = Job::source("loop.py", LOOP).limits(Limits::default().with_fuel(LOOP_FUEL));
    let meter = HostMeter::start();
    let fuel = evaluator.sandbox().run_blocking(job)?.fuel_used;
    Ok(meter.stop().cpu_ns.map(|cpu_ns| (cpu_ns.saturating_mul(1_000) / fuel.max(1)).max(1)))
}

/// Returns complaints about the cost of an attack without a guest beyond what is allowed, or beyond the work that it counted.
fn host_complaints(cost: HostCost, counted: u64) -> Vec<Complaint> {
    let most = match counted {
        0 => HOST_CPU_NS_MAX,
        counted => counted.saturating_mul(CHECK_UNIT_NS_MAX).saturating_add(CPU_SLACK_NS),
    };
    let cpu = cost.cpu_ns.filter(|cpu_ns| *cpu_ns > most);
    let resident = cost.resident_bytes.filter(|bytes| *bytes > HOST_RESIDENT_BYTES_MAX);
    let cpu = cpu.map(|cpu_ns| Complaint::ambiguous(format!("{} ms of processor time", cpu_ns / 1_000_000)));
    let resident = resident.map(|bytes| Complaint::certain(format!("{} MiB of memory", bytes >> 20)));
    cpu.into_iter().chain(resident).collect()
}

/// Returns complaints about the cost of a run beyond what its fuel and its memory pay for.
pub(crate) fn cost_complaints(cost: HostCost, fuel: u64, memory_bytes: u64, loop_ps: u64) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    let paid_ns = fuel.saturating_mul(loop_ps).saturating_mul(LOOPS_PER_UNIT_MAX) / 1_000;
    if let Some(cpu_ns) = cost.cpu_ns.filter(|cpu_ns| *cpu_ns > paid_ns.saturating_add(CPU_SLACK_NS)) {
        let milliseconds = cpu_ns / 1_000_000;
        complaints.push(Complaint::ambiguous(format!(
            "{milliseconds} ms of processor time for {fuel} units of fuel"
        )));
    }
    let most = memory_bytes.saturating_add(RESIDENT_SLACK_BYTES);
    if let Some(bytes) = cost.resident_bytes.filter(|bytes| *bytes > most) {
        complaints.push(Complaint::certain(format!(
            "{} MiB of memory for a guest of {} MiB",
            bytes >> 20,
            memory_bytes >> 20
        )));
    }
    complaints
}

/// Returns all text that a guest wrote, returned or requested.
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

/// Describes an outcome in the words of attack headers.
fn describe(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Exception { exception, .. } => format!("exception {exception}"),
        Outcome::Trap { trap } => format!("trap: {trap}"),
        Outcome::Quota { quota } => format!("quota {quota}"),
        Outcome::Exit { code } => format!("exit {code}"),
        other => other.name().to_owned(),
    }
}
