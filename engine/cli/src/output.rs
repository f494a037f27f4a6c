//! Data on standard output: text for people, or exactly one JSON document.

use std::borrow::Cow;
use std::io::{self, Write};

use hyperspace_core::{exact_json, is_unseen};
pub(crate) use hyperspace_service::{large_count as count, shell_word};
use serde::Serialize;
use serde_json::Value;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::ambient;
use crate::error::CliError;
use crate::table::plain_width;
pub(crate) use crate::table::{painted_table, table, wrapped};

type Result<T> = std::result::Result<T, CliError>;

/// Number of digits of a hash.
const HASH_DIGITS: usize = 64;

/// Prints a view as one JSON document, with keys in alphabetical order.
pub(crate) fn json(view: &impl Serialize) -> Result<()> {
    // Converted to a value first, whose keys are sorted.
    let value = serde_json::to_value(view).map_err(io::Error::from)?;
    let text = serde_json::to_string_pretty(&value).map_err(io::Error::from)?;
    Ok(writeln!(io::stdout().lock(), "{}", harmless_json(&text))?)
}

/// Prints a view as one line of JSON.
pub(crate) fn json_line(view: &impl Serialize) -> Result<()> {
    let value = serde_json::to_value(view).map_err(io::Error::from)?;
    Ok(writeln!(io::stdout().lock(), "{}", harmless_json(&value.to_string()))?)
}

/// Prints a document of [`exact_json`]. A document with integers of more than 64 bits, or with texts that begin like its marks,
/// is printed on one line.
pub(crate) fn exact_document(document: &Value) -> Result<()> {
    let pretty = serde_json::to_string_pretty(document).map_err(io::Error::from)?;
    let text = if pretty.contains("\"\\u0000") { exact_json::to_text(document) } else { pretty };
    Ok(writeln!(io::stdout().lock(), "{}", harmless_json(&text))?)
}

/// Prints a value of [`exact_json`] as one line of JSON.
pub(crate) fn exact_line(value: &Value) -> Result<()> {
    Ok(writeln!(io::stdout().lock(), "{}", harmless_json(&exact_json::to_text(value)))?)
}

/// Prints text for people, made harmless and ended by a line feed.
pub(crate) fn text(text: &str) -> Result<()> {
    let text = &short_hashes(text, ambient::text_width());
    let mut out = io::stdout().lock();
    out.write_all(harmless(text).as_bytes())?;
    if !text.ends_with('\n') {
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// Prints text that may contain colours of this program, ended by a line feed. Everything else that a terminal obeys is made
/// harmless, even for a pipe, because there may be a terminal at its end.
pub(crate) fn painted(text: &str) -> Result<()> {
    let shown = short_hashes(text, ambient::text_width());
    let shown =
        if ambient::stdout_palette().is_on() { harmless_but_colours(&shown) } else { harmless(&shown) };
    let mut out = io::stdout().lock();
    out.write_all(shown.as_bytes())?;
    if !text.ends_with('\n') {
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// Returns a text without anything that a terminal obeys, except for the colours of [`Palette`](crate::style::Palette) and of the
/// log.
pub(crate) fn harmless_but_colours(text: &str) -> String {
    const CODES: [&str; 11] = ["0", "1", "2", "3", "31", "32", "33", "34", "35", "36", "1;32"];
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

/// Returns the number of columns that a text takes on a terminal.
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

/// Returns a text padded with spaces to this many columns.
pub(crate) fn padded(text: &str, columns: usize, right: bool) -> String {
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

/// Returns the number of candidates of a fate: `1 champion`, `7 champions`, `3 admitted`.
pub(crate) fn fate_count(count: u64, fate: &str) -> String {
    match fate {
        "champion" | "seed" => plural(count, fate),
        _ => format!("{count} {fate}"),
    }
}

/// Returns the name of a fate in a part such as `7 champions`.
pub(crate) fn fate_of(part: &str) -> &str {
    let name = part.trim().split_once(' ').map_or(part, |(_, name)| name);
    match name {
        "champions" => "champion",
        "seeds" => "seed",
        name => name,
    }
}

/// Returns commands with their descriptions, aligned; one below the other if they do not fit side by side.
pub(crate) fn hints(lines: &[(String, &str)], columns: usize) -> String {
    let widest = lines.iter().map(|(command, _)| width(command)).max().unwrap_or(0);
    let fits = lines.iter().all(|(_, does)| widest + 2 + width(does) <= columns);
    let line = |(command, does): &(String, &str)| match fits {
        true => format!("{}  {does}\n", padded(command, widest, false)),
        false => format!("{command}\n{}", wrapped(&format!("    {does}\n"), columns, 0)),
    };
    lines.iter().map(line).collect()
}

/// Returns parts separated by commas, in as many lines as they need. Colours take no space.
pub(crate) fn listed(parts: &[String], columns: usize) -> String {
    let (mut text, mut used) = (String::new(), 0);
    for (index, part) in parts.iter().enumerate() {
        let own = plain_width(part) + usize::from(index + 1 < parts.len());
        if used > 0 && used + 1 + own > columns {
            text.push('\n');
            used = 0;
        } else if used > 0 {
            text.push(' ');
            used += 1;
        }
        text.push_str(part);
        text.push_str(if index + 1 < parts.len() { "," } else { "\n" });
        used += own;
    }
    text
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

/// Writes bytes of a guest: unchanged to a file or pipe, and made harmless on a terminal, which would obey them.
pub(crate) fn guest(mut out: impl Write, bytes: &[u8], terminal: bool) -> Result<()> {
    if !terminal {
        return Ok(out.write_all(bytes)?);
    }
    Ok(out.write_all(harmless(&String::from_utf8_lossy(bytes)).as_bytes())?)
}

/// Replaces characters that a terminal obeys, except for line feeds and tabs.
pub(crate) fn harmless(text: &str) -> String {
    text.chars().map(|c| if is_unseen(c) && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect()
}

/// Returns text of a guest, a provider or a folder as part of one line. Its own line breaks and tabs become spaces.
pub(crate) fn line(text: &str) -> String {
    let shown = |c: char| match c {
        '\n' | '\r' | '\t' => ' ',
        c if is_unseen(c) => '\u{fffd}',
        c => c,
    };
    text.chars().map(shown).collect()
}

/// Returns an event of the log as one line, without anything that a terminal obeys except for the colours of the log.
pub(crate) fn logged(event: &str) -> String {
    let content = event.strip_suffix('\n').unwrap_or(event).replace('\n', "\u{fffd}");
    harmless_but_colours(&content) + "\n"
}

/// Returns JSON text in which characters that a terminal obeys are escaped, which does not change its meaning.
fn harmless_json(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unseen(c) && c != '\n' {
            // Outside of strings, the only such characters are the line feeds of the layout.
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                escaped.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// Returns the beginning of a hash.
pub(crate) fn short(id: &impl ToString) -> String {
    id.to_string().chars().take(12).collect()
}

/// Returns a text in which hashes on lines longer than this are shortened; every command accepts their beginnings.
fn short_hashes(text: &str, columns: usize) -> Cow<'_, str> {
    if text.lines().all(|line| plain_width(line) <= columns) {
        return Cow::Borrowed(text);
    }
    let fitted = |line: &str| match plain_width(line) > columns {
        true => with_short_hashes(line),
        false => line.to_owned(),
    };
    Cow::Owned(text.split_inclusive('\n').map(fitted).collect())
}

/// Returns a text with shortened hashes.
pub(crate) fn with_short_hashes(text: &str) -> String {
    text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()).map(short_hash).collect()
}

/// Returns a word, including what ends it, with the hash that it is shortened. The end of a colour sequence may precede it
/// directly: `1mHASH`.
fn short_hash(word: &str) -> String {
    let is_colour = |code: &str| code.len() <= 2 && code.bytes().all(|digit| digit.is_ascii_digit());
    let at = word.find('m').filter(|&at| is_colour(&word[..at])).map_or(0, |at| at + 1);
    let (colour, word) = word.split_at(at);
    let digits = word.bytes().take_while(u8::is_ascii_hexdigit).count();
    match digits == HASH_DIGITS && word.len() <= HASH_DIGITS + 1 {
        true => format!("{colour}{}{}", short(&word), &word[HASH_DIGITS..]),
        false => format!("{colour}{word}"),
    }
}

/// Returns the head of a table.
pub(crate) fn head<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_of_the_log_is_one_line_with_the_colours_of_the_log() {
        let event =
            "\u{1b}[33m WARN\u{1b}[0m \u{1b}[2mx\u{1b}[0m: a\u{1b}[2J\nERROR forged \u{9b}1m\u{202e}\n";
        let shown = logged(event);
        assert!(shown.starts_with("\u{1b}[33m WARN\u{1b}[0m \u{1b}[2mx"), "{shown:?}");
        let rest = shown.split(": a").nth(1).unwrap();
        assert_eq!(rest, "\u{fffd}[2J\u{fffd}ERROR forged \u{fffd}1m\u{fffd}\n");
    }

    #[test]
    fn a_text_of_several_lines_is_one_line() {
        assert_eq!(line("a: b\nc\td\re\u{1b}[2J"), "a: b c d e\u{fffd}[2J");
    }

    #[test]
    fn numbers_have_their_nouns() {
        assert_eq!((plural(1, "agent"), plural(2, "agent")), ("1 agent".to_owned(), "2 agents".to_owned()));
        assert_eq!(plural(3, "entry"), "3 entries");
        assert_eq!([fate_count(7, "champion"), fate_count(2, "admitted")], ["7 champions", "2 admitted"]);
        assert_eq!([fate_of("7 champions"), fate_of("1 no-better ")], ["champion", "no-better"]);
        assert_eq!((duration(8_200), duration(185_000)), ("8 s".to_owned(), "3 min 05 s".to_owned()));
        assert_eq!((cut("abcdef", 4), cut("abc", 4)), ("abc…".to_owned(), "abc".to_owned()));
        assert_eq!((cut("箱詰め問題", 7), width("箱詰め")), ("箱詰め…".to_owned(), 6));
    }

    #[test]
    fn what_does_not_fit_goes_on_in_the_next_line() {
        let parts = ["\u{1b}[32m1 new\u{1b}[0m", "2 old", "3 older"].map(str::to_owned);
        assert_eq!(listed(&parts, 80), "\u{1b}[32m1 new\u{1b}[0m, 2 old, 3 older\n");
        assert_eq!(listed(&parts, 13), "\u{1b}[32m1 new\u{1b}[0m, 2 old,\n3 older\n");
        let lines = [("show x".to_owned(), "shows it"), ("best".to_owned(), "the code")];
        assert_eq!(hints(&lines, 80), "show x  shows it\nbest    the code\n");
        assert_eq!(hints(&lines, 12), "show x\n    shows it\nbest\n    the code\n");
    }

    #[test]
    fn hashes_are_short_where_they_do_not_fit() {
        let hash = "0123456789abcdef".repeat(4);
        let text = format!("run  {hash}\n  {hash}  tree \u{1b}[1m{hash}\u{1b}[0m\nno {hash}0\nlast");
        assert_eq!(short_hashes(&text, 140), text);
        let short = "0123456789ab";
        let fitted = format!("run  {hash}\n  {short}  tree \u{1b}[1m{short}\u{1b}[0m\nno {hash}0\nlast");
        assert_eq!(short_hashes(&text, 80), fitted);
        assert_eq!(short_hashes(&format!("root {hash}"), 60), format!("root {short}"));
    }

    #[test]
    fn only_colours_of_this_program_reach_a_terminal() {
        assert_eq!(
            harmless_but_colours("\u{1b}[32ma\u{1b}[0m\u{1b}[2Jb\u{7}"),
            "\u{1b}[32ma\u{1b}[0m\u{fffd}[2Jb\u{fffd}"
        );
    }

    #[test]
    fn json_means_the_same_and_holds_nothing_that_a_terminal_obeys() {
        let view = serde_json::json!({"a\u{9b}": "\u{1b}[2J\u{202e}\u{7f}\u{e0041}\n\t\u{2028}x"});
        let text = harmless_json(&serde_json::to_string_pretty(&view).unwrap());
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), view);
        assert!(text.chars().all(|c| !is_unseen(c) || c == '\n'), "{text:?}");
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
