//! Secrets and addresses, wherever they stand.

use super::SharingPolicy;

/// Beginnings of keys of providers, and the characters that follow at least.
const KEYS: [(&str, usize); 12] = [
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
/// Names that a secret is given to.
const NAMES: [&str; 6] = ["api_key", "apikey", "password", "passwd", "secret", "token"];
/// Characters of a secret that is given to a name, at least.
const SECRET_CHARS_MIN: usize = 12;
/// Beginnings of addresses.
const SCHEMES: [&str; 7] = ["http://", "https://", "ftp://", "ssh://", "ws://", "wss://", "www."];

/// Returns the line after each policy that changed it.
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

/// Replaces every word for which `put` has another text.
fn words(line: &str, is_part: fn(char) -> bool, put: impl Fn(&str, &str) -> Option<String>) -> String {
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
            word.find(start).filter(begins).is_some_and(|at| word.len() >= at + start.len() + least)
        };
        let before = before.to_lowercase();
        let assigned = before.trim_end_matches([' ', '"', '\'']);
        let given = assigned.ends_with(['=', ':'])
            && NAMES.iter().any(|name| assigned.trim_end_matches(['=', ':', ' ', '"', '\'']).ends_with(name));
        let mixed = word.chars().any(|c| c.is_ascii_digit()) && word.chars().any(|c| c.is_ascii_alphabetic());
        let secret = KEYS.iter().any(key) || (given && mixed && word.len() >= SECRET_CHARS_MIN);
        secret.then(|| "[secret]".to_owned())
    })
}

fn addresses(line: &str) -> String {
    let part = |c: char| {
        !c.is_whitespace() && !matches!(c, '"' | '\'' | '(' | ')' | '<' | '>' | '[' | ']' | '`' | ',' | ';')
    };
    words(line, part, |word, _| {
        let lower = word.to_lowercase();
        if let Some(at) = SCHEMES.iter().filter_map(|scheme| lower.find(scheme)).min() {
            return word.get(..at).map(|before| format!("{before}[address]"));
        }
        (is_mail(word) || is_ip(word)).then(|| "[address]".to_owned())
    })
}

fn is_mail(word: &str) -> bool {
    let word = word.trim_end_matches(['.', ':', '!', '?']);
    word.split_once('@').is_some_and(|(name, host)| {
        let end = host.rsplit_once('.').map(|(_, end)| end).unwrap_or_default();
        !name.is_empty() && end.len() >= 2 && end.chars().all(|c| c.is_ascii_alphabetic())
    })
}

fn is_ip(word: &str) -> bool {
    let host = word.split(['/', ':']).next().unwrap_or_default();
    let parts: Vec<&str> = host.split('.').collect();
    parts.len() == 4 && parts.iter().all(|part| part.parse::<u8>().is_ok())
}
