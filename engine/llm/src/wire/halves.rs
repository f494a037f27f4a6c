//! Characters that a server split between two events of a stream. Stand-ins represent their halves until the events are joined.
//!
//! A half is either half of a surrogate pair, or a byte of a multi-byte character. In texts, halves are represented by code
//! points of the last private plane, which nobody assigns, and which [`join`] removes again. A text is examined only if something
//! in it was not valid text.

use serde_json::Value;

/// The code point of the first of 128 bytes that are not text by themselves.
const BYTES: u32 = 0x10_f700;
/// The first of these bytes.
const BYTE_LEAST: u32 = 0x80;
/// The code point of the first of 2,048 surrogates.
const SURROGATES: u32 = 0x10_f800;
/// The first surrogate.
const SURROGATE_LEAST: u32 = 0xd800;

/// Returns the stand-in for half of a surrogate pair.
pub(super) fn of_surrogate(unit: u32) -> char {
    char::from_u32(SURROGATES + (unit - SURROGATE_LEAST)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Decodes bytes as text. Anything that is not UTF-8 is represented by stand-ins.
pub(super) fn text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        let half = |byte: &u8| char::from_u32(BYTES + (u32::from(*byte) - BYTE_LEAST));
        text.extend(chunk.invalid().iter().filter_map(half));
    }
    text
}

/// Joins halves in the texts of a value. Returns whether any had to be replaced because its other half is missing.
pub(super) fn join(value: &mut Value) -> bool {
    match value {
        Value::String(text) if has_half(text) => {
            let (joined, replaced) = joined(text);
            *text = joined;
            replaced
        }
        Value::Array(items) => items.iter_mut().fold(false, |replaced, item| join(item) | replaced),
        Value::Object(fields) => {
            let mut replaced = false;
            if fields.keys().any(|name| has_half(name)) {
                let named = std::mem::take(fields).into_iter().map(|(name, value)| {
                    let (name, one) = joined(&name);
                    replaced |= one;
                    (name, value)
                });
                *fields = named.collect();
            }
            fields.values_mut().fold(replaced, |replaced, field| join(field) | replaced)
        }
        _ => false,
    }
}

fn has_half(text: &str) -> bool {
    text.contains(|c: char| u32::from(c) >= BYTES)
}

fn joined(text: &str) -> (String, bool) {
    let (mut joined, mut replaced) = (String::with_capacity(text.len()), false);
    let mut left = text.chars().peekable();
    while let Some(next) = left.next() {
        let code = u32::from(next);
        if let Some(first) = code.checked_sub(SURROGATES) {
            let low = |c: &char| u32::from(*c).checked_sub(SURROGATES).filter(|unit| *unit >= 0x400);
            let second = left.peek().and_then(low).filter(|_| first < 0x400);
            let pair = second.and_then(|low| char::from_u32(0x1_0000 + (first << 10) + (low - 0x400)));
            if pair.is_some() {
                left.next();
            }
            replaced |= pair.is_none();
            joined.push(pair.unwrap_or(char::REPLACEMENT_CHARACTER));
        } else if let Some(byte) = code.checked_sub(BYTES) {
            let byte_of = |code: u32| u8::try_from(code + BYTE_LEAST).ok();
            let mut bytes: Vec<u8> = byte_of(byte).into_iter().collect();
            while let Some(byte) = left.peek().and_then(|c| byte_of(u32::from(*c).checked_sub(BYTES)?)) {
                bytes.push(byte);
                left.next();
            }
            replaced |= std::str::from_utf8(&bytes).is_err();
            joined.push_str(&String::from_utf8_lossy(&bytes));
        } else {
            joined.push(next);
        }
    }
    (joined, replaced)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn halves_are_joined_and_single_ones_replaced() {
        let emoji = "\u{1f600}";
        for at in 1..4 {
            let (first, second) = emoji.as_bytes().split_at(at);
            let mut value = json!({"a": [format!("x{}{}y", text(first), text(second))]});
            assert_eq!((join(&mut value), value), (false, json!({"a": ["x\u{1f600}y"]})));
            let mut value = json!({ text(first): 1 });
            assert!(join(&mut value) && value.get("\u{fffd}").is_some(), "{value}");
            let mut value = json!(format!("{} {}", text(first), text(second)));
            assert!(join(&mut value) && value.as_str().is_some_and(|text| text.contains('\u{fffd}')));
        }
        let (high, low) = (of_surrogate(0xd83d), of_surrogate(0xde00));
        for (halves, expected, replaced) in [
            (vec![high, low], "\u{1f600}", false),
            (vec![low, high], "\u{fffd}\u{fffd}", true),
            (vec![high], "\u{fffd}", true),
            (vec![high, 'a', low], "\u{fffd}a\u{fffd}", true),
            (vec![high, high, low], "\u{fffd}\u{1f600}", true),
            (vec![of_surrogate(0xdbff), of_surrogate(0xdfff)], "\u{10ffff}", false),
        ] {
            let mut value = json!(halves.iter().collect::<String>());
            assert_eq!((join(&mut value), value), (replaced, json!(expected)), "{halves:?}");
        }
    }
}
