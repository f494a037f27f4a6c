//! An item of a session goes on from the state before it and from nothing else, whatever instances ran meanwhile.
//!
//! The sandbox of these tests compares all memory of an instance with what it must be before every run; another one, which
//! never uses an instance again, is the witness.

use std::sync::OnceLock;

use hyperspace_core::{FileSet, RelPath};
use hyperspace_sandbox::{GuestSession, Item, Job, Limits, Mount, Outcome, Report, Sandbox, Setup};
use hyperspace_testkit::sandbox::config;
use proptest::prelude::*;
use serde_json::json;

const MODULE: &str = "
import random, sys, time
SEEN = []
def add(word):
    SEEN.append(word)
    with open('/work/log', 'a') as log:
        log.write(word)
    print(word, end=' ')
    return [SEEN, open('/work/log').read(), random.random(), time.monotonic_ns() > 0]
def grow(mebibytes):
    global BLOCK
    BLOCK = bytearray(mebibytes << 20)
    return len(BLOCK)
def fail():
    SEEN.append('failed')
    raise ValueError('on purpose')
def spin():
    SEEN.append('spun')
    while True: pass
def leave():
    SEEN.append('left')
    sys.exit(3)
";

/// One that keeps instances.
fn sandbox() -> &'static Sandbox {
    static SANDBOX: OnceLock<Sandbox> = OnceLock::new();
    SANDBOX.get_or_init(|| Sandbox::new(&config().with_verify(true)).unwrap())
}

/// One that never uses an instance again.
fn witness() -> &'static Sandbox {
    static SANDBOX: OnceLock<Sandbox> = OnceLock::new();
    SANDBOX.get_or_init(|| Sandbox::new(&config().with_reuse(false)).unwrap())
}

fn setup() -> Setup {
    let files = FileSet::from_files([("chain.py", MODULE)]).unwrap();
    Setup::import(&["chain"])
        .mount(Mount::read_only(RelPath::new("code").unwrap(), files))
        .mount(Mount::read_write(RelPath::new("work").unwrap(), FileSet::new()))
        .python_path("/code")
        .limits(Limits::default().with_fuel(300_000_000).with_output_bytes(64))
}

async fn begin(sandbox: &Sandbox) -> GuestSession {
    sandbox.template(setup()).unwrap().session().await.unwrap().unwrap()
}

fn add(word: &str) -> Item {
    Item::call("chain", "add", vec![json!(word)]).seed(7)
}

fn call(function: &str) -> Item {
    Item::call("chain", function, vec![])
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
}

async fn step(session: &GuestSession, item: Item) -> (Report, GuestSession) {
    let (report, next) = session.run(item).await.unwrap();
    (report, next.unwrap())
}

#[test]
fn an_item_goes_on_from_the_state_before_it() {
    runtime().block_on(async {
        let sandbox = sandbox();
        let start = begin(sandbox).await;
        let (first, one) = step(&start, add("a")).await;
        assert_eq!(first.result.as_ref().unwrap()[0], json!(["a"]));
        let (second, two) = step(&one, add("b")).await;
        assert_eq!(second.result.as_ref().unwrap()[0], json!(["a", "b"]));
        assert_eq!(second.result.as_ref().unwrap()[1], json!("ab"));
        assert_eq!(second.stdout, b"b ", "output is that of the item alone");
        assert!(second.fuel_used < 100_000_000 && second.virtual_ns < 100_000_000);
        // Any state can be gone back to, and gives the same again.
        let (again, _) = step(&one, add("b")).await;
        assert_eq!(again, second);
        let (other, _) = step(&start, add("c")).await;
        assert_eq!(other.result.unwrap()[0], json!(["c"]));
        let (third, _) = step(&two, add("d")).await;
        assert_eq!(third.result.unwrap()[1], json!("abd"));
        assert!(two.bytes() >= PAGE_BYTES);
    });
}

const PAGE_BYTES: usize = 4_096;

#[test]
fn an_exception_is_a_state_and_a_stopped_guest_is_none() {
    runtime().block_on(async {
        let sandbox = sandbox();
        let start = begin(sandbox).await;
        let (report, after) = step(&start, call("fail")).await;
        assert!(matches!(report.outcome, Outcome::Exception { .. }));
        let (report, _) = step(&after, add("x")).await;
        assert_eq!(report.result.unwrap()[0], json!(["failed", "x"]));
        for (function, outcome) in [("spin", Outcome::OutOfFuel), ("leave", Outcome::Exit { code: 3 })] {
            let (report, none) = start.run(call(function)).await.unwrap();
            assert_eq!(report.outcome, outcome);
            assert!(none.is_none(), "{function}");
        }
        // The limits bound each item by itself.
        let mut session = start.clone();
        for _ in 0..20 {
            let (report, next) = step(&session, add("0123456789")).await;
            assert!(report.outcome.is_completed(), "{report:?}");
            session = next;
        }
        let (report, _) = step(&start, add("y")).await;
        assert_eq!(report.result.unwrap()[0], json!(["y"]), "what was stopped left nothing behind");
    });
}

#[test]
fn memory_that_has_grown_belongs_to_the_states_after_it() {
    runtime().block_on(async {
        let sandbox = sandbox();
        let start = begin(sandbox).await;
        let grow = Item::call("chain", "grow", vec![json!(64)]);
        let (report, grown) = step(&start, grow).await;
        assert_eq!(report.result, Some(json!(64 << 20)));
        let (before, _) = step(&start, add("small")).await;
        let (after, _) = step(&grown, add("large")).await;
        assert!(after.memory_bytes_peak > before.memory_bytes_peak + (50 << 20));
        let job = sandbox.run(Job::source("other.py", "print('other')")).await.unwrap();
        assert_eq!(job.stdout, b"other\n");
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// A tree of states: each step goes on from any state that there is. A sandbox that reuses instances gives what one gives that
    /// makes each anew, while other guests run in between.
    #[test]
    fn every_way_through_a_tree_of_states_gives_what_new_instances_give(
        steps in prop::collection::vec((any::<prop::sample::Index>(), 0..5_u8), 1..10),
    ) {
        runtime().block_on(async {
            let template = sandbox().template(setup()).unwrap();
            let mut states = vec![(template.session().await.unwrap().unwrap(), begin(witness()).await)];
            for (number, (from, kind)) in steps.iter().enumerate() {
                let (mine, theirs) = from.get(&states).clone();
                let item = || match kind {
                    0 => call("fail"),
                    1 => Item::call("chain", "grow", vec![json!(number)]),
                    2 => call("leave"),
                    _ => add(&format!("w{number}")),
                };
                let (report, next) = mine.run(item()).await.unwrap();
                let (expected, expected_next) = theirs.run(item()).await.unwrap();
                assert_eq!(report, expected);
                assert_eq!(next.is_some(), expected_next.is_some());
                if let (Some(next), Some(expected_next)) = (next, expected_next) {
                    states.push((next, expected_next));
                }
                template.fork(add("elsewhere")).await.unwrap();
            }
        });
    }
}
