//! Text about the costs of a run: the check of its models, the highest possible cost, and the likely rest.

use hyperspace_llm::{Cost, Spend};
use hyperspace_service::{LikelySpendView, ModelCheckView, RunStartView};

use crate::output;
use crate::session::CliSession;

/// Returns the named lines shown before a run that calls models.
pub(super) fn before(session: &CliSession, start: &RunStartView) -> Vec<(&'static str, String)> {
    let mut lines: Vec<(&'static str, String)> =
        start.checks.iter().map(|check| ("check", checked(session, check))).collect();
    if let Some(cost) = &start.cost {
        lines.push((
            "cost",
            match cost.at_most {
                Some(most) => format!("at most {most}: {}", cost.because),
                None => format!("unknown: {}", cost.because),
            },
        ));
    }
    lines
}

fn checked(session: &CliSession, check: &ModelCheckView) -> String {
    if check.ended_by_budget.is_some() {
        return format!("of {} skipped: one call may exceed the budget", check.model);
    }
    let state = match check.first_failure() {
        None => "answers",
        Some(_) if check.is_silent() => "does not answer",
        Some(failure) => failure.check,
    };
    let state = if check.answers() { state.to_owned() } else { format!("failed ({state})") };
    let state =
        if check.answers() && !check.passed { "answers, and called no tool".to_owned() } else { state };
    let mut text =
        format!("{} {state}: {}", check.model, spent(session, &check.stats.spent, [check.model.as_str()]));
    let learned: Vec<&str> = check.settings.values().flatten().map(String::as_str).collect();
    if !learned.is_empty() {
        text.push_str(&format!("; learned {}", learned.join(", ")));
    }
    text
}

/// Returns an amount in words: `2 calls, 310 tokens in, 24 out, $0.0002`. `models` are those that were called.
pub(super) fn spent<'a>(
    session: &CliSession,
    spent: &Spend,
    models: impl IntoIterator<Item = &'a str>,
) -> String {
    format!("{}, {}", output::plural(spent.calls, "call"), tokens(spent, &session.engine.paid(spent, models)))
}

/// Returns tokens with the amount paid for them.
pub(super) fn tokens(spent: &Spend, paid: &str) -> String {
    let input = output::plural(spent.input_tokens, "token");
    format!("{input} in, {} out, {paid}", spent.output_tokens)
}

/// Returns the likely rest, once a generation was measured; `None` if nothing is left.
pub(super) fn likely(session: &CliSession, view: &LikelySpendView, models: &[&str]) -> Option<String> {
    if view.left == 0 {
        return None;
    }
    let paid = session.engine.paid(&view.likely, models.iter().copied());
    let paid = if view.likely.cost == Cost::default() {
        paid
    } else {
        format!("about {}", rounded(view.likely.cost))
    };
    let left = output::plural(view.left, "candidate");
    let calls = output::plural(view.likely.calls, "call");
    Some(format!("cost: {paid} for the {left} left ({calls})"))
}

/// Returns an estimated amount rounded to two significant digits: `$0.06`, `$0.0042`.
fn rounded(cost: Cost) -> Cost {
    let mut unit = 1_u64;
    while cost.0 / unit >= 100 {
        unit = unit.saturating_mul(10);
    }
    Cost(cost.0.div_ceil(unit).saturating_mul(unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_has_two_digits() {
        let shown = |dollars: &str| rounded(Cost::from_dollars(dollars).unwrap_or_default()).to_string();
        assert_eq!(
            [shown("0.058321"), shown("0.5"), shown("12.34"), shown("0")],
            ["$0.059", "$0.50", "$13.00", "$0.00"]
        );
    }
}
