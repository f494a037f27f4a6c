//! Runs: starting, resuming, events while they go on, and the view of their end.

mod handle;
mod options;
mod plan;
mod request;
mod start;
mod view;

pub use hyperspace_evolve::RunEvent;

pub use self::handle::RunHandle;
pub(crate) use self::options::case_limits;
pub use self::request::{ResumeRequest, RunRequest};
pub use self::view::{BestView, PopulationView, RunModelsView, RunView, TestView};
