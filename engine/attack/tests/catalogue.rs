//! The catalogue is whole, and every attack in it is contained.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use hyperspace_attack::{AttackKind, PROGRAMS, Suite, catalogue};
use hyperspace_eval::Evaluator;
use hyperspace_testkit::paths::repository;
use hyperspace_testkit::sandbox;

#[test]
fn no_file_is_forgotten() {
    let folder = std::fs::read_dir(repository().join("engine/attack/attacks")).unwrap();
    let files: BTreeSet<String> =
        folder.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let embedded: BTreeSet<String> = PROGRAMS.iter().map(|(id, _)| format!("{id}.py")).collect();
    assert_eq!(files, embedded);
    assert_eq!(embedded.len(), PROGRAMS.len(), "an id is there twice");
}

#[test]
fn every_attack_has_an_expectation_and_a_place_that_holds_it_back() {
    let mut groups = BTreeMap::new();
    for case in catalogue().unwrap() {
        *groups.entry(case.group()).or_insert(0) += 1;
        let site = std::fs::read_to_string(repository().join(case.held_by));
        let site = site.unwrap_or_else(|error| panic!("{}: {}: {error}", case.id, case.held_by));
        if case.held_by.starts_with("engine/") {
            assert!(site.contains(case.id), "{} is not named in {}", case.id, case.held_by);
        }
        assert!(!case.expected.end.contains('?'), "{}: {}", case.id, case.expected.end);
        assert!(case.title.len() > 5 && case.title.len() < 100, "{}: {}", case.id, case.title);
        // What ends by itself must show something, or leave something behind.
        let silent = case.expected.stdout.as_deref() == Some("") && case.expected.refusals == Some(0);
        let by_itself = case.expected.end == "completed" && !matches!(case.kind, AttackKind::Agent(_));
        let shows = ["assert ", "_exit(0)", "exit(4096)"].iter().any(|word| case.source.contains(word));
        assert!(!(by_itself && silent) || case.expected.changes > 0 || shows, "{} proves nothing", case.id);
    }
    let expected = [
        "BILL", "CPU", "CRASH", "DET", "DOOR", "EVAL", "FS", "HACK", "HOST", "MEM", "OUT", "PROC", "QUOTA",
        "SH", "STACK", "TIME",
    ];
    assert_eq!(groups.keys().copied().collect::<Vec<_>>(), expected);
    assert!(groups.values().sum::<i32>() >= 440, "{groups:?}");
}

/// The page of known attempts: numbers from 1 on, and names that exist.
#[test]
fn every_known_attempt_is_covered() {
    let page = std::fs::read_to_string(repository().join("engine/attack/ATTEMPTS.md")).unwrap();
    let ids: BTreeSet<&str> = PROGRAMS.iter().map(|(id, _)| *id).collect();
    let mut count = 0;
    for row in page.lines().filter_map(|line| line.strip_prefix("| ")) {
        let cells: Vec<&str> = row.trim_end_matches(" |").split(" | ").collect();
        let [number, _, covered] = cells[..] else { continue };
        let Ok(number) = number.parse::<u32>() else { continue };
        count += 1;
        assert_eq!(number, count, "{row}");
        assert!(!covered.is_empty(), "{row}");
        for name in covered.split(", ") {
            match name.trim_matches('`').split_once("::") {
                None => assert!(ids.contains(name), "{number}: there is no attack {name}"),
                Some((path, test)) => {
                    let source = std::fs::read_to_string(repository().join(path));
                    let source = source.unwrap_or_else(|error| panic!("{number}: {path}: {error}"));
                    assert!(source.contains(&format!("fn {test}(")), "{number}: {path} has no {test}");
                }
            }
        }
    }
    assert_eq!(count, 152);
}

#[test]
fn every_attack_is_contained() {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let temporary = tempfile::tempdir().unwrap();
    let suite =
        Suite::new(Evaluator::new(sandbox().clone()).unwrap(), target, temporary.path(), vec![]).unwrap();
    let suite = suite.unmeasured();
    let mut failed = Vec::new();
    for case in catalogue().unwrap() {
        let mut finding = suite.attack(&case).unwrap();
        // Other tests of this process come and go beside this one.
        finding
            .complaints
            .retain(|complaint| !complaint.starts_with("threads") && !complaint.starts_with("descriptors"));
        if !finding.complaints.is_empty() || finding.observed != finding.expected {
            failed.push(finding);
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}
