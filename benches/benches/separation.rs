//! The cost of two guests: an evaluator that calls its program 100 times for 5 ms each through proxies, against the same evaluator and
//! program in one guest (`separation = "shared"`), and calls that do nothing.
//!
//! CPU time decides the ratio: both variants compute on one thread, and other processes disturb it least.

use std::time::Duration;

use hyperspace_benches::{BenchError, Promise, Spent, heading, measure, median, only_checked, sandbox};
use hyperspace_eval::{Evaluator, Limits, Split, Task};
use hyperspace_testkit::file_set;

const ROUNDS: usize = 9;
const CALLS: u32 = 100;
/// Calls that do nothing.
const EMPTY_CALLS: u32 = 5_000;
const MOST_RATIO: f64 = 1.15;
const MOST_MICROSECONDS: f64 = 60.0;

const HEAD: &str = "[task]\nname = \"cost\"\ntitle = \"t\"\ndescription = \"d\"\ndirection = \"maximize\"\n\
    [entry]\nmodule = \"task_agent\"\nfunction = \"work\"\n[scorer]\nkind = \"python\"\n";
const THROUGH_PROXIES: &str = "
import importlib.util
def load(path):
    spec = importlib.util.spec_from_file_location('program', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
";
const IN_ONE_GUEST: &str = "
import types
def load(path):
    module = types.ModuleType('program')
    exec(open(path).read(), module.__dict__)
    return module
";
/// `work(50_000)` takes about 5 ms.
const PROGRAM: &str = "
def work(n):
    s = 0
    for i in range(n): s += i * i % 7
    return s
def nothing(): return None
";

/// A variant: a task, and what its evaluations took.
struct Variant {
    task: Task,
    spent: Vec<Spent>,
}

impl Variant {
    fn new(keys: &str, load: &str, calls: u32, call: &str) -> Result<Self, BenchError> {
        let evaluate = format!(
            "def evaluate(path):\n    p = load(path)\n    for _ in range({calls}): p.{call}\n    return 1\n"
        );
        let files = [("task.toml", format!("{HEAD}{keys}")), ("evaluator.py", format!("{load}{evaluate}"))];
        let task = Task::from_files(&file_set(&files), "cost").map_err(BenchError::engine)?;
        Ok(Self { task, spent: Vec::new() })
    }

    fn turn(&mut self, evaluator: &Evaluator) -> Result<(), BenchError> {
        let program = file_set(&[("task_agent.py", PROGRAM)]);
        let evaluate = || evaluator.evaluate_blocking(&self.task, &program, Split::Train);
        let (found, spent) = measure(|| evaluate().map_err(BenchError::engine))?;
        if found.score.is_none() {
            return Err(BenchError::engine(found.outcome.describe()));
        }
        self.spent.push(spent);
        Ok(())
    }

    fn cpu(&self) -> Duration {
        median(self.spent.iter().map(|spent| spent.cpu).collect())
    }

    fn wall(&self) -> Duration {
        median(self.spent.iter().map(|spent| spent.wall).collect())
    }
}

fn main() -> Result<(), BenchError> {
    if only_checked() {
        return Ok(());
    }
    let evaluator = Evaluator::new(sandbox(8)?).map_err(BenchError::engine)?.limits(Limits::default());
    let shared = "separation = \"shared\"\n";
    let mut variants = [
        Variant::new("", THROUGH_PROXIES, CALLS, "work(50_000)")?,
        Variant::new(shared, IN_ONE_GUEST, CALLS, "work(50_000)")?,
        Variant::new("", THROUGH_PROXIES, EMPTY_CALLS, "nothing()")?,
        Variant::new("", THROUGH_PROXIES, 0, "nothing()")?,
    ];
    for _ in 0..ROUNDS {
        for variant in &mut variants {
            variant.turn(&evaluator)?;
        }
    }
    let [through, inside, empty, none] = &variants;
    println!("{}", heading("evaluator and program in two guests"));
    println!(
        "{CALLS} calls, median of {ROUNDS}: {:.1?} through proxies ({:.1?} of CPU time), {:.1?} in one guest ({:.1?})",
        through.wall(),
        through.cpu(),
        inside.wall(),
        inside.cpu()
    );
    println!("an evaluation without calls: {:.1?}", none.wall());
    let ratio = through.cpu().as_secs_f64() / inside.cpu().as_secs_f64();
    let what = format!("{CALLS} calls of 5 ms in another guest");
    println!("{}", Promise { what, most: MOST_RATIO, found: ratio, unit: " times" });
    let each = empty.cpu().saturating_sub(none.cpu()).as_secs_f64() * 1e6 / f64::from(EMPTY_CALLS);
    let what = "a call that does nothing".to_owned();
    println!("{}", Promise { what, most: MOST_MICROSECONDS, found: each, unit: " µs" });
    Ok(())
}
