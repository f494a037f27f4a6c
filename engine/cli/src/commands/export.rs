//! `export`.

use anyhow::Result;
use hyperspace_core::RelPath;
use hyperspace_interop::original;
use hyperspace_store::Store;
use serde_json::json;

use super::{Session, target};
use crate::args::{self, ExportLayout};
use crate::exit::OK;
use crate::folder::NewFolder;
use crate::{folder, output};

/// Writes the files of a candidate, or the outcome of a run, into a new folder.
pub(crate) fn run(session: &Session, args: args::Export) -> Result<u8> {
    let store = session.reader()?;
    if args.layout == ExportLayout::Original {
        return original(session, &store, &args);
    }
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

fn original(session: &Session, store: &Store, args: &args::Export) -> Result<u8> {
    let run = target::any_run(store, Some(&args.hash))?;
    let mut folder = NewFolder::begin(&args.to)?;
    let mut put = |path: &RelPath, content: &[u8]| folder.put(path, content);
    let written = original::export(store, &run, &mut put)?;
    folder.finish()?;
    if session.common.json {
        output::json(&json!({
            "run": written.run,
            "agents": written.agents,
            "generations": written.generations,
            "files": written.files,
            "bytes": written.bytes,
            "to": args.to,
        }))?;
    } else {
        output::text(&format!(
            "{}: {} generations of {} agents in {} files; predictions.csv has the right answers of every split",
            args.to.display(),
            written.generations,
            written.agents,
            written.files
        ))?;
    }
    Ok(OK)
}
