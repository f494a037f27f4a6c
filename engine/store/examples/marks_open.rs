//! Measures how long it takes to open a stored space with a given number of marks, for writing and for reading.
//!
//! `marks_open FOLDER COUNT…` makes one store per count in the folder unless it already exists, and prints one JSON line
//! per count: the best of three openings of each kind, in milliseconds.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use hyperspace_core::{MarkKind, ScopeName};
use hyperspace_markspace::{
    Authority, CapabilitySpec, Draft, Grant, LogicalClock, MarkSpace, Query, ScopeDef, SpaceRules, Tick,
    TrustSource,
};
use hyperspace_store::{SpaceReader, Store};

const TOPICS: u64 = 100;

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn now() -> Instant {
    Instant::now()
}

fn name() -> ScopeName {
    ScopeName::new("bench").expect("a valid name")
}

fn open(folder: &Path) -> (Authority, MarkSpace) {
    let store = Store::open_or_create(folder, "marks_open").expect("a store");
    let authority = Authority::new();
    let clock = Arc::new(LogicalClock::at(Tick(1)));
    let space = store.open_space(&name(), &authority, clock, SpaceRules::default()).expect("a space");
    (authority, space)
}

fn fill(folder: &Path, count: u64) {
    let (authority, space) = open(folder);
    space.define(&authority, ScopeDef::new(name())).expect("a scope");
    let grants = vec![Grant { scope: name(), kinds: MarkKind::ALL.to_vec() }];
    let ann = authority.issue("ann", CapabilitySpec::new(grants).trusted(TrustSource::Fleet));
    let topics: Vec<String> = (0..TOPICS).map(|n| format!("topic-{n}")).collect();
    let mut last = None;
    for n in space.len()..count {
        let topic = &topics[usize::try_from(n % TOPICS).expect("small")];
        let draft = Draft::observation(topic, "forty bytes of content, as in the reference");
        let (_, ticket) = space.submit_mark(&ann, &name(), draft).expect("accepted");
        if n % 8_192 == 8_191 {
            ticket.wait().expect("durable");
        }
        last = Some(ticket);
    }
    if let Some(ticket) = last {
        ticket.wait().expect("durable");
    }
}

/// Returns the best of three times in milliseconds.
fn best(mut turn: impl FnMut()) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..3 {
        let start = now();
        turn();
        best = best.min(start.elapsed().as_secs_f64() * 1e3);
    }
    best
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().expect("a folder and counts");
    for count in arguments.map(|text| text.parse::<u64>().expect("a number of marks")) {
        let folder = Path::new(&folder).join(count.to_string());
        let start = now();
        fill(&folder, count);
        let filled = start.elapsed().as_secs_f64();
        let writer = best(|| assert_eq!(open(&folder).1.len(), count));
        let reader = best(|| {
            let store = Store::open_reader(&folder).expect("a store");
            let reader = SpaceReader::open(store, &name()).expect("a space");
            assert_eq!(reader.read(&Query::new(name()).newest(1)).expect("a scope").len(), 1);
        });
        println!(
            "{{\"marks\": {count}, \"open_writer_ms\": {writer:.1}, \"open_reader_ms\": {reader:.1}, \"fill_s\": {filled:.1}}}"
        );
    }
}
