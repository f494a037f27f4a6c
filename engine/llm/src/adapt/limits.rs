//! The limit of an answer in the words of a refusal: a number near the name of the field and next to words for a bound.

use crate::numbers::{CountInText, numbers};

/// Names of the field that limits an answer, in lower case.
pub(super) const NAMES: [&str; 9] = [
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
    "maxoutputtokens",
    "max tokens",
    "maximum tokens",
    "output tokens",
    "completion tokens",
    "max_new_tokens",
];
/// Distance from a name, in bytes, within which its limit is expected.
const NEAR: usize = 120;
/// Distance before a number, in bytes, within which words for a bound are expected.
const BESIDE: usize = 32;
/// The smallest limit that is considered plausible.
const LEAST: u64 = 16;
/// Words that precede a limit.
const BOUNDS: [&str; 24] = [
    "at most",
    "maximum",
    "less than",
    "lower than",
    "smaller than",
    "greater than",
    "larger than",
    "more than",
    "equal to",
    "up to",
    "range",
    "between",
    "limit",
    "exceed",
    "must be",
    "should be",
    "supports",
    " to ",
    "<",
    ">",
    "≤",
    "[",
    "范围",
    "不能",
];

/// Returns the largest answer that a refusal allows, if it is smaller than `sent`.
pub(super) fn most(text: &str, sent: u64) -> Option<u64> {
    let places: Vec<(usize, usize)> = NAMES
        .iter()
        .flat_map(|name| text.match_indices(name).map(|(at, name)| (at, at + name.len())))
        .collect();
    let near = |number: &CountInText| {
        places.iter().any(|(start, end)| {
            number.start >= *end && number.start - end < NEAR
                || *start >= number.end && start - number.end < NEAR
        })
    };
    let found = numbers(text).into_iter().filter(|number| near(number) && is_bound(text, number));
    let most = found.map(|number| number.value).filter(|value| *value < sent && *value >= LEAST).max()?;
    let exclusive = text.contains("exclusive)");
    Some(most - u64::from(exclusive))
}

/// Returns whether a number is a bound, and not a code, a part of a date, or an amount of something else.
fn is_bound(text: &str, number: &CountInText) -> bool {
    let (before, after) = (&text[..number.start], &text[number.end..]);
    let last = before.char_indices().rev().nth(BESIDE).map_or(0, |(at, _)| at);
    let beside = &before[last..];
    let dated = before.ends_with(['-', '/', ':'])
        && before.trim_end_matches(['-', '/', ':']).ends_with(|c: char| c.is_ascii_digit())
        || after.starts_with(['-', '/', ':']) && after[1..].starts_with(|c: char| c.is_ascii_digit());
    let year = (1_990..=2_100).contains(&number.value) && number.value != 2_048 && number.value != 2_000;
    let coded = ["code", "status", "http", "error", "id", "since", "version"]
        .iter()
        .any(|word| beside.trim_end_matches(|c: char| !c.is_alphabetic()).ends_with(word));
    let follows = ["max", "or less", "or fewer", "completion tokens", "output tokens"];
    let follows = follows.iter().any(|words| after.trim_start().starts_with(words));
    let told = BOUNDS.iter().any(|words| beside.contains(words)) || follows;
    told && !dated && !year && !coded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_stands_near_its_name_and_beside_a_bound() {
        for (text, expected) in [
            ("max_tokens参数非法。取值范围：[1,8192]", Some(8_192)),
            ("the max_tokens parameter is illegal. range: [1,4095]", Some(4_095)),
            ("range of max_tokens should be [1, 8192]", Some(8_192)),
            ("`max_completion_tokens` must be less than or equal to `8192`, the maximum value", Some(8_192)),
            ("the maximum tokens you requested exceeds the model limit of 4096. try again", Some(4_096)),
            ("max_tokens: 16384 > 4096, which is the maximum allowed", Some(4_096)),
            (
                "max_tokens is too large: 16384. this model supports at most 4,096 completion tokens",
                Some(4_096),
            ),
            ("error code: 1210, max_tokens is illegal", None),
            ("max_tokens is not accepted since 2024", None),
            ("max_tokens must be set; see the notes of 2024-10-21", None),
            ("http 400: max_tokens is invalid", None),
            ("max_tokens must be positive", None),
            ("an answer of 500 words is fine, and the request has other fields", None),
        ] {
            assert_eq!(most(text, 16_384), expected, "{text}");
        }
    }
}
