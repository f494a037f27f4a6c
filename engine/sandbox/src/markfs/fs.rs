//! The tree of files, in which mounts are laid out and to which nodes are added.

use std::sync::Arc;

use crate::abi::Errno;
use hyperspace_core::{FileSet, RelPath};

use super::descriptors::{self, Descriptor};
use super::node::{FileContent, FileNode, NodeId, NodeKind, ROOT};
use super::quota::Quota;
use crate::error::JobError;
use crate::limits::Limits;
use crate::mount::{Access, Mount};
use crate::report::Denial;

/// A result as the guest sees it.
pub(crate) type FsResult<T> = Result<T, Errno>;

/// A mount, and what it holds.
#[derive(Clone)]
pub(super) struct MountState {
    /// `None` for the root folder itself.
    pub(super) at: Option<RelPath>,
    pub(super) access: Access,
    pub(super) quota: Quota,
    pub(super) base: FileSet,
    pub(super) root: NodeId,
}

/// See the folder's page. A clone is another file system with the same files, descriptors, refusals and times.
#[derive(Clone)]
pub(crate) struct MarkFs {
    pub(super) nodes: Vec<FileNode>,
    /// Nodes that are neither linked nor open, to be reused.
    pub(super) free: Vec<NodeId>,
    pub(super) mounts: Vec<MountState>,
    pub(super) table: Vec<Option<Descriptor>>,
    pub(super) descriptors_max: usize,
    pub(super) epoch_ns: u64,
    /// Number of changes so far: the clock of file times, in milliseconds after the epoch.
    pub(super) ticks: u64,
    pub(super) denials: Vec<Denial>,
    pub(super) denials_total: u64,
    /// The reason for the last refusal.
    pub(super) denial_reason: String,
    pub(super) quota_hit: bool,
}

/// Metadata of a node.
pub(crate) struct Stat {
    pub(crate) ino: u64,
    pub(crate) is_dir: bool,
    pub(crate) size: u64,
    pub(crate) time_ns: u64,
}

impl MarkFs {
    /// Creates the file system and lays out the mounts, outer ones first.
    pub(crate) fn new(mut mounts: Vec<Mount>, limits: &Limits, epoch_ms: u64) -> Result<Self, JobError> {
        let mut fs = Self {
            nodes: vec![FileNode::folder(ROOT, "", 0)],
            free: Vec::new(),
            mounts: vec![MountState {
                at: None,
                access: Access::ReadOnly,
                quota: Quota::new(0, 0),
                base: FileSet::new(),
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

    fn add_mount(&mut self, mount: Mount, limits: &Limits) -> Result<(), JobError> {
        let taken = || JobError::MountConflict { at: mount.at.to_string() };
        let index = self.mounts.len();
        let mut at = ROOT;
        for part in mount.at.components() {
            at = match self.nodes[at].child(part) {
                Some(id) if self.nodes[id].is_dir() => id,
                Some(_) => return Err(taken()),
                None => self.attach(at, part, NodeKind::folder(), self.nodes[at].mount),
            };
        }
        if self.mounts.iter().any(|other| other.root == at) || self.nodes[at].child_count() > 0 {
            return Err(taken());
        }
        self.nodes[at].mount = index;
        let mut quota = Quota::new(limits.file_bytes, limits.files);
        let (mut bytes, mut files) = (0, 0);
        let files_of_mount = mount.files.iter();
        let shared = files_of_mount.map(|(path, content)| (path, FileContent::Shared(Arc::clone(content))));
        let library = mount.library.iter();
        let library = library.map(|(path, file)| (path, FileContent::Library(Arc::clone(file))));
        for (path, content) in shared.chain(library) {
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
                        self.attach(folder, part, NodeKind::folder(), index)
                    }
                };
            }
            files += 1;
            bytes += content.len() as u64;
            self.attach(folder, name, NodeKind::File(content), index);
        }
        if matches!(mount.access, Access::ReadWrite { .. }) && !quota.start_with(bytes, files) {
            return Err(JobError::MountTooLarge { at: mount.at.to_string(), bytes, files });
        }
        let state =
            MountState { at: Some(mount.at), access: mount.access, quota, base: mount.files, root: at };
        self.mounts.push(state);
        Ok(())
    }

    pub(super) fn attach(&mut self, parent: NodeId, name: &str, kind: NodeKind, mount: usize) -> NodeId {
        let node = FileNode::new(parent, name, kind, mount, self.ticks);
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

    /// Advances the clock of file times and sets the time of a node.
    pub(super) fn touch(&mut self, id: NodeId) {
        self.ticks += 1;
        self.nodes[id].changed = self.ticks;
    }

    /// Returns the absolute guest path of a linked node.
    pub(crate) fn path_of(&self, mut id: NodeId) -> String {
        let mut parts = Vec::new();
        while id != ROOT {
            parts.push(&*self.nodes[id].name);
            id = self.nodes[id].parent;
        }
        parts.reverse();
        format!("/{}", parts.join("/"))
    }

    /// Returns the metadata of a node.
    pub(crate) fn stat(&self, id: NodeId) -> Stat {
        let node = &self.nodes[id];
        let name = if node.linked { self.path_of(id) } else { format!("unlinked/{id}") };
        let ino = digest64(name.as_bytes());
        Stat {
            ino,
            is_dir: node.is_dir(),
            size: node.len(),
            time_ns: self.epoch_ns.saturating_add(node.changed.saturating_mul(1_000_000)),
        }
    }
}

fn digest64(bytes: &[u8]) -> u64 {
    let digest = blake3::hash(bytes);
    let (first, _) = digest.as_bytes().split_at(8);
    first.iter().fold(0, |acc, &byte| (acc << 8) | u64::from(byte))
}
