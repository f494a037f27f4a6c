//! The Python between evaluator and program is part of the identity of a run whose evaluator is Python, and of no other run.

use std::sync::Arc;

use hyperspace_core::{FileSet, TreeId};
use hyperspace_eval::{CacheKey, Evaluation, Task};
use hyperspace_evolve::{
    EvaluationRequest, EvolveError, Executor, LocalExecutor, MetaRunRequest, MetaRunResponse, Run,
    RunOptions, RunResources,
};
use hyperspace_sandbox::{Limits, async_trait};
use hyperspace_store::Store;
use hyperspace_testkit::guess::{climber, task};
use hyperspace_testkit::{evaluator, file_set, runtime};

/// An executor of a build whose bridge has changed.
struct ChangedBridge(LocalExecutor);

#[async_trait]
impl Executor for ChangedBridge {
    fn runtime_digest(&self) -> &str {
        self.0.runtime_digest()
    }

    fn sdk(&self) -> &FileSet {
        self.0.sdk()
    }

    fn bridge(&self, task: &Task) -> Option<TreeId> {
        self.0.bridge(task).map(|_| TreeId::from_bytes([7; 32]))
    }

    fn case_limits(&self, task: &Task) -> Limits {
        self.0.case_limits(task)
    }

    fn evaluation_key(&self, request: &EvaluationRequest) -> Option<CacheKey> {
        self.0.evaluation_key(request)
    }

    async fn run_meta_agent(&self, request: MetaRunRequest) -> Result<MetaRunResponse, EvolveError> {
        self.0.run_meta_agent(request).await
    }

    async fn evaluate(&self, request: EvaluationRequest) -> Result<Evaluation, EvolveError> {
        self.0.evaluate(request).await
    }
}

fn changed() -> RunResources {
    RunResources::with_executor(Arc::new(ChangedBridge(LocalExecutor::new(evaluator()))), 1)
}

fn python_task() -> Task {
    let definition = "[task]\nname = \"own\"\ntitle = \"t\"\ndescription = \"d\"\ndirection = \"maximize\"\n\
        [entry]\nmodule = \"task_agent\"\nfunction = \"guess\"\n[scorer]\nkind = \"python\"\n";
    let measure = "def evaluate(path):\n    import sys\n    sys.path.insert(0, '/repo')\n    import task_agent\n    \
        return task_agent.guess()\n";
    Task::from_files(&file_set(&[("task.toml", definition), ("evaluator.py", measure)]), "own").unwrap()
}

/// Starts a run, and opens it again with a changed bridge.
fn opened_with_another_bridge(task: Task) -> (Option<TreeId>, Result<(), EvolveError>) {
    runtime().block_on(async {
        let (store, options) = (Store::in_memory(), RunOptions { candidates: 1, ..RunOptions::default() });
        let resources = RunResources::new(evaluator(), 1);
        let run = Run::start(store.clone(), task, climber(10), &options, resources).await.unwrap();
        let (id, bridge) = (*run.id(), run.config().bridge);
        drop(run);
        Run::open(store.clone(), &id, RunResources::new(evaluator(), 1)).await.unwrap();
        (bridge, Run::open(store, &id, changed()).await.map(drop))
    })
}

#[test]
fn a_run_with_a_python_evaluator_is_refused_after_a_change_of_the_bridge() {
    let task = python_task();
    let present = task.bridge().unwrap();
    let (recorded, opened) = opened_with_another_bridge(task);
    assert_eq!(recorded, Some(present));
    let message = opened.unwrap_err().to_string();
    let expected = format!(
        "this run was recorded with the evaluator bridge {present}, and this build has {}; ",
        "07".repeat(32)
    );
    assert!(message.starts_with(&expected), "{message}");
}

#[test]
fn other_runs_do_not_name_the_bridge() {
    let (recorded, opened) = opened_with_another_bridge(task(&[20], &[21]));
    assert_eq!(recorded, None);
    opened.unwrap();
}
