//! Inspects the JSON of a guest without building it: the operation that it asks for, and whether its tree may be built.
//!
//! The tree of a request is built only after the grant was checked and its values were paid for: a request with few values for its
//! length is paid for by its bytes, any other by its weight as well. The inspection accepts what `serde_json` accepts, with the same
//! error messages.
//!
//! Attacks that end here: T-BILL-60, T-BILL-61, T-BILL-62, T-BILL-63, T-BILL-64, T-BILL-65, T-BILL-66, T-BILL-67,
//! T-BILL-68, T-BILL-69, T-BILL-70, T-BILL-71, T-BILL-72, T-BILL-73, T-BILL-74, T-BILL-75, T-BILL-76, T-BILL-77,
//! T-BILL-78, T-BILL-79, T-BILL-80, T-BILL-81, T-BILL-82, T-BILL-83, T-BILL-84, T-BILL-85, T-BILL-86, T-BILL-87,
//! T-BILL-88, T-BILL-89, T-BILL-90, T-BILL-91, T-BILL-92, T-BILL-93, T-BILL-94, T-BILL-95, T-BILL-96, T-BILL-97,
//! T-BILL-98.

use std::fmt;

use hyperspace_core::json_weight::{self, OBJECT, Scale, TEXT, VALUES_WEIGHT_MAX, ValueKind, Weighed};
use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};

/// Maximum weight of a request: about 16 MiB as a tree.
const REQUEST_WEIGHT_MAX: u64 = 250_000;
/// Weight covered by the price of a call.
const PAID_BY_CALL: u64 = 2_000;
/// Weight covered by the price of a hundred bytes.
const PAID_BY_100_BYTES: u64 = 10;

/// The head of a well-formed request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RequestHead {
    pub(crate) operation: String,
    /// The part of the weight of its tree that the price of the call and of its bytes does not cover.
    pub(crate) unpaid_weight: u64,
}

/// Reads the head of a request frame. The error says what is wrong with it.
pub(crate) fn request_head(frame: &[u8]) -> Result<RequestHead, String> {
    let mut scale = Scale::new(REQUEST_WEIGHT_MAX);
    let mut reader = serde_json::Deserializer::from_slice(frame);
    let read = RequestLook(&mut scale).deserialize(&mut reader);
    let read = read.and_then(|fields| reader.end().map(|()| fields));
    let fields = read.map_err(|error| {
        if scale.is_exceeded() {
            return format!("{} bytes hold too many values; send fewer", frame.len());
        }
        error.to_string()
    })?;
    let Some(fields) = fields else { return Err("it is no object".to_owned()) };
    let Some(operation) = fields.operation else { return Err("`op` is missing".to_owned()) };
    if !fields.params_are_an_object {
        return Err("`params` is no object".to_owned());
    }
    let paid = PAID_BY_CALL + frame.len() as u64 * PAID_BY_100_BYTES / 100;
    Ok(RequestHead { operation, unpaid_weight: scale.weight().saturating_sub(paid) })
}

/// Returns whether the tree of a result frame may be built.
pub(crate) fn result_fits(frame: &[u8]) -> bool {
    json_weight::is_within(frame, VALUES_WEIGHT_MAX)
}

/// The fields of a request that matter here. Of two fields with the same name, the later one counts.
struct Fields {
    operation: Option<String>,
    params_are_an_object: bool,
}

/// Visits values of which only one kind matters; all other kinds give `None`.
macro_rules! other_scalars_are_nothing {
    () => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("any valid JSON value")
        }

        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, values: A) -> Result<Self::Value, A::Error> {
            Weighed(self.0).visit_seq(values).map(|_| None)
        }
    };
}

/// Inspects a request; `None` if it is not an object.
struct RequestLook<'a>(&'a mut Scale);

impl<'de> DeserializeSeed<'de> for RequestLook<'_> {
    type Value = Option<Fields>;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for RequestLook<'_> {
    type Value = Option<Fields>;

    other_scalars_are_nothing!();

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
        self.0.add(OBJECT)?;
        let mut found = Fields { operation: None, params_are_an_object: true };
        while let Some(name) = fields.next_key_seed(Name(self.0))? {
            match name {
                FieldName::Operation => found.operation = fields.next_value_seed(OperationLook(self.0))?,
                FieldName::Params => {
                    let kind = fields.next_value_seed(Weighed(self.0))?;
                    found.params_are_an_object = kind == ValueKind::Object;
                }
                FieldName::Other => {
                    fields.next_value_seed(Weighed(self.0))?;
                }
            }
        }
        Ok(Some(found))
    }
}

enum FieldName {
    Operation,
    Params,
    Other,
}

/// Inspects the name of a field of a request.
struct Name<'a>(&'a mut Scale);

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = FieldName;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<FieldName, D::Error> {
        reader.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = FieldName;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<FieldName, E> {
        self.0.add(TEXT)?;
        Ok(match name {
            "op" => FieldName::Operation,
            "params" => FieldName::Params,
            _ => FieldName::Other,
        })
    }
}

/// Takes the text of the operation; `None` if it is not a text.
struct OperationLook<'a>(&'a mut Scale);

impl<'de> DeserializeSeed<'de> for OperationLook<'_> {
    type Value = Option<String>;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for OperationLook<'_> {
    type Value = Option<String>;

    other_scalars_are_nothing!();

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        self.0.add(TEXT)?;
        Ok(Some(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Self::Value, A::Error> {
        Weighed(self.0).visit_map(fields).map(|_| None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(frame: &str) -> String {
        request_head(frame.as_bytes()).unwrap_err()
    }

    fn list(element: &str, count: usize) -> String {
        format!(r#"{{"op":"log","params":{{"x":[{}]}}}}"#, vec![element; count].join(","))
    }

    #[test]
    fn the_operation_is_found_wherever_it_stands() {
        for frame in [
            r#"{"op":"log","params":{"text":"x"}}"#,
            r#"{"params":{"op":"y"},"op":"log"}"#,
            r#"{"op":1,"op":"log"}"#,
            r#"{"\u006fp":"l\u006fg","params":[],"params":{}}"#,
        ] {
            assert_eq!(request_head(frame.as_bytes()).unwrap().operation, "log", "{frame}");
        }
        assert_eq!(refused("[]"), "it is no object");
        assert_eq!(refused("{}"), "`op` is missing");
        assert_eq!(refused(r#"{"op":"log","op":["log"]}"#), "`op` is missing");
        assert_eq!(refused(r#"{"op":"log","params":[]}"#), "`params` is no object");
        assert!(refused(r#"{"op":"log"} x"#).contains("trailing"));
    }

    #[test]
    fn many_values_in_little_text_are_paid_by_weight() {
        const LEAST: &str = r#"{"":0}"#;
        let unpaid = |frame: String| request_head(frame.as_bytes()).unwrap().unpaid_weight;
        assert_eq!(unpaid(list(LEAST, 60)), 0);
        assert!(unpaid(list(LEAST, 2_000)) > 50_000);
        assert_eq!(unpaid(list("0", 600)), 0);
        assert!(unpaid(list("0", 40_000)) > 80_000);
        let text =
            r#""a line of text that somebody wrote, and another one after it, to the end of the page""#;
        assert_eq!(unpaid(list(text, 5_000)), 0);
        let nested = format!(r#"{{"op":"x","params":{}1{}}}"#, r#"{"a":"#.repeat(50), "}".repeat(50));
        assert_eq!(unpaid(nested), 0);
    }

    #[test]
    fn forests_of_values_are_refused_before_there_is_a_tree() {
        const LEAST: &str = r#"{"":0}"#;
        assert!(refused(&list(LEAST, 149_000)).contains("too many values"));
        assert!(refused(&format!("[{}]", vec![LEAST; 149_000].join(","))).contains("too many values"));
        assert!(refused(&list("0", 520_000)).contains("too many values"));
        // Short messages with one tool call each, in as long a request as is allowed.
        let call = r#"{"role":"assistant","content":"","tool_calls":[{"id":"call_1","name":"bash","arguments":{"command":"ls"}}]},
            {"role":"tool","tool_call_id":"call_1","content":"README.md"}"#;
        assert!(request_head(list(call, 1_000).as_bytes()).is_ok());
    }

    #[test]
    fn a_result_may_be_long_but_not_a_forest() {
        let result = |element: &str, count| format!(r#"{{"ok":[{}]}}"#, vec![element; count].join(","));
        assert!(result_fits(result("0", 500_000).as_bytes()));
        assert!(result_fits(result(r#"{"":0}"#, 60_000).as_bytes()));
        assert!(!result_fits(result(r#"{"":0}"#, 149_000).as_bytes()));
        assert!(result_fits(b"no json"));
    }
}
