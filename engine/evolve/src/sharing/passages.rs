//! The policies on prose, strings and names in a text: they decide what is struck and what is marked.

use std::collections::BTreeMap;
use std::ops::Range;

use super::basis::PolicyBasis;
use super::instructions::{Voice, name_tells, tells, tells_in_words};
use super::plain::{plain, plain_into};
use super::python::{PythonToken, TokenKind, tokens};
use super::{QUOTED, SharingPolicy, claims, redact};
use crate::record::sharing_config::SharingRules;

/// Maximum number of lines in a row over which an instruction may be spread.
const SPREAD_LINES_MAX: usize = 6;
/// Minimum number of characters of a line that may be part of an encoded text.
const ENCODED_CHARS_MIN: usize = 8;
/// Maximum size in bytes of a window of lines that is searched.
const WINDOW_BYTES_MAX: usize = 600;

/// A line of prose or of a string: a range of bytes without the delimiters.
struct Piece {
    content: Range<usize>,
    /// The line in plain form.
    seen: String,
    voice: Voice,
    policy: Option<SharingPolicy>,
}

/// A change of a text: a range of bytes and its replacement.
pub(super) struct PassageEdit {
    pub(super) at: Range<usize>,
    pub(super) put: String,
    pub(super) policy: SharingPolicy,
}

/// Returns the changes of a Python program, in order.
pub(super) fn of_program(text: &str, basis: PolicyBasis<'_>) -> Vec<PassageEdit> {
    let tokens = tokens(text);
    let (mut prose, mut strings) = (Vec::new(), Vec::new());
    for PythonToken { kind, content } in &tokens {
        let (pieces, voice) = match kind {
            TokenKind::Comment | TokenKind::Docstring => (&mut prose, Voice::Prose),
            TokenKind::Text => (&mut strings, Voice::Code),
            TokenKind::Name => continue,
        };
        pieces.extend(pieces_of(text, content.clone(), voice));
    }
    let mut edits = edits(text, prose, basis);
    edits.extend(self::edits(text, strings, basis));
    edits.extend(names(text, &tokens));
    edits.sort_by_key(|edit| edit.at.start);
    edits
}

/// Returns the changes of notes, in order; every line of notes is prose.
pub(super) fn of_notes(text: &str, basis: PolicyBasis<'_>) -> Vec<PassageEdit> {
    edits(text, pieces_of(text, 0..text.len(), Voice::Prose).collect(), basis)
}

/// Returns the lines of prose of a program, or of notes, with their numbers from 1.
pub(super) fn prose(text: &str, is_notes: bool) -> Vec<(usize, String)> {
    let parts: Vec<Range<usize>> = if is_notes {
        std::iter::once(0..text.len()).collect()
    } else {
        let prose = |token: &PythonToken| matches!(token.kind, TokenKind::Comment | TokenKind::Docstring);
        tokens(text).into_iter().filter(prose).map(|token| token.content).collect()
    };
    let (mut found, mut from, mut number) = (Vec::new(), 0, 1);
    for part in parts {
        for line in lines(text, part) {
            number += text[from..line.start].matches('\n').count();
            from = line.start;
            found.push((number, text[line].to_owned()));
        }
    }
    found
}

/// Returns those lines of a part of a text that contain letters or digits.
fn lines(text: &str, part: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let mut at = part.start;
    text[part].split('\n').filter_map(move |line| {
        let content = at..at + line.len();
        at += line.len() + 1;
        line.contains(char::is_alphanumeric).then_some(content)
    })
}

/// Returns the same as pieces.
fn pieces_of(text: &str, part: Range<usize>, voice: Voice) -> impl Iterator<Item = Piece> {
    lines(text, part).map(move |content| {
        let seen = plain(&text[content.clone()]);
        Piece { content, seen, voice, policy: None }
    })
}

/// Decides on pieces, and returns the changes.
fn edits(text: &str, mut pieces: Vec<Piece>, basis: PolicyBasis<'_>) -> Vec<PassageEdit> {
    for piece in &mut pieces {
        piece.policy = if is_forged(&piece.seen) {
            Some(SharingPolicy::ForgedHeader)
        } else {
            tells(&text[piece.content.clone()], &piece.seen, piece.voice, basis.rules)
                .then_some(SharingPolicy::Instruction)
        };
    }
    strike_spread(text, &mut pieces, basis.rules);
    strike_encoded(text, &mut pieces);
    mark_claims(&mut pieces, basis);
    let mut edits: Vec<PassageEdit> = Vec::new();
    for piece in pieces {
        if piece.voice == Voice::Prose && piece.policy.is_none_or(|policy| policy == SharingPolicy::Claim) {
            edits.extend(hosts(text, &piece));
        }
        edits.extend(piece.policy.map(|policy| edit(text, policy, &piece)));
    }
    edits
}

/// Returns the redactions of addresses in prose that would not be addresses in code, where `example.com/x` may be an attribute.
fn hosts<'a>(text: &'a str, piece: &'a Piece) -> impl Iterator<Item = PassageEdit> {
    let start = piece.content.start;
    redact::hosts(&text[piece.content.clone()]).into_iter().map(move |host| PassageEdit {
        at: start + host.start..start + host.end,
        put: redact::ADDRESS.to_owned(),
        policy: SharingPolicy::Address,
    })
}

/// Strikes lines that are an instruction only together with the lines before them.
fn strike_spread(text: &str, pieces: &mut [Piece], rules: SharingRules) {
    let mut together = LinesTogether::default();
    for count in 2..=SPREAD_LINES_MAX {
        for first in 0..pieces.len().saturating_sub(count - 1) {
            let window = &pieces[first..first + count];
            let bytes: usize = window.iter().map(|piece| piece.content.len()).sum();
            if bytes > WINDOW_BYTES_MAX || window.iter().any(|piece| piece.policy.is_some()) {
                continue;
            }
            if together.tell(text, window, rules) {
                let window = &mut pieces[first..first + count];
                window.iter_mut().for_each(|piece| piece.policy = Some(SharingPolicy::Instruction));
            }
        }
    }
}

/// Texts of several lines, kept for the next lines.
#[derive(Default)]
struct LinesTogether {
    text: String,
    seen: String,
}

impl LinesTogether {
    /// Returns whether lines of which none is an instruction are one as words of one text, or without anything between them.
    fn tell(&mut self, text: &str, window: &[Piece], rules: SharingRules) -> bool {
        let Self { text: all, seen } = self;
        let Some(voice) = window.first().map(|piece| piece.voice) else { return false };
        let line = |piece: &Piece| text[piece.content.clone()].trim();
        join(all, window.iter().map(line), " ");
        // Escapes end with the line, so the plain form of the lines is that of their text; so do words that encode a text.
        join(seen, window.iter().map(|piece| piece.seen.as_str()).filter(|seen| !seen.is_empty()), " ");
        if tells_in_words(all, seen, voice, rules) {
            return true;
        }
        join(all, window.iter().map(line), "");
        plain_into(all, seen);
        tells(all, seen, voice, rules)
    }
}

/// Joins texts into one that is replaced.
fn join<'a>(all: &mut String, parts: impl Iterator<Item = &'a str>, between: &str) {
    all.clear();
    for (number, part) in parts.enumerate() {
        if number > 0 {
            all.push_str(between);
        }
        all.push_str(part);
    }
}

/// Strikes lines next to a struck line that are a single word in the alphabet of an encoding, because encoded texts may be broken
/// anywhere.
fn strike_encoded(text: &str, pieces: &mut [Piece]) {
    let encoded = |piece: &Piece| {
        let word = text[piece.content.clone()].trim();
        let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
        word.len() >= ENCODED_CHARS_MIN && word.chars().all(known)
    };
    for at in (1..pieces.len()).chain((1..pieces.len()).rev()) {
        let (before, after) = (pieces[at - 1].policy, pieces[at].policy);
        if before == Some(SharingPolicy::Instruction) && after.is_none() && encoded(&pieces[at]) {
            pieces[at].policy = before;
        }
        if after == Some(SharingPolicy::Instruction) && before.is_none() && encoded(&pieces[at - 1]) {
            pieces[at - 1].policy = after;
        }
    }
}

/// Marks lines of prose that claim a score other than the recorded ones, and pairs of lines that do so together.
fn mark_claims(pieces: &mut [Piece], basis: PolicyBasis<'_>) {
    let is_free = |piece: &Piece| piece.policy.is_none() && piece.voice == Voice::Prose;
    for piece in pieces.iter_mut().filter(|piece| is_free(piece)) {
        if claims::differs(&piece.seen, basis) {
            piece.policy = Some(SharingPolicy::Claim);
        }
    }
    for at in 1..pieces.len() {
        let [before, after] = [&pieces[at - 1], &pieces[at]];
        if is_free(before) && is_free(after) && claims::goes_on(&before.seen, &after.seen, basis) {
            let joined = format!("{} {}", before.seen, after.seen);
            if claims::differs(&joined, basis) {
                pieces[at].policy = Some(SharingPolicy::Claim);
            }
        }
    }
}

/// Returns the changes of names that say what to do: each is replaced by another name, the same everywhere.
fn names(text: &str, tokens: &[PythonToken]) -> Vec<PassageEdit> {
    let mut known: BTreeMap<&str, Option<String>> = BTreeMap::new();
    let mut count = 0;
    let mut edits = Vec::new();
    for token in tokens.iter().filter(|token| token.kind == TokenKind::Name) {
        let name = &text[token.content.clone()];
        let put = known.entry(name).or_insert_with(|| {
            name_tells(name).then(|| {
                count += 1;
                format!("struck_name_{count}")
            })
        });
        if let Some(put) = put {
            edits.push(PassageEdit {
                at: token.content.clone(),
                put: put.clone(),
                policy: SharingPolicy::Instruction,
            });
        }
    }
    edits
}

/// Returns whether a line, in plain form, looks like the engine's header, or like part of a quoted block.
fn is_forged(seen: &str) -> bool {
    let start = seen.trim_start_matches(|c: char| !c.is_alphanumeric());
    let by_engine = ["engine", "hyperspace engine", "hyperspace"].iter().any(|name| {
        let rest = start.strip_prefix(name).unwrap_or("-");
        let sign = rest.trim_start_matches([' ', ']', ')', '*', '_', '`']);
        rest.len() < start.len() && sign.starts_with([':', '=', '\u{ff1a}', '\u{a789}', '\u{2236}', '>'])
    });
    by_engine || start.starts_with(&QUOTED.to_lowercase()) || seen.contains("recorded scores:")
}

fn edit(text: &str, policy: SharingPolicy, piece: &Piece) -> PassageEdit {
    let line = &text[piece.content.clone()];
    let why = match policy {
        SharingPolicy::ForgedHeader => "looks like a header of the engine",
        SharingPolicy::Claim => {
            let end = piece.content.start + line.trim_end().len();
            // In a string that ends with a backslash, the mark would become part of the string.
            let put = if line.trim_end().ends_with('\\') {
                " [not in the record]"
            } else {
                "  [not in the record]"
            };
            return PassageEdit { at: end..end, put: put.to_owned(), policy };
        }
        _ => "instruction to the reader",
    };
    let indent = line.len() - line.trim_start().len();
    PassageEdit {
        at: piece.content.start + indent..piece.content.end,
        put: format!("[struck: {why}]"),
        policy,
    }
}
