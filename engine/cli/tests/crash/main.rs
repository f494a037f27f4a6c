//! Faults at random points of real runs. Whatever happens to the process, the device and the clocks, no generation that was
//! reported as committed is lost, the store is sound, and the resumed run ends with the root of an undisturbed one.
//!
//! A round is a store of its own with one or two faults in it. Every fifth one is a run with models, whose provider is out at random
//! requests while the process is killed or not (`outage.rs`). Everything random follows from `HYPERSPACE_CRASH_SEED` (default 1) and the
//! number of the round. `HYPERSPACE_CRASH_ROUNDS` (default 25) chooses how many there are:
//!
//! ```sh
//! HYPERSPACE_CRASH_ROUNDS=500 cargo test --release --workspace --test crash -- --nocapture
//! ```
//!
//! The faults themselves are in `fault.c`, a library that is preloaded; only the kills by time depend on the scheduler.
//! The reading of a clock that jumps is not repeatable either, because threads share the clocks.

#![expect(clippy::unwrap_used, reason = "a failure here is the failure of a test")]

#[path = "../all/common.rs"]
#[expect(dead_code, reason = "shared with the other tests of the command; each uses its own part")]
mod common;
mod outage;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use common::{EVOLVE, environment};
use hyperspace_testkit::command::{TestEnvironment, document, kill_after};
use hyperspace_testkit::random::SplitMix64;
use outage::Paired;
use serde_json::Value;

const GENERATIONS: &str = "6";
const SIGKILL: i32 = 9;
/// Every fifth round is a run with models.
const OUTAGE_EVERY: u64 = 5;
/// Injected faults, each with the class of calls that it counts: writes, reads, syncs, clocks.
const FAULTS: [(&str, usize); 8] =
    [("power", 0), ("kill", 0), ("torn", 0), ("full", 0), ("read", 1), ("sync", 2), ("wall", 3), ("mono", 3)];

fn setting(name: &str, default: u64) -> u64 {
    #[expect(clippy::disallowed_methods, reason = "how long a test runs is the choice of who starts it")]
    let text = std::env::var(name);
    text.map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name}: {text:?} is no number")))
}

/// Compiles the library with the faults; `None` without a C compiler.
fn faults(env: &TestEnvironment) -> Option<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/crash/fault.c");
    let library = env.path("fault.so");
    let mut compiler = Command::new("cc");
    compiler.args(["-O1", "-shared", "-fPIC", "-o"]).arg(&library).arg(source).args(["-ldl", "-lpthread"]);
    match compiler.output() {
        Ok(output) if output.status.success() => Some(library),
        Ok(output) => panic!("fault.c: {}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => {
            println!("SKIPPED injected faults, kills only: there is no C compiler: {error}");
            None
        }
    }
}

struct CrashLab {
    env: TestEnvironment,
    library: Option<PathBuf>,
    root: Value,
    /// Calls of each class in an undisturbed run.
    calls: [u64; 4],
    wall_ms: u64,
}

impl CrashLab {
    fn new() -> Self {
        let env = environment();
        let library = faults(&env);
        let mut lab = Self { env, library, root: Value::Null, calls: [1; 4], wall_ms: 0 };
        let counts = lab.env.path("counts");
        let mut command = lab.evolve("whole");
        command.env("HYPERSPACE_FAULT_COUNTS", &counts);
        let output = command.output().unwrap();
        let whole = document(&output);
        lab.root = whole["root"].clone();
        lab.wall_ms = whole["wall_ms"].as_u64().unwrap();
        if let Ok(text) = fs::read_to_string(counts) {
            let mut words = text.split_whitespace().map(|word| word.parse().unwrap());
            lab.calls = std::array::from_fn(|_| words.next().unwrap());
            assert!(lab.calls.iter().all(|&calls| calls >= 10), "faults would miss: {:?}", lab.calls);
        }
        lab
    }

    fn evolve(&self, store: &str) -> Command {
        let more = ["--generations", GENERATIONS, "--store", store, "--workers", "1", "--json", "-v"];
        let mut command = self.env.command(&[&EVOLVE[..], &more].concat());
        if let Some(library) = &self.library {
            command.env("LD_PRELOAD", library);
        }
        command
    }

    /// Runs once with a fault; returns its kind and the output of the process.
    fn disturb(&self, store: &str, round: u64, draws: &mut SplitMix64) -> (&'static str, Output) {
        let chosen = usize::try_from(round % (FAULTS.len() as u64 + 1)).unwrap();
        let (Some(&(kind, class)), Some(_)) = (FAULTS.get(chosen), &self.library) else {
            let mut command = self.evolve(store);
            let delay = Duration::from_micros(draws.below(self.wall_ms * 1_000));
            return ("time", kill_after(&mut command, delay));
        };
        let at = 1 + draws.below(self.calls[class]);
        let fault = format!("{kind}:{at}:{}", draws.next_u64());
        (kind, self.evolve(store).env("HYPERSPACE_FAULT", fault).output().unwrap())
    }

    /// Disturbs one store by one or two faults, then resumes the run.
    fn round(&self, seed: u64, round: u64, ends: &Mutex<BTreeMap<String, u64>>) {
        let mut draws = SplitMix64::new(seed.wrapping_mul(1_000_003).wrapping_add(round));
        let store = format!("round-{round}");
        let mut acknowledged = 0;
        for fault in 0..1 + draws.below(2) {
            let (kind, output) = self.disturb(&store, round + fault, &mut draws);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            let context =
                format!("seed {seed}, round {round}, fault {fault} ({kind}): {:?}, {said}", output.status);
            let end = match (output.status.code(), output.status.signal()) {
                (Some(0), _) => {
                    assert_eq!(document(&output)["root"], self.root, "{context}");
                    "done"
                }
                // SQLite takes a header that it could not read for a broken one; the run that is taken up shows that it is not.
                (Some(1), _) | (Some(14), _) if code_fits(kind, &output) => "stopped",
                (None, Some(SIGKILL)) => "killed",
                _ => panic!("{context}"),
            };
            assert!(!said.contains("panicked"), "{context}");
            *ends.lock().unwrap().entry(format!("{kind} {end}")).or_default() += 1;
            acknowledged = acknowledged.max(committed(&said));
            let made = self.env.run(&["log", "--store", &store]).status.code() != Some(2);
            assert!(made || acknowledged == 0, "the store is gone; {context}");
            if made {
                let (log, code) = self.env.json(&["log", "--store", &store]);
                let kept = log["runs"][0]["generations"].as_u64().unwrap_or(0);
                assert!(code == 0 && kept >= acknowledged, "{kept} of {acknowledged} are left; {context}");
                let (fsck, code) = self.env.json(&["fsck", "--store", &store]);
                assert_eq!(code, 0, "{fsck}; {context}");
            }
        }
        let output = self.evolve(&store).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "seed {seed}, round {round}: {said}");
        assert_eq!(document(&output)["root"], self.root, "seed {seed}, round {round}");
        assert_eq!(self.env.json(&["fsck", "--store", &store]).1, 0, "seed {seed}, round {round}");
        fs::remove_dir_all(self.env.path(&store)).unwrap();
    }
}

/// Returns whether the exit code fits the fault: a failure of the world, or damage where reading failed.
fn code_fits(kind: &str, output: &Output) -> bool {
    output.status.code() == Some(1) || kind == "read"
}

/// Returns the last generation that the process reported as committed.
fn committed(said: &str) -> u64 {
    let numbers = said.lines().filter_map(|line| line.split("generation committed generation=").nth(1));
    numbers.filter_map(|rest| rest.split_whitespace().next()?.parse().ok()).max().unwrap_or(0)
}

#[test]
fn whatever_fails_nothing_acknowledged_is_lost_and_the_root_is_the_same() {
    let (rounds, seed) = (setting("HYPERSPACE_CRASH_ROUNDS", 25), setting("HYPERSPACE_CRASH_SEED", 1));
    let (lab, next, ends) = (CrashLab::new(), AtomicU64::new(0), Mutex::new(BTreeMap::new()));
    let paired = Paired::new();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let round = next.fetch_add(1, Ordering::Relaxed);
                    if round >= rounds {
                        break;
                    }
                    if round % OUTAGE_EVERY != OUTAGE_EVERY - 1 {
                        lab.round(seed, round, &ends);
                        continue;
                    }
                    for end in paired.round(seed, round) {
                        *ends.lock().unwrap().entry(end).or_default() += 1;
                    }
                }
            });
        }
    });
    let ends = ends.into_inner().unwrap();
    println!("{rounds} rounds of seed {seed}, calls of an undisturbed run {:?}: {ends:?}", lab.calls);
    let disturbed: u64 = ends.iter().filter(|(end, _)| !end.ends_with("done")).map(|(_, count)| count).sum();
    assert!(disturbed * 2 >= rounds, "most faults came to nothing: {ends:?}");
    let outages = ends.keys().filter(|end| end.ends_with(" stopped") && outage::is_one(end)).count();
    assert!(outages > 0 || rounds < 2 * OUTAGE_EVERY, "no outage stopped a run: {ends:?}");
}
