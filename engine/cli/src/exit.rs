//! Exit codes, and the printed form of errors.

use std::error::Error;
use std::io::Write;
use std::num::{IntErrorKind, ParseFloatError, ParseIntError};
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};
use hyperspace_service::ErrorClass;

use crate::error::CliError;
use crate::{ambient, args, output};

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

/// Prints a message of clap: help to standard output, errors to standard error.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        let printed = error.print().map_err(CliError::from);
        return printed.map_or_else(|error| report(&error), |()| ExitCode::from(OK));
    }
    let rendered = error.render();
    let text =
        if ambient::stderr_palette().is_on() { rendered.ansi().to_string() } else { rendered.to_string() };
    let text = with_expectation(&text, error) + &variable_hint(error);
    drop(write!(std::io::stderr(), "{}", output::wrapped(&text, ambient::message_width(), 2)));
    ExitCode::from(code(ErrorClass::Usage))
}

/// Returns a hint if an environment variable set the wrong value, because nobody would look for it there.
fn variable_hint(error: &clap::Error) -> String {
    let Some(variable) = args::variable_of(error) else { return String::new() };
    let wrong = match error.get(ContextKind::InvalidValue) {
        Some(ContextValue::String(value)) => value.as_str(),
        _ => "",
    };
    match ambient::variable(&variable) {
        Some(value) if value == wrong => format!("hint: the variable {variable} is set to {value:?}\n"),
        _ => String::new(),
    }
}

/// Returns the message of an error; for a number, it says what was expected instead of what is wrong with its digits.
fn with_expectation(text: &str, error: &clap::Error) -> String {
    let Some(cause) = error.source() else { return text.to_owned() };
    let expected = match cause.downcast_ref::<ParseIntError>().map(ParseIntError::kind) {
        Some(IntErrorKind::PosOverflow | IntErrorKind::NegOverflow) => "the number is too large",
        Some(_) => "expected a whole number",
        None if cause.is::<ParseFloatError>() => "expected a number",
        None => return text.to_owned(),
    };
    text.replace(&cause.to_string(), expected)
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
