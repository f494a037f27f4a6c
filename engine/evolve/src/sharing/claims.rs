//! Claims about scores, compared with the record.

/// Words of claims.
const WORDS: [&str; 12] = [
    "score",
    "accuracy",
    "accurate",
    "val ",
    "validation",
    "held-out",
    "train ",
    "percent",
    "correct on",
    "achieves",
    "reaches",
    "points",
];
/// Difference up to which a claim is what is recorded: scores are told in two digits.
const TOLERANCE: f64 = 0.005;

/// Returns whether prose claims a score that none of the recorded ones is.
pub(super) fn differs(prose: &str, recorded: &[f64]) -> bool {
    let lower = format!("{} ", prose.to_lowercase());
    if !lower.contains('%') && !WORDS.iter().any(|word| lower.contains(word)) {
        return false;
    }
    let is = |value: f64| recorded.iter().any(|score| (score - value).abs() <= TOLERANCE);
    numbers(&lower).into_iter().any(|(value, percent, decimal)| match (percent, decimal) {
        (true, _) => !is(value / 100.0) && !is(value),
        (false, true) => !is(value),
        // A whole number may count anything.
        (false, false) => false,
    })
}

/// Returns the numbers of a text, whether they are percentages, and whether they have a fraction.
fn numbers(text: &str) -> Vec<(f64, bool, bool)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let len = rest[at..].find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len() - at);
        let number = rest[at..at + len].trim_end_matches('.');
        let after = rest[at + len..].trim_start();
        let dotted = rest[..at].ends_with('.');
        if let Ok(value) = if dotted { format!("0.{number}").parse::<f64>() } else { number.parse::<f64>() } {
            let percent = after.starts_with('%') || after.starts_with("percent");
            found.push((value, percent, dotted || number.contains('.')));
        }
        rest = &rest[at + len..];
    }
    found
}
