//! Programs that were copied from peers without understanding.
//!
//! Taking over a better program is the purpose of sharing. A copy is blind if nothing comes of it: the candidate's program is
//! nearly word for word that of a peer, it adds nothing of its own, and none of the candidate's new words is about what was taken
//! over. Where that becomes a habit, populations copy each other instead of exploring, and texts that nobody checked spread with
//! the code.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use super::course::{distance, shared, shingles};
use super::rates::{ALARM_CHANCE, rise};
use super::sequential::RECENT_MAX;
use super::texts::prose_passages;
use crate::complacency::{ComplacencyFinding, ComplacencyKind, HistoryStep};

/// Largest distance to a peer's program at which a program is a copy of it.
const COPY: f64 = 0.1;
/// Largest number of shingles (three tokens in a row) found in neither peer nor parent with which a program still adds nothing of
/// its own: that many come from two changed words.
const OWN: usize = 6;
/// A copy is nearer to the peer than this share of its summed distances to parent and peer.
const NEARER: f64 = 0.2;
/// Number of blind copies among `COPIES_OF` candidates in a row that is a habit.
const COPIES: usize = 4;
const COPIES_OF: usize = 10;
/// Number of names of the program that a line has to mention to be about the program, if none of the names is new in it.
const NAMES_MIN: usize = 3;
/// Minimum number of letters of a name that counts.
const NAME_MIN: usize = 3;

/// Returns the candidates that copy without understanding, if that happens more than now and then.
pub(super) fn blind_copies(history: &[HistoryStep]) -> Option<ComplacencyFinding> {
    // Only candidates that could see programs of peers can have copied one.
    let from = history.len().saturating_sub(RECENT_MAX);
    let known: Vec<usize> = (from..history.len()).filter(|index| !history[*index].peers.is_empty()).collect();
    let mut rows = ProgramRows::default();
    let blind: Vec<bool> =
        known.iter().map(|index| is_blind_copy(&history[*index], history, &mut rows)).collect();
    let places: Vec<usize> = (0..blind.len()).filter(|place| blind[*place]).collect();
    let row = places.windows(COPIES).rfind(|row| row[COPIES - 1] - row[0] < COPIES_OF);
    let since = rise(&blind, ALARM_CHANCE, |before, after| after > before * 2.0);
    let from = since.map(|rise| rise.at).or(row.map(|row| row[0]))?;
    // Blind copies that many other candidates followed no longer count.
    let last = *places.last()?;
    if blind.len() - last > COPIES_OF {
        return None;
    }
    let steps: Vec<usize> =
        places.into_iter().filter(|place| *place >= from).map(|place| known[place]).collect();
    let words = |index: &usize| {
        format!("{} has a peer's program, and says nothing of what it does", history[*index].id)
    };
    let evidence = steps.iter().map(words).collect();
    Some(ComplacencyFinding::new(ComplacencyKind::BlindCopy, steps, evidence))
}

/// The shingles of each program, cached because many candidates in a row see the same programs of peers.
#[derive(Default)]
struct ProgramRows<'a>(BTreeMap<&'a str, Rc<[u64]>>);

impl<'a> ProgramRows<'a> {
    fn of(&mut self, program: &'a str) -> Rc<[u64]> {
        Rc::clone(self.0.entry(program).or_insert_with(|| shingles(program).into()))
    }
}

/// Returns whether a candidate has taken over the program of a peer without adding anything of its own.
fn is_blind_copy<'a>(step: &'a HistoryStep, history: &'a [HistoryStep], rows: &mut ProgramRows<'a>) -> bool {
    let parent = step.parent.and_then(|parent| history.get(parent));
    let Some((program, before)) =
        step.program.as_ref().zip(parent.and_then(|parent| parent.program.as_ref()))
    else {
        return false;
    };
    if program == before {
        return false;
    }
    let (own, old) = (rows.of(program), rows.of(before));
    let apart = |one: &[u64], other: &[u64]| distance(shared(one, other), one.len(), other.len());
    let from_parent = apart(&own, &old);
    let copied = step.peers.iter().find(|peer| {
        let theirs = rows.of(peer);
        let from_peer = apart(&own, &theirs);
        let has = |of: &[u64], row: &u64| of.binary_search(row).is_ok();
        let new = own.iter().filter(|row| !has(&theirs, row) && !has(&old, row)).count();
        new <= OWN && from_peer <= COPY && from_peer < NEARER * (from_parent + from_peer)
    });
    copied.is_some_and(|peer| !tells_of(step, history, [&code_names(program), &code_names(before)], peer))
}

/// Returns the names in the code of a program, in lower case.
fn code_names(program: &str) -> BTreeSet<String> {
    let lines = program.lines().map(|line| line.split('#').next().unwrap_or_default());
    lines.flat_map(|line| names(line).collect::<Vec<_>>()).collect()
}

/// Returns the names, words and numbers of a text that are long enough to count, in lower case.
fn names(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    words.filter(|word| word.chars().count() >= NAME_MIN).map(str::to_lowercase)
}

/// Returns whether new words of a candidate that are not the peer's mention something that is new in its program, or several
/// things that are in it.
fn tells_of(
    step: &HistoryStep,
    history: &[HistoryStep],
    [now, before]: [&BTreeSet<String>; 2],
    peer: &Arc<str>,
) -> bool {
    step.texts(history).into_iter().any(|(file, text, old)| {
        let Some(text) = text.filter(|text| Some(*text) != old) else { return false };
        let passages = prose_passages(text, file == "notes").into_iter();
        let is_old = |line: &str| old.is_some_and(|old| old.contains(line)) || peer.contains(line);
        let mut own = passages.flat_map(|passage| passage.lines).filter(|line| !is_old(line.trim()));
        own.any(|line| {
            let named: BTreeSet<String> = names(&line).filter(|name| now.contains(name)).collect();
            named.len() >= NAMES_MIN || named.iter().any(|name| !before.contains(name))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str =
        "def solve(rows):\n    total = 0\n    for row in rows:\n        total += row\n    return total\n";
    const PEER: &str = "def solve(rows):\n    # largest first\n    queue = sorted(rows, reverse=True)\n    buckets = [[]]\n    while queue:\n        place(queue.pop(), buckets)\n    return buckets\n";

    /// A lively history whose last candidates have these programs and notes, each made from a different candidate.
    fn with(last: &[(String, &str)]) -> Vec<HistoryStep> {
        let mut history: Vec<HistoryStep> = Vec::new();
        let mut push = |program: String, notes: &str| {
            let mut step = HistoryStep::new(format!("gen_{}_0", history.len()));
            step.parent = history.len().checked_sub(1).map(|last| last.min(19));
            (step.program, step.notes) = (Some(program.into()), Some(notes.into()));
            step.peers = vec![PEER.into()];
            history.push(step);
        };
        (0..20).for_each(|number| push(OWN.replace("total = 0", &format!("total = {number}")), ""));
        last.iter().for_each(|(program, notes)| push(program.clone(), notes));
        history
    }

    #[test]
    fn copies_of_which_nothing_is_said_are_blind() {
        let blind = (PEER.to_owned(), "- took over the better strategy");
        let found =
            blind_copies(&with(&[blind.clone(), blind.clone(), blind.clone(), blind.clone()])).unwrap();
        assert_eq!((found.kind, found.steps.len()), (ComplacencyKind::BlindCopy, 4));
        assert_eq!(blind_copies(&with(&[blind.clone(), blind.clone()])), None);
        let told = (PEER.to_owned(), "- the peer's queue is sorted once, so that large rows come first");
        assert_eq!(blind_copies(&with(&[told.clone(), told.clone(), told.clone(), told])), None);
        // Words of the peer do not count as words of the candidate.
        let quoted = (PEER.replace("[[]]", "[[]]  "), "- largest first");
        assert!(blind_copies(&with(&[quoted.clone(), quoted.clone(), quoted.clone(), quoted])).is_some());
        let more = "    while queue:\n        place(queue.pop(), buckets)\n        swap(buckets, 3)\n        trim(buckets)\n";
        let adapted = PEER.replace("    while queue:\n        place(queue.pop(), buckets)\n", more);
        let adapted = (adapted, "");
        assert_eq!(blind_copies(&with(&[adapted.clone(), adapted.clone(), adapted.clone(), adapted])), None);
    }
}
