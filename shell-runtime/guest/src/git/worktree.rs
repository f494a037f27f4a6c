//! The files of a tree, and how they differ from what was added and committed.

use std::collections::{BTreeMap, BTreeSet};

use globset::GlobMatcher;

use super::GitError;
use super::repository::{Repository, Tree, blob_id};
use crate::files;

/// Patterns of `.gitignore` at the root of a tree.
struct Ignored(Vec<(GlobMatcher, bool)>);

impl Ignored {
    fn of(root: &str) -> Self {
        let text = files::read(&format!("{root}/.gitignore")).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        let mut patterns = Vec::new();
        for line in text.lines().map(str::trim_end).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (line, wanted) = line.strip_prefix('!').map_or((line, true), |line| (line, false));
            let line = line.trim_end_matches('/');
            let glob = match line.strip_prefix('/') {
                Some(anchored) => anchored.to_owned(),
                None if line.contains('/') => line.to_owned(),
                None => format!("**/{line}"),
            };
            let glob = globset::GlobBuilder::new(&glob).literal_separator(true).build();
            patterns.extend(glob.ok().map(|glob| (glob.compile_matcher(), wanted)));
        }
        Self(patterns)
    }

    /// Returns whether a path is left out; the last pattern that matches decides.
    fn contains(&self, path: &str) -> bool {
        self.0.iter().rev().find(|(glob, _)| glob.is_match(path)).is_some_and(|(_, wanted)| *wanted)
    }
}

/// Returns the paths of a tree's files, and the folder of each that has untracked files only is found by the caller. Folders of
/// mounts that nobody may change are no part of the tree.
pub(super) fn paths(repository: &Repository) -> Result<Vec<String>, GitError> {
    let ignored = Ignored::of(&repository.root);
    let (mut open, mut found) = (vec![String::new()], Vec::new());
    while let Some(folder) = open.pop() {
        for entry in files::list(&format!("{}/{folder}", repository.root))? {
            let path = format!("{folder}{}", entry.name);
            if ignored.contains(&path) && !repository.index().contains_key(&path) {
                continue;
            }
            if !entry.is_folder {
                found.push(path);
            } else if entry.name != ".git" && files::info(&format!("{}/{path}", repository.root))?.writable {
                open.push(format!("{path}/"));
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Reads a file of the tree.
pub(super) fn content(repository: &Repository, path: &str) -> Result<Vec<u8>, GitError> {
    Ok(files::read(&format!("{}/{path}", repository.root))?)
}

/// Returns all files of a tree with the names of their blobs.
pub(super) fn tree(repository: &Repository) -> Result<Tree, GitError> {
    let named = paths(repository)?.into_iter().map(|path| {
        let id = blob_id(&content(repository, &path)?);
        Ok((path, id))
    });
    named.collect()
}

/// The kind of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Added,
    Modified,
    Deleted,
}

impl Change {
    /// The letter of short formats.
    pub(super) fn letter(self) -> char {
        match self {
            Self::Added => 'A',
            Self::Modified => 'M',
            Self::Deleted => 'D',
        }
    }

    /// The words of the long format.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Added => "new file:   ",
            Self::Modified => "modified:   ",
            Self::Deleted => "deleted:    ",
        }
    }
}

/// Returns the paths in which two trees differ.
pub(super) fn changes(from: &Tree, to: &Tree) -> BTreeMap<String, Change> {
    let paths: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    let change = |path: &String| match (from.get(path), to.get(path)) {
        (None, Some(_)) => Some(Change::Added),
        (Some(_), None) => Some(Change::Deleted),
        (before, after) => (before != after).then_some(Change::Modified),
    };
    paths.into_iter().filter_map(|path| Some((path.clone(), change(path)?))).collect()
}

/// The state of a tree.
pub(super) struct Status {
    /// Differences of the index from the current commit.
    pub(super) staged: BTreeMap<String, Change>,
    /// Differences of the files from the index, without new ones.
    pub(super) unstaged: BTreeMap<String, Change>,
    /// Files that were not added, and folders (with a slash) of nothing else.
    pub(super) untracked: BTreeSet<String>,
}

impl Status {
    pub(super) fn of(repository: &Repository) -> Result<Self, GitError> {
        let (index, now) = (repository.index(), tree(repository)?);
        let tracked: Tree =
            now.iter().filter(|(path, _)| index.contains_key(*path)).map(|(p, id)| (p.clone(), id.clone())).collect();
        let untracked = now.keys().filter(|path| !index.contains_key(*path)).map(|path| {
            let folders = path.match_indices('/').map(|(at, _)| &path[..=at]);
            let mut alone = folders.filter(|folder| !index.keys().any(|path| path.starts_with(folder)));
            alone.next().unwrap_or(path).to_owned()
        });
        Ok(Self {
            staged: changes(&repository.head_tree(), index),
            unstaged: changes(index, &tracked),
            untracked: untracked.collect(),
        })
    }
}
