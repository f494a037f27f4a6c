//! Descriptions of strategies, for `hyperspace strategies` and the page of strategies.

use std::fmt::Write as _;

use serde::Serialize;

use super::bandits::BanditSpec;
use super::catalogue::StrategySpec;
use super::parameter::StrategyParameter;

/// A strategy, described.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StrategyDescription {
    /// Its name.
    pub name: &'static str,
    /// Its effect in one sentence.
    pub summary: String,
    /// Its rule in full.
    pub description: String,
    /// The publication or system from which the formula is taken.
    pub source: &'static str,
    /// Its parameters.
    pub parameters: Vec<ParameterDescription>,
    /// The form in which a run records it, with default parameters.
    pub recorded: serde_json::Value,
}

/// A parameter of a strategy, described.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ParameterDescription {
    /// Its name.
    pub name: String,
    /// Its meaning.
    pub meaning: String,
    /// Its form, with the bounds.
    pub form: String,
    /// Its value if none is given.
    pub default: String,
}

/// Returns the page about all strategies and bandits.
#[must_use]
pub fn strategy_reference() -> String {
    let mut page = String::new();
    for one in StrategySpec::all_described().into_iter().chain(BanditSpec::all_described()) {
        write!(page, "\n## {}\n\n{}\n\nSource: {}.\n", one.name, one.description, one.source).expect(TO_TEXT);
        if one.parameters.is_empty() {
            page.push_str("\nNo parameters.\n");
            continue;
        }
        page.push_str("\n| parameter | default | value | meaning |\n|---|---|---|---|\n");
        for ParameterDescription { name, meaning, form, default } in one.parameters {
            writeln!(page, "| `{name}` | `{default}` | {form} | {meaning} |").expect(TO_TEXT);
        }
    }
    page
}

const TO_TEXT: &str = "writing to a text does not fail";

/// Joins lines of documentation into paragraphs.
pub(super) fn paragraphs(lines: &[&str]) -> String {
    let mut text = String::new();
    for line in lines.iter().map(|line| line.trim()) {
        match (line.is_empty(), text.is_empty() || text.ends_with('\n')) {
            (true, _) => text.push_str("\n\n"),
            (false, true) => text.push_str(line),
            (false, false) => {
                text.push(' ');
                text.push_str(line);
            }
        }
    }
    text
}

/// Returns the form of a parameter with its bounds.
pub(super) fn form<T: StrategyParameter>(low: u64, high: u64) -> String {
    let (form, what) = (T::form(), if T::counts_parts() { " of them" } else { "" });
    if (low, high) == (0, 0) { form } else { format!("{form}, {low} to {high}{what}") }
}
