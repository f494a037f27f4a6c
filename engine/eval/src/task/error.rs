//! What can be wrong with a task.

use thiserror::Error;

/// Why a task cannot be loaded. Every message names the file, the place in it, what belongs there and what was found.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TaskError {
    /// No bundled task has this name.
    #[error("there is no bundled task {name:?}; bundled are {}; for a task of your own, give the path of its folder", .known.join(", "))]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: Vec<&'static str>,
    },
    /// A file that has to be there is not.
    #[error("{file}: no such file; {hint}")]
    Missing {
        /// The file, below the label of the folder.
        file: String,
        /// What needs it and what to do.
        hint: String,
    },
    /// A text does not follow its grammar or has an unknown, repeated or ill-typed key.
    #[error("{file}, line {line}, column {column}: {message}")]
    Syntax {
        /// The file.
        file: String,
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in characters.
        column: usize,
        /// What the reader says.
        message: String,
    },
    /// A field of `task.toml` has a value that makes no sense.
    #[error("{file}, field {field}: expected {expected}, found {found}")]
    Field {
        /// The file.
        file: String,
        /// The dotted path of the field, for example `splits.train.generator.items`.
        field: String,
        /// What belongs there.
        expected: String,
        /// What was there.
        found: String,
    },
    /// An instance or a row of a data file makes no sense.
    #[error("{file}, {place}: expected {expected}, found {found}")]
    Data {
        /// The file.
        file: String,
        /// The instance and the position in it, or the row.
        place: String,
        /// What belongs there.
        expected: String,
        /// What was there.
        found: String,
    },
    /// The task is defined, but its data come from the user.
    #[error("task {task} has no data of its own; give the folder that holds {} with --data DIR, and check it with `hyperspace data check {task} DIR`", files.join(", "))]
    NeedsData {
        /// The task.
        task: String,
        /// The files that the folder has to hold.
        files: Vec<String>,
    },
    /// A split has no instance.
    #[error("{file}: the split {split} is empty; {hint}")]
    EmptySplit {
        /// The file that should have filled it.
        file: String,
        /// `train` or `held-out`.
        split: &'static str,
        /// What to do.
        hint: String,
    },
    /// Something is larger than a task may be.
    #[error("{file}: {what} is {found}, but at most {limit} are supported; use a smaller one")]
    TooLarge {
        /// The file.
        file: String,
        /// What is counted.
        what: String,
        /// How many there are.
        found: u64,
        /// How many there may be.
        limit: u64,
    },
}

impl TaskError {
    /// A syntax error at a byte of a text.
    pub(crate) fn at_byte(file: &str, text: &str, byte: usize, message: &str) -> Self {
        let before = &text.as_bytes()[..byte.min(text.len())];
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        Self::Syntax {
            file: file.to_owned(),
            line: before.iter().filter(|byte| **byte == b'\n').count() + 1,
            column: String::from_utf8_lossy(&before[start..]).chars().count() + 1,
            message: message.trim_end().replace('\n', ", "),
        }
    }

    pub(crate) fn field(
        file: &str,
        field: impl Into<String>,
        expected: impl Into<String>,
        found: impl std::fmt::Display,
    ) -> Self {
        let found = shorten(&found.to_string());
        Self::Field { file: file.to_owned(), field: field.into(), expected: expected.into(), found }
    }

    pub(crate) fn data(
        file: &str,
        place: impl Into<String>,
        expected: impl Into<String>,
        found: impl std::fmt::Display,
    ) -> Self {
        let found = shorten(&found.to_string());
        Self::Data { file: file.to_owned(), place: place.into(), expected: expected.into(), found }
    }
}

/// At most 80 characters of a text, for messages.
pub(crate) fn shorten(text: &str) -> String {
    let short: String = text.chars().take(80).collect();
    if short.len() < text.len() { short + " …" } else { short }
}

/// The text of a file, or where it stops being UTF-8.
pub(crate) fn utf8<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, TaskError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        let message = "expected UTF-8 text, found other bytes; save the file as UTF-8";
        TaskError::at_byte(file, &valid, error.valid_up_to(), message)
    })
}
