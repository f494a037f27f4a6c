//! Regions of a file between markers, and whether a change stays within them.
//!
//! A region begins after a line that contains `EVOLVE-BLOCK-START` and ends before the next line that contains `EVOLVE-BLOCK-END`,
//! whatever the comment syntax of the language. Lines outside of regions, the markers included, stay as they are: the same lines, and the
//! same number of regions.

use std::ops::RangeInclusive;

use thiserror::Error;

const START: &str = "EVOLVE-BLOCK-START";
const END: &str = "EVOLVE-BLOCK-END";
/// Maximum number of characters of a line that a message quotes.
const SHOWN_CHARS_MAX: usize = 80;

/// A change that does not stay within the regions of a file.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RegionError {
    /// The file was removed.
    #[error("the file is removed, and only lines between its EVOLVE-BLOCK markers may change")]
    Removed,
    /// There was no file with regions before.
    #[error("there was no such file with EVOLVE-BLOCK markers, and only lines between markers may change")]
    New,
    /// A line outside of the regions differs.
    #[error("line {line} is outside of the EVOLVE-BLOCK markers and changed: it was {before:?}")]
    Outside {
        /// The line number in the file after the change, starting at 1.
        line: usize,
        /// The line before, shortened; empty if there was none.
        before: String,
    },
}

/// A line with its number, starting at 1.
type NumberedLine<'a> = (usize, &'a [u8]);

/// The lines of a text, divided into those that are fixed and those that may change.
struct Regions<'a> {
    /// Lines outside of regions, the markers included.
    fixed: Vec<NumberedLine<'a>>,
    /// The regions, as ranges of line numbers starting at 1.
    open: Vec<RangeInclusive<usize>>,
}

fn has(line: &[u8], marker: &str) -> bool {
    line.windows(marker.len()).any(|window| window == marker.as_bytes())
}

fn cut(text: &[u8]) -> Regions<'_> {
    let lines: Vec<&[u8]> = text.split_inclusive(|&byte| byte == b'\n').collect();
    // Without an end marker, the rest of a file is not a region.
    let last_end = lines.iter().rposition(|line| has(line, END));
    let (mut fixed, mut open, mut start) = (Vec::new(), Vec::new(), None);
    for (index, line) in lines.iter().enumerate() {
        let number = index + 1;
        match start {
            None if has(line, START) && last_end.is_some_and(|end| end > index) => {
                start = Some(number + 1);
                fixed.push((number, *line));
            }
            Some(first) if has(line, END) => {
                open.push(first..=number - 1);
                start = None;
                fixed.push((number, *line));
            }
            None => fixed.push((number, *line)),
            Some(_) => {}
        }
    }
    Regions { fixed, open }
}

/// Returns the regions of a text as ranges of line numbers starting at 1; an empty region ends before it begins.
#[must_use]
pub fn regions(text: &[u8]) -> Vec<RangeInclusive<usize>> {
    cut(text).open
}

/// Checks that a change to a file stays within its regions, and returns the regions after the change. `None` means no file.
///
/// # Errors
///
/// [`RegionError`] names the first line that differs.
pub fn check_regions(
    before: Option<&[u8]>,
    after: Option<&[u8]>,
) -> Result<Vec<RangeInclusive<usize>>, RegionError> {
    let before = cut(before.ok_or(RegionError::New)?);
    let after = cut(after.ok_or(RegionError::Removed)?);
    if before.open.is_empty() {
        return Err(RegionError::New);
    }
    let shown = |line: Option<&NumberedLine<'_>>| -> String {
        let text = line.map(|(_, line)| String::from_utf8_lossy(line).trim_end().to_owned());
        text.unwrap_or_default().chars().take(SHOWN_CHARS_MAX).collect()
    };
    for index in 0..before.fixed.len().max(after.fixed.len()) {
        let (old, new) = (before.fixed.get(index), after.fixed.get(index));
        if old.map(|(_, line)| line) != new.map(|(_, line)| line) {
            let last = after.fixed.last().map_or(1, |(line, _)| line + 1);
            return Err(RegionError::Outside {
                line: new.map_or(last, |(line, _)| *line),
                before: shown(old),
            });
        }
    }
    Ok(after.open)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "import os\n# EVOLVE-BLOCK-START\na = 1\n# EVOLVE-BLOCK-END\nb = 2\n";

    fn check(after: &str) -> Result<Vec<RangeInclusive<usize>>, RegionError> {
        check_regions(Some(TEXT.as_bytes()), Some(after.as_bytes()))
    }

    #[test]
    fn lines_between_markers_may_change() {
        assert_eq!(regions(TEXT.as_bytes()), [3..=3]);
        assert_eq!(check(TEXT), Ok(vec![3..=3]));
        assert_eq!(check(&TEXT.replace("a = 1", "a = 2\nc = 3")), Ok(vec![3..=4]));
        assert_eq!(
            check(&TEXT.replace("a = 1\n", "")).unwrap().len(),
            1,
            "nothing at all is within the markers, too"
        );
    }

    #[test]
    fn lines_outside_and_markers_may_not() {
        for (after, line) in [
            (TEXT.replace("import os", "import sys"), 1),
            (TEXT.replace("b = 2", "b = 3"), 5),
            (format!("{TEXT}c = 3\n"), 6),
            (TEXT.replace("b = 2\n", ""), 5),
            (TEXT.replace("# EVOLVE-BLOCK-START\n", ""), 2),
            (TEXT.replace("# EVOLVE-BLOCK-END\n", ""), 3),
            (TEXT.replace("START", "START now"), 2),
            // A region that ends early, or begins again, frees no line.
            (TEXT.replace("a = 1", "# EVOLVE-BLOCK-END\nevil = 1"), 4),
            (TEXT.replace("b = 2", "# EVOLVE-BLOCK-START\nb = 3\n# EVOLVE-BLOCK-END"), 5),
            (String::new(), 1),
        ] {
            let error = check(&after).unwrap_err();
            assert!(
                matches!(&error, RegionError::Outside { line: at, .. } if *at == line),
                "{after}: {error:?}"
            );
        }
    }

    #[test]
    fn files_come_and_go_only_as_a_whole() {
        assert_eq!(check_regions(Some(TEXT.as_bytes()), None), Err(RegionError::Removed));
        assert_eq!(check_regions(None, Some(TEXT.as_bytes())), Err(RegionError::New));
        assert_eq!(check_regions(Some(b"x"), Some(TEXT.as_bytes())), Err(RegionError::New));
        assert_eq!(check_regions(Some(b"// EVOLVE-BLOCK-START\nx"), Some(b"y")), Err(RegionError::New));
    }

    #[test]
    fn bytes_that_are_no_text_are_compared_as_they_are() {
        let with = |byte: u8| {
            [&[byte][..], b"\n<!-- EVOLVE-BLOCK-START -->\n\xff\n<!-- EVOLVE-BLOCK-END -->"].concat()
        };
        assert!(check_regions(Some(&with(0xfe)), Some(&with(0xfe))).is_ok());
        assert!(check_regions(Some(&with(0xfe)), Some(&with(0xfd))).is_err());
    }
}
