//! Records: typed canonical values, named by their digest.

use serde_json::{Value, json};

use crate::canon::{self, CanonError};
use crate::digest::RecordId;

/// A typed canonical value.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The type of the record, such as `generation`.
    pub kind: String,
    /// The value.
    pub body: Value,
}

/// Returns the identifier of the record of this kind with this body.
///
/// # Errors
///
/// [`CanonError`] for a body without canonical form.
pub fn record_id(kind: &str, body: &Value) -> Result<RecordId, CanonError> {
    Ok(encode_record(kind, body)?.0)
}

/// Returns identifier and canonical bytes of the record of this kind with this body.
///
/// # Errors
///
/// [`CanonError`] for a body without canonical form.
pub fn encode_record(kind: &str, body: &Value) -> Result<(RecordId, Vec<u8>), CanonError> {
    let bytes = canon::encode(&json!({ "body": body, "kind": kind }))?;
    Ok((RecordId::of_bytes(&bytes), bytes))
}
