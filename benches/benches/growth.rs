//! The time of a generation as the archive grows: at 10,000 archived agents against at 100, in one run.
//!
//! Every generation of this run adds an agent: the task is to return a large number, and a meta agent always finds a larger
//! one. What a guest computes is the same all along, so what grows is what the engine does with its archive and store.

use std::time::Duration;

use hyperspace_benches::{BenchError, Promise, heading, measure, median, only_checked, sandbox};
use hyperspace_eval::{Evaluator, Task};
use hyperspace_evolve::{Run, RunOptions, RunResources, SeedAgent, Selection};
use hyperspace_store::Store;
use hyperspace_testkit::file_set;

const FEW: usize = 100;
const MANY: usize = 10_000;
/// Generations that are measured at each of both sizes.
const WINDOW: u64 = 60;
/// The rate at [`MANY`] must be at least 0.9 of that at [`FEW`].
const MOST: f64 = 1.0 / 0.9;

const TASK: &str = "[task]\nname = \"large\"\ntitle = \"Large\"\ndescription = \"Return a large number.\"\ndirection = \"minimize\"\n[entry]\nmodule = \"task_agent\"\nfunction = \"number\"\n[scorer]\nkind = \"rows\"\nmetric = \"absolute-error\"\n[splits.train]\nfile = \"rows.csv\"\n[splits.held-out]\nfile = \"held.csv\"\n";
const ROWS: &str = "input,expected\n[],1000000000\n";
const HELD: &str = "input,expected\n[],1000000001\n";
const META: &str = "def improve(arg):
    number = int(open('task_agent.py').read().split()[-1])
    number = max(number, arg['generation'] * 10) + 1 + arg['candidate']
    open('task_agent.py', 'w').write('def number(): return ' + str(number))
";

fn seed() -> Result<(Task, SeedAgent), BenchError> {
    let files = [("task.toml", TASK), ("rows.csv", ROWS), ("held.csv", HELD)];
    let task = Task::from_files(&file_set(&files), "large").map_err(BenchError::engine)?;
    let files = file_set(&[("task_agent.py", "def number(): return 0"), ("meta_agent.py", META)]);
    Ok((task, SeedAgent { name: "grower".to_owned(), files }))
}

/// Medians of wall and CPU time of a generation, measured over [`WINDOW`] generations.
fn window(runtime: &tokio::runtime::Runtime, run: &mut Run) -> Result<(Duration, Duration), BenchError> {
    let (mut walls, mut cpus) = (Vec::new(), Vec::new());
    for _ in 0..WINDOW {
        let next = run.generation() + 1;
        let ((), spent) = measure(|| runtime.block_on(run.run_to(next)).map_err(BenchError::engine))?;
        walls.push(spent.wall);
        cpus.push(spent.cpu);
    }
    Ok((median(walls), median(cpus)))
}

fn grow(runtime: &tokio::runtime::Runtime, run: &mut Run, members: usize) -> Result<(), BenchError> {
    while run.state().members() < members {
        let next = run.generation() + 1;
        runtime.block_on(run.run_to(next)).map_err(BenchError::engine)?;
    }
    Ok(())
}

fn main() -> Result<(), BenchError> {
    if only_checked() {
        return Ok(());
    }
    let folder = tempfile::tempdir().map_err(BenchError::engine)?;
    let store = Store::open_or_create(folder.path(), "benchmark").map_err(BenchError::engine)?;
    let evaluator = Evaluator::new(sandbox(2)?).map_err(BenchError::engine)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .map_err(BenchError::engine)?;
    let (task, agent) = seed()?;
    let options = RunOptions { candidates: 4, selection: Selection::ScoreChildProp, ..RunOptions::default() };
    let mut run = runtime
        .block_on(Run::start(store.clone(), task, agent, &options, RunResources::new(evaluator, 2)))
        .map_err(BenchError::engine)?;
    println!("{}", heading("growth: time of a generation of 4 candidates, medians"));
    let mut medians = Vec::new();
    for members in [FEW, MANY] {
        grow(&runtime, &mut run, members)?;
        let (wall, cpu) = window(&runtime, &mut run)?;
        println!(
            "{members:>6} archived agents   {:>8.3} ms {:>8.3} ms CPU",
            wall.as_secs_f64() * 1e3,
            cpu.as_secs_f64() * 1e3
        );
        medians.push((wall, cpu));
    }
    let ratio = |of: fn(&(Duration, Duration)) -> Duration| {
        of(&medians[1]).as_secs_f64() / of(&medians[0]).as_secs_f64()
    };
    println!("ratio {:.3}, CPU {:.3}", ratio(|m| m.0), ratio(|m| m.1));
    let what = format!("CPU time of a generation at {MANY} archived agents against at {FEW}");
    println!("{}", Promise { what, most: MOST, found: ratio(|m| m.1), unit: "" });
    Ok(())
}
