//! The outcome of a rule.

use std::collections::BTreeMap;

/// Asserts that a rule has no violations, each a subject with a detail for the message.
pub(crate) fn none(rule: &str, found: BTreeMap<String, String>) {
    let lines: Vec<String> = found
        .iter()
        .map(|(subject, detail)| format!("{rule} {subject}  {detail}").trim_end().to_owned())
        .collect();
    assert!(lines.is_empty(), "violations of the rule {rule}:\n{}", lines.join("\n"));
}
