//! A repository: what has been added and committed, in one file beside the tree.
//!
//! Names of objects are those of git: SHA-1 of blobs, trees and commits in its format. The file is not git's: it is a JSON text
//! below `/tmp`, because an edit scope has no room for a folder `.git`, and what is in the tree would become part of an agent.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};

use super::GitError;
use crate::files;

/// The folder of all repositories; scratch, which ends with the agent's run.
const STORE: &str = "/tmp/.git-data";
/// The branch of a new repository.
const BRANCH: &str = "master";

/// Paths below the tree's folder with the names of their blobs.
pub(super) type Tree = BTreeMap<String, String>;

/// One commit.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Commit {
    pub(super) tree: Tree,
    pub(super) parent: Option<String>,
    /// Name and address.
    pub(super) author: String,
    /// Seconds since the Unix epoch.
    pub(super) time: u64,
    /// Ends with a line break.
    pub(super) message: String,
}

/// Everything that is stored.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    branch: String,
    branches: BTreeMap<String, String>,
    index: Tree,
    blobs: BTreeMap<String, String>,
    commits: BTreeMap<String, Commit>,
    config: BTreeMap<String, String>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Repository {
    /// The folder of the tree; absolute, without a slash at its end.
    pub(super) root: String,
    stored: Stored,
}

/// Returns the file of the repository of that tree.
fn store_of(root: &str) -> String {
    format!("{STORE}/{}.json", root.trim_matches('/').replace('%', "%25").replace('/', "%2f"))
}

/// Returns the SHA-1 of an object in git's format.
fn object_id(kind: &str, content: &[u8]) -> String {
    let mut hasher = Sha1::new();
    hasher.update(format!("{kind} {}\0", content.len()));
    hasher.update(content);
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the name of a blob.
pub(super) fn blob_id(content: &[u8]) -> String {
    object_id("blob", content)
}

/// Returns the name of the tree object of a folder, whose path ends with a slash unless it is the root.
fn tree_id(tree: &Tree, folder: &str) -> String {
    // Git sorts a folder as if its name ended with a slash.
    let mut entries: BTreeMap<String, (bool, String)> = BTreeMap::new();
    for (path, blob) in tree.iter().filter(|(path, _)| path.starts_with(folder)) {
        match path[folder.len()..].split_once('/') {
            None => drop(entries.insert(path[folder.len()..].to_owned(), (false, blob.clone()))),
            Some((name, _)) if entries.contains_key(&format!("{name}/")) => {}
            Some((name, _)) => {
                let inner = tree_id(tree, &format!("{folder}{name}/"));
                entries.insert(format!("{name}/"), (true, inner));
            }
        }
    }
    let mut content = Vec::new();
    for (name, (is_folder, id)) in entries {
        let mode = if is_folder { "40000" } else { "100644" };
        content.extend_from_slice(format!("{mode} {}\0", name.trim_end_matches('/')).as_bytes());
        let digits = id.as_bytes().chunks(2).filter_map(|pair| std::str::from_utf8(pair).ok());
        content.extend(digits.filter_map(|pair| u8::from_str_radix(pair, 16).ok()));
    }
    object_id("tree", &content)
}

fn commit_id(commit: &Commit) -> String {
    let mut text = format!("tree {}\n", tree_id(&commit.tree, ""));
    if let Some(parent) = &commit.parent {
        text.push_str(&format!("parent {parent}\n"));
    }
    let Commit { author, time, message, .. } = commit;
    text.push_str(&format!("author {author} {time} +0000\ncommitter {author} {time} +0000\n\n{message}"));
    object_id("commit", text.as_bytes())
}

impl Repository {
    /// Makes a repository of that tree, or opens the one that is there. Returns whether it was made.
    pub(super) fn init(root: &str, branch: Option<&str>) -> Result<(Self, bool), GitError> {
        if files::info(&store_of(root)).is_ok() {
            return Ok((Self::load(root)?, false));
        }
        let stored = Stored { branch: branch.unwrap_or(BRANCH).to_owned(), ..Stored::default() };
        let repository = Self { root: root.to_owned(), stored };
        files::create_folders(STORE)?;
        repository.save()?;
        Ok((repository, true))
    }

    /// Opens the repository of the tree that a folder lies in.
    pub(super) fn find(folder: &str) -> Result<Self, GitError> {
        let mut at = folder.trim_end_matches('/');
        loop {
            if files::info(&store_of(at)).is_ok() {
                return Self::load(at);
            }
            match at.rsplit_once('/') {
                Some((above, _)) => at = above,
                None => {
                    let why = "not a git repository (or any of the parent directories): .git";
                    return Err(GitError::fatal(why));
                }
            }
        }
    }

    fn load(root: &str) -> Result<Self, GitError> {
        let stored = serde_json::from_slice(&files::read(&store_of(root))?)
            .map_err(|error| GitError::fatal(&format!("{} is damaged: {error}", store_of(root))))?;
        Ok(Self { root: root.to_owned(), stored })
    }

    /// Writes everything.
    pub(super) fn save(&self) -> Result<(), GitError> {
        let text = serde_json::to_vec(&self.stored).map_err(|error| GitError::fatal(&error.to_string()))?;
        Ok(files::write(&store_of(&self.root), &text)?)
    }

    /// Returns where the repository lies.
    pub(super) fn location(&self) -> String {
        store_of(&self.root)
    }

    pub(super) fn branch(&self) -> &str {
        &self.stored.branch
    }

    /// Returns the branches that have a commit, with it.
    pub(super) fn branches(&self) -> &BTreeMap<String, String> {
        &self.stored.branches
    }

    /// Makes another branch the current one. A new one begins at the commit of the current one.
    pub(super) fn switch(&mut self, branch: &str) {
        if let (Some(head), false) = (self.head().map(str::to_owned), self.stored.branches.contains_key(branch)) {
            self.stored.branches.insert(branch.to_owned(), head);
        }
        self.stored.branch = branch.to_owned();
    }

    /// Makes a branch at the current commit, without switching to it.
    pub(super) fn add_branch(&mut self, branch: &str) -> Result<(), GitError> {
        let head = self.head().map(str::to_owned);
        let head = head.ok_or_else(|| GitError::fatal(&format!("not a valid object name: '{}'", self.branch())))?;
        self.stored.branches.insert(branch.to_owned(), head);
        Ok(())
    }

    pub(super) fn remove_branch(&mut self, branch: &str) -> bool {
        self.stored.branches.remove(branch).is_some()
    }

    /// Returns the name of the current commit.
    pub(super) fn head(&self) -> Option<&str> {
        self.stored.branches.get(&self.stored.branch).map(String::as_str)
    }

    /// Moves the current branch.
    pub(super) fn set_head(&mut self, id: &str) {
        self.stored.branches.insert(self.stored.branch.clone(), id.to_owned());
    }

    pub(super) fn commit(&self, id: &str) -> Result<&Commit, GitError> {
        self.stored.commits.get(id).ok_or_else(|| GitError::fatal(&format!("bad object {id}")))
    }

    /// Returns the tree of the current commit; empty before the first.
    pub(super) fn head_tree(&self) -> Tree {
        let commit = self.head().and_then(|id| self.stored.commits.get(id));
        commit.map(|commit| commit.tree.clone()).unwrap_or_default()
    }

    pub(super) fn index(&self) -> &Tree {
        &self.stored.index
    }

    pub(super) fn index_mut(&mut self) -> &mut Tree {
        &mut self.stored.index
    }

    pub(super) fn config(&mut self) -> &mut BTreeMap<String, String> {
        &mut self.stored.config
    }

    /// Keeps a blob, and returns its name.
    pub(super) fn keep(&mut self, content: &[u8]) -> String {
        let id = blob_id(content);
        self.stored.blobs.entry(id.clone()).or_insert_with(|| STANDARD.encode(content));
        id
    }

    /// Returns the content of a blob.
    pub(super) fn blob(&self, id: &str) -> Result<Vec<u8>, GitError> {
        let text = self.stored.blobs.get(id);
        let content = text.and_then(|text| STANDARD.decode(text).ok());
        content.ok_or_else(|| GitError::fatal(&format!("unable to read {id}")))
    }

    /// Adds a commit of what is in the index, on the current branch.
    pub(super) fn add_commit(&mut self, parent: Option<String>, message: &str, time: u64) -> String {
        let of = |name: &str, other: &str| {
            self.stored.config.get(name).cloned().unwrap_or_else(|| other.to_owned())
        };
        let author = format!("{} <{}>", of("user.name", "agent"), of("user.email", "agent@hyperspace"));
        let tree = self.stored.index.clone();
        let commit = Commit { tree, parent, author, time, message: message.to_owned() };
        let id = commit_id(&commit);
        self.stored.commits.insert(id.clone(), commit);
        self.set_head(&id);
        id
    }

    /// Returns the commit that a text names: `HEAD`, a branch, the beginning of a name, with `^` and `~N` after it.
    pub(super) fn resolve(&self, text: &str) -> Result<String, GitError> {
        let unknown = || {
            GitError::fatal(&format!(
                "ambiguous argument '{text}': unknown revision or path not in the working tree."
            ))
        };
        let end = text.find(['^', '~']).unwrap_or(text.len());
        let (name, mut steps) = text.split_at(end);
        let mut id = match name {
            "HEAD" | "@" => self.head().ok_or_else(unknown)?.to_owned(),
            name => match self.stored.branches.get(name) {
                Some(id) => id.clone(),
                None if name.len() >= 4 => {
                    let found = self.stored.commits.keys().find(|id| id.starts_with(name));
                    found.ok_or_else(unknown)?.clone()
                }
                None => return Err(unknown()),
            },
        };
        while let Some(step) = steps.chars().next() {
            let digits = steps[1..].chars().take_while(char::is_ascii_digit).count();
            let count = if digits == 0 { 1 } else { steps[1..=digits].parse().map_err(|_| unknown())? };
            steps = &steps[1 + digits..];
            if step == '^' && count > 1 {
                return Err(unknown());
            }
            for _ in 0..count {
                id = self.commit(&id)?.parent.clone().ok_or_else(unknown)?;
            }
        }
        Ok(id)
    }
}
