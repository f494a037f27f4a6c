//! The wait that a provider asks for: in a header, in a field of the body, or in words.

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use serde_json::Value;

/// Number of seconds above which a number is a point in time instead of a duration.
const MOMENT_SECONDS: f64 = 1e9;
/// Number of milliseconds above which a number is a point in time in milliseconds.
const MOMENT_MS: f64 = 1e12;
/// Maximum depth of the fields of a body that are searched.
const DEPTH_MAX: usize = 12;

/// Returns the wait in milliseconds, from headers (names in lower case) or else from the body of a refusal.
pub(crate) fn wait_ms(
    headers: &BTreeMap<String, String>,
    body: Option<&Value>,
    text: &str,
    now: u64,
) -> Option<u64> {
    let header = |name: &str| headers.get(name).map(String::as_str);
    let in_ms = |text: &str| number(text).map(|ms| ms.ceil() as u64);
    header("retry-after-ms")
        .or_else(|| header("x-ms-retry-after-ms"))
        .and_then(in_ms)
        .or_else(|| header("retry-after").and_then(|text| span_or_moment(text, now)))
        .or_else(|| body.and_then(|body| in_fields(body, now, 0)))
        .or_else(|| in_words(text))
        .or_else(|| resets(headers, now))
}

/// Returns the wait for the limits that are used up: the longest one among those of which nothing or an unknown amount is left.
/// If something is left of each, the shortest wait.
fn resets(headers: &BTreeMap<String, String>, now: u64) -> Option<u64> {
    let mut all: Vec<(Option<f64>, u64)> = Vec::new();
    for (name, value) in headers {
        if name.ends_with("ratelimit") || name.ends_with("rate-limit") {
            all.extend(structured(value, now));
        }
        let Some(wait) = name.contains("reset").then(|| span_or_moment(value, now)).flatten() else {
            continue;
        };
        let left = headers.get(&name.replace("reset", "remaining")).and_then(|left| number(left));
        all.push((left, wait));
    }
    let longest = |left: Option<f64>| all.iter().filter(|one| one.0 == left).map(|one| one.1).max();
    longest(Some(0.0)).or_else(|| longest(None)).or_else(|| all.iter().map(|one| one.1).min())
}

/// Reads the remaining amounts and the waits of limits from one header: `limit=10, remaining=0, reset=5`, or `"default";r=0;t=5`
/// for each limit.
fn structured(value: &str, now: u64) -> Vec<(Option<f64>, u64)> {
    let named = |text: &str, names: [&str; 2]| {
        text.split([',', ';']).find_map(|part| {
            let (name, value) = part.split_once('=')?;
            names.contains(&name.trim()).then(|| value.trim().trim_matches('"').to_owned())
        })
    };
    let one = |text: &str| {
        let wait = span_or_moment(&named(text, ["reset", "t"])?, now)?;
        Some((named(text, ["remaining", "r"]).and_then(|left| number(&left)), wait))
    };
    if value.contains("reset=") {
        one(value).into_iter().collect()
    } else {
        value.split(',').filter_map(one).collect()
    }
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0)
}

/// Reads seconds, a duration such as `1m30.5s` or `20ms`, or a point in time: a date, or seconds or milliseconds since 1970.
pub(crate) fn span_or_moment(text: &str, now: u64) -> Option<u64> {
    let text = text.trim();
    if let Ok(value) = text.parse::<f64>() {
        if !value.is_finite() || !(0.0..1e15).contains(&value) {
            return None;
        }
        let now = now as f64;
        let seconds = match value {
            ms if ms >= MOMENT_MS => ms / 1_000.0 - now,
            moment if moment >= MOMENT_SECONDS => moment - now,
            seconds => seconds,
        };
        return Some((seconds.max(0.0) * 1_000.0).ceil() as u64);
    }
    span(text).map(|(ms, _)| ms).or_else(|| date(text, now))
}

/// Reads a duration with units at the beginning of a text. Returns milliseconds, and the number of bytes read.
fn span(text: &str) -> Option<(u64, usize)> {
    let (mut total, mut at, mut found) = (0.0, 0, false);
    loop {
        let rest = &text[at..];
        let part = rest.trim_start_matches([' ', ',']);
        let part = part.strip_prefix("and ").filter(|_| found).unwrap_or(part).trim_start_matches(' ');
        let white = rest.len() - part.len();
        let digits =
            rest[white..].find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len() - white);
        let Ok(value) = rest[white..white + digits].parse::<f64>() else { break };
        let unit = &rest[white + digits..];
        let space = unit.len() - unit.trim_start_matches(' ').len();
        let name: String = unit[space..].chars().take_while(char::is_ascii_alphabetic).collect();
        let factor = match name.as_str() {
            "ms" | "milliseconds" | "millisecond" => 1.0,
            "s" | "sec" | "secs" | "second" | "seconds" => 1_000.0,
            "m" | "min" | "mins" | "minute" | "minutes" => 60_000.0,
            "h" | "hr" | "hour" | "hours" => 3_600_000.0,
            "d" | "day" | "days" => 86_400_000.0,
            _ => break,
        };
        total += value * factor;
        at += white + digits + space + name.len();
        found = true;
    }
    (found && total < 1e15).then_some((total.ceil() as u64, at))
}

/// Reads a date of HTTP or of RFC 3339, as a wait from now on.
fn date(text: &str, now: u64) -> Option<u64> {
    let moment = match httpdate::parse_http_date(text) {
        Ok(moment) => moment,
        Err(_) => UNIX_EPOCH + Duration::from_secs(rfc3339(text)?),
    };
    let wait = moment.duration_since(UNIX_EPOCH + Duration::from_secs(now)).unwrap_or_default();
    u64::try_from(wait.as_millis()).ok()
}

/// Reads `2026-01-02T03:04:05Z`, with fractions and offsets, as seconds since 1970.
fn rfc3339(text: &str) -> Option<u64> {
    let part = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let separated = text.as_bytes().get(10).is_some_and(|c| matches!(c, b'T' | b't' | b' '));
    let (year, month, day) = (part(0, 4)?, part(5, 7)?, part(8, 10)?);
    let (hour, minute, second) = (part(11, 13)?, part(14, 16)?, part(17, 19)?);
    if !separated || !(1..=12).contains(&month) {
        return None;
    }
    let zone = text[19..].trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let digits: Vec<i64> =
        zone.get(1..).unwrap_or_default().split(':').filter_map(|part| part.parse().ok()).collect();
    let offset = sign * (digits.first().unwrap_or(&0) * 3_600 + digits.get(1).unwrap_or(&0) * 60);
    // Days since 1970, in the calendar whose years begin in March.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = y * 365 + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400) + (m * 153 + 2) / 5 + day
        - 1
        - 719_468;
    u64::try_from(days * 86_400 + hour * 3_600 + minute * 60 + second - offset).ok()
}

/// Looks for a field that names a wait.
fn in_fields(value: &Value, now: u64, depth: usize) -> Option<u64> {
    if depth > DEPTH_MAX {
        return None;
    }
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    match value {
        Value::Object(fields) => {
            let own = fields.iter().find_map(|(name, value)| {
                let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
                match plain.to_ascii_lowercase().as_str() {
                    "retryafterms" => number(&text(value)?).map(|ms| ms.ceil() as u64),
                    "retrydelay" | "retryafter" | "retryafterseconds" | "retryaftersecs" | "retryin"
                    | "retryinseconds" | "resetinseconds" | "resetsinseconds" | "resetsat"
                    | "xratelimitreset" | "estimatedtime" => span_or_moment(&text(value)?, now),
                    _ => None,
                }
            });
            own.or_else(|| fields.values().find_map(|value| in_fields(value, now, depth + 1)))
        }
        Value::Array(items) => items.iter().find_map(|item| in_fields(item, now, depth + 1)),
        // Text that a router quotes.
        Value::String(text) if text.trim_start().starts_with('{') => {
            let quoted: Value = serde_json::from_str(text).ok()?;
            in_fields(&quoted, now, depth + 1)
        }
        _ => None,
    }
}

/// Looks for a wait in words: `Please retry in 2.1s`, `try again in 6m0s`, `retry after 10 seconds`.
fn in_words(text: &str) -> Option<u64> {
    let lower = text.to_lowercase();
    const PHRASES: [&str; 10] = [
        "retry in ",
        "retry after ",
        "again in ",
        "again after ",
        "wait for ",
        "wait ",
        "reset in ",
        "resets in ",
        "reset after ",
        "available in ",
    ];
    const VAGUE: [&str; 5] = ["about ", "approximately ", "another ", "at least ", "~"];
    PHRASES.iter().find_map(|phrase| {
        let rest = &lower[lower.find(phrase)? + phrase.len()..];
        let rest = VAGUE.iter().find_map(|word| rest.strip_prefix(word)).unwrap_or(rest);
        span(rest).map(|(ms, _)| ms)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: u64 = 784_111_777;

    #[test]
    fn spans_and_moments_have_many_forms() {
        for (text, ms) in [
            ("0", Some(0)),
            (" 2 ", Some(2_000)),
            ("1.5", Some(1_500)),
            ("1s", Some(1_000)),
            ("6m0s", Some(360_000)),
            ("1h2m3.5s", Some(3_723_500)),
            ("20ms", Some(20)),
            ("Sun, 06 Nov 1994 08:49:47 GMT", Some(10_000)),
            ("Sun, 06 Nov 1994 08:49:00 GMT", Some(0)),
            ("1994-11-06T08:49:47Z", Some(10_000)),
            ("1994-11-06T09:49:47.5+01:00", Some(10_000)),
            ("soon", None),
            ("-1", None),
            ("NaN", None),
            ("1e300", None),
            ("", None),
        ] {
            assert_eq!(span_or_moment(text, NOW), ms, "{text}");
        }
        let later = 1_800_000_000;
        assert_eq!(span_or_moment("1800000010", later), Some(10_000));
        assert_eq!(span_or_moment("1800000010500", later), Some(10_500));
    }

    #[test]
    fn a_wait_is_found_wherever_it_stands() {
        let headers =
            |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let of = |pairs: &[(&str, &str)], body: Value, text: &str| {
            wait_ms(&headers(pairs), Some(&body), text, NOW)
        };
        assert_eq!(of(&[("retry-after-ms", "6000"), ("retry-after", "9")], Value::Null, ""), Some(6_000));
        assert_eq!(
            of(&[("retry-after", "9"), ("x-ratelimit-reset-tokens", "1s")], Value::Null, ""),
            Some(9_000)
        );
        let both = [
            ("x-ratelimit-reset-requests", "1s"),
            ("x-ratelimit-remaining-requests", "0"),
            ("x-ratelimit-reset-tokens", "6m0s"),
            ("x-ratelimit-remaining-tokens", "100"),
        ];
        assert_eq!(of(&both, Value::Null, ""), Some(1_000));
        assert_eq!(
            of(&[("anthropic-ratelimit-tokens-reset", "1994-11-06T08:49:47Z")], Value::Null, ""),
            Some(10_000)
        );
        let plenty = [
            ("x-ratelimit-reset-requests-day", "33011"),
            ("x-ratelimit-remaining-requests-day", "500"),
            ("x-ratelimit-reset-tokens-minute", "2.4"),
            ("x-ratelimit-remaining-tokens-minute", "120"),
        ];
        assert_eq!(of(&plenty, Value::Null, ""), Some(2_400));
        assert_eq!(of(&[("ratelimit", "limit=10, remaining=0, reset=5")], Value::Null, ""), Some(5_000));
        assert_eq!(
            of(&[("ratelimit", "\"default\";r=0;t=7, \"day\";r=9;t=7000")], Value::Null, ""),
            Some(7_000)
        );
        assert_eq!(of(&[("x-rate-limit-reset", "3")], Value::Null, ""), Some(3_000));
        assert_eq!(of(&[], json!({"error": "Model is loading", "estimated_time": 20.5}), ""), Some(20_500));
        let info = json!([{"error": {"details": [{"@type": "RetryInfo", "retryDelay": "2s"}]}}]);
        assert_eq!(of(&[], info, ""), Some(2_000));
        assert_eq!(of(&[], Value::Null, "Limit reached. Please try again in 6m0.5s. See"), Some(360_500));
        for (text, ms) in [
            ("Please retry after 10 seconds", 10_000),
            ("try again in 1m2.5s", 62_500),
            ("try again in 1 minute and 2.5 seconds.", 62_500),
            ("Try again in 1 minute, 5 seconds", 65_000),
            ("try again in about 20 seconds", 20_000),
            ("Your limit resets in 45s.", 45_000),
            ("please wait another 3 s and more", 3_000),
        ] {
            assert_eq!(of(&[], Value::Null, text), Some(ms), "{text}");
        }
        assert_eq!(of(&[], json!({"error": {"resets_in_seconds": 90}}), ""), Some(90_000));
        let routed = json!({"error": {"metadata": {"headers": {"X-RateLimit-Reset": "12"}}}});
        assert_eq!(of(&[], routed, ""), Some(12_000));
        let quoted =
            json!({"error": {"message": "{\"error\": {\"details\": [{\"retryDelay\": \"9s\"}]}}\n"}});
        assert_eq!(of(&[], quoted, ""), Some(9_000));
        assert_eq!(of(&[], Value::Null, "wait a minute"), None);
    }
}
