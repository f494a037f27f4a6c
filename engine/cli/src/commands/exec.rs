//! `exec`.

use std::io::{self, Read, Write};

use hyperspace_sandbox::Limits;
use hyperspace_service::{ExecutionRequest, read_text};

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
        let ended = output::harmless(&view.describe());
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
    let source = read_text(&args.file)?;
    let name = args.file.file_name().map_or_else(|| "program.py".into(), |name| name.to_string_lossy());
    let mut request =
        ExecutionRequest::new(name, source).args(args.args).env(args.env).limits(limits).seed(args.seed);
    if args.stdin {
        let mut input = Vec::new();
        io::stdin().lock().take(STDIN_BYTES_MAX).read_to_end(&mut input)?;
        request = request.stdin(input);
    }
    Ok(request)
}
