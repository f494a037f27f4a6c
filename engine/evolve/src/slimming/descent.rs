//! The search for the smallest program that does the same, applying one reduction or group of reductions after the other.
//!
//! Groups come first, as in delta debugging (Zeller and Hildebrandt 2002, "Simplifying and isolating failure-inducing input"), so
//! that many unneeded lines go at once. Groups become smaller, until every reduction is tried alone, in rounds, until a round
//! finds none that is possible. The caller runs the programs and reports their behaviour, so the search is a function of what it
//! is told.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// The factor by which groups become smaller.
const SMALLER: usize = 4;

/// A way to make a text smaller: a range of bytes and its replacement.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "(usize, usize, String)")]
pub struct Reduction {
    start: usize,
    end: usize,
    text: String,
}

impl From<(usize, usize, String)> for Reduction {
    fn from((start, end, text): (usize, usize, String)) -> Self {
        Self { start, end, text }
    }
}

/// Identifies a reduction while other parts of the text change: the removed text, its replacement, and the number of equal
/// reductions before it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct ReductionKey {
    removed: String,
    text: String,
    equal_before: usize,
}

/// The place of a search that was left off: the size of its groups, and the number of reductions in its list that are done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DescentPlace {
    /// Number of reductions in a group; 0 before the first group.
    pub group: u64,
    /// Number of reductions, from the first of the list on, that are known not to be possible.
    pub done: u64,
}

/// A search for a smaller text.
#[derive(Debug)]
pub struct Descent {
    code: String,
    listed: Vec<(ReductionKey, Reduction)>,
    /// Reductions that were tried alone and are not possible. Each is tried once per round, because a part may be needed only due
    /// to another one that is removed later.
    needed: BTreeSet<ReductionKey>,
    /// Number of reductions in a group.
    group: usize,
    /// Number of reductions in the list that were tried in groups of this size.
    cursor: usize,
    has_changed: bool,
    /// The text that is being tried, with the indices of its reductions.
    pending: Option<(String, Vec<usize>)>,
}

impl Descent {
    /// Begins with a text and its reductions. They are tried in the given order.
    ///
    /// # Errors
    ///
    /// What is wrong with a reduction.
    pub fn new(code: String, reductions: Vec<Reduction>, place: DescentPlace) -> Result<Self, String> {
        let listed = keyed(&code, reductions)?;
        let most = listed.len();
        let within = |number: u64| usize::try_from(number).unwrap_or(most).min(most);
        let (group, done) = match place.group {
            0 => (largest_group(most), 0),
            group => (within(group).max(1), within(place.done)),
        };
        let needed = match group {
            1 => listed[..done].iter().map(|(key, _)| key.clone()).collect(),
            _ => BTreeSet::new(),
        };
        Ok(Self { code, listed, needed, group, cursor: done, has_changed: false, pending: None })
    }

    /// Returns the smallest text found so far.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Returns the next text to try, or `None` if nothing more can be removed. The caller then reports whether it [does the
    /// same](Descent::keep) or [not](Descent::refuse).
    pub fn next_text(&mut self) -> Option<String> {
        loop {
            let Some(chosen) = self.chosen() else {
                if !self.narrow() {
                    return None;
                }
                continue;
            };
            let text = self.without(&chosen);
            self.pending = Some((text.clone(), chosen));
            return Some(text);
        }
    }

    /// Continues with the text that was tried, which does the same and has these reductions.
    ///
    /// # Errors
    ///
    /// As [`Descent::new`].
    pub fn keep(&mut self, reductions: Vec<Reduction>) -> Result<(), String> {
        let Some((text, _)) = self.pending.take() else { return Ok(()) };
        self.listed = keyed(&text, reductions)?;
        (self.code, self.has_changed) = (text, true);
        Ok(())
    }

    /// Records that the text that was tried does something else.
    pub fn refuse(&mut self) {
        let Some((_, tried)) = self.pending.take() else { return };
        if self.group > 1 {
            self.cursor += self.group;
        } else {
            self.needed.extend(tried.into_iter().map(|index| self.listed[index].0.clone()));
        }
    }

    /// Returns the place where another search continues from this text; `None` if nothing more can be removed.
    #[must_use]
    pub fn place(&self) -> Option<DescentPlace> {
        let (group, done) = if self.group > 1 {
            (self.group, self.cursor)
        } else {
            (1, self.listed.iter().take_while(|(key, _)| self.needed.contains(key)).count())
        };
        let is_round = self.group == 1 && done == self.listed.len();
        if is_round && !self.has_changed {
            return None;
        }
        // A round in which something was removed is followed by another one.
        Some(DescentPlace { group: group as u64, done: if is_round { 0 } else { done as u64 } })
    }

    /// Returns the indices of the next reductions; `None` at the end of the list.
    fn chosen(&self) -> Option<Vec<usize>> {
        if self.group == 1 {
            let open = self.listed.iter().position(|(key, _)| !self.needed.contains(key))?;
            return Some(vec![open]);
        }
        let window = self.cursor..self.listed.len().min(self.cursor + self.group);
        let mut chosen: Vec<usize> = Vec::new();
        for index in window {
            let one = &self.listed[index].1;
            let is_apart = |other: &usize| {
                self.listed[*other].1.end <= one.start || one.end <= self.listed[*other].1.start
            };
            if chosen.iter().all(is_apart) {
                chosen.push(index);
            }
        }
        (!chosen.is_empty()).then_some(chosen)
    }

    /// Makes groups smaller, or begins another round of single reductions. Returns false if nothing is left to try.
    fn narrow(&mut self) -> bool {
        if self.group > 1 {
            (self.group, self.cursor) = ((self.group / SMALLER).max(1), 0);
            return true;
        }
        let another = std::mem::take(&mut self.has_changed);
        if another {
            self.needed.clear();
        }
        another
    }

    /// Returns the text without the parts that these reductions remove.
    fn without(&self, chosen: &[usize]) -> String {
        let mut parts: Vec<&Reduction> = chosen.iter().map(|index| &self.listed[*index].1).collect();
        parts.sort_by_key(|part| part.start);
        let (mut text, mut at) = (String::with_capacity(self.code.len()), 0);
        for part in parts {
            text.push_str(&self.code[at..part.start]);
            text.push_str(&part.text);
            at = part.end;
        }
        text.push_str(&self.code[at..]);
        text
    }
}

/// Returns the size of the first groups for this number of reductions.
fn largest_group(reductions: usize) -> usize {
    let mut group = 1;
    while group * SMALLER <= reductions {
        group *= SMALLER;
    }
    group
}

/// Gives each reduction of a text its key. The candidate determines how many equal reductions there are, so they are counted
/// without search.
fn keyed(text: &str, reductions: Vec<Reduction>) -> Result<Vec<(ReductionKey, Reduction)>, String> {
    let mut equal: BTreeMap<(&str, String), usize> = BTreeMap::new();
    let key = |reduction: Reduction| {
        let Reduction { start, end, text: new } = &reduction;
        let removed = text.get(*start..*end).ok_or_else(|| format!("no text at {start}..{end}"))?;
        let before = equal.entry((removed, new.clone())).or_insert(0);
        let key = ReductionKey { removed: removed.to_owned(), text: new.clone(), equal_before: *before };
        *before += 1;
        Ok((key, reduction))
    };
    reductions.into_iter().map(key).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reductions of a text in which each word may be removed.
    fn words(text: &str) -> Vec<Reduction> {
        let mut found = Vec::new();
        let mut at = 0;
        for word in text.split_inclusive(' ') {
            found.push(Reduction { start: at, end: at + word.len(), text: String::new() });
            at += word.len();
        }
        found
    }

    /// Searches to the end, or for a number of tries; returns the text, the number of tries and the place.
    fn search(
        text: &str,
        place: DescentPlace,
        most: usize,
        same: impl Fn(&str) -> bool,
    ) -> (String, usize, Option<DescentPlace>) {
        let mut descent = Descent::new(text.to_owned(), words(text), place).unwrap();
        let mut tries = 0;
        while tries < most {
            let Some(next) = descent.next_text() else { break };
            tries += 1;
            if same(&next) { descent.keep(words(&next)).unwrap() } else { descent.refuse() }
        }
        (descent.code().to_owned(), tries, descent.place())
    }

    #[test]
    fn equal_reductions_are_counted_in_linear_time() {
        let text = "pass\n".repeat(100_000);
        let at = |line: usize| Reduction::from((line * 5, line * 5 + 5, String::new()));
        let found = keyed(&text, (0..100_000).map(at).collect()).unwrap();
        assert_eq!(found.last().unwrap().0.equal_before, 99_999);
        assert!(keyed("é", vec![Reduction::from((1, 2, String::new()))]).is_err());
        let other = Reduction::from((0, 5, "0".to_owned()));
        assert_eq!(keyed(&text, vec![at(0), other]).unwrap()[1].0.equal_before, 0);
    }

    #[test]
    fn many_parts_that_nothing_needs_go_in_few_tries() {
        let dead = "dead ".repeat(200);
        let text = format!("{dead}keep {dead}");
        let (found, tries, place) =
            search(&text, DescentPlace::default(), 10_000, |text| text.contains("keep"));
        assert_eq!((found.as_str(), place), ("keep ", None));
        assert!(tries < 40, "{tries}");
    }

    #[test]
    fn reductions_within_each_other_are_not_tried_together() {
        let text = "outer(inner)";
        let parts = vec![
            (0, 12, String::new()),
            (6, 11, String::new()),
            (0, 5, "x".to_owned()),
            (5, 6, String::new()),
        ];
        let parts = parts.into_iter().map(Reduction::from).collect();
        let mut descent = Descent::new(text.to_owned(), parts, DescentPlace::default()).unwrap();
        let mut tried = Vec::new();
        while let Some(next) = descent.next_text() {
            tried.push(next);
            descent.refuse();
        }
        assert_eq!(tried, ["", "", "outer()", "x(inner)", "outerinner)"]);
    }

    proptest! {
        /// Everything needed stays and everything else is removed, and a search that is left off anywhere comes to the same end.
        #[test]
        fn what_is_left_is_what_is_needed(kept in prop::collection::vec(any::<bool>(), 1..60), step in 1_usize..30) {
            let text: String = kept.iter().enumerate().map(|(at, kept)| format!("{}{at} ", if *kept { 'k' } else { 'd' })).collect();
            let needed: String = text.split_inclusive(' ').filter(|word| word.starts_with('k')).collect();
            let same = |text: &str| needed.split_inclusive(' ').all(|word| text.contains(word));
            let (found, _, place) = search(&text, DescentPlace::default(), usize::MAX, same);
            prop_assert_eq!((&found, place), (&needed, None));
            let (mut at, mut place, mut attempts) = (text, Some(DescentPlace::default()), 0);
            while let Some(next) = place {
                (at, _, place) = search(&at, next, step, same);
                attempts += 1;
                prop_assert!(attempts < 2_000);
            }
            prop_assert_eq!(at, needed);
        }
    }
}
