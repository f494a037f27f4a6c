//! A space in the store: across restarts, for other readers, and when its process is killed.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use hyperspace_markspace::{
    Authority, ClaimOutcome, Draft, GuardCheck, LogicalClock, MarkSpace, Query, Ratio, ScopeDef, Seq,
    SpaceRules, Tick,
};
use hyperspace_store::{SpaceReader, Store};
use support::*;

struct Shop {
    authority: Authority,
    clock: Arc<LogicalClock>,
    space: MarkSpace,
    store: Store,
}

fn open(folder: &Path) -> Shop {
    let store = Store::open_or_create(folder, "test").unwrap();
    let (authority, clock) = (Authority::new(), Arc::new(LogicalClock::at(Tick(1_000_000))));
    let space = store.open_space(&scope("main"), &authority, clock.clone(), SpaceRules::default()).unwrap();
    space.define(&authority, ScopeDef::new(scope("a"))).unwrap();
    Shop { authority, clock, space, store }
}

#[test]
fn everything_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    {
        let shop = open(folder.path());
        let ann = shop.authority.issue("ann", charter(&["a"]));
        for n in 0..100 {
            shop.space.write_mark(&ann, &scope("a"), Draft::observation("t", &format!("n{n}"))).unwrap();
        }
        shop.space.narrow(&shop.authority, "ann", None, hyperspace_core::MarkKind::Warning).unwrap();
        let ClaimOutcome::Allow(_) = shop.space.pre_action(&ann, &scope("a"), ("r", "edit"), Ratio::ONE)
        else {
            panic!()
        };
    }
    let shop = open(folder.path());
    assert_eq!(shop.space.len(), 101);
    let (ann, bob) =
        (shop.authority.issue("ann", charter(&["a"])), shop.authority.issue("bob", charter(&["a"])));
    let refusal = shop.space.write_mark(&ann, &scope("a"), Draft::warning("t", "c", None)).unwrap_err();
    assert_eq!(refusal.check(), GuardCheck::Barrier, "what was narrowed stays narrowed");
    let verdict = shop.space.pre_action(&bob, &scope("a"), ("r", "edit"), Ratio::ONE);
    assert!(
        matches!(verdict, ClaimOutcome::Conflict { winning: Seq(100), .. }),
        "claims are held across restarts"
    );
    shop.clock.set(Tick(5));
    let back = shop.space.write_mark(&bob, &scope("a"), Draft::observation("t", "c")).unwrap_err();
    assert_eq!(back.check(), GuardCheck::Clock, "time does not go back across restarts either");
    assert!(shop.store.fsck().unwrap().damaged.is_empty());
}

#[test]
fn a_second_reader_sees_what_is_durable_and_why_something_was_refused() {
    let folder = tempfile::tempdir().unwrap();
    let shop = open(folder.path());
    let ann = shop.authority.issue("ann", charter(&["a"]));
    let seq = shop.space.write_mark(&ann, &scope("a"), Draft::observation("t", "c")).unwrap();
    let reader = SpaceReader::open(Store::open_reader(folder.path()).unwrap(), &scope("main")).unwrap();
    assert_eq!(reader.get(seq).unwrap().mark.author(), "ann");
    let next = shop.space.write_mark(&ann, &scope("a"), Draft::need("q", Ratio::ONE)).unwrap();
    assert!(reader.get(next).is_none());
    assert_eq!(reader.refresh().unwrap(), Seq(2));
    assert_eq!(reader.read(&Query::new(scope("a"))).unwrap().len(), 2);
    assert_eq!(reader.needs()[0].needs[0].seq(), next);
    let bad = Draft::observation("t", "c").superseding(Seq(9));
    shop.space.write_mark(&ann, &scope("a"), bad).unwrap_err();
    shop.space.flush().unwrap();
    let mut told = vec![];
    reader.explain(&scope("main"), |explanation| told.push(explanation)).unwrap();
    let last = told.last().unwrap();
    assert_eq!(
        (last.operation, last.verdict, last.failed),
        ("write", "refused", Some(GuardCheck::Reference))
    );
    assert_eq!(last.agent, "ann");
    assert_eq!(last.passed.last(), Some(&GuardCheck::Source));
    assert_eq!(last.passed.len(), 8);
    assert!(last.reason.contains("there is no mark #9"), "{}", last.reason);
}

#[test]
fn damage_is_named() {
    let folder = tempfile::tempdir().unwrap();
    {
        let shop = open(folder.path());
        let ann = shop.authority.issue("ann", charter(&["a"]));
        shop.space.write_mark(&ann, &scope("a"), Draft::observation("t", "c")).unwrap();
    }
    let path = folder.path().join("store.db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection
        .execute("UPDATE objects SET data = CAST(data || x'00' AS BLOB) WHERE kind = 'blob'", [])
        .unwrap();
    drop(connection);
    let store = Store::open_or_create(folder.path(), "test").unwrap();
    let clock = Arc::new(LogicalClock::default());
    let result = store.open_space(&scope("main"), &Authority::new(), clock, SpaceRules::default());
    assert!(result.unwrap_err().is_damage());
}

/// The other side of the test below: writes and says what was acknowledged, until it is killed. Reads the folder from its
/// standard input; without one it does nothing.
#[test]
#[ignore = "started by the kill test"]
fn writes_until_killed() {
    let mut folder = String::new();
    std::io::stdin().read_line(&mut folder).unwrap();
    if folder.trim().is_empty() {
        return;
    }
    let shop = open(Path::new(folder.trim()));
    let ann = shop.authority.issue("ann", charter(&["a"]));
    for turn in 0.. {
        // Snapshots among the blocks: they, too, are there as a whole or not at all.
        if turn % 4 == 0 {
            shop.space.snapshot_soon(&shop.authority).unwrap();
        }
        let pending: Vec<_> = (0..7)
            .map(|n| {
                shop.space.submit_mark(&ann, &scope("a"), Draft::observation("t", &format!("n{n}"))).unwrap()
            })
            .collect();
        for (seq, ticket) in pending {
            ticket.wait().unwrap();
            println!("ack {}", seq.0);
        }
        std::io::stdout().flush().unwrap();
    }
}

#[test]
fn two_hundred_kills_lose_nothing_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let this = std::env::current_exe().unwrap();
    let mut random = 0x9e37_79b9_7f4a_7c15u64;
    let mut marks = 0;
    for round in 0..200 {
        let mut child = Command::new(&this)
            .args(["--exact", "writes_until_killed", "--ignored", "--nocapture"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        writeln!(child.stdin.take().unwrap(), "{}", folder.path().display()).unwrap();
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let wait = std::time::Duration::from_micros(2_000 + (random >> 33) % 28_000);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        // Every other process is killed at any time after its first acknowledgement, the others at any time at all.
        let first = if round % 2 == 0 { lines.find(|line| line.starts_with("ack ")) } else { None };
        std::thread::sleep(wait);
        child.kill().unwrap();
        let acks = first.into_iter().chain(lines);
        let acks = acks.filter_map(|l| l.strip_prefix("ack ")?.parse::<u64>().ok());
        let acknowledged = acks.max();
        child.wait().unwrap();
        let shop = open(folder.path());
        let len = shop.space.len();
        assert!(acknowledged.is_none_or(|last| last < len), "round {round}: {acknowledged:?} of {len}");
        assert!(len >= marks, "round {round}");
        marks = len;
        if round % 20 == 19 {
            assert!(shop.store.fsck().unwrap().damaged.is_empty());
        }
    }
    assert!(marks > 1_000, "{marks}");
    println!("{marks} marks over 200 kills");
}
