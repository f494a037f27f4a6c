//! Violations that are there today. The list only shrinks: a new violation fails, and so does a line that is no violation any
//! more. When the file `present.txt` is empty, this module and the file go.

use std::collections::{BTreeMap, BTreeSet};

use super::repository::root;

/// Compares violations of a rule, each with a detail for the message, with the lines `RULE SUBJECT` of `present.txt`.
pub(crate) fn check(rule: &str, found: BTreeMap<String, String>) {
    let path = root().join("tests/rules/tests/house/present.txt");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let prefix = format!("{rule} ");
    let listed: BTreeSet<&str> = text.lines().filter_map(|line| line.strip_prefix(&prefix)).collect();
    let new: Vec<String> = found
        .iter()
        .filter(|(subject, _)| !listed.contains(subject.as_str()))
        .map(|(subject, detail)| format!("{prefix}{subject}  {detail}").trim_end().to_owned())
        .collect();
    assert!(new.is_empty(), "new violations of the rule {rule}:\n{}", new.join("\n"));
    let gone: Vec<&str> = listed.into_iter().filter(|subject| !found.contains_key(*subject)).collect();
    assert!(
        gone.is_empty(),
        "no violations of the rule {rule} any more; remove these lines:\n{}",
        gone.join("\n")
    );
}
