//! Outcomes of calls, in words: refusals, repairs, empty answers, waits.

use hyperspace_llm::{CallStats, Models};

use super::paid::is_unpriced;

/// Milliseconds of a second.
const SECOND_MS: u64 = 1_000;

/// Returns what is worth knowing of calls besides their number and cost, one line each: refusals with the last one's words, repairs,
/// empty answers, retries and waits, requests in another form, and costs by model where there are several.
#[must_use]
pub fn call_notes(stats: &CallStats) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(last) = &stats.last_refusal {
        let filtered = if stats.filtered > 0 {
            format!(", {} of them by a filter", stats.filtered)
        } else {
            String::new()
        };
        notes.push(format!("{} of {} calls refused{filtered}; the last: {last}", stats.refused, stats.calls));
    }
    if stats.empty > 0 {
        notes.push(format!(
            "{} empty answers: the length limit was reached while thinking, a filter, or nothing said",
            stats.empty
        ));
    }
    if stats.repaired > 0 {
        let kinds: Vec<&str> = stats.repairs.keys().map(|repair| repair.describe()).collect();
        notes.push(format!("{} answers repaired: {}", stats.repaired, kinds.join(", ")));
    }
    let faults: u64 = stats.faults.values().sum();
    if faults > 0 {
        notes.push(format!(
            "{faults} faults of providers on the way, {} asked again after {} s of waiting",
            stats.retried,
            stats.waited_ms / SECOND_MS
        ));
    }
    if stats.adapted > 0 {
        notes.push(format!(
            "{} requests changed after a refusal of their form; `doctor --model` prints the settings",
            stats.adapted
        ));
    }
    if stats.models.len() > 1 {
        for (name, one) in &stats.models {
            let spent = one.spent;
            let paid = if is_unpriced(&spent) { String::new() } else { format!(", {}", spent.cost) };
            notes.push(format!(
                "{name}: {} calls, {} failed, {} tokens in, {} out{paid}",
                one.calls, one.failed, spent.input_tokens, spent.output_tokens
            ));
        }
    }
    notes
}

/// Returns the models that refused calls and never answered one, now or before: nothing can be said about those who asked them.
pub(crate) fn unanswered(models: &Models) -> Vec<String> {
    let stats = models.stats();
    let silent = stats
        .models
        .iter()
        .filter(|(name, one)| one.refused > 0 && !models.has_answered(name) && !models.has_substitute(name));
    silent.map(|(name, _)| name.clone()).collect()
}
