//! `completions` and `man`.

use std::io;
use std::path::Path;

use hyperspace_service::ServiceError;

use super::Code;
use crate::args;
use crate::exit::OK;

/// Prints a completion script, which has no form in JSON.
pub(crate) fn completions(shell: clap_complete::Shell, json: bool) -> Code {
    if json {
        let message = "completions prints a script, and --json is for documents".to_owned();
        return Err(ServiceError::Request { message, hint: Some("leave --json out".to_owned()) }.into());
    }
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut args::command(), "hyperspace", &mut script);
    io::Write::write_all(&mut io::stdout().lock(), &script)?;
    Ok(OK)
}

/// Writes the manual pages.
pub(crate) fn man(folder: &Path) -> Code {
    let written =
        std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(args::command(), folder));
    written.map_err(|source| ServiceError::Io { path: folder.to_path_buf(), source })?;
    Ok(OK)
}
