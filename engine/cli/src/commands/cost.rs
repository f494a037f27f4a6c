//! Text about what a run costs: the check of its models, the most that it may cost, and what is likely left.

use hyperspace_llm::Spend;
use hyperspace_service::{LikelySpendView, ModelCheckView, RunStartView};

use crate::output;

/// Returns the lines before a run whose models are called, each with its name.
pub(super) fn before(start: &RunStartView) -> Vec<(&'static str, String)> {
    let mut lines: Vec<(&'static str, String)> =
        start.checks.iter().map(|check| ("check", checked(check))).collect();
    if let Some(cost) = &start.cost {
        lines.push((
            "cost",
            match cost.at_most {
                Some(most) => format!("at most {most}: {}", cost.because),
                None => format!("not known in advance: {}", cost.because),
            },
        ));
    }
    lines
}

fn checked(check: &ModelCheckView) -> String {
    let state = match (check.first_failure(), &check.ended_by_budget) {
        (_, Some(_)) => "not checked to the end",
        (None, None) => "answers",
        (Some(failure), None) => failure.check,
    };
    let state = if check.answers() { state.to_owned() } else { format!("failed ({state})") };
    let state =
        if check.answers() && !check.passed { "answers, and called no tool".to_owned() } else { state };
    let mut text = format!("{} {state}: {}", check.model, spent(&check.stats.spent));
    let learned: Vec<&str> = check.settings.values().flatten().map(String::as_str).collect();
    if !learned.is_empty() {
        text.push_str(&format!("; learned {}", learned.join(", ")));
    }
    text
}

/// Returns an amount in words: `2 calls, 310 tokens in, 24 out, $0.0002`.
pub(super) fn spent(spent: &Spend) -> String {
    format!(
        "{}, {} tokens in, {} out, {}",
        output::plural(spent.calls, "call"),
        spent.input_tokens,
        spent.output_tokens,
        spent.cost
    )
}

/// Returns what is likely left, once a generation was measured; `None` where nothing is left.
pub(super) fn likely(view: &LikelySpendView) -> Option<String> {
    (view.left > 0).then(|| {
        format!(
            "cost    likely {} more for the {} left, as {} took {}",
            spent(&view.likely),
            output::plural(view.left, "candidate"),
            output::plural(view.measured, "candidate"),
            spent(&view.spent)
        )
    })
}
