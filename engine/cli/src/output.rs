//! Data on standard output: text for people, or exactly one JSON document.

use std::io::{self, Write};

use serde::Serialize;

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
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
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
            .map(|(column, cell)| {
                let width = widths[column];
                if right[column] { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
            })
            .collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// Returns values as one line of bars, lowest to highest.
pub(crate) fn sparkline(values: &[f64]) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let bar = |value: &f64| {
        let part = if most > least { (value - least) / (most - least) } else { 0.5 };
        BARS[((part * 7.0).round() as usize).min(7)]
    };
    values.iter().map(bar).collect()
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
    fn sparklines_go_from_lowest_to_highest() {
        assert_eq!(sparkline(&[0.0, 0.5, 1.0]), "▁▅█");
        assert_eq!(sparkline(&[2.0, 2.0]), "▅▅");
        assert_eq!(sparkline(&[]), "");
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
