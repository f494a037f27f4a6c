//! The mark space against the reference, PyPI `markspace`: guarded writes, durable writes, reads, and growth.
//!
//! Both sides do the same operations in turns: observations of one agent in one open scope, on a hundred topics in a circle,
//! with the same content. The guard of ours judges every write by all its checks (barrier, envelope, rates among them); the
//! reference's runs as it comes, without an envelope. Both read the host's clock at every operation.

use std::hint::black_box;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use criterion::{BatchSize, Criterion};
use hyperspace_benches::{
    BenchError, Factor, Medians, Promise, Reference, Spent, Work, heading, in_turns, measure, now,
    only_checked,
};
use hyperspace_core::{MarkKind, ScopeName};
use hyperspace_markspace::{
    Authority, Capability, CapabilitySpec, Draft, Grant, MarkSpace, Query, ReadOrder, ScopeDef, SpaceClock,
    SpaceRules, Tick, TrustSource,
};
use hyperspace_store::Store;

const TOPICS: usize = 100;
const CONTENT: &str = "forty bytes of content, the same on both sides";
/// Marks that a space of either side has before its writes are measured.
const FIRST: usize = 1_000;
const THREADS: usize = 8;
/// Outstanding writes of a thread. The acknowledgement of one covers all before it.
const WINDOW: usize = 4_096;
const READ_AT: usize = 100_000;
const GROWN: usize = 1_000_000;

const WRITES_LEAST: f64 = 20.0;
const DURABLE_LEAST: f64 = 2.0;
const LATEST_LEAST: f64 = 5_000.0;
const GROWTH_MOST: f64 = 1.3;

/// Milliseconds since the benchmark began, read from the host at every call.
struct HostClock(Instant);

impl SpaceClock for HostClock {
    fn now(&self) -> Tick {
        Tick(1 + self.0.elapsed().as_millis() as u64)
    }
}

fn bench_scope() -> ScopeName {
    ScopeName::new("bench").expect("a valid name")
}

/// A space with its principal and the marks to write into it.
struct BenchSpace {
    authority: Authority,
    space: MarkSpace,
    agent: Capability,
    scope: ScopeName,
    topics: Vec<String>,
}

impl BenchSpace {
    fn of(authority: Authority, space: MarkSpace) -> Result<Self, BenchError> {
        space.define(&authority, ScopeDef::new(bench_scope())).map_err(BenchError::engine)?;
        let agent = agent(&authority, "ann");
        let topics = (0..TOPICS).map(|n| format!("topic-{n}")).collect();
        Ok(Self { authority, space, agent, scope: bench_scope(), topics })
    }

    fn in_memory() -> Result<Self, BenchError> {
        let authority = Authority::new();
        let space = MarkSpace::in_memory(&authority, Arc::new(HostClock(now())), SpaceRules::default());
        Self::of(authority, space)
    }

    fn in_store(folder: &Path) -> Result<Self, BenchError> {
        let store = Store::open_or_create(folder, "benchmark").map_err(BenchError::engine)?;
        let (authority, clock) = (Authority::new(), Arc::new(HostClock(now())));
        let space = store
            .open_space(&bench_scope(), &authority, clock, SpaceRules::default())
            .map_err(BenchError::engine)?;
        Self::of(authority, space)
    }

    fn draft(&self, n: usize) -> Draft {
        Draft::observation(&self.topics[n % TOPICS], CONTENT)
    }

    fn write(&self, count: usize) -> Result<(), BenchError> {
        for n in 0..count {
            self.space.write_mark(&self.agent, &self.scope, self.draft(n)).map_err(BenchError::engine)?;
        }
        Ok(())
    }

    /// From all threads at once; done when each write was acknowledged, which is after its sync.
    fn write_durably(&self, count: usize, window: usize) -> Result<(), BenchError> {
        let share = |thread: usize| -> Result<(), BenchError> {
            let who = agent(&self.authority, &format!("agent-{thread}"));
            for first in (0..count / THREADS).step_by(window) {
                let mut last = None;
                for n in first..(first + window).min(count / THREADS) {
                    let (_, ticket) = self
                        .space
                        .submit_mark(&who, &self.scope, self.draft(n))
                        .map_err(BenchError::engine)?;
                    last = Some(ticket);
                }
                last.map_or(Ok(()), |ticket| ticket.wait()).map_err(BenchError::engine)?;
            }
            Ok(())
        };
        std::thread::scope(|threads| {
            let share = &share;
            let all: Vec<_> = (0..THREADS).map(|thread| threads.spawn(move || share(thread))).collect();
            all.into_iter().try_for_each(|thread| thread.join().expect("no thread panics"))
        })
    }

    fn read(&self, query: &Query, count: usize) -> Result<(), BenchError> {
        for _ in 0..count {
            let found = self.space.read(&self.agent, black_box(query)).map_err(BenchError::engine)?;
            if black_box(found).is_empty() {
                return Err(BenchError::engine("a read found nothing"));
            }
        }
        Ok(())
    }
}

fn agent(authority: &Authority, name: &str) -> Capability {
    let grants = vec![Grant { scope: bench_scope(), kinds: MarkKind::ALL.to_vec() }];
    authority
        .issue(name, CapabilitySpec::new(grants).trusted(TrustSource::Fleet).reading(vec![bench_scope()]))
}

fn latest() -> Query {
    Query::new(bench_scope()).of(MarkKind::Observation).about("topic-7").newest(1)
}

/// Divides the cost of `count` operations by their number.
fn each(of: Spent, count: usize) -> Spent {
    let share = |all: Duration| all.div_f64(count as f64);
    Spent { wall: share(of.wall), cpu: share(of.cpu) }
}

fn ours(count: usize, work: impl FnOnce() -> Result<(), BenchError>) -> Result<Spent, BenchError> {
    measure(work).map(|((), spent)| each(spent, count))
}

/// The peer, as works of several kinds share it.
struct Peer(Mutex<Reference>);

impl Peer {
    fn each(&self, what: &str, count: usize) -> Result<Spent, BenchError> {
        let spent = self.0.lock().unwrap_or_else(PoisonError::into_inner).ask(what, count)?;
        Ok(each(spent, count))
    }
}

fn row(what: &str, of: Medians) {
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    let rate = 1.0 / of.wall.as_secs_f64();
    println!("{what:<58} {:>12.3} µs {:>12.3} µs CPU {rate:>12.0} /s", micros(of.wall), micros(of.cpu));
}

fn times(theirs: Duration, ours: Duration) -> f64 {
    theirs.as_secs_f64() / ours.as_secs_f64()
}

fn factor(what: &str, least: f64, theirs: Medians, ours: Medians) {
    let found = times(theirs.wall, ours.wall);
    println!("{}", Factor { what: what.to_owned(), least, found });
    println!("  by CPU time of both sides: {:.1} times", times(theirs.cpu, ours.cpu));
}

fn writes(peer: &Peer) -> Result<(), BenchError> {
    const OURS: usize = 40_000;
    const THEIRS: usize = 2_000;
    const ROUNDS: usize = 25;
    let mut works: Vec<Work<'_>> = vec![
        Box::new(|| {
            let side = BenchSpace::in_memory()?;
            side.write(FIRST)?;
            ours(OURS, || side.write(OURS))
        }),
        Box::new(|| peer.each("write", THEIRS)),
    ];
    let medians = in_turns(ROUNDS, &mut works)?;
    println!("{}", heading(&format!("guarded writes in memory, one thread, medians of {ROUNDS} turns")));
    row("mark space", medians[0]);
    row("reference", medians[1]);
    factor("guarded write in memory", WRITES_LEAST, medians[1], medians[0]);
    Ok(())
}

fn durable(peer: &Peer) -> Result<(), BenchError> {
    const OURS: usize = 160_000;
    const SINGLY: usize = 4_000;
    const THEIRS: usize = 4_000;
    const ROUNDS: usize = 7;
    let in_store = |count: usize, window: usize| {
        // Not in a folder for temporary files, which may be in memory.
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).map_err(BenchError::engine)?;
        let side = BenchSpace::in_store(folder.path())?;
        ours(count, || side.write_durably(count, window))
    };
    let mut works: Vec<Work<'_>> = vec![
        Box::new(|| in_store(OURS, WINDOW)),
        Box::new(|| peer.each("write", THEIRS)),
        Box::new(|| in_store(SINGLY, 1)),
    ];
    let medians = in_turns(ROUNDS, &mut works)?;
    let title = format!("durable writes from {THREADS} threads, medians of {ROUNDS} turns");
    println!("{}", heading(&title));
    row(&format!("mark space, at most {WINDOW} unacknowledged per thread"), medians[0]);
    row("mark space, each acknowledged before the next", medians[2]);
    row("reference, in memory, one thread, not durable", medians[1]);
    factor("durable write against the reference's in memory", DURABLE_LEAST, medians[1], medians[0]);
    Ok(())
}

fn reads(peer: &Peer) -> Result<(), BenchError> {
    const OURS: usize = 20_000;
    const OURS_ALL: usize = 20;
    const ROUNDS: usize = 7;
    let side = BenchSpace::in_memory()?;
    side.write(READ_AT)?;
    peer.each("fill", READ_AT)?;
    let (one, all) = (latest(), Query { limit: usize::MAX, order: ReadOrder::Strongest, ..latest() });
    let mut works: Vec<Work<'_>> = vec![
        Box::new(|| ours(OURS, || side.read(&one, OURS))),
        Box::new(|| peer.each("latest", 1)),
        Box::new(|| ours(OURS_ALL, || side.read(&all, OURS_ALL))),
        Box::new(|| peer.each("topic", 1)),
    ];
    let medians = in_turns(ROUNDS, &mut works)?;
    let title = format!("reads by scope and topic with {READ_AT} marks, medians of {ROUNDS} turns");
    println!("{}", heading(&title));
    row("mark space, the latest", medians[0]);
    row("reference, the latest of what it returns", medians[1]);
    factor("read of the latest", LATEST_LEAST, medians[1], medians[0]);
    row("mark space, all of the topic, strongest first", medians[2]);
    row("reference, all of the topic, strongest first", medians[3]);
    println!("  {:.1} times, without a promise", times(medians[3].wall, medians[2].wall));
    Ok(())
}

fn growth() -> Result<(), BenchError> {
    const STRETCH: usize = 4_000;
    const ROUNDS: usize = 41;
    let large = BenchSpace::in_memory()?;
    large.write(GROWN)?;
    // Kept, so that spaces of both sizes take fresh memory.
    let mut kept = vec![];
    let mut works: Vec<Work<'_>> = vec![
        Box::new(|| {
            let small = BenchSpace::in_memory()?;
            small.write(FIRST)?;
            let spent = ours(STRETCH, || small.write(STRETCH))?;
            kept.push(small);
            Ok(spent)
        }),
        Box::new(|| ours(STRETCH, || large.write(STRETCH))),
    ];
    let medians = in_turns(ROUNDS, &mut works)?;
    println!(
        "{}",
        heading(&format!("cost of a write by size, medians of {ROUNDS} turns of {STRETCH} writes"))
    );
    row(&format!("{FIRST} marks"), medians[0]);
    row(&format!("{GROWN} marks"), medians[1]);
    println!(
        "ratio {:.3}, CPU {:.3}",
        times(medians[1].wall, medians[0].wall),
        times(medians[1].cpu, medians[0].cpu)
    );
    let what = format!("CPU time of a write at {GROWN} marks against at {FIRST}");
    println!(
        "{}",
        Promise { what, most: GROWTH_MOST, found: times(medians[1].cpu, medians[0].cpu), unit: "" }
    );
    Ok(())
}

fn criterion() {
    let fresh = || {
        let side = BenchSpace::in_memory().expect("a space");
        side.write(FIRST).expect("accepted");
        side
    };
    let (filled, query) = (fresh(), latest());
    let mut criterion = Criterion::default().configure_from_args();
    criterion.bench_function("marks/thousand-writes", |bench| {
        // Spaces do not outlive their batch: one that took all writes of a benchmark would fill the memory.
        bench.iter_batched_ref(fresh, |side| side.write(1_000).expect("accepted"), BatchSize::PerIteration)
    });
    criterion.bench_function("marks/latest", |bench| bench.iter(|| filled.read(&query, 1).expect("found")));
    criterion.final_summary();
}

fn main() -> Result<ExitCode, BenchError> {
    criterion();
    if only_checked() {
        return Ok(ExitCode::SUCCESS);
    }
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap_or(Path::new("target"));
    let folder = Reference::folder(target);
    let Some(reference) = Reference::start(&folder)? else {
        let folder = folder.display();
        eprintln!(
            "SKIPPED marks: the reference is not in {folder}; make it with `benches/marks/setup.sh {folder}`"
        );
        return Ok(ExitCode::FAILURE);
    };
    println!("\nreference: {}", reference.label);
    let peer = Peer(Mutex::new(reference));
    writes(&peer)?;
    durable(&peer)?;
    reads(&peer)?;
    growth()?;
    Ok(ExitCode::SUCCESS)
}
