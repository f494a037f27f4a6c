//! Lines of a text. A line includes its `\n`; a text that ends with `\n` has no empty line after it.
//!
//! A text may have millions of lines. Every function here takes time that is linear in the text, a fraction of a nanosecond per byte, and
//! numbers only the lines that are shown.
//!
//! Attacks that end here: T-BILL-99, T-BILL-100, T-BILL-101, T-BILL-102, T-BILL-103, T-BILL-104, T-BILL-105,
//! T-BILL-106, T-BILL-107, T-BILL-108, T-BILL-109, T-BILL-110, T-BILL-111, T-BILL-112, T-BILL-113, T-BILL-114,
//! T-BILL-115, T-BILL-116, T-BILL-117.

use crate::clip::CLIPPED;
use crate::limits::CONTEXT_LINES;

/// Number of bytes that are searched together for line feeds.
const CHUNK_BYTES: usize = 4_096;

/// A range of line numbers, counted from 1, both included.
#[derive(Debug, Clone, Copy)]
pub(super) struct LineRange {
    pub(super) first: usize,
    pub(super) last: usize,
}

fn line_feeds(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte == b'\n').count()
}

pub(super) fn count_lines(text: &str) -> usize {
    line_feeds(text.as_bytes()) + usize::from(!text.is_empty() && !text.ends_with('\n'))
}

/// Returns the number of the line, from 1, that contains the byte `at`.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    line_feeds(&text.as_bytes()[..at]) + 1
}

/// Returns the numbers of the lines, from 1, that contain these bytes, which must be in order.
pub(super) fn lines_of(text: &str, places: &[usize]) -> Vec<usize> {
    let (mut line, mut from) = (1, 0);
    let mut number = |&at: &usize| {
        line += line_feeds(&text.as_bytes()[from..at]);
        from = at;
        line
    };
    places.iter().map(&mut number).collect()
}

/// Returns the byte at which a line, counted from 1, begins, or the end of the text if there is no such line.
fn start_of(text: &str, line: usize) -> usize {
    let mut left = line.saturating_sub(1);
    if left == 0 {
        return 0;
    }
    for (index, chunk) in text.as_bytes().chunks(CHUNK_BYTES).enumerate() {
        let count = line_feeds(chunk);
        if count < left {
            left -= count;
            continue;
        }
        let mut ends = chunk.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        return ends.nth(left - 1).map_or(text.len(), |(at, _)| index * CHUNK_BYTES + at + 1);
    }
    text.len()
}

/// Returns the lines `first` to `last`, from 1, both included.
pub(super) fn range(text: &str, first: usize, last: usize) -> &str {
    let from = start_of(text, first);
    let to = if last < first { from } else { start_of(text, last + 1) };
    &text[from..to]
}

/// Number of bytes of the longest line number.
const NUMBER_BYTES: usize = 20;
/// Minimum number of columns of a line number.
const NUMBER_COLUMNS: usize = 6;

/// Adds the number of a line in six columns and a tab, as `cat -n` does. Returns the number of characters.
fn push_prefix(text: &mut String, number: usize) -> usize {
    let before = text.len();
    let (mut digits, mut at, mut left) = ([b' '; NUMBER_BYTES], NUMBER_BYTES, number);
    loop {
        at -= 1;
        digits[at] = b'0' + u8::try_from(left % 10).unwrap_or(0);
        left /= 10;
        if left == 0 {
            break;
        }
    }
    let from = at.min(NUMBER_BYTES - NUMBER_COLUMNS);
    text.extend(digits[from..].iter().map(|digit| char::from(*digit)));
    text.push('\t');
    text.len() - before
}

/// Returns the byte at which the last `most` characters of a text begin.
fn last_characters(text: &str, most: usize) -> usize {
    match most.checked_sub(1) {
        None => text.len(),
        Some(last) => text.char_indices().rev().nth(last).map_or(0, |(at, _)| at),
    }
}

/// Returns every line preceded by its number, clipped to `most` characters.
pub(super) fn numbered(text: &str, first: usize, most: usize) -> String {
    let (mut head, mut count) = (String::new(), 0);
    for (number, line) in (first..).zip(text.split_inclusive('\n')) {
        let shown = line.char_indices().nth(most + 1).map_or(line, |(end, _)| &line[..end]);
        count += push_prefix(&mut head, number) + shown.chars().count();
        head.push_str(shown);
        if count > most {
            break;
        }
    }
    if count <= most {
        return head;
    }
    let half = most / 2;
    let end = head.char_indices().nth(half).map_or(head.len(), |(at, _)| at);
    head.truncate(end);
    head.push_str(CLIPPED);
    // Take the last lines that together have as many characters, and then exactly that many.
    let (mut lines, mut left) = (Vec::new(), half);
    for line in text.split_inclusive('\n').rev() {
        let from = last_characters(line, left);
        lines.push((&line[from..], from == 0));
        left = left.saturating_sub(line[from..].chars().count() + NUMBER_COLUMNS + 1);
        if left == 0 {
            break;
        }
    }
    let mut tail = String::new();
    let begin = (first + count_lines(text)).saturating_sub(lines.len());
    for (number, (line, is_whole)) in (begin..).zip(lines.iter().rev()) {
        if *is_whole {
            push_prefix(&mut tail, number);
        }
        tail.push_str(line);
    }
    head.push_str(&tail[last_characters(&tail, half)..]);
    head
}

/// Returns the edited lines with some lines around them, numbered and clipped to `most` characters.
pub(super) fn snippet(text: &str, edited: LineRange, most: usize) -> String {
    let count = count_lines(text);
    let first = edited.first.saturating_sub(CONTEXT_LINES).max(1);
    let last = (edited.last + CONTEXT_LINES).min(count);
    numbered(range(text, first, last.max(first)), first, most)
}

/// Inserts `new` as separate lines after line `line`. Returns the text and the number of inserted lines.
pub(super) fn with_lines(text: &str, line: usize, new: &str) -> (String, usize) {
    let at = match line {
        0 => 0,
        line => range(text, 1, line).len(),
    };
    let (above, below) = text.split_at(at);
    let mut after = above.to_owned();
    if !above.is_empty() && !above.ends_with('\n') {
        after.push('\n');
    }
    after.push_str(new);
    if !below.is_empty() && !new.ends_with('\n') {
        after.push('\n');
    }
    after.push_str(below);
    (after, count_lines(new).max(1))
}

/// Returns the first `most` places at which `part` begins in `text`, and the total number of places, including overlapping ones.
/// The time is linear in both lengths, whatever the content.
pub(super) fn places(text: &str, part: &str, most: usize) -> (Vec<usize>, usize) {
    let Some(first) = text.find(part) else { return (Vec::new(), 0) };
    let (text, part) = (text.as_bytes(), part.as_bytes());
    if let [byte] = part {
        let places = text.iter().enumerate().filter(|(_, other)| *other == byte).map(|(at, _)| at);
        return (places.take(most).collect(), text.iter().filter(|other| *other == byte).count());
    }
    if part.is_empty() {
        return (vec![first], 1);
    }
    let borders = borders(part);
    let (mut found, mut count) = (vec![first], 1);
    found.truncate(most);
    let mut matched = borders.last().map_or(0, |border| *border as usize);
    for (at, byte) in text.iter().enumerate().skip(first + part.len()) {
        while matched > 0 && *byte != part[matched] {
            matched = borders[matched - 1] as usize;
        }
        matched += usize::from(*byte == part[matched]);
        if matched == part.len() {
            count += 1;
            if found.len() < most {
                found.push(at + 1 - part.len());
            }
            matched = borders[matched - 1] as usize;
        }
    }
    (found, count)
}

/// Returns, for each prefix of `part`, the length of the longest shorter prefix that is also its suffix.
fn borders(part: &[u8]) -> Vec<u32> {
    let mut borders = vec![0; part.len()];
    let mut matched = 0_usize;
    for at in 1..part.len() {
        while matched > 0 && part[at] != part[matched] {
            matched = borders[matched - 1] as usize;
        }
        matched += usize::from(part[at] == part[matched]);
        // A request has at most a mebibyte.
        borders[at] = u32::try_from(matched).unwrap_or(0);
    }
    borders
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::clip::clipped;

    /// Returns every line preceded by its number.
    fn all_numbered(text: &str, first: usize) -> String {
        (first..)
            .zip(text.split_inclusive('\n'))
            .map(|(number, line)| format!("{number:6}\t{line}"))
            .collect()
    }

    proptest! {
        #[test]
        fn what_is_shown_is_the_whole_clipped(text in "[aé\n]{0,60}", first in 1_usize..2_000_000, half in 0_usize..40) {
            prop_assert_eq!(numbered(&text, first, 2 * half), clipped(&all_numbered(&text, first), 2 * half));
        }

        #[test]
        fn lines_are_those_of_the_text(text in "[ab\n]{0,40}", first in 1_usize..9, last in 0_usize..9) {
            let lines: Vec<&str> = text.split_inclusive('\n').collect();
            prop_assert_eq!(count_lines(&text), lines.len());
            let wanted: String =
                lines.iter().skip(first - 1).take((last + 1).saturating_sub(first)).copied().collect();
            prop_assert_eq!(range(&text, first, last), wanted);
        }

        #[test]
        fn every_place_is_found(text in "[abé]{0,30}", part in "[abé]{1,4}") {
            let all: Vec<usize> =
                text.char_indices().map(|(at, _)| at).filter(|at| text[*at..].starts_with(&part)).collect();
            let (found, count) = places(&text, &part, 3);
            prop_assert_eq!(count, all.len());
            prop_assert_eq!(&found[..], &all[..all.len().min(3)]);
            let numbers: Vec<usize> = found.iter().map(|at| line_of(&text, *at)).collect();
            prop_assert_eq!(lines_of(&text, &found), numbers);
        }
    }

    #[test]
    fn lines_beyond_one_chunk_are_found() {
        let text = "x\n".repeat(10_000);
        assert_eq!(range(&text, 9_999, 9_999), "x\n");
        assert_eq!((range(&text, 10_001, 10_002), start_of(&text, 10_001)), ("", text.len()));
        assert_eq!(places(&"a".repeat(1 << 18), &"a".repeat(1 << 17), 20).1, (1 << 17) + 1);
    }
}
