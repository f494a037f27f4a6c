//! Descriptions of runs: the program, its environment and its input.
//!
//! One builder describes all of them. A [`Job`] has everything; a [`Setup`] has no input, because it runs once for many
//! items; an [`Item`] has no environment, because it runs in that of its set-up.
//!
//! The defaults deny: there are no arguments, environment variables, input or door, and no files except the interpreter's
//! library and a scratch folder.
//!
//! Attacks that end here: T-PROC-11, T-PROC-12, T-PROC-13.

mod environment;
mod input;
mod program;

pub use self::environment::{GuestEnvironment, NoEnvironment};
pub use self::input::{NoInput, ProgramInput};
pub use self::program::{Item, Job, Program, Setup};
