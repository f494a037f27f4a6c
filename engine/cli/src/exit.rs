//! Exit codes, and the printed form of errors.

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;

use hyperspace_service::ErrorClass;

use crate::error::CliError;
use crate::{ambient, output};

/// Success.
pub(crate) const OK: u8 = 0;

/// Returns the exit code of a class.
fn code(class: ErrorClass) -> u8 {
    match class {
        ErrorClass::Usage => 2,
        ErrorClass::Differs => 10,
        ErrorClass::Budget => 12,
        ErrorClass::Provider => 13,
        ErrorClass::Damage => 14,
        ErrorClass::Guest => 15,
        _ => 1,
    }
}

/// Returns the exit code of a result that may be a failure.
pub(crate) fn of(failure: Option<ErrorClass>) -> u8 {
    failure.map_or(OK, code)
}

/// Prints a message of clap: help to standard output, mistakes to standard error.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    let code = if error.use_stderr() { code(ErrorClass::Usage) } else { OK };
    // A reader that went away is no failure of ours.
    drop(error.print());
    ExitCode::from(code)
}

/// Prints an error with its causes and hints, and returns its exit code.
pub(crate) fn report(error: &CliError) -> ExitCode {
    if error.is_broken_pipe() {
        return ExitCode::from(OK);
    }
    let mut text = format!("error: {error}");
    let mut said = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let words = cause.to_string();
        if !said.contains(&words) {
            text.push_str(&format!("\n  because {words}"));
            said = words;
        }
        next = cause.source();
    }
    for hint in error.hints() {
        text.push_str(&format!("\nhint: {hint}"));
    }
    // An error may quote a guest, a provider or a folder.
    let text = output::wrapped(&output::harmless(&text), ambient::message_width(), 2);
    drop(writeln!(std::io::stderr(), "{text}"));
    ExitCode::from(code(error.class()))
}
