//! `export`.

use super::Code;
use crate::args::{self, ExportLayout};
use crate::exit::OK;
use crate::output;
use crate::session::CliSession;

/// Writes the files of a candidate, or the outcome of a run, into a new folder.
pub(crate) fn run(session: &CliSession, args: &args::Export) -> Code {
    match args.layout {
        ExportLayout::Files => files(session, args),
        ExportLayout::Original => original(session, args),
    }
}

fn files(session: &CliSession, args: &args::Export) -> Code {
    let view = session.engine.export(&args.hash, &args.to)?;
    if session.json {
        output::json(&view)?;
    } else {
        output::text(&format!("{}: {} files of {}", view.to.display(), view.files, view.candidate))?;
    }
    Ok(OK)
}

fn original(session: &CliSession, args: &args::Export) -> Code {
    let view = session.engine.export_outcome(&args.hash, &args.to)?;
    if session.json {
        output::json(&view)?;
    } else {
        output::text(&format!(
            "{}: {} generations of {} agents in {} files; predictions.csv has the right answers of every split",
            view.to.display(),
            view.generations,
            view.agents,
            view.files
        ))?;
    }
    Ok(OK)
}
