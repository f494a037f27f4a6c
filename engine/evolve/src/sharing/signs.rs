//! Signs of instructions in a plain text: all phrases are searched at once.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};

use super::phrases::{FORBIDDEN, FORBIDS, FOREIGN, ORDERS, PHRASES, READER, ROLES, TAKEOVERS};
use super::plain::{rearranged, squeezed};
use super::work;

/// Minimum number of letters of a phrase without its spaces for which disguised texts are searched.
const DISGUISED_LETTERS_MIN: usize = 9;
/// Minimum number of letters of such a phrase for which every text is searched.
const HIDDEN_LETTERS_MIN: usize = 12;

/// A sign of an instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// A phrase that takes its reader over, other than those that tell it to ignore something.
    TakesOver,
    /// A phrase that tells its reader to ignore something.
    Ignores,
    /// A word for orders that the reader was given, also within other words.
    Order,
    /// A mark that occurs only in prompts of models.
    Mark,
    /// A phrase of instructions in prose.
    Phrase,
    /// A phrase in another language.
    Foreign,
    /// A tag that begins a part of a conversation.
    Tag,
    /// A word that addresses its reader.
    Reader,
    /// Words that forbid changing or exploring.
    Forbids,
    /// A phrase that takes its reader over, reversed or in another alphabet.
    Rearranged,
    /// Another phrase of instructions in prose, reversed or in another alphabet.
    RearrangedPhrase,
    /// The letters of a phrase that takes its reader over, enough of them for every text.
    HiddenTakeover,
    /// The same, only enough for texts in disguise.
    DisguisedTakeover,
    /// The letters of another phrase of prose, enough for texts in disguise.
    DisguisedPhrase,
}

/// Signs that a text has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Signs(u16);

impl Signs {
    /// Returns whether the text has a sign.
    pub(super) fn has(self, sign: Sign) -> bool {
        self.0 & (1 << sign as u16) != 0
    }

    fn add(&mut self, sign: Sign) {
        self.0 |= 1 << sign as u16;
    }
}

/// A phrase, and what it is a sign of.
struct SignPhrase {
    text: String,
    sign: Sign,
    /// The surroundings in which it is one.
    place: SignPlace,
}

/// The surroundings of a phrase.
#[derive(Clone, Copy)]
enum SignPlace {
    Anywhere,
    /// Between characters that are neither letters nor digits.
    Words,
    /// The same, and no apostrophes.
    Word,
}

/// Phrases and the automaton that finds them.
struct SignFinder {
    phrases: Vec<SignPhrase>,
    automaton: AhoCorasick,
}

impl SignFinder {
    /// Creates a finder of phrases in lower case, in texts of that case.
    fn new(phrases: Vec<SignPhrase>) -> Self {
        Self::of(phrases, &AhoCorasick::builder())
    }

    fn of(phrases: Vec<SignPhrase>, builder: &AhoCorasickBuilder) -> Self {
        let automaton = builder.build(phrases.iter().map(|phrase| &phrase.text));
        Self { phrases, automaton: automaton.expect("some hundred phrases fit into an automaton") }
    }

    fn signs(&self, text: &str) -> Signs {
        work::count(text.len());
        let mut signs = Signs::default();
        for found in self.automaton.find_overlapping_iter(text) {
            work::count(1);
            let SignPhrase { text: phrase, sign, place } = &self.phrases[found.pattern().as_usize()];
            if signs.has(*sign) {
                continue;
            }
            let end = found.end();
            let stands = match place {
                SignPlace::Anywhere => true,
                SignPlace::Words => stands_alone(text, phrase, end, false),
                SignPlace::Word => stands_alone(text, phrase, end, true),
            };
            if stands && (*sign != Sign::Forbids || begins_with_forbidden(&text[end..])) {
                signs.add(*sign);
            }
        }
        signs
    }
}

/// Returns whether the phrase that ends at `end` stands between characters that are neither letters nor digits.
fn stands_alone(text: &str, phrase: &str, end: usize, is_word: bool) -> bool {
    let letter = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || (is_word && c == '\''));
    !letter(text[..end - phrase.len()].chars().next_back())
        && (phrase.ends_with(' ') || !letter(text[end..].chars().next()))
}

/// Returns whether a text that follows words that forbid begins with what they forbid.
fn begins_with_forbidden(rest: &str) -> bool {
    let all = rest.len();
    let rest = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
    work::count(all - rest.len());
    let rest = ["ever ", "even ", "further ", "to ", "attempt to ", "try to ", "bother to "]
        .iter()
        .fold(rest, |rest, word| rest.strip_prefix(word).unwrap_or(rest));
    let first = rest.as_bytes().first();
    FORBIDDEN.iter().filter(|verb| verb.as_bytes().first() == first).any(|verb| {
        rest.strip_prefix(verb).is_some_and(|after| !after.starts_with(|c: char| c.is_alphanumeric()))
    })
}

/// Finds signs in plain texts.
static PLAIN: LazyLock<SignFinder> = LazyLock::new(|| {
    let mut phrases = Vec::new();
    let mut add = |text: String, sign, place| phrases.push(SignPhrase { text, sign, place });
    for phrase in TAKEOVERS {
        let ignores = ["ignore", "disregard", "forget"].iter().any(|verb| phrase.starts_with(verb));
        add(phrase.to_owned(), if ignores { Sign::Ignores } else { Sign::TakesOver }, SignPlace::Words);
        // Reversing and shifting letters twice gives the text itself.
        for other in rearranged(phrase) {
            add(other, Sign::Rearranged, SignPlace::Words);
        }
    }
    ORDERS.iter().for_each(|word| add((*word).to_owned(), Sign::Order, SignPlace::Anywhere));
    for mark in ["<|im_", "<|system|>", "[inst]", "<<sys>>"] {
        add(mark.to_owned(), Sign::Mark, SignPlace::Anywhere);
    }
    PHRASES.iter().for_each(|phrase| add((*phrase).to_owned(), Sign::Phrase, SignPlace::Words));
    FOREIGN.iter().for_each(|phrase| add((*phrase).to_owned(), Sign::Foreign, SignPlace::Anywhere));
    for role in ROLES {
        for tag in [
            format!("<{role}>"),
            format!("</{role}>"),
            format!("<{role} "),
            format!("[{role}]"),
            format!("[/{role}]"),
        ] {
            add(tag, Sign::Tag, SignPlace::Anywhere);
        }
    }
    ["\"role\"", "'role'"].iter().for_each(|tag| add((*tag).to_owned(), Sign::Tag, SignPlace::Anywhere));
    READER.iter().for_each(|word| add((*word).to_owned(), Sign::Reader, SignPlace::Word));
    FORBIDS.iter().for_each(|words| add((*words).to_owned(), Sign::Forbids, SignPlace::Words));
    let forbidden = FORBIDS.iter().flat_map(|words| FORBIDDEN.map(|verb| format!("{words} {verb}")));
    let told = PHRASES.iter().chain(&READER).map(|phrase| (*phrase).to_owned()).chain(forbidden);
    for phrase in told {
        for other in rearranged(phrase.trim()) {
            add(other, Sign::RearrangedPhrase, SignPlace::Words);
        }
    }
    SignFinder::new(phrases)
});

/// Finds phrases of other languages in texts as they are.
static ABROAD: LazyLock<SignFinder> = LazyLock::new(|| {
    let phrases = FOREIGN.iter().map(|phrase| SignPhrase {
        text: (*phrase).to_owned(),
        sign: Sign::Foreign,
        place: SignPlace::Anywhere,
    });
    SignFinder::of(phrases.collect(), AhoCorasick::builder().ascii_case_insensitive(true))
});

/// Finds phrases in texts without spaces and signs.
static SQUEEZED: LazyLock<SignFinder> = LazyLock::new(|| {
    let mut phrases = Vec::new();
    let mut add = |text: String, sign| phrases.push(SignPhrase { text, sign, place: SignPlace::Anywhere });
    ORDERS.iter().for_each(|word| add((*word).to_owned(), Sign::Order));
    for phrase in TAKEOVERS.map(squeezed) {
        match phrase.len() {
            HIDDEN_LETTERS_MIN.. => add(phrase, Sign::HiddenTakeover),
            DISGUISED_LETTERS_MIN.. => add(phrase, Sign::DisguisedTakeover),
            _ => {}
        }
    }
    let long = |phrase: &String| phrase.len() >= DISGUISED_LETTERS_MIN;
    PHRASES.map(squeezed).into_iter().filter(long).for_each(|phrase| add(phrase, Sign::DisguisedPhrase));
    for forbid in ["donot", "dont", "never", "mustnot"] {
        for verb in ["modify", "change", "edit", "touch", "alter", "improve", "explore", "evolve", "rewrite"]
        {
            add(format!("{forbid}{verb}"), Sign::DisguisedPhrase);
        }
    }
    SignFinder::new(phrases)
});

/// Returns the signs in a plain text.
pub(super) fn signs(seen: &str) -> Signs {
    PLAIN.signs(seen)
}

/// Returns whether a text, given as it is, has a phrase in another language.
pub(super) fn is_foreign(text: &str) -> bool {
    let signs = if text.is_ascii() { ABROAD.signs(text) } else { ABROAD.signs(&text.to_lowercase()) };
    signs.has(Sign::Foreign)
}

/// Returns the signs in the letters of a plain text, without its spaces.
pub(super) fn hidden_signs(seen: &str) -> Signs {
    SQUEEZED.signs(&squeezed(seen))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sharing::plain::plain;

    #[test]
    fn every_phrase_is_a_sign_as_whole_words() {
        for phrase in TAKEOVERS {
            let told = |signs: Signs| signs.has(Sign::TakesOver) || signs.has(Sign::Ignores);
            assert!(told(signs(&format!("so, {phrase}!"))), "{phrase}");
            assert!(told(signs(phrase)), "{phrase}");
            for other in rearranged(&format!("a {phrase} b")) {
                assert!(signs(&other).has(Sign::Rearranged), "{other}");
            }
        }
        for phrase in PHRASES {
            assert!(signs(&format!("so, {phrase} it")).has(Sign::Phrase), "{phrase}");
        }
        assert_eq!(signs("nonstop here"), Signs::default());
        assert_eq!(signs("obeyed"), Signs::default());
        assert!(FOREIGN.iter().all(|phrase| is_foreign(&format!("a{}", phrase.to_uppercase()))));
        assert!(signs("he said you're in").has(Sign::Reader) && !signs("it's'you").has(Sign::Reader));
    }

    #[test]
    fn what_is_forbidden_follows() {
        for text in ["do not edit", "never, ever change this", "stop - try to look", "never try"] {
            assert!(signs(text).has(Sign::Forbids), "{text}");
        }
        for text in ["do not", "never again edit", "stop edits", "nonstop edit", "do not eat"] {
            assert!(!signs(text).has(Sign::Forbids), "{text}");
        }
    }

    #[test]
    fn letters_without_spaces_are_searched() {
        let seen = plain("I-g.n 0 r 3 pr3v!ous");
        assert!(hidden_signs(&seen).has(Sign::HiddenTakeover), "{seen}");
        assert!(hidden_signs("d 0 n 0 t 3 d 1 7").has(Sign::DisguisedPhrase));
        assert!(hidden_signs("ign0re any").has(Sign::DisguisedTakeover));
        assert_eq!(hidden_signs("ignore a"), Signs::default());
    }
}
