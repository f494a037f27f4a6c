//! `mcp`.

use hyperspace_server::mcp::{ServeError, serve_stdio};

use super::Code;
use crate::error::CliError;
use crate::exit::OK;
use crate::session::CliSession;

/// Serves one client of the Model Context Protocol on standard input and output, until it closes them.
pub(crate) fn run(session: &CliSession) -> Code {
    let served = session.engine.block_on(serve_stdio(session.engine.clone()))?;
    served.map_err(|error: ServeError| CliError::Ambient(error.to_string()))?;
    Ok(OK)
}
