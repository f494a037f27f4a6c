//! Checks the guest's file system against a plain model: a map from paths to contents that shares nothing with the real one.
//!
//! After every step, compares whether it was done, what was read, and the sizes of files; at the end, all folders, all
//! files, and the quota by what still fits.

use std::collections::BTreeMap;

use hyperspace_core::RelPath;

use super::bytes::{FuzzBytes, file_set};
use crate::limits::Limits;
use crate::markfs::{MarkFs, OpenFlags, PathAt, Whence};
use crate::mount::Mount;

const BYTES_MAX: u64 = 600;
const FILES_MAX: u64 = 6;
const DESCRIPTORS_MAX: u64 = 9;
const STEPS_MAX: usize = 80;
const ROOT_FD: u32 = 3;

/// Paths of the steps, with folders that may or may not exist, and detours.
const PATHS: [&str; 18] = [
    "tmp/a",
    "tmp/b",
    "tmp/a/c",
    "tmp/a/c/d",
    "tmp/b/e",
    "tmp/a/../b",
    "tmp/./a",
    "tmp/a/",
    "tmp//b",
    "tmp",
    ".",
    "usr",
    "usr/lib/os.py",
    "usr/new",
    "..",
    "/tmp/a",
    "",
    "tmp/a/..",
];

/// A path as parts from the root.
type Parts = Vec<String>;

#[derive(Clone, PartialEq, Eq)]
enum ModelEntry {
    Folder,
    /// The index of its content.
    File(usize),
}

struct ModelHandle {
    file: Option<usize>,
    parts: Parts,
    read: bool,
    write: bool,
    append: bool,
    position: u64,
}

/// A resolved path: its parts, and whether its last step is a name (not `.` or `..`).
struct ResolvedPath {
    parts: Parts,
    named: bool,
    wants_folder: bool,
}

struct FileModel {
    names: BTreeMap<Parts, ModelEntry>,
    contents: Vec<Vec<u8>>,
    open: BTreeMap<u32, ModelHandle>,
    /// Folders that are open but removed keep their share of the quota.
    gone_folders: Vec<u32>,
    /// Counts the folders that were ever removed, to tell them apart: descriptor numbers are reused.
    gone: u32,
}

fn parts(path: &str) -> Parts {
    path.split('/').map(str::to_owned).collect()
}

impl FileModel {
    fn new() -> Self {
        let mut names: BTreeMap<Parts, ModelEntry> =
            ["tmp", "usr", "usr/lib"].map(|path| (parts(path), ModelEntry::Folder)).into();
        names.insert(Parts::new(), ModelEntry::Folder);
        names.insert(parts("usr/lib/os.py"), ModelEntry::File(0));
        Self {
            names,
            contents: vec![b"import".to_vec()],
            open: BTreeMap::new(),
            gone_folders: Vec::new(),
            gone: 0,
        }
    }

    fn resolve(&self, path: &str) -> Option<ResolvedPath> {
        if path.is_empty() || path.starts_with('/') {
            return None;
        }
        let steps: Vec<&str> = path.split('/').filter(|step| !step.is_empty() && *step != ".").collect();
        let mut at = Parts::new();
        let mut named = false;
        for (index, &step) in steps.iter().enumerate() {
            if self.names.get(&at) != Some(&ModelEntry::Folder) {
                return None;
            }
            named = step != "..";
            if named {
                at.push(step.to_owned());
            } else {
                at.pop()?;
            }
            let last = index + 1 == steps.len();
            if !last && !self.names.contains_key(&at) {
                return None;
            }
        }
        Some(ResolvedPath { parts: at, named, wants_folder: !named || path.ends_with('/') })
    }

    fn writable(parts: &Parts) -> bool {
        parts.len() > 1 && parts[0] == "tmp"
    }

    fn linked(&self, file: usize) -> bool {
        self.names.values().any(|entry| *entry == ModelEntry::File(file))
    }

    /// Returns the bytes and files that the quota of `tmp` counts: those with a name, and those that are only open.
    fn used(&self) -> (u64, u64) {
        let below = self.names.keys().filter(|parts| Self::writable(parts)).count();
        let mut only_open: Vec<usize> = self.open.values().filter_map(|handle| handle.file).collect();
        only_open.sort_unstable();
        only_open.dedup();
        only_open.retain(|&file| file != 0 && !self.linked(file));
        let named = self.names.iter().filter(|(parts, _)| Self::writable(parts));
        let files = named.filter_map(|(_, entry)| match entry {
            ModelEntry::File(file) => Some(*file),
            ModelEntry::Folder => None,
        });
        let bytes = files.chain(only_open.iter().copied()).map(|file| self.contents[file].len() as u64).sum();
        (bytes, (below + only_open.len() + self.folders_only_open()) as u64)
    }

    /// Returns the number of folders without a name that are still open, each counted once.
    fn folders_only_open(&self) -> usize {
        self.gone_folders.len()
    }

    fn room(&self, parts: &Parts) -> bool {
        Self::writable(parts) && self.used().1 < FILES_MAX
    }

    /// Sets the length of a file if the quota allows.
    fn resize(&mut self, file: usize, len: u64) -> bool {
        let before = self.contents[file].len() as u64;
        let total = self.used().0 - before;
        if len > before && total.saturating_add(len) > BYTES_MAX {
            return false;
        }
        self.contents[file].resize(usize::try_from(len).unwrap(), 0);
        true
    }

    fn open(&mut self, fd: u32, path: &str, flags: OpenFlags) -> bool {
        let Some(resolved) = self.resolve(path) else { return false };
        let file = match self.names.get(&resolved.parts).cloned() {
            Some(_) if flags.create && flags.exclusive => return false,
            Some(ModelEntry::Folder) if flags.write || flags.truncate => return false,
            Some(ModelEntry::Folder) => None,
            Some(ModelEntry::File(file)) => {
                let changes = flags.write || flags.truncate;
                if flags.folder || resolved.wants_folder || (changes && !Self::writable(&resolved.parts)) {
                    return false;
                }
                if flags.truncate {
                    self.contents[file].clear();
                }
                Some(file)
            }
            None => {
                if !flags.create
                    || flags.folder
                    || !resolved.named
                    || resolved.wants_folder
                    || !self.room(&resolved.parts)
                {
                    return false;
                }
                self.contents.push(Vec::new());
                let file = self.contents.len() - 1;
                self.names.insert(resolved.parts.clone(), ModelEntry::File(file));
                Some(file)
            }
        };
        let OpenFlags { read, write, append, .. } = flags;
        self.open.insert(fd, ModelHandle { file, parts: resolved.parts, read, write, append, position: 0 });
        true
    }

    fn make_folder(&mut self, path: &str) -> bool {
        let Some(resolved) = self.resolve(path) else { return false };
        if !resolved.named || self.names.contains_key(&resolved.parts) || !self.room(&resolved.parts) {
            return false;
        }
        self.names.insert(resolved.parts, ModelEntry::Folder);
        true
    }

    fn remove_file(&mut self, path: &str) -> bool {
        let Some(resolved) = self.resolve(path) else { return false };
        let is_file = matches!(self.names.get(&resolved.parts), Some(ModelEntry::File(_)));
        let done = is_file && !resolved.wants_folder && Self::writable(&resolved.parts);
        if done {
            self.names.remove(&resolved.parts);
        }
        done
    }

    fn children(&self, parts: &Parts) -> Vec<String> {
        let below =
            self.names.keys().filter(|other| other.len() == parts.len() + 1 && other.starts_with(parts));
        below.map(|other| other[parts.len()].clone()).collect()
    }

    fn forget_folder(&mut self, parts: &Parts) {
        self.names.remove(parts);
        // A folder that is open stays until it is closed, and is told apart from a later one with the same name.
        let holders: Vec<u32> = self
            .open
            .iter()
            .filter(|(_, handle)| handle.file.is_none() && handle.parts == *parts)
            .map(|(fd, _)| *fd)
            .collect();
        if !holders.is_empty() {
            self.gone += 1;
            self.gone_folders.push(self.gone);
            for fd in holders {
                self.open.get_mut(&fd).unwrap().parts = vec![format!("gone {}", self.gone)];
            }
        }
    }

    fn remove_folder(&mut self, path: &str) -> bool {
        let Some(resolved) = self.resolve(path) else { return false };
        let done = resolved.named
            && self.names.get(&resolved.parts) == Some(&ModelEntry::Folder)
            && Self::writable(&resolved.parts)
            && self.children(&resolved.parts).is_empty();
        if done {
            self.forget_folder(&resolved.parts);
        }
        done
    }

    fn rename(&mut self, from: &str, to: &str) -> bool {
        let (Some(from), Some(to)) = (self.resolve(from), self.resolve(to)) else { return false };
        let Some(moved) = self.names.get(&from.parts).cloned() else { return false };
        if !from.named || !to.named || !Self::writable(&from.parts) || !Self::writable(&to.parts) {
            return false;
        }
        let is_folder = moved == ModelEntry::Folder;
        if (from.wants_folder || to.wants_folder) && !is_folder {
            return false;
        }
        if from.parts == to.parts {
            return true;
        }
        if to.parts.starts_with(&from.parts) {
            return false;
        }
        match self.names.get(&to.parts) {
            Some(ModelEntry::Folder) if !is_folder || !self.children(&to.parts).is_empty() => return false,
            Some(ModelEntry::File(_)) if is_folder => return false,
            Some(ModelEntry::Folder) => self.forget_folder(&to.parts),
            _ => {}
        }
        let moving: Vec<Parts> =
            self.names.keys().filter(|other| other.starts_with(&from.parts)).cloned().collect();
        for old in moving {
            let entry = self.names.remove(&old).unwrap();
            let new: Parts = to.parts.iter().chain(&old[from.parts.len()..]).cloned().collect();
            self.names.insert(new, entry);
        }
        for handle in self.open.values_mut().filter(|handle| handle.file.is_none()) {
            if handle.parts.starts_with(&from.parts) {
                handle.parts = to.parts.iter().chain(&handle.parts[from.parts.len()..]).cloned().collect();
            }
        }
        true
    }

    fn close(&mut self, fd: u32) -> bool {
        let Some(handle) = self.open.remove(&fd) else { return false };
        if handle.file.is_none() && handle.parts.first().is_some_and(|part| part.starts_with("gone ")) {
            let still = self.open.values().any(|other| other.parts == handle.parts);
            if !still {
                let id = handle.parts[0].trim_start_matches("gone ").parse::<u32>().unwrap();
                let at = self.gone_folders.iter().position(|&gone| gone == id).unwrap();
                self.gone_folders.remove(at);
            }
        }
        true
    }
}

/// Plays the operations that `data` encodes on both.
pub fn check(data: &[u8]) {
    let limits =
        Limits::default().with_file_bytes(BYTES_MAX).with_files(FILES_MAX).with_descriptors(DESCRIPTORS_MAX);
    let mounts = vec![
        Mount::read_only(RelPath::new("usr").unwrap(), file_set(&[("lib/os.py", "import")])),
        Mount::scratch(RelPath::new("tmp").unwrap()),
    ];
    let mut fs = MarkFs::new(mounts, &limits, 0).unwrap();
    let (mut model, mut bytes) = (FileModel::new(), FuzzBytes::new(data));
    for _ in 0..STEPS_MAX {
        if step(&mut fs, &mut model, &mut bytes).is_none() {
            break;
        }
        fs.check();
    }
    compare(&mut fs, &model);
}

fn path(bytes: &mut FuzzBytes<'_>) -> Option<&'static str> {
    Some(PATHS[usize::from(bytes.byte()?) % PATHS.len()])
}

/// Does one operation on both; `None` when the bytes are used up.
fn step(fs: &mut MarkFs, model: &mut FileModel, bytes: &mut FuzzBytes<'_>) -> Option<()> {
    let operation = bytes.byte()? % 16;
    match operation {
        0..=3 => {
            let (path, bits) = (path(bytes)?, bytes.byte()?);
            let bit = |at: u8| bits >> at & 1 == 1;
            let flags = OpenFlags {
                read: bit(0),
                write: bit(1),
                append: bit(2),
                create: bit(3) || bit(7),
                exclusive: bit(4) && bit(5),
                truncate: bit(5) && bit(6),
                folder: bit(6) && bit(4),
            };
            let fd = (4..u32::try_from(DESCRIPTORS_MAX).unwrap()).find(|fd| !model.open.contains_key(fd));
            let done = fd.is_some_and(|fd| model.open(fd, path, flags));
            assert_eq!(fs.open(ROOT_FD, path, flags).ok(), fd.filter(|_| done), "open {path:?}");
        }
        4 => {
            let fd = 4 + u32::from(bytes.byte()? % 6);
            assert_eq!(fs.close(fd).is_ok(), model.close(fd), "close {fd}");
        }
        5 => {
            let path = path(bytes)?;
            assert_eq!(fs.create_folder(ROOT_FD, path).is_ok(), model.make_folder(path), "mkdir {path:?}");
        }
        6 => {
            let path = path(bytes)?;
            assert_eq!(fs.remove_file(ROOT_FD, path).is_ok(), model.remove_file(path), "unlink {path:?}");
        }
        7 => {
            let path = path(bytes)?;
            assert_eq!(fs.remove_folder(ROOT_FD, path).is_ok(), model.remove_folder(path), "rmdir {path:?}");
        }
        8 | 9 => {
            let (from, to) = (path(bytes)?, path(bytes)?);
            let done = fs.rename(PathAt::new(ROOT_FD, from), PathAt::new(ROOT_FD, to), &mut 0).is_ok();
            assert_eq!(done, model.rename(from, to), "rename {from:?} to {to:?}");
        }
        _ => on_file(fs, model, bytes, operation)?,
    }
    Some(())
}

/// Reads, writes, truncates or seeks through a descriptor.
fn on_file(fs: &mut MarkFs, model: &mut FileModel, bytes: &mut FuzzBytes<'_>, operation: u8) -> Option<()> {
    let (fd, amount) = (4 + u32::from(bytes.byte()? % 6), u64::from(bytes.byte()?) * 3);
    let Some(handle) = model.open.get(&fd) else {
        assert!(fs.file(fd).is_err(), "descriptor {fd} is open");
        return Some(());
    };
    let Some(file) = handle.file else {
        assert!(fs.file(fd).is_err() && fs.folder(fd).is_ok(), "descriptor {fd} is no folder");
        return Some(());
    };
    let (position, append) = (handle.position, handle.append);
    let real = fs.file(fd).unwrap().clone();
    assert_eq!(
        (real.read, real.write, real.append, real.position),
        (handle.read, handle.write, append, position)
    );
    match operation {
        10 | 11 => {
            // `wasi/io.rs` writes at the end when appending.
            let end = model.contents[file].len() as u64;
            let at = if append { end } else { position };
            let content = vec![u8::try_from(amount % 251).unwrap(); usize::try_from(amount).unwrap()];
            if real.write {
                let done = fs.write_at(real.node, at, &content).is_ok();
                let fits = content.is_empty() || at + amount <= end || model.resize(file, at + amount);
                assert_eq!(done, fits, "write of {amount} at {at}");
                if done && amount > 0 {
                    let from = usize::try_from(at).unwrap();
                    model.contents[file][from..from + content.len()].copy_from_slice(&content);
                }
            }
        }
        12 => {
            let read = fs.bytes_at(real.node, position, usize::try_from(amount).unwrap()).unwrap().to_vec();
            let all = &model.contents[file];
            let from = usize::try_from(position).unwrap().min(all.len());
            let to = all.len().min(from + usize::try_from(amount).unwrap());
            assert_eq!(read, all[from..to], "read of {amount} at {position}");
        }
        13 => {
            if real.write {
                let done = fs.set_len(real.node, amount).is_ok();
                assert_eq!(done, model.resize(file, amount), "truncate to {amount}");
            }
        }
        _ => {
            let end = model.contents[file].len() as u64;
            let offset = amount.cast_signed() - 300;
            let (whence, base) = match amount % 3 {
                0 => (Whence::Start, 0),
                1 => (Whence::Current, position),
                _ => (Whence::End, end),
            };
            let to = base.checked_add_signed(offset);
            assert_eq!(fs.seek(fd, offset, whence).ok(), to, "seek by {offset}");
            if let Some(to) = to {
                model.open.get_mut(&fd).unwrap().position = to;
            }
        }
    }
    assert_eq!(fs.len(real.node), model.contents[file].len() as u64);
    Some(())
}

/// Compares everything that has a name, and what the quota leaves.
fn compare(fs: &mut MarkFs, model: &FileModel) {
    for fd in model.open.keys() {
        fs.close(*fd).unwrap();
    }
    let folder = OpenFlags { read: true, folder: true, ..OpenFlags::default() };
    for (parts, entry) in &model.names {
        let name = if parts.is_empty() { ".".to_owned() } else { parts.join("/") };
        match entry {
            ModelEntry::Folder => {
                let fd = fs.open(ROOT_FD, &name, folder).unwrap();
                let listed: Vec<String> =
                    fs.listing(fd, 0).unwrap().iter().skip(2).map(|entry| entry.name.to_string()).collect();
                assert_eq!(listed, model.children(parts), "{name}");
                fs.close(fd).unwrap();
            }
            ModelEntry::File(file) => {
                let id = fs.existing(0, &name).unwrap();
                assert_eq!(fs.bytes_at(id, 0, usize::MAX).unwrap(), model.contents[*file], "{name}");
            }
        }
    }
    fs.check();
}
