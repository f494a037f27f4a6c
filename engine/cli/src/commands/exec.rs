//! `exec`.

use std::io::{self, Read, Write};

use anyhow::{Context, Result};
use hyperspace_core::{BlobId, FileSet, RelPath};
use hyperspace_eval::Evaluator;
use hyperspace_sandbox::{Job, Limits, Mount, Outcome, Report};
use serde_json::{Value, json};

use super::Session;
use crate::args;
use crate::exit::{GUEST, OK, usage_error};
use crate::{ambient, folder, output};

/// Runs a Python file.
pub(crate) fn run(session: &Session, args: args::Exec) -> Result<u8> {
    let source = folder::read_file(&args.file)?;
    let source = String::from_utf8(source)
        .map_err(|_| usage_error(format!("{}: it is not UTF-8", args.file.display())))?;
    let evaluator = Evaluator::new(session.sandbox()?)?;
    let name = args.file.file_name().map_or_else(|| "program.py".into(), |name| name.to_string_lossy());
    let job = job(&args, &name, &source, evaluator.sdk().clone())?;
    let report = evaluator.sandbox().run_blocking(job)?;
    let code = if report.outcome.is_completed() { OK } else { GUEST };
    if session.common.json {
        output::json(&document(&report))?;
        return Ok(code);
    }
    output::guest(io::stdout().lock(), &report.stdout, ambient::stdout_is_terminal())?;
    output::guest(io::stderr().lock(), &report.stderr, ambient::stderr_is_terminal())?;
    if code != OK || ambient::stderr_is_terminal() {
        let fuel = output::count(report.fuel_used);
        // The name of an exception is the guest's.
        let ended = output::harmless(&describe(&report.outcome));
        writeln!(io::stderr(), "[{ended}; {fuel} fuel]")?;
    }
    Ok(code)
}

fn job(args: &args::Exec, name: &str, source: &str, sdk: FileSet) -> Result<Job> {
    let limits = Limits::default()
        .with_fuel(args.fuel)
        .with_memory_bytes(args.memory_bytes)
        .with_output_bytes(args.output_bytes)
        .with_file_bytes(args.file_bytes)
        .with_files(args.files)
        .with_descriptors(args.descriptors)
        .with_wall_clock_ms(args.wall_clock_ms);
    let mut job = Job::source(name, source)
        .args(args.args.iter().cloned())
        .limits(limits)
        .seed(args.seed)
        .mount(Mount::read_only(RelPath::new("sdk")?, sdk))
        .mount(Mount::read_write(RelPath::new("tmp")?, FileSet::new()))
        .python_path("/sdk");
    for variable in &args.env {
        let (name, value) = variable
            .split_once('=')
            .ok_or_else(|| usage_error(format!("--env {variable}: expected NAME=VALUE")))?;
        job = job.env(name, value);
    }
    if args.stdin {
        let mut input = Vec::new();
        io::stdin().lock().take(folder::FILE_BYTES_MAX).read_to_end(&mut input).context("standard input")?;
        job = job.stdin(input);
    }
    Ok(job)
}

fn describe(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Exception { exception, .. } => format!("exception {exception}"),
        Outcome::Trap { trap } => format!("trap: {trap}"),
        Outcome::Quota { quota } => format!("quota {quota} exceeded"),
        Outcome::Exit { code } => format!("exit with code {code}"),
        other => other.name().to_owned(),
    }
}

/// The code that a Python process would have left with.
fn exit_code(outcome: &Outcome) -> Option<u32> {
    match outcome {
        Outcome::Completed => Some(0),
        Outcome::Exit { code } => Some(*code),
        Outcome::Exception { .. } => Some(1),
        _ => None,
    }
}

fn document(report: &Report) -> Value {
    let files: Vec<Value> = report
        .changes
        .iter()
        .filter_map(|change| {
            let content = change.content.as_ref()?;
            Some(json!({
                "path": format!("/{}/{}", change.mount, change.path),
                "bytes": content.len(),
                "blob": BlobId::of(content),
            }))
        })
        .collect();
    json!({
        "outcome": report.outcome.name(),
        "detail": report.outcome,
        "exit_code": exit_code(&report.outcome),
        "stdout": String::from_utf8_lossy(&report.stdout),
        "stderr": String::from_utf8_lossy(&report.stderr),
        "fuel": report.fuel_used,
        "virtual_ns": report.virtual_ns,
        "memory_bytes_peak": report.memory_bytes_peak,
        "files": files,
        "denials": report.denials,
    })
}
