//! Canonical bytes: one byte sequence per value, and no other is accepted.
//!
//! The encoding is CBOR under the core deterministic rules of RFC 8949, section 4.2.1, over the data model of JSON:
//! shortest integer heads, definite lengths, map keys are text in bytewise order of their encoding, no duplicate keys.
//! Our additions: a number with a fraction or exponent is always a 64-bit float (`fb`), never NaN or infinite; integers
//! lie in −2^63 … 2^64−1; nesting is at most [`DEPTH_MAX`]. Byte strings, tags and other simple values do not occur.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Number, Value};
use thiserror::Error;

/// Maximum nesting depth of arrays and maps.
pub const DEPTH_MAX: usize = 64;

/// A value that has no canonical form, or bytes that are not one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CanonError {
    /// Nested too deeply.
    #[error("the value is nested deeper than {DEPTH_MAX}")]
    Depth,
    /// The bytes end within a value.
    #[error("the encoding ends at byte {at}, within a value")]
    Truncated {
        /// The position in the bytes.
        at: usize,
    },
    /// Bytes follow the value.
    #[error("{extra} bytes follow the value")]
    Trailing {
        /// The number of bytes.
        extra: usize,
    },
    /// The bytes are not the canonical form of a value.
    #[error("byte {at}: {what}")]
    NotCanonical {
        /// The position in the bytes.
        at: usize,
        /// The rule that the bytes break.
        what: &'static str,
    },
    /// A typed value does not match the canonical data model.
    #[error("the value does not fit: {0}")]
    Shape(String),
}

const UNSIGNED: u8 = 0;
const NEGATIVE: u8 = 1;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const FALSE: u8 = 0xf4;
const TRUE: u8 = 0xf5;
const NULL: u8 = 0xf6;
const FLOAT: u8 = 0xfb;

/// Returns the canonical bytes of a value.
///
/// # Errors
///
/// [`CanonError::Depth`] when it is nested too deeply.
pub fn encode(value: &Value) -> Result<Vec<u8>, CanonError> {
    let mut out = Vec::new();
    write(value, 0, &mut out)?;
    Ok(out)
}

/// Decodes the value with these canonical bytes; any other encoding is refused.
///
/// # Errors
///
/// A [`CanonError`] with the position.
pub fn decode(bytes: &[u8]) -> Result<Value, CanonError> {
    let mut reader = CanonReader { bytes, at: 0 };
    let value = reader.value(0)?;
    match bytes.len() - reader.at {
        0 => Ok(value),
        extra => Err(CanonError::Trailing { extra }),
    }
}

/// Converts a typed value to the canonical data model.
///
/// # Errors
///
/// [`CanonError::Shape`] for values that JSON cannot represent, such as NaN and infinities.
pub fn to_value<T: Serialize>(typed: &T) -> Result<Value, CanonError> {
    let value = serde_json::to_value(typed).map_err(|e| CanonError::Shape(e.to_string()))?;
    Ok(value)
}

/// Converts a canonical value to a typed one.
///
/// # Errors
///
/// [`CanonError::Shape`] when fields are missing, unknown or of another type.
pub fn from_value<T: DeserializeOwned>(value: &Value) -> Result<T, CanonError> {
    T::deserialize(value).map_err(|e| CanonError::Shape(e.to_string()))
}

fn write(value: &Value, depth: usize, out: &mut Vec<u8>) -> Result<(), CanonError> {
    if depth > DEPTH_MAX {
        return Err(CanonError::Depth);
    }
    match value {
        Value::Null => out.push(NULL),
        Value::Bool(false) => out.push(FALSE),
        Value::Bool(true) => out.push(TRUE),
        Value::Number(number) => write_number(number, out),
        Value::String(text) => write_text(text, out),
        Value::Array(items) => {
            head(ARRAY, items.len() as u64, out);
            for item in items {
                write(item, depth + 1, out)?;
            }
        }
        Value::Object(map) => {
            head(MAP, map.len() as u64, out);
            let mut entries: Vec<(Vec<u8>, &Value)> = map
                .iter()
                .map(|(key, value)| {
                    let mut bytes = Vec::new();
                    write_text(key, &mut bytes);
                    (bytes, value)
                })
                .collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            for (key, value) in entries {
                out.extend(key);
                write(value, depth + 1, out)?;
            }
        }
    }
    Ok(())
}

fn write_number(number: &Number, out: &mut Vec<u8>) {
    if let Some(unsigned) = number.as_u64() {
        head(UNSIGNED, unsigned, out);
    } else if let Some(negative) = number.as_i64() {
        head(NEGATIVE, !negative as u64, out);
    } else {
        let float = number.as_f64().expect("a number is an integer or a float");
        out.push(FLOAT);
        out.extend(float.to_bits().to_be_bytes());
    }
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    head(TEXT, text.len() as u64, out);
    out.extend(text.as_bytes());
}

/// Writes a head: the major type with the shortest form of its argument.
fn head(major: u8, argument: u64, out: &mut Vec<u8>) {
    let major = major << 5;
    if argument < 24 {
        out.push(major | argument as u8);
    } else if let Ok(byte) = u8::try_from(argument) {
        out.extend([major | 24, byte]);
    } else if let Ok(short) = u16::try_from(argument) {
        out.push(major | 25);
        out.extend(short.to_be_bytes());
    } else if let Ok(word) = u32::try_from(argument) {
        out.push(major | 26);
        out.extend(word.to_be_bytes());
    } else {
        out.push(major | 27);
        out.extend(argument.to_be_bytes());
    }
}

struct CanonReader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> CanonReader<'a> {
    fn take(&mut self, count: u64) -> Result<&'a [u8], CanonError> {
        let rest = &self.bytes[self.at..];
        let count = usize::try_from(count).ok().filter(|&c| c <= rest.len());
        let count = count.ok_or(CanonError::Truncated { at: self.bytes.len() })?;
        self.at += count;
        Ok(&rest[..count])
    }

    fn refuse<T>(at: usize, what: &'static str) -> Result<T, CanonError> {
        Err(CanonError::NotCanonical { at, what })
    }

    /// Returns the argument of a head whose low five bits are `info`.
    fn argument(&mut self, start: usize, info: u8) -> Result<u64, CanonError> {
        let (argument, least) = match info {
            0..=23 => return Ok(u64::from(info)),
            24 => (u64::from(self.take(1)?[0]), 24),
            25 => (u64::from(u16::from_be_bytes(self.array()?)), 1 << 8),
            26 => (u64::from(u32::from_be_bytes(self.array()?)), 1 << 16),
            27 => (u64::from_be_bytes(self.array()?), 1 << 32),
            _ => return Self::refuse(start, "an indefinite or reserved length"),
        };
        if argument < least {
            Self::refuse(start, "an argument that has a shorter form")
        } else {
            Ok(argument)
        }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], CanonError> {
        let slice = self.take(N as u64)?;
        Ok(slice.try_into().expect("take returns as many bytes as asked for"))
    }

    fn value(&mut self, depth: usize) -> Result<Value, CanonError> {
        if depth > DEPTH_MAX {
            return Err(CanonError::Depth);
        }
        let start = self.at;
        let first = self.take(1)?[0];
        match first {
            NULL => return Ok(Value::Null),
            FALSE => return Ok(Value::Bool(false)),
            TRUE => return Ok(Value::Bool(true)),
            FLOAT => {
                let float = f64::from_bits(u64::from_be_bytes(self.array()?));
                let number = Number::from_f64(float);
                return number
                    .map(Value::Number)
                    .map_or_else(|| Self::refuse(start, "a float that is not finite"), Ok);
            }
            _ => {}
        }
        let argument = self.argument(start, first & 0x1f)?;
        match first >> 5 {
            UNSIGNED => Ok(Value::from(argument)),
            NEGATIVE => match i64::try_from(argument) {
                Ok(argument) => Ok(Value::from(!argument)),
                Err(_) => Self::refuse(start, "an integer below -2^63"),
            },
            TEXT => self.text(argument).map(Value::String),
            ARRAY => {
                // Grown item by item: a forged length reserves nothing.
                let mut items = Vec::new();
                for _ in 0..argument {
                    items.push(self.value(depth + 1)?);
                }
                Ok(Value::Array(items))
            }
            MAP => self.map(argument, depth),
            _ => Self::refuse(start, "a type that does not occur"),
        }
    }

    fn text(&mut self, length: u64) -> Result<String, CanonError> {
        let start = self.at;
        match std::str::from_utf8(self.take(length)?) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => Self::refuse(start, "text that is not UTF-8"),
        }
    }

    fn map(&mut self, count: u64, depth: usize) -> Result<Value, CanonError> {
        let mut map = Map::new();
        let mut previous: Option<&'a [u8]> = None;
        for _ in 0..count {
            let start = self.at;
            let first = self.take(1)?[0];
            if first >> 5 != TEXT {
                return Self::refuse(start, "a map key that is not text");
            }
            let length = self.argument(start, first & 0x1f)?;
            let key = self.text(length)?;
            let encoded = &self.bytes[start..self.at];
            if previous.is_some_and(|before| before >= encoded) {
                return Self::refuse(start, "map keys out of order, or twice the same");
            }
            previous = Some(encoded);
            map.insert(key, self.value(depth + 1)?);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_filter("finite", |f| f.is_finite()).prop_map(Value::from),
            ".{0,30}".prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 60, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map(".{0,8}", inner, 0..6)
                    .prop_map(|m| Value::Object(m.into_iter().collect())),
            ]
        })
    }

    #[test]
    fn known_encodings_of_the_standard() {
        for (value, hex) in [
            (json!(0), "00"),
            (json!(23), "17"),
            (json!(24), "1818"),
            (json!(1000), "1903e8"),
            (json!(1_000_000_000_000_u64), "1b000000e8d4a51000"),
            (json!(u64::MAX), "1bffffffffffffffff"),
            (json!(-1), "20"),
            (json!(-1000), "3903e7"),
            (json!(i64::MIN), "3b7fffffffffffffff"),
            (json!(1.1), "fb3ff199999999999a"),
            (json!("ü"), "62c3bc"),
            (json!([1, [2, 3]]), "8201820203"),
            (json!({"b": 1, "a": 2, "aa": 3}), "a361610261620162616103"),
        ] {
            let bytes = encode(&value).unwrap();
            assert_eq!(crate::digest::hex(&bytes), hex, "{value}");
            assert_eq!(decode(&bytes).unwrap(), value);
        }
    }

    #[test]
    fn other_forms_of_the_same_value_are_refused() {
        for (bytes, why) in [
            (&[0x18, 0x17][..], "shorter"),
            (&[0x19, 0x00, 0xff], "shorter"),
            (&[0x9f, 0xff], "indefinite"),
            (&[0xa2, 0x61, b'b', 1, 0x61, b'a', 2], "order"),
            (&[0xa2, 0x61, b'a', 1, 0x61, b'a', 2], "order"),
            (&[0xa1, 0x01, 0x01], "not text"),
            (&[0x41, 0x00], "does not occur"),
            (&[0xc0, 0x00], "does not occur"),
            (&[0xfb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0], "finite"),
            (&[0x3b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], "-2^63"),
            (&[0x61, 0xff], "UTF-8"),
            (&[0x00, 0x00], "follow"),
            (&[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], "ends"),
            (&[], "ends"),
        ] {
            let message = decode(bytes).unwrap_err().to_string();
            assert!(message.contains(why), "{bytes:x?}: {message}");
        }
    }

    #[test]
    fn depth_is_bounded_in_both_directions() {
        let nest = |depth| (0..depth).fold(json!(0), |inner, _| json!([inner]));
        let deepest = encode(&nest(DEPTH_MAX)).unwrap();
        assert_eq!(decode(&deepest).unwrap(), nest(DEPTH_MAX));
        assert_eq!(encode(&nest(DEPTH_MAX + 1)), Err(CanonError::Depth));
        assert_eq!(decode(&vec![0x81; 1_000_000]), Err(CanonError::Depth));
    }

    proptest! {
        #[test]
        fn decoding_undoes_encoding(value in values()) {
            let bytes = encode(&value).unwrap();
            prop_assert_eq!(decode(&bytes).unwrap(), value);
        }

        #[test]
        fn what_decodes_is_canonical(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            if let Ok(value) = decode(&bytes) {
                prop_assert_eq!(encode(&value).unwrap(), bytes);
            }
        }
    }
}
