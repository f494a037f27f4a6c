//! Calls of tools that look: again at the same, or hardly at all.

use crate::complacency::{ComplacencyFinding, ComplacencyKind, HistoryStep};

/// Looks at the same without a write in between that are a loop.
const LOOKS: usize = 3;
/// Candidates with a loop, of so many in a row, that are a sign: now and then, somebody looks three times.
const LOOPS: usize = 6;
const LOOPS_OF: usize = 10;
/// Candidates in a row that end early that are a sign.
const EARLY: usize = 3;
/// Looks of a candidate that has hardly begun.
const FEW: usize = 2;

/// Returns the candidates that look again and again at the same, if there are several.
pub(super) fn reading_loops(history: &[HistoryStep]) -> Option<ComplacencyFinding> {
    let mut found = Vec::new();
    let known: Vec<usize> = (0..history.len()).filter(|index| history[*index].calls.is_some()).collect();
    for (place, index) in known.iter().copied().enumerate() {
        let step = &history[index];
        let Some(calls) = &step.calls else { continue };
        let worst = calls
            .split(|call| call.writes)
            .filter_map(|looks| {
                let times = |asked: &str| looks.iter().filter(|other| other.asked == asked).count();
                looks.iter().map(|look| (times(&look.asked), look.asked.as_str())).max()
            })
            .max();
        if let Some((times, asked)) = worst.filter(|(times, _)| *times >= LOOKS) {
            let shown: String = asked.chars().take(100).collect();
            found.push((place, index, format!("{}, {times} times: {shown}", step.id)));
        }
    }
    // Fewer recorded candidates than a row has: most of them.
    let least = LOOPS.min(known.len() / 2 + 1).max(3);
    let enough = found.windows(least).any(|row| row[least - 1].0 - row[0].0 < LOOPS_OF);
    let (steps, evidence) = found.into_iter().map(|(_, index, words)| (index, words)).unzip();
    enough.then(|| ComplacencyFinding::new(ComplacencyKind::ReadingLoop, steps, evidence))
}

/// Returns the candidates in a row that end early, without a change, if there are several.
pub(super) fn early_ends(history: &[HistoryStep]) -> Option<ComplacencyFinding> {
    let (mut longest, mut row): (Vec<usize>, Vec<usize>) = Default::default();
    for (index, step) in history.iter().enumerate() {
        let Some(calls) = &step.calls else { continue };
        let early = calls.len() <= FEW
            && !calls.iter().any(|call| call.writes)
            && step.changed(history) == Some(false);
        if early {
            row.push(index);
        } else {
            row.clear();
        }
        if row.len() > longest.len() {
            longest.clone_from(&row);
        }
    }
    let words = |index: &usize| {
        format!(
            "{} ends after {} calls",
            history[*index].id,
            history[*index].calls.as_ref().map_or(0, Vec::len)
        )
    };
    let evidence = longest.iter().map(words).collect();
    (longest.len() >= EARLY).then(|| ComplacencyFinding::new(ComplacencyKind::EarlyEnd, longest, evidence))
}
