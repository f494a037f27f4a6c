//! Tool calls that look: again and again at the same thing, or hardly at all.

use crate::complacency::{ComplacencyFinding, ComplacencyKind, HistoryStep};

/// Number of looks at the same thing, without a write in between, that are a loop.
pub(super) const LOOKS: u64 = 3;
/// Number of candidates with a loop among `LOOPS_OF` in a row that is a sign: now and then, a candidate looks three times.
const LOOPS: usize = 7;
const LOOPS_OF: usize = 10;
/// Minimum number of candidates with a loop when fewer candidates are recorded.
const LOOPS_AT_ONCE: usize = 3;
/// Number of candidates in a row, all of which end early, that is a sign.
const EARLY: usize = 3;
/// Maximum number of calls of a candidate that has hardly begun.
const FEW: u64 = 2;

/// Returns the candidates that look at the same thing again and again, if there are several.
pub(super) fn reading_loops(history: &[HistoryStep]) -> Option<ComplacencyFinding> {
    reading_loops_of(history, 0, Some(LOOPS_AT_ONCE))
}

/// Returns such candidates from the index `from` on. With `fewest`, there must be at least as many, and they must be most of the
/// recorded ones or seven of ten.
pub(super) fn reading_loops_of(
    history: &[HistoryStep],
    from: usize,
    fewest: Option<usize>,
) -> Option<ComplacencyFinding> {
    let mut found = Vec::new();
    let known: Vec<usize> = (from..history.len()).filter(|index| history[*index].looks.is_some()).collect();
    for (place, index) in known.iter().copied().enumerate() {
        let step = &history[index];
        let Some(looks) = step.looks.as_ref().filter(|looks| looks.repeated >= LOOKS) else { continue };
        found.push((place, index, format!("{}, {} times: {}", step.id, looks.repeated, looks.asked)));
    }
    let enough = fewest.is_none_or(|fewest| {
        let least = LOOPS.min(known.len() / 2 + 1).max(fewest);
        found.windows(least).any(|row| row[least - 1].0 - row[0].0 < LOOPS_OF)
    });
    let (steps, evidence) = found.into_iter().map(|(_, index, words)| (index, words)).unzip();
    enough.then(|| ComplacencyFinding::new(ComplacencyKind::ReadingLoop, steps, evidence))
}

/// Returns the candidates in a row that end early and without a change, if there are several.
pub(super) fn early_ends(history: &[HistoryStep]) -> Option<ComplacencyFinding> {
    let (mut longest, mut row): (Vec<usize>, Vec<usize>) = Default::default();
    for (index, step) in history.iter().enumerate() {
        let Some(looks) = &step.looks else { continue };
        let early = looks.calls <= FEW && !looks.writes && step.changed(history) == Some(false);
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
        let step = &history[*index];
        format!("{} ends after {} calls", step.id, step.looks.as_ref().map_or(0, |looks| looks.calls))
    };
    let evidence = longest.iter().map(words).collect();
    (longest.len() >= EARLY).then(|| ComplacencyFinding::new(ComplacencyKind::EarlyEnd, longest, evidence))
}
