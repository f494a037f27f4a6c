//! Secrets and addresses, wherever they occur.

use std::ops::Range;

use super::{SharingPolicy, work};

/// Prefixes of providers' keys, each with the minimum number of characters that follow.
const KEYS: [(&str, usize); 18] = [
    ("glpat-", 16),
    ("npm_", 20),
    ("pypi-", 20),
    ("r8_", 20),
    ("gsk_", 20),
    ("rk_live_", 16),
    ("sk-", 16),
    ("sk_", 16),
    ("AKIA", 16),
    ("ASIA", 16),
    ("ghp_", 20),
    ("gho_", 20),
    ("github_pat_", 20),
    ("xoxb-", 10),
    ("xoxp-", 10),
    ("hf_", 20),
    ("AIza", 30),
    ("eyJhbGci", 20),
];
/// Names to which secrets are assigned.
const NAMES: [&str; 9] =
    ["api_key", "api-key", "apikey", "password", "passwd", "secret", "token", "authorization", "bearer"];
/// Maximum number of characters of such a name.
const NAME_CHARS_MAX: usize = 13;
/// Minimum number of characters of a secret that is assigned to a name.
const SECRET_CHARS_MIN: usize = 12;
/// Parts of addresses: what follows a scheme, and common beginnings.
const SCHEMES: [&str; 3] = ["://", "www.", "mailto:"];
/// The text that replaces an address.
pub(super) const ADDRESS: &str = "[address]";
/// Endings of host names.
const HOSTS: [&str; 34] = [
    "com", "org", "net", "io", "dev", "ai", "app", "co", "me", "sh", "gg", "ly", "xyz", "info", "biz", "ru",
    "cn", "de", "uk", "fr", "eu", "us", "tv", "cc", "to", "site", "online", "top", "example", "test",
    "onion", "local", "internal", "cloud",
];

/// Returns the line after each policy that changes it.
pub(super) fn redacted(line: &str) -> Vec<(SharingPolicy, String)> {
    let mut found = Vec::new();
    let mut line = line.to_owned();
    for (policy, change) in
        [(SharingPolicy::Secret, secrets as fn(&str) -> String), (SharingPolicy::Address, addresses)]
    {
        let changed = change(&line);
        if changed != line {
            found.push((policy, changed.clone()));
            line = changed;
        }
    }
    found
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '+' | '/' | '=')
}

/// Replaces every word for which `put` returns another text.
fn words(line: &str, is_part: fn(char) -> bool, put: impl Fn(&str, &str) -> Option<String>) -> String {
    work::count(line.len());
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(is_part) {
        out.push_str(&rest[..at]);
        let len = rest[at..].find(|c| !is_part(c)).unwrap_or(rest.len() - at);
        let word = &rest[at..at + len];
        match put(word, &out) {
            Some(text) => out.push_str(&text),
            None => out.push_str(word),
        }
        rest = &rest[at + len..];
    }
    out + rest
}

fn secrets(line: &str) -> String {
    if line.contains("-----BEGIN") && line.contains("KEY-----") {
        return "[secret]".to_owned();
    }
    words(line, is_word, |word, before| {
        let key = |(start, least): &(&str, usize)| {
            // Not within a longer word, as in "task-…".
            let begins = |at: &usize| !word[..*at].ends_with(|c: char| c.is_ascii_alphanumeric());
            word.len() >= start.len() + least
                && word.find(start).filter(begins).is_some_and(|at| word.len() >= at + start.len() + least)
        };
        // Keys of providers are longer.
        if word.len() < SECRET_CHARS_MIN {
            return None;
        }
        let mixed = word.chars().any(|c| c.is_ascii_digit()) && word.chars().any(|c| c.is_ascii_alphabetic());
        let secret = KEYS.iter().any(key) || (mixed && is_name_of_secret(before));
        secret.then(|| "[secret]".to_owned())
    })
}

/// Returns whether a text ends with the name of a secret and what assigns a value to it. Signs of assignment are passed over up to
/// the previous word, and before them as many characters are read as the longest name has.
fn is_name_of_secret(before: &str) -> bool {
    let assigned = before.trim_end_matches([' ', '"', '\'']);
    let name = assigned.trim_end_matches(['=', ':', ' ', '"', '\'']);
    work::count(before.len() - name.len() + NAME_CHARS_MAX);
    let last = |text: &str| -> String {
        let from = text.char_indices().rev().nth(NAME_CHARS_MAX - 1).map_or(0, |(at, _)| at);
        text[from..].to_lowercase()
    };
    if !assigned.ends_with(['=', ':']) {
        return last(assigned).ends_with("bearer");
    }
    let name = last(name);
    NAMES.iter().any(|known| name.ends_with(known))
}

fn is_part(c: char) -> bool {
    is_prose_part(c) && !matches!(c, '[' | ']')
}

fn is_prose_part(c: char) -> bool {
    !c.is_whitespace() && !matches!(c, '"' | '\'' | '(' | ')' | '<' | '>' | '`' | ',' | ';')
}

fn addresses(line: &str) -> String {
    words(line, is_part, |word, _| {
        // No host, address or number is without them.
        if !word.contains(['.', ':']) {
            return None;
        }
        // Other characters may become longer in lower case, and places in the word would differ.
        let lower = word.to_ascii_lowercase();
        if let Some(at) = SCHEMES.iter().filter_map(|scheme| lower.find(scheme)).min() {
            let before =
                word[..at].trim_end_matches(|c: char| c.is_alphanumeric() || matches!(c, '+' | '-' | '.'));
            return Some(format!("{before}{ADDRESS}"));
        }
        (is_mail(word) || is_ip(word)).then(|| ADDRESS.to_owned())
    })
}

/// Returns the places of host names in prose, with what follows them.
pub(super) fn hosts(prose: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = prose[from..].find(is_prose_part).map(|at| from + at) {
        let len = prose[at..].find(|c| !is_prose_part(c)).unwrap_or(prose.len() - at);
        let word = prose[at..at + len].trim_end_matches(['.', ':', '!', '?']);
        from = at + len;
        if word.contains(['.', ':']) && is_host(word) {
            found.push(at..at + word.len());
        }
    }
    found
}

fn is_host(word: &str) -> bool {
    let word = word.to_lowercase().replace("[.]", ".").replace("[:]", ":");
    let word = word.split_once("://").map_or(word.as_str(), |(_, rest)| rest);
    let host = word.split(['/', ':', '?', '#']).next().unwrap_or_default();
    let known = host.rsplit_once('.').is_some_and(|(name, end)| {
        HOSTS.contains(&end)
            && !name.is_empty()
            && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'))
    });
    let six = word.matches(':').count() >= 2
        && word.contains("::")
        && word.trim_matches(['[', ']']).chars().all(|c| c.is_ascii_hexdigit() || c == ':')
        && word.chars().any(|c| c.is_ascii_hexdigit());
    known || six
}

fn is_mail(word: &str) -> bool {
    word.split_once('@').is_some_and(|(name, host)| {
        let host = host.split(['/', ':']).next().unwrap_or_default().trim_end_matches(['.', '!', '?']);
        let end = host.rsplit_once('.').map(|(_, end)| end).unwrap_or_default();
        !name.is_empty() && HOSTS.contains(&end.to_lowercase().as_str())
    })
}

fn is_ip(word: &str) -> bool {
    let host = word.split(['/', ':']).next().unwrap_or_default();
    let parts: Vec<&str> = host.split('.').collect();
    parts.len() == 4 && parts.iter().all(|part| part.parse::<u8>().is_ok())
}
