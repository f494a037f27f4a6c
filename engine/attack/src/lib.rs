//! A catalogue of attacks on the sandbox, each with its required result, and a harness that runs them on this machine.
//!
//! An attack is a Python file in `engine/attack/attacks`. Its header says what it tries, which source file contains it, and how it
//! must end: outcome, output, refusals. Any other failure is no pass. [`Suite::attack`] runs it twice, compares both reports with
//! the expectation and with each other, and then checks the host: descriptors, threads, memory, the file whose path the guest
//! was given, the planted secrets, and that another program still runs as before.
//!
//! It starts no processes. It writes one folder of planted files, which it removes at the end.

mod attack_case;
mod attack_room;
mod catalogue;
mod error;
mod planted_folder;
mod process_state;
mod score_tasks;
mod suite;

pub use self::attack_case::{AttackCase, AttackKind, Expectation, HeaderError};
pub use self::catalogue::{PROGRAMS, catalogue};
pub use self::error::AttackError;
pub use self::process_state::ProcessState;
pub use self::suite::{Finding, Suite};
