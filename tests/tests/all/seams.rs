//! The seams of a run, each with a second implementation that uses public interfaces only: an executor that hands every request to
//! another thread, and a search strategy that knows one parent. And what an embedder relies on: a run can be sent, watched and
//! cancelled without a difference in its results.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyperspace_core::FileSet;
use hyperspace_eval::{CacheKey, Direction, Evaluation, Score, Task};
use hyperspace_evolve::{
    Archive, CandidateId, CandidateRecord, Champion, EvaluationRequest, EvolveError, Executor, Fate,
    GenerationRecord, LocalExecutor, MeasuredCandidate, MetaRunRequest, MetaRunResponse, ParentChoice, Run,
    RunEvent, RunOptions, RunResources, Strategy, StrategyContext, StrategyFactory, records,
};
use hyperspace_sandbox::{Limits, async_trait};
use hyperspace_store::Store;
use hyperspace_testkit::guess::{climber, task};
use hyperspace_testkit::{evaluator, runtime};
use tokio::sync::oneshot;

const GENERATIONS: u64 = 5;

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Sends requests to a thread with a runtime of its own, as an executor would that sends them to another machine.
struct ThreadExecutor {
    local: LocalExecutor,
    work: Mutex<Sender<Work>>,
    meta_runs: AtomicUsize,
    evaluations: AtomicUsize,
}

impl ThreadExecutor {
    fn new() -> Self {
        let (work, requests) = channel::<Work>();
        std::thread::spawn(move || {
            let local = runtime();
            while let Ok(request) = requests.recv() {
                local.spawn(request);
            }
        });
        Self {
            local: LocalExecutor::new(evaluator()),
            work: Mutex::new(work),
            meta_runs: AtomicUsize::new(0),
            evaluations: AtomicUsize::new(0),
        }
    }

    /// Runs `request` on the thread and waits for its response.
    async fn send<T: Send + 'static>(&self, request: impl Future<Output = T> + Send + 'static) -> T {
        let (respond, response) = oneshot::channel();
        let work: Work = Box::pin(async move { drop(respond.send(request.await)) });
        self.work.lock().unwrap().send(work).unwrap();
        response.await.unwrap()
    }
}

#[async_trait]
impl Executor for ThreadExecutor {
    fn runtime_digest(&self) -> &str {
        self.local.runtime_digest()
    }

    fn sdk(&self) -> &FileSet {
        self.local.sdk()
    }

    fn case_limits(&self, task: &Task) -> Limits {
        self.local.case_limits(task)
    }

    fn evaluation_key(&self, request: &EvaluationRequest) -> Option<CacheKey> {
        self.local.evaluation_key(request)
    }

    async fn run_meta_agent(&self, request: MetaRunRequest) -> Result<MetaRunResponse, EvolveError> {
        self.meta_runs.fetch_add(1, Ordering::Relaxed);
        let local = self.local.clone();
        self.send(async move { local.run_meta_agent(request).await }).await
    }

    async fn evaluate(&self, request: EvaluationRequest) -> Result<Evaluation, EvolveError> {
        self.evaluations.fetch_add(1, Ordering::Relaxed);
        let local = self.local.clone();
        self.send(async move { local.evaluate(request).await }).await
    }
}

/// Selects the seed as the parent of every candidate, and admits what is better than the seed on training data.
#[derive(Clone)]
struct SeedOnly {
    archive: Arc<Archive>,
    direction: Direction,
}

impl SeedOnly {
    fn factory() -> StrategyFactory {
        Arc::new(|context: &StrategyContext<'_>| {
            let direction = context.task.direction();
            Box::new(Self { archive: Arc::new(Archive::new(direction)), direction })
        })
    }
}

impl Strategy for SeedOnly {
    fn archive(&self) -> &Arc<Archive> {
        &self.archive
    }

    fn select(&self, candidates: &[CandidateId]) -> Vec<ParentChoice> {
        candidates.iter().map(|_| ParentChoice { member: 0, draw: 0, total: 1 }).collect()
    }

    fn advances(&self, parent: usize, train: &Score) -> bool {
        train.better_than(&self.archive.members()[parent].score, self.direction)
    }

    fn decide(&self, candidate: &MeasuredCandidate<'_>, champion: &Champion) -> Fate {
        let best = candidate.train.better_than(&champion.score, self.direction);
        if best { Fate::Champion } else { Fate::Admitted }
    }

    fn apply(&mut self, id: CandidateId, record: &CandidateRecord) -> Result<(), String> {
        Arc::make_mut(&mut self.archive).apply(id, record)
    }

    fn duplicate(&self) -> Box<dyn Strategy> {
        Box::new(self.clone())
    }
}

fn options() -> RunOptions {
    RunOptions { seed: 7, candidates: 4, ..RunOptions::default() }
}

fn local() -> RunResources {
    RunResources::new(evaluator(), 2)
}

async fn start(store: &Store, resources: RunResources) -> Run {
    let (task, agent) = (task(&[20, 20], &[21]), climber(10));
    Run::start(store.clone(), task, agent, &options(), resources).await.unwrap()
}

/// Executes the run and returns its root and its records.
fn execute(resources: RunResources) -> (String, Vec<GenerationRecord>) {
    runtime().block_on(async {
        let store = Store::in_memory();
        let mut run = start(&store, resources).await;
        run.run_to(GENERATIONS).await.unwrap();
        let list = records(&store, run.id()).unwrap();
        (run.summary().unwrap().root, list.into_iter().map(|(_, record)| record).collect())
    })
}

#[test]
fn an_executor_in_another_thread_gives_the_same_run() {
    let executor = Arc::new(ThreadExecutor::new());
    let (root, records) = execute(RunResources::with_executor(executor.clone(), 2));
    assert_eq!(root, execute(local()).0);
    let children = || records.iter().skip(1).flat_map(|record| &record.candidates);
    let meta_runs: usize = children().map(|candidate| candidate.meta.len()).sum();
    assert_eq!(executor.meta_runs.load(Ordering::Relaxed), meta_runs);
    assert!(meta_runs >= 4 * 5, "{meta_runs} meta agents ran");
    assert!(executor.evaluations.load(Ordering::Relaxed) > 2);
}

#[test]
fn a_strategy_decides_on_parents_and_admission() {
    let (root, generations) = execute(local().strategy(SeedOnly::factory()));
    assert_ne!(root, execute(local()).0);
    let seed = CandidateId { generation: 0, candidate: 0 };
    let mut admitted = 0;
    for candidate in generations.iter().skip(1).flat_map(|record| &record.candidates) {
        assert_eq!(candidate.parent.as_ref().map(|parent| parent.id), Some(seed));
        admitted += usize::from(candidate.fate.is_admitted());
    }
    assert!(admitted > 0, "the strategy admits one step towards the number");
}

#[test]
fn a_strategy_is_built_again_from_the_records() {
    let whole = execute(local().strategy(SeedOnly::factory())).0;
    let root = runtime().block_on(async {
        let store = Store::in_memory();
        let mut run = start(&store, local().strategy(SeedOnly::factory())).await;
        run.run_to(2).await.unwrap();
        let id = *run.id();
        drop(run);
        let mut run = Run::open(store, &id, local().strategy(SeedOnly::factory())).await.unwrap();
        run.run_to(GENERATIONS).await.unwrap();
        run.summary().unwrap().root
    });
    assert_eq!(root, whole);
}

#[test]
fn an_observer_changes_no_result() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let events = seen.clone();
    let slow = local().observer(Arc::new(move |event: RunEvent| {
        std::thread::sleep(Duration::from_millis(1));
        events.lock().unwrap().push(event);
    }));
    assert_eq!(execute(slow).0, execute(local()).0);
    let seen = seen.lock().unwrap();
    let committed = |event: &&RunEvent| matches!(event, RunEvent::GenerationCommitted { .. });
    assert_eq!(seen.iter().filter(committed).count() as u64, GENERATIONS + 1);
}

#[test]
fn a_cancelled_generation_is_executed_again_by_the_same_run() {
    let root = runtime().block_on(async {
        let mut run = start(&Store::in_memory(), local()).await;
        for milliseconds in [0, 1, 3, 8, 20] {
            let soon = Duration::from_millis(milliseconds);
            drop(tokio::time::timeout(soon, run.run_to(GENERATIONS)).await);
        }
        run.run_to(GENERATIONS).await.unwrap();
        run.summary().unwrap().root
    });
    assert_eq!(root, execute(local()).0);
}

#[test]
fn a_run_and_its_work_can_be_sent_to_another_thread() {
    fn owned<T: Send + 'static>(value: T) -> T {
        value
    }
    let runtime = runtime();
    let run = owned(runtime.block_on(start(&Store::in_memory(), local())));
    let work = owned(async move {
        let mut run = run;
        run.run_to(1).await.unwrap();
        run.generation()
    });
    let generation = runtime.block_on(async { tokio::spawn(work).await.unwrap() });
    assert_eq!(generation, 1);
}
