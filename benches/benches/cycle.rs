//! The complete cycle of a fresh sandbox (create, run `print(1)`, read the result, tear down) against the same in a process
//! of `python3 -I -S`.

use std::hint::black_box;
use std::time::Duration;

use criterion::Criterion;
use hyperspace_benches::{
    BenchError, Medians, Promise, Python, Spent, Work, average_of, heading, in_turns, measure, only_checked,
    sandbox,
};
use hyperspace_sandbox::{Job, Sandbox};

const PROGRAM: &str = "print(1)";
const ROUNDS: usize = 60;
/// Repetitions of one turn. Both sides take about as long, so that both find the machine equally warm.
const CYCLES: u32 = 40;
/// See [`CYCLES`].
const SPAWNS: u32 = 4;
const MOST: f64 = 0.06;

fn cycle(sandbox: &Sandbox) -> Result<(), BenchError> {
    let report = sandbox.run_blocking(Job::source("one.py", PROGRAM))?;
    if report.stdout == b"1\n" {
        return Ok(());
    }
    let stderr = String::from_utf8_lossy(&report.stderr).into_owned();
    Err(BenchError::Guest { outcome: report.outcome.name().to_owned(), stderr })
}

fn measured(sandbox: &Sandbox) -> Result<Spent, BenchError> {
    measure(|| cycle(sandbox)).map(|((), spent)| spent)
}

fn spawn(python: &Python) -> Result<Spent, BenchError> {
    let (printed, spent) = python.run(&["-c", PROGRAM])?;
    match printed.as_str() {
        "1\n" => Ok(spent),
        other => Err(BenchError::Peer { peer: python.label(), why: format!("it printed {other:?}") }),
    }
}

fn times(of: Medians) -> String {
    format!("{:>8.3} ms {:>8.3} ms CPU", of.wall.as_secs_f64() * 1e3, of.cpu.as_secs_f64() * 1e3)
}

fn ratio(ours: Duration, theirs: Duration) -> f64 {
    ours.as_secs_f64() / theirs.as_secs_f64()
}

fn compare(sandbox: &Sandbox, pythons: &[Python]) -> Result<(), BenchError> {
    let mut works: Vec<Work<'_>> =
        vec![Box::new(|| measured(sandbox)), Box::new(|| average_of(CYCLES, || measured(sandbox)))];
    for python in pythons {
        works.push(Box::new(move || average_of(SPAWNS, || spawn(python))));
    }
    let medians = in_turns(ROUNDS, &mut works)?;
    let (first, ours, theirs) = (medians[0], medians[1], &medians[2..]);
    println!("{}", heading(&format!("cycle: `{PROGRAM}`, medians of {ROUNDS} turns")));
    println!("{:<56} {}", "sandbox, first cycle after the peers", times(first));
    println!("{:<56} {}", "sandbox", times(ours));
    let mut found = Vec::new();
    for (python, &peer) in pythons.iter().zip(theirs) {
        let (wall, cpu) = (ratio(ours.wall, peer.wall), ratio(ours.cpu, peer.cpu));
        println!("{:<56} {}   ratio {wall:.3}, CPU {cpu:.3}", python.label(), times(peer));
        found.push(wall);
    }
    let what = format!("complete cycle against {}", pythons[0].label());
    println!("{}", Promise { what, most: MOST, found: found[0], unit: "" });
    Ok(())
}

fn main() -> Result<(), BenchError> {
    let sandbox = sandbox(8)?;
    let pythons = Python::all()?;
    let mut criterion = Criterion::default().configure_from_args();
    criterion.bench_function("cycle/sandbox", |bench| {
        bench.iter(|| cycle(black_box(&sandbox)).expect("the cycle works"))
    });
    criterion.bench_function("cycle/python3", |bench| {
        bench.iter(|| spawn(black_box(&pythons[0])).expect("the peer works"))
    });
    criterion.final_summary();
    if only_checked() { Ok(()) } else { compare(&sandbox, &pythons) }
}
