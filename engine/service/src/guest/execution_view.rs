//! A program that ended, as a front end shows it.

use std::path::Path;
use std::sync::Arc;

use hyperspace_core::digest::{derive, hex};
use hyperspace_core::{BlobId, exact_json};
use hyperspace_sandbox::{CodePlace, Denial, Outcome, Report};
use serde::Serialize;
use serde_json::Value;

use crate::error::ErrorClass;
use crate::guest::function_calls::FunctionCall;
use crate::guest::functions::missing_function;
use crate::history::lossy;

/// A program that has ended. [`Self::document`] is the document of `exec --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ExecutionView {
    /// Its outcome, as a short name.
    pub outcome: &'static str,
    /// The outcome with its details.
    pub detail: Outcome,
    /// The exit code that a Python process would have; null if there is none.
    pub exit_code: Option<u32>,
    /// Its standard output; serialised as text.
    #[serde(serialize_with = "lossy")]
    pub stdout: Vec<u8>,
    /// Its standard error; serialised as text.
    #[serde(serialize_with = "lossy")]
    pub stderr: Vec<u8>,
    /// Fuel used.
    pub fuel: u64,
    /// Virtual time that passed, in nanoseconds.
    pub virtual_ns: u64,
    /// The largest size of its memory, in bytes.
    pub memory_bytes_peak: u64,
    /// True if a function was called, which completes by returning.
    #[serde(skip)]
    pub called: bool,
    /// The value that the called function returned; absent if no function was called or it did not return.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    /// Advice about the outcome, as sentences.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<String>,
    /// The traceback of an exception; absent without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traceback: Option<String>,
    /// The place in its code at which a limit stopped it; absent if none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped_at: Option<CodePlace>,
    /// Files that it left behind.
    pub files: Vec<GuestFileView>,
    /// Paths of the given files that it deleted; absent if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deleted: Vec<String>,
    /// Accesses that were refused.
    pub denials: Vec<Denial>,
    /// The digest of the runtime and of everything above, in hexadecimal. It is equal wherever the same program runs with the
    /// same limits.
    pub digest: String,
    /// The calls of functions of the host with their answers, in order. Absent if no functions were lent, or if there are more
    /// calls than a record holds (64 MiB). [`HostFunctions::recorded`](super::HostFunctions::recorded) answers them again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls: Option<Vec<FunctionCall>>,
}

/// A file that a program left behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct GuestFileView {
    /// Its path in the guest.
    pub path: String,
    /// Its size.
    pub bytes: usize,
    /// The digest of its content.
    pub blob: BlobId,
    /// Its content; not serialised.
    #[serde(skip)]
    pub content: Arc<[u8]>,
}

impl ExecutionView {
    /// Returns the class of the result: `Guest` if the program did not complete.
    #[must_use]
    pub fn failure(&self) -> Option<ErrorClass> {
        (!self.detail.is_completed()).then_some(ErrorClass::Guest)
    }

    /// Returns its document: the serialised fields as a value of [`exact_json`], in which the value that a function returned
    /// keeps its long integers, and output of the guest is text whatever it begins with.
    #[must_use]
    pub fn document(&self) -> Value {
        // All keys of a view are text, so it can always be written.
        let mut document = serde_json::to_value(self).unwrap_or_default();
        let result = document.get_mut("result").map(Value::take);
        let calls = document.get_mut("calls").map(Value::take);
        let mut document = exact_json::from_plain(document);
        for (name, exact) in [("result", result), ("calls", calls)] {
            if let Some(exact) = exact {
                document[name] = exact;
            }
        }
        document
    }

    /// Returns the outcome in words, such as `exception ValueError`. The text may quote the guest.
    #[must_use]
    pub fn describe(&self) -> String {
        let ended = self.ended();
        match &self.stopped_at {
            Some(place) => format!("{ended} {place}"),
            None => ended,
        }
    }

    fn ended(&self) -> String {
        match &self.detail {
            Outcome::Exception { exception, .. } => format!("exception {exception}"),
            Outcome::Trap { trap } => format!("trap: {trap}"),
            Outcome::Quota { quota } => format!("quota {quota} exceeded"),
            Outcome::Exit { code } if self.called => {
                format!("exit with code {code} before the function returned")
            }
            Outcome::Exit { code } => format!("exit with code {code}"),
            other => other.name().to_owned(),
        }
    }

    pub(super) fn of(report: Report, called: bool, runtime: &str) -> Self {
        let (mut files, mut deleted) = (Vec::new(), Vec::new());
        for change in &report.changes {
            let path = format!("/{}/{}", change.mount, change.path);
            match change.content.as_ref().map(Arc::clone) {
                Some(content) => {
                    let (bytes, blob) = (content.len(), BlobId::of(&content));
                    files.push(GuestFileView { path, bytes, blob, content });
                }
                None => deleted.push(path),
            }
        }
        // A guest that exits with code 0, as with `sys.exit()`, completes a program, but not a function.
        let has_left = called && report.result.is_none() && report.outcome.is_completed();
        let outcome = if has_left { Outcome::Exit { code: 0 } } else { report.outcome };
        let mut view = Self {
            outcome: outcome.name(),
            exit_code: exit_code(&outcome),
            files,
            deleted,
            detail: outcome,
            stdout: report.stdout,
            stderr: report.stderr,
            fuel: report.fuel_used,
            virtual_ns: report.virtual_ns,
            memory_bytes_peak: report.memory_bytes_peak,
            called,
            result: report.result,
            hints: Vec::new(),
            traceback: report.traceback,
            stopped_at: report.stopped_at,
            denials: report.denials,
            digest: String::new(),
            calls: None,
        };
        view.digest = view.digest_with(runtime);
        view
    }

    /// Removes frames from the traceback that ran the code but are not part of it. The digest is that of the whole traceback.
    pub(super) fn without_frames_of(mut self, files: &[&str]) -> Self {
        self.traceback = self.traceback.map(|traceback| own_frames(&traceback, files));
        self
    }

    /// Adds the calls of functions of the host. They are not part of the digest, which tells what the guest did with the answers.
    pub(super) fn with_calls(mut self, calls: Option<Vec<FunctionCall>>) -> Self {
        self.calls = calls;
        self
    }

    /// Adds advice, which is not part of the digest.
    pub(super) fn advised(mut self, hints: Vec<String>) -> Self {
        self.hints = hints;
        self
    }

    /// Adds the names of the program's functions if it has none of the called name. They are not part of the digest.
    pub(super) fn advised_of_function(mut self, file: &Path, function: &str) -> Self {
        self.hints.extend(missing_function(&self.detail, file, function));
        self
    }

    /// Hashes the runtime and the view, each preceded by its length.
    fn digest_with(&self, runtime: &str) -> String {
        // All keys of a view are text, so it can always be written.
        let document = serde_json::to_vec(self).unwrap_or_default();
        let value = self.result.as_ref().map(exact_json::to_text).unwrap_or_default();
        let parts = [runtime.as_bytes(), &document, value.as_bytes(), &self.stdout, &self.stderr];
        framed_digest("hyperspace v1 execution", &parts)
    }
}

/// Returns the hash of parts, each preceded by its length, in hexadecimal.
pub(super) fn framed_digest(context: &str, parts: &[&[u8]]) -> String {
    let lengths: Vec<[u8; 8]> = parts.iter().map(|part| (part.len() as u64).to_le_bytes()).collect();
    let framed: Vec<&[u8]> =
        lengths.iter().zip(parts).flat_map(|(length, part)| [length.as_slice(), part]).collect();
    hex(&derive(context, &framed))
}

/// Returns a traceback without the frames of the given files, and without its first line if no frame is left.
fn own_frames(traceback: &str, files: &[&str]) -> String {
    let is_foreign = |line: &str| {
        let named = line.strip_prefix("  File \"").and_then(|rest| rest.split_once("\", line "));
        named.map(|(file, rest)| files.contains(&file) && rest.contains(", in "))
    };
    let (mut kept, mut skips) = (Vec::new(), false);
    for line in traceback.split('\n') {
        match is_foreign(line) {
            Some(foreign) => skips = foreign,
            None if !line.starts_with("    ") => skips = false,
            None => {}
        }
        if !skips {
            kept.push(line);
        }
    }
    let is_frame = |line: &&str| line.starts_with("  File \"") && line.contains(", in ");
    if kept.first() == Some(&"Traceback (most recent call last):") && !kept.iter().any(is_frame) {
        kept.remove(0);
    }
    kept.join("\n")
}

fn exit_code(outcome: &Outcome) -> Option<u32> {
    match outcome {
        Outcome::Completed => Some(0),
        Outcome::Exit { code } => Some(*code),
        Outcome::Exception { .. } => Some(1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceback_begins_with_the_code() {
        let session = "/session/hyperspace_session.py";
        let whole = format!(
            "Traceback (most recent call last):\n  File \"{session}\", line 35, in execute\n    return _executed(code)\n           ~~~\n  \
             File \"<session 1>\", line 2, in <module>\n    1 / 0\n    ~~^~~\nZeroDivisionError: division by zero\n"
        );
        let own = "Traceback (most recent call last):\n  File \"<session 1>\", line 2, in <module>\n    1 / 0\n    ~~^~~\n\
                   ZeroDivisionError: division by zero\n";
        assert_eq!(own_frames(&whole, &[session]), own);
        assert_eq!(own_frames(own, &[session]), own);
        let syntax = format!(
            "Traceback (most recent call last):\n  File \"{session}\", line 64, in _executed\n    compile(code)\n  File \"<session 2>\", \
             line 1\n    def f(:\n          ^\nSyntaxError: invalid syntax\n"
        );
        let shown = "  File \"<session 2>\", line 1\n    def f(:\n          ^\nSyntaxError: invalid syntax\n";
        assert_eq!(own_frames(&syntax, &[session]), shown);
        assert_eq!(own_frames("", &[session]), "");
    }
}
