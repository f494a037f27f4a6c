//! Digests of requests and exchanges.

use std::fmt;

use hyperspace_core::{RecordId, canon};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::types::ChatRequest;

/// The digest context of store records, so that an exchange has the same identifier in a cassette and in a store.
const RECORD_CONTEXT: &str = "hyperspace 2026-11 record v1";
const REQUEST_CONTEXT: &str = "hyperspace v1 model request";

/// The digest of a request; equal requests have equal digests.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestDigest([u8; 32]);

impl RequestDigest {
    /// Computes the digest of a request's canonical bytes.
    ///
    /// # Errors
    ///
    /// [`canon::CanonError`] for a request that is nested too deeply.
    pub fn of(request: &ChatRequest) -> Result<Self, canon::CanonError> {
        let bytes = canon::encode(&canon::to_value(request)?)?;
        Ok(Self(derive(REQUEST_CONTEXT, &bytes)))
    }
}

impl fmt::Display for RequestDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for RequestDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "request:{self}")
    }
}

impl Serialize for RequestDigest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn derive(context: &str, bytes: &[u8]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key(context);
    hasher.update(bytes);
    *hasher.finalize().as_bytes()
}

/// Computes the identifier that the store gives a record of this kind and body.
pub(crate) fn record_id(kind: &str, body: &Value) -> Result<RecordId, canon::CanonError> {
    let bytes = canon::encode(&json!({ "body": body, "kind": kind }))?;
    Ok(RecordId::from_bytes(derive(RECORD_CONTEXT, &bytes)))
}

/// Computes a checksum of a canonical value under the given digest context.
pub(crate) fn seal(context: &str, value: &Value) -> Result<String, canon::CanonError> {
    let bytes = derive(context, &canon::encode(value)?);
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Derives a pseudorandom number from a name.
pub(crate) fn draw(context: &str, name: &[u8]) -> u64 {
    let bytes = derive(context, name);
    u64::from_le_bytes(bytes[..8].try_into().expect("a digest has more than 8 bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exchanges_have_the_identifiers_of_the_store() {
        let body = json!({"a": [1, null]});
        assert_eq!(record_id("k", &body).unwrap(), hyperspace_core::record_id("k", &body).unwrap());
    }
}
