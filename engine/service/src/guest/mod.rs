//! Guests apart from runs: a single program, the checks of an installation, the attack suite.

mod advice;
mod attack;
mod doctor;
mod exec;
mod exec_request;
mod execution_view;
mod function_calls;
mod functions;
mod host_functions;
mod hostile_files;
mod hostile_providers;
mod hostile_server;
mod hostile_trees;
mod mounts;
mod prepared_program;
mod program;
mod runtime_choice;
mod session;
mod values;
mod workspace;

pub(crate) use self::advice::other_runtime;
pub use self::attack::{AttackHost, AttackView, SelfTestView};
pub use self::doctor::{CheckView, DoctorView};
pub use self::exec_request::{ExecutionRequest, GuestProgram};
pub use self::execution_view::{ExecutionView, GuestFileView};
pub use self::function_calls::{FunctionAnswer, FunctionCall};
pub use self::host_functions::HostFunctions;
pub(crate) use self::host_functions::WAITING_GUESTS_MAX;
pub use self::program::{CallableProgram, argument_list};
pub use self::session::{SessionState, SessionTurn};
pub use self::workspace::{CommandView, WorkspaceHandle, WorkspaceRequest};
