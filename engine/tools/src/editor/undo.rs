//! What can be taken back: edits by path, the newest of a path first. The oldest of all are forgotten when it is too much.

use std::collections::VecDeque;

use crate::limits::{UNDO_BYTES_MAX, UNDO_EDITS_MAX};

/// One edit of a file.
#[derive(Debug)]
pub(super) struct Step {
    /// The content before; `None`: there was no file.
    pub(super) before: Option<String>,
    /// The content after.
    pub(super) after: String,
}

impl Step {
    fn bytes(&self) -> usize {
        self.before.as_ref().map_or(0, String::len) + self.after.len()
    }
}

#[derive(Debug, Default)]
pub(super) struct Undo {
    steps: VecDeque<(String, Step)>,
    bytes: usize,
}

impl Undo {
    pub(super) fn push(&mut self, path: &str, step: Step) {
        self.bytes += step.bytes();
        self.steps.push_back((path.to_owned(), step));
        while self.steps.len() > UNDO_EDITS_MAX || self.bytes > UNDO_BYTES_MAX {
            let Some((_, step)) = self.steps.pop_front() else { return };
            self.bytes -= step.bytes();
        }
    }

    pub(super) fn last(&self, path: &str) -> Option<&Step> {
        self.steps.iter().rev().find(|(of, _)| of == path).map(|(_, step)| step)
    }

    pub(super) fn pop(&mut self, path: &str) {
        if let Some(at) = self.steps.iter().rposition(|(of, _)| of == path)
            && let Some((_, step)) = self.steps.remove(at)
        {
            self.bytes -= step.bytes();
        }
    }
}
