//! Errors of tasks. Every message names the file, the place in it, what is expected there, and what was found.

use hyperspace_core::reader_words;
use thiserror::Error;

use crate::scorer::InvalidCase;

/// The reason why a task cannot be loaded or built.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TaskError {
    /// No bundled task has this name.
    #[error("there is no bundled task {name:?}; bundled are {}; for a task of your own, give the path of its folder", .known.join(", "))]
    Unknown {
        /// The requested name.
        name: String,
        /// The existing names.
        known: Vec<&'static str>,
    },
    /// A required file does not exist.
    #[error("{file}: no such file; {hint}")]
    Missing {
        /// The file, below the label of the folder.
        file: String,
        /// The use of the file, and a remedy.
        hint: String,
    },
    /// A text does not follow its grammar or has an unknown, repeated or ill-typed key.
    #[error("{file}, line {line}, column {column}: {message}")]
    Syntax {
        /// The file.
        file: String,
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1 in characters.
        column: usize,
        /// The message of the reader.
        message: String,
    },
    /// A field of `task.toml` has an invalid value.
    #[error("{file}, field {field}: expected {expected}, found {found}")]
    Field {
        /// The file.
        file: String,
        /// The dotted path of the field, for example `splits.train.generator.items`.
        field: String,
        /// The expected value, in words.
        expected: String,
        /// The value found, shortened.
        found: String,
    },
    /// A case of a data file is invalid.
    #[error("{file}, {place}: expected {expected}, found {found}")]
    Data {
        /// The file.
        file: String,
        /// The position in the file.
        place: String,
        /// The expected value, in words.
        expected: String,
        /// The value found, shortened.
        found: String,
    },
    /// A case does not belong to its scorer.
    #[error("{file}, case {case}: {source}")]
    Case {
        /// The folder or the task.
        file: String,
        /// The case, shortened.
        case: String,
        /// The message of the scorer.
        source: InvalidCase,
    },
    /// The task is defined, but its data have to come from the user.
    #[error("task {task} has no data of its own; give the folder that holds {} with --data DIR, and check it with `hyperspace data check {task} DIR`", files.join(", "))]
    NeedsData {
        /// The task.
        task: String,
        /// The files that the folder has to contain.
        files: Vec<String>,
    },
    /// A split has no case.
    #[error("{file}: the split {split} is empty; {hint}")]
    EmptySplit {
        /// The file that should have filled it.
        file: String,
        /// `train` or `held-out`.
        split: &'static str,
        /// A remedy.
        hint: String,
    },
    /// Something exceeds the maximum size for a task.
    #[error("{file}: {what} is {found}, but at most {limit} are supported; use a smaller one")]
    TooLarge {
        /// The file.
        file: String,
        /// The quantity.
        what: String,
        /// The value found.
        found: u64,
        /// The largest value allowed.
        limit: u64,
    },
}

impl TaskError {
    /// Creates a syntax error at a byte offset in a text.
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

    /// Creates the error for a field of `task.toml`, given by its dotted path. `found` is shortened.
    pub fn field(
        file: &str,
        field: impl Into<String>,
        expected: impl Into<String>,
        found: impl std::fmt::Display,
    ) -> Self {
        let found = shorten(&found.to_string());
        Self::Field { file: file.to_owned(), field: field.into(), expected: expected.into(), found }
    }

    /// Creates the error for a place in a data file. `found` is shortened.
    pub fn data(
        file: &str,
        place: impl Into<String>,
        expected: impl Into<String>,
        found: impl std::fmt::Display,
    ) -> Self {
        let found = shorten(&found.to_string());
        Self::Data { file: file.to_owned(), place: place.into(), expected: expected.into(), found }
    }

    /// Creates the error for a JSON text, with the position moved out of the message.
    pub(crate) fn json(file: &str, error: &serde_json::Error) -> Self {
        let (line, column, text) = (error.line(), error.column(), error.to_string());
        let suffix = format!(" at line {line} column {column}");
        let message = reader_words(text.strip_suffix(&suffix).unwrap_or(&text), "an object");
        Self::Syntax { file: file.to_owned(), line: line.max(1), column: column.max(1), message }
    }

    /// Creates the error for a size beyond its limit.
    pub(crate) fn too_large(file: &str, what: &str, found: u64, limit: u64) -> Self {
        Self::TooLarge { file: file.to_owned(), what: what.to_owned(), found, limit }
    }
}

/// Returns at most 80 characters of a text, for messages.
pub(crate) fn shorten(text: &str) -> String {
    let short: String = text.chars().take(80).collect();
    if short.len() < text.len() { short + " …" } else { short }
}

/// Returns the text of a file without a byte order mark, or an error with the position at which it is not UTF-8.
pub(crate) fn utf8<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, TaskError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        let message = "expected UTF-8 text, found other bytes; save the file as UTF-8";
        TaskError::at_byte(file, &valid, error.valid_up_to(), message)
    })?;
    Ok(text.trim_start_matches('\u{feff}'))
}
