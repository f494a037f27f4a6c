//! Digests and the identifiers made of them.
//!
//! Every identifier is a BLAKE3 hash in key-derivation mode, with a context string of its own kind: the same bytes as a
//! blob and as a record have different identifiers, so one can never be passed off as the other.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// Length of a digest in bytes.
pub const DIGEST_BYTES: usize = 32;

/// A text that is not a full digest.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{text:?} is not a digest; expected 64 lowercase hexadecimal digits")]
pub struct ParseDigestError {
    text: String,
}

/// Returns the digest of `parts`, hashed one after the other under a context. Callers frame the parts themselves.
#[must_use]
pub fn derive(context: &str, parts: &[&[u8]]) -> [u8; DIGEST_BYTES] {
    let mut hasher = blake3::Hasher::new_derive_key(context);
    for part in parts {
        hasher.update(part);
    }
    *hasher.finalize().as_bytes()
}

/// Returns bytes as lowercase hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn parse(text: &str) -> Result<[u8; DIGEST_BYTES], ParseDigestError> {
    let error = || ParseDigestError { text: text.chars().take(80).collect() };
    if text.len() != 2 * DIGEST_BYTES || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return Err(error());
    }
    let mut bytes = [0; DIGEST_BYTES];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let pair = std::str::from_utf8(pair).map_err(|_| error())?;
        *byte = u8::from_str_radix(pair, 16).map_err(|_| error())?;
    }
    Ok(bytes)
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $short:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; DIGEST_BYTES]);

        impl $name {
            /// Returns the identifier with these bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; DIGEST_BYTES]) -> Self {
                Self(bytes)
            }

            /// Returns its bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; DIGEST_BYTES] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($short, ":{}…"), &hex(&self.0)[..12])
            }
        }

        impl FromStr for $name {
            type Err = ParseDigestError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                parse(text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

id!(
    /// Identifier of a blob: content.
    BlobId, "blob"
);
id!(
    /// Identifier of a tree: names and the blobs they stand for.
    TreeId, "tree"
);
id!(
    /// Identifier of a record: a typed canonical value, such as a generation.
    RecordId, "rec"
);
id!(
    /// Identifier of a mark.
    MarkId, "mark"
);
id!(
    /// Identifier of a journal event; it covers the event before it.
    EventId, "event"
);

impl BlobId {
    /// Returns the identifier of this content.
    #[must_use]
    pub fn of(content: &[u8]) -> Self {
        Self(derive("hyperspace 2026-11 blob v1", &[content]))
    }
}

impl TreeId {
    /// Returns the identifier of the tree with these canonical bytes.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(derive("hyperspace 2026-11 tree v1", &[bytes]))
    }
}

impl RecordId {
    /// Returns the identifier of the record with these canonical bytes.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(derive("hyperspace 2026-11 record v1", &[bytes]))
    }
}

impl EventId {
    /// Returns the identifier of the journal entry with these canonical bytes.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(derive("hyperspace 2026-11 event v1", &[bytes]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_forms_round_trip_and_junk_is_refused() {
        let id = BlobId::of(b"content");
        assert_eq!(id.to_string().parse::<BlobId>().unwrap(), id);
        assert_eq!(format!("{id:?}"), format!("blob:{}…", &id.to_string()[..12]));
        let upper = id.to_string().to_uppercase();
        for junk in ["", "00", upper.as_str(), &format!("{id}0"), &"g".repeat(64), &"é".repeat(32)] {
            assert!(junk.parse::<BlobId>().is_err(), "{junk}");
        }
    }

    #[test]
    fn kinds_are_separated() {
        assert_ne!(derive("a", &[b"x"]), derive("b", &[b"x"]));
        assert_ne!(BlobId::of(b"x").as_bytes(), blake3::hash(b"x").as_bytes());
    }
}
