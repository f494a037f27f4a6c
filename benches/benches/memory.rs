//! Private memory of a live idle instance: Python has started, its program has called the host, and waits for the answer.
//!
//! Many such instances are held at once, first a few, then many; what one more of them costs is the difference, so that what
//! the process needs once is not counted. Counted are private dirty pages: what nobody shares and the machine must keep.

use std::fs;

use hyperspace_benches::{BenchError, Promise, heading, only_checked, sandbox};
use hyperspace_sandbox::{Door, DoorCall, DoorError, Job, Limits, Sandbox, async_trait};
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

const FEW: u32 = 16;
const MANY: u32 = 144;
const MOST_MIB: f64 = 1.0;
/// Nothing is imported but what every guest has.
const PROGRAM: &str =
    "import _hyperspace\n_hyperspace.send(b'{\"op\": \"wait\", \"params\": {}}')\nprint(1)\n";

/// Tells when a guest has called, and answers when it may go on.
struct Waiting {
    called: mpsc::UnboundedSender<()>,
    go_on: watch::Receiver<bool>,
}

#[async_trait]
impl Door for Waiting {
    async fn call(&mut self, _: DoorCall<'_>) -> Result<Value, DoorError> {
        let gone = || DoorError::Failed("nobody waits for this guest".to_owned());
        self.called.send(()).map_err(|_| gone())?;
        self.go_on.wait_for(|&go_on| go_on).await.map_err(|_| gone())?;
        Ok(Value::Null)
    }
}

/// Kilobytes of a field of this process' memory account.
fn kilobytes(field: &str) -> Result<f64, BenchError> {
    let unknown = || BenchError::Machine { what: format!("{field} in /proc/self/smaps_rollup") };
    let text = fs::read_to_string("/proc/self/smaps_rollup").map_err(|_| unknown())?;
    let line = text.lines().find_map(|line| line.strip_prefix(field)).ok_or_else(unknown)?;
    line.trim_matches(|c: char| !c.is_ascii_digit()).parse().map_err(|_| unknown())
}

/// Private dirty KiB of this process while so many guests wait; all of them have ended when it returns.
async fn with_live(sandbox: &Sandbox, count: u32) -> Result<f64, BenchError> {
    let (called, mut calls) = mpsc::unbounded_channel();
    let (go, go_on) = watch::channel(false);
    let mut runs = JoinSet::new();
    for _ in 0..count {
        let door = Waiting { called: called.clone(), go_on: go_on.clone() };
        let limits = Limits::default().with_wall_clock_ms(600_000);
        let (sandbox, job) =
            (sandbox.clone(), Job::source("wait.py", PROGRAM).limits(limits).door(&["wait"], door));
        runs.spawn(async move { sandbox.run(job).await });
    }
    for _ in 0..count {
        tokio::select! {
            _ = calls.recv() => {}
            Some(ended) = runs.join_next() => return Err(early(ended)),
        }
    }
    let found = kilobytes("Private_Dirty:");
    go.send_replace(true);
    while let Some(ended) = runs.join_next().await {
        match ended {
            Ok(Ok(report)) if report.stdout == b"1\n" => {}
            other => return Err(early(other)),
        }
    }
    found
}

type Ended =
    Result<Result<hyperspace_sandbox::Report, hyperspace_sandbox::SandboxError>, tokio::task::JoinError>;

fn early(ended: Ended) -> BenchError {
    let (outcome, stderr) = match ended {
        Ok(Ok(report)) => {
            (report.outcome.name().to_owned(), String::from_utf8_lossy(&report.stderr).into_owned())
        }
        Ok(Err(error)) => return error.into(),
        Err(error) => ("a lost task".to_owned(), error.to_string()),
    };
    BenchError::Guest { outcome, stderr }
}

fn main() -> Result<(), BenchError> {
    let sandbox = sandbox(env!("CARGO_TARGET_TMPDIR"), MANY)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(|error| BenchError::Machine { what: format!("tasks: {error}") })?;
    if only_checked() {
        return runtime.block_on(with_live(&sandbox, 1)).map(drop);
    }
    let loaded = kilobytes("Private_Dirty:")?;
    let few = runtime.block_on(with_live(&sandbox, FEW))?;
    let many = runtime.block_on(with_live(&sandbox, MANY))?;
    let after = kilobytes("Private_Dirty:")?;
    let each_mib = (many - few) / f64::from(MANY - FEW) / 1024.0;
    println!("{}", heading("memory: private dirty memory of instances that wait in their first host call"));
    println!("interpreter loaded        {:>8.1} MiB", loaded / 1024.0);
    println!("{FEW:>3} live instances        {:>8.1} MiB", few / 1024.0);
    println!("{MANY:>3} live instances        {:>8.1} MiB", many / 1024.0);
    println!("all ended, slots kept     {:>8.1} MiB", after / 1024.0);
    println!("one more live instance    {each_mib:>8.3} MiB");
    let what = "private memory of a live idle instance".to_owned();
    println!("{}", Promise { what, most: MOST_MIB, found: each_mib, unit: " MiB" });
    Ok(())
}
