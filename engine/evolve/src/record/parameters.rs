//! Parameters in a text that names a rule: `KEY=VALUE,…`.

use std::collections::BTreeSet;

/// Returns key and value of each parameter, trimmed. A parameter without `=` has an empty value. The error is a key that is given
/// twice.
pub(super) fn parameters(text: &str) -> impl Iterator<Item = Result<(&str, &str), String>> {
    let pairs = text.split(',').filter(|part| !part.is_empty()).map(|part| {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        Ok((key.trim(), value.trim()))
    });
    given_once(pairs)
}

/// As [`parameters`], but strict: untrimmed, with an error for a parameter without `=` and for nothing between two commas.
pub(super) fn strict_parameters(text: &str) -> impl Iterator<Item = Result<(&str, &str), String>> {
    let pairs = text.split(',').map(|part| {
        part.split_once('=').ok_or_else(|| format!("{part:?} is no parameter; expected KEY=VALUE"))
    });
    given_once(pairs)
}

/// Passes pairs on, with an error in place of each whose key was there before.
fn given_once<'a>(
    pairs: impl Iterator<Item = Result<(&'a str, &'a str), String>>,
) -> impl Iterator<Item = Result<(&'a str, &'a str), String>> {
    let mut given = BTreeSet::new();
    pairs.map(move |pair| match pair {
        Ok((key, _)) if !given.insert(key) => Err(format!("{key} is given twice")),
        other => other,
    })
}
