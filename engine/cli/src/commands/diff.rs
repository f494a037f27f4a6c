//! `diff`.

use super::Code;
use crate::exit::OK;
use crate::session::CliSession;
use crate::{ambient, args, output};

/// Shows how the files of two candidates differ, as unified diffs.
pub(crate) fn run(session: &CliSession, args: &args::Diff) -> Code {
    let view = session.engine.diff(&args.before, &args.after)?;
    if session.json {
        output::json(&view)?;
        return Ok(OK);
    }
    let text: String = view.files.iter().map(|file| file.diff.as_str()).collect();
    if text.is_empty() {
        output::text("no difference")?;
    } else if ambient::stdout_is_terminal() {
        output::painted(&ambient::stdout_palette().diff(&output::harmless(&text)))?;
    } else {
        // A file or another program gets the unchanged diff, so that it can be applied.
        output::guest(std::io::stdout().lock(), text.as_bytes(), false)?;
    }
    Ok(OK)
}
