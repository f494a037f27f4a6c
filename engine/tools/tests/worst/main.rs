//! The cost of the worst commands to the host, in CPU time per unit of fuel charged.
//!
//! Guest code takes about 0.2 ns per unit. A command of the shell may take a few times that, and no command may run long before
//! it is charged. `HYPERSPACE_WORST=` measures this (all commands, or those whose name contains the value), and `-- --nocapture`
//! prints the figures; `SECURITY.md` has the latest ones. Without the variable, no result depends on the speed of this machine:
//! commands whose work is counted must end by their counts, the others by the backstop.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod commands;
#[path = "../common/mod.rs"]
mod common;

use common::{file_set, files, sandbox};
use hyperspace_tools::{Shell, ShellConfig};

use commands::{COMMANDS, Kind, Worst};

/// Maximum nanoseconds per unit of fuel.
const NS_PER_FUEL_MAX: f64 = 5.0;
/// Maximum seconds of CPU time of one command beyond one nanosecond per unit: the backstop, and the time until it fires.
const SECONDS_MAX: f64 = 12.0;

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

/// Threads of commands that are still at work.
fn shell_threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.filter(|name| name.trim() == "shell").count()
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
    // What was given up ends when it looks next.
    while shell_threads() > 0 {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    Some((processor_seconds()? - begun, files.cost() - cost, answer))
}

#[test]
fn the_worst_commands_end_by_their_counts_or_by_the_backstop() {
    sandbox();
    let (mut complaints, mut stopped) = (Vec::new(), false);
    #[expect(clippy::disallowed_methods, reason = "which command is measured is the choice of who starts it")]
    let only = std::env::var("HYPERSPACE_WORST").ok();
    for worst in COMMANDS {
        let wanted = match &only {
            Some(only) => worst.name.contains(only.as_str()),
            None => worst.kind == Kind::Counted || worst.name == "sed loops",
        };
        if !wanted {
            continue;
        }
        let Some((seconds, fuel, answer)) = measure(worst) else {
            println!("SKIPPED: this system does not tell the time of the processor");
            return;
        };
        stopped |=
            worst.name == "sed loops" && answer.starts_with("FAILED: a command took 10 s of the processor");
        let each = seconds * 1e9 / fuel as f64;
        let end: String = answer.chars().rev().take(150).collect::<Vec<_>>().into_iter().rev().collect();
        let end = end.replace('\n', " ");
        println!(
            "{seconds:6.2} s {fuel:14} {each:8.2} ns  {:>5} MiB  {}  [{end}]",
            peak_mib().unwrap_or(0),
            worst.name
        );
        let failed = worst.kind != Kind::Uncounted && answer.starts_with("FAILED");
        let long = seconds > SECONDS_MAX + fuel as f64 / 1e9;
        let dear = worst.kind != Kind::Uncounted && each > NS_PER_FUEL_MAX;
        if failed || only.is_some() && (long || dear) {
            complaints.push(format!("{}: {seconds:.2} s, {each:.2} ns per unit: {end}", worst.name));
        }
    }
    assert!(complaints.is_empty(), "{complaints:#?}");
    assert!(stopped || only.is_some(), "what is not counted was not stopped by the backstop");
}
