//! Outcomes of calls in words: refusals, repairs, empty answers, waits.

use hyperspace_llm::{CallStats, Models};

use super::paid::is_unpriced;

/// Number of milliseconds in a second.
const SECOND_MS: u64 = 1_000;

/// Returns notable facts about calls besides their number and cost, one per line: refusals with the text of the last one,
/// repairs, empty and truncated answers, retries and waits, requests in another form, and costs by model if there are several.
#[must_use]
pub fn call_notes(stats: &CallStats) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(last) = &stats.last_refusal {
        let filtered = if stats.filtered > 0 {
            format!(", {} of them by a filter", stats.filtered)
        } else {
            String::new()
        };
        let calls = counted(stats.calls, "call");
        notes.push(format!("{} of {calls} refused{filtered}; the last: {last}", stats.refused));
    }
    if stats.empty > 0 {
        notes.push(format!(
            "{}: the length limit was reached while thinking, a filter, or nothing said",
            counted(stats.empty, "empty answer")
        ));
    }
    if stats.cut > 0 {
        notes.push(format!(
            "{} cut off by a limit of length: that of the request, or `max-output-tokens`",
            counted(stats.cut, "answer")
        ));
    }
    if stats.repaired > 0 {
        let kinds: Vec<&str> = stats.repairs.keys().map(|repair| repair.describe()).collect();
        notes.push(format!("{} repaired: {}", counted(stats.repaired, "answer"), kinds.join(", ")));
    }
    if stats.estimated > 0 {
        let answers = counted(stats.answered, "answer");
        notes.push(format!(
            "tokens of {} of {answers} are estimates, four bytes each, and so is what they cost: the provider did not count them",
            stats.estimated
        ));
    }
    let faults: u64 = stats.faults.values().sum();
    if faults > 0 {
        notes.push(format!(
            "{} of providers on the way, {} asked again after {} s of waiting",
            counted(faults, "fault"),
            stats.retried,
            stats.waited_ms / SECOND_MS
        ));
    }
    if stats.adapted > 0 {
        notes.push(format!(
            "{} changed after a refusal of {} form; `doctor --model` prints the settings",
            counted(stats.adapted, "request"),
            if stats.adapted == 1 { "its" } else { "their" }
        ));
    }
    if stats.models.len() > 1 {
        for (name, one) in &stats.models {
            let spent = one.spent;
            let about = if one.estimated > 0 { "about " } else { "" };
            let paid = if is_unpriced(&spent) { String::new() } else { format!(", {}", spent.cost) };
            notes.push(format!(
                "{name}: {}, {} failed, {about}{} in, {about}{} out{paid}",
                counted(one.calls, "call"),
                one.failed,
                counted(spent.input_tokens, "token"),
                spent.output_tokens
            ));
        }
    }
    notes
}

/// Returns a number with its noun: `1 call`, `2 calls`.
fn counted(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Returns the models that refused calls and have never answered one: nothing can be said about those who called them.
pub(crate) fn unanswered(models: &Models) -> Vec<String> {
    let stats = models.stats();
    let silent = stats
        .models
        .iter()
        .filter(|(name, one)| one.refused > 0 && !models.has_answered(name) && !models.has_substitute(name));
    silent.map(|(name, _)| name.clone()).collect()
}
