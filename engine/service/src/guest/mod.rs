//! Guests apart from runs: a single program, the checks of an installation, the attack suite.

mod attack;
mod doctor;
mod exec;
mod exec_request;
mod hostile_files;
mod hostile_providers;
mod hostile_server;
mod hostile_trees;

pub use self::attack::{AttackHost, AttackView, SelfTestView};
pub use self::doctor::{CheckView, DoctorView};
pub use self::exec::{ExecutionView, GuestFileView};
pub use self::exec_request::{ExecutionRequest, GuestProgram};
