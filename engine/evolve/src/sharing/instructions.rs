//! Lines that tell their reader what to do.
//!
//! A line is compared as it is read and as it may be disguised: letters of other scripts that look alike and digits for letters are read
//! as what they look like, and everything between letters is left out.

/// Phrases of instructions, as words in lower case.
const PHRASES: [&str; 62] = [
    "ignore all",
    "ignore any",
    "ignore previous",
    "ignore the previous",
    "ignore the above",
    "ignore your",
    "ignore other",
    "disregard",
    "forget everything",
    "forget your",
    "forget all",
    "override your",
    "new instructions",
    "your instructions",
    "system prompt",
    "system message",
    "do not modify",
    "do not change",
    "do not edit",
    "do not read",
    "do not touch",
    "do not evaluate",
    "do not use other",
    "don't modify",
    "don't change",
    "don't edit",
    "must not change",
    "must not modify",
    "never modify",
    "never change",
    "never edit",
    "stop exploring",
    "stop here",
    "stop evolving",
    "stop improving",
    "no further changes",
    "give up",
    "leave unchanged",
    "leave it unchanged",
    "copy this file",
    "copy this code",
    "replace your",
    "delete your",
    "delete all",
    "overwrite your",
    "rm -rf",
    "run the following",
    "execute the following",
    "run this command",
    "from now on",
    "you must",
    "you should",
    "you are now",
    "you have to",
    "dear agent",
    "attention agent",
    "note to the agent",
    "send your",
    "reveal your",
    "print your",
    "fetch the",
    "download the",
];
/// The same in other languages, and marks of roles in prompts of models.
const FOREIGN: [&str; 22] = [
    "ignoriere",
    "vergiss alle",
    "ändere nichts",
    "nicht ändern",
    "ignorez",
    "ne modifiez",
    "ne pas modifier",
    "oubliez",
    "ignora ",
    "no modifiques",
    "no modificar",
    "olvida ",
    "ignorare",
    "non modificare",
    "忽略",
    "不要修改",
    "無視",
    "무시",
    "<|im_start|>",
    "<|system|>",
    "[inst]",
    "<<sys>>",
];
/// Beginnings of lines of a conversation.
const ROLES: [&str; 6] = ["system:", "assistant:", "user:", "human:", "### instruction", "tool_call"];
/// Letters that a phrase without its spaces has at least, to be looked for in disguise.
const DISGUISED_LETTERS_MIN: usize = 9;
/// Characters of a word that may be an encoded text.
const ENCODED_CHARS_MIN: usize = 40;

/// Returns whether prose tells its reader what to do.
pub(super) fn tells(prose: &str) -> bool {
    let lower = prose.to_lowercase();
    let plain: String = lower.split_whitespace().collect::<Vec<_>>().join(" ");
    let start = plain.trim_start_matches(['#', '"', '\'', ' ', '-', '*', '>']);
    if PHRASES.iter().any(|phrase| has_words(&plain, phrase))
        || FOREIGN.iter().any(|phrase| plain.contains(phrase))
    {
        return true;
    }
    if ROLES.iter().any(|role| start.starts_with(role)) || plain.contains("\"role\"") {
        return true;
    }
    let squeezed: String = lower.chars().map(looks_like).filter(char::is_ascii_alphabetic).collect();
    let disguised = |phrase: &&str| {
        let letters: String = phrase.chars().filter(char::is_ascii_alphabetic).collect();
        letters.len() >= DISGUISED_LETTERS_MIN && squeezed.contains(&letters)
    };
    is_spaced_out(&lower) && PHRASES.iter().any(disguised) || lower.split_whitespace().any(is_encoded)
}

/// Returns whether a text has a phrase, and not only as parts of longer words.
fn has_words(text: &str, phrase: &str) -> bool {
    text.match_indices(phrase).any(|(at, _)| {
        let letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        !letter(text[..at].chars().next_back()) && !letter(text[at + phrase.len()..].chars().next())
    })
}

/// Returns whether a text may be in disguise: single letters in a row, letters of other scripts among those of ours, or digits within
/// words.
fn is_spaced_out(text: &str) -> bool {
    let single = |word: &str| word.chars().count() == 1;
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let row = words.windows(4).any(|words| words.iter().all(|word| single(word)));
    let mixed = text.chars().any(|c| !c.is_ascii() && looks_like(c).is_ascii_alphabetic());
    let digits = words.iter().any(|word| {
        word.chars().any(|c| c.is_ascii_digit())
            && word.chars().filter(char::is_ascii_alphabetic).count() >= 2
    });
    row || mixed || digits
}

/// Returns the letter that a character looks like.
fn looks_like(c: char) -> char {
    match c {
        'а' | 'ạ' | 'α' | '@' | '4' => 'a',
        'с' => 'c',
        'ԁ' => 'd',
        'е' | 'ё' | 'ε' | '3' => 'e',
        'һ' => 'h',
        'і' | 'ı' | 'ι' | '1' | '!' => 'i',
        'ј' => 'j',
        'ո' => 'n',
        'о' | 'ο' | '0' => 'o',
        'р' | 'ρ' => 'p',
        'ѕ' | '$' | '5' => 's',
        'т' | '7' => 't',
        'υ' => 'u',
        'х' => 'x',
        'у' => 'y',
        '\u{ff41}'..='\u{ff5a}' => char::from_u32(c as u32 - 0xff41 + 0x61).unwrap_or(c),
        c => c,
    }
}

/// Returns whether a word may be a text in another alphabet, such as base64 or hexadecimal.
fn is_encoded(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || c == '+' || c == '/' || c == '=');
    plain && word.len() >= ENCODED_CHARS_MIN && word.chars().any(|c| c.is_ascii_digit())
}
