//! `exec`.

use std::io::{self, Read, Write};

use hyperspace_sandbox::Limits;
use hyperspace_service::{ExecutionRequest, ServiceError, read_text};

use super::Code;
use crate::error::CliError;
use crate::exit::OK;
use crate::session::CliSession;
use crate::{ambient, args, exit, output};

/// Bytes of standard input that a program gets.
const STDIN_BYTES_MAX: u64 = 64 << 20;

/// Runs a Python file.
pub(crate) fn run(session: &CliSession, args: args::Exec) -> Code {
    let view = session.engine.execute_blocking(request(args)?)?;
    let code = exit::of(view.failure());
    if session.json {
        output::json(&view)?;
        return Ok(code);
    }
    output::guest(io::stdout().lock(), &view.stdout, ambient::stdout_is_terminal())?;
    output::guest(io::stderr().lock(), &view.stderr, ambient::stderr_is_terminal())?;
    if code != OK || ambient::stderr_is_terminal() {
        // The name of an exception is the guest's.
        let ended = output::line(&view.describe());
        writeln!(io::stderr(), "[{ended}; {} fuel]", output::count(view.fuel))?;
    }
    Ok(code)
}

fn request(args: args::Exec) -> Result<ExecutionRequest, CliError> {
    let limits = Limits::default()
        .with_fuel(args.fuel)
        .with_memory_bytes(args.memory_bytes)
        .with_output_bytes(args.output_bytes)
        .with_file_bytes(args.file_bytes)
        .with_files(args.files)
        .with_descriptors(args.descriptors)
        .with_wall_clock_ms(args.wall_clock_ms);
    let mut arguments = args.args;
    let program = match (args.code, args.file) {
        (Some(code), first) => {
            // With a text as the program, the first word is its first argument.
            arguments.splice(0..0, first.map(|first| first.to_string_lossy().into_owned()));
            ("-c".to_owned(), code)
        }
        (None, Some(path)) if path.as_os_str() == "-" && args.stdin => {
            let message = "standard input cannot be both the program and its input".to_owned();
            let hint = Some("put the program into a file, or use --code".to_owned());
            return Err(ServiceError::Request { message, hint }.into());
        }
        (None, Some(path)) if path.as_os_str() == "-" => ("-".to_owned(), program_of_stdin()?),
        (None, Some(path)) => {
            let name = path.file_name().map_or_else(|| "program.py".into(), |name| name.to_string_lossy());
            (name.into_owned(), read_text(&path)?)
        }
        (None, None) => return Err(CliError::Ambient("expected a program".to_owned())),
    };
    let mut request = ExecutionRequest::new(program.0, program.1)
        .args(arguments)
        .env(args.env)
        .limits(limits)
        .seed(args.seed);
    for folder in args.mount {
        request = request.folder(folder);
    }
    if args.stdin {
        let mut input = Vec::new();
        io::stdin().lock().take(STDIN_BYTES_MAX).read_to_end(&mut input)?;
        request = request.stdin(input);
    }
    Ok(request)
}

/// Reads a program from standard input.
fn program_of_stdin() -> Result<String, CliError> {
    let mut source = String::new();
    io::stdin().lock().take(STDIN_BYTES_MAX).read_to_string(&mut source)?;
    Ok(source)
}
