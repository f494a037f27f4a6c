//! The weight of JSON text: the cost of the tree of its values, computed without building it.
//!
//! One byte of text can become hundreds of bytes of tree, and take as many nanoseconds of work. Text that a guest or a provider wrote is
//! therefore weighed before it is parsed. Weighing takes a few nanoseconds per byte, keeps nothing, and accepts exactly what `serde_json`
//! accepts, with the same error messages.

use std::fmt;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// The weight of a number, a truth value or null. One unit is about five nanoseconds of work, and at most 64 bytes.
pub const SCALAR: u64 = 3;
/// The weight of a text or a field name, in addition to its bytes.
pub const TEXT: u64 = 5;
/// The weight of a list, in addition to its elements.
pub const LIST: u64 = 8;
/// The weight of an object, in addition to its fields.
pub const OBJECT: u64 = 24;

/// The maximum weight of values that a guest returns or a client sends: tens of mebibytes as a tree.
pub const VALUES_WEIGHT_MAX: u64 = 2_000_000;

/// The result of weighing a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weighing {
    /// Its tree, if it has one, weighs at most as much as was allowed.
    Within,
    /// It weighs more.
    Exceeded,
    /// It is the beginning of a text that `serde_json` would accept, and ends before its value does.
    EndsEarly,
}

/// Returns whether the tree that `serde_json` builds from this text weighs at most `most`. Text that it refuses has no tree, and is
/// light: weigh the text that will be parsed, such as the result of [`exact_json::marked`](crate::exact_json::marked), not the text it
/// was made from.
#[must_use]
pub fn is_within(text: &[u8], most: u64) -> bool {
    weigh(text, most) != Weighing::Exceeded
}

/// As [`is_within`], and tells text that ends early from the rest.
#[must_use]
pub fn weigh(text: &[u8], most: u64) -> Weighing {
    let mut scale = Scale::new(most);
    let mut reader = serde_json::Deserializer::from_slice(text);
    match Weighed(&mut scale).deserialize(&mut reader) {
        Err(_) if scale.is_exceeded() => Weighing::Exceeded,
        Err(error) if error.is_eof() => Weighing::EndsEarly,
        _ => Weighing::Within,
    }
}

/// Returns the weight of a tree that is already built.
#[must_use]
pub fn of(value: &Value) -> u64 {
    match value {
        Value::String(_) => TEXT,
        Value::Array(values) => LIST + values.iter().map(of).sum::<u64>(),
        Value::Object(fields) => OBJECT + fields.values().map(|value| TEXT + of(value)).sum::<u64>(),
        Value::Null | Value::Bool(_) | Value::Number(_) => SCALAR,
    }
}

/// Adds weights up to a maximum.
#[derive(Debug)]
pub struct Scale {
    most: u64,
    left: u64,
    exceeded: bool,
}

impl Scale {
    /// Returns a scale with room for `most`.
    #[must_use]
    pub fn new(most: u64) -> Self {
        Self { most, left: most, exceeded: false }
    }

    /// Returns the weight added so far.
    #[must_use]
    pub fn weight(&self) -> u64 {
        self.most - self.left
    }

    /// Returns whether more was added than the scale has room for.
    #[must_use]
    pub fn is_exceeded(&self) -> bool {
        self.exceeded
    }

    /// Adds a weight. Returns `None` when it exceeds what is left.
    pub fn take(&mut self, weight: u64) -> Option<()> {
        match self.left.checked_sub(weight) {
            Some(left) => {
                self.left = left;
                Some(())
            }
            None => {
                self.exceeded = true;
                None
            }
        }
    }

    /// Adds a weight.
    ///
    /// # Errors
    ///
    /// When the weight exceeds what is left.
    pub fn add<E: serde::de::Error>(&mut self, weight: u64) -> Result<(), E> {
        self.take(weight).ok_or_else(|| E::custom("too many values"))
    }
}

/// The kind of a value that was weighed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// An object.
    Object,
    /// Anything else.
    Other,
}

/// Weighs the next value of a reader.
#[derive(Debug)]
pub struct Weighed<'a>(pub &'a mut Scale);

impl<'de> DeserializeSeed<'de> for Weighed<'_> {
    type Value = ValueKind;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<ValueKind, D::Error> {
        reader.deserialize_any(self)
    }
}

impl Weighed<'_> {
    fn plain<E: serde::de::Error>(self, weight: u64) -> Result<ValueKind, E> {
        self.0.add(weight).map(|()| ValueKind::Other)
    }
}

impl<'de> Visitor<'de> for Weighed<'_> {
    type Value = ValueKind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any valid JSON value")
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<ValueKind, E> {
        self.plain(SCALAR)
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<ValueKind, E> {
        self.plain(SCALAR)
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<ValueKind, E> {
        self.plain(SCALAR)
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<ValueKind, E> {
        self.plain(SCALAR)
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<ValueKind, E> {
        self.plain(SCALAR)
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<ValueKind, E> {
        self.plain(TEXT)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<ValueKind, A::Error> {
        self.0.add(LIST)?;
        while values.next_element_seed(Weighed(self.0))?.is_some() {}
        Ok(ValueKind::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<ValueKind, A::Error> {
        self.0.add(OBJECT)?;
        while fields.next_key_seed(Weighed(self.0))?.is_some() {
            fields.next_value_seed(Weighed(self.0))?;
        }
        Ok(ValueKind::Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_weigh_what_their_tree_takes() {
        let text = br#"{"a": [1, null, "x"], "b": {}}"#;
        let weight = 2 * OBJECT + 2 * TEXT + LIST + 2 * SCALAR + TEXT;
        assert!(is_within(text, weight));
        assert!(!is_within(text, weight - 1));
        assert_eq!(of(&serde_json::from_slice(text).unwrap()), weight);
        assert!(is_within(b"[1, ", 100), "text that is no JSON has no tree");
        for (text, weighing) in [
            ("[1, ", Weighing::EndsEarly),
            ("{\"a", Weighing::EndsEarly),
            ("", Weighing::EndsEarly),
            ("[1, x", Weighing::Within),
            ("[1]]", Weighing::Within),
            ("[\"\n", Weighing::Within),
            ("[[[[[[[[[[[[[[", Weighing::Exceeded),
        ] {
            assert_eq!(weigh(text.as_bytes(), 100), weighing, "{text}");
        }
    }
}
