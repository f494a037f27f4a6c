//! The folder planted on the host before the attacks: secrets, links out of it, and modules that would run if a guest imported
//! them. No guest may see a byte of it, and nothing in it may change.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Files with the secret in them, as text and as code.
const FILES: [&str; 7] = [
    "secret.txt",
    "vault/secret.txt",
    "other/secret.txt",
    "planted_module.py",
    "json.py",
    "sitecustomize.py",
    "evil.pth",
];

/// Name, size, modification time, and content or target of everything in a folder.
type FolderInventory = BTreeMap<PathBuf, (u64, Option<SystemTime>, Vec<u8>)>;

/// A folder of planted files, removed on drop.
#[derive(Debug)]
pub(crate) struct PlantedFolder {
    folder: PathBuf,
    secret: String,
    before: FolderInventory,
}

impl PlantedFolder {
    /// Writes a new folder below `parent`.
    pub(crate) fn below(parent: &Path) -> io::Result<Self> {
        let process = std::process::id();
        let folder = (0..1_000)
            .map(|number| parent.join(format!("hyperspace-attack-{process}-{number}")))
            .find_map(|folder| match fs::create_dir(&folder) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => None,
                made => Some(made.map(|()| folder)),
            })
            .ok_or_else(|| io::Error::other("there is no name left for a folder"))??;
        let secret = format!("SECRET-OF-THE-HOST-{process}");
        let mut planted = Self { folder, secret, before: FolderInventory::new() };
        planted.fill()?;
        planted.before = inventory(&planted.folder)?;
        Ok(planted)
    }

    fn fill(&self) -> io::Result<()> {
        fs::create_dir(self.folder.join("vault"))?;
        fs::create_dir(self.folder.join("other"))?;
        for name in FILES {
            fs::write(self.folder.join(name), format!("import sys; print('{}')\n", self.secret))?;
        }
        symlink(self.folder.join("secret.txt"), self.folder.join("to-secret"))?;
        symlink("vault", self.folder.join("to-vault"))?;
        symlink("/", self.folder.join("to-root"))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.folder
    }

    /// Returns the text that no guest may see.
    pub(crate) fn secret(&self) -> &str {
        &self.secret
    }

    /// Returns whether nothing has changed.
    pub(crate) fn is_untouched(&self) -> io::Result<bool> {
        Ok(inventory(&self.folder)? == self.before)
    }

    /// Points a link at another folder, or back, as may happen on a busy host while a guest runs. Two calls restore it.
    pub(crate) fn swap(folder: &Path) -> io::Result<()> {
        let (link, target) = (folder.join("to-vault"), fs::read_link(folder.join("to-vault"))?);
        fs::remove_file(&link)?;
        let other = if target == Path::new("vault") { "other" } else { "vault" };
        symlink(other, link)
    }
}

impl Drop for PlantedFolder {
    fn drop(&mut self) {
        // At worst, a few small files remain in the folder for temporary ones.
        drop(fs::remove_dir_all(&self.folder));
    }
}

fn inventory(folder: &Path) -> io::Result<FolderInventory> {
    let mut found = FolderInventory::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            let metadata = fs::symlink_metadata(&path)?;
            if metadata.is_symlink() {
                // Swapping changes the time of a link, so only its target is compared.
                let target = fs::read_link(&path)?.into_os_string().into_encoded_bytes();
                found.insert(path, (0, None, target));
                continue;
            }
            let content = if metadata.is_dir() {
                open.push(path.clone());
                Vec::new()
            } else {
                fs::read(&path)?
            };
            found.insert(path, (metadata.len(), metadata.modified().ok(), content));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::sync::PoisonError;

    use super::*;
    use crate::process_state::tests::OPENING;

    #[test]
    fn every_change_is_noticed_and_nothing_is_left() {
        let _alone = OPENING.lock().unwrap_or_else(PoisonError::into_inner);
        let parent = tempfile::tempdir().unwrap();
        let planted = PlantedFolder::below(parent.path()).unwrap();
        let folder = planted.path().to_path_buf();
        assert!(planted.is_untouched().unwrap());
        assert!(fs::read_to_string(folder.join("to-vault/secret.txt")).unwrap().contains(planted.secret()));
        PlantedFolder::swap(&folder).unwrap();
        assert!(!planted.is_untouched().unwrap());
        PlantedFolder::swap(&folder).unwrap();
        assert!(planted.is_untouched().unwrap());
        fs::write(folder.join("new"), "").unwrap();
        assert!(!planted.is_untouched().unwrap());
        drop(planted);
        assert!(!folder.exists());
    }
}
