//! Forks of a warmed template: a trivial call against a process of `python3 -I -S`, and 100 rows of an agent of 15 KB, each
//! row isolated, against fresh sandboxes, processes, and one process without isolation.

use std::fs;
use std::time::Duration;

use hyperspace_benches::{
    BenchError, Promise, Python, Spent, Work, average_of, heading, in_turns, measure, only_checked,
    private_kib_with, sandbox,
};
use hyperspace_core::{FileSet, RelPath};
use hyperspace_sandbox::{Item, Job, Limits, Mount, Report, Sandbox, Setup, Template};
use hyperspace_testkit::file_set;
use hyperspace_testkit::sandbox::config;
use serde_json::{Value, json};
use tokio::task::JoinSet;

const ROUNDS: usize = 5;
/// Cycles, and processes, of one turn.
const CYCLES: u32 = 200;
/// See [`CYCLES`].
const SPAWNS: u32 = 20;
const ROWS: u32 = 100;
/// Processes that are measured for [`ROWS`] rows; their time is scaled up.
const ROW_SPAWNS: u32 = 10;
/// Forks that keep the processors busy.
const BUSY: u32 = 32;
/// Live forks, once few and once many.
const FEW: u32 = 8;
/// See [`FEW`].
const MANY: u32 = 72;

/// One of the agent's rows in a process that imports it once and answers all rows, without isolation; prints the seconds
/// that import and answers took, without those of starting the interpreter.
const NATIVE: &str = "
import sys, time
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
begun = time.perf_counter()
import labels
for text in sys.argv[2:]:
    labels.answer(text)
print(time.perf_counter() - begun)
";

fn folder() -> String {
    format!("{}/agents", env!("CARGO_MANIFEST_DIR"))
}

fn row(index: u32) -> String {
    format!(
        "The quality of reason {index} and the trust of order yield insight with logic; {} effort.",
        index * 7
    )
}

fn agent() -> Result<FileSet, BenchError> {
    let unreadable =
        |error: &dyn std::fmt::Display| BenchError::Machine { what: format!("labels.py: {error}") };
    let source = fs::read(format!("{}/labels.py", folder())).map_err(|error| unreadable(&error))?;
    Ok(file_set(&[("labels.py", source)]))
}

fn mount(files: &FileSet) -> Result<Mount, BenchError> {
    let at = RelPath::new("repo").map_err(|error| BenchError::Machine { what: error.to_string() })?;
    Ok(Mount::read_only(at, files.clone()))
}

fn setup(files: &FileSet) -> Result<Setup, BenchError> {
    Ok(Setup::import(&["labels"]).python_path("/repo").mount(mount(files)?))
}

fn completed(report: Report) -> Result<Value, BenchError> {
    match (report.outcome.is_completed(), report.result) {
        (true, Some(value)) => Ok(value),
        _ => Err(BenchError::Guest {
            outcome: report.outcome.name().to_owned(),
            stderr: report.traceback.unwrap_or_default(),
        }),
    }
}

/// All rows in forks of a template that is made for them.
fn rows_in_forks(sandbox: &Sandbox, files: &FileSet) -> Result<(), BenchError> {
    let template = sandbox.template(setup(files)?)?;
    (0..ROWS).try_for_each(|index| {
        completed(template.fork_blocking(Item::call("labels", "answer", vec![json!(row(index))]))?).map(drop)
    })
}

/// All rows, each in a sandbox that imports the agent.
fn rows_fresh(sandbox: &Sandbox, files: &FileSet) -> Result<(), BenchError> {
    (0..ROWS).try_for_each(|index| {
        let job =
            Job::call("labels", "answer", vec![json!(row(index))]).python_path("/repo").mount(mount(files)?);
        completed(sandbox.run_blocking(job)?).map(drop)
    })
}

fn rows_in_process(python: &Python) -> Result<Spent, BenchError> {
    let (folder, rows) = (folder(), (0..ROWS).map(row).collect::<Vec<_>>());
    let args: Vec<&str> =
        ["-c", NATIVE, &folder].into_iter().chain(rows.iter().map(String::as_str)).collect();
    let (printed, spent) = python.run(&args)?;
    let seconds: f64 = printed
        .trim()
        .parse()
        .map_err(|_| BenchError::Peer { peer: python.label(), why: format!("it printed {printed:?}") })?;
    Ok(Spent { wall: Duration::from_secs_f64(seconds), cpu: spent.cpu })
}

fn row_in_a_process(python: &Python) -> Result<Spent, BenchError> {
    let (folder, text) = (folder(), row(1));
    Ok(python.run(&["-c", NATIVE, &folder, &text])?.1)
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn promise(what: &str, most: f64, found: f64) {
    println!("{}", Promise { what: what.to_owned(), most, found, unit: "" });
}

fn compare(reusing: &Sandbox, renewing: &Sandbox, python: &Python) -> Result<(), BenchError> {
    let files = agent()?;
    let template = reusing.template(setup(&files)?)?;
    let one = |work: &dyn Fn() -> Result<(), BenchError>| measure(work).map(|((), spent)| spent);
    let trivial = || completed(template.fork_blocking(Item::call("labels", "nothing", vec![]))?).map(drop);
    let print = || match reusing.run_blocking(Job::source("one.py", "print(1)"))?.stdout.as_slice() {
        b"1\n" => Ok(()),
        other => Err(BenchError::Machine { what: format!("print(1) printed {other:?}") }),
    };
    let mut works: Vec<Work<'_>> = vec![
        Box::new(|| average_of(SPAWNS, || python.run(&["-S", "-c", "print(1)"]).map(|(_, spent)| spent))),
        Box::new(|| average_of(CYCLES, || one(&print))),
        Box::new(|| average_of(CYCLES, || one(&trivial))),
        Box::new(|| one(&|| rows_in_forks(reusing, &files))),
        Box::new(|| one(&|| rows_fresh(renewing, &files))),
        Box::new(|| average_of(ROW_SPAWNS, || row_in_a_process(python))),
        Box::new(|| rows_in_process(python)),
    ];
    let medians = in_turns(ROUNDS, &mut works)?;
    let names = [
        "python3 -I -S -c 'print(1)'",
        "sandbox, print(1)",
        "fork, trivial call",
        "100 rows in forks, set-up and capture included",
        "100 rows in 100 new sandboxes",
        "1 row in a process of python3 -I",
        "100 rows in one process, import included, start not",
    ];
    println!("{}", heading(&format!("fork: medians of {ROUNDS} turns, against {}", python.label())));
    for (name, median) in names.iter().zip(&medians) {
        println!("{name:<52} {:>9.3} ms {:>9.3} ms CPU", ms(median.wall), ms(median.cpu));
    }
    let wall = |index: usize| medians[index].wall.as_secs_f64();
    promise("a fork with a trivial call against python3 -I -S -c 'print(1)'", 0.035, wall(2) / wall(0));
    promise("print(1) in a sandbox against the same", 0.06, wall(1) / wall(0));
    promise("100 rows in forks against 100 new sandboxes", 1.0 / 8.0, wall(3) / wall(4));
    promise("100 rows in forks against 100 processes", 1.0 / 25.0, wall(3) / (wall(5) * f64::from(ROWS)));
    promise("100 rows in forks against one process without isolation", 6.0, wall(3) / wall(6));
    Ok(())
}

/// Private dirty KiB while `count` forks wait in their first call of the host.
async fn with_live(template: &Template, count: u32) -> Result<f64, BenchError> {
    let source = "import _hyperspace\n_hyperspace.send(b'{\"op\": \"wait\", \"params\": {}}')\n";
    let start = |door| {
        let (template, item) = (template.clone(), Item::source("wait.py", source).door(&["wait"], door));
        async move { template.fork(item).await }
    };
    private_kib_with(count, start).await
}

/// Measures forks that keep a processor busy, on `workers` threads.
fn busy(template: &Template, workers: usize) -> Result<Spent, BenchError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_time()
        .build()
        .map_err(|error| BenchError::Machine { what: format!("threads: {error}") })?;
    let all = async {
        let mut runs = JoinSet::new();
        for _ in 0..BUSY {
            let template = template.clone();
            let item = Item::source("busy.py", "n = 0\nfor i in range(300_000): n += i & 7\n");
            runs.spawn(async move { template.fork(item).await });
        }
        while let Some(ended) = runs.join_next().await {
            let report = ended.map_err(|error| BenchError::Machine { what: error.to_string() })??;
            if !report.outcome.is_completed() {
                return Err(BenchError::Machine { what: format!("a fork ended: {report:?}") });
            }
        }
        Ok(())
    };
    measure(|| runtime.block_on(all)).map(|((), spent)| spent)
}

fn scaling(template: &Template) -> Result<(), BenchError> {
    let mut works: Vec<Work<'_>> = vec![Box::new(|| busy(template, 1)), Box::new(|| busy(template, 2))];
    let medians = in_turns(ROUNDS, &mut works)?;
    println!("{}", heading("workers"));
    for (workers, median) in (1..).zip(&medians) {
        println!("{workers} {:>9.3} ms {:>9.3} ms CPU", ms(median.wall), ms(median.cpu));
    }
    let found = medians[1].wall.as_secs_f64() / medians[0].wall.as_secs_f64();
    promise("two workers against one, time", 1.0 / 1.85, found);
    Ok(())
}

fn memory() -> Result<(), BenchError> {
    let sandbox = sandbox(MANY)?;
    let files = agent()?;
    let limits = Limits::default().with_wall_clock_ms(600_000);
    let template = sandbox.template(setup(&files)?.limits(limits))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(|error| BenchError::Machine { what: format!("tasks: {error}") })?;
    let few = runtime.block_on(with_live(&template, FEW))?;
    let many = runtime.block_on(with_live(&template, MANY))?;
    let each_mib = (many - few) / f64::from(MANY - FEW) / 1024.0;
    println!("{}", heading("memory of forks that wait in their first host call"));
    println!(
        "state of the template {:>8.3} MiB, shared",
        sandbox.templates_kept().1 as f64 / f64::from(1 << 20)
    );
    println!("one more live fork    {each_mib:>8.3} MiB");
    println!(
        "{}",
        Promise {
            what: "private memory of a live idle fork".to_owned(),
            most: 0.5,
            found: each_mib,
            unit: " MiB",
        }
    );
    Ok(())
}

fn main() -> Result<(), BenchError> {
    let reusing = sandbox(8)?;
    if only_checked() {
        return rows_in_forks(&reusing, &agent()?);
    }
    let renewing = Sandbox::new(&config().with_reuse(false))?;
    compare(&reusing, &renewing, &Python::on_path()?)?;
    scaling(&reusing.template(setup(&agent()?)?)?)?;
    memory()
}
