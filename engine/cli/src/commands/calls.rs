//! Text about calls of models, for the commands that make them.

use hyperspace_llm::CallStats;
use hyperspace_service::call_notes;

use super::cost;
use crate::output;
use crate::session::CliSession;
use crate::style::Palette;

/// Returns what is worth knowing of calls besides their number and cost, one line each.
pub(super) fn notes(stats: Option<&CallStats>) -> String {
    let notes = stats.into_iter().flat_map(call_notes);
    notes.map(|note| format!("  {}\n", output::harmless(&note))).collect()
}

/// Returns the calls of a record: their number and cost, and what is worth knowing besides.
pub(super) fn recorded(stats: Option<&CallStats>) -> String {
    let Some(calls) = stats else { return String::new() };
    format!("models: {}\n{}", cost::spent(&calls.spent), notes(stats))
}

/// Returns a line for each model that answered no call.
pub(super) fn unanswered(session: &CliSession, names: &[String], palette: Palette) -> String {
    let line = |name: &String| {
        let said = palette.bad(&format!("model {name} answered no call"));
        format!("{said}: {} doctor --model {name:?} finds what it does not take\n", session.program())
    };
    names.iter().map(line).collect()
}
