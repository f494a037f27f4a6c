//! An automaton that finds every phrase of a list in one pass over a text, by Aho and Corasick.
//!
//! The work for a text is one step per byte, whatever the number of phrases and whatever the text, and one more per phrase that
//! ends at the byte.

use std::collections::VecDeque;

use super::work;

/// The class of bytes that are passed over.
const SKIPPED: u8 = u8::MAX;
/// The class of bytes in no phrase.
const OTHER: u8 = 0;

/// An automaton for a list of phrases.
pub(super) struct PhraseAutomaton {
    /// The class of each byte.
    classes: [u8; 256],
    /// The number of classes, which is the length of a row.
    width: usize,
    /// A row per state: for each class, twice the begin of the next state's row, and 1 more if a phrase ends there.
    rows: Vec<u32>,
    /// For each state, the numbers of the phrases that end there.
    ended: Vec<Vec<u16>>,
}

/// A node of the tree of phrases.
#[derive(Default)]
struct TrieNode {
    next: Vec<Option<usize>>,
    ended: Vec<u16>,
}

impl PhraseAutomaton {
    /// Creates an automaton. `read` returns the byte as which a byte of a text is read, or `None` if it is passed over.
    pub(super) fn new<'a>(
        phrases: impl IntoIterator<Item = &'a str>,
        read: impl Fn(u8) -> Option<u8>,
    ) -> Self {
        let phrases: Vec<&str> = phrases.into_iter().collect();
        let (mut known, mut width) = ([OTHER; 256], 1_u8);
        for byte in phrases.iter().flat_map(|phrase| phrase.bytes()) {
            let class = &mut known[usize::from(byte)];
            if *class == OTHER {
                *class = width;
                width += 1;
            }
        }
        let mut classes = [OTHER; 256];
        for (class, byte) in classes.iter_mut().zip(0..=u8::MAX) {
            *class = read(byte).map_or(SKIPPED, |byte| known[usize::from(byte)]);
        }
        let width = usize::from(width);
        let trie = trie(&phrases, &known, width);
        Self::of(trie, classes, width)
    }

    /// Turns a tree into an automaton: where the tree has no branch, the automaton goes to the longest beginning of a phrase that
    /// the text ends with.
    fn of(mut trie: Vec<TrieNode>, classes: [u8; 256], width: usize) -> Self {
        let mut fails = vec![0; trie.len()];
        let mut states = vec![0; trie.len() * width];
        let mut queue = VecDeque::from([0]);
        while let Some(state) = queue.pop_front() {
            let fail = fails[state];
            if state != 0 {
                let more = trie[fail].ended.clone();
                trie[state].ended.extend(more);
            }
            for class in 0..width {
                let other = if state == 0 { 0 } else { states[fail * width + class] };
                states[state * width + class] = match trie[state].next[class] {
                    Some(next) => {
                        fails[next] = other;
                        queue.push_back(next);
                        next
                    }
                    None => other,
                };
            }
        }
        let row = |state: usize| {
            let begin = u32::try_from(2 * state * width).unwrap_or_default();
            begin + u32::from(!trie[state].ended.is_empty())
        };
        let rows = states.into_iter().map(row).collect();
        Self { classes, width, rows, ended: trie.into_iter().map(|node| node.ended).collect() }
    }

    /// Calls `found` with the number of each phrase in a text and with the place where it ends, in order of place.
    pub(super) fn scan(&self, text: &str, mut found: impl FnMut(usize, usize)) {
        work::count(text.len());
        let mut row = 0;
        for (at, byte) in text.bytes().enumerate() {
            let class = self.classes[usize::from(byte)];
            if class == SKIPPED {
                continue;
            }
            let next = self.rows[row + usize::from(class)];
            row = (next >> 1) as usize;
            if next & 1 == 1 {
                for phrase in &self.ended[row / self.width] {
                    work::count(1);
                    found(usize::from(*phrase), at + 1);
                }
            }
        }
    }
}

/// Returns the tree of phrases.
fn trie(phrases: &[&str], classes: &[u8; 256], width: usize) -> Vec<TrieNode> {
    let node = || TrieNode { next: vec![None; width], ended: Vec::new() };
    let mut trie = vec![node()];
    for (number, phrase) in (0..).zip(phrases) {
        let mut at = 0;
        for byte in phrase.bytes() {
            let class = usize::from(classes[usize::from(byte)]);
            at = match trie[at].next[class] {
                Some(next) => next,
                None => {
                    trie.push(node());
                    let next = trie.len() - 1;
                    trie[at].next[class] = Some(next);
                    next
                }
            };
        }
        trie[at].ended.push(number);
    }
    trie
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(automaton: &PhraseAutomaton, text: &str) -> Vec<(usize, usize)> {
        let mut all = Vec::new();
        automaton.scan(text, |phrase, end| all.push((end, phrase)));
        all.sort_unstable();
        all
    }

    #[test]
    fn every_phrase_is_found_wherever_it_ends() {
        let phrases = ["he", "she", "his", "hers", "s", "she", "не м", "ишь", "aaa"];
        let automaton = PhraseAutomaton::new(phrases, Some);
        for text in ["", "ushers", "hishe she", "не может, видишь", "aaaaa", "shhhe hisis", "\u{43d}\u{435}"]
        {
            let mut expected = Vec::new();
            for (number, phrase) in phrases.iter().enumerate() {
                let ends = (0..text.len()).filter(|at| text.as_bytes()[*at..].starts_with(phrase.as_bytes()));
                expected.extend(ends.map(|at| (at + phrase.len(), number)));
            }
            expected.sort_unstable();
            assert_eq!(found(&automaton, text), expected, "{text}");
        }
    }

    #[test]
    fn bytes_are_read_as_others_or_passed_over() {
        let read = |byte: u8| match byte {
            b'0' => Some(b'o'),
            b'-' => None,
            byte => Some(byte.to_ascii_lowercase()),
        };
        let automaton = PhraseAutomaton::new(["foo"], read);
        assert_eq!(found(&automaton, "F-0--o f oo fo0"), [(6, 0), (15, 0)]);
    }
}
