//! Claims in the words of models, each with the scores that are recorded and what it is.

use serde::Deserialize;

use crate::CandidateId;
use crate::SharingRules;
use crate::sharing::{SharedFacts, SharingPolicy, shared_notes};

const VECTORS: &str = include_str!("../../../vectors/claims.jsonl");

#[derive(Debug, Deserialize)]
struct ClaimVector {
    text: String,
    recorded: Vec<f64>,
    is: ClaimTruth,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ClaimTruth {
    /// The record has it.
    True,
    /// The record has something else.
    False,
    /// It says nothing about a result.
    None,
}

fn is_marked(text: &str, recorded: &[f64], rules: SharingRules) -> bool {
    let facts = SharedFacts::new("kimi", CandidateId { generation: 3, candidate: 0 }, recorded.to_vec());
    let shared = shared_notes(text, &facts, 8 << 10, rules);
    shared.findings.iter().any(|found| found.policy == SharingPolicy::Claim)
}

/// Returns the lines that are marked without being false, and that are false without being marked.
fn faults(rules: SharingRules) -> [Vec<ClaimVector>; 2] {
    let mut faults = [Vec::new(), Vec::new()];
    for line in VECTORS.lines() {
        let vector: ClaimVector = serde_json::from_str(line).unwrap();
        match (is_marked(&vector.text, &vector.recorded, rules), vector.is == ClaimTruth::False) {
            (true, false) => faults[0].push(vector),
            (false, true) => faults[1].push(vector),
            _ => {}
        }
    }
    faults
}

#[test]
fn claims_that_the_record_does_not_have_are_marked_and_nothing_else() {
    assert!(VECTORS.lines().count() >= 700);
    let [wrong, missed] = faults(SharingRules::Second);
    assert!(wrong.is_empty() && missed.is_empty(), "marked: {wrong:#?}\nmissed: {missed:#?}");
}

/// Pins what the first version does, also where it is wrong: replays of runs that were recorded with it need that.
#[test]
fn the_first_version_marks_what_it_marked() {
    for (text, recorded, marked) in [
        ("val score 0.57", 0.57, false),
        ("val score 0.93", 0.57, true),
        ("27/28 rows are correct", 0.57, true),
        ("a perfect score on every row", 1.0, true),
        ("The score\nis 0.93 now.", 0.57, true),
        // True, and marked.
        ("score: -1000.1009", -1000.1009, true),
        ("score 3.09e-02", 0.0309, true),
        ("score 1,000", 1000.0, true),
        // False, and not marked.
        ("error 0.0", 0.57, false),
        ("loss=1e-6", 0.57, false),
        ("99 of every 100 rows", 0.57, false),
        ("score ½", 0.57, false),
        ("score ٠.٩٧", 0.57, false),
        ("never fails", 0.57, false),
        // No claim, and marked.
        ("learning rate 0.25 while training", 0.57, true),
        ("train on 80% of rows", 0.57, true),
    ] {
        assert_eq!(is_marked(text, &[recorded], SharingRules::First), marked, "{text}");
    }
    let [wrong, missed] = faults(SharingRules::First);
    assert_eq!((wrong.len(), missed.len()), (135, 211));
}
