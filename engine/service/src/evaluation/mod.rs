//! Evaluations of agents on tasks, with models if their rows call any.

mod request;
mod view;

use hyperspace_eval::{EvalError, Evaluation, Task};
use hyperspace_llm::SessionError;

pub use self::request::EvalRequest;
pub use self::view::{CaseView, EvaluationModelsView, EvaluationView};

use crate::defaults;
use crate::engine::Engine;
use crate::error::ServiceError;
use crate::files::read_packages;
use crate::models::{RowModelNames, RowModels};
use crate::run::case_limits;
use crate::sources::{TaskRef, seed_files};

impl Engine {
    /// Evaluates an agent. For a candidate that fails, the view has no score.
    ///
    /// # Errors
    ///
    /// Class `Usage` when the request is wrong; `Budget`, `Provider`, `Differs` or `Damage` when a model's answer cannot be
    /// obtained.
    pub async fn evaluate(&self, request: EvalRequest) -> Result<EvaluationView, ServiceError> {
        let named = || TaskRef::from(self.settings().run.task.as_deref().unwrap_or(defaults::TASK));
        let task =
            request.task.clone().unwrap_or_else(named).load(request.data.as_deref(), self.cache_folder())?;
        let task = task.with_packages(&read_packages(&request.packages)?, "--packages")?;
        let files = match &request.agent {
            Some(agent) => agent.load(&task)?.files,
            None => seed_files(&task)?,
        };
        let names = RowModelNames { model: request.model.as_deref(), others: &request.models };
        let models = RowModels::new(self, &names, &request.calls)?;
        let limits = request.fuel.map(|fuel| case_limits("fuel", fuel)).transpose()?;
        let conversations = models.as_ref().map_or(0, RowModels::concurrency);
        let runtime = request.runtime.unwrap_or_else(|| task.runtime());
        let mut evaluator = self.prepared(runtime, conversations).await?;
        if let Some(limits) = limits {
            evaluator = evaluator.limits(limits);
        }
        let fuel = evaluator.limits_for(&task).fuel;
        let Some(models) = models else {
            let evaluation = evaluator.evaluate(&task, &files, request.split).await?;
            return Ok(EvaluationView::of(&task, &evaluation).with_hint(fuel, runtime));
        };
        let evaluated = models.lend(evaluator).evaluate(&task, &files, request.split).await;
        models.sync()?;
        models.keep_lessons(self);
        let evaluation = evaluated.map_err(|error| given_up(error, &models))?;
        Ok(with_models(&task, &evaluation, &request, &models)?.with_hint(fuel, runtime))
    }

    /// Loads a task: a bundled one, one in a folder, or a value.
    ///
    /// # Errors
    ///
    /// Class `Usage` when the task does not exist or cannot be understood.
    pub fn load_task(&self, task: &TaskRef) -> Result<Task, ServiceError> {
        task.load(None, self.cache_folder())
    }

    /// As [`Engine::evaluate`], on the threads of the engine.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), hyperspace_service::ServiceError> {
    /// # let engine = hyperspace_service::Engine::builder().build()?;
    /// use hyperspace_service::EvalRequest;
    ///
    /// let view = engine.evaluate_blocking(EvalRequest::new().task("bin-packing").agent("best-fit"))?;
    /// println!("{:?} {}", view.score, view.detail);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Engine::evaluate`], and [`ServiceError::Threads`].
    ///
    /// # Panics
    ///
    /// When called inside a tokio runtime.
    pub fn evaluate_blocking(&self, request: EvalRequest) -> Result<EvaluationView, ServiceError> {
        self.block_on(self.evaluate(request))?
    }
}

fn with_models(
    task: &Task,
    evaluation: &Evaluation,
    request: &EvalRequest,
    models: &RowModels,
) -> Result<EvaluationView, ServiceError> {
    let spent = models.spent_by_row(evaluation)?;
    let mut view = EvaluationView::of(task, evaluation);
    let stats = models.stats();
    view.models = Some(EvaluationModelsView {
        model: request.model.clone(),
        replayed: stats.is_none(),
        reuse_identical: request.calls.reuse_identical,
        spent: models.spent(&spent),
        unanswered: models.unanswered(),
        stats,
    });
    for (row, spent) in view.rows.iter_mut().zip(spent) {
        row.spent = Some(spent);
    }
    Ok(view)
}

/// Adds to an error the remaining use of a stopped evaluation's recording.
fn given_up(error: EvalError, models: &RowModels) -> ServiceError {
    let (Some(path), EvalError::Model { source, .. }) = (models.path(), &error) else { return error.into() };
    let path = path.display();
    let message = match source {
        SessionError::Mismatch { .. } => {
            format!("{path} was recorded with another agent, task or model, or by another version")
        }
        SessionError::Missing { .. } => format!("{path} does not hold the whole evaluation"),
        SessionError::Outage(_) => {
            format!("given up; {path} has what was answered, and the same command goes on from there")
        }
        SessionError::Budget(_) => {
            format!("given up; {path} has what was answered, and a larger budget goes on from there")
        }
        _ => return error.into(),
    };
    ServiceError::Recording { message, source: Box::new(error) }
}
