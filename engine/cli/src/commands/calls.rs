//! Text about model calls, for the commands that make them.

use hyperspace_llm::{CallStats, Spend};
use hyperspace_service::call_notes;

use super::cost;
use crate::session::CliSession;
use crate::style::Palette;
use crate::{ambient, output};

/// Returns notable facts about calls besides their number and cost, one per line.
pub(super) fn notes(stats: Option<&CallStats>) -> String {
    let notes = stats.into_iter().flat_map(call_notes);
    let wrapped =
        |note: String| output::wrapped(&format!("  {}\n", output::harmless(&note)), ambient::text_width(), 2);
    notes.map(wrapped).collect()
}

/// Returns recorded calls: their number and cost, and other notable facts.
pub(super) fn recorded(session: &CliSession, stats: Option<&CallStats>) -> String {
    recorded_with_test(session, stats, None)
}

/// As [`recorded`], including the calls of a final test, which are part of the sum.
pub(super) fn recorded_with_test(
    session: &CliSession,
    stats: Option<&CallStats>,
    test: Option<Spend>,
) -> String {
    if stats.is_none() && test.is_none() {
        return String::new();
    }
    let names = stats.into_iter().flat_map(|calls| calls.models.keys().map(String::as_str));
    let spent = stats.map(|calls| calls.spent).unwrap_or_default().plus(test.unwrap_or_default());
    let of_test = test.map(|test| format!(" ({} of them in the final test)", test.calls)).unwrap_or_default();
    let line = format!("models: {}{of_test}\n", cost::spent(session, &spent, names));
    output::wrapped(&line, ambient::text_width(), 2) + &notes(stats)
}

/// Returns a line for each model that answered no call.
pub(super) fn unanswered(session: &CliSession, names: &[String], palette: Palette) -> String {
    let line = |name: &String| {
        let said = palette.bad(&format!("model {name} answered no call"));
        format!("{said}: {} doctor --model {name:?} finds what it does not take\n", session.program())
    };
    names.iter().map(line).collect()
}
