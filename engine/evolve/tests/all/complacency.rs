//! Precision and recall of the signs of complacency on generated histories.
//!
//! The test has a few histories of each kind. The table is of 500 of each, with the words that the detectors were not made with:
//! `cargo test --release --workspace --test all -- complacency:: --ignored --nocapture`.

use std::collections::BTreeMap;

use crate::histories::{Generated, generate};
use hyperspace_evolve::complacency::{ComplacencyKind, SignTests, complacency, complacency_from};

/// Kinds that a planted one brings about: no change is no change of a meta agent, and whoever ends at once changes nothing.
fn follows(planted: ComplacencyKind, sign: ComplacencyKind) -> bool {
    use ComplacencyKind::{EarlyEnd, FallingEditRate, FallingNovelty, FrozenMeta, GivenUp};
    let still = matches!(planted, GivenUp | EarlyEnd | FallingEditRate);
    (still && matches!(sign, GivenUp | FallingEditRate | FallingNovelty | FrozenMeta | EarlyEnd))
        // A guard may have words of its own.
        || (planted == ComplacencyKind::SelfBlock && sign == ComplacencyKind::StopText)
        || (planted == FallingNovelty && matches!(sign, FrozenMeta))
        // Whoever copies edits no meta agent, and writes nothing that is new.
        || (planted == ComplacencyKind::BlindCopy && matches!(sign, FrozenMeta | FallingNovelty))
}

#[derive(Default, Clone)]
struct Count {
    found: usize,
    missed: usize,
    false_alarms: usize,
    /// Seeds that were missed, or that alarmed without a reason.
    examples: Vec<String>,
}

/// Returns how many candidates are there when a history first has a sign, of this kind if one is given.
fn first(history: &Generated, kind: Option<ComplacencyKind>) -> Option<(usize, ComplacencyKind)> {
    let steps = &history.steps;
    let from = if kind.is_some() { history.from } else { 1 };
    (from..=steps.len()).find_map(|end| {
        let found = complacency_from(&steps[..end], false, end - 1, SignTests::Sequential);
        let found = found.into_iter().find(|sign| kind.is_none_or(|kind| kind == sign.kind))?;
        Some((end, found.kind))
    })
}

/// Counts what is found in `each` histories of each kind and in as many clean ones, and the alarms in these.
fn measure(each: u64, part: usize, from: u64) -> (BTreeMap<ComplacencyKind, Count>, usize) {
    let mut counts: BTreeMap<ComplacencyKind, Count> =
        ComplacencyKind::ALL.into_iter().map(|kind| (kind, Count::default())).collect();
    let mut clean = 0;
    let planted = ComplacencyKind::ALL.into_iter().map(Some).chain([None]);
    for (number, kind) in (0..).zip(planted) {
        for seed in 0..each {
            let seed = from + number * 1_000_000 + seed;
            let history = generate(seed, kind, part);
            let signs = complacency(&history.steps, false);
            let has = |kind| signs.iter().any(|sign| sign.kind == kind);
            if let Some(kind) = history.fault {
                let count = counts.get_mut(&kind).unwrap();
                if has(kind) {
                    count.found += 1;
                } else {
                    count.missed += 1;
                    count.examples.push(format!("missed at {seed}: {:?}", history.planted));
                }
            }
            for sign in &signs {
                if history.fault.is_none_or(|planted| planted != sign.kind && !follows(planted, sign.kind)) {
                    let count = counts.get_mut(&sign.kind).unwrap();
                    count.false_alarms += 1;
                    count.examples.push(format!("false at {seed}: {:?}", sign.evidence.first()));
                }
            }
            clean += usize::from(history.fault.is_none() && !signs.is_empty());
        }
    }
    (counts, clean)
}

fn rates(count: &Count) -> (f64, f64) {
    let found = count.found as f64;
    (
        found / (count.found + count.false_alarms).max(1) as f64,
        found / (count.found + count.missed).max(1) as f64,
    )
}

#[test]
fn signs_are_found_and_lively_histories_have_none() {
    for part in [0, 2] {
        let (counts, clean) = measure(5, part, 7);
        for (kind, count) in &counts {
            let (precision, recall) = rates(count);
            assert!(
                precision >= 0.9 && recall >= 0.8,
                "{part} {}: {precision:.2} {recall:.2} {:?}",
                kind.name(),
                count.examples
            );
        }
        assert!(clean <= 1, "{clean} of 5 clean histories alarm");
    }
}

#[test]
#[ignore = "the whole table takes a minute"]
fn the_whole_table() {
    for part in 0..4 {
        let (counts, clean) = measure(500, part, 77_031);
        println!("\nwords of part {part}\n| sign | precision | recall |\n|---|---|---|");
        for (kind, count) in &counts {
            let (precision, recall) = rates(count);
            println!("| `{}` | {precision:.3} | {recall:.3} |", kind.name());
            for example in count.examples.iter().take(6) {
                println!("    {example}");
            }
        }
        println!("clean histories with an alarm: {clean} of 500");
    }
}

/// Prints the candidates until each sign is seen, by who looks after every candidate, as a run does, and the number of clean histories that ever alarm.
#[test]
#[ignore = "a minute; prints a table"]
fn signs_are_seen_soon_and_clean_histories_never_alarm() {
    println!("| sign | seen | candidates until then, median | nine of ten |\n|---|---|---|---|");
    for (number, kind) in (0..).zip(ComplacencyKind::ALL) {
        let histories = (0..100).map(|seed| generate(99_031 + number * 1_000_000 + seed, Some(kind), 0));
        let mut delays: Vec<usize> =
            histories.filter_map(|one| Some(first(&one, Some(kind))?.0 - one.from)).collect();
        delays.sort_unstable();
        let of = |part: usize| delays.get(delays.len() * part / 10).copied().unwrap_or_default();
        println!("| `{}` | {} | {} | {} |", kind.name(), delays.len(), of(5), of(9));
    }
    let alarms = (0..500).filter_map(|seed| {
        let history = generate(77_000_000 + seed, None, 0);
        let (at, kind) = first(&history, None)?;
        println!("{} at {at} of {}", kind.name(), history.steps.len());
        Some(kind)
    });
    println!("clean histories that ever alarm: {} of 500", alarms.count());
}

#[test]
fn long_histories_take_time_in_proportion() {
    let mut steps = Vec::new();
    for seed in 0..100 {
        let from = steps.len();
        for mut step in generate(seed, None, 0).steps {
            step.parent = step.parent.map(|parent| parent + from);
            steps.push(step);
        }
    }
    assert!(steps.len() > 5_000);
    assert!(complacency(&steps, false).iter().all(|sign| sign.evidence.len() <= 5));
}
