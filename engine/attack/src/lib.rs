//! A catalogue of attacks on the sandbox, each with its required result, and a harness that runs them on this machine.
//!
//! An attack is a Python file in `engine/attack/attacks`. Its header says what it tries, which source file contains it, and how
//! it must end: outcome, output, refusals. Failing in any other way does not pass. [`Suite::attack`] runs it twice, compares both
//! reports with the expectation and with each other, measures both runs, cancels a third one, and then checks the host:
//! descriptors, sockets, threads, child processes, memory, folders of the user, the file whose path the guest was given, the
//! planted secrets, and that another program still runs as before. Effects that another program on the machine may have caused
//! have to recur in every one of several attempts. [`Suite::attack_host`] does the same for attacks without a guest, and
//! [`Suite::self_test`] shows that a leak of each kind is noticed.
//!
//! It starts no processes except for one in the self-test. It writes folders of planted files, which it removes at the end.

mod attack_case;
mod attack_room;
mod attempts;
mod catalogue;
mod error;
mod finding;
mod host_attack;
mod host_meter;
mod hostile_answers;
mod hostile_stores;
mod planted_folder;
mod process_state;
mod score_tasks;
mod self_test;
mod suite;
mod watched_folders;

pub use self::attack_case::{AttackCase, AttackKind, Expectation, HeaderError};
pub use self::catalogue::{PROGRAMS, catalogue};
pub use self::error::AttackError;
pub use self::finding::Finding;
pub use self::host_attack::{HostAttack, HostGround};
pub use self::hostile_answers::HOSTILE_ANSWERS;
pub use self::hostile_stores::HOSTILE_STORES;
pub use self::process_state::ProcessState;
pub use self::self_test::PlantedLeak;
pub use self::suite::Suite;
pub use self::watched_folders::WatchedFolder;
