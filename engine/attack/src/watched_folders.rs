//! Folders of the user in which nothing may appear or change while attacks run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::finding::Complaint;

/// Maximum number of entries of a folder that are examined.
const ENTRIES_MAX: usize = 20_000;

/// A watched folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WatchedFolder {
    /// The names in it, for a folder that other programs use as well, such as a home.
    Names(PathBuf),
    /// Everything below it, with size and modification time, for a folder such as a store.
    Whole(PathBuf),
}

/// Size and modification time of an entry; `None` in a folder of which only names are watched.
type Entry = Option<(u64, Option<SystemTime>)>;

/// The content of watched folders at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct FolderContents(BTreeMap<PathBuf, Entry>);

impl FolderContents {
    /// Returns the present content of these folders.
    pub(crate) fn of(folders: &[WatchedFolder]) -> Self {
        let mut found = BTreeMap::new();
        for folder in folders {
            match folder {
                WatchedFolder::Names(path) => names(path, &mut found),
                WatchedFolder::Whole(path) => whole(path, &mut found),
            }
        }
        Self(found)
    }

    /// Returns the differences in a later content. Different names in a folder that other programs use may be their doing.
    pub(crate) fn differences(&self, later: &Self) -> Vec<Complaint> {
        let new = later.0.iter().filter_map(|(path, entry)| match self.0.get(path) {
            None => Some((path, entry, "made")),
            Some(before) if before != entry => Some((path, entry, "changed")),
            Some(_) => None,
        });
        let gone = self.0.iter().filter(|(path, _)| !later.0.contains_key(*path));
        let differences = new.chain(gone.map(|(path, entry)| (path, entry, "removed")));
        let complaint = |(path, entry, act): (&PathBuf, &Entry, &str)| {
            let text = format!("{} was {act}", path.display());
            if entry.is_none() { Complaint::ambiguous(text) } else { Complaint::certain(text) }
        };
        differences.map(complaint).collect()
    }
}

fn names(folder: &Path, found: &mut BTreeMap<PathBuf, Entry>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    found.extend(entries.filter_map(Result::ok).take(ENTRIES_MAX).map(|entry| (entry.path(), None)));
}

fn whole(folder: &Path, found: &mut BTreeMap<PathBuf, Entry>) {
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(folder) = waiting.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.filter_map(Result::ok) {
            if found.len() >= ENTRIES_MAX {
                return;
            }
            let Ok(metadata) = entry.path().symlink_metadata() else { continue };
            if metadata.is_dir() {
                waiting.push(entry.path());
            }
            // The time of a folder changes with its names, which are watched anyway.
            let changed = metadata.modified().ok().filter(|_| !metadata.is_dir());
            found.insert(entry.path(), Some((if metadata.is_dir() { 0 } else { metadata.len() }, changed)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_changed_or_removed_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("in")).unwrap();
        fs::write(at("in/kept"), "1").unwrap();
        fs::write(at("in/gone"), "1").unwrap();
        let whole = [WatchedFolder::Whole(folder.path().to_path_buf())];
        let names = [WatchedFolder::Names(folder.path().to_path_buf())];
        let (before, named) = (FolderContents::of(&whole), FolderContents::of(&names));
        assert!(before.differences(&FolderContents::of(&whole)).is_empty());
        fs::write(at("in/kept"), "22").unwrap();
        fs::remove_file(at("in/gone")).unwrap();
        fs::write(at("in/new"), "1").unwrap();
        let differences = before.differences(&FolderContents::of(&whole));
        assert!(
            !differences.iter().any(Complaint::is_ambiguous),
            "only the engine writes there: {differences:?}"
        );
        let differences = differences.iter().map(Complaint::to_string).collect::<Vec<_>>().join("; ");
        for words in ["kept was changed", "gone was removed", "new was made"] {
            assert!(differences.contains(words), "{differences}");
        }
        assert!(named.differences(&FolderContents::of(&names)).is_empty());
        fs::write(at("beside"), "1").unwrap();
        let differences = named.differences(&FolderContents::of(&names));
        assert_eq!(differences.iter().map(Complaint::is_ambiguous).collect::<Vec<_>>(), [true]);
    }
}
