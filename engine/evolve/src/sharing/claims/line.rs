//! A line of prose as words with traits, numbers and signs.

use std::ops::Range;

use super::digits::in_ascii;
use super::numbers::{DigitPart, NumberReading, TextNumber, read, spaced};
use super::spelt;
use super::words::{FoundWord, Traits, find, is_unspaced};
use crate::sharing::work;

/// Measures whose names are known with a number right behind them.
const GLUED: [&str; 9] = ["score", "accuracy", "acc", "error", "loss", "rmse", "mae", "mse", "fitness"];

/// A sign between words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineSign {
    /// The end of a clause.
    End,
    Comma,
    Equals,
    Colon,
    Percent,
    Less,
    More,
    Slash,
    /// The beginning of a list.
    Open,
    /// The end of a list or of what is in brackets.
    Close,
    /// `+` or `*`.
    Operator,
    /// Another one, which separates nothing.
    Other,
}

/// The kind of an item.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ItemKind {
    Word,
    Number(TextNumber),
    Sign(LineSign),
}

/// An item of a line.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LineItem {
    pub(super) kind: ItemKind,
    /// The traits of a word; none for others.
    pub(super) traits: Traits,
    pub(super) at: Range<usize>,
}

impl LineItem {
    pub(super) fn has(&self, traits: Traits) -> bool {
        self.traits.any(traits)
    }

    pub(super) fn is(&self, sign: LineSign) -> bool {
        self.kind == ItemKind::Sign(sign)
    }

    pub(super) fn number(&self) -> Option<&TextNumber> {
        match &self.kind {
            ItemKind::Number(number) => Some(number),
            _ => None,
        }
    }

    pub(super) fn is_word(&self) -> bool {
        self.kind == ItemKind::Word
    }
}

/// A line that was read.
pub(super) struct ClaimLine {
    /// The text, with numbers in ASCII.
    pub(super) text: String,
    pub(super) items: Vec<LineItem>,
}

impl ClaimLine {
    /// Reads a line in plain form.
    pub(super) fn read(seen: &str) -> Self {
        let text = in_ascii(seen).into_owned();
        work::count(text.len());
        let words = find(&text);
        let mut reader = ClaimLineReader {
            text: &text,
            words: words.into_iter().peekable(),
            at: 0,
            wide: None,
            items: Vec::new(),
        };
        while reader.at < text.len() {
            reader.step();
        }
        let items = with_spelt(&text, reader.items);
        Self { text, items }
    }

    /// Returns the text of an item.
    pub(super) fn word(&self, item: &LineItem) -> &str {
        &self.text[item.at.clone()]
    }
}

struct ClaimLineReader<'a> {
    text: &'a str,
    words: std::iter::Peekable<std::vec::IntoIter<FoundWord>>,
    at: usize,
    /// A number whose thousands are separated by spaces, with its end.
    wide: Option<(NumberReading, usize)>,
    items: Vec<LineItem>,
}

impl ClaimLineReader<'_> {
    /// Reads one item, or passes a space.
    fn step(&mut self) {
        while self.words.peek().is_some_and(|word| word.at.start < self.at) {
            self.words.next();
        }
        if let Some(word) = self.words.next_if(|word| word.at.start == self.at) {
            return self.push(ItemKind::Word, word.traits, word.at.end);
        }
        let rest = &self.text[self.at..];
        let Some(c) = rest.chars().next() else { return };
        let next = rest.as_bytes().get(1).copied();
        let is_name = self.text[..self.at].ends_with('_');
        if (c.is_ascii_digit() && !is_name) || (matches!(c, '.' | ',') && self.begins_decimals(next)) {
            self.number();
        } else if is_unspaced(c)
            && let Some((number, len)) = self.chinese(rest)
        {
            self.push(ItemKind::Number(number), Traits::default(), self.at + len);
        } else if c.is_alphanumeric() {
            self.word(c);
        } else {
            self.sign(c);
        }
    }

    fn push(&mut self, kind: ItemKind, traits: Traits, end: usize) {
        self.items.push(LineItem { kind, traits, at: self.at..end });
        self.at = end;
    }

    /// Returns whether a separator of decimals, with what follows, begins a number.
    fn begins_decimals(&self, next: Option<u8>) -> bool {
        let before = self.text[..self.at].chars().next_back();
        next.is_some_and(|byte| byte.is_ascii_digit())
            && before.is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '_' | '.' | ')' | ']'))
    }

    /// Returns a number in Chinese characters, where it is surely one.
    fn chinese(&self, rest: &str) -> Option<(TextNumber, usize)> {
        let (number, len) = spelt::chinese(rest)?;
        let is_percent = self.items.last().is_some_and(|item| item.has(Traits::PERCENT_OF));
        let follows = rest[len..].trim_start();
        let counts = ["%", "パーセント", "点", "分", "點"].iter().any(|unit| follows.starts_with(unit));
        (is_percent || counts || !number.is_whole()).then_some((number, len))
    }

    fn number(&mut self) {
        let (part, end) = read(self.text, self.at);
        work::count(end - self.at);
        let DigitPart::Number(mut number) = part else {
            return self.push(ItemKind::Sign(LineSign::Other), Traits::default(), end);
        };
        let before = &self.text[..self.at];
        let sign = before.chars().next_back();
        let behind = before.chars().rev().nth(1);
        let is_sign = behind.is_none_or(|c| {
            matches!(c, ' ' | '(' | '[' | '=' | ':' | '<' | '>' | '~' | ',' | '\'' | '"' | '*')
        });
        // How uncertain a number is says nothing about its size.
        if sign == Some('\u{b1}') || before.ends_with("+/-") {
            return self.push(ItemKind::Sign(LineSign::Other), Traits::default(), end);
        }
        let is_negative = sign == Some('-') && is_sign;
        if is_negative {
            number.negated();
        }
        if self.wide.is_none_or(|(_, end)| end <= self.at) {
            self.wide = spaced(self.text, self.at);
            if let Some((reading, _)) = self.wide.as_mut().filter(|_| is_negative) {
                reading.value = -reading.value;
            }
        }
        if let Some((reading, _)) = self.wide {
            number.may_be(reading);
        }
        number.has_plus = sign == Some('+') && is_sign;
        self.push(ItemKind::Number(number), Traits::default(), end);
    }

    /// Reads a word without traits: a run of letters and digits of one script.
    fn word(&mut self, first: char) {
        let mut rest = &self.text[self.at..];
        let next_known = self.words.peek().map_or(rest.len(), |word| word.at.start - self.at);
        if is_unspaced(first) {
            rest = &rest[..next_known.max(first.len_utf8())];
        }
        let is_ascii = first.is_ascii();
        let part = |c: char| c.is_alphanumeric() && (is_ascii || !c.is_ascii_digit());
        let len = rest.find(|c| !part(c)).unwrap_or(rest.len());
        let letters = rest[..len].find(|c: char| c.is_ascii_digit()).unwrap_or(len);
        if letters < len && GLUED.contains(&&rest[..letters]) {
            let traits = find(&rest[..letters]).first().map(|word| word.traits).unwrap_or_default();
            return self.push(ItemKind::Word, traits, self.at + letters);
        }
        work::count(len);
        self.push(ItemKind::Word, Traits::default(), self.at + len);
    }

    fn sign(&mut self, c: char) {
        let end = self.at + c.len_utf8();
        let sign = match c {
            ' ' => {
                self.at = end;
                return;
            }
            '.' | ';' | '!' | '?' | '|' => LineSign::End,
            ',' => LineSign::Comma,
            '=' => LineSign::Equals,
            ':' => LineSign::Colon,
            '%' => LineSign::Percent,
            '<' => LineSign::Less,
            '>' => LineSign::More,
            '/' => LineSign::Slash,
            '+' | '*' => LineSign::Operator,
            '[' | '{' => LineSign::Open,
            ')' | ']' | '}' => LineSign::Close,
            _ => LineSign::Other,
        };
        self.push(ItemKind::Sign(sign), Traits::default(), end);
    }
}

/// Returns the items with numbers in words as numbers.
fn with_spelt(text: &str, items: Vec<LineItem>) -> Vec<LineItem> {
    let mut out: Vec<LineItem> = Vec::with_capacity(items.len());
    let mut at = 0;
    while at < items.len() {
        let word = |item: &LineItem| text[item.at.clone()].to_owned();
        let is_hyphen = |item: &LineItem| item.is(LineSign::Other) && &text[item.at.clone()] == "-";
        let begins =
            items[at].is_word() && spelt::english(std::iter::once(&text[items[at].at.clone()])).is_some();
        let begins =
            begins || (items[at].is_word() && matches!(&text[items[at].at.clone()], "point" | "a" | "an"));
        if begins && !text[..items[at].at.start].ends_with('_') {
            // Hyphens within a number in words are passed.
            let ahead: Vec<usize> = (at..items.len()).take(24).filter(|at| !is_hyphen(&items[*at])).collect();
            let words: Vec<String> =
                ahead.iter().map_while(|at| items[*at].is_word().then(|| word(&items[*at]))).collect();
            if let Some((number, used)) = spelt::english(words.iter().map(String::as_str)) {
                let last = ahead[used - 1];
                let at_range = items[at].at.start..items[last].at.end;
                out.push(LineItem {
                    kind: ItemKind::Number(number),
                    traits: Traits::default(),
                    at: at_range,
                });
                at = last + 1;
                continue;
            }
        }
        out.push(items[at].clone());
        at += 1;
    }
    out
}
