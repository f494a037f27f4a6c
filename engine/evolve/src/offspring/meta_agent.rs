//! Runs of meta agents: a candidate's own, and fallbacks when it fails.
//!
//! If a meta agent does not complete, all its edits are dropped, and the nearest different meta agent in the candidate's lineage
//! runs in its place. Edits count only after [`accept`](crate::offspring::accept).

use std::sync::Arc;

use hyperspace_core::{FileSet, Mutex, RelPath, TreeId};
use hyperspace_eval::ModelDoor;
use hyperspace_llm::{Account, SessionError};
use hyperspace_sandbox::{DoorError, Outcome};
use serde_json::{Value, json};

use crate::error::EvolveError;
use crate::executor::interface::MetaRunRequest;
use crate::models::calls::ModelCalls;
use crate::models::streams;
use crate::offspring::candidate::{
    Candidate, CandidatePlan, CandidateWork, MadeFiles, MetaRun, OffspringPhase, PreparedPhase,
};
use crate::offspring::spec::{MetaRunSpec, MetaSetup, TreeFiles};
use crate::search::meta_lineage::{is_meta, is_own_package};

/// The first error of a run's session after which the generation cannot continue.
type SessionFault = Arc<Mutex<Option<SessionError>>>;

/// Maximum number of tries of a run that ends at the wall-clock backstop.
const WALL_CLOCK_TRIES: usize = 2;

/// Makes a candidate.
pub(crate) async fn make(
    candidate: Candidate<PreparedPhase>,
) -> Result<Candidate<OffspringPhase>, EvolveError> {
    let Candidate { plan, parent, grant, phase: PreparedPhase { setup, work, claim } } = candidate;
    let allowed = claim.is_ok();
    let (base, made) = match work {
        CandidateWork::Slimming(spec) if allowed => {
            let slimmed = spec.attempt(&setup).await?;
            (spec.files, MadeFiles::BySlimming(slimmed))
        }
        CandidateWork::Slimming(spec) => (spec.files, MadeFiles::ByRuns(Vec::new())),
        CandidateWork::MetaAgents(spec) => {
            let runs = if allowed { run_all(&setup, &spec, &plan, parent.tree).await? } else { Vec::new() };
            (spec.files, MadeFiles::ByRuns(runs))
        }
    };
    Ok(Candidate { plan, parent, grant, phase: OffspringPhase { base, claim, made } })
}

/// Runs meta agents of a candidate with this parent one after the other until one completes.
async fn run_all(
    setup: &MetaSetup,
    spec: &MetaRunSpec,
    plan: &CandidatePlan,
    parent: TreeId,
) -> Result<Vec<MetaRun>, EvolveError> {
    let account = setup.calls.as_ref().map(|calls| calls.account(plan.id, plan.population));
    let runner = MetaRunner { setup, spec, plan, account };
    let maker = spec.frozen.as_ref().map_or(parent, |frozen| frozen.tree);
    let own = std::iter::once((maker, spec.files.clone()));
    let (first, others) = spec.fallbacks.split_at(usize::from(spec.renews).min(spec.fallbacks.len()));
    let has_package = setup.agent_layer;
    let donated = |donor: &TreeFiles| (donor.tree, with_meta_of(&spec.files, &donor.files, has_package));
    let mut runs = Vec::new();
    for (number, (tree, files)) in
        first.iter().map(donated).chain(own).chain(others.iter().map(donated)).enumerate()
    {
        let run = runner.run(number, tree, files).await?;
        let completed = run.completed();
        runs.push(run);
        if completed {
            break;
        }
    }
    Ok(runs)
}

/// Returns `files` with the meta agent of `donor`. In a run whose agents have one, that includes the package `agent`, without any
/// of the replaced agent's modules.
fn with_meta_of(files: &FileSet, donor: &FileSet, has_package: bool) -> FileSet {
    let is_package = |path: &RelPath| has_package && is_own_package(path);
    let others: Vec<RelPath> = files.iter().map(|(path, _)| path.clone()).filter(is_package).collect();
    let mut files = files.clone();
    for path in others {
        files.remove(&path);
    }
    for (path, content) in donor.iter().filter(|(path, _)| is_meta(path) || is_package(path)) {
        // A path that is a folder in one set and a file in the other stays as it is; the run shows the consequence.
        drop(files.insert(path.clone(), Arc::clone(content)));
    }
    files
}

/// Runs the meta agents of one candidate.
struct MetaRunner<'a> {
    setup: &'a MetaSetup,
    spec: &'a MetaRunSpec,
    plan: &'a CandidatePlan,
    /// The account of all its runs; `None` in a run without models.
    account: Option<Account>,
}

impl MetaRunner<'_> {
    /// Runs the meta agent of `tree` on `files`, as run `number` of the candidate.
    async fn run(&self, number: usize, tree: TreeId, files: FileSet) -> Result<MetaRun, EvolveError> {
        let argument = self.argument();
        let stream = streams::meta_stream(self.plan.id, number);
        let calls = self.setup.calls.as_ref();
        for _ in 0..WALL_CLOCK_TRIES {
            // Each run has its own slot, so that each of several runs that end at the same time reports its own error.
            let fault = SessionFault::default();
            let door = self.door(&stream, &fault)?;
            let request = self.request(number, argument.clone(), files.clone(), door);
            let response = self.setup.executor.run_meta_agent(request).await;
            // A fault of a model call is never the agent's, whatever the response looks like.
            if let Some(error) = fault.lock().take() {
                return Err(error.into());
            }
            let response = response?;
            if response.report.outcome != Outcome::WallClock {
                let heads = calls.map(|calls| calls.heads([stream])).transpose()?;
                let stream = heads.and_then(|mut heads| heads.pop());
                return Ok(MetaRun { tree, files, response, stream });
            }
            tracing::warn!(candidate = %self.plan.id, "the wall-clock backstop ended a meta agent");
        }
        Err(EvolveError::Eval(hyperspace_eval::EvalError::WallClock {
            case: format!("meta agent of {}", self.plan.id),
            limit_ms: self.setup.limits.wall_clock_ms,
        }))
    }

    /// Returns the model, if the population has one.
    fn model(&self) -> Option<&String> {
        self.plan.model(self.setup.population.model.as_ref())
    }

    fn request(
        &self,
        number: usize,
        argument: Value,
        files: FileSet,
        model: Option<ModelDoor>,
    ) -> MetaRunRequest {
        let (setup, spec) = (self.setup, self.spec);
        MetaRunRequest {
            candidate: self.plan.id,
            run: number,
            argument,
            seed: spec.seed,
            limits: setup.limits.clone(),
            files,
            edits: Arc::clone(&spec.policy) as Arc<dyn hyperspace_sandbox::FilePolicy>,
            history: spec.history.clone(),
            strategies: spec.inspirations.as_ref().map_or(&setup.strategies, |shown| &shown.files).clone(),
            frozen: spec.frozen.as_ref().map(|frozen| frozen.files.clone()),
            sharing: setup.sharing,
            meta_model: self.model().cloned(),
            eval_model: setup.population.eval_model.clone(),
            tool_rules: setup.tool_rules,
            evidence: setup.evidence,
            agent_layer: setup.agent_layer,
            model,
        }
    }

    /// Returns the argument of `improve`.
    fn argument(&self) -> Value {
        let (setup, id) = (self.setup, self.plan.id);
        let parent = &setup.archive.members()[self.plan.choice.member];
        let mut argument = json!({
            "generation": id.generation,
            "candidate": id.candidate,
            "seed": self.spec.seed,
            "repo": "/repo",
            "evals": "/repo/evals",
            "task": setup.task,
            "parent": {
                "generation": parent.id.generation,
                "candidate": parent.id.candidate,
                "score": setup.shows_scores.then(|| parent.score.to_f64()),
            },
        });
        if let (Some(model), Some(calls)) = (self.model(), &setup.calls) {
            argument["model"] = json!(model);
            argument["temperature"] = json!(calls.rules().temperature);
        }
        if let Some(kind) = self.plan.prompt() {
            argument["prompt"] = json!(kind);
        }
        if let Some(situation) = &self.spec.situation {
            situation.extend(&mut argument);
        }
        if let Some(notes) = setup.notes {
            argument["notes"] = json!(notes);
        }
        if let Some(warnings) = &setup.warnings {
            argument["warnings"] = warnings.clone();
        }
        if let Some(shown) = &self.spec.inspirations {
            argument["inspirations"] = shown.list.clone();
        }
        if let Some(most) = setup.population.generations {
            argument["iterations_left"] = json!(most.saturating_sub(id.generation));
        }
        argument
    }

    /// Opens the door to the model, if the population has one.
    fn door(&self, stream: &str, fault: &SessionFault) -> Result<Option<ModelDoor>, EvolveError> {
        let population = &self.setup.population;
        let (Some(model), Some(calls), Some(account)) = (self.model(), &self.setup.calls, &self.account)
        else {
            return Ok(None);
        };
        let callable = std::iter::once(model).chain(&population.eval_model).cloned().collect();
        Ok(Some(open_door(calls, stream, callable, account, Arc::clone(fault))?))
    }
}

fn open_door(
    calls: &ModelCalls,
    stream: &str,
    callable: std::collections::BTreeSet<String>,
    account: &Account,
    fault: SessionFault,
) -> Result<ModelDoor, EvolveError> {
    let session = calls.session(stream, callable, account)?;
    let door = ModelDoor::new(session, stream, move |error| {
        let stop = DoorError::Abort(error.to_string());
        fault.lock().get_or_insert(error);
        stop
    });
    Ok(door.requests(calls.rules().requests))
}
