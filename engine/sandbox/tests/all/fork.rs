//! A fork gives the report that a fresh run after the same set-up gives, in every field, and nothing passes between forks.
//!
//! The sandbox of these tests compares all memory of an instance with what it must be before every run; another one, which
//! never uses an instance again, is the witness.

use std::sync::OnceLock;

use hyperspace_core::{FileSet, RelPath};
use hyperspace_sandbox::{
    Door, DoorCall, DoorError, Item, Job, JobError, Limits, Mount, Outcome, Report, Sandbox, SandboxConfig,
    SandboxError, Setup, async_trait,
};
use hyperspace_testkit::sandbox::CountingDoor;
use proptest::prelude::*;
use serde_json::{Value, json};

fn config() -> SandboxConfig {
    hyperspace_testkit::sandbox::config().with_verify(true)
}

/// One that keeps instances.
fn sandbox() -> &'static Sandbox {
    static SANDBOX: OnceLock<Sandbox> = OnceLock::new();
    SANDBOX.get_or_init(|| Sandbox::new(&config()).unwrap())
}

/// One that never uses an instance again.
fn witness() -> &'static Sandbox {
    static SANDBOX: OnceLock<Sandbox> = OnceLock::new();
    SANDBOX.get_or_init(|| Sandbox::new(&config().with_reuse(false).with_verify(false)).unwrap())
}

/// A module with state of every kind: globals, caches, files, open descriptors, random state, time, output.
const AGENT: &str = "
import io, json, os, random, sys, time
import _hyperspace
COUNT = 0
SEEN = []
TABLE = {n: str(n) * 3 for n in range(2000)}
EARLY = random.random()
BEGAN = time.monotonic_ns()
os.makedirs('/work/made')
with open('/work/made/early', 'w') as stream:
    stream.write('early')
LOG = open('/work/log', 'a+')
LOG.write('import\\n')
LOG.flush()
print('imported', flush=True)
print('held back', end=' ')

def look(*args):
    global COUNT
    COUNT += 1
    SEEN.append(args)
    LOG.write(f'{args}\\n')
    LOG.flush()
    LOG.seek(0)
    TABLE[len(TABLE)] = 'x' * 5000
    files = sorted(os.listdir('/work')), sorted(os.listdir('/tmp'))
    open('/tmp/scratch', 'w').close()
    os.urandom(3)
    return [COUNT, len(SEEN), len(TABLE), EARLY, random.random(), time.monotonic_ns() - BEGAN, files, LOG.read(),
            sys.argv, 'leak' in sys.modules]

def sleep(seconds):
    time.sleep(seconds)
    print('slept', time.monotonic_ns())
    return time.time_ns()

def ask(times):
    return [json.loads(_hyperspace.send(b'{\"op\": \"count\"}')) for _ in range(times)]

def meet(number):
    before = look(number)
    TABLE.update((n, 'z' * 300) for n in range(number * 20))
    _hyperspace.send(b'{\"op\": \"count\"}')
    return [before, look(number), sum(map(len, TABLE.values())), ask(number % 3)]

def leak():
    import builtins, types
    sys.modules['leak'] = types.ModuleType('leak')
    builtins.print = None
    json.dumps = None
    sys.path.append('/leak')
    os.environ['LEAK'] = '1'
    random.seed(1)
    sys.setrecursionlimit(77)
    os.remove('/work/made/early')
    TABLE.clear()

def grow(mebibytes):
    SEEN.append(bytearray(mebibytes << 20))
    return len(SEEN[-1])

def spin():
    while True:
        pass

def dive(depth):
    return dive(depth + 1)

def leave(code):
    os._exit(code)

def fail(text):
    raise ValueError(text)

def kill():
    raise SystemExit(3)

def read():
    return sys.stdin.read()
";

fn folder(files: &[(&str, &str)]) -> FileSet {
    let mut set = FileSet::new();
    for (name, content) in files {
        set.insert(RelPath::new(name).unwrap(), content.as_bytes()).unwrap();
    }
    set
}

fn limits() -> Limits {
    Limits::default().with_fuel(400_000_000).with_host_calls(3).with_memory_bytes(64 << 20)
}

fn setup(agent: &str) -> Setup {
    Setup::import(&["subject"])
        .limits(limits())
        .seed(7)
        .env("MODE", "test")
        .python_path("/repo")
        .mount(Mount::read_only(RelPath::new("repo").unwrap(), folder(&[("subject.py", agent)])))
        .mount(Mount::read_write(RelPath::new("work").unwrap(), folder(&[("given", "1")])))
}

fn call(function: &str, args: Vec<Value>, seed: u64) -> Item {
    Item::call("subject", function, args)
        .seed(seed)
        .door(&["count"], CountingDoor::default())
        .stdin(b"input".to_vec())
}

/// Runs an item in a fork and fresh, in both sandboxes; all reports must be equal.
fn everywhere(setup: &Setup, item: impl Fn() -> Item) -> Report {
    let first = witness().template(setup.clone()).unwrap().fresh_blocking(item()).unwrap();
    for sandbox in [sandbox(), witness()] {
        let template = sandbox.template(setup.clone()).unwrap();
        assert_eq!(template.fresh_blocking(item()).unwrap(), first);
        assert_eq!(template.fork_blocking(item()).unwrap(), first, "the first fork");
        assert_eq!(template.fork_blocking(item()).unwrap(), first, "the second fork");
    }
    first
}

#[test]
fn a_fork_sees_what_a_fresh_run_sees() {
    let setup = setup(AGENT);
    let report = everywhere(&setup, || call("look", vec![json!("a"), json!(1)], 1));
    assert_eq!(report.outcome, Outcome::Completed, "{:?}", report.traceback);
    let seen = report.result.unwrap();
    assert_eq!((&seen[0], &seen[1], &seen[2]), (&json!(1), &json!(1), &json!(2001)));
    assert_eq!(seen[7], "import\n('a', 1)\n");
    assert_eq!(report.stdout, b"imported\nheld back ");
    let changed: Vec<&str> = report.changes.iter().map(|change| change.path.as_str()).collect();
    assert_eq!(changed, ["log", "made/early"]);
    let other = everywhere(&setup, || call("look", vec![json!("a"), json!(1)], 2)).result.unwrap();
    assert_eq!(seen[3], other[3], "the set-up's randomness is that of the set-up");
    assert_ne!(seen[4], other[4], "the item's randomness is keyed by the item");
}

#[test]
fn every_end_of_a_run_is_the_same_in_a_fork() {
    let setup = setup(AGENT);
    let end =
        |function: &str, args: Vec<Value>| everywhere(&setup, || call(function, args.clone(), 5)).outcome;
    assert_eq!(end("spin", vec![]), Outcome::OutOfFuel);
    assert_eq!(end("grow", vec![json!(100)]), Outcome::OutOfMemory);
    assert_eq!(end("grow", vec![json!(20)]), Outcome::Completed);
    assert_eq!(end("leave", vec![json!(4)]), Outcome::Exit { code: 4 });
    assert_eq!(end("leave", vec![json!(0)]), Outcome::Completed);
    assert_eq!(end("kill", vec![]), Outcome::Exit { code: 3 });
    assert_eq!(end("fail", vec![json!("no")]).name(), "exception");
    let ample = setup.clone().limits(limits().with_fuel(4_000_000_000));
    assert_eq!(everywhere(&ample, || call("dive", vec![json!(0)], 5)).outcome.name(), "exception");
    assert_eq!(end("missing", vec![]).name(), "exception");
    assert_eq!(end("sleep", vec![json!(3600)]), Outcome::Completed);
    assert_eq!(end("read", vec![]), Outcome::Completed);
    assert_eq!(end("ask", vec![json!(3)]), Outcome::Completed);
    assert_eq!(end("ask", vec![json!(4)]), Outcome::Quota { quota: "host_calls".to_owned() });
}

#[test]
fn nothing_passes_from_one_fork_to_the_next() {
    let template = sandbox().template(setup(AGENT)).unwrap();
    let look = || template.fork_blocking(call("look", vec![json!(0)], 3)).unwrap();
    let first = look();
    assert_eq!(first.result.as_ref().unwrap()[9], json!(false));
    for (function, args) in [
        ("leak", vec![]),
        ("grow", vec![json!(30)]),
        ("look", vec![json!("secret")]),
        ("leave", vec![json!(1)]),
    ] {
        template.fork_blocking(call(function, args, 9)).unwrap();
        assert_eq!(look(), first, "after {function}");
    }
    // Nor to a run that has nothing to do with the template, nor back.
    let plain = || Job::source("p.py", "import sys, random\nprint(len(sys.modules), random.random())");
    let expected = witness().run_blocking(plain()).unwrap();
    template.fork_blocking(call("leak", vec![], 9)).unwrap();
    assert_eq!(sandbox().run_blocking(plain()).unwrap(), expected);
    assert_eq!(look(), first);
}

#[test]
fn an_instance_that_comes_back_to_states_again_and_again_shows_the_same() {
    // Forks one after the other share an instance, which maps a state once it has copied its pages often enough.
    let sandbox = Sandbox::new(&config()).unwrap();
    let small = sandbox.template(setup(AGENT)).unwrap();
    let large = sandbox.template(setup(&format!("{AGENT}\nBALLAST = bytearray(4 << 20)\n"))).unwrap();
    let plain = || Job::source("p.py", "import sys, random\nprint(len(sys.modules), random.random())");
    let printed = witness().run_blocking(plain()).unwrap();
    for template in [&small, &large, &small] {
        let look = || template.fork_blocking(call("look", vec![json!(0)], 3)).unwrap();
        let first = template.fresh_blocking(call("look", vec![json!(0)], 3)).unwrap();
        for round in 0..60 {
            assert_eq!(look(), first, "round {round}");
            match round % 7 {
                2 => drop(template.fork_blocking(call("leak", vec![], 9)).unwrap()),
                // It writes thousands of pages, within the memory that the set-up left.
                4 => drop(template.fork_blocking(call("meet", vec![json!(400)], 9)).unwrap()),
                _ => {}
            }
        }
        assert!((0..30).all(|_| sandbox.run_blocking(plain()).unwrap() == printed));
        assert_eq!(look(), first);
    }
}

#[test]
fn a_setup_that_fails_is_the_report_of_every_item() {
    let with = |agent: &str| everywhere(&setup(agent), || call("look", vec![], 1));
    assert_eq!(with("raise ValueError('no')").outcome.name(), "exception");
    assert!(with("raise ValueError('no')").traceback.unwrap().contains("subject.py\", line 1"));
    assert_eq!(with("def broken(").outcome.name(), "exception");
    assert_eq!(with("import nowhere").outcome.name(), "exception");
    assert_eq!(with("while True: pass").outcome, Outcome::OutOfFuel);
    assert_eq!(with("x = bytearray(100 << 20)").outcome, Outcome::OutOfMemory);
    assert_eq!(with("import os; os._exit(0)").outcome, Outcome::Completed);
    assert_eq!(with("import os; os._exit(0)").result, None);
    assert_eq!(with("raise SystemExit").result, None);
    assert_eq!(with("print('x' * (2 << 20), flush=True)").outcome, Outcome::OutputLimit);
    assert_eq!(with("import os; os.abort()").outcome.name(), "trap");
    // One that claims to be ready, and leaves.
    let claims = with("import os, _hyperspace\n_hyperspace.result(b'{\"ok\":1}')\nos._exit(0)");
    assert_eq!((claims.outcome, claims.result), (Outcome::Completed, None));
    // The interpreter does not fit.
    let small = setup(AGENT).limits(limits().with_memory_bytes(2 << 20));
    assert_eq!(everywhere(&small, || call("look", vec![], 1)).outcome, Outcome::OutOfMemory);
}

#[test]
fn what_a_setup_spoils_is_spoiled_alike() {
    let with = |agent: &str| everywhere(&setup(agent), || call("look", vec![json!(1)], 1));
    let hostile = "
import atexit, gc, json, os, sys, threading
sys.setrecursionlimit(60)
gc.set_threshold(1)
os.close(1)
fd = os.open('/work/given', os.O_RDWR)
os.chdir('/tmp')
os.remove('/work/given')
sys.modules['_hyperspace_bootstrap'].HOMES = ('/work',)
def look(*args):
    return [os.getcwd(), os.pread(fd, 10, 0).decode(), os.fstat(fd).st_ino, args]
";
    let report = with(hostile);
    assert_eq!(report.result.unwrap()[1], "1", "{:?}", report.traceback);
    let patched = "
import json, sys
boot = sys.modules['_hyperspace_bootstrap']
boot.encode_result = lambda value: b'{\"ok\": \"forged\"}'
def look(*args): return 1
";
    assert_eq!(with(patched).result, Some(json!("forged")));
}

#[test]
fn fuel_and_limits_bound_set_up_and_item_together() {
    let template = sandbox().template(setup(AGENT)).unwrap();
    let whole = template.fork_blocking(call("look", vec![json!(0)], 3)).unwrap();
    let with = |fuel: u64| {
        let setup = setup(AGENT).limits(limits().with_fuel(fuel));
        everywhere(&setup, || call("look", vec![json!(0)], 3))
    };
    assert_eq!(with(whole.fuel_used), whole, "exactly enough is enough");
    // The end of a program may cost a little more than is checked, so one less may do as well.
    let less = with(whole.fuel_used - 10_000);
    assert_eq!((&less.outcome, less.fuel_used), (&Outcome::OutOfFuel, whole.fuel_used - 10_000));
    for part in 1..8 {
        let cut = with(whole.fuel_used * part / 8);
        assert_eq!(cut.outcome, Outcome::OutOfFuel, "at {part} of 8");
        assert!(whole.stdout.starts_with(&cut.stdout));
    }
}

#[test]
fn templates_are_bounded_and_come_back() {
    let sandbox = Sandbox::new(&config().with_templates_max(2)).unwrap();
    let agents: Vec<String> = (0..4).map(|n| format!("N = {n}\ndef look(): return N\n")).collect();
    let templates: Vec<_> = agents.iter().map(|agent| sandbox.template(setup(agent)).unwrap()).collect();
    for round in 0..2 {
        for (number, template) in templates.iter().enumerate() {
            let report = template.fork_blocking(call("look", vec![], 1)).unwrap();
            assert_eq!(report.result, Some(json!(number)), "in round {round}");
            assert!(template.is_warm() && sandbox.templates_kept().0 <= 2);
        }
    }
    let warm: Vec<bool> = templates.iter().map(hyperspace_sandbox::Template::is_warm).collect();
    assert_eq!(warm, [false, false, true, true]);
    // The one used longest ago goes first.
    templates[2].fork_blocking(call("look", vec![], 1)).unwrap();
    templates[0].fork_blocking(call("look", vec![], 1)).unwrap();
    assert!(templates[2].is_warm() && !templates[3].is_warm());
    drop(templates);
    assert_eq!(sandbox.templates_kept().0, 0);
    let tiny = Sandbox::new(&config().with_template_bytes_max(1)).unwrap();
    let template = tiny.template(setup(AGENT)).unwrap();
    let expected = template.fresh_blocking(call("look", vec![], 1)).unwrap();
    assert_eq!(template.fork_blocking(call("look", vec![], 1)).unwrap(), expected);
}

#[test]
fn a_fork_that_is_dropped_in_the_middle_disturbs_no_other() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    let template = sandbox().template(setup(AGENT).limits(limits().with_fuel(1 << 40))).unwrap();
    runtime.block_on(async {
        let expected = template.fork(call("look", vec![json!(0)], 3)).await.unwrap();
        for _ in 0..3 {
            let spinning = {
                let template = template.clone();
                tokio::spawn(async move { template.fork(call("spin", vec![], 3)).await })
            };
            tokio::task::yield_now().await;
            assert_eq!(template.fork(call("look", vec![json!(0)], 3)).await.unwrap(), expected);
            spinning.abort();
            assert!(spinning.await.unwrap_err().is_cancelled());
            assert_eq!(template.fork(call("look", vec![json!(0)], 3)).await.unwrap(), expected);
        }
    });
    // The backstop ends a set-up without a word on it: the next fork tries again.
    let stuck = setup("while True: pass").limits(limits().with_fuel(1 << 50).with_wall_clock_ms(20));
    let template = sandbox().template(stuck).unwrap();
    assert_eq!(template.fork_blocking(call("look", vec![], 1)).unwrap().outcome, Outcome::WallClock);
    assert!(!template.is_warm());
}

#[test]
fn forks_at_the_same_time_are_alike() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    let template = sandbox().template(setup(AGENT)).unwrap();
    runtime.block_on(async {
        let mut running = tokio::task::JoinSet::new();
        for index in 0..40_u64 {
            let template = template.clone();
            running.spawn(async move {
                let seed = index % 4;
                let report = template.fork(call("look", vec![json!(seed)], seed)).await.unwrap();
                (seed, report)
            });
        }
        let mut reports: Vec<Option<Report>> = vec![None; 4];
        while let Some(joined) = running.join_next().await {
            let (seed, report) = joined.unwrap();
            let first = reports[usize::try_from(seed).unwrap()].get_or_insert_with(|| report.clone());
            assert_eq!(*first, report);
        }
    });
}

/// Lets no guest go on before all have called once.
struct Together(Option<std::sync::Arc<tokio::sync::Barrier>>);

#[async_trait]
impl Door for Together {
    async fn call(&mut self, _: DoorCall<'_>) -> Result<Value, DoorError> {
        if let Some(barrier) = self.0.take() {
            barrier.wait().await;
        }
        Ok(json!(1))
    }
}

/// More at the same time than copy their pages: the others map the state, and give back what they did not change while
/// they wait. Two templates, one of which made memory grow, and plain jobs take turns in the same instances.
#[test]
fn forks_that_wait_together_are_alike() {
    const LIVE: usize = 36;
    let sandbox = Sandbox::new(&config().with_instances_max(40)).unwrap();
    let grown = format!("BIG = bytearray(12 << 20)\nLIST = [str(n) for n in range(9000)]\n{AGENT}");
    let templates = [AGENT, &grown].map(|agent| sandbox.template(setup(agent)).unwrap());
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    let item = |index: usize, barrier: &std::sync::Arc<tokio::sync::Barrier>| {
        call("meet", vec![json!(index % 5)], 1)
            .door(&["count"], Together(Some(std::sync::Arc::clone(barrier))))
    };
    let alone = std::sync::Arc::new(tokio::sync::Barrier::new(1));
    runtime.block_on(async {
        for round in 0..3 {
            let barrier = std::sync::Arc::new(tokio::sync::Barrier::new(LIVE));
            let mut running = tokio::task::JoinSet::new();
            for index in 0..LIVE {
                let (template, item) = (templates[(index + round) % 2].clone(), item(index, &barrier));
                running.spawn(async move { (index, template.fork(item).await.unwrap()) });
            }
            while let Some(joined) = running.join_next().await {
                let (index, report) = joined.unwrap();
                let expected = templates[(index + round) % 2].fresh(item(index, &alone)).await.unwrap();
                assert_eq!(report, expected, "fork {index} of round {round}");
                assert_eq!(report.outcome, Outcome::Completed, "{:?}", report.traceback);
            }
        }
    });
    let plain = || Job::source("p.py", "import sys, random\nprint(len(sys.modules), random.random())");
    assert_eq!(sandbox.run_blocking(plain()).unwrap(), witness().run_blocking(plain()).unwrap());
}

#[test]
fn a_setup_that_makes_no_sense_is_an_error() {
    let bad = sandbox().template(setup(AGENT).env("A=B", "c")).unwrap_err();
    assert!(matches!(bad, SandboxError::Job(JobError::BadText { .. })), "{bad}");
    let bad = sandbox().template(setup(AGENT).limits(limits().with_fuel(0))).unwrap_err();
    assert!(matches!(bad, SandboxError::Job(JobError::Limit(_))), "{bad}");
    let template = sandbox().template(setup(AGENT)).unwrap();
    let bad = template.fork_blocking(call("look", vec![], 1).args(["\0"])).unwrap_err();
    assert!(matches!(bad, SandboxError::Job(JobError::BadText { .. })), "{bad}");
}

#[derive(Debug, Clone)]
struct Ask(&'static str, Vec<Value>, u64);

fn any_ask() -> impl Strategy<Value = Ask> {
    let ask = prop_oneof![
        4 => any::<u8>().prop_map(|n| ("look", vec![json!(n)])),
        1 => (0..5u8).prop_map(|n| ("ask", vec![json!(n)])),
        1 => (0..40u8).prop_map(|n| ("grow", vec![json!(n)])),
        1 => Just(("leak", vec![])),
        1 => Just(("fail", vec![json!("x")])),
        1 => Just(("read", vec![])),
        1 => (0..3u8).prop_map(|n| ("leave", vec![json!(n)])),
        1 => Just(("dive", vec![json!(0)])),
    ];
    (ask, 0..3u64).prop_map(|((function, args), seed)| Ask(function, args, seed))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Two templates take turns in the same instances.
    #[test]
    fn any_sequence_of_forks_is_a_sequence_of_fresh_runs(asks in prop::collection::vec((any_ask(), any::<bool>()), 1..10)) {
        static TEMPLATES: OnceLock<[hyperspace_sandbox::Template; 2]> = OnceLock::new();
        let other = format!("BIG = [str(n) for n in range(9000)]\n{AGENT}");
        let templates = TEMPLATES.get_or_init(|| {
            [AGENT, &other].map(|agent| sandbox().template(setup(agent)).unwrap())
        });
        for (Ask(function, args, seed), second) in asks {
            let item = || call(function, args.clone(), seed);
            let template = &templates[usize::from(second)];
            prop_assert_eq!(template.fork_blocking(item()).unwrap(), template.fresh_blocking(item()).unwrap());
        }
    }
}
