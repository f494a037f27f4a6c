//! `import`.

use std::path::Path;

use anyhow::Result;
use hyperspace_core::{FileSet, RelPath};
use hyperspace_interop::Defect;
use hyperspace_interop::original::{self, AgentFolder, ImportSummary, RunFolder};
use hyperspace_store::Store;
use serde_json::{Value, json};

use super::Session;
use crate::args;
use crate::exit::OK;
use crate::{folder, output};

/// Takes a folder of outcome files into the store, and tells everything that is wrong with it.
pub(crate) fn run(session: &Session, args: args::Import) -> Result<u8> {
    let (files, mut defects) = read(&args.dir)?;
    let directory = original::read(files)?;
    let holder = format!("hyperspace import, process {}", std::process::id());
    let store = Store::open_or_create(&session.store_dir(), &holder)?;
    let imported = original::import(&store, &directory)?;
    defects.extend(directory.defects.iter().cloned());
    defects.sort();
    if session.common.json {
        output::json(&json!({
            "run": imported.run,
            "known": imported.known,
            "files": directory.files.len(),
            "agents": directory.agents.iter().map(counts).collect::<Vec<_>>(),
            "problems": defects,
        }))?;
    } else {
        output::text(&text(&args.dir, &directory, imported, &defects))?;
    }
    Ok(OK)
}

/// The files of the folder, and what cannot be a file of a tree.
fn read(path: &Path) -> Result<(FileSet, Vec<Defect>)> {
    let found = folder::read_most(path, folder::OUTCOME)?;
    let mut defects = Vec::new();
    let mut note = |file: String, what: String| defects.push(Defect { file, place: None, what });
    for skipped in found.skipped {
        note(skipped, "a folder of this name is not taken over".to_owned());
    }
    let mut files = FileSet::new();
    for (name, content) in found.files {
        match RelPath::new(&name) {
            Err(error) => note(name, format!("{error}; it is not taken over")),
            Ok(place) => {
                if let Err(error) = files.insert(place, content) {
                    note(name, format!("{error}; it is not taken over"));
                }
            }
        }
    }
    Ok((files, defects))
}

/// What there is of an agent.
fn counts(agent: &AgentFolder) -> Value {
    let of = |valid| agent.generations.iter().filter(|one| one.metadata.valid == valid).count();
    json!({
        "name": agent.name,
        "folder": agent.folder,
        "generations": agent.generations.len(),
        "valid": of(Some(true)),
        "invalid": of(Some(false)),
        "unknown": of(None),
        "evaluations": agent.generations.iter().map(|one| one.evaluations.len()).sum::<usize>(),
        "calls": agent.generations.iter().map(|one| one.calls).sum::<u64>(),
    })
}

fn text(path: &Path, directory: &RunFolder, imported: ImportSummary, defects: &[Defect]) -> String {
    let verb = if imported.known { "is in the store already" } else { "is in the store now" };
    let mut text = format!(
        "{} {verb}, with all {} files\nrun  {}\n",
        path.display(),
        directory.files.len(),
        imported.run
    );
    for agent in &directory.agents {
        let counts = counts(agent);
        text.push_str(&format!(
            "{}  {} generations: {} valid, {} invalid, {} not known; {} evaluations, {} calls of models\n",
            agent.name.as_deref().unwrap_or("agent"),
            counts["generations"],
            counts["valid"],
            counts["invalid"],
            counts["unknown"],
            counts["evaluations"],
            counts["calls"],
        ));
    }
    match defects {
        [] => text.push_str("nothing is wrong with it\n"),
        _ => text.push_str(&format!("{} problems:\n", defects.len())),
    }
    for defect in defects {
        text.push_str(&format!("  {defect}\n"));
    }
    text
}
