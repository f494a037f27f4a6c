//! Undo history: edits by path, newest first. The oldest edits are dropped when there are too many.

use std::collections::VecDeque;

use crate::limits::{UNDO_BYTES_MAX, UNDO_EDITS_MAX};

/// One edit of a file.
#[derive(Debug)]
pub(super) struct Edit {
    /// The content before; `None` if the file did not exist.
    pub(super) before: Option<String>,
    /// The content after.
    pub(super) after: String,
}

impl Edit {
    fn bytes(&self) -> usize {
        self.before.as_ref().map_or(0, String::len) + self.after.len()
    }
}

/// The edits that can be undone.
#[derive(Debug, Default)]
pub(super) struct UndoHistory {
    edits: VecDeque<(String, Edit)>,
    bytes: usize,
}

impl UndoHistory {
    pub(super) fn push(&mut self, path: &str, edit: Edit) {
        self.bytes += edit.bytes();
        self.edits.push_back((path.to_owned(), edit));
        while self.edits.len() > UNDO_EDITS_MAX || self.bytes > UNDO_BYTES_MAX {
            let Some((_, edit)) = self.edits.pop_front() else { return };
            self.bytes -= edit.bytes();
        }
    }

    pub(super) fn last(&self, path: &str) -> Option<&Edit> {
        self.edits.iter().rev().find(|(of, _)| of == path).map(|(_, edit)| edit)
    }

    pub(super) fn pop(&mut self, path: &str) {
        if let Some(at) = self.edits.iter().rposition(|(of, _)| of == path)
            && let Some((_, edit)) = self.edits.remove(at)
        {
            self.bytes -= edit.bytes();
        }
    }
}
