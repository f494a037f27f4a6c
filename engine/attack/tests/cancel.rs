//! Guests of every kind, cancelled at random moments: nothing of them stays, and the next run is as the first.
//!
//! `HYPERSPACE_CANCELLATIONS` is the number of cancellations.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]
#![expect(
    clippy::disallowed_methods,
    reason = "a number of rounds comes from outside; the clock decides nothing"
)]

use std::time::Duration;

use hyperspace_attack::ProcessState;
use hyperspace_core::{FileSet, RelPath};
use hyperspace_sandbox::{
    Door, DoorCall, DoorError, Item, Job, Limits, Mount, Report, Sandbox, SandboxConfig, Setup, async_trait,
};
use hyperspace_testkit::random::SplitMix64;
use hyperspace_testkit::sandbox::config;
use hyperspace_tools::{OPERATIONS, ShellConfig, ToolDoor};
use serde_json::Value;

/// Cancellations of one run of the test, unless the environment says another number.
const CANCELLATIONS: u64 = 400;
/// Longest time after which a run is cancelled, in microseconds.
const AFTER_US_MAX: u64 = 30_000;
/// Runs at the same time. All slots are taken at the end, by as many runs.
const SLOTS: u32 = 4;
/// Resident memory that may be added after the first hundred cancellations.
const GROWTH_BYTES_MAX: u64 = 48 << 20;

/// Programs that do not end by themselves. `bash` and `ask` call the door.
const PROGRAMS: [&str; 11] = [
    "while True: pass",
    "import time\nwhile True: time.time()",
    "import os\nwhile True: os.stat('/work')",
    "n = 0\nwhile True:\n  n += 1\n  open(f'/work/{n % 50}', 'w').write('x' * n)",
    "x = []\nwhile True: x.append(bytes(4096))",
    "print('x' * 100, flush=True)\nwhile True: print(end='', flush=True)",
    "import time\nwhile True: time.sleep(1)",
    "while True: ask('wait')",
    "while True: ask('tool.editor', command='view', path='/work')",
    "while True: bash('for i in 1 2 3 4 5 6 7 8; do echo $i | tr 1-8 a-h >> /work/log; done; tail -1 /work/log')",
    "while True: bash('python3 -c \"while True: open(\\'/work/n\\', \\'a\\').write(\\'x\\')\"')",
];

/// The beginning of every program.
const PRELUDE: &str = "
import json, _hyperspace
def ask(op, **params):
    return json.loads(_hyperspace.send(json.dumps({'op': op, 'params': params}).encode()))
def bash(command):
    return ask('tool.bash', command=command)
";

/// A door that answers after a while.
struct SlowDoor;

#[async_trait]
impl Door for SlowDoor {
    async fn call(&mut self, _: DoorCall<'_>) -> Result<Value, DoorError> {
        tokio::time::sleep(Duration::from_millis(2)).await;
        Ok(Value::Null)
    }
}

fn mount(name: &str, files: FileSet) -> Mount {
    Mount::read_write(RelPath::new(name).unwrap(), files)
}

fn job(sandbox: &Sandbox, program: &str) -> Job {
    let operations: Vec<&str> = OPERATIONS.into_iter().chain(["wait"]).collect();
    let tools = ToolDoor::new(sandbox.clone(), ShellConfig::new("/work", 7)).others(SlowDoor);
    Job::source("p.py", &format!("{PRELUDE}{program}"))
        .limits(Limits::default().with_fuel(60_000_000_000).with_host_calls(1 << 40))
        .mount(mount("work", FileSet::new()))
        .door(&operations, tools)
}

/// A run that does a little of everything, and ends.
fn probe(sandbox: &Sandbox) -> Job {
    job(
        sandbox,
        "print(sum(range(1000)), bash('ls -a; echo $RANDOM; python3 -c \"print(1)\"'))\nopen('/work/f', 'w').write('x')",
    )
}

fn setup() -> Setup {
    let module = "def spin():\n    while True: open('/work/f', 'a').write('x')\n";
    let repo = FileSet::try_from([("subject.py", module)]).unwrap();
    Setup::import(&["subject"])
        .limits(Limits::default().with_fuel(60_000_000_000))
        .python_path("/repo")
        .mount(Mount::read_only(RelPath::new("repo").unwrap(), repo))
        .mount(mount("work", FileSet::new()))
}

/// Begins a run of that kind, and cancels it after that time.
async fn cancel(sandbox: &Sandbox, kind: usize, after: Duration) {
    let ended = match PROGRAMS.get(kind) {
        Some(program) => tokio::time::timeout(after, sandbox.run(job(sandbox, program))).await.map(drop),
        // While it is set up, or in a fork.
        None => {
            let template = sandbox.template(setup()).unwrap();
            let item = Item::call("subject", "spin", vec![]);
            tokio::time::timeout(after, template.fork(item)).await.map(drop)
        }
    };
    ended.unwrap_err();
}

fn cancellations() -> u64 {
    std::env::var("HYPERSPACE_CANCELLATIONS").map_or(CANCELLATIONS, |text| text.parse().unwrap())
}

#[test]
fn cancelled_guests_leave_nothing_behind() {
    let settings: SandboxConfig = config().with_instances_max(SLOTS).with_verify(true);
    let sandbox = Sandbox::new(&settings).unwrap();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    let mut random = SplitMix64::new(14);
    let first = runtime.block_on(sandbox.run(probe(&sandbox))).unwrap();
    assert!(first.traceback.is_none() && first.changes.len() == 1, "{first:?}");
    let mut before = None;
    for round in 0..cancellations() {
        let kind = random.below(PROGRAMS.len() as u64 + 1) as usize;
        let after = Duration::from_micros(random.below(AFTER_US_MAX));
        runtime.block_on(cancel(&sandbox, kind, after));
        if round % 100 == 99 {
            // Every slot is free, and what is in it is clean.
            let probes: Vec<_> = (0..2 * SLOTS)
                .map(|_| {
                    let sandbox = sandbox.clone();
                    runtime.spawn(async move { sandbox.run(probe(&sandbox)).await.unwrap() })
                })
                .collect();
            let same = |report: Report| assert_eq!(report, first, "after {} cancellations", round + 1);
            probes.into_iter().for_each(|probe| same(runtime.block_on(probe).unwrap()));
            let now = ProcessState::now();
            let before = before.get_or_insert_with(|| now.clone());
            let grown = |was: Option<u64>, is: Option<u64>, most: u64| {
                was.zip(is).is_none_or(|(was, is)| is <= was + most)
            };
            assert!(grown(before.descriptors, now.descriptors, 0), "{before:?} {now:?}");
            assert!(grown(before.threads, now.threads, 0), "{before:?} {now:?}");
            assert!(grown(before.resident_bytes, now.resident_bytes, GROWTH_BYTES_MAX), "{before:?} {now:?}");
        }
    }
}
