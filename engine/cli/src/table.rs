//! Tables and prose that fit a terminal: columns are cut, and words are wrapped. Elsewhere, nothing is cut or wrapped.

use std::borrow::Cow;

use unicode_width::UnicodeWidthChar;

use crate::ambient;
use crate::output::{cut, line, padded, width, with_short_hashes};

/// Number of columns between cells.
const GAP: usize = 2;
/// Number of columns between tab stops.
const TAB: usize = 8;
/// Length of the longest word that is kept complete as long as its column can be moved below the others.
const WORD: usize = 56;
/// Numbers of columns to which the widest texts are cut, in steps.
const LEAST: [usize; 2] = [16, 12];
/// Number of columns to which texts are cut if a single column beside the first one does not fit otherwise.
const LEAST_OF_ONE: usize = 4;

/// Returns a table with aligned columns; the first row is the header. Numbers are aligned to the right. A cell is one line,
/// whatever it contains. On a terminal, texts are cut so that the table fits.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    painted_table(rows, ambient::text_width(), |_, _, cell| cell.to_owned())
}

/// As [`table`], at most `columns` wide: columns that do not fit beside the others are moved below them, where the first columns
/// are repeated. `paint` colours a cell, which is already padded, given its row and column number.
pub(crate) fn painted_table(
    rows: &[Vec<String>],
    columns: usize,
    paint: impl Fn(usize, usize, &str) -> String,
) -> String {
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| line(cell)).collect()).collect();
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let right: Vec<bool> = (0..count).map(|column| is_numeric(&rows, column)).collect();
    let mut text = String::new();
    for block in blocks(&rows, &right, columns) {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&painted_block(&rows, &block, &right, columns, &paint));
    }
    text
}

/// Returns the columns that are printed side by side: all of them, or blocks that begin with the first column that names the row.
fn blocks(rows: &[Vec<String>], right: &[bool], columns: usize) -> Vec<Vec<usize>> {
    let all: Vec<usize> = (0..right.len()).collect();
    // A word, such as an address, is useless if it is cut, so its column is moved below the others before that.
    let total = |block: &[usize]| sum(&fitted(rows, block, right, columns, &LEAST, WORD));
    if total(&all) <= columns {
        return vec![all];
    }
    // A column without a header, such as marks, is not a name.
    let unnamed = rows.first().is_some_and(|head| head.first().is_some_and(String::is_empty));
    let short = rows.iter().all(|row| row.first().is_none_or(|cell| width(cell) <= 2));
    let keys = if unnamed && short { 2 } else { 1 };
    let (key, rest) = all.split_at(keys.min(all.len()));
    let mut blocks = vec![key.to_vec()];
    for column in rest {
        let last = blocks.len() - 1;
        let wider = [&blocks[last][..], &[*column]].concat();
        if total(&wider) <= columns || blocks[last].len() == key.len() {
            blocks[last] = wider;
        } else {
            blocks.push([key, &[*column]].concat());
        }
    }
    blocks
}

fn painted_block(
    rows: &[Vec<String>],
    block: &[usize],
    right: &[bool],
    columns: usize,
    paint: &impl Fn(usize, usize, &str) -> String,
) -> String {
    let widths = widths(rows, block, right, columns);
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        let cells: Vec<&str> =
            block.iter().map(|column| row.get(*column).map_or("", String::as_str)).collect();
        let last = cells.iter().rposition(|cell| !cell.is_empty());
        for (place, cell) in cells.iter().enumerate().take(last.map_or(0, |last| last + 1)) {
            let cell = padded(&cut(cell, widths[place]), widths[place], right[block[place]]);
            // Trailing spaces are useless.
            let cell = if Some(place) == last { cell.trim_end() } else { cell.as_str() };
            text.push_str(&paint(number, block[place], cell));
            if Some(place) != last {
                text.push_str(&" ".repeat(GAP));
            }
        }
        text.push('\n');
    }
    text
}

/// Returns the widths of the columns in a printed block; words are cut if it does not fit otherwise.
fn widths(rows: &[Vec<String>], block: &[usize], right: &[bool], columns: usize) -> Vec<usize> {
    let widths = fitted(rows, block, right, columns, &LEAST, WORD);
    if sum(&widths) <= columns {
        return widths;
    }
    fitted(rows, block, right, columns, &[LEAST[0], LEAST[1], LEAST_OF_ONE], 0)
}

/// Returns the number of terminal columns that these table columns take.
fn sum(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
}

/// Returns the width of the longest word in a column, among those of at most `most` columns.
fn longest_word(rows: &[Vec<String>], column: usize, most: usize) -> usize {
    let cells = rows.iter().filter_map(|row| row.get(column));
    cells.flat_map(|cell| cell.split(' ')).map(width).filter(|word| *word <= most).max().unwrap_or(0)
}

fn is_numeric(rows: &[Vec<String>], column: usize) -> bool {
    let cells = rows.iter().skip(1).filter_map(|row| row.get(column)).filter(|cell| *cell != "-");
    cells.clone().count() > 0 && cells.clone().all(|cell| is_number(cell))
}

/// Returns whether a cell is a number as it is printed. Reading it as a number would also take words such as `inf`, and the hash
/// `87694e654038`, so an exponent needs its sign.
fn is_number(cell: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = cell.strip_prefix(['+', '-']).unwrap_or(cell);
    let (number, exponent) = number.split_once("e-").unwrap_or((number, "0"));
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    digits(whole) && digits(part) && digits(exponent)
}

/// Returns the widths of the columns in a block: texts are cut, the widest first, until it fits. Numbers are never cut, and
/// neither are words of at most `word` columns.
fn fitted(
    rows: &[Vec<String>],
    block: &[usize],
    numeric: &[bool],
    columns: usize,
    least: &[usize],
    word: usize,
) -> Vec<usize> {
    let widest = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| width(cell)).max().unwrap_or(0)
    };
    let mut widths: Vec<usize> = block.iter().map(|column| widest(*column)).collect();
    let words: Vec<usize> = block.iter().map(|column| longest_word(rows, *column, word)).collect();
    for least in least.iter().copied() {
        // The mark of a cut follows a word.
        let floor = |place: usize| least.max(if words[place] == 0 { 0 } else { words[place] + 1 });
        loop {
            let texts = (0..widths.len()).filter(|at| !numeric[block[*at]] && widths[*at] > floor(*at));
            let Some(place) = texts.max_by_key(|place| widths[*place]) else { break };
            let total = sum(&widths);
            if total <= columns {
                return widths;
            }
            widths[place] =
                widths[place].saturating_sub(total - columns).max(floor(place)).min(widths[place] - 1);
        }
    }
    widths
}

/// Returns prose in lines of at most `columns`, broken between words and between wide characters. A continuation line has the
/// indentation of the first line, plus `hang` spaces. A word that is wider is kept complete, except that hashes are shortened;
/// colours take no space. If lines are limited, tabs become spaces.
pub(crate) fn wrapped(text: &str, columns: usize, hang: usize) -> String {
    let mut shown = String::new();
    for whole in text.split_inclusive('\n') {
        let (content, end) = whole.strip_suffix('\n').map_or((whole, ""), |content| (content, "\n"));
        shown.push_str(&wrapped_line(content, columns, hang));
        shown.push_str(end);
    }
    shown
}

fn wrapped_line(content: &str, columns: usize, hang: usize) -> String {
    let content = &*if columns == usize::MAX { Cow::Borrowed(content) } else { without_tabs(content) };
    if plain_width(content) <= columns {
        return content.to_owned();
    }
    // The beginning of a hash is enough, and better than a separate line.
    let content = &with_short_hashes(content);
    if plain_width(content) <= columns {
        return content.to_owned();
    }
    let indent = content.len() - content.trim_start_matches(' ').len();
    let begin = " ".repeat(indent + hang);
    let (mut shown, mut used) = (content[..indent].to_owned(), indent);
    let mut is_first = true;
    // Spaces between words are kept, unless the line is broken there.
    for word in words(&content[indent..]) {
        let own = plain_width(word.trim_end());
        if !is_first && used + own > columns {
            shown.truncate(shown.trim_end_matches(' ').len());
            shown.push_str(&format!("\n{begin}"));
            used = begin.len();
        }
        shown.push_str(word);
        used += plain_width(word);
        is_first = false;
    }
    shown
}

/// Returns a line in which each tab is replaced by spaces up to the next stop.
fn without_tabs(content: &str) -> Cow<'_, str> {
    if !content.contains('\t') {
        return Cow::Borrowed(content);
    }
    let mut parts = content.split('\t');
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        shown.push_str(&" ".repeat(TAB - plain_width(&shown) % TAB));
        shown.push_str(part);
    }
    Cow::Owned(shown)
}

/// Returns the parts of a line between which it may be broken: each ends with its space, or next to a wide character, because
/// scripts with wide characters have no spaces.
fn words(content: &str) -> impl Iterator<Item = &str> {
    let mut rest = content;
    std::iter::from_fn(move || {
        let mut letters = rest.char_indices().peekable();
        let end = loop {
            let Some((_, letter)) = letters.next() else { break rest.len() };
            let Some(&(next_at, next)) = letters.peek() else { break rest.len() };
            if letter == ' ' || (is_wide(letter) && is_wide(next) && !CLOSING.contains(next)) {
                break next_at;
            }
        };
        let (word, left) = rest.split_at(end);
        rest = left;
        (!word.is_empty()).then_some(word)
    })
}

/// Wide characters that must not begin a line.
const CLOSING: &str = "、。，．・：；？！）］｝」』】〉》ー";

fn is_wide(letter: char) -> bool {
    letter.width() == Some(2)
}

/// Returns the columns of a text without the colours of this program.
pub(crate) fn plain_width(text: &str) -> usize {
    let mut parts = text.split("\u{1b}[");
    let first = width(parts.next().unwrap_or_default());
    parts.fold(first, |sum, part| sum + width(part.split_once('m').map_or(part, |(_, rest)| rest)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::head;

    fn plain(_: usize, _: usize, cell: &str) -> String {
        cell.to_owned()
    }

    #[test]
    fn tables_align() {
        let rows = [vec!["name", "score"], vec!["a", "1.5"], vec!["long", "10.25"]];
        let rows: Vec<Vec<String>> = rows.map(|row| row.into_iter().map(str::to_owned).collect()).to_vec();
        assert_eq!(painted_table(&rows, usize::MAX, plain), "name  score\na       1.5\nlong  10.25\n");
        let marked = painted_table(&rows, 80, |row, column, cell| format!("{row}{column}{cell}"));
        assert_eq!(marked, "00name  01score\n10a     11  1.5\n20long  2110.25\n");
    }

    #[test]
    fn a_hash_or_a_word_is_no_number() {
        for cell in ["0", "-3", "+1.5", "891.0000", "1.5e-7"] {
            assert!(is_number(cell), "{cell}");
        }
        for cell in ["87694e654038", "inf", "nan", "-", "", "1.", ".5", "1e9", "3 / 4", "12 %"] {
            assert!(!is_number(cell), "{cell}");
        }
        let rows = ["run", "87694e654038", "1"].map(|cell| vec![cell.to_owned()]);
        assert!(painted_table(&rows, 80, plain).starts_with("run\n"));
    }

    #[test]
    fn a_table_fits_and_keeps_its_numbers() {
        let row =
            |text: &str| vec!["12345678".to_owned(), text.to_owned(), "b".repeat(30), "1.25".to_owned()];
        let rows = [head(["count", "words", "more", "score"]), row(&"a".repeat(70)), row("short")];
        for columns in [40, 60, 80, 200] {
            let table = painted_table(&rows, columns, plain);
            assert!(table.lines().all(|line| width(line) <= columns), "{columns}\n{table}");
            assert!(table.contains("12345678") && table.contains("1.25"), "{table}");
        }
        assert!(painted_table(&rows, 60, plain).contains('…'));
        assert!(!painted_table(&rows, usize::MAX, plain).contains('…'));
    }

    #[test]
    fn single_words_are_whole_where_columns_can_be_below_each_other() {
        let row = |name: &str| {
            vec![name.to_owned(), format!("https://{name}.example/v1/models"), "some words more".to_owned()]
        };
        let table = painted_table(&[head(["name", "address", "words"]), row("one"), row("three")], 40, plain);
        assert!(table.contains("https://three.example/v1/models\n"), "{table}");
        assert!(table.contains("some words more") && !table.contains('…'), "{table}");
        let table = painted_table(&[head(["name", "address"]), row("one")[..2].to_vec()], 20, plain);
        assert!(table.lines().all(|line| width(line) <= 20) && table.contains('…'), "{table}");
    }

    #[test]
    fn columns_that_do_not_fit_are_below_with_the_name_again() {
        let row = |name: &str| vec![name.to_owned(), "1234567890".to_owned(), "2345678901".to_owned()];
        let table = painted_table(&[head(["name", "one", "two"]), row("a"), row("b")], 20, plain);
        assert_eq!(
            table,
            "name         one\na     1234567890\nb     1234567890\n\nname         two\na     2345678901\nb     2345678901\n"
        );
    }

    #[test]
    fn a_cell_forges_no_row() {
        let row = vec!["a\n1  forged\t\u{9b}2J\u{202e}".to_owned(), "b".to_owned()];
        let table = painted_table(&[head(["x", "y"]), row], 80, plain);
        assert_eq!(table.lines().count(), 2, "{table}");
        assert!(!table.contains(['\u{9b}', '\u{202e}', '\t']), "{table}");
    }

    #[test]
    fn prose_is_broken_between_words() {
        assert_eq!(wrapped("one two three\n", 8, 0), "one two\nthree\n");
        assert_eq!(wrapped("  one two three", 9, 2), "  one two\n    three");
        assert_eq!(wrapped("\u{1b}[32mone\u{1b}[0m two three", 8, 0), "\u{1b}[32mone\u{1b}[0m two\nthree");
        assert_eq!(wrapped("averyverylongword and\nx", 6, 0), "averyverylongword\nand\nx");
        assert_eq!(wrapped("one  two", 80, 4), "one  two");
        assert_eq!(wrapped("a  箱詰め、問題", 10, 1), "a  箱詰\n め、問題");
        let hash = "0123456789abcdef".repeat(4);
        assert_eq!(wrapped(&format!("run  {hash}"), 60, 4), "run  0123456789ab");
        assert_eq!(wrapped(&format!("run  {hash}"), 80, 4), format!("run  {hash}"));
        assert_eq!(wrapped("  22\tx = 1", 20, 0), "  22    x = 1");
        assert_eq!(wrapped("1\tone two", 11, 2), "1       one\n  two");
        assert_eq!(wrapped("1\tone two", usize::MAX, 2), "1\tone two");
    }
}
