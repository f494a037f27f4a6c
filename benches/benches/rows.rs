//! Rows that ask a model: time beyond the latency, and memory while they wait.
//!
//! Time: an evaluation of 100 rows against a stub server that answers after 20 ms, at most 32 at the same time, from the guest
//! through its door over HTTP and back. The bound that the latency sets is ⌈100 / 32⌉ · 20 ms; what is measured is the time beyond
//! it. The peer is the same calls made by this process itself, without guests, in turns. Client, server and guests share
//! the processors.
//!
//! Memory: what this process holds while 1,000 rows wait for their answers, every page counted once (`Pss`): the interpreter's
//! image is mapped once per row, and `Rss` counts each of its pages as often. The peer is a process of `python3` that waits.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use hyperspace_benches::{
    BenchError, Gate, Promise, Python, WaitingDoor, Work, heading, in_turns, measure, memory_kib,
    only_checked, session_options, stub_model,
};
use hyperspace_core::FileSet;
use hyperspace_eval::{
    CaseDoor, CaseDoors, CaseName, EvalError, EvalStop, Evaluator, ModelDoors, ModelGrant, Split, Task,
};
use hyperspace_llm::{Account, BudgetLimits, MemoryCassette, Models, Reply, Session};
use hyperspace_sandbox::Sandbox;
use hyperspace_testkit::file_set;
use hyperspace_testkit::sandbox::config;
use serde_json::json;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;

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

/// Returns a task of `rows` rows, for all of which the answer `correct` is right.
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
    Task::from_files(&file_set(&files), "grading").map_err(BenchError::engine)
}

fn agent() -> FileSet {
    file_set(&[("task_agent.py", AGENT)])
}

fn evaluator(instances: usize) -> Result<Evaluator, BenchError> {
    let instances_max = u32::try_from(instances).map_err(BenchError::engine)?;
    let config = config().with_instances_max(instances_max).with_computing_max(WORKERS);
    Ok(Evaluator::new(Sandbox::new(&config)?).map_err(BenchError::engine)?.workers(WORKERS as usize))
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
    let doors =
        ModelDoors::live(models, grant, Arc::new(MemoryCassette::default())).map_err(BenchError::engine)?;
    let evaluator =
        evaluator.clone().doors(Arc::new(doors)).model(Some("m".to_owned())).concurrency(CONCURRENCY);
    let evaluation = evaluator.evaluate(task, agent, Split::Train).await.map_err(BenchError::engine)?;
    match evaluation.score {
        Some(score) if score.to_f64() == 1.0 && evaluation.cases.len() == ROWS => Ok(()),
        _ => Err(BenchError::engine(evaluation.outcome.describe())),
    }
}

/// The same calls without guests.
async fn calls(models: &Models) -> Result<(), BenchError> {
    let account = Account::new("the benchmark", BudgetLimits::default());
    let (cassette, gate) = (Arc::new(MemoryCassette::default()), Arc::new(Semaphore::new(CONCURRENCY)));
    let mut running = tokio::task::JoinSet::new();
    for row in 0..ROWS {
        let options = session_options(row.to_string(), &account);
        let mut session = Session::live(models, options, cassette.clone()).map_err(BenchError::engine)?;
        let content = format!("Grade this: row {row}: {}", "x".repeat(ROW_CHARS));
        let request = json!({"model": "m", "messages": [{"role": "user", "content": content}],
            "tools": [], "temperature": 0.0, "max_tokens": 100});
        let (request, gate) =
            (serde_json::from_value(request).map_err(BenchError::engine)?, Arc::clone(&gate));
        running.spawn(async move {
            let _place = gate.acquire_owned().await;
            session.chat(request).await
        });
    }
    while let Some(ended) = running.join_next().await {
        if let Reply::Failure(failure) = ended.map_err(BenchError::engine)?.map_err(BenchError::engine)? {
            return Err(BenchError::engine(failure.message));
        }
    }
    Ok(())
}

fn time(runtime: &Runtime) -> Result<(), BenchError> {
    let (_server, models) = stub_model(runtime, LATENCY_MS, CONCURRENCY)?;
    let (task, agent, evaluator) = (task(ROWS)?, agent(), evaluator(CONCURRENCY)?);
    let run = |work: &dyn Fn() -> Result<(), BenchError>| measure(work).map(|((), spent)| spent);
    let rows = || runtime.block_on(evaluate(&evaluator, &models, &task, &agent));
    let plain = || runtime.block_on(calls(&models));
    // Connections are opened, instances made.
    rows()?;
    plain()?;
    let names = ["an evaluation, from the import on", "the same calls without guests"];
    let mut works: [Work<'_>; 2] = [Box::new(|| run(&rows)), Box::new(|| run(&plain))];
    let medians = in_turns(TURNS, &mut works)?;
    let bound = Duration::from_millis(LATENCY_MS)
        * u32::try_from(ROWS.div_ceil(CONCURRENCY)).map_err(BenchError::engine)?;
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

/// Gives each case the same waiting door.
struct WaitingCases(WaitingDoor);

impl CaseDoors for WaitingCases {
    fn door(&self, _: &CaseName) -> Result<CaseDoor, EvalError> {
        Ok(CaseDoor::new(&["llm.chat"], self.0.clone(), EvalStop::default()))
    }
}

/// MiB of pages, of private dirty ones, and of all mappings of pages, while `rows` rows wait.
async fn while_waiting(evaluator: &Evaluator, rows: usize) -> Result<[f64; 3], BenchError> {
    let (mut gate, door) = Gate::new(json!({"message": {"content": "correct"}, "finish_reason": "stop"}));
    let evaluator = evaluator.clone().doors(Arc::new(WaitingCases(door))).model(Some("m".to_owned()));
    let evaluator = evaluator.concurrency(rows);
    let (task, agent) = (task(rows)?, agent());
    let evaluation = tokio::spawn(async move { evaluator.evaluate(&task, &agent, Split::Train).await });
    let all = async {
        for _ in 0..rows {
            gate.called().await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(300), all).await;
    in_time.map_err(|_| BenchError::engine("not all rows came to ask"))?;
    let mib = |field| memory_kib("self", field).map(|kib| kib / 1024.0);
    let found = [mib("Pss")?, mib("Private_Dirty")?, mib("Rss")?];
    gate.open();
    let evaluation = evaluation.await.map_err(BenchError::engine)?.map_err(BenchError::engine)?;
    match evaluation.score {
        Some(score) if score.to_f64() == 1.0 && evaluation.cases.len() == rows => Ok(found),
        _ => Err(BenchError::engine(evaluation.outcome.describe())),
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
    let found = memory_kib(&child.id().to_string(), "Private_Dirty");
    drop(child.stdin.take());
    child.wait().map_err(|error| peer(error.to_string()))?;
    found.map(|kib| kib / 1024.0)
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
    let runtime = runtime.map_err(BenchError::engine)?;
    time(&runtime)?;
    memory(&runtime)
}
