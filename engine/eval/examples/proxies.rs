//! Measures the cost of a program in a guest of its own: 100 calls of 5 ms through proxies against the same evaluator and program in
//! one guest, and calls that do nothing.
//!
//! `cargo run --release --workspace --example proxies`

use std::time::{Duration, Instant};

use hyperspace_eval::{Evaluator, FileSet, Limits, Sandbox, SandboxConfig, Split, Task};

const ROUNDS: usize = 5;
const HEAD: &str = "[task]\nname = \"cost\"\ntitle = \"t\"\ndescription = \"d\"\ndirection = \"maximize\"\n\
    [entry]\nmodule = \"task_agent\"\nfunction = \"work\"\n[scorer]\nkind = \"python\"\n";
const PROXIES: &str = "
import importlib.util
def load(path):
    spec = importlib.util.spec_from_file_location('program', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
";
const SHARED: &str = "
import types
def load(path):
    module = types.ModuleType('program')
    exec(open(path).read(), module.__dict__)
    return module
";
const PROGRAM: &str = "def work(n):\n    s = 0\n    for i in range(n): s += i * i % 7\n    return s\ndef nothing(): return None\n";

type Failure = Box<dyn std::error::Error>;

fn task(keys: &str, load: &str, evaluate: &str) -> Result<Task, Failure> {
    let (toml, evaluator) = (format!("{HEAD}{keys}"), format!("{load}{evaluate}"));
    let files = FileSet::from_files([("task.toml", toml.as_str()), ("evaluator.py", evaluator.as_str())])?;
    Ok(Task::from_files(&files, "cost")?)
}

/// Returns the shortest time of several evaluations.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures the host's time; no run depends on it")]
fn time(evaluator: &Evaluator, task: &Task) -> Result<Duration, Failure> {
    let program = FileSet::from_files([("task_agent.py", PROGRAM)])?;
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let found = evaluator.evaluate_blocking(task, &program, Split::Train)?;
        best = best.min(begun.elapsed());
        if found.score.is_none() {
            return Err(found.outcome.describe().into());
        }
    }
    Ok(best)
}

fn main() -> Result<(), Failure> {
    let cache = std::env::temp_dir().join("hyperspace-proxies");
    let sandbox = Sandbox::new(&SandboxConfig::default().with_cache_dir(cache))?;
    let evaluator = Evaluator::new(sandbox)?.limits(Limits::default());
    let calls = |n: u32| {
        format!(
            "\ndef evaluate(path):\n    p = load(path)\n    for _ in range({n}): p.work(50_000)\n    return 1\n"
        )
    };
    let shared = "separation = \"shared\"\n";
    let of = |keys: &str, load: &str, evaluate: &str| -> Result<Duration, Failure> {
        time(&evaluator, &task(keys, load, evaluate)?)
    };
    let (through, inside) = (of("", PROXIES, &calls(100))?, of(shared, SHARED, &calls(100))?);
    println!(
        "100 calls of {:.1} ms: {through:.1?} through proxies, {inside:.1?} in one guest, ratio {:.3}",
        inside.as_secs_f64() * 10.0,
        through.as_secs_f64() / inside.as_secs_f64()
    );
    let nothing = |n: u32| {
        format!(
            "\ndef evaluate(path):\n    p = load(path)\n    for _ in range({n}): p.nothing()\n    return 1\n"
        )
    };
    let (many, none) = (of("", PROXIES, &nothing(5_000))?, of("", PROXIES, &nothing(0))?);
    println!("a call that does nothing: {:.1} µs", (many.saturating_sub(none)).as_secs_f64() * 1e6 / 5_000.0);
    println!("an evaluation without calls: {none:.1?}");
    Ok(())
}
