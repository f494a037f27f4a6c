//! The tools of meta agents: an [`Editor`] and a [`Shell`] over the files of a guest that waits for its door.
//!
//! Both access files only through [`hyperspace_sandbox::Files`], so each access passes the policy, quota and list of refusals of
//! the guest's own file system, and the guest sees changes at once. A mistake of the model is answered with text that begins
//! with `Error:`; an `Err` is a failure of the host.
//!
//! [`ToolDoor`] serves both to a guest as `tool.editor` and `tool.bash`, and `log`.
//!
//! The shell is a guest of the sandbox (`hyperspace-shell`), so this process contains no shell. This crate does not know tasks,
//! populations or models.

mod clip;
mod digest;
mod door;
mod editor;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod guest_log;
mod limits;
mod rules;
mod shell;
mod workspace;

pub use digest::digest_with_tools;
pub use door::{OPERATIONS, ToolDoor};
pub use editor::{Editor, EditorRequest};
pub use guest_log::GuestLog;
pub use rules::ToolRules;
pub use shell::{Shell, ShellConfig, ShellError, ShellLimits};
pub use workspace::{Workspace, WorkspaceCommand, WorkspaceError, WorkspaceReport};
