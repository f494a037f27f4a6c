//! Models: settings of their calls, budgets, and the models of evaluations and runs.

mod budgets;
mod callable;
mod calls;
mod chat;
mod check;
mod lessons;
mod list;
mod outcome;
mod paid;
mod row_models;
mod run_models;
mod stub_server;

pub(crate) use self::budgets::Budgets;
pub use self::budgets::RunBudgets;
pub(crate) use self::callable::{callable, chains, options};
pub use self::calls::CallSettings;
pub use self::chat::{ChatOnce, ChatView};
pub(crate) use self::check::{ANSWERS, CALLS_A_TOOL, CheckPlan, TAKES_RESULT, check_model};
pub use self::check::{ModelCheckView, ModelChecksView};
pub(crate) use self::lessons::keep as keep_lessons;
pub use self::list::{ModelFactsView, ModelPricesView, ModelRow, ModelsRequest, ModelsView};
pub use self::outcome::call_notes;
pub(crate) use self::outcome::unanswered;
pub(crate) use self::row_models::{RowModelNames, RowModels};
pub(crate) use self::run_models::{
    CALLS, CalledResources, WantedModels, asked, check_callable, check_without_calls, check_without_models,
    populations, resources, token_prices,
};
pub use self::stub_server::{StubHandle, StubView};
