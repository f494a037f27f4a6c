//! The tools of meta agents: an [`Editor`] and a [`Shell`] over the files of a guest that waits for its door.
//!
//! Both reach files through [`hyperspace_sandbox::Files`] alone, so each access passes the policy, quota and list of
//! refusals of the guest's own file system, and the guest sees at once what they changed. What a model did wrong is text
//! that begins with `Error:`, never an `Err`; an `Err` is a failure of the host.
//!
//! [`ToolDoor`] serves both to a guest as `tool.editor` and `tool.bash`, and `log`.
//!
//! This crate alone names bashkit. It knows nothing of tasks, populations and models.

mod clip;
mod door;
mod editor;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod limits;
mod shell;

pub use door::{Log, OPERATIONS, ToolDoor};
pub use editor::{Editor, EditorRequest};
pub use shell::{Shell, ShellConfig, ShellError};
