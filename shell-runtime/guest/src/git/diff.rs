//! Differences between two trees, in git's formats.

use std::collections::BTreeMap;

use similar::{Algorithm, DiffOp, DiffTag, TextDiff};

use super::worktree::Change;

/// Lines around a change.
const CONTEXT: usize = 3;
/// Columns of a summary.
const COLUMNS: usize = 80;
/// Characters of the line that heads a hunk.
const HEADING_CHARS: usize = 80;

/// A file before and after; `None` where it does not exist.
pub(super) struct FileDiff {
    pub(super) path: String,
    pub(super) before: Option<(String, Vec<u8>)>,
    pub(super) after: Option<(String, Vec<u8>)>,
}

fn is_binary(content: &[u8]) -> bool {
    content.iter().take(8_000).any(|&byte| byte == 0)
}

/// Returns a range of a hunk's header.
fn range(start: usize, len: usize) -> String {
    match len {
        0 => format!("{start},0"),
        1 => format!("{}", start + 1),
        len => format!("{},{len}", start + 1),
    }
}

impl FileDiff {
    pub(super) fn change(&self) -> Change {
        match (&self.before, &self.after) {
            (None, _) => Change::Added,
            (_, None) => Change::Deleted,
            _ => Change::Modified,
        }
    }

    fn texts(&self) -> (String, String) {
        let text = |side: &Option<(String, Vec<u8>)>| {
            side.as_ref().map(|(_, content)| String::from_utf8_lossy(content).into_owned()).unwrap_or_default()
        };
        (text(&self.before), text(&self.after))
    }

    fn is_binary(&self) -> bool {
        [&self.before, &self.after].into_iter().flatten().any(|(_, content)| is_binary(content))
    }

    /// Returns the numbers of lines added and removed.
    pub(super) fn counts(&self) -> (usize, usize) {
        if self.is_binary() {
            return (0, 0);
        }
        let (before, after) = self.texts();
        let diff = TextDiff::configure().algorithm(Algorithm::Myers).diff_lines(&before, &after);
        diff.ops().iter().fold((0, 0), |(added, removed), op| match op.tag() {
            DiffTag::Equal => (added, removed),
            _ => (added + op.new_range().len(), removed + op.old_range().len()),
        })
    }

    /// Returns the difference as a patch.
    pub(super) fn patch(&self) -> String {
        let path = &self.path;
        let id = |side: &Option<(String, Vec<u8>)>| side.as_ref().map_or("0000000", |(id, _)| &id[..7]).to_owned();
        let mut text = format!("diff --git a/{path} b/{path}\n");
        let (old, new) = (id(&self.before), id(&self.after));
        match self.change() {
            Change::Added => text.push_str(&format!("new file mode 100644\nindex {old}..{new}\n")),
            Change::Deleted => text.push_str(&format!("deleted file mode 100644\nindex {old}..{new}\n")),
            Change::Modified => text.push_str(&format!("index {old}..{new} 100644\n")),
        }
        let from = if self.before.is_some() { format!("a/{path}") } else { "/dev/null".to_owned() };
        let to = if self.after.is_some() { format!("b/{path}") } else { "/dev/null".to_owned() };
        if self.is_binary() {
            text.push_str(&format!("Binary files {from} and {to} differ\n"));
            return text;
        }
        let (before, after) = self.texts();
        let diff = TextDiff::configure().algorithm(Algorithm::Myers).diff_lines(&before, &after);
        let hunks = diff.grouped_ops(CONTEXT);
        if !hunks.is_empty() {
            text.push_str(&format!("--- {from}\n+++ {to}\n"));
        }
        for ops in hunks {
            push_hunk(&mut text, &ops, diff.old_slices(), diff.new_slices());
        }
        text
    }
}

fn push_hunk(text: &mut String, ops: &[DiffOp], old: &[&str], new: &[&str]) {
    let (Some(first), Some(last)) = (ops.first(), ops.last()) else { return };
    let (old_start, new_start) = (first.old_range().start, first.new_range().start);
    let old_len = last.old_range().end - old_start;
    let new_len = last.new_range().end - new_start;
    let heads = |line: &&&str| line.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '$');
    let heading = old[..old_start].iter().rev().find(heads).map_or(String::new(), |line| {
        format!(" {}", line.trim_end().chars().take(HEADING_CHARS).collect::<String>())
    });
    text.push_str(&format!("@@ -{} +{} @@{heading}\n", range(old_start, old_len), range(new_start, new_len)));
    for op in ops {
        let lines = match op.tag() {
            DiffTag::Equal => vec![(' ', &old[op.old_range()])],
            _ => vec![('-', &old[op.old_range()]), ('+', &new[op.new_range()])],
        };
        for (sign, lines) in lines {
            for line in lines {
                text.push(sign);
                text.push_str(line);
                if !line.ends_with('\n') {
                    text.push_str("\n\\ No newline at end of file\n");
                }
            }
        }
    }
}

/// Returns the last line of a summary.
pub(super) fn totals(counts: &BTreeMap<String, (usize, usize)>) -> String {
    let (added, removed) = counts.values().fold((0, 0), |(a, r), (added, removed)| (a + added, r + removed));
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let files = counts.len();
    let mut text = format!(" {files} file{} changed", plural(files));
    if added > 0 || removed == 0 {
        text.push_str(&format!(", {added} insertion{}(+)", plural(added)));
    }
    if removed > 0 || added == 0 {
        text.push_str(&format!(", {removed} deletion{}(-)", plural(removed)));
    }
    text.push('\n');
    text
}

/// Returns a summary, a line for each file.
pub(super) fn summary(diffs: &[FileDiff]) -> String {
    let counts: BTreeMap<String, (usize, usize)> =
        diffs.iter().map(|diff| (diff.path.clone(), diff.counts())).collect();
    if counts.is_empty() {
        return String::new();
    }
    let most = counts.values().map(|(added, removed)| added + removed).max().unwrap_or(0);
    let name_width = counts.keys().map(|path| path.chars().count()).max().unwrap_or(0);
    let number_width = most.to_string().len();
    let room = COLUMNS.saturating_sub(name_width + number_width + 6).max(10);
    let scaled = |count: usize| match (count, most > room) {
        (0, _) => 0,
        (count, false) => count,
        (count, true) => 1 + count * (room - 1) / most,
    };
    let mut text = String::new();
    for (path, (added, removed)) in &counts {
        let graph = "+".repeat(scaled(*added)) + &"-".repeat(scaled(*removed));
        let line = format!(" {path:name_width$} | {:>number_width$} {graph}", added + removed);
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text + &totals(&counts)
}
