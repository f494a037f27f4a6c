//! Searches a folder with many runs of the original experiments for these runs.

use std::path::Path;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use hyperspace_core::PATH_DEPTH_MAX;
use hyperspace_interop::original::{AgentPlace, generation_number};

use super::read::{SKIPPED, no_folder, read_settings};
use crate::error::ServiceError;

/// Maximum number of folders that are searched.
const FOLDERS_MAX: usize = 100_000;

/// Returns the folders below `path` that hold generations, in order. They are not searched themselves, and links are not
/// followed.
pub(crate) fn agent_places(path: &Path) -> Result<Vec<AgentPlace>, ServiceError> {
    if !path.is_dir() {
        return Err(no_folder(path));
    }
    let io = |source| ServiceError::io(path, source);
    let root = Dir::open_ambient_dir(path, ambient_authority()).map_err(io)?;
    let (mut found, mut waiting, mut seen) = (Vec::new(), vec![String::new()], 0);
    while let Some(folder) = waiting.pop() {
        seen += 1;
        if seen > FOLDERS_MAX {
            let problem = format!("more than {FOLDERS_MAX} folders; name a part of it");
            return Err(ServiceError::file(path, problem));
        }
        let opened = if folder.is_empty() { root.try_clone() } else { root.open_dir(&folder) };
        let entries = opened.and_then(|folder| folder.entries());
        let (mut generations, mut below) = (false, Vec::new());
        for entry in entries.map_err(|source| ServiceError::io(path.join(&folder), source))? {
            let entry = entry.map_err(io)?;
            // A name that is not UTF-8 is found again, and reported, when its run is read.
            let Ok(name) = entry.file_name().into_string() else { continue };
            if !entry.file_type().map_err(io)?.is_dir() || SKIPPED.contains(&name.as_str()) {
                continue;
            }
            generations |= generation_number(&name).is_some();
            below.push(if folder.is_empty() { name } else { format!("{folder}/{name}") });
        }
        if generations {
            let config = read_settings(&path.join(&folder).join("run_config.json")).ok();
            let config = config.and_then(|text| serde_json::from_str(&text).ok());
            found.push(AgentPlace { folder, config });
        } else {
            waiting.extend(below.into_iter().filter(|folder| folder.split('/').count() < PATH_DEPTH_MAX));
        }
    }
    found.sort_by(|one, other| one.folder.cmp(&other.folder));
    Ok(found)
}
