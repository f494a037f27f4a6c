//! The log of a guest: its messages as lines of one text, up to a limit in bytes.
//!
//! Attacks that end here: T-BILL-118, T-BILL-119, T-BILL-120, T-BILL-121, T-BILL-122.

use std::sync::Arc;

use hyperspace_core::Mutex;

use crate::clip::clipped;
use crate::limits::{LOG_BYTES_MAX, LOG_CHARS_MAX};

/// The messages logged by a guest, in order. Clones share them, so the caller that started the run can read them afterwards.
///
/// Messages beyond 4 MiB are counted but not kept.
#[derive(Debug, Clone, Default)]
pub struct GuestLog(Arc<Mutex<LogText>>);

#[derive(Debug, Default)]
struct LogText {
    lines: Vec<u8>,
    /// Number of messages that were not kept.
    left_out: u64,
}

impl GuestLog {
    /// Adds a message, clipped in the middle if it is long.
    pub(crate) fn push(&self, message: &str) {
        let message = clipped(message, LOG_CHARS_MAX);
        let mut text = self.0.lock();
        if text.left_out > 0 || text.lines.len() + message.len() >= LOG_BYTES_MAX {
            text.left_out = text.left_out.saturating_add(1);
            return;
        }
        text.lines.extend_from_slice(message.as_bytes());
        text.lines.push(b'\n');
    }

    /// Returns the messages, each followed by a line feed, and a note on those that were not kept.
    #[must_use]
    pub fn lines(&self) -> Vec<u8> {
        let text = self.0.lock();
        let mut lines = text.lines.clone();
        if text.left_out > 0 {
            let note = format!("[{} later messages were not kept: the log is full]\n", text.left_out);
            lines.extend_from_slice(note.as_bytes());
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_full_at_a_number_of_bytes_and_says_so() {
        let log = GuestLog::default();
        log.push("first");
        log.push("");
        assert_eq!(log.lines(), b"first\n\n");
        let large = "\u{1f600}".repeat(LOG_CHARS_MAX);
        for _ in 0..1_000 {
            log.push(&large);
        }
        log.push("last");
        let lines = log.lines();
        assert!(lines.len() <= LOG_BYTES_MAX + 100, "{}", lines.len());
        let kept = lines.len() / large.len();
        let note = format!("[{} later messages were not kept: the log is full]\n", 1_001 - kept);
        assert!(lines.ends_with(note.as_bytes()), "{}", String::from_utf8_lossy(&lines[lines.len() - 80..]));
    }
}
