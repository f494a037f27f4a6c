//! API keys that never appear in output.

use std::fmt;

use serde::{Serialize, Serializer};

/// The text shown instead of a key.
pub(crate) const PLACEHOLDER: &str = "[key]";

/// An API key. Its text leaves this crate only in the header of a request; `Debug`, `Display` and serialisation show a
/// placeholder.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Secret(Box<str>);

impl Secret {
    /// Creates a key, removing what files and shells leave around it: white space, a byte order mark, quotes, `NAME=` and
    /// `Bearer`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut key = text.trim().trim_start_matches('\u{feff}').trim();
        key = key.strip_prefix("export ").unwrap_or(key).trim();
        let named = |name: &str| {
            let plain = name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
            plain && ["KEY", "TOKEN", "SECRET"].iter().any(|word| name.contains(word))
        };
        if let Some((_, value)) = key.split_once('=').filter(|(name, _)| named(name.trim())) {
            key = value.trim();
        }
        for quote in ['"', '\''] {
            let inner = key.strip_prefix(quote).and_then(|key| key.strip_suffix(quote));
            key = inner.unwrap_or(key).trim();
        }
        let bare = key.strip_prefix("Bearer ").or_else(|| key.strip_prefix("bearer "));
        Self(bare.unwrap_or(key).trim().into())
    }

    /// Returns whether the key is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

/// Minimum number of bytes of a secret key.
const SECRET_BYTES_MIN: usize = 8;
/// Minimum number of bytes of a key that consists only of words.
const PHRASE_BYTES_MIN: usize = 20;
/// Minimum number of bytes of a key that consists of a known prefix and words.
const FORMED_BYTES_MIN: usize = 12;
/// Prefixes of keys.
const PREFIXES: [&str; 9] = ["sk-", "sk_", "gsk_", "hf_", "xai-", "AIza", "ghp_", "pat_", "key-"];
/// Maximum number of letters of a word, and of digits of a number, that are not a key by themselves.
const WORD_LETTERS_MAX: usize = 12;
const NUMBER_DIGITS_MAX: usize = 4;

/// Returns whether a key is a secret, and not a placeholder for servers without keys such as `test`, `EMPTY` or `not-needed`.
pub(crate) fn is_secret(key: &str) -> bool {
    let formed = PREFIXES.iter().any(|start| key.starts_with(start))
        && key.len() >= FORMED_BYTES_MIN
        && !says_none(key);
    let secret =
        key.len() >= SECRET_BYTES_MIN && (key.len() >= PHRASE_BYTES_MIN || has_chance(key) || formed);
    secret && !key.chars().all(|c| key.starts_with(c))
}

/// Returns whether a text says that there is no key.
fn says_none(text: &str) -> bool {
    const WORDS: [&str; 12] = [
        "no",
        "not",
        "none",
        "key",
        "dummy",
        "fake",
        "test",
        "example",
        "your",
        "here",
        "placeholder",
        "xxxx",
    ];
    text.split(|c: char| !c.is_alphanumeric()).any(|part| WORDS.contains(&part.to_ascii_lowercase().as_str()))
}

/// Returns whether a text has a part that is neither a word nor a number.
fn has_chance(text: &str) -> bool {
    let parts = text.split(|c: char| !c.is_alphanumeric());
    let ordinary = |part: &str| {
        let letters = part.bytes().all(|byte| byte.is_ascii_alphabetic());
        let digits = part.bytes().all(|byte| byte.is_ascii_digit());
        letters && part.len() <= WORD_LETTERS_MAX || digits && part.len() <= NUMBER_DIGITS_MAX
    };
    parts.into_iter().any(|part| !ordinary(part))
}

/// Returns the part of a setting's value that is a key, judging by its name and form: `Bearer …`, `sk-…`, long random text.
pub(crate) fn key_in<'a>(name: &str, value: &'a str) -> Option<&'a str> {
    const NAMES: [&str; 8] =
        ["key", "token", "secret", "auth", "password", "cookie", "credential", "signature"];
    let bare = value.trim();
    let bare = ["Bearer ", "bearer ", "Basic ", "basic ", "Token ", "token "]
        .iter()
        .find_map(|scheme| bare.strip_prefix(scheme))
        .unwrap_or(bare)
        .trim();
    let name = name.to_ascii_lowercase();
    let named = NAMES.iter().any(|word| name.contains(word));
    let random = |part: &str| {
        let both = part.bytes().any(|b| b.is_ascii_digit()) && part.bytes().any(|b| b.is_ascii_alphabetic());
        part.len() >= PHRASE_BYTES_MIN && both
    };
    let one = !bare.contains([' ', '/', '<', '{']) || named;
    let formed = PREFIXES.iter().any(|start| bare.starts_with(start))
        || one && bare.split(['-', '_', '.', '=', ';', ':']).any(random);
    (is_secret(bare) && (named || formed)).then_some(bare)
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PLACEHOLDER)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PLACEHOLDER)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(PLACEHOLDER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_no_secrets() {
        for key in [
            "test",
            "none",
            "dummy",
            "token",
            "ollama",
            "EMPTY",
            "x",
            "lm-studio",
            "not-needed",
            "sk-1234",
            "no-key-required",
            "dummy-key",
            "placeholder",
            "changeme",
            "sk-no-key-required",
            "xxxxxxxxxxxxxxxxxxxxxxxx",
        ] {
            assert!(!is_secret(key), "{key}");
        }
        for key in [
            "sk-canary-0123456789",
            "sk-ant-api03-abcdEFGH",
            "123e4567-e89b-12d3-a456-426614174000",
            "correct-horse-battery-staple",
            "gsk_a1b2c3d4e5f6",
            "AIzaSyA1234567890",
        ] {
            assert!(is_secret(key), "{key}");
        }
    }

    #[test]
    fn keys_are_found_in_other_settings() {
        for (name, value, expected) in [
            ("x-secret", "sk-canary-abcdefgh", Some("sk-canary-abcdefgh")),
            ("X-Auth", "Bearer 0123456789abcdef", Some("0123456789abcdef")),
            ("x-other", "a1b2c3d4e5f6a7b8c9d0e1f2", Some("a1b2c3d4e5f6a7b8c9d0e1f2")),
            ("HTTP-Referer", "https://example.org/project-1234567890", None),
            ("X-Title", "my project of great length", None),
            ("anthropic-beta", "prompt-caching-2024-07-31", None),
            ("x-api-key", "test", None),
        ] {
            assert_eq!(key_in(name, value), expected, "{name}: {value}");
        }
    }

    #[test]
    fn what_stands_around_a_key_is_no_part_of_it() {
        for text in [
            "sk-a",
            " sk-a\n",
            "\u{feff}sk-a",
            "\"sk-a\"",
            "'sk-a'",
            "Bearer sk-a",
            "OPENAI_API_KEY=sk-a",
            "export OPENAI_API_KEY=\"sk-a\"\n",
        ] {
            assert_eq!(Secret::new(text).expose(), "sk-a", "{text}");
        }
        for text in ["abc=", "a=b", "http://h/v1?x=1"] {
            assert_eq!(Secret::new(text).expose(), text);
        }
    }

    #[test]
    fn nothing_shows_it() {
        let secret = Secret::new(" sk-canary-0123456789\n");
        let shown = format!("{secret} {secret:?} {secret:#?} {}", serde_json::to_string(&secret).unwrap());
        assert!(!shown.contains("canary"), "{shown}");
        assert_eq!(secret.expose(), "sk-canary-0123456789");
    }
}
