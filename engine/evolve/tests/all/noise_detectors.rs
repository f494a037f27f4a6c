//! Precision and recall of the detectors of drift and of overfitting, on generated histories of one champion and of one lineage.
//!
//! The test has a few histories of each kind; the table is of 500:
//! `cargo test --release --workspace --test all -- noise_detectors:: --ignored --nocapture`.

use hyperspace_eval::scorer::Measure;
use hyperspace_eval::{CaseOutcome, CaseResult, Direction, Score};
use hyperspace_evolve::{Fraction, stability};
use hyperspace_testkit::random::SplitMix64;
use stability::{LineageGap, RowTally, drift_in, has_drifted};

/// Rows of each split.
const ROWS: usize = 100;
/// Percent of the rows that an agent answers by chance: the published noise.
const BY_CHANCE: u64 = 23;
/// Measurements of a champion, of which a member keeps three and gets the next.
const MEASUREMENTS: u64 = 12;
const KEPT: usize = 4;
/// Candidates of a lineage.
const CANDIDATES: u64 = 60;

/// The probability of a right answer to each row, in halves.
type Odds = Vec<u64>;

fn agent(random: &mut SplitMix64) -> Odds {
    let odds = |random: &mut SplitMix64| match random.below(100) {
        percent if percent < BY_CHANCE => 1,
        percent if percent < BY_CHANCE + 46 => 2,
        _ => 0,
    };
    (0..2 * ROWS).map(|_| odds(random)).collect()
}

fn answers(odds: &Odds, random: &mut SplitMix64) -> Vec<bool> {
    odds.iter().map(|odds| random.below(2) < *odds).collect()
}

/// Sets a share of the rows of some kind, drawn from those in `range`.
fn set(
    odds: &mut Odds,
    range: std::ops::Range<usize>,
    count: u64,
    from: u64,
    to: u64,
    random: &mut SplitMix64,
) {
    for _ in 0..count {
        let open: Vec<usize> = range.clone().filter(|row| odds[*row].abs_diff(to) >= from).collect();
        let Some(row) = open.get(random.below(open.len().max(1) as u64) as usize) else { return };
        odds[*row] = to;
    }
}

fn cases(answers: &[bool]) -> Vec<CaseResult> {
    let case = |(row, right): (usize, &bool)| CaseResult {
        case: format!("{row}"),
        outcome: CaseOutcome::Scored,
        measure: Some(Measure::of(Score::integer(u8::from(*right)))),
        fuel: 0,
        evidence: None,
        answer: None,
        details: None,
    };
    answers.iter().enumerate().map(case).collect()
}

/// The number of the measurement at which drift is found in a champion whose provider becomes worse at `worse`, by `least` of 200 rows to four tenths of them.
fn drift(worse: Option<u64>, errors: Option<Fraction>, least: u64, random: &mut SplitMix64) -> Option<u64> {
    let mut odds = agent(random);
    let mut all: Vec<Vec<CaseResult>> = Vec::new();
    for number in 0..MEASUREMENTS {
        if worse == Some(number) {
            let count =
                (least + random.below(81 - least)).min(odds.iter().filter(|odds| **odds > 0).count() as u64);
            set(&mut odds, 0..2 * ROWS, count, 1, 0, random);
        }
        all.push(cases(&answers(&odds, random)));
        let last = &all[all.len().saturating_sub(KEPT)..];
        let found = match (errors, last) {
            (Some(errors), _) => {
                let splits: Vec<_> = last.iter().map(|one| vec![&one[..ROWS], &one[ROWS..]]).collect();
                drift_in(&splits, Direction::Maximize, errors).is_some()
            }
            (None, [.., before, now]) => has_drifted(RowTally::of(now, before, Direction::Maximize), 0.005),
            (None, _) => false,
        };
        if found {
            return Some(number);
        }
    }
    None
}

/// The number of the candidate at which the gap of a lineage raises the alarm. Each candidate truly gains up to two rows of each split; where the lineage
/// overfits, one in two learns three training rows by heart instead.
fn gap(overfits: bool, errors: Option<Fraction>, random: &mut SplitMix64) -> Option<u64> {
    let limit = Score::ratio(1, 10).unwrap();
    let mut odds = agent(random);
    let seed = answers(&odds, random);
    let mut last = 0;
    for number in 0..CANDIDATES {
        let mut child = odds.clone();
        if overfits && random.below(2) == 0 {
            set(&mut child, 0..ROWS, 3, 1, 2, random);
        } else {
            let gained = random.below(3);
            set(&mut child, 0..ROWS, gained, 1, 2, random);
            set(&mut child, ROWS..2 * ROWS, gained, 1, 2, random);
        }
        let now = answers(&child, random);
        let tally = |rows: std::ops::Range<usize>| {
            let count = |own: &[bool], other: &[bool]| {
                rows.clone().filter(|row| own[*row] && !other[*row]).count() as u64
            };
            RowTally { gained: count(&now, &seed), lost: count(&seed, &now), rows: ROWS as u64 }
        };
        let gap = LineageGap { train: tally(0..ROWS), held_out: tally(ROWS..2 * ROWS) };
        if gap.is_above(&limit, errors) {
            return Some(number);
        }
        // Candidates are chosen by their training rows, noise included.
        let right = now[..ROWS].iter().filter(|right| **right).count();
        if right >= last {
            (odds, last) = (child, right);
        }
    }
    None
}

/// Found in histories with the fault, in as many without, and the delays.
struct Found {
    faulty: usize,
    clean: usize,
    delays: Vec<u64>,
}

impl Found {
    fn drift(each: u64, errors: Option<Fraction>, least: u64, random: &mut SplitMix64) -> Self {
        let faulty = (0..each).filter_map(|_| {
            let worse = 2 + random.below(MEASUREMENTS - 4);
            drift(Some(worse), errors, least, random)?.checked_sub(worse)
        });
        let delays: Vec<u64> = faulty.collect();
        let clean = (0..each).filter(|_| drift(None, errors, least, random).is_some()).count();
        Self { faulty: delays.len(), clean, delays }
    }

    fn gap(each: u64, errors: Option<Fraction>, random: &mut SplitMix64) -> Self {
        let delays: Vec<u64> = (0..each).filter_map(|_| gap(true, errors, random)).collect();
        let clean = (0..each).filter(|_| gap(false, errors, random).is_some()).count();
        Self { faulty: delays.len(), clean, delays }
    }

    fn row(&mut self, name: &str, each: u64) -> String {
        self.delays.sort_unstable();
        let at = |part: usize| self.delays.get(self.delays.len() * part / 10).copied().unwrap_or_default();
        let (found, clean) = (self.faulty as f64, self.clean as f64);
        let precision = found / (found + clean).max(1.0);
        format!(
            "| {name} | {precision:.3} | {:.3} | {} | {}, {} |",
            found / each as f64,
            self.clean,
            at(5),
            at(9)
        )
    }
}

#[test]
fn drift_and_overfitting_are_found_and_noise_is_neither() {
    let [drift, gap] = [4, 3].map(|errors| Fraction::new(errors, 1));
    let mut random = SplitMix64::new(11);
    let found = Found::drift(60, drift, 20, &mut random);
    assert!(found.faulty >= 54 && found.clean == 0, "{} {}", found.faulty, found.clean);
    let found = Found::gap(60, gap, &mut random);
    assert!(found.faulty >= 54 && found.clean <= 1, "{} {}", found.faulty, found.clean);
}

#[test]
#[ignore = "prints a table"]
fn the_table_of_noise() {
    println!(
        "| detector | precision | recall | of 500 clean | delay, median and nine of ten |\n|---|---|---|---|---|"
    );
    let random = &mut SplitMix64::new(2_026);
    for (name, errors) in [
        ("before", None),
        ("3 errors", Fraction::new(3, 1)),
        ("4 errors", Fraction::new(4, 1)),
        ("5 errors", Fraction::new(5, 1)),
    ] {
        for least in [20, 30] {
            let mut found = Found::drift(500, errors, least, random);
            println!("{}", found.row(&format!("drift of {least} rows or more, {name}"), 500));
        }
        println!("{}", Found::gap(500, errors, random).row(&format!("overfitting, {name}"), 500));
    }
}
