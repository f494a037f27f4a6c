//! The sentences of a plain text and their words, with contractions expanded and compounds joined.

use super::lexicon::StopLexicon;

/// Stands for punctuation within a sentence.
pub(super) const BREAK: &str = ",";

/// Stands for the name of a file.
const FILE: &str = "task_agent";

/// Contractions with irregular endings.
const CONTRACTIONS: [(&str, &str); 8] = [
    ("won't", "will not"),
    ("can't", "can not"),
    ("cannot", "can not"),
    ("ain't", "is not"),
    ("shan't", "shall not"),
    ("dont", "do not"),
    ("cant", "can not"),
    ("let's", "let us"),
];
/// Ends of contractions.
const ENDS: [(&str, &str); 6] =
    [("n't", "not"), ("'re", "are"), ("'ve", "have"), ("'ll", "will"), ("'m", "am"), ("'d", "would")];
/// Words after which `'s` is a verb and not a possessive.
const PRONOUNS: [&str; 9] = ["it", "that", "there", "here", "this", "what", "nothing", "he", "she"];

/// Bytes of a sentence that are read together. The rest of a longer one is read as another sentence.
const SENTENCE_BYTES_MAX: usize = 600;
/// Number of blanks and punctuation marks in them. The cost of reading grows with the square of the number of words.
const SENTENCE_GAPS_MAX: usize = 64;

/// Returns the sentences of a plain text.
pub(super) fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let most = longest(rest);
            let end = sentence_end(&rest[..most]);
            let (sentence, after) = rest.split_at(end);
            rest = after.trim_start_matches(['.', '!', '?', '\u{2014}', '\u{2026}', ' ']);
            if !sentence.trim().is_empty() {
                return Some(sentence);
            }
            if after.len() == rest.len() {
                break;
            }
        }
        None
    })
}

/// Returns the place up to which the beginning of a text is read together.
fn longest(text: &str) -> usize {
    let head = &text[..text.floor_char_boundary(SENTENCE_BYTES_MAX)];
    let mut gaps = head.char_indices().filter(|(_, c)| !c.is_alphanumeric());
    gaps.nth(SENTENCE_GAPS_MAX).map_or(head.len(), |(at, c)| at + c.len_utf8())
}

/// Returns the place where the first sentence of a text ends. A dot within a word, as in `agent.py` and 0.5, ends none.
fn sentence_end(text: &str) -> usize {
    let mut marks =
        text.char_indices().filter(|(_, c)| matches!(c, '.' | '!' | '?' | '\u{2014}' | '\u{2026}'));
    let end = marks.find(|(at, c)| {
        let rest = &text[at + c.len_utf8()..];
        !c.is_ascii()
            || rest.starts_with("..")
            || rest.trim_start_matches(['.', '!', '?']).starts_with(' ')
            || rest.trim_matches(['.', '!', '?']).is_empty()
    });
    end.map_or(text.len(), |(at, _)| at)
}

/// Returns the words of a sentence, with a [`BREAK`] for each punctuation mark between them.
pub(super) fn words(sentence: &str, lexicon: &StopLexicon) -> Vec<String> {
    let mut text = sentence.replace("()", "_");
    for sign in [
        "->", "=>", "--", " - ", ",", ";", ":", "(", ")", "[", "]", "{", "}", "\"", "\u{201c}", "\u{201d}",
        "*", "|", " = ",
    ] {
        text = text.replace(sign, " , ");
    }
    let mut words = Vec::new();
    for word in text.split_whitespace() {
        if word == BREAK {
            if words.last().is_none_or(|last: &String| last != BREAK) {
                words.push(word.to_owned());
            }
            continue;
        }
        let word = word.trim_matches(|c: char| "'-.!?<>=~^/@#+`".contains(c));
        if !word.is_empty() {
            split(word, &mut words);
        }
    }
    joined(words, lexicon)
}

/// Adds a word, or those that it stands for.
fn split(word: &str, words: &mut Vec<String>) {
    let mut push = |more: &str| words.extend(more.split(' ').map(str::to_owned));
    if let Some((_, whole)) = CONTRACTIONS.iter().find(|(short, _)| *short == word) {
        return push(whole);
    }
    if let Some((head, end)) = ENDS.iter().find_map(|(end, whole)| Some((word.strip_suffix(end)?, whole))) {
        push(head);
        return push(end);
    }
    if let Some(head) = word.strip_suffix("'s") {
        push(head);
        if PRONOUNS.contains(&head) {
            push("is");
        }
        return;
    }
    let is_file = [".py", ".md", ".toml", ".json"].iter().any(|end| word.ends_with(end));
    if is_file {
        return push(FILE);
    }
    // "Re-tune" is read as "tune", and "stop_evolving" as two words, but a called or private function stays one.
    let word = word.strip_prefix("re-").unwrap_or(word);
    let bare = word.trim_end_matches('_');
    let is_name = bare.contains('_') && (bare.len() < word.len() || bare.starts_with('_'));
    let marks: &[char] = if is_name { &['-', '/'] } else { &['-', '/', '_'] };
    word.split(marks).filter(|part| !part.is_empty()).for_each(push);
}

/// Joins compounds.
fn joined(words: Vec<String>, lexicon: &StopLexicon) -> Vec<String> {
    let (mut out, mut at) = (Vec::with_capacity(words.len()), 0);
    while at < words.len() {
        let fits = |compound: &&String| {
            let parts = compound.split('_').count();
            words.len() >= at + parts && compound.split('_').eq(words[at..at + parts].iter())
        };
        let compound = lexicon.compounds.get(&words[at]).and_then(|known| known.iter().find(fits));
        out.push(compound.unwrap_or(&words[at]).clone());
        at += compound.map_or(1, |compound| compound.split('_').count());
    }
    out
}
