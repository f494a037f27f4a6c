//! `MarkFs`: the guest's file system, wholly in memory.
//!
//! Invariants:
//! - It holds no host path, descriptor, inode or time, so none can be reached through it.
//! - Every change passes `authorize` (the mount's access, then its policy) before anything is changed, and is charged to
//!   the mount's quota before a byte is stored. A file that was unlinked but is open keeps its share.
//! - A node belongs to one mount for ever: a rename across mounts is refused, a mount point cannot be removed.
//! - Listings are sorted; inode numbers come from paths, times from the number of changes so far: a run repeats.
//! - Links do not exist. Depth, name length and path length are those of `RelPath`; nothing here recurses.
//!
//! Attacks that end here: T-DET-04, T-FS-09, T-FS-10, T-FS-11, T-FS-15, T-FS-17, T-FS-20, T-FS-21, T-FS-30, T-FS-31,
//! T-FS-34, T-HOST-03, T-HOST-05, T-HOST-08, T-QUOTA-04, T-QUOTA-17.

mod change;
mod content;
mod descriptors;
#[cfg(any(test, feature = "fuzzing"))]
mod invariants;
mod lookup;
mod node;
mod quota;
mod view;

pub(crate) use content::Whence;
pub(crate) use descriptors::{Descriptor, OpenFlags};
pub(crate) use node::{Content, Kind, NodeId};
pub(crate) use view::Table;

use std::sync::Arc;

use crate::wasi::abi::types::Errno;
use hyperspace_core::{Decision, FileOp, RelPath};

use crate::error::JobError;
use crate::job::{Access, Mount};
use crate::limits::{DENIALS_LISTED_MAX, Limits};
use crate::report::{Denial, FileChange};
use node::{Node, ROOT};
use quota::Quota;

/// A result as the guest sees it.
pub(crate) type Guest<T> = Result<T, Errno>;

#[derive(Clone)]
struct MountState {
    /// `None` for the root folder itself.
    at: Option<RelPath>,
    access: Access,
    quota: Quota,
    base: hyperspace_core::FileSet,
    root: NodeId,
}

/// See the module. A clone is another file system with the same files, descriptors, refusals and times.
#[derive(Clone)]
pub(crate) struct MarkFs {
    nodes: Vec<Node>,
    /// Places of nodes that are neither linked nor open, to be used again.
    free: Vec<NodeId>,
    mounts: Vec<MountState>,
    table: Vec<Option<Descriptor>>,
    descriptors_max: usize,
    epoch_ns: u64,
    /// Changes so far; the clock of file times, in milliseconds after the epoch.
    ticks: u64,
    denials: Vec<Denial>,
    denials_total: u64,
    /// Why the last refusal was one.
    denial_reason: String,
    quota_hit: bool,
}

/// What `stat` tells.
pub(crate) struct Stat {
    pub(crate) ino: u64,
    pub(crate) is_dir: bool,
    pub(crate) size: u64,
    pub(crate) time_ns: u64,
}

impl MarkFs {
    /// Lays out the mounts, outer ones first.
    pub(crate) fn new(mut mounts: Vec<Mount>, limits: &Limits, epoch_ms: u64) -> Result<Self, JobError> {
        let mut fs = Self {
            nodes: vec![Node::folder(ROOT, "", 0)],
            free: Vec::new(),
            mounts: vec![MountState {
                at: None,
                access: Access::ReadOnly,
                quota: Quota::new(0, 0),
                base: hyperspace_core::FileSet::new(),
                root: ROOT,
            }],
            table: descriptors::initial(),
            descriptors_max: usize::try_from(limits.descriptors).unwrap_or(usize::MAX),
            epoch_ns: epoch_ms.saturating_mul(1_000_000),
            ticks: 0,
            denials: Vec::new(),
            denials_total: 0,
            denial_reason: String::new(),
            quota_hit: false,
        };
        mounts.sort_by(|a, b| a.at.cmp(&b.at));
        for mount in mounts {
            fs.add_mount(mount, limits)?;
        }
        Ok(fs)
    }

    /// Makes clones cheap: from now on, they share the bytes of files until one of them changes a file.
    pub(crate) fn share(&mut self) {
        for node in &mut self.nodes {
            if let Kind::File(content) = &mut node.kind {
                content.share();
            }
        }
    }

    /// Bytes of files in writable mounts, and about what the nodes take.
    pub(crate) fn bytes_made(&self) -> usize {
        let writable = |node: &Node| matches!(self.mounts[node.mount].access, Access::ReadWrite { .. });
        let bytes: u64 = self.nodes.iter().filter(|node| writable(node)).map(Node::len).sum();
        usize::try_from(bytes).unwrap_or(usize::MAX).saturating_add(self.nodes.len() * size_of::<Node>())
    }

    fn add_mount(&mut self, mount: Mount, limits: &Limits) -> Result<(), JobError> {
        let taken = || JobError::MountConflict { at: mount.at.to_string() };
        let index = self.mounts.len();
        let mut at = ROOT;
        for part in mount.at.components() {
            at = match self.nodes[at].child(part) {
                Some(id) if self.nodes[id].is_dir() => id,
                Some(_) => return Err(taken()),
                None => self.attach(at, part, Kind::folder(), self.nodes[at].mount),
            };
        }
        if self.mounts.iter().any(|other| other.root == at) || self.nodes[at].child_count() > 0 {
            return Err(taken());
        }
        self.nodes[at].mount = index;
        let mut quota = Quota::new(limits.file_bytes, limits.files);
        let (mut bytes, mut files) = (0, 0);
        for (path, content) in mount.files.iter() {
            let mut folder = at;
            let name = path.file_name();
            let mut parts = path.components().peekable();
            while let Some(part) = parts.next() {
                if parts.peek().is_none() {
                    break;
                }
                folder = match self.nodes[folder].child(part) {
                    Some(id) => id,
                    None => {
                        files += 1;
                        self.attach(folder, part, Kind::folder(), index)
                    }
                };
            }
            files += 1;
            bytes += content.len() as u64;
            self.attach(folder, name, Kind::File(Content::Shared(Arc::clone(content))), index);
        }
        if matches!(mount.access, Access::ReadWrite { .. }) && !quota.start_with(bytes, files) {
            return Err(JobError::MountTooLarge { at: mount.at.to_string(), bytes, files });
        }
        let state =
            MountState { at: Some(mount.at), access: mount.access, quota, base: mount.files, root: at };
        self.mounts.push(state);
        Ok(())
    }

    fn attach(&mut self, parent: NodeId, name: &str, kind: Kind, mount: usize) -> NodeId {
        let node = Node::new(parent, name, kind, mount, self.ticks);
        let id = match self.free.pop() {
            Some(id) => {
                self.nodes[id] = node;
                id
            }
            None => {
                self.nodes.push(node);
                self.nodes.len() - 1
            }
        };
        self.nodes[parent].insert_child(name, id);
        id
    }

    /// Absolute guest path of a node that is linked.
    pub(crate) fn path_of(&self, mut id: NodeId) -> String {
        let mut parts = Vec::new();
        while id != ROOT {
            parts.push(&*self.nodes[id].name);
            id = self.nodes[id].parent;
        }
        parts.reverse();
        format!("/{}", parts.join("/"))
    }

    /// The path below its mount that `name` in `folder` has, when it is a valid one.
    fn path_in_mount(&self, folder: NodeId, name: &str) -> Guest<RelPath> {
        let mount = self.nodes[folder].mount;
        let mut parts = vec![name];
        let mut id = folder;
        while id != self.mounts[mount].root {
            // Above a folder that is gone there may be anything by now.
            if id == ROOT || !self.nodes[id].linked {
                return Err(Errno::Noent);
            }
            parts.push(&*self.nodes[id].name);
            id = self.nodes[id].parent;
        }
        parts.reverse();
        RelPath::new(&parts.join("/")).map_err(|error| match error {
            hyperspace_core::PathError::TooLong { .. }
            | hyperspace_core::PathError::TooDeep { .. }
            | hyperspace_core::PathError::PartTooLong { .. } => Errno::Nametoolong,
            _ => Errno::Inval,
        })
    }

    /// Whether `op` may happen to `name` in `folder`; a refusal is written down.
    fn authorize(&mut self, folder: NodeId, name: &str, op: FileOp) -> Guest<()> {
        let mount = self.nodes[folder].mount;
        let reason = match &self.mounts[mount].access {
            Access::ReadOnly => "the mount is read-only".to_owned(),
            Access::ReadWrite { policy: None, .. } => {
                self.path_in_mount(folder, name)?;
                return Ok(());
            }
            Access::ReadWrite { policy: Some(policy), .. } => {
                match policy.decide(&self.path_in_mount(folder, name)?, op) {
                    Decision::Allow => return Ok(()),
                    Decision::Deny(reason) => reason.to_string(),
                }
            }
        };
        let op = match op {
            FileOp::Write => "write",
            FileOp::Remove => "remove",
            FileOp::CreateFolder => "create-folder",
            FileOp::RemoveFolder => "remove-folder",
        };
        let folder = self.path_of(folder);
        let target = format!("{}/{name}", folder.trim_end_matches('/'));
        self.deny(Denial { op: op.to_owned(), target, reason });
        Err(Errno::Acces)
    }

    /// Writes a refusal down.
    pub(crate) fn deny(&mut self, denial: Denial) {
        self.denials_total += 1;
        self.denial_reason.clone_from(&denial.reason);
        if self.denials.len() < DENIALS_LISTED_MAX {
            self.denials.push(denial);
        }
    }

    fn touch(&mut self, id: NodeId) {
        self.ticks += 1;
        self.nodes[id].changed = self.ticks;
    }

    /// Metadata of a node.
    pub(crate) fn stat(&self, id: NodeId) -> Stat {
        let node = &self.nodes[id];
        let ino = match node.linked {
            true => digest64(self.path_of(id).as_bytes()),
            false => digest64(format!("unlinked/{id}").as_bytes()),
        };
        Stat {
            ino,
            is_dir: node.is_dir(),
            size: node.len(),
            time_ns: self.epoch_ns.saturating_add(node.changed.saturating_mul(1_000_000)),
        }
    }

    /// Whether a quota refused something.
    pub(crate) fn quota_hit(&self) -> bool {
        self.quota_hit
    }

    /// Takes the refusals: those listed, and how many there were.
    pub(crate) fn take_denials(&mut self) -> (Vec<Denial>, u64) {
        (std::mem::take(&mut self.denials), self.denials_total)
    }

    /// What the guest left different in mounts that are kept, in order of mount and path.
    pub(crate) fn changes(&mut self) -> Vec<FileChange> {
        let mut changes = Vec::new();
        for index in 1..self.mounts.len() {
            if !matches!(self.mounts[index].access, Access::ReadWrite { keep: true, .. }) {
                continue;
            }
            let Some(at) = self.mounts[index].at.clone() else { continue };
            let now = self.files_of(index);
            let base = std::mem::take(&mut self.mounts[index].base);
            let gone = base.iter().filter(|(path, _)| now.binary_search_by(|(p, _)| p.cmp(path)).is_err());
            let mut found: Vec<(RelPath, Option<Arc<[u8]>>)> =
                gone.map(|(path, _)| (path.clone(), None)).collect();
            for (path, content) in now {
                if base.get(&path).is_none_or(|before| **before != *content) {
                    found.push((path, Some(content)));
                }
            }
            found.sort_by(|a, b| a.0.cmp(&b.0));
            changes.extend(found.into_iter().map(|(path, content)| FileChange {
                mount: at.clone(),
                path,
                content,
            }));
        }
        changes
    }

    /// All files of a mount, sorted by path.
    fn files_of(&mut self, mount: usize) -> Vec<(RelPath, Arc<[u8]>)> {
        let mut files = Vec::new();
        let mut open = vec![self.mounts[mount].root];
        while let Some(folder) = open.pop() {
            for (name, id) in self.nodes[folder].children() {
                if self.nodes[id].mount != mount {
                    continue;
                }
                match &mut self.nodes[id].kind {
                    Kind::Folder(_) => open.push(id),
                    Kind::File(content) => {
                        let content = content.share();
                        if let Ok(path) = self.path_in_mount(folder, &name) {
                            files.push((path, content));
                        }
                    }
                }
            }
        }
        files.sort_by(|a, b| a.0.cmp(&b.0));
        files
    }
}

fn digest64(bytes: &[u8]) -> u64 {
    let digest = blake3::hash(bytes);
    let (first, _) = digest.as_bytes().split_at(8);
    first.iter().fold(0, |acc, &byte| (acc << 8) | u64::from(byte))
}

#[cfg(test)]
mod tests;
