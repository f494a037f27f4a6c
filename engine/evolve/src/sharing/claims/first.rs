//! Claims about scores, compared with recorded scores: the first version of the rules.
//!
//! Frozen: runs whose configuration has no `sharing_rules` were recorded with it, and a replay must make the same texts. Changes
//! belong to the [second version](super::second).

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::sharing::work;

/// Words that mark a claim.
const WORDS: [&str; 26] = [
    "score",
    "scores",
    "scored",
    "scoring",
    "accuracy",
    "accurate",
    "val",
    "val_score",
    "validation",
    "held-out",
    "heldout",
    "train",
    "training",
    "percent",
    "correct",
    "achieves",
    "achieved",
    "reaches",
    "reached",
    "points",
    "fitness",
    "reward",
    "f1",
    "result",
    "results",
    "performance",
];
/// Words of claims without a number that no engine has measured.
const SUPERLATIVES: [&str; 20] = [
    "perfect score",
    "perfect accuracy",
    "full score",
    "full marks",
    "maximum score",
    "highest possible",
    "best possible",
    "state of the art",
    "all cases correct",
    "all rows correct",
    "every case correct",
    "every row correct",
    "all cases pass",
    "all tests pass",
    "proven optimal",
    "provably optimal",
    "verified by the engine",
    "verified by the host",
    "measured by the engine",
    "confirmed by the engine",
];
/// Words that mark a number next to a word of claims.
const NUMBERS: [&[&str]; 14] = [
    &["hundred"],
    &["ninety"],
    &["eighty"],
    &["seventy"],
    &["sixty"],
    &["fifty"],
    &["forty"],
    &["thirty"],
    &["twenty"],
    &["nine", "out"],
    &["ten", "out"],
    &["nine", "in"],
    &["point", "nine"],
    &["perfect"],
];
/// Largest difference at which a claim with two digits agrees with the record.
const TOLERANCE: f64 = 0.005;
/// Maximum number of words between a word of claims and a whole number that it refers to.
const NEAR: usize = 3;
/// Number of words at the end of a line and at the beginning of the next that may form one claim.
const OPEN: usize = 4;

/// Finds claims without a number.
static SUPERLATIVE: LazyLock<AhoCorasick> =
    LazyLock::new(|| AhoCorasick::new(SUPERLATIVES).expect("some phrases fit into an automaton"));

/// Returns whether prose, in plain form, claims a score that is not among the recorded ones.
pub(super) fn differs(lower: &str, recorded: &[f64]) -> bool {
    work::count(lower.len());
    if SUPERLATIVE.is_match(lower) {
        return true;
    }
    let words: Vec<&str> = lower.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
    let speaks = words.iter().any(|word| WORDS.contains(word)) || lower.contains("held-out");
    if !speaks && !lower.contains('%') {
        return false;
    }
    if speaks && NUMBERS.iter().any(|number| words.windows(number.len()).any(|at| at == *number)) {
        return true;
    }
    numbers(lower).into_iter().any(|number| {
        let is = |value: f64, tolerance: f64| recorded.iter().any(|score| (score - value).abs() <= tolerance);
        let tolerance = number.tolerance();
        match number.unit {
            Unit::Percent => !is(number.value / 100.0, tolerance / 100.0) && !is(number.value, tolerance),
            Unit::Fraction => !is(number.value, 1e-9) && !is(number.value, TOLERANCE),
            Unit::None if number.decimals > 0 => !is(number.value, tolerance),
            // A whole number may count anything, unless it stands right after the word.
            Unit::None => number.is_claimed && !is(number.value, tolerance),
        }
    })
}

/// Returns whether a claim that begins at the end of a line may continue at the beginning of the next: a word of claims without a
/// number, followed by a number. The lines are in plain form.
pub(super) fn goes_on(before: &str, after: &str) -> bool {
    let speaks = last_words(before).take(OPEN).any(|word| WORDS.contains(&word));
    let begins = || after.split_whitespace().take(OPEN).collect::<Vec<_>>().join(" ");
    speaks && numbers(before).is_empty() && !before.ends_with('.') && !numbers(&begins()).is_empty()
}

/// Returns the words of a plain text, last first.
fn last_words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty());
    words.inspect(|word| work::count(word.len()))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    None,
    Percent,
    /// A quotient of two numbers.
    Fraction,
}

/// A number of a text.
struct ClaimedNumber {
    value: f64,
    unit: Unit,
    decimals: usize,
    /// True if it stands right after a word of claims.
    is_claimed: bool,
}

impl ClaimedNumber {
    /// Returns half a unit of its last digit; for scores up to 1, which are quoted with two digits, at least half a unit of the
    /// second one. A whole 0 or 1 is taken literally.
    fn tolerance(&self) -> f64 {
        let digits = i32::try_from(self.decimals).unwrap_or(i32::MAX).min(12);
        match self.decimals {
            0 if self.value <= 1.0 && self.unit == Unit::None => 1e-9,
            0 => 0.5,
            _ => {
                let least = if self.value <= 1.0 { TOLERANCE } else { 0.0 };
                (0.5 * 10_f64.powi(-digits)).max(least) + 1e-9
            }
        }
    }
}

/// Returns the numbers in a plain text. Of the text before a number, only the last [`NEAR`] words are read, so each word is read
/// for at most as many numbers after it.
fn numbers(text: &str) -> Vec<ClaimedNumber> {
    work::count(text.len());
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find(|c: char| c.is_ascii_digit()).map(|at| from + at) {
        let rest = &text[at..];
        let len = rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',').unwrap_or(rest.len());
        let number = rest[..len]
            .trim_end_matches(['.', ','])
            .replace(',', if rest[..len].contains('.') { "" } else { "." });
        let before = &text[..at];
        let dotted = before.ends_with('.') || before.ends_with(',');
        let after = rest[len..].trim_start();
        from = at + len;
        // A name such as gen_3_0 or x2 is not a number.
        if before.ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let number = if dotted { format!("0.{number}") } else { number };
        let Ok(value) = number.parse::<f64>() else { continue };
        let decimals = number.split_once('.').map_or(0, |(_, digits)| digits.len());
        let quotient = after
            .strip_prefix('/')
            .or_else(|| after.strip_prefix("of "))
            .or_else(|| after.strip_prefix("out of "));
        let below = quotient.map(|rest| {
            let rest = rest.trim_start();
            let len = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            rest[..len].parse::<f64>().unwrap_or_default()
        });
        let (value, unit) = match below.filter(|below| *below > 0.0) {
            Some(below) => (value / below, Unit::Fraction),
            None if after.starts_with('%')
                || after.starts_with("percent")
                || after.starts_with("per cent") =>
            {
                (value, Unit::Percent)
            }
            None => (value, Unit::None),
        };
        let is_claimed = last_words(before)
            .take(NEAR)
            .any(|word| word.starts_with("score") || word == "accuracy" || word == "fitness");
        found.push(ClaimedNumber { value, unit, decimals, is_claimed });
    }
    found
}
