//! The editor: views and changes files, one command at a time.
//!
//! Edits are exact: nothing is normalised; tabs and line ends are preserved. Every answer is text; an answer that begins with
//! `Error:` changed nothing.

mod commands;
mod request;
mod text;
mod undo;

pub use commands::Editor;
pub use request::EditorRequest;
