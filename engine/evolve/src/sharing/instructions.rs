//! Texts that tell their reader what to do.
//!
//! A text is read as it is, and as what it may be in disguise: see [`plain`](super::plain). Prose (comments, docstrings, notes)
//! is distinguished from the strings of a program, which may address the model that the program calls. Among these, only what no
//! program would ask of a model is struck.

use super::phrases::{FORBIDDEN, FORBIDS, FOREIGN, ORDERS, PHRASES, READER, ROLES, TAKEOVERS};
use super::plain::{decoded, has_opaque, is_disguised, plain, rearranged, squeezed};

/// Minimum number of letters of a phrase without its spaces for which disguised texts are searched.
const DISGUISED_LETTERS_MIN: usize = 9;
/// Minimum number of letters of such a phrase for which every text is searched.
const HIDDEN_LETTERS_MIN: usize = 12;

/// The kind of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Voice {
    /// Comments, docstrings and notes, which are read by whoever reads the program.
    Prose,
    /// Strings and names of a program, which are read by the program and by a model that it calls.
    Code,
}

/// Returns whether a text tells its reader what to do.
pub(super) fn tells(text: &str, voice: Voice) -> bool {
    let seen = plain(text);
    let lower = text.to_lowercase();
    if says(&seen, voice) || (voice == Voice::Prose && FOREIGN.iter().any(|phrase| lower.contains(phrase))) {
        return true;
    }
    let letters = squeezed(&seen);
    let disguised = is_disguised(text, &seen);
    let within = |letters: &str, phrases: &[&str], least: usize| {
        phrases.iter().any(|phrase| {
            let phrase = squeezed(phrase);
            phrase.len() >= least && letters.contains(&phrase)
        })
    };
    let orders = voice == Voice::Prose || ORDERS.iter().any(|word| letters.contains(word));
    if orders
        && within(&letters, &TAKEOVERS, if disguised { DISGUISED_LETTERS_MIN } else { HIDDEN_LETTERS_MIN })
    {
        return true;
    }
    if voice == Voice::Prose
        && disguised
        && (within(&letters, &PHRASES, DISGUISED_LETTERS_MIN) || forbids_squeezed(&letters))
    {
        return true;
    }
    rearranged(&seen).iter().any(|other| TAKEOVERS.iter().any(|phrase| has_words(other, phrase)))
        || decoded(text).iter().any(|hidden| voice == Voice::Prose || says(&plain(hidden), Voice::Prose))
        || (voice == Voice::Prose && has_opaque(text))
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
    words.split(' ').count() >= 3 && (says(&words, Voice::Code) || addresses(&words) || forbids(&words))
}

/// Returns whether a plain text, without any disguise, tells its reader what to do.
fn says(seen: &str, voice: Voice) -> bool {
    let takes_over =
        TAKEOVERS.iter().any(|phrase| has_words(seen, phrase) && is_about_orders(seen, phrase, voice));
    if takes_over || has_mark_of_role(seen) {
        return true;
    }
    voice == Voice::Prose
        && (PHRASES.iter().any(|phrase| has_words(seen, phrase))
            || FOREIGN.iter().any(|phrase| seen.contains(phrase))
            || has_role(seen)
            || addresses(seen)
            || forbids(seen))
}

/// Returns whether a phrase that tells the reader to ignore something is about orders that the reader was given. In prose it
/// always is; a prompt may say to ignore all commas.
fn is_about_orders(seen: &str, phrase: &str, voice: Voice) -> bool {
    let ignores = ["ignore", "disregard", "forget"].iter().any(|verb| phrase.starts_with(verb));
    voice == Voice::Prose || !ignores || ORDERS.iter().any(|word| seen.contains(word))
}

/// Returns whether a plain text has marks that occur only in prompts of models.
fn has_mark_of_role(seen: &str) -> bool {
    seen.contains("<|im_")
        || seen.contains("<|system|>")
        || seen.contains("[inst]")
        || seen.contains("<<sys>>")
}

/// Returns whether a plain text begins like a part of a conversation, or has a tag that does.
fn has_role(seen: &str) -> bool {
    let start = seen.trim_start_matches(|c: char| !c.is_alphanumeric());
    let begins = |role: &str| {
        let rest = start.strip_prefix(role).map(|rest| rest.trim_start_matches(['*', '_', '`', ']', ' ']));
        rest.is_some_and(|rest| rest.starts_with(':') || rest.starts_with(">>"))
    };
    let tag = |role: &str| {
        [
            format!("<{role}>"),
            format!("</{role}>"),
            format!("<{role} "),
            format!("[{role}]"),
            format!("[/{role}]"),
        ]
        .iter()
        .any(|tag| seen.contains(tag))
    };
    ROLES.iter().any(|role| begins(role) || tag(role)) || seen.contains("\"role\"") || seen.contains("'role'")
}

/// Returns whether a plain text addresses its reader.
fn addresses(seen: &str) -> bool {
    seen.split(|c: char| !(c.is_alphanumeric() || c == '\'')).any(|word| READER.contains(&word))
}

/// Returns whether a plain text forbids changing or exploring.
fn forbids(seen: &str) -> bool {
    FORBIDS.iter().any(|forbid| {
        starts_of(seen, forbid).any(|rest| {
            let rest = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
            let rest = ["ever ", "even ", "further ", "to ", "attempt to ", "try to ", "bother to "]
                .iter()
                .fold(rest, |rest, word| rest.strip_prefix(word).unwrap_or(rest));
            FORBIDDEN
                .iter()
                .any(|verb| starts_of(rest, verb).any(|after| after.len() + verb.len() == rest.len()))
        })
    })
}

/// Returns the same for a text without spaces.
fn forbids_squeezed(letters: &str) -> bool {
    ["donot", "dont", "never", "mustnot"].iter().any(|forbid| {
        letters.match_indices(forbid).any(|(at, _)| {
            let rest = &letters[at + forbid.len()..];
            ["modify", "change", "edit", "touch", "alter", "improve", "explore", "evolve", "rewrite"]
                .iter()
                .any(|verb| rest.starts_with(verb))
        })
    })
}

/// Returns the text after each occurrence of a phrase as whole words.
fn starts_of<'a>(text: &'a str, phrase: &'a str) -> impl Iterator<Item = &'a str> {
    text.match_indices(phrase).filter_map(move |(at, _)| {
        let letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let rest = &text[at + phrase.len()..];
        let whole = !letter(text[..at].chars().next_back())
            && (phrase.ends_with(' ') || !letter(rest.chars().next()));
        whole.then_some(rest)
    })
}

/// Returns whether a text contains a phrase as whole words.
fn has_words(text: &str, phrase: &str) -> bool {
    starts_of(text, phrase).next().is_some()
}
