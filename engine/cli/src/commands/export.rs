//! `export`.

use anyhow::Result;
use serde_json::json;

use super::{Session, target};
use crate::args;
use crate::exit::OK;
use crate::{folder, output};

/// Writes the files of a candidate into a new folder.
pub(crate) fn run(session: &Session, args: args::Export) -> Result<u8> {
    let store = session.reader()?;
    let candidate = target::candidate(&store, &args.hash)?;
    let files = store.get_files(&candidate.tree)?;
    folder::write(&args.to, &files)?;
    if session.common.json {
        output::json(&json!({
            "generation": candidate.generation,
            "candidate": candidate.place,
            "tree": candidate.tree,
            "files": files.len(),
            "to": args.to,
        }))?;
    } else {
        output::text(&format!("{}: {} files of {}", args.to.display(), files.len(), candidate.place))?;
    }
    Ok(OK)
}
