//! `serve`.

use std::io::{self, Write};
use std::path::Path;
use std::thread;

use hyperspace_server::Tokens;
use hyperspace_server::http::{HttpServer, HttpServerError, StopHandle, TlsFiles};
use hyperspace_service::{ServiceError, TaskRef, read_file, read_text};
use serde_json::json;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::Code;
use crate::error::CliError;
use crate::exit::OK;
use crate::session::CliSession;
use crate::{args, output};

/// The exit code is this plus the number of the signal, as in a shell.
const SIGNAL: i32 = 128;

/// Serves HTTP until a signal stops it.
pub(crate) fn run(session: &CliSession, args: &args::Serve) -> Code {
    let tokens = args.tokens.as_deref().map(tokens).transpose()?;
    let task = args.task.as_deref().map(|task| session.engine.load_task(&TaskRef::from(task))).transpose()?;
    let tls = args.tls_cert.as_deref().zip(args.tls_key.as_deref());
    let tls = tls.map(|(chain, key)| {
        Ok::<_, ServiceError>(TlsFiles { certificates: read_file(chain)?, key: read_file(key)? })
    });
    let tls = tls.transpose()?;
    let mut server = HttpServer::listen(session.engine.clone(), args.listen, tokens).map_err(failed)?;
    let url = format!("{}://{}", if tls.is_some() { "https" } else { "http" }, server.address());
    if let Some(tls) = tls {
        server = session.engine.block_on(server.tls(tls))?.map_err(failed)?;
    }
    if let Some(task) = task {
        server = server.task(task);
    }
    let server = server
        .on_failure(|words| drop(writeln!(io::stderr(), "{}", output::line(words))))
        .on_ready(stop_on_signals);
    if session.json {
        output::json(&json!({ "url": url }))?;
    } else {
        output::text(&format!("{url}\n"))?;
        writeln!(io::stderr(), "[{url}/openapi.json describes the paths; end with Ctrl-C]")?;
    }
    io::stdout().flush()?;
    let stopped = session.engine.block_on(server.serve())?.map_err(failed)?;
    for run in stopped {
        let run = output::short(&run);
        writeln!(
            io::stderr(),
            "run {run} was stopped; continue it with hyperspace resume {run}{}",
            session.store_flag()
        )?;
    }
    Ok(OK)
}

fn tokens(path: &Path) -> Result<Tokens, CliError> {
    let text = read_text(path)?;
    Tokens::parse(&text).map_err(|error| CliError::Usage(format!("{}: {error}", path.display())))
}

fn failed(error: HttpServerError) -> CliError {
    match error {
        error @ (HttpServerError::Open(_) | HttpServerError::Listen { .. } | HttpServerError::Tls(_)) => {
            CliError::Usage(error.to_string())
        }
        error => CliError::Ambient(error.to_string()),
    }
}

/// Stops the server at the first signal, and the process at the second.
fn stop_on_signals(server: StopHandle) {
    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM]) else { return };
    thread::spawn(move || {
        for (number, signal) in signals.forever().enumerate() {
            if number > 0 {
                std::process::exit(SIGNAL + signal);
            }
            server.stop();
        }
    });
}
