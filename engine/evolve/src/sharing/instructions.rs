//! Texts that tell their reader what to do.
//!
//! A text is read as it is, and as what it may be in disguise: see [`plain`](super::plain). Prose (comments, docstrings, notes)
//! is distinguished from the strings of a program, which may address the model that the program calls. Among these, only what no
//! program would ask of a model is struck.

use super::phrases::ROLES;
use super::plain::{decoded, has_opaque, is_disguised, plain};
use super::signs::{Sign, Signs, hidden_signs, is_foreign, signs};
use crate::record::sharing_config::SharingRules;

/// The kind of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Voice {
    /// Comments, docstrings and notes, which are read by whoever reads the program.
    Prose,
    /// Strings and names of a program, which are read by the program and by a model that it calls.
    Code,
}

/// Returns whether a text, given as it is and in plain form, tells its reader what to do.
pub(super) fn tells(text: &str, seen: &str, voice: Voice, rules: SharingRules) -> bool {
    tells_in_words(text, seen, voice, rules) || encodes(text, voice)
}

/// Returns the same without decoding words of the text.
pub(super) fn tells_in_words(text: &str, seen: &str, voice: Voice, rules: SharingRules) -> bool {
    let signs = signs(seen);
    if says(signs, seen, voice) || signs.has(Sign::Rearranged) || (voice == Voice::Prose && is_foreign(text))
    {
        return true;
    }
    if !rules.is_first() && voice == Voice::Prose && signs.has(Sign::RearrangedPhrase) {
        return true;
    }
    let hidden = hidden_signs(seen);
    let orders = voice == Voice::Prose || hidden.has(Sign::Order);
    if orders && hidden.has(Sign::HiddenTakeover) {
        return true;
    }
    let in_disguise = (orders && hidden.has(Sign::DisguisedTakeover))
        || (voice == Voice::Prose && hidden.has(Sign::DisguisedPhrase));
    in_disguise && is_disguised(text, seen)
}

/// Returns whether words of a text may encode what tells its reader what to do.
fn encodes(text: &str, voice: Voice) -> bool {
    let tells = |hidden: &String| {
        voice == Voice::Prose || {
            let seen = plain(hidden);
            says(signs(&seen), &seen, Voice::Prose)
        }
    };
    decoded(text).iter().any(tells) || (voice == Voice::Prose && has_opaque(text))
}

/// Returns whether a name in a program says what to do, reading its words one by one.
pub(super) fn name_tells(name: &str) -> bool {
    let mut words = String::with_capacity(name.len() + 8);
    let mut before = ' ';
    for c in name.chars() {
        if c == '_' || (c.is_uppercase() && before.is_lowercase()) {
            words.push(' ');
        }
        if c != '_' {
            words.push(c);
        }
        before = c;
    }
    let words = plain(&words);
    if words.split(' ').count() < 3 {
        return false;
    }
    let signs = signs(&words);
    says(signs, &words, Voice::Code) || signs.has(Sign::Reader) || signs.has(Sign::Forbids)
}

/// Returns whether a plain text with these signs, without any disguise, tells its reader what to do. In prose, a phrase that tells
/// the reader to ignore something always is about orders that the reader was given; a prompt may say to ignore all commas.
fn says(signs: Signs, seen: &str, voice: Voice) -> bool {
    if signs.has(Sign::TakesOver) || signs.has(Sign::Mark) {
        return true;
    }
    match voice {
        Voice::Prose => {
            let told = [Sign::Ignores, Sign::Phrase, Sign::Foreign, Sign::Tag, Sign::Reader, Sign::Forbids];
            told.into_iter().any(|sign| signs.has(sign)) || begins_with_role(seen)
        }
        Voice::Code => signs.has(Sign::Ignores) && signs.has(Sign::Order),
    }
}

/// Returns whether a plain text begins like a part of a conversation.
fn begins_with_role(seen: &str) -> bool {
    let start = seen.trim_start_matches(|c: char| !c.is_alphanumeric());
    ROLES.iter().any(|role| {
        let rest = start.strip_prefix(role).map(|rest| rest.trim_start_matches(['*', '_', '`', ']', ' ']));
        rest.is_some_and(|rest| rest.starts_with(':') || rest.starts_with(">>"))
    })
}
