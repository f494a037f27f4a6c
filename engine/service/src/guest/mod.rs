//! Guests apart from runs: a single program, the checks of an installation, the attack suite.

mod attack;
mod doctor;
mod exec;

pub use self::attack::{AttackHost, AttackView};
pub use self::doctor::{CheckView, DoctorView};
pub use self::exec::{ExecutionRequest, ExecutionView, GuestFileView};
