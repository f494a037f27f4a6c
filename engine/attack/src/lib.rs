//! A catalogue of attacks, each with what exactly must come of it, and a harness that tries them on this machine.
//!
//! An attack is a Python file under `tests/guest/attacks`: its header says what it tries, which file of ours holds it back,
//! and how it must end: outcome, output, refusals. "It failed somehow" is no pass. [`Suite::attack`] runs one twice, compares both
//! reports with the expectation and with each other, and looks at the host afterwards: descriptors, threads, memory, the
//! file it was pointed at, and whether a run of another program still gives what it gave before.
//!
//! It does not start processes and writes no file.

mod agents;
mod case;
mod catalogue;
mod host;
mod room;
mod suite;

pub use self::case::{Case, Expected, HeaderError, RunsAs};
pub use self::catalogue::{PROGRAMS, catalogue};
pub use self::host::HostState;
pub use self::suite::{AttackError, Finding, Suite};
