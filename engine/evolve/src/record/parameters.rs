//! Parameters in a text that names a rule: `KEY=VALUE,…`.

use std::collections::BTreeSet;

/// Returns key and value of each parameter, trimmed. A parameter without `=` has an empty value. The error is a key that is given
/// twice.
pub(super) fn parameters(text: &str) -> impl Iterator<Item = Result<(&str, &str), String>> {
    let mut given = BTreeSet::new();
    text.split(',').filter(|part| !part.is_empty()).map(move |part| {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let key = key.trim();
        if given.insert(key) { Ok((key, value.trim())) } else { Err(format!("{key} is given twice")) }
    })
}

/// As [`parameters`], but strict: untrimmed, with an error for a parameter without `=` and for nothing between two commas.
pub(super) fn strict_parameters(text: &str) -> impl Iterator<Item = Result<(&str, &str), String>> {
    let mut given = BTreeSet::new();
    text.split(',').map(move |part| {
        let (key, value) =
            part.split_once('=').ok_or_else(|| format!("{part:?} is no parameter; expected KEY=VALUE"))?;
        if given.insert(key) { Ok((key, value)) } else { Err(format!("{key} is given twice")) }
    })
}
