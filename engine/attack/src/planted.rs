//! What is planted on the host before the attacks: a folder with secrets, links out of it, and modules that would run if a
//! guest imported them. No byte of it may ever be seen by a guest, and nothing in it may change.

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

/// Name, size, time of the last change, and content or target of everything in a folder.
type Inventory = BTreeMap<PathBuf, (u64, Option<SystemTime>, Vec<u8>)>;

/// The folder. It is removed with this value.
#[derive(Debug)]
pub(crate) struct Planted {
    folder: PathBuf,
    secret: String,
    before: Inventory,
}

impl Planted {
    /// Plants everything in a new folder below `parent`.
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
        let mut planted = Self { folder, secret, before: Inventory::new() };
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

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Text that no guest may ever see.
    pub(crate) fn secret(&self) -> &str {
        &self.secret
    }

    /// Whether everything is as it was planted.
    pub(crate) fn is_untouched(&self) -> io::Result<bool> {
        Ok(inventory(&self.folder)? == self.before)
    }

    /// Swaps a folder for a link to another one and back, as a host does that is busy while a guest runs. It ends as it began.
    pub(crate) fn swap(folder: &Path) -> io::Result<()> {
        let (link, target) = (folder.join("to-vault"), fs::read_link(folder.join("to-vault"))?);
        fs::remove_file(&link)?;
        let other = if target == Path::new("vault") { "other" } else { "vault" };
        symlink(other, link)
    }
}

impl Drop for Planted {
    fn drop(&mut self) {
        // What cannot be removed is a folder of a few small files in a place for temporary ones.
        drop(fs::remove_dir_all(&self.folder));
    }
}

fn inventory(folder: &Path) -> io::Result<Inventory> {
    let mut found = Inventory::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            let metadata = fs::symlink_metadata(&path)?;
            if metadata.is_symlink() {
                // Its own time changes when the host swaps it; where it leads is what counts.
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
    use crate::host::tests::OPENING;

    #[test]
    fn every_change_is_noticed_and_nothing_is_left() {
        let _alone = OPENING.lock().unwrap_or_else(PoisonError::into_inner);
        let parent = tempfile::tempdir().unwrap();
        let planted = Planted::below(parent.path()).unwrap();
        let folder = planted.folder().to_path_buf();
        assert!(planted.is_untouched().unwrap());
        assert!(fs::read_to_string(folder.join("to-vault/secret.txt")).unwrap().contains(planted.secret()));
        Planted::swap(&folder).unwrap();
        assert!(!planted.is_untouched().unwrap());
        Planted::swap(&folder).unwrap();
        assert!(planted.is_untouched().unwrap());
        fs::write(folder.join("new"), "").unwrap();
        assert!(!planted.is_untouched().unwrap());
        drop(planted);
        assert!(!folder.exists());
    }
}
