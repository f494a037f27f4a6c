//! The "guess" world: a task whose candidates return a number, and agents that change that number.
//!
//! The score is the mean distance to the expected numbers, so a test knows every score without running anything: it is what
//! it says it returns. Generations of such agents take milliseconds.

use std::fmt::Display;

use hyperspace_eval::Task;

/// The definition of the task.
pub const TASK_TOML: &str = r#"
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

/// A body of `improve(arg)` that takes one step towards larger numbers, and now and then a large one back.
pub const CLIMB: &str = "text = open('task_agent.py').read()
number = int(text.split()[-1])
step = 1 if arg['seed'] % 4 else -7
open('task_agent.py', 'w').write(text.replace(str(number), str(number + step)))";

/// A body of `improve(arg)` that writes a number which tells generation and candidate apart.
pub const COUNT: &str = "open('task_agent.py', 'w').write('def guess(): return %d' % (arg['generation'] * 10 + arg['candidate']))";

/// Returns the files of the task that expects these numbers on training and on held-out data.
#[must_use]
pub fn task_files<T: Display>(train: &[T], held_out: &[T]) -> [(&'static str, String); 3] {
    let rows = |expected: &[T]| {
        let rows = expected.iter().map(|number| format!("[],{number}\n"));
        format!("input,expected\n{}", rows.collect::<String>())
    };
    [("task.toml", TASK_TOML.to_owned()), ("train.csv", rows(train)), ("held.csv", rows(held_out))]
}

/// Returns the task that expects these numbers on training and on held-out data.
///
/// # Panics
///
/// If one of the splits is empty.
#[must_use]
pub fn task<T: Display>(train: &[T], held_out: &[T]) -> Task {
    Task::from_files(&crate::file_set(&task_files(train, held_out)), "guess").unwrap()
}

/// Returns a `task_agent.py` that guesses `number`.
#[must_use]
pub fn task_agent(number: i64) -> String {
    format!("def guess():\n    return {number}\n")
}

/// Returns a `meta_agent.py` with this body of `improve(arg)`.
#[must_use]
pub fn meta_agent(body: &str) -> String {
    let lines: Vec<String> = body.lines().map(|line| format!("    {line}")).collect();
    format!("import os, json\ndef improve(arg):\n{}\n", lines.join("\n"))
}

/// Returns the agent "climber" of these files.
///
/// # Panics
///
/// If a path is invalid or occurs twice.
#[cfg(feature = "evolve")]
#[must_use]
pub fn agent<P: AsRef<str>, C: AsRef<[u8]>>(files: &[(P, C)]) -> hyperspace_evolve::SeedAgent {
    hyperspace_evolve::SeedAgent { name: "climber".to_owned(), files: crate::file_set(files) }
}

/// Returns the agent that guesses `number` and whose meta agent is [`CLIMB`].
#[cfg(feature = "evolve")]
#[must_use]
pub fn climber(number: i64) -> hyperspace_evolve::SeedAgent {
    agent(&[("task_agent.py", task_agent(number)), ("meta_agent.py", meta_agent(CLIMB))])
}
