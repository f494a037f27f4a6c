//! Frames through the door: accepted frames are as promised, and stay the same when they are written again.

use hyperspace_core::exact_json;
use serde_json::{Value, json};

use crate::door::{self, DoorError};
use crate::guest::{self, Claim};

/// Reads `data` as a request and as the result of a job.
pub fn check(data: &[u8]) {
    let value = serde_json::from_slice::<Value>(data).ok();
    // The look at a frame, which builds nothing, agrees with building it, unless there are too many values.
    match (door::head(data), door::parse(data)) {
        (Ok(head), Ok(request)) => assert_eq!(head.operation, request.operation),
        (Err(head), Err(request)) if head == request => {}
        (Err(DoorError::Invalid(why)), _) if why.contains("too many values") => {}
        (head, request) => panic!("{head:?} and {:?}", request.map(|request| request.operation)),
    }
    match door::parse(data) {
        Ok(request) => {
            let fields = value.as_ref().and_then(Value::as_object).expect("a request is an object");
            assert_eq!(fields.get("op"), Some(&json!(request.operation)));
            assert_eq!(fields.get("params").unwrap_or(&json!({})), &request.params);
            assert!(request.params.is_object());
            let again = json!({"op": request.operation, "params": request.params}).to_string();
            let again = door::parse(again.as_bytes()).expect("a request stays one");
            assert_eq!((again.operation, again.params), (request.operation, request.params));
        }
        Err(DoorError::Invalid(why)) => assert!(!why.is_empty()),
        Err(other) => panic!("{other}"),
    }
    if let Some(value) = &value {
        let answer = door::frame(Ok(value.clone()));
        let read: Value = serde_json::from_slice(&answer).expect("an answer is JSON");
        assert_eq!(read["ok"], *value);
    }
    match guest::parse_claim(data).ok().flatten() {
        Some(Claim::Ok(result)) => {
            let fields = value.as_ref().and_then(Value::as_object).expect("a result is an object");
            assert_eq!(fields.len(), 1);
            if !exact_json::is_needed(data) {
                assert_eq!(fields.get("ok"), Some(&result));
            }
        }
        Some(Claim::Error(error)) => {
            // Only text and a number can get in this way.
            assert!(
                data.len() >= error.exception.len().max(error.message.len()).max(error.traceback.len()) / 6
            );
            assert!(error.errno.is_none_or(|errno| data.len() >= errno.to_string().len()));
        }
        None => {}
    }
}

/// Frames, most of them nearly right.
#[cfg(test)]
pub(super) fn any_frame() -> impl proptest::strategy::Strategy<Value = Vec<u8>> {
    use proptest::prelude::*;

    let piece = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"op\"",
        "\"params\"",
        "\"ok\"",
        "\"error\"",
        "\"type\"",
        "\"message\"",
        "\"traceback\"",
        "\"errno\"",
        "\"x\"",
        "null",
        "true",
        "1",
        "-0.0",
        "1e400",
        "18446744073709551616",
        "\"\\ud800\"",
        " ",
        "{\"op\":\"echo\"}",
        "{\"ok\":1}",
        "{\"op\":\"a\",\"params\":{}}",
        "{\"error\":{\"type\":\"E\",\"message\":\"\"}}",
    ]);
    let pieces = prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat().into_bytes());
    prop_oneof![4 => pieces, 1 => prop::collection::vec(any::<u8>(), 0..60)]
}
