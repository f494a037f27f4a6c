//! A catalogue of attacks, each with what exactly must come of it, and a harness that tries them on this machine.
//!
//! An attack is a Python file under `engine/attack/attacks`: its header says what it tries, which file of ours holds it back,
//! and how it must end: outcome, output, refusals. "It failed somehow" is no pass. [`Suite::attack`] runs one twice, compares both
//! reports with the expectation and with each other, and looks at the host afterwards: descriptors, threads, memory, the
//! file it was pointed at, the secrets that were planted for it to find, and whether a run of another program still gives what it gave before.
//!
//! It does not start processes. The files that it plants are in one folder, which is removed at the end.

mod agents;
mod case;
mod catalogue;
mod host;
mod planted;
mod room;
mod suite;

pub use self::case::{Case, Expected, HeaderError, RunsAs};
pub use self::catalogue::{PROGRAMS, catalogue};
pub use self::host::HostState;
pub use self::suite::{AttackError, Finding, Suite};
