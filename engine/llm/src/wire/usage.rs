//! Token counts as servers report them: where they are, what they include, and which values are not counts.

use serde_json::{Map, Value};

use crate::fault::{ProviderAnswer, ProviderFault};
use crate::types::{Usage, estimated_tokens};

/// Places of the counts in a chat completion.
const PLACES: [&str; 3] = ["/usage", "/choices/0/usage", "/x_groq/usage"];
/// A token count from which on counts are not believed.
const TOKENS_MAX: u64 = 1_000_000_000_000;
/// Names for the tokens of a request that the provider had cached.
const CACHED: [&str; 5] = [
    "/prompt_tokens_details/cached_tokens",
    "/input_tokens_details/cached_tokens",
    "/prompt_cache_hit_tokens",
    "/cached_tokens",
    "/cache_read_input_tokens",
];
/// Names for the tokens of a request that the provider wrote to its cache.
const WRITTEN: [&str; 3] = [
    "/prompt_tokens_details/cache_write_tokens",
    "/prompt_tokens_details/cache_creation_tokens",
    "/cache_creation_input_tokens",
];

/// Reads the counts of a chat completion.
pub(super) fn of_chat(body: &Value, answer: &Result<ProviderAnswer, ProviderFault>) -> Option<Usage> {
    let place = PLACES.iter().find_map(|place| body.pointer(place).filter(|usage| usage.is_object()));
    let tokens = |path: &str| count(place.and_then(|usage| usage.pointer(path)));
    let first = |paths: &[&str]| paths.iter().find_map(|path| tokens(path));
    let input =
        first(&["/prompt_tokens", "/input_tokens"]).or_else(|| count(body.get("prompt_eval_count")))?;
    let said = first(&["/completion_tokens", "/output_tokens"]).or_else(|| count(body.get("eval_count")));
    let total = tokens("/total_tokens").unwrap_or(0);
    let reasoning = tokens("/completion_tokens_details/reasoning_tokens").unwrap_or(0);
    let (cached, written) = (first(&CACHED).unwrap_or(0), first(&WRITTEN).unwrap_or(0));
    let kept = cached.saturating_add(written);
    let beyond = total.saturating_sub(input.saturating_add(said.unwrap_or(0)));
    // Some routers do not count cached tokens as tokens of the request: the count is larger than that of the request, or the
    // total shows it.
    let apart = kept > input || kept > 0 && said.is_some() && beyond == kept && reasoning != beyond;
    let input_tokens = if apart { input.saturating_add(kept) } else { input };
    let silent = match answer {
        Ok(answer) => answer.is_empty(),
        Err(fault) => fault.answer.is_some(),
    };
    let estimated = said.is_none() && total <= input_tokens && !(silent && total == input_tokens);
    let output_tokens = match (said, answer) {
        (Some(tokens), _) => tokens,
        (None, _) if !estimated => total - input_tokens,
        (None, Ok(answer)) => {
            estimated_tokens(serde_json::to_string(&answer.message).map_or(0, |text| text.len()))
        }
        (None, Err(_)) => return None,
    };
    // One provider counts thinking only in the total.
    let missing = total.saturating_sub(input_tokens.saturating_add(output_tokens));
    let output_tokens = output_tokens.saturating_add(missing);
    let cached_tokens = cached.min(input_tokens);
    Some(Usage {
        input_tokens,
        output_tokens,
        cached_tokens,
        cache_write_tokens: written.min(input_tokens - cached_tokens),
        reasoning_tokens: reasoning.max(missing).min(output_tokens),
        estimated,
    })
}

/// Takes over the counts in a piece of a stream. Some servers send zeros in the pieces before or after the one with the counts.
pub(super) fn take(counts: &mut Map<String, Value>, name: &str, piece: Value) {
    let none = |value: &Value| value.as_object().is_some_and(|fields| !fields.values().any(counts_something));
    if none(&piece) && counts.get(name).is_some_and(|before| !none(before)) {
        return;
    }
    counts.insert(name.to_owned(), piece);
}

/// Takes over a later count of the messages API, unless it is only a placeholder zero without a count of cached tokens.
pub(super) fn take_later(counts: &mut Map<String, Value>, later: &Map<String, Value>) {
    let cached = ["cache_read_input_tokens", "cache_creation_input_tokens"];
    let tells = cached.iter().any(|name| later.get(*name).is_some_and(counts_something));
    for (name, value) in later {
        let kept = !tells && !counts_something(value) && counts.get(name).is_some_and(counts_something);
        if !kept {
            counts.insert(name.clone(), value.clone());
        }
    }
}

fn counts_something(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.values().any(counts_something),
        value => count(Some(value)).is_some_and(|tokens| tokens > 0),
    }
}

/// Reads a token count, which some servers send as a fraction or as text.
pub(super) fn count(value: Option<&Value>) -> Option<u64> {
    let value = value?;
    let whole = |count: f64| (count.fract() == 0.0 && (0.0..1e15).contains(&count)).then_some(count as u64);
    let said = || value.as_str().and_then(|text| text.trim().parse::<f64>().ok());
    let count = value.as_u64().or_else(|| value.as_f64().or_else(said).and_then(whole));
    count.filter(|count| *count < TOKENS_MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fault::FaultKind;

    fn of(body: &Value) -> Option<Usage> {
        of_chat(body, &Err(ProviderFault::new(FaultKind::NoMessage, "none")))
    }

    #[test]
    fn counts_are_found_wherever_they_stand() {
        for (body, expected) in [
            (
                json!({"usage": {"prompt_tokens": 9, "completion_tokens": 2, "cached_tokens": 4}}),
                Some((9, 2, 4)),
            ),
            (
                json!({"usage": {"prompt_tokens": 9, "completion_tokens": 2, "cache_read_input_tokens": 4}}),
                Some((9, 2, 4)),
            ),
            (json!({"usage": {"input_tokens": 9, "output_tokens": 2}}), Some((9, 2, 0))),
            (json!({"choices": [{"usage": {"prompt_tokens": 9, "completion_tokens": 2}}]}), Some((9, 2, 0))),
            (json!({"x_groq": {"usage": {"prompt_tokens": 9, "completion_tokens": 2}}}), Some((9, 2, 0))),
            (json!({"usage": {"prompt_tokens": 9, "total_tokens": 11}}), Some((9, 2, 0))),
            (json!({"usage": {"prompt_tokens": 9}}), None),
            (json!({"usage": {"prompt_tokens": -9, "completion_tokens": 2}}), None),
            (json!({"usage": {"prompt_tokens": 9, "completion_tokens": u64::MAX}}), None),
        ] {
            let found = of(&body).map(|usage| (usage.input_tokens, usage.output_tokens, usage.cached_tokens));
            assert_eq!(found, expected, "{body}");
        }
    }

    #[test]
    fn what_was_cached_is_counted_once() {
        let read = |usage: Value| {
            let usage = of(&json!({ "usage": usage })).unwrap();
            let Usage {
                input_tokens,
                output_tokens,
                cached_tokens,
                cache_write_tokens,
                reasoning_tokens,
                ..
            } = usage;
            [input_tokens, output_tokens, cached_tokens, cache_write_tokens, reasoning_tokens]
        };
        let part = json!({"prompt_tokens": 1010, "completion_tokens": 5, "total_tokens": 1015,
            "prompt_tokens_details": {"cached_tokens": 1000}});
        assert_eq!(read(part), [1010, 5, 1000, 0, 0]);
        for apart in [
            json!({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15, "prompt_tokens_details": {"cached_tokens": 1000}}),
            json!({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 1015, "cache_read_input_tokens": 1000}),
            json!({"input_tokens": 10, "output_tokens": 5, "cache_read_input_tokens": 1000}),
        ] {
            assert_eq!(read(apart.clone()), [1010, 5, 1000, 0, 0], "{apart}");
        }
        // Fewer than the rest of the request: the total shows it.
        let less = json!({"prompt_tokens": 100, "completion_tokens": 5, "total_tokens": 155,
            "cache_read_input_tokens": 20, "cache_creation_input_tokens": 30});
        assert_eq!(read(less), [150, 5, 20, 30, 0]);
        let thinking = json!({"prompt_tokens": 100, "completion_tokens": 5, "total_tokens": 155,
            "prompt_tokens_details": {"cached_tokens": 50}, "completion_tokens_details": {"reasoning_tokens": 50}});
        assert_eq!(read(thinking), [100, 55, 50, 0, 50]);
        let written = json!({"prompt_tokens": 1010, "completion_tokens": 5,
            "prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 1000}});
        assert_eq!(read(written), [1010, 5, 0, 1000, 0]);
    }

    #[test]
    fn zeros_of_a_stream_are_no_counts() {
        let zero = json!({"prompt_tokens": 0, "completion_tokens": 0, "prompt_tokens_details": {"cached_tokens": 0}});
        let right = json!({"prompt_tokens": 9, "completion_tokens": 2});
        for order in [[&zero, &right, &zero], [&right, &zero, &zero]] {
            let mut counts = Map::new();
            for piece in order {
                take(&mut counts, "usage", piece.clone());
            }
            assert_eq!(counts["usage"], right);
        }
        let later = |before: Value, later: Value| {
            let mut counts = before.as_object().unwrap().clone();
            take_later(&mut counts, later.as_object().unwrap());
            Value::Object(counts)
        };
        assert_eq!(
            later(
                json!({"input_tokens": 9, "output_tokens": 1}),
                json!({"input_tokens": 0, "output_tokens": 2})
            ),
            json!({"input_tokens": 9, "output_tokens": 2})
        );
        // The first count included the whole request, and the later one splits it.
        assert_eq!(
            later(
                json!({"input_tokens": 9, "output_tokens": 1}),
                json!({"input_tokens": 0, "cache_read_input_tokens": 9, "output_tokens": 2})
            ),
            json!({"input_tokens": 0, "cache_read_input_tokens": 9, "output_tokens": 2})
        );
    }
}
