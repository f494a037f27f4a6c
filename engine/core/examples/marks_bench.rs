//! Measures the mark space; `benches/marks_reference.py` measures the same operations of a named peer.
//!
//! Prints one JSON document: writes per second and nanoseconds per read. `marks_bench FOLDER` keeps its store there.

use std::sync::Arc;
use std::time::Instant;

use hyperspace_core::space::{
    Charter, Draft, LogicalClock, MarkSpace, Order, Query, Ratio, Rules, ScopeDef, Strength, Tick, Ticket,
};
use hyperspace_core::{Authority, Capability, Grant, MarkKind, ScopeName, Store, TrustSource};

const THREADS: usize = 8;
const TOPICS: usize = 100;

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn clock() -> Instant {
    Instant::now()
}

fn scope() -> ScopeName {
    ScopeName::new("bench").expect("a valid name")
}

fn agent(authority: &Authority, name: &str) -> Capability {
    let grants = vec![Grant { scope: scope(), kinds: MarkKind::ALL.to_vec() }];
    authority.charter(name, Charter::new(grants).trusted(TrustSource::Fleet).reading(vec![scope()]))
}

fn topics() -> Vec<String> {
    (0..TOPICS).map(|n| format!("topic-{n}")).collect()
}

fn memory() -> (Authority, MarkSpace, Capability) {
    let authority = Authority::new();
    let space = MarkSpace::in_memory(&authority, Arc::new(LogicalClock::at(Tick(1))), Rules::default());
    space.define(&authority, ScopeDef::new(scope())).expect("a fresh scope");
    let ann = agent(&authority, "ann");
    (authority, space, ann)
}

/// Guarded writes per second, one thread, and the cost of a write at this size in nanoseconds.
fn writes(space: &MarkSpace, who: &Capability, count: usize) -> f64 {
    let (topics, place) = (topics(), scope());
    let start = clock();
    for n in 0..count {
        let draft = Draft::observation(&topics[n % TOPICS], "forty bytes of content, as in the reference");
        space.write_mark(who, &place, draft).expect("accepted");
    }
    count as f64 / start.elapsed().as_secs_f64()
}

fn durable(folder: &std::path::Path, count: usize) -> f64 {
    let authority = Authority::new();
    let store = Arc::new(Store::open_or_create(folder, "bench").expect("a store"));
    let clock_of_space = Arc::new(LogicalClock::at(Tick(1)));
    let space =
        MarkSpace::in_store(&store, &scope(), &authority, clock_of_space, Rules::default()).expect("a space");
    space.define(&authority, ScopeDef::new(scope())).expect("a fresh scope");
    let start = clock();
    std::thread::scope(|threads| {
        for thread in 0..THREADS {
            let (space, authority) = (&space, &authority);
            threads.spawn(move || {
                let (who, topics, place) = (agent(authority, &format!("a{thread}")), topics(), scope());
                let mut last: Option<Ticket> = None;
                for n in 0..count / THREADS {
                    let draft = Draft::observation(
                        &topics[n % TOPICS],
                        "forty bytes of content, as in the reference",
                    );
                    let (_, ticket) = space.submit_mark(&who, &place, draft).expect("accepted");
                    // A window of 4,096 unacknowledged writes per thread; tickets are in order, so the last one stands
                    // for all before it.
                    if n % 4_096 == 4_095 {
                        last.replace(ticket).map_or(Ok(()), |t| t.wait()).expect("durable");
                    } else if n + 1 == count / THREADS {
                        ticket.wait().expect("durable");
                    }
                }
                last.map_or(Ok(()), |t| t.wait()).expect("durable");
            });
        }
    });
    count as f64 / start.elapsed().as_secs_f64()
}

fn read_ns(space: &MarkSpace, who: &Capability, query: &Query, rounds: usize) -> f64 {
    let start = clock();
    let mut found = 0;
    for _ in 0..rounds {
        found += space.read(who, query).expect("readable").len();
    }
    assert!(found >= rounds);
    start.elapsed().as_nanos() as f64 / rounds as f64
}

fn main() {
    let folder =
        std::env::args_os().nth(1).map_or_else(|| std::path::PathBuf::from("marks-bench-store"), Into::into);
    let (_authority, space, ann) = memory();
    writes(&space, &ann, 100_000);
    let latest = Query::new(scope()).of(MarkKind::Observation).about("topic-7").newest(1);
    let read_latest = read_ns(&space, &ann, &latest, 20_000);
    let all = Query { limit: usize::MAX, order: Order::Strongest, strength_min: Strength::FAINT, ..latest };
    let read_all = read_ns(&space, &ann, &all, 50);
    writes(&space, &ann, 900_000);
    // Stretches of a small and a large space in turn, so that what else the machine does hits both; the best of each.
    let (mut at_thousands, mut at_million) = (0.0f64, 0.0f64);
    // Small spaces are kept, so that both take fresh memory.
    let mut kept = vec![];
    for _ in 0..40 {
        let (_authority, small, bob) = memory();
        writes(&small, &bob, 1_000);
        at_thousands = at_thousands.max(writes(&small, &bob, 4_000));
        at_million = at_million.max(writes(&space, &ann, 4_000));
        kept.push(small);
    }
    let claims = {
        let start = clock();
        for n in 0..50_000 {
            let resource = format!("r{n}");
            let done =
                space.execute(&ann, &scope(), (&resource, "edit"), Ratio::HALF, || Ok("done".to_owned()));
            assert!(matches!(done, hyperspace_core::space::Execution::Done { .. }), "{done:?}");
        }
        50_000.0 / start.elapsed().as_secs_f64()
    };
    let durable = durable(&folder, 400_000);
    println!(
        "{{\"write_per_s\": {at_thousands:.0}, \"write_per_s_at_1m\": {at_million:.0}, \
         \"read_latest_ns_at_100k\": {read_latest:.0}, \"read_topic_ns_at_100k\": {read_all:.0}, \
         \"execute_per_s\": {claims:.0}, \"durable_write_per_s_8_threads\": {durable:.0}}}"
    );
}
