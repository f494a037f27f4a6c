//! `exec` and `call`.

use std::io::{self, Read, Write};
use std::path::Path;

use hyperspace_core::exact_json;
use hyperspace_service::{ExecutionRequest, ExecutionView, GuestProgram, ServiceError};
use serde::de::IgnoredAny;
use serde_json::Value;

use super::Code;
use crate::error::CliError;
use crate::exit::OK;
use crate::session::CliSession;
use crate::{ambient, args, exit, output};

/// Maximum number of bytes of standard input that a program gets.
const STDIN_BYTES_MAX: u64 = 64 << 20;

/// Runs a Python program.
pub(crate) fn run(session: &CliSession, args: args::Exec) -> Code {
    let view = session.engine.execute_blocking(request(args)?)?;
    let code = exit::of(view.failure());
    if session.json {
        output::exact_document(&view.document())?;
        return Ok(code);
    }
    output::guest(io::stdout().lock(), &view.stdout, ambient::stdout_is_terminal())?;
    output::guest(io::stderr().lock(), &view.stderr, ambient::stderr_is_terminal())?;
    ended(&view, code)?;
    Ok(code)
}

/// Calls a function. Its return value goes to standard output, and what it prints to standard error.
pub(crate) fn call(session: &CliSession, args: args::Call) -> Code {
    let arguments = args.args.iter().map(|text| argument(text)).collect::<Result<_, _>>()?;
    let origin = args.file.parent().map(Path::to_path_buf).unwrap_or_default();
    let request = ExecutionRequest::call(args.file, args.function, arguments).origin(origin);
    let view = session.engine.execute_blocking(args.guest.apply(request))?;
    let code = exit::of(view.failure());
    if session.json {
        output::exact_document(&view.document())?;
        return Ok(code);
    }
    output::guest(io::stderr().lock(), &view.stdout, ambient::stderr_is_terminal())?;
    output::guest(io::stderr().lock(), &view.stderr, ambient::stderr_is_terminal())?;
    if let Some(result) = &view.result {
        output::exact_line(result)?;
    }
    if let Some(traceback) = &view.traceback {
        // It is text of the guest, like the guest's standard error.
        let traceback = format!("{}\n", traceback.trim_end());
        output::guest(io::stderr().lock(), traceback.as_bytes(), ambient::stderr_is_terminal())?;
    }
    ended(&view, code)?;
    Ok(code)
}

/// Reports how a guest ended, if it failed or standard error is a terminal, and prints the hints.
fn ended(view: &ExecutionView, code: u8) -> Result<(), CliError> {
    if code != OK || ambient::stderr_is_terminal() {
        // The name of an exception comes from the guest.
        let ended = output::line(&view.describe());
        let ended = format!("[{ended}; {} fuel]", output::count(view.fuel));
        writeln!(io::stderr(), "{}", output::wrapped(&ended, ambient::message_width(), 1))?;
    }
    for hint in &view.hints {
        let hint = format!("hint: {}", output::line(hint));
        writeln!(io::stderr(), "{}", output::wrapped(&hint, ambient::message_width(), 2))?;
    }
    Ok(())
}

/// Returns an argument: JSON with every digit, or the text itself if it does not look like JSON.
fn argument(text: &str) -> Result<Value, CliError> {
    match exact_json::parse(text.as_bytes()) {
        Ok(value) => Ok(value),
        // A number that fits nowhere must not become a text without a word.
        Err(error) if text.trim_start().starts_with(['{', '[', '"']) || is_json(text) => {
            let message = format!("argument {text}: it begins like JSON, but {error}");
            let hint = Some("put a text that begins so into double quotes, as JSON".to_owned());
            Err(ServiceError::Request { message, hint }.into())
        }
        Err(_) => Ok(exact_json::text(text)),
    }
}

/// Returns whether a text has the form of JSON, whatever the size of its numbers.
fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

fn request(args: args::Exec) -> Result<ExecutionRequest, CliError> {
    let here = || Path::new(".");
    let (request, arguments) = match (args.code, args.module, args.file) {
        (Some(words), _, _) => {
            let (code, arguments) = split(words);
            (ExecutionRequest::new("-c", code).like_python3(true).origin(here()), arguments)
        }
        (None, Some(words), _) => {
            let (module, arguments) = split(words);
            (ExecutionRequest::of(GuestProgram::Module(module)).origin(here()), arguments)
        }
        (None, None, Some(path)) => (program(&path, args.stdin)?, args.args),
        (None, None, None) => return Err(CliError::Usage("expected a program".to_owned())),
    };
    let mut request = args.guest.apply(request.args(arguments));
    if args.stdin {
        let mut input = Vec::new();
        io::stdin().lock().take(STDIN_BYTES_MAX).read_to_end(&mut input).map_err(unread)?;
        request = request.stdin(input);
    }
    Ok(request)
}

/// Splits the words after `-c` or `-m` into what runs and its arguments. A `--` between them belongs to the command line.
fn split(words: Vec<String>) -> (String, Vec<String>) {
    let mut words = words.into_iter().peekable();
    let first = words.next().unwrap_or_default();
    words.next_if_eq("--");
    (first, words.collect())
}

/// Returns the request for a file, a folder, or the text on standard input.
fn program(path: &Path, stdin: bool) -> Result<ExecutionRequest, CliError> {
    if path.as_os_str() == "-" {
        if stdin {
            let message = "standard input cannot be both the program and its input".to_owned();
            let hint = Some("put the program into a file, or use --code".to_owned());
            return Err(ServiceError::Request { message, hint }.into());
        }
        return Ok(ExecutionRequest::new("-", program_of_stdin()?).like_python3(true).origin("."));
    }
    let program = if path.is_dir() { GuestProgram::Folder } else { GuestProgram::File };
    Ok(ExecutionRequest::of(program(path.to_path_buf())))
}

/// Reads a program from standard input.
fn program_of_stdin() -> Result<String, CliError> {
    let mut source = String::new();
    io::stdin().lock().take(STDIN_BYTES_MAX).read_to_string(&mut source).map_err(unread)?;
    Ok(source)
}

/// Returns the error for standard input that cannot be read, or whose program is no text.
fn unread(error: io::Error) -> CliError {
    CliError::Usage(format!("standard input: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_keep_their_digits_and_texts_stay_texts() {
        let read = |text: &str| exact_json::to_text(&argument(text).unwrap());
        for number in ["123456789012345678901234567890", "-18446744073709551616", "[1, 98765432109876543210]"]
        {
            assert_eq!(read(number), number.replace(' ', ""));
        }
        assert_eq!((read("5"), read("-2.5e3"), read("null")), ("5".into(), "-2500.0".into(), "null".into()));
        for text in ["10.0.0.1", "2024-01-05", "5 apples", "007", "-", "1.", "1e", "-x", "abc"] {
            assert_eq!(read(text), format!("{text:?}"));
        }
        for wrong in ["1e400", "-1E+999", "[1e400]", "[1,", "\"x"] {
            let error = argument(wrong).unwrap_err().to_string();
            assert!(error.contains(wrong) && error.contains("begins like JSON"), "{error}");
        }
    }
}
