//! Journal entries that are not events of this build.

use thiserror::Error;

/// A journal entry that this build does not understand.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EventError {
    /// The kind is unknown.
    #[error(
        "event {number} has the unknown kind {kind:?}; another version of hyperspace may have recorded it"
    )]
    Kind {
        /// Number in the journal.
        number: u64,
        /// The recorded kind.
        kind: String,
    },
    /// The body is not an object.
    #[error("event {number} ({kind}): the body is no object")]
    Body {
        /// Number in the journal.
        number: u64,
        /// The recorded kind.
        kind: String,
    },
    /// A field is missing, unknown, or not in its recorded form.
    #[error("event {number} ({kind}): field `{field}` {why}")]
    Field {
        /// Number in the journal.
        number: u64,
        /// The recorded kind.
        kind: String,
        /// Name of the field.
        field: String,
        /// The cause.
        why: String,
    },
}

/// An [`EventError`] before number and kind are known.
#[derive(Debug)]
pub(super) enum Fault {
    Kind,
    Body,
    Field { field: String, why: String },
}

impl Fault {
    pub(super) fn field(field: &str, why: impl ToString) -> Self {
        Self::Field { field: field.to_owned(), why: why.to_string() }
    }

    pub(super) fn of(self, number: u64, kind: &str) -> EventError {
        let kind = kind.to_owned();
        match self {
            Self::Kind => EventError::Kind { number, kind },
            Self::Body => EventError::Body { number, kind },
            Self::Field { field, why } => EventError::Field { number, kind, field, why },
        }
    }
}
