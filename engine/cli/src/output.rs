//! Data on standard output: text for people, or exactly one JSON document.

use std::io::{self, Write};

use serde::Serialize;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::ambient;
use crate::error::CliError;

type Result<T> = std::result::Result<T, CliError>;

/// Prints a view as one JSON document, with keys in alphabetical order.
pub(crate) fn json(view: &impl Serialize) -> Result<()> {
    let value = serde_json::to_value(view).map_err(io::Error::from)?;
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, &value).map_err(io::Error::from)?;
    Ok(writeln!(out)?)
}

/// Prints a view as one line of JSON.
pub(crate) fn json_line(view: &impl Serialize) -> Result<()> {
    let value = serde_json::to_value(view).map_err(io::Error::from)?;
    Ok(writeln!(io::stdout().lock(), "{value}")?)
}

/// Prints text, ended by a new line. It may quote a guest, so a terminal gets it made harmless.
pub(crate) fn text(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    guest(&mut out, text.as_bytes(), ambient::stdout_is_terminal())?;
    if !text.ends_with('\n') {
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// Prints text that may have colours of this program, ended by a new line. Everything else that a terminal obeys is made harmless.
pub(crate) fn painted(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    let shown = if ambient::stdout_is_terminal() { harmless_but_colours(text) } else { text.to_owned() };
    out.write_all(shown.as_bytes())?;
    if !text.ends_with('\n') {
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// Returns a text without anything that a terminal obeys but the colours of [`Palette`](crate::style::Palette).
pub(crate) fn harmless_but_colours(text: &str) -> String {
    const CODES: [&str; 8] = ["0", "1", "2", "31", "32", "33", "36", "1;32"];
    let mut shown = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        let (before, sequence) = rest.split_at(at);
        shown.push_str(&harmless(before));
        let code = sequence[2..].split_once('m').map(|(code, _)| code).filter(|code| CODES.contains(code));
        let length = code.map_or(1, |code| code.len() + 3);
        match code {
            Some(_) => shown.push_str(&sequence[..length]),
            None => shown.push('\u{fffd}'),
        }
        rest = &sequence[length..];
    }
    shown.push_str(&harmless(rest));
    shown
}

/// Returns the columns that a text takes on a terminal.
pub(crate) fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// Returns a text cut to this many columns.
pub(crate) fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut left = columns.saturating_sub(1);
    for letter in text.chars() {
        let own = UnicodeWidthChar::width(letter).unwrap_or(0);
        if own > left {
            break;
        }
        left -= own;
        kept.push(letter);
    }
    format!("{}…", kept.trim_end())
}

/// Returns a text with spaces up to this many columns.
fn padded(text: &str, columns: usize, right: bool) -> String {
    let gap = " ".repeat(columns.saturating_sub(width(text)));
    if right { format!("{gap}{text}") } else { format!("{text}{gap}") }
}

/// Returns a number with its noun: `1 generation`, `2 generations`.
pub(crate) fn plural(count: u64, noun: &str) -> String {
    match (count, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, None) if noun == "child" => format!("{count} children"),
        (_, Some(stem)) if !noun.ends_with("ey") => format!("{count} {stem}ies"),
        _ => format!("{count} {noun}s"),
    }
}

/// Returns commands with what they do, aligned.
pub(crate) fn hints(lines: &[(String, &str)]) -> String {
    let columns = lines.iter().map(|(command, _)| width(command)).max().unwrap_or(0);
    lines.iter().map(|(command, does)| format!("{}  {does}\n", padded(command, columns, false))).collect()
}

/// Returns a duration: `8 s`, `3 min 05 s`, `2 h 10 min`.
pub(crate) fn duration(ms: u64) -> String {
    match ms / 1_000 {
        s if s < 60 => format!("{s} s"),
        s if s < 3_600 => format!("{} min {:02} s", s / 60, s % 60),
        s => format!("{} h {:02} min", s / 3_600, s % 3_600 / 60),
    }
}

/// Returns a score with four decimals.
pub(crate) fn score(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.4}"))
}

/// Writes bytes of a guest: as they are to a file or a pipe; made harmless where a terminal would obey them.
pub(crate) fn guest(mut out: impl Write, bytes: &[u8], terminal: bool) -> Result<()> {
    if !terminal {
        return Ok(out.write_all(bytes)?);
    }
    Ok(out.write_all(harmless(&String::from_utf8_lossy(bytes)).as_bytes())?)
}

/// Replaces characters that a terminal obeys: control characters, and those that turn the direction of writing.
pub(crate) fn harmless(text: &str) -> String {
    let obeyed = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if obeyed(c) { '\u{fffd}' } else { c }).collect()
}

/// Returns a table with aligned columns; the first row is the head. Numbers are aligned to the right.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| width(cell)).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(widest).collect();
    let numeric = |column: usize| {
        let cells = rows.iter().skip(1).filter_map(|row| row.get(column)).filter(|cell| *cell != "-");
        cells.clone().count() > 0 && cells.clone().all(|cell| cell.parse::<f64>().is_ok())
    };
    let right: Vec<bool> = (0..columns).map(numeric).collect();
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .enumerate()
            .map(|(column, cell)| padded(cell, widths[column], right[column]))
            .collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// Returns a large count in words: `3.2 billion`.
pub(crate) fn count(value: u64) -> String {
    let value = value as f64;
    match value {
        v if v >= 1e12 => format!("{:.2} trillion", v / 1e12),
        v if v >= 1e9 => format!("{:.2} billion", v / 1e9),
        v if v >= 1e6 => format!("{:.2} million", v / 1e6),
        v => format!("{v}"),
    }
}

/// Returns the beginning of a hash.
pub(crate) fn short(id: &impl ToString) -> String {
    id.to_string().chars().take(12).collect()
}

/// Returns the head of a table.
pub(crate) fn head<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_align() {
        let rows = [vec!["name", "score"], vec!["a", "1.5"], vec!["long", "10.25"]];
        let rows: Vec<Vec<String>> = rows.map(|row| row.into_iter().map(str::to_owned).collect()).to_vec();
        assert_eq!(table(&rows), "name  score\na       1.5\nlong  10.25\n");
    }

    #[test]
    fn numbers_have_their_nouns() {
        assert_eq!((plural(1, "agent"), plural(2, "agent")), ("1 agent".to_owned(), "2 agents".to_owned()));
        assert_eq!(plural(3, "entry"), "3 entries");
        assert_eq!((duration(8_200), duration(185_000)), ("8 s".to_owned(), "3 min 05 s".to_owned()));
        assert_eq!((cut("abcdef", 4), cut("abc", 4)), ("abc…".to_owned(), "abc".to_owned()));
        assert_eq!((cut("箱詰め問題", 7), width("箱詰め")), ("箱詰め…".to_owned(), 6));
    }

    #[test]
    fn only_colours_of_this_program_reach_a_terminal() {
        assert_eq!(
            harmless_but_colours("\u{1b}[32ma\u{1b}[0m\u{1b}[2Jb\u{7}"),
            "\u{1b}[32ma\u{1b}[0m\u{fffd}[2Jb\u{fffd}"
        );
    }

    #[test]
    fn a_guest_cannot_drive_the_terminal() {
        let written = |terminal| {
            let mut out = Vec::new();
            guest(&mut out, "a\x1b[2J\u{202e}b\n".as_bytes(), terminal).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(written(true), "a\u{fffd}[2J\u{fffd}b\n");
        assert_eq!(written(false), "a\x1b[2J\u{202e}b\n");
    }
}
