//! Rows that ask a model: time beyond the latency, and memory while they wait.
//!
//! Time: an evaluation of 100 rows against a stub server that answers after 20 ms, at most 32 at the same time, from the guest
//! through its door over HTTP and back. The bound that the latency sets is ⌈100 / 32⌉ · 20 ms; what is measured is the time beyond
//! it. The peer is the same calls made by this process itself, without guests, in turns. Client, server and guests share
//! the processors.
//!
//! Memory: what this process holds while 1,000 rows wait for their answers, every page counted once (`Pss`): the interpreter's
//! image is mapped once per row, and `Rss` counts each of its pages as often. The peer is a process of `python3` that waits.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hyperspace_benches::{BenchError, Promise, Python, Work, heading, in_turns, measure, now, only_checked};
use hyperspace_core::{FileSet, RelPath};
use hyperspace_eval::{
    CaseDoor, CaseDoors, CaseName, EvalError, EvalStop, Evaluator, ModelDoors, ModelGrant, Split, Task,
};
use hyperspace_llm::stub::{Script, StubServer};
use hyperspace_llm::{
    Account, BudgetLimits, CallOptions, MemoryCassette, ModelEnvironment, Models, Registry, Reply, Session,
    SessionOptions, TimeSource,
};
use hyperspace_sandbox::{Door, DoorCall, DoorError, Sandbox, SandboxConfig, async_trait};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::sync::{Semaphore, watch};

const ROWS: usize = 100;
const CONCURRENCY: usize = 32;
const LATENCY_MS: u64 = 20;
const TURNS: usize = 15;
const WORKERS: u32 = 2;
const MOST_SECONDS: f64 = 0.35;
/// Rows that wait at the same time.
const WAITING: usize = 1_000;
const MOST_MIB: f64 = 2_048.0;
/// Characters of a row, about as many as one of imo-grading has.
const ROW_CHARS: usize = 8_000;

const AGENT: &str = "
from agent.llm_client import get_response_from_llm

class TaskAgent:
    def __init__(self, model):
        self.model = model

    def forward(self, inputs):
        text, history, _ = get_response_from_llm('Grade this: ' + inputs['text'], model=self.model, max_tokens=100)
        return text.strip(), history
";

fn failed(error: impl ToString) -> BenchError {
    BenchError::Guest { outcome: "an error of the engine".to_owned(), stderr: error.to_string() }
}

struct Real(Instant);

impl TimeSource for Real {
    fn now_ms(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn unix_seconds(&self) -> u64 {
        0
    }
}

/// A task with so many rows, all of which are right when the answer is `correct`.
fn task(rows: usize) -> Result<Task, BenchError> {
    let toml = "[task]\nname = \"grading\"\ntitle = \"t\"\ndescription = \"d\"\ndirection = \"maximize\"\n\
                [entry]\nmodule = \"task_agent\"\nclass = \"TaskAgent\"\nfunction = \"forward\"\n\
                [scorer]\nkind = \"rows\"\nmetric = \"label\"\n\
                [rows]\nid = \"id\"\nexpected = \"label\"\ninput = { text = \"text\" }\n\
                [splits.train]\nfile = \"a.csv\"\n[splits.held-out]\nfile = \"b.csv\"\n";
    let mut data = "id,text,label\n".to_owned();
    for row in 0..rows {
        data.push_str(&format!("{row},row {row}: {},correct\n", "x".repeat(ROW_CHARS)));
    }
    let held = "id,text,label\nh,none,correct\n".to_owned();
    let files = [("task.toml", toml.to_owned()), ("a.csv", data), ("b.csv", held)];
    let files = files.into_iter().map(|(name, text)| (name.to_owned(), text.into_bytes())).collect();
    Task::from_files(&files, "grading").map_err(failed)
}

fn agent() -> Result<FileSet, BenchError> {
    let mut files = FileSet::new();
    let path = RelPath::new("task_agent.py").map_err(failed)?;
    files.insert(path, AGENT.as_bytes()).map_err(failed)?;
    Ok(files)
}

fn evaluator(instances: usize) -> Result<Evaluator, BenchError> {
    let cache_dir = Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("hyperspace-cache"));
    let instances_max = u32::try_from(instances).map_err(failed)?;
    let computing_max = Some(WORKERS);
    let config = SandboxConfig::default()
        .with_cache_dir(cache_dir)
        .with_instances_max(instances_max)
        .with_computing_max(computing_max);
    Ok(Evaluator::new(Sandbox::new(&config)?).map_err(failed)?.workers(WORKERS as usize))
}

/// Models that lead to a stub, which lives as long as it is held.
fn models(runtime: &Runtime) -> Result<(StubServer, Models), BenchError> {
    let clock = Arc::new(Real(now()));
    let script = format!("[[rule]]\n[[rule.answer]]\ntext = \"correct\"\ndelay-ms = {LATENCY_MS}\n");
    let script = Script::parse("the benchmark", &script).map_err(failed)?;
    let stub = runtime.block_on(StubServer::start(script, 0, clock.clone())).map_err(failed)?;
    let section = toml::from_str(&format!("base-url = {:?}\nconcurrency = {CONCURRENCY}", stub.base_url()));
    let registry = Registry::new(BTreeMap::from([("m".to_owned(), section.map_err(failed)?)]));
    let model = registry.model("m", &ModelEnvironment::default()).map_err(failed)?;
    Ok((stub, Models::new(vec![model], CallOptions::default(), clock).map_err(failed)?))
}

fn names() -> BTreeSet<String> {
    BTreeSet::from(["m".to_owned()])
}

/// One evaluation, with a cassette of its own.
async fn evaluate(
    evaluator: &Evaluator,
    models: &Models,
    task: &Task,
    agent: &FileSet,
) -> Result<(), BenchError> {
    let grant = ModelGrant {
        prefix: String::new(),
        models: names(),
        account: Account::new("the benchmark", BudgetLimits::default()),
        case_limits: BudgetLimits::default(),
        call_limits: BudgetLimits::default(),
        outages_stop: true,
        charged: false,
    };
    let doors = ModelDoors::live(models, grant, Arc::new(MemoryCassette::default())).map_err(failed)?;
    let evaluator =
        evaluator.clone().doors(Arc::new(doors)).model(Some("m".to_owned())).concurrency(CONCURRENCY);
    let evaluation = evaluator.evaluate(task, agent, Split::Train).await.map_err(failed)?;
    match evaluation.score {
        Some(score) if score.to_f64() == 1.0 && evaluation.cases.len() == ROWS => Ok(()),
        _ => Err(failed(evaluation.outcome.describe())),
    }
}

/// The same calls without guests.
async fn calls(models: &Models) -> Result<(), BenchError> {
    let account = Account::new("the benchmark", BudgetLimits::default());
    let (cassette, gate) = (Arc::new(MemoryCassette::default()), Arc::new(Semaphore::new(CONCURRENCY)));
    let mut running = tokio::task::JoinSet::new();
    for row in 0..ROWS {
        let options = SessionOptions {
            stream: row.to_string(),
            models: names(),
            account: account.clone(),
            call_limits: BudgetLimits::default(),
            outages_stop: false,
        };
        let mut session = Session::live(models, options, cassette.clone()).map_err(failed)?;
        let content = format!("Grade this: row {row}: {}", "x".repeat(ROW_CHARS));
        let request = json!({"model": "m", "messages": [{"role": "user", "content": content}],
            "tools": [], "temperature": 0.0, "max_tokens": 100});
        let (request, gate) = (serde_json::from_value(request).map_err(failed)?, Arc::clone(&gate));
        running.spawn(async move {
            let _place = gate.acquire_owned().await;
            session.chat(request).await
        });
    }
    while let Some(ended) = running.join_next().await {
        if let Reply::Failure(failure) = ended.map_err(failed)?.map_err(failed)? {
            return Err(failed(failure.message));
        }
    }
    Ok(())
}

fn time(runtime: &Runtime) -> Result<(), BenchError> {
    let (_stub, models) = models(runtime)?;
    let (task, agent, evaluator) = (task(ROWS)?, agent()?, evaluator(CONCURRENCY)?);
    let run = |work: &dyn Fn() -> Result<(), BenchError>| measure(work).map(|((), spent)| spent);
    let rows = || runtime.block_on(evaluate(&evaluator, &models, &task, &agent));
    let plain = || runtime.block_on(calls(&models));
    // Connections are opened, instances made.
    rows()?;
    plain()?;
    let names = ["an evaluation, from the import on", "the same calls without guests"];
    let mut works: [Work<'_>; 2] = [Box::new(|| run(&rows)), Box::new(|| run(&plain))];
    let medians = in_turns(TURNS, &mut works)?;
    let bound =
        Duration::from_millis(LATENCY_MS) * u32::try_from(ROWS.div_ceil(CONCURRENCY)).map_err(failed)?;
    println!(
        "{}",
        heading(&format!("{ROWS} rows, {LATENCY_MS} ms of latency each, {CONCURRENCY} at a time"))
    );
    println!("the latency alone                  {bound:>10.3?}");
    for (what, median) in names.iter().zip(&medians) {
        println!("{what:<34} {:>10.3?}  CPU {:>10.3?}", median.wall, median.cpu);
    }
    let ratio = medians[0].wall.as_secs_f64() / medians[1].wall.as_secs_f64();
    println!("ratio of both                      {ratio:>10.2}");
    let found = medians[0].wall.saturating_sub(bound).as_secs_f64();
    println!(
        "{}",
        Promise { what: "time of rows beyond the latency".to_owned(), most: MOST_SECONDS, found, unit: " s" }
    );
    Ok(())
}

/// Doors that answer nobody before all have asked and the memory was looked at.
struct Waiting {
    asked: Arc<Semaphore>,
    go_on: watch::Receiver<bool>,
}

struct WaitingDoor(Arc<Semaphore>, watch::Receiver<bool>);

#[async_trait]
impl Door for WaitingDoor {
    async fn call(&mut self, _: DoorCall<'_>) -> Result<Value, DoorError> {
        self.0.add_permits(1);
        let gone = |_| DoorError::Failed("nobody waits for this guest".to_owned());
        self.1.wait_for(|&go_on| go_on).await.map_err(gone)?;
        Ok(json!({"message": {"content": "correct"}, "finish_reason": "stop"}))
    }
}

impl CaseDoors for Waiting {
    fn door(&self, _: &CaseName) -> Result<CaseDoor, EvalError> {
        let door = WaitingDoor(Arc::clone(&self.asked), self.go_on.clone());
        Ok(CaseDoor::new(&["llm.chat"], door, EvalStop::default()))
    }
}

/// Kilobytes of a field of a process' account of its memory.
fn kilobytes(process: &str, field: &str) -> Result<f64, BenchError> {
    let path = format!("/proc/{process}/smaps_rollup");
    let unknown = || BenchError::Machine { what: format!("{field} in {path}") };
    let text = fs::read_to_string(&path).map_err(|_| unknown())?;
    let line = text.lines().find_map(|line| line.strip_prefix(field)).ok_or_else(unknown)?;
    line.trim_matches(|c: char| !c.is_ascii_digit()).parse().map_err(|_| unknown())
}

/// MiB of pages, of private dirty ones, and of all mappings of pages, while so many rows wait.
async fn while_waiting(evaluator: &Evaluator, rows: usize) -> Result<[f64; 3], BenchError> {
    let (asked, (go, go_on)) = (Arc::new(Semaphore::new(0)), watch::channel(false));
    let doors = Arc::new(Waiting { asked: Arc::clone(&asked), go_on });
    let evaluator = evaluator.clone().doors(doors).model(Some("m".to_owned())).concurrency(rows);
    let (task, agent) = (task(rows)?, agent()?);
    let evaluation = tokio::spawn(async move { evaluator.evaluate(&task, &agent, Split::Train).await });
    let all = asked.acquire_many(u32::try_from(rows).map_err(failed)?);
    let in_time = tokio::time::timeout(Duration::from_secs(300), all).await;
    in_time.map_err(|_| failed("not all rows came to ask"))?.map_err(failed)?.forget();
    let mib = |field| kilobytes("self", field).map(|kilobytes| kilobytes / 1024.0);
    let found = [mib("Pss:")?, mib("Private_Dirty:")?, mib("Rss:")?];
    go.send_replace(true);
    let evaluation = evaluation.await.map_err(failed)?.map_err(failed)?;
    match evaluation.score {
        Some(score) if score.to_f64() == 1.0 && evaluation.cases.len() == rows => Ok(found),
        _ => Err(failed(evaluation.outcome.describe())),
    }
}

/// Private dirty MiB of a process that has imported what such an agent needs, and waits.
fn waiting_process(python: &Python) -> Result<f64, BenchError> {
    let peer = |why: String| BenchError::Peer { peer: python.label(), why };
    let program = "import json, os, re, sys\nprint('waits', flush=True)\nsys.stdin.read()";
    let mut command = Command::new(&python.path);
    let command = command.args(["-I", "-c", program]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|error| peer(error.to_string()))?;
    let mut said = String::new();
    if let Some(stdout) = child.stdout.take() {
        BufReader::new(stdout).read_line(&mut said).map_err(|error| peer(error.to_string()))?;
    }
    let found = kilobytes(&child.id().to_string(), "Private_Dirty:");
    drop(child.stdin.take());
    child.wait().map_err(|error| peer(error.to_string()))?;
    found.map(|kilobytes| kilobytes / 1024.0)
}

fn memory(runtime: &Runtime) -> Result<(), BenchError> {
    let evaluator = evaluator(WAITING)?;
    let few = WAITING / 10;
    let [_, private_few, _] = runtime.block_on(while_waiting(&evaluator, few))?;
    let [resident, private, mapped] = runtime.block_on(while_waiting(&evaluator, WAITING))?;
    let python = Python::on_path()?;
    let process = waiting_process(&python)?;
    #[expect(clippy::cast_precision_loss, reason = "there are few rows")]
    let each = (private - private_few) / (WAITING - few) as f64;
    println!("{}", heading(&format!("memory while {WAITING} rows wait for a model")));
    println!("resident                  {resident:>10.1} MiB");
    println!("private dirty             {private:>10.1} MiB");
    println!("mappings of pages (Rss)   {mapped:>10.1} MiB");
    println!("one more row              {each:>10.3} MiB");
    println!("a process that waits      {process:>10.3} MiB of {}", python.label());
    println!("ratio to a process        {:>10.3}", each / process);
    let what = format!("resident memory with {WAITING} waiting rows");
    println!("{}", Promise { what, most: MOST_MIB, found: resident, unit: " MiB" });
    Ok(())
}

fn main() -> Result<(), BenchError> {
    if only_checked() {
        return Ok(());
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS as usize).enable_all().build();
    let runtime = runtime.map_err(failed)?;
    time(&runtime)?;
    memory(&runtime)
}
