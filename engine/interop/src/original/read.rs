//! Reads the folder of a run: ours, or the original's with all its defects.
//!
//! Reading is a pure function of the files. Missing, truncated or contradictory files are [`Defect`](crate::Defect)s, and the
//! rest is used. Nothing is repaired, and no number is made up.

use std::collections::BTreeSet;

use hyperspace_core::FileSet;

use super::check;
use super::folder::{AgentFolder, RunFolder};
use super::folder_reader::{FolderReader, generation_number};
use crate::error::InteropError;

/// Reads the folder of a run.
///
/// # Errors
///
/// [`InteropError::NoRun`] when there is no folder `gen_N` in the place where a run has one, or when there are several runs.
pub fn read(files: FileSet) -> Result<RunFolder, InteropError> {
    let folders = agent_folders(&files)?;
    let mut reader = FolderReader::new(&files);
    reader.pointers();
    let own = folders.iter().map(String::as_str);
    for folder in std::iter::once("").chain(own.filter(|folder| !folder.is_empty())) {
        reader.measurements(folder);
    }
    let agents: Vec<AgentFolder> = folders.into_iter().map(|folder| reader.agent(folder)).collect();
    reader.unknown(&agents);
    let mut defects = reader.defects();
    defects.extend(agents.iter().flat_map(check::agent));
    defects.sort();
    Ok(RunFolder { files, agents, defects })
}

/// Returns the folders that hold generations: the given one, or folders in it.
fn agent_folders(files: &FileSet) -> Result<Vec<String>, InteropError> {
    let mut folders = BTreeSet::new();
    for (path, _) in files.iter() {
        let parts: Vec<&str> = path.as_str().split('/').collect();
        let at = parts[..parts.len() - 1].iter().position(|part| generation_number(part).is_some());
        // Deeper folders belong to the repository of a generation, or to another layout.
        if let Some(at) = at {
            folders.insert(parts[..at].iter().map(|part| format!("{part}/")).collect::<String>());
        }
    }
    let expected =
        "expected the folder of a run: with folders gen_0, gen_1, …, or with one such folder per agent";
    if folders.contains("") {
        return Ok(vec![String::new()]);
    }
    let parents: BTreeSet<&str> = folders
        .iter()
        .map(|folder| folder.trim_end_matches('/').rsplit_once('/').map_or("", |(up, _)| up))
        .collect();
    match parents.into_iter().collect::<Vec<_>>()[..] {
        [] => Err(InteropError::NoRun(format!("no generation was found; {expected}"))),
        [""] => Ok(folders.into_iter().collect()),
        [one] => Err(InteropError::NoRun(format!("the run lies deeper, in {one}; {expected}"))),
        ref several => {
            let names = several.iter().take(8).copied().collect::<Vec<_>>().join(", ");
            let count = several.len();
            Err(InteropError::NoRun(format!("there are {count} runs, name one of them: {names}; {expected}")))
        }
    }
}
