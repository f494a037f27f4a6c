//! The request of one editor command.

use serde::Deserialize;

/// The parameters of `tool.editor`. Fields of other commands are ignored; unknown fields are rejected.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EditorRequest {
    /// `view`, `create`, `str_replace`, `insert` or `undo_edit`.
    pub command: String,
    /// The absolute path in the guest.
    pub path: String,
    /// `create`: the content.
    pub file_text: Option<String>,
    /// `str_replace`: the text to replace; must occur exactly once.
    pub old_str: Option<String>,
    /// `str_replace` and `insert`: the new text. Default for `str_replace`: none.
    pub new_str: Option<String>,
    /// `insert`: the line after which to insert; 0 means before the first line.
    pub insert_line: Option<i64>,
    /// `view`: the first and last line; −1 as the last line means the end.
    pub view_range: Option<(i64, i64)>,
}
