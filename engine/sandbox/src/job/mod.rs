//! Descriptions of runs: the program, its environment and its input.
//!
//! One builder describes all of them. A [`Job`] has everything; a [`Setup`] has no input, because it runs once for many
//! items; an [`Item`] has no environment, because it runs in that of its set-up.
//!
//! Defaults deny: no arguments, no environment variables, no input, no files but the interpreter's library, a scratch folder,
//! and no door.
//!
//! Attacks that end here: T-PROC-11, T-PROC-12, T-PROC-13.

mod environment;
mod input;
mod program;

pub use self::environment::{GuestEnvironment, NoEnvironment};
pub use self::input::{NoInput, ProgramInput};
pub use self::program::{Item, Job, Program, Setup};
