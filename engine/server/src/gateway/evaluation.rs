//! Evaluations: one agent, or many of them on one task.

use hyperspace_core::FileSet;
use hyperspace_eval::{Split, Task};
use hyperspace_sandbox::Limits;
use hyperspace_service::{EvalRequest, EvaluationView, TaskRef, defaults};
use tokio::task::JoinSet;

use super::Gateway;
use crate::client::{Client, TokenScope};
use crate::refusal::{RefusalKind, RequestRefusal};
use crate::requests::{EvaluateManyRequest, EvaluateRequest};

impl Gateway {
    /// Evaluates an agent.
    pub(crate) async fn evaluate(
        &self,
        client: &Client,
        request: EvaluateRequest,
    ) -> Result<EvaluationView, RequestRefusal> {
        client.permits(TokenScope::Evaluate)?;
        client.account.check_evaluations()?;
        let mut request = self.load(|| request.into_evaluation()).await?;
        let task = self.task_of(request.task.take())?;
        request.task = Some(task.clone().into());
        self.evaluated(client, &task, request).await
    }

    /// Evaluates agents, and returns the results in the order of the agents.
    pub(crate) async fn evaluate_many(
        &self,
        client: &Client,
        request: EvaluateManyRequest,
    ) -> Result<Vec<Result<EvaluationView, RequestRefusal>>, RequestRefusal> {
        client.permits(TokenScope::Evaluate)?;
        let most = self.limits().batch_max;
        if request.agents.is_empty() || request.agents.len() > most {
            let detail = format!("{} agents; expected 1 to {most}", request.agents.len());
            let mut refusal = RequestRefusal::new(RefusalKind::Invalid, detail);
            refusal.field = Some("agents");
            return Err(refusal);
        }
        client.account.check_evaluations()?;
        let (common, agents) = self.load(|| request.parts()).await?;
        let task = self.task_of(common.task.clone())?;
        self.bounded(client, &task)?;
        client.account.count_evaluations(agents.len() as u64)?;
        let fuel = fuel_of(&task, &common).saturating_mul(agents.len() as u64);
        let engine = self.engine().clone();
        let evaluations = async move {
            let mut results: Vec<Option<Result<EvaluationView, RequestRefusal>>> = vec![None; agents.len()];
            let mut waiting = agents.into_iter().enumerate();
            // Evaluations in progress are cancelled together with the set.
            let mut at_work = JoinSet::new();
            let mut start = |at_work: &mut JoinSet<_>| {
                if let Some((index, files)) = waiting.next() {
                    let request = common.clone().task(task.clone());
                    let (engine, request) = (engine.clone(), request.agent(files));
                    at_work.spawn(async move { (index, engine.evaluate(request).await) });
                }
            };
            (0..engine.workers()).for_each(|_| start(&mut at_work));
            let mut used: u64 = 0;
            while let Some(done) = at_work.join_next().await {
                start(&mut at_work);
                let Ok((index, result)) = done else { continue };
                used = used.saturating_add(result.as_ref().map_or(0, |view| view.fuel));
                results[index] = Some(result.map_err(RequestRefusal::from));
            }
            let lost = || Err(RequestRefusal::new(RefusalKind::Failed, "the evaluation was lost"));
            Ok((results.into_iter().map(|result| result.unwrap_or_else(lost)).collect(), used))
        };
        self.work(client, fuel, evaluations).await
    }

    /// Evaluates one program, given as the text of the module that the task calls.
    pub(crate) async fn evaluate_program(
        &self,
        client: &Client,
        task: &Task,
        program: &str,
    ) -> Result<EvaluationView, RequestRefusal> {
        client.permits(TokenScope::Evaluate)?;
        let [module, _] = task.entry().files();
        let files = FileSet::from_files([(module, program)])
            .map_err(|error| RequestRefusal::new(RefusalKind::Invalid, error.to_string()))?;
        let request = EvalRequest::new().task(task.clone()).agent(files).split(Split::Train);
        self.evaluated(client, task, request).await
    }

    async fn evaluated(
        &self,
        client: &Client,
        task: &Task,
        request: EvalRequest,
    ) -> Result<EvaluationView, RequestRefusal> {
        self.bounded(client, task)?;
        client.account.count_evaluations(1)?;
        let fuel = fuel_of(task, &request);
        let evaluation = async {
            let view = self.engine().evaluate(request).await?;
            let used = view.fuel;
            Ok((view, used))
        };
        self.work(client, fuel, evaluation).await
    }

    /// Returns the task of a request, or by default that of the server.
    fn task_of(&self, named: Option<TaskRef>) -> Result<Task, RequestRefusal> {
        match (named, &self.shared.task) {
            (None, Some(task)) => Ok(task.clone()),
            (None, None) => Ok(self.engine().load_task(&defaults::TASK.into())?),
            (Some(named), _) => Ok(self.engine().load_task(&named)?),
        }
    }

    /// Returns the task with which the server was started.
    pub(crate) fn own_task(&self) -> Option<&Task> {
        self.shared.task.as_ref()
    }

    /// Refuses a task whose guests need more memory than the token allows.
    fn bounded(&self, client: &Client, task: &Task) -> Result<(), RequestRefusal> {
        let bytes = task.limits().memory_bytes.unwrap_or(Limits::default().memory_bytes);
        client.account.memory_mib(Some(bytes.div_ceil(1 << 20)), 0).map(drop)
    }
}

/// Returns the maximum fuel of an evaluation.
fn fuel_of(task: &Task, request: &EvalRequest) -> u64 {
    let case = task.limits().fuel.or(request.fuel).unwrap_or(Limits::default().fuel);
    case.saturating_mul(task.cases(request.split).len() as u64)
}
