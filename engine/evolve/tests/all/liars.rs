//! Precision and recall of the check of claims: notes of generated authors, of whom one half tells scores that the record does not have.
//!
//! The whole table: `cargo test --release --workspace --test all -- liars:: --ignored --nocapture`.

use crate::histories::Numbers;
use crate::histories::claims::{CLAIMS, MATTER};
use hyperspace_evolve::sharing::{SharedFacts, SharingPolicy, shared_notes};
use hyperspace_evolve::{CandidateId, SharingRules};

/// Returns a score as somebody writes it.
fn written(score: f64, numbers: &mut Numbers) -> String {
    match numbers.below(6) {
        0 => format!("{:.0}%", score * 100.0),
        1 => format!("{:.1} %", score * 100.0),
        2 => format!("{score:.2}").trim_start_matches('0').to_owned(),
        3 => format!("{score:.3}"),
        4 => format!("{:.1} percent", score * 100.0),
        _ => format!("{score:.2}"),
    }
}

/// Counts notes: lies that are marked, lies that are not, and honest ones that are marked.
fn measure(each: usize, part: usize, rules: SharingRules) -> [usize; 3] {
    let mut counts = [0; 3];
    let mut numbers = Numbers::new(part as u64 + 5);
    for number in 0..2 * each {
        let lies = number % 2 == 0;
        let score = numbers.below(9_000) as f64 / 1e4 + 0.05;
        let away = 0.03 + numbers.below(400) as f64 / 1e3;
        let other = if score + away < 1.0 { score + away } else { score - away };
        let mut lines = Vec::new();
        for _ in 0..1 + numbers.below(5) {
            let value = numbers.below(100) as f64 / 100.0;
            lines.push(numbers.one_of(MATTER[part]).replace("{}", &value.to_string()));
        }
        let told = written(if lies { other } else { score }, &mut numbers);
        let at = numbers.below(lines.len());
        lines.insert(at, numbers.one_of(CLAIMS[part]).replace("{}", &told));
        let facts = SharedFacts::new("peer", CandidateId { generation: 3, candidate: 0 }, vec![score]);
        let shared = shared_notes(&lines.join("\n"), &facts, 8_192, rules);
        let marked: Vec<usize> = shared
            .findings
            .iter()
            .filter(|found| found.policy == SharingPolicy::Claim)
            .map(|found| found.line)
            .collect();
        match (lies, marked.contains(&(at + 1))) {
            (true, true) => counts[0] += 1,
            (true, false) => counts[1] += 1,
            (false, _) => {}
        }
        // Any other mark is one of an honest line.
        counts[2] += usize::from(marked.iter().any(|line| !lies || *line != at + 1));
    }
    counts
}

fn rates([found, missed, wrong]: [usize; 3]) -> (f64, f64) {
    (found as f64 / (found + wrong).max(1) as f64, found as f64 / (found + missed).max(1) as f64)
}

#[test]
fn claims_that_differ_are_marked_and_honest_ones_are_not() {
    for (part, rules) in [0, 1].into_iter().flat_map(|part| SharingRules::ALL.map(|rules| (part, rules))) {
        let (precision, recall) = rates(measure(60, part, rules));
        assert!(precision >= 0.9 && recall >= 0.9, "part {part}, {rules:?}: {precision:.2} {recall:.2}");
    }
}

#[test]
#[ignore = "prints a table"]
fn the_whole_table() {
    for (part, rules) in [0, 1].into_iter().flat_map(|part| SharingRules::ALL.map(|rules| (part, rules))) {
        let counts = measure(500, part, rules);
        let (precision, recall) = rates(counts);
        println!(
            "words of part {part}, {} rules: precision {precision:.3}, recall {recall:.3}, honest lines marked {}",
            rules.name(),
            counts[2]
        );
    }
}
