//! Runs: start, resume, events and progress, the next prompt, and the view of the end.

mod budgeted;
mod checked;
mod cost;
mod handle;
mod options;
mod outcome;
mod plan;
mod preflight;
mod prepared;
mod progress;
mod prompt;
mod request;
mod start;
mod start_view;
mod view;

pub use hyperspace_evolve::RunEvent;

pub(crate) use self::budgeted::{BudgetedEnd, run_within};
pub use self::cost::{CostCeilingView, LikelySpendView};
pub use self::handle::RunHandle;
pub(crate) use self::options::case_limits;
pub use self::outcome::{FailuresView, JudgedView, RunOutcomeView, StoppedView};
pub(crate) use self::prepared::PreparedRun;
pub use self::progress::{BestOfProgress, ModelWait, RunProgress};
pub use self::prompt::{PromptMessageView, PromptView};
pub use self::request::{ResumeRequest, RunRequest};
pub use self::start_view::{CalledModelView, RunStartView};
pub use self::view::{BestView, PopulationView, RunModelsView, RunView, TestView};
