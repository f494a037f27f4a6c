//! The tools of meta agents: an [`Editor`] and a [`Shell`] over the files of a guest that waits for its door.
//!
//! Both access files only through [`hyperspace_sandbox::Files`], so each access passes the policy, quota and list of refusals of
//! the guest's own file system, and the guest sees changes at once. A mistake of the model is answered with text that begins
//! with `Error:`; an `Err` is a failure of the host.
//!
//! [`ToolDoor`] serves both to a guest as `tool.editor` and `tool.bash`, and `log`.
//!
//! The shell runs only in a build whose package `getrandom` is the one of this repository ([`check_shell`]). A workspace that
//! depends on this crate adds it to its root `Cargo.toml`, from the same repository and revision:
//!
//! ```toml
//! [patch.crates-io]
//! getrandom = { git = "…", rev = "…" }
//! ```
//!
//! and runs `cargo update -p getrandom@0.4`. Everything else works without it; `tool.bash` then ends the run with an error.
//!
//! This is the only crate that names bashkit. It knows nothing of tasks, populations and models.

mod clip;
mod door;
mod editor;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod limits;
mod shell;

pub use door::{GuestLog, OPERATIONS, ToolDoor};
pub use editor::{Editor, EditorRequest};
pub use shell::{Shell, ShellConfig, ShellError, check_shell};
