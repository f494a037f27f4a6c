//! A small task, small agents, and a sandbox that the tests of one binary share.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use hyperspace_core::{FileSet, RelPath, Store};
use hyperspace_eval::{Evaluator, Task};
use hyperspace_evolve::{EvolveError, Means, Run, RunOptions, SeedAgent, Selection};
use hyperspace_sandbox::{Limits, Sandbox, SandboxConfig};

/// Guess a number: the score is the mean distance to 20 on training data, to 21 on held-out data.
pub(crate) fn task() -> Task {
    let toml = r#"
[task]
name = "guess"
title = "Guess"
description = "Return a number."
direction = "minimize"
[entry]
module = "task_agent"
function = "guess"
[scorer]
kind = "rows"
metric = "absolute-error"
[splits.train]
file = "train.csv"
[splits.held-out]
file = "held.csv"
"#;
    let files = [
        ("task.toml", toml),
        ("train.csv", "input,expected\n[],20\n[],20\n"),
        ("held.csv", "input,expected\n[],21\n"),
    ];
    let files: BTreeMap<String, Vec<u8>> =
        files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect();
    Task::from_files(&files, "guess").unwrap()
}

/// A task agent that guesses.
pub(crate) fn guess(number: i64) -> String {
    format!("def guess():\n    return {number}\n")
}

/// A meta agent with this body of `improve(arg)`.
pub(crate) fn meta(body: &str) -> String {
    let lines: Vec<String> = body.lines().map(|line| format!("    {line}")).collect();
    format!("import os, json\ndef improve(arg):\n{}\n", lines.join("\n"))
}

/// One step towards larger numbers, now and then a large one back.
pub(crate) const CLIMB: &str = "text = open('task_agent.py').read()
number = int(text.split()[-1])
step = 1 if arg['seed'] % 4 else -7
open('task_agent.py', 'w').write(text.replace(str(number), str(number + step)))";

/// An agent of these files.
pub(crate) fn agent(files: &[(&str, &str)]) -> SeedAgent {
    let mut set = FileSet::new();
    for (path, content) in files {
        set.insert(RelPath::new(path).unwrap(), content.as_bytes().to_vec()).unwrap();
    }
    SeedAgent { name: "climber".to_owned(), files: set }
}

/// The agent that climbs from `number`.
pub(crate) fn climber(number: i64) -> SeedAgent {
    agent(&[("task_agent.py", &guess(number)), ("meta_agent.py", &meta(CLIMB))])
}

pub(crate) fn evaluator() -> Evaluator {
    static SANDBOX: OnceLock<Sandbox> = OnceLock::new();
    let sandbox = SANDBOX.get_or_init(|| {
        let cache = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/hyperspace-cache");
        Sandbox::new(&SandboxConfig::default().with_cache_dir(cache)).unwrap()
    });
    Evaluator::new(sandbox.clone()).unwrap().limits(Limits::default().with_fuel(200_000_000))
}

pub(crate) fn options(seed: u64) -> RunOptions {
    RunOptions {
        seed,
        candidates: 4,
        selection: Selection::ScoreChildProp,
        meta_limits: Limits::default().with_fuel(500_000_000),
        ..RunOptions::default()
    }
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap()
}

/// Begins a run in `store`, or takes it up.
pub(crate) async fn begin(
    store: &Store,
    agent: SeedAgent,
    seed: u64,
    workers: usize,
) -> Result<Run<'_>, EvolveError> {
    Run::begin(store, task(), agent, &options(seed), Means::new(evaluator(), workers)).await
}
