//! The edits of a meta agent: the changes in a feasible order, and the files to which they are applied.
//!
//! A guest can leave any tree behind: folders that became files, files that became folders, or more than a store or a child can
//! hold if a part is refused. All of these are ordinary ends of a run, so nothing here is an error of the host. An edit that
//! cannot be made is refused with a reason.
//!
//! Attacks that end here: T-ACC-01, T-ACC-02, T-ACC-03, T-ACC-04, T-ACC-05, T-ACC-06, T-ACC-07, T-ACC-08, T-ACC-09, T-ACC-10,
//! T-ACC-11, T-ACC-12, T-ACC-13, T-ACC-14.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use hyperspace_core::{Change, FileSet, RelPath};
use hyperspace_eval::CodeLimits;
use hyperspace_sandbox::{FileChange, Limits};
use hyperspace_store::OBJECT_BYTES_MAX;

use crate::offspring::code_meter::{CodeMeter, MeteredEdit};

/// Returns the files of a run after its changes. Removals come first, so that a name can become a file or a folder.
pub(crate) fn files_after(mut files: FileSet, changes: Vec<FileChange>) -> FileSet {
    for change in changes.iter().filter(|change| change.content.is_none()) {
        files.remove(&change.path);
    }
    for FileChange { path, content, .. } in changes {
        // No file system has a path that is both a file and a folder; if a report has one, the first entry counts.
        drop(content.map(|content| files.insert(path, content)));
    }
    files
}

/// The files of a candidate while edits are applied.
pub(crate) struct EditedFiles {
    files: FileSet,
    bytes: u64,
    /// Number of files below each folder.
    folders: BTreeMap<String, usize>,
    /// Maximum number of files and folders that a child's meta agent can be given.
    nodes_max: u64,
    /// Maximum number of bytes that a child's meta agent can be given.
    bytes_max: u64,
    /// The size of code, in a run that limits it.
    meter: Option<CodeMeter>,
}

/// A change that was made, kept so that it can be taken back if it is refused after all.
pub(crate) struct MadeChange {
    path: RelPath,
    before: Option<Arc<[u8]>>,
    metered: Option<MeteredEdit>,
}

impl EditedFiles {
    /// Starts from the files of the parent, in the room that `limits` give to a meta agent.
    pub(crate) fn new(files: FileSet, limits: &Limits) -> Self {
        let mut folders = BTreeMap::new();
        for (path, _) in files.iter() {
            above(path).for_each(|folder| *folders.entry(folder).or_default() += 1);
        }
        let bytes = files.bytes();
        Self { files, bytes, folders, nodes_max: limits.files, bytes_max: limits.file_bytes, meter: None }
    }

    /// Also limits the size of code.
    pub(crate) fn with_code_limits(mut self, code: &CodeLimits) -> Self {
        self.meter = CodeMeter::new(code, &self.files);
        self
    }

    /// Returns the changes that lead to `end` in an order in which they can be made. They are sorted by path, except that the
    /// content of a folder that becomes a file is removed first. If both sets together do not fit, or the run limits code,
    /// everything that makes room comes first.
    pub(crate) fn changes_to(&self, end: &FileSet) -> Vec<Change> {
        let changes = hyperspace_core::diff(&self.files.tree(), &end.tree());
        if self.meter.is_none() && self.union_fits(end) {
            return folders_first(changes);
        }
        let mut ordered = changes;
        // The sort is stable: removals, then files that shrink, then the rest.
        ordered.sort_by_key(|change| {
            let size = |files: &FileSet| files.get(&change.path).map_or(0, |content| content.len());
            let grows = size(end) > size(&self.files) || change.before.is_none();
            (change.after.is_some(), grows)
        });
        ordered
    }

    /// Returns whether the files of both sets fit at the same time.
    fn union_fits(&self, end: &FileSet) -> bool {
        let mut bytes = self.bytes;
        let mut added: BTreeSet<String> = BTreeSet::new();
        for (path, content) in end.iter() {
            let before = self.files.get(path).map_or(0, |content| content.len());
            bytes += content.len().saturating_sub(before) as u64;
            if self.files.get(path).is_none() {
                added.insert(path.to_string());
                added.extend(above(path).filter(|folder| !self.folders.contains_key(folder)));
            }
        }
        bytes <= self.bytes_max && self.nodes() + added.len() as u64 <= self.nodes_max
    }

    /// Returns the present content of a file.
    pub(crate) fn get(&self, path: &RelPath) -> Option<Arc<[u8]>> {
        self.files.get(path).map(Arc::clone)
    }

    /// Returns the number of files and folders.
    pub(crate) fn nodes(&self) -> u64 {
        (self.files.len() + self.folders.len()) as u64
    }

    /// Makes a change. The error is the reason why it cannot be made, and nothing has changed then.
    pub(crate) fn make(&mut self, path: &RelPath, content: Option<Arc<[u8]>>) -> Result<MadeChange, String> {
        let more = content.as_ref().map_or(0, |content| content.len());
        if more > OBJECT_BYTES_MAX {
            return Err(format!("a file has at most {} MiB", OBJECT_BYTES_MAX >> 20));
        }
        let (was, grows) = ((self.nodes(), self.bytes), content.is_some());
        let metered = self.meter.as_mut().map(|meter| meter.make(path, content.as_deref())).transpose()?;
        let before = match self.put(path, content) {
            Ok(before) => before,
            Err(error) => {
                self.unmeter(metered);
                return Err(error.to_string());
            }
        };
        let made = MadeChange { path: path.clone(), before, metered };
        let problem = if self.nodes() > self.nodes_max.max(was.0) {
            format!("a candidate has at most {} files and folders", self.nodes_max)
        } else if self.bytes > self.bytes_max.max(was.1) {
            format!("the files of a candidate have at most {} bytes together", self.bytes_max)
        } else {
            return Ok(made);
        };
        debug_assert!(grows, "removing makes room");
        self.take_back(made);
        Err(problem)
    }

    /// Takes the last change back.
    pub(crate) fn take_back(&mut self, made: MadeChange) {
        // The former content fits, because it fitted beside the same files before.
        drop(self.put(&made.path, made.before));
        self.unmeter(made.metered);
    }

    fn unmeter(&mut self, edit: Option<MeteredEdit>) {
        if let Some((meter, edit)) = self.meter.as_mut().zip(edit) {
            meter.take_back(edit);
        }
    }

    /// Returns the files.
    pub(crate) fn finish(self) -> FileSet {
        self.files
    }

    fn put(
        &mut self,
        path: &RelPath,
        content: Option<Arc<[u8]>>,
    ) -> Result<Option<Arc<[u8]>>, hyperspace_core::FileConflict> {
        let more = content.as_ref().map(|content| content.len() as u64);
        let before = match content {
            Some(content) => self.files.insert(path.clone(), content)?,
            None => self.files.remove(path),
        };
        self.bytes = self.bytes + more.unwrap_or(0) - before.as_ref().map_or(0, |before| before.len() as u64);
        for folder in above(path) {
            match (more.is_some(), before.is_some()) {
                (true, false) => *self.folders.entry(folder).or_default() += 1,
                (false, true) => {
                    let left = self.folders.get_mut(&folder).map_or(0, |count| {
                        *count -= 1;
                        *count
                    });
                    if left == 0 {
                        self.folders.remove(&folder);
                    }
                }
                _ => {}
            }
        }
        Ok(before)
    }
}

/// Returns the folders above a path.
fn above(path: &RelPath) -> impl Iterator<Item = String> {
    std::iter::successors(path.parent(), RelPath::parent).map(|folder| folder.to_string())
}

/// Moves the removal of a folder's content before the change that turns the folder into a file.
fn folders_first(changes: Vec<Change>) -> Vec<Change> {
    let mut waiting: BTreeMap<RelPath, Change> =
        changes.iter().map(|change| (change.path.clone(), change.clone())).collect();
    let mut ordered = Vec::with_capacity(changes.len());
    for change in &changes {
        if change.after.is_some() {
            // Paths below `path` begin with `path/`, and '0' is the character after '/'.
            let (from, to) = (format!("{}/", change.path), format!("{}0", change.path));
            let below =
                waiting.range::<str, _>((Bound::Included(from.as_str()), Bound::Excluded(to.as_str())));
            let gone = below.filter(|(_, change)| change.after.is_none()).map(|(path, _)| path.clone());
            for path in gone.collect::<Vec<RelPath>>() {
                ordered.extend(waiting.remove(&path));
            }
        }
        ordered.extend(waiting.remove(&change.path));
    }
    ordered
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(names: &[(&str, &str)]) -> FileSet {
        FileSet::from_files(names.iter().copied()).unwrap()
    }

    /// Makes the changes from one set to another; those that `refused` selects are refused after they were made.
    fn edited(before: &FileSet, end: &FileSet, limits: &Limits, refused: &dyn Fn(usize) -> bool) -> FileSet {
        let mut files = EditedFiles::new(before.clone(), limits);
        for (number, change) in files.changes_to(end).into_iter().enumerate() {
            let content = end.get(&change.path).map(Arc::clone);
            if let Ok(made) = files.make(&change.path, content)
                && refused(number)
            {
                files.take_back(made);
            }
        }
        let kept = files.finish();
        let again = EditedFiles::new(kept.clone(), limits);
        assert_eq!(again.bytes, kept.bytes());
        kept
    }

    #[test]
    fn a_folder_becomes_a_file_and_a_file_a_folder() {
        let before = set(&[("lib/d/x.py", "1"), ("lib/d/y/z.py", "2"), ("lib/d-e", "3"), ("f", "4")]);
        let end = set(&[("lib/d", "now a file"), ("lib/d-e", "3"), ("f/g/h.py", "5")]);
        let limits = Limits::default();
        assert_eq!(edited(&before, &end, &limits, &|_| false), end);
        assert_eq!(edited(&end, &before, &limits, &|_| false), before);
        let names: Vec<String> = EditedFiles::new(before, &limits)
            .changes_to(&end)
            .into_iter()
            .map(|change| change.path.to_string())
            .collect();
        assert_eq!(names, ["f", "f/g/h.py", "lib/d/x.py", "lib/d/y/z.py", "lib/d"]);
    }

    #[test]
    fn changes_without_conflicts_stay_in_the_order_of_their_paths() {
        let before = set(&[("a", "1"), ("c", "1"), ("lib/x", "1")]);
        let end = set(&[("b", "1"), ("c", "2"), ("lib/y", "1")]);
        let changes = EditedFiles::new(before.clone(), &Limits::default()).changes_to(&end);
        assert_eq!(changes, hyperspace_core::diff(&before.tree(), &end.tree()));
    }

    #[test]
    fn files_after_does_not_depend_on_the_order_of_a_report() {
        let mount = RelPath::new("repo").unwrap();
        let change = |path: &str, content: Option<&str>| FileChange {
            mount: mount.clone(),
            path: RelPath::new(path).unwrap(),
            content: content.map(|content| content.as_bytes().into()),
        };
        let start = set(&[("lib/d/x.py", "1"), ("lib/e", "2")]);
        let changes = vec![
            change("lib/d", Some("file")),
            change("lib/d/x.py", None),
            change("lib/e", None),
            change("lib/e/f", Some("3")),
        ];
        assert_eq!(files_after(start, changes), set(&[("lib/d", "file"), ("lib/e/f", "3")]));
    }

    /// Any tree over a few names that conflict with each other, also by case and by normal form.
    fn any_tree() -> impl Strategy<Value = FileSet> {
        let part = prop::sample::select(vec!["a", "A", "\u{e9}", "e\u{301}", "a-b", "a.b", "a0"]);
        let path = prop::collection::vec(part, 1..4).prop_map(|parts| parts.join("/"));
        prop::collection::vec((path, 0_usize..40), 0..12).prop_map(|files| {
            let mut set = FileSet::new();
            for (path, bytes) in files {
                // Conflicting paths are left out; the rest is a tree that a guest can make.
                let _ = set.insert(RelPath::new(&path).unwrap(), vec![b'x'; bytes]);
            }
            set
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn every_tree_is_reached_from_every_other(before in any_tree(), end in any_tree()) {
            prop_assert_eq!(&edited(&before, &end, &Limits::default(), &|_| false), &end);
            // In room for no more than the larger of the two sets.
            let nodes = |set: &FileSet| EditedFiles::new(set.clone(), &Limits::default()).nodes();
            let tight = Limits::default()
                .with_files(nodes(&before).max(nodes(&end)))
                .with_file_bytes(before.bytes().max(end.bytes()));
            let reached = edited(&before, &end, &tight, &|_| false);
            prop_assert!(nodes(&reached) <= tight.files && reached.bytes() <= tight.file_bytes);
            prop_assert_eq!(&reached, &end);
        }

        #[test]
        fn whatever_is_refused_the_rest_fits(before in any_tree(), end in any_tree(), refused in any::<u32>()) {
            let nodes = |set: &FileSet| EditedFiles::new(set.clone(), &Limits::default()).nodes();
            let tight = Limits::default()
                .with_files(nodes(&before).max(nodes(&end)))
                .with_file_bytes(before.bytes().max(end.bytes()));
            let kept = edited(&before, &end, &tight, &|number| refused >> (number % 32) & 1 == 1);
            prop_assert!(nodes(&kept) <= tight.files && kept.bytes() <= tight.file_bytes);
            for (path, content) in kept.iter() {
                prop_assert!(before.get(path) == Some(content) || end.get(path) == Some(content));
            }
        }
    }
}
