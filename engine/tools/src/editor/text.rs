//! Lines of a text. A line includes its `\n`; a text that ends with `\n` has no empty line after it.

use crate::limits::CONTEXT_LINES;

/// A range of lines, from 1, both included.
#[derive(Debug, Clone, Copy)]
pub(super) struct LineRange {
    pub(super) first: usize,
    pub(super) last: usize,
}

pub(super) fn count_lines(text: &str) -> usize {
    text.split_inclusive('\n').count()
}

/// Returns the number of the line, from 1, that contains the byte `at`.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// Returns the lines `first` to `last`, from 1, both included.
pub(super) fn range(text: &str, first: usize, last: usize) -> &str {
    let mut starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
    let from = starts.nth(first - 1).unwrap_or(text.len());
    let to = match last.checked_sub(first) {
        Some(more) => starts.nth(more).unwrap_or(text.len()),
        None => from,
    };
    &text[from..to]
}

/// Prefixes every line with its number in six columns and a tab, as `cat -n` does.
pub(super) fn numbered(text: &str, first: usize) -> String {
    let mut shown = String::with_capacity(text.len() + text.len() / 4);
    for (number, line) in (first..).zip(text.split_inclusive('\n')) {
        shown.push_str(&format!("{number:6}\t{line}"));
    }
    shown
}

/// Returns the edited lines with some lines around them, numbered.
pub(super) fn snippet(text: &str, edited: LineRange) -> String {
    let count = count_lines(text);
    let first = edited.first.saturating_sub(CONTEXT_LINES).max(1);
    let last = (edited.last + CONTEXT_LINES).min(count);
    numbered(range(text, first, last.max(first)), first)
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
