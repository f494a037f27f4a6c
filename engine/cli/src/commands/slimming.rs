//! Slimming attempts as lines of text.

use hyperspace_service::{SlimmingView, SlimmingsView};

use crate::output;

/// Returns the line about the attempts of a run.
pub(super) fn line(view: &SlimmingsView) -> String {
    let attempts = output::plural(view.attempts, "attempt");
    let changed =
        if view.changed > 0 { format!(", {} changed an answer", view.changed) } else { String::new() };
    format!(
        "slimming: {} of {attempts} kept every answer{changed}; {} and {} saved, for {} fuel\n",
        view.kept,
        output::plural(view.nodes_saved, "node"),
        output::plural(view.bytes_saved, "byte"),
        output::count(view.fuel)
    )
}

/// Returns the result of one attempt in words.
pub(super) fn attempt(view: &SlimmingView) -> String {
    let number = |nodes: Option<u64>| nodes.map_or_else(|| "?".to_owned(), |nodes| nodes.to_string());
    let sizes = format!(
        "{} instead of {} nodes, {} instead of {} bytes",
        number(view.nodes),
        number(view.nodes_before),
        view.bytes,
        view.bytes_before
    );
    let told = match (view.verdict.as_str(), &view.differs) {
        ("kept", _) => format!("every answer kept, {sizes}"),
        ("changed", Some(case)) => format!("refused: {} is answered otherwise; {sizes}", output::line(case)),
        ("nothing", _) => "nothing could go".to_owned(),
        (other, _) => other.to_owned(),
    };
    format!("of {}: {told}; {}", view.of, output::plural(view.tries, "try")).replace(" trys", " tries")
}
