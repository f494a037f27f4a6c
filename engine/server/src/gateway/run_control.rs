//! Runs: starting, resuming, cancelling and replaying them, and their state.

use std::sync::Arc;

use hyperspace_core::RecordId;
use hyperspace_llm::Cost;
use hyperspace_service::{
    Engine, LogView, ReplayRequest, ReplayView, ResumeRequest, RunStartView, ServiceError,
};
use serde_json::{Value, json};

use super::Gateway;
use crate::client::{Client, MoneyClaim, TokenScope};
use crate::refusal::{RefusalKind, RequestRefusal};
use crate::requests::{ResumeRunRequest, StartRunRequest};
use crate::runs::{BackgroundRunState, RunMeter};

impl Gateway {
    /// Starts a run in the background.
    pub(crate) async fn start_run(
        &self,
        client: &Client,
        request: StartRunRequest,
    ) -> Result<RunStartView, RequestRefusal> {
        client.permits(TokenScope::Runs)?;
        self.open()?;
        let money = match (&request.model, request.max_cost) {
            (Some(_), None) => {
                let detail = "a run with a model needs a limit in dollars";
                let mut refusal = RequestRefusal::new(RefusalKind::Invalid, detail);
                refusal.field = Some("max_cost");
                return Err(refusal);
            }
            (_, Some(dollars)) => Some(claim(client, dollars)?),
            (None, None) => None,
        };
        let meter = self.meter(client, money)?;
        let mut request = self.load(|| request.into_run()).await?;
        if request.task.is_none() {
            request.task = self.own_task().cloned().map(Into::into);
        }
        let view = self.runs().start_metered(request, meter).await?;
        if view.generation.is_none() {
            self.recorded(&view.run).await?;
        }
        Ok(view)
    }

    /// Waits until a new run is in the store, where it outlives this process.
    async fn recorded(&self, run: &RecordId) -> Result<(), RequestRefusal> {
        let Some(events) = self.runs().events(run) else { return Ok(()) };
        if events.committed().await {
            return Ok(());
        }
        Err(match self.runs().state(run) {
            Some(BackgroundRunState::Failed { error }) => {
                RequestRefusal::new(RefusalKind::GuestFailed, error)
            }
            _ => {
                RequestRefusal::new(RefusalKind::Stopping, "the run was stopped before anything was recorded")
            }
        })
    }

    /// Resumes a run of the store.
    pub(crate) async fn resume_run(
        &self,
        client: &Client,
        run: &str,
        request: ResumeRunRequest,
    ) -> Result<RunStartView, RequestRefusal> {
        client.permits(TokenScope::Runs)?;
        self.open()?;
        let money = request.max_cost.map(|dollars| claim(client, dollars)).transpose()?;
        let meter = self.meter(client, money)?;
        let mut resume = ResumeRequest::new().run(run);
        resume.generations = request.generations;
        resume.calls.max_cost = request.max_cost.map(|dollars| dollars.to_string());
        Ok(self.runs().resume_metered(resume, meter).await?)
    }

    /// Returns the meter of a run, or an error if the fuel of the token is spent.
    fn meter(&self, client: &Client, money: Option<MoneyClaim>) -> Result<RunMeter, RequestRefusal> {
        client.account.claim_fuel(1)?.settle(0);
        Ok(RunMeter { account: Some(Arc::clone(&client.account)), money })
    }

    /// Cancels a run of this server; what was committed stays.
    pub(crate) async fn cancel_run(&self, client: &Client, run: &str) -> Result<RecordId, RequestRefusal> {
        client.permits(TokenScope::Runs)?;
        match self.runs().started_here(Some(run)) {
            Some(id) if self.runs().stopped(&id).await => Ok(id),
            Some(id) => Err(RequestRefusal::new(RefusalKind::Busy, format!("run {id} does not go on"))),
            None => Err(RequestRefusal::absent(format!("run {run:?} that goes on here"))),
        }
    }

    /// Executes a run or a generation again and compares the results.
    pub(crate) async fn replay(&self, client: &Client, hash: &str) -> Result<ReplayView, RequestRefusal> {
        client.permits(TokenScope::Runs)?;
        client.account.claim_fuel(1)?.settle(0);
        let request = ReplayRequest::new().hash(hash);
        let replay = async {
            let view = self.engine().replay(request).finish().await?;
            let used = match &view {
                ReplayView::Executed(view) => view.generations.iter().map(|one| one.fuel).sum(),
                _ => 0,
            };
            Ok((view, used))
        };
        self.work(client, 0, replay).await
    }

    /// Returns the state of a run, which was started here or is in the store.
    pub(crate) async fn run_status(
        &self,
        client: &Client,
        run: Option<String>,
    ) -> Result<Value, RequestRefusal> {
        client.permits(TokenScope::Read)?;
        let here = self.runs().started_here(run.as_deref());
        if let Some((id, state)) = here.and_then(|id| Some((id, self.runs().state(&id)?))) {
            return status(id, &state);
        }
        let view = self.read(client, move |engine| engine.curve(run.as_deref())).await?;
        let mut value = written(&view)?;
        value["state"] = json!("recorded");
        Ok(value)
    }

    /// Returns the runs of the store; none if there is no store.
    pub(crate) async fn run_list(&self, client: &Client) -> Result<Value, RequestRefusal> {
        let view = self.recorded_runs(client).await?;
        let Some(view) = view else { return Ok(json!({ "runs": [] })) };
        written(&view)
    }

    /// Returns the runs of the store; `None` if there is no store.
    pub(crate) async fn recorded_runs(&self, client: &Client) -> Result<Option<LogView>, RequestRefusal> {
        self.read(client, listed).await
    }
}

fn listed(engine: &Engine) -> Result<Option<LogView>, ServiceError> {
    match engine.log(None) {
        Ok(view) => Ok(Some(view)),
        Err(error) if error.is_without_store() => Ok(None),
        Err(error) => Err(error),
    }
}

fn claim(client: &Client, dollars: f64) -> Result<MoneyClaim, RequestRefusal> {
    let cost = Cost::from_dollars(&dollars.to_string()).map_err(|problem| {
        let mut refusal = RequestRefusal::new(RefusalKind::Invalid, problem);
        refusal.field = Some("max_cost");
        refusal
    })?;
    client.account.claim_money(cost)
}

fn status(id: RecordId, state: &BackgroundRunState) -> Result<Value, RequestRefusal> {
    let mut value = written(state)?;
    value["run"] = json!(id);
    Ok(value)
}

/// Returns the document of a run's start, without the paths of this machine.
pub(crate) fn start_document(view: &RunStartView) -> Result<Value, RequestRefusal> {
    let mut document = written(view)?;
    if let Some(fields) = document.as_object_mut() {
        fields.remove("store");
        fields.remove("recording");
    }
    Ok(document)
}

/// Returns a view as a document.
pub(crate) fn written(view: &impl serde::Serialize) -> Result<Value, RequestRefusal> {
    serde_json::to_value(view).map_err(|error| RequestRefusal::new(RefusalKind::Failed, error.to_string()))
}
