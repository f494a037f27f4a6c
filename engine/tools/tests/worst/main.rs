//! The cost of the worst commands to the host, in CPU time per unit of fuel charged.
//!
//! `HYPERSPACE_WORST=` measures this (all commands, or those whose name contains the value), and `-- --nocapture` prints the figures.
//! Without the variable, no result depends on the speed of this machine: some commands must end with an answer.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod commands;
#[path = "../all/common/mod.rs"]
mod common;

use common::{file_set, files, sandbox};
use hyperspace_tools::{Shell, ShellConfig};

use commands::{COMMANDS, Worst};

/// Maximum nanoseconds per unit of fuel.
const NS_PER_FUEL_MAX: f64 = 3.0;
/// One in so many commands runs without the variable.
const PICKED: usize = 8;

/// Returns the CPU time of this process in seconds, including ended threads. Linux counts it in hundredths.
fn processor_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / 100.0)
}

/// Most resident memory of this process so far, in MiB.
fn peak_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? >> 10)
}

/// Seconds of the processor, and fuel.
fn measure(worst: &Worst) -> Option<(f64, u64, String)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let files = files(file_set(&[("task_agent.py", "x = 1\n")]));
    let mut shell = Shell::new(sandbox(), ShellConfig::new("/repo", 7));
    for command in worst.before {
        runtime.block_on(shell.run(&files, command)).unwrap();
    }
    let (cost, begun) = (files.cost(), processor_seconds()?);
    let answer = runtime.block_on(shell.run(&files, worst.command));
    let answer = answer.unwrap_or_else(|error| format!("FAILED: {error}"));
    Some((processor_seconds()? - begun, files.cost() - cost, answer))
}

#[test]
fn the_worst_commands_are_answered_and_paid() {
    sandbox();
    let mut complaints = Vec::new();
    #[expect(clippy::disallowed_methods, reason = "which command is measured is the choice of who starts it")]
    let only = std::env::var("HYPERSPACE_WORST").ok();
    for (index, worst) in COMMANDS.iter().enumerate() {
        let wanted = match &only {
            Some(only) => worst.name.contains(only.as_str()),
            None => index.is_multiple_of(PICKED),
        };
        if !wanted {
            continue;
        }
        let Some((seconds, fuel, answer)) = measure(worst) else {
            println!("SKIPPED: this system does not tell the time of the processor");
            return;
        };
        let each = seconds * 1e9 / fuel as f64;
        let end: String = answer.chars().rev().take(150).collect::<Vec<_>>().into_iter().rev().collect();
        let end = end.replace('\n', " ");
        println!(
            "{seconds:6.2} s {fuel:14} {each:8.2} ns  {:>5} MiB  {}  [{end}]",
            peak_mib().unwrap_or(0),
            worst.name
        );
        // Below a tenth of a second, the hundredths that Linux counts say nothing.
        let dear = seconds > 0.1 && each > NS_PER_FUEL_MAX;
        if answer.starts_with("FAILED") || only.is_some() && dear {
            complaints.push(format!("{}: {seconds:.2} s, {each:.2} ns per unit: {end}", worst.name));
        }
    }
    assert!(complaints.is_empty(), "{complaints:#?}");
}
