//! A refused or failed request: its kind, a description, and what can be done about it.

use std::fmt;
use std::time::Duration;

use hyperspace_service::{ErrorClass, ServiceError};

use crate::requests::RequestError;

/// The kind of a refusal. Each kind has one HTTP status and one name in documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RefusalKind {
    /// The body cannot be read as the expected request.
    Unreadable,
    /// A token is missing or unknown.
    Unauthenticated,
    /// The token does not allow the request.
    Forbidden,
    /// Nothing has that name.
    Absent,
    /// The path has no such method.
    Method,
    /// The body did not arrive in time.
    Slow,
    /// Other work is in progress there.
    Busy,
    /// The body is too large.
    TooLarge,
    /// The body has another content type.
    MediaType,
    /// A value is out of range or has no meaning.
    Invalid,
    /// A guest failed although its success was needed.
    GuestFailed,
    /// Too many requests are waiting, or arrived within a minute.
    TooMany,
    /// A budget is spent.
    Spent,
    /// This server failed.
    Failed,
    /// The store is damaged.
    Damaged,
    /// The provider of a model failed.
    Provider,
    /// The server is about to stop.
    Stopping,
    /// The work took too long.
    TimeLimit,
}

impl RefusalKind {
    /// Returns the status, the name, and the title.
    pub(crate) fn facts(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::Unreadable => (400, "unreadable", "The request cannot be understood"),
            Self::Unauthenticated => (401, "unauthenticated", "A valid token is needed"),
            Self::Forbidden => (403, "forbidden", "The request is not allowed"),
            Self::Absent => (404, "absent", "There is nothing of that name"),
            Self::Method => (405, "method", "The path has no such method"),
            Self::Slow => (408, "slow", "The body did not come in time"),
            Self::Busy => (409, "busy", "Something else is at work there"),
            Self::TooLarge => (413, "too-large", "The body is too large"),
            Self::MediaType => (415, "media-type", "The body is of another kind"),
            Self::Invalid => (422, "invalid", "A value is out of range or has no meaning"),
            Self::GuestFailed => (422, "guest-failed", "The guest failed"),
            Self::TooMany => (429, "too-many", "Too many requests"),
            Self::Spent => (429, "spent", "A budget is spent"),
            Self::Failed => (500, "failed", "The server failed"),
            Self::Damaged => (500, "damaged", "The store is damaged"),
            Self::Provider => (502, "provider", "The provider of a model failed"),
            Self::Stopping => (503, "stopping", "The server is about to stop"),
            Self::TimeLimit => (504, "time-limit", "The work took too long"),
        }
    }
}

/// A refused or failed request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequestRefusal {
    pub(crate) kind: RefusalKind,
    /// A description of the problem. That of a server failure is only for the log.
    pub(crate) detail: String,
    /// Advice, as sentences.
    pub(crate) hints: Vec<String>,
    /// The field of the request.
    pub(crate) field: Option<&'static str>,
    /// Number of seconds after which the same request may succeed.
    pub(crate) retry_after: Option<u64>,
}

impl RequestRefusal {
    pub(crate) fn new(kind: RefusalKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), hints: Vec::new(), field: None, retry_after: None }
    }

    pub(crate) fn retry(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Returns the refusal for something that does not exist.
    pub(crate) fn absent(what: impl fmt::Display) -> Self {
        Self::new(RefusalKind::Absent, format!("there is no {what}"))
    }

    /// Returns the refusal for work that exceeded its time limit.
    pub(crate) fn time_limit(limit: Duration) -> Self {
        let detail = format!("not done after {} s; it was cancelled", limit.as_secs());
        Self::new(RefusalKind::TimeLimit, detail)
    }
}

impl RequestRefusal {
    /// Returns true for a failure of this server that may name files of this machine, and so is only for the log.
    pub(crate) fn is_for_log(&self) -> bool {
        matches!(self.kind, RefusalKind::Failed | RefusalKind::Damaged)
    }
}

/// Formatted for people and models, with advice on separate lines.
impl fmt::Display for RequestRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(field) = self.field {
            write!(f, "{field}: ")?;
        }
        f.write_str(&self.detail)?;
        self.hints.iter().try_for_each(|hint| write!(f, "\nhint: {hint}"))
    }
}

impl From<RequestError> for RequestRefusal {
    fn from(error: RequestError) -> Self {
        let mut refusal = Self::new(RefusalKind::Invalid, error.problem);
        refusal.field = Some(error.field);
        refusal
    }
}

impl From<ServiceError> for RequestRefusal {
    fn from(error: ServiceError) -> Self {
        let kind = match error.class() {
            _ if error.is_busy() => RefusalKind::Busy,
            _ if error.is_absent() => RefusalKind::Absent,
            ErrorClass::Usage => RefusalKind::Invalid,
            ErrorClass::Guest => RefusalKind::GuestFailed,
            ErrorClass::Budget => RefusalKind::Spent,
            ErrorClass::Provider => RefusalKind::Provider,
            ErrorClass::Damage => RefusalKind::Damaged,
            _ => RefusalKind::Failed,
        };
        // A client knows neither folders nor processes of the server.
        let (detail, hints) = match kind {
            RefusalKind::Absent if error.is_without_store() => {
                ("nothing is recorded here yet".to_owned(), Vec::new())
            }
            RefusalKind::Busy => (
                "the store takes one run at a time, and one is writing to it".to_owned(),
                vec!["wait for its end, or cancel it".to_owned()],
            ),
            _ => (error.with_causes(), error.hints()),
        };
        let mut refusal = Self::new(kind, detail);
        refusal.hints = hints;
        refusal.retry_after = (kind == RefusalKind::Busy).then_some(5);
        refusal
    }
}
