//! Patterns of classes that sentences are compared with.
//!
//! A line of `patterns.txt` or of its continuation `phrases.txt` has slots. A name in capitals is a class, one in lower case a
//! word; `A|B` is either, `A:ing` a form (`base`, `s`, `ed`, `ing`, joined by `+`), and `A?` is optional. `^` is the beginning of a clause and `$` its end, which `A|$`
//! allows in place of a word. `..` is up to five words of a clause. Words without meaning of their own may stand between slots,
//! but before `=A` no preposition. A line that begins with `!` holds whatever follows, and one with `.` only if no word of the
//! sentence is about the matter. A line with `?` is a hint: it needs another one, or a word of evolution elsewhere in the
//! sentence.

use std::ops::Range;

use super::lexicon::{FORMS, StopLexicon, WordClasses};
use super::reading::{ReadSentence, ReadWord};
use super::words::BREAK;

/// Maximum number of words that `..` stands for.
const GAP_MAX: usize = 5;
/// Words for something mentioned before.
const PRONOUNS: [&str; 7] = ["it", "them", "they", "one", "those", "these", "that"];

/// The strength of a pattern: the conditions under which it holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum PatternStrength {
    /// It holds whatever follows.
    Always,
    /// Neither matter nor another act may follow.
    Alone,
    /// No word of the sentence may be about the matter.
    Bare,
    /// It needs a word of evolution, or another hint.
    Hint,
}

/// A pattern of classes.
pub(super) struct SentencePattern {
    pub(super) strength: PatternStrength,
    parts: Vec<PatternPart>,
}

enum PatternPart {
    Start,
    End,
    Gap,
    Slot(PatternSlot),
}

#[derive(Default)]
struct PatternSlot {
    words: Vec<&'static str>,
    classes: WordClasses,
    or_end: bool,
    is_object: bool,
    may_be_missing: bool,
}

/// Reads patterns.
///
/// # Panics
///
/// When there is no such class or word: the text is part of this crate.
pub(super) fn parse(text: &'static str, lexicon: &StopLexicon) -> Vec<SentencePattern> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| SentencePattern::parse(line, lexicon)).collect()
}

impl SentencePattern {
    fn parse(line: &'static str, lexicon: &StopLexicon) -> Self {
        let (strength, line) = match line.split_at(1) {
            ("!", rest) => (PatternStrength::Always, rest),
            (".", rest) if rest.starts_with(' ') => (PatternStrength::Bare, rest),
            ("?", rest) => (PatternStrength::Hint, rest),
            _ => (PatternStrength::Alone, line),
        };
        let parts = line.split_whitespace().map(|part| match part {
            "^" => PatternPart::Start,
            "$" => PatternPart::End,
            ".." => PatternPart::Gap,
            slot => PatternPart::Slot(PatternSlot::parse(slot, lexicon)),
        });
        Self { strength, parts: parts.collect() }
    }

    /// Returns the ranges of words of a sentence that fit.
    pub(super) fn find<'a>(
        &'a self,
        sentence: &'a ReadSentence<'_>,
    ) -> impl Iterator<Item = Range<usize>> + 'a {
        let starts = if self.may_fit(sentence) { sentence.words.len() } else { 0 };
        (0..starts).filter_map(move |start| {
            let first = match self.parts.first()? {
                PatternPart::Start if !sentence.begins(start) => return None,
                PatternPart::Start => 1,
                _ => 0,
            };
            let end = self.fit(sentence, start, first, true)?;
            let special = sentence.special;
            let denies = sentence.is(start, special.not | special.no | special.none);
            if !denies && sentence.is_denied(start) {
                return None;
            }
            let rest = (end..sentence.words.len()).take_while(|at| sentence.is_thin(*at));
            let names = (start..end).chain(rest).any(|at| sentence.is_word(at, &PRONOUNS));
            (!(names && sentence.has_matter_before(start))).then_some(start..end)
        })
    }

    /// Returns whether a sentence has words of all the classes that are needed, which is quickly seen.
    fn may_fit(&self, sentence: &ReadSentence<'_>) -> bool {
        self.parts.iter().all(|part| match part {
            PatternPart::Slot(slot) => {
                slot.may_be_missing || slot.or_end || !slot.words.is_empty() || slot.is_among(&sentence.all)
            }
            _ => true,
        })
    }

    /// Returns the places where a match of the parts from `part` on ends, if it begins at a word.
    fn fit(&self, sentence: &ReadSentence<'_>, at: usize, part: usize, is_first: bool) -> Option<usize> {
        let Some(this) = self.parts.get(part) else { return Some(at) };
        let rest = |at| self.fit(sentence, at, part + 1, false);
        match this {
            PatternPart::Start => None,
            PatternPart::End => sentence.ends(at).then(|| rest(at)).flatten(),
            PatternPart::Gap => {
                let last = sentence.words.len().min(at + GAP_MAX);
                let skips = (at..last).take_while(|at| !sentence.is_word(*at, &[BREAK])).count();
                (at..=at + skips).find_map(rest)
            }
            PatternPart::Slot(slot) => {
                slot.places(sentence, at, is_first).find_map(|at| rest(at + 1)).or_else(|| {
                    let skipped = (slot.or_end && sentence.ends(at)) || slot.may_be_missing;
                    skipped
                        .then(|| self.fit(sentence, at, part + 1, is_first && slot.may_be_missing))
                        .flatten()
                })
            }
        }
    }
}

impl PatternSlot {
    fn parse(text: &'static str, lexicon: &StopLexicon) -> Self {
        let (may_be_missing, is_object) = (text.ends_with('?'), text.starts_with('='));
        let mut slot = Self { may_be_missing, is_object, ..Self::default() };
        for one in text.trim_start_matches('=').trim_end_matches('?').split('|') {
            let (name, forms) = one.split_once(':').unwrap_or((one, ""));
            if one == "$" {
                slot.or_end = true;
            } else if name.starts_with(|c: char| c.is_ascii_uppercase()) {
                let class = lexicon.class(&name.to_ascii_lowercase());
                for (form, classes) in FORMS.iter().zip(&mut slot.classes) {
                    *classes |=
                        if forms.is_empty() || forms.split('+').any(|one| one == *form) { class } else { 0 };
                }
            } else {
                let is_word = |c: char| c.is_ascii_lowercase() || c == '_' || c == ',';
                assert!(one.chars().all(is_word), "no word and no class: {one}");
                slot.words.push(one);
            }
        }
        slot
    }

    fn fits(&self, word: &ReadWord) -> bool {
        self.is_among(&word.forms) || self.words.contains(&word.text.as_str())
    }

    fn is_among(&self, classes: &WordClasses) -> bool {
        classes.iter().zip(&self.classes).any(|(word, slot)| word & slot != 0)
    }

    fn reaches_over(&self, sentence: &ReadSentence<'_>, at: usize) -> bool {
        sentence.is_thin(at) && !(self.is_object && sentence.is_preposition(at))
    }

    /// Returns the places of words that fit, from a place on, skipping words without meaning of their own.
    fn places<'a>(
        &'a self,
        sentence: &'a ReadSentence<'_>,
        from: usize,
        is_first: bool,
    ) -> impl Iterator<Item = usize> + 'a {
        let reached = (from..sentence.words.len()).scan(true, move |reaches, at| {
            let reached =
                std::mem::replace(reaches, !is_first && self.reaches_over(sentence, at) && *reaches);
            reached.then_some(at)
        });
        reached.filter(|at| self.fits(&sentence.words[*at]))
    }
}
