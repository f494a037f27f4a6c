//! The guarantees of the guest's file system, and a random walk against a model.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::abi::Errno;
use hyperspace_core::{Decision, EditScope, FileOp, FileSet, RelPath};
use proptest::prelude::*;

use super::change::PathAt;
use super::descriptors::OpenFlags;
use super::fs::{FsResult, MarkFs};
use super::node::{FileContent, NodeKind};
use crate::limits::Limits;
use crate::mount::{FilePolicy, Mount};

const ROOT_FD: u32 = 3;
const READ: OpenFlags = OpenFlags {
    read: true,
    write: false,
    append: false,
    create: false,
    exclusive: false,
    truncate: false,
    folder: false,
};
const WRITE: OpenFlags = OpenFlags { write: true, create: true, truncate: true, ..READ };

fn path(text: &str) -> RelPath {
    RelPath::new(text).unwrap()
}

fn files(list: &[(&str, &str)]) -> FileSet {
    let mut set = FileSet::new();
    for (name, content) in list {
        set.insert(path(name), Arc::<[u8]>::from(content.as_bytes())).unwrap();
    }
    set
}

struct ScopePolicy(EditScope);

impl FilePolicy for ScopePolicy {
    fn decide(&self, path: &RelPath, op: FileOp) -> Decision {
        let inside = match op {
            FileOp::Write | FileOp::Remove => self.0.contains(path),
            FileOp::CreateFolder | FileOp::RemoveFolder => self.0.may_hold(path),
        };
        if inside { Decision::Allow } else { Decision::deny("outside") }
    }
}

fn house() -> MarkFs {
    let limits = Limits::default().with_file_bytes(1_000).with_files(12).with_descriptors(10);
    let scope = ScopePolicy(EditScope::new(&EditScope::DEFAULT).unwrap());
    let repo = files(&[("task_agent.py", "old"), ("README", "fixed")]);
    let mounts = vec![
        Mount::read_only(path("usr"), files(&[("lib/os.py", "import")])),
        Mount::read_only(path("repo/evals"), files(&[("gen_0_0/report.json", "{}")])),
        Mount::read_write(path("repo"), repo).policy(Arc::new(scope)),
        Mount::scratch(path("tmp")),
    ];
    MarkFs::new(mounts, &limits, 1_000).unwrap()
}

fn put(fs: &mut MarkFs, name: &str, content: &str) -> FsResult<()> {
    let fd = fs.open(ROOT_FD, name, WRITE)?;
    let node = fs.file(fd)?.node;
    let written = fs.write_at(node, 0, content.as_bytes());
    fs.close(fd)?;
    written
}

fn get(fs: &mut MarkFs, name: &str) -> FsResult<Vec<u8>> {
    let fd = fs.open(ROOT_FD, name, READ)?;
    let node = fs.file(fd)?.node;
    let bytes = fs.bytes_at(node, 0, usize::MAX)?.to_vec();
    fs.close(fd)?;
    Ok(bytes)
}

fn names(fs: &mut MarkFs, folder: &str) -> Vec<String> {
    let fd = fs.open(ROOT_FD, folder, OpenFlags { folder: true, ..READ }).unwrap();
    let names = fs.listing(fd, 0).unwrap().iter().map(|entry| entry.name.to_string()).collect();
    fs.close(fd).unwrap();
    names
}

#[test]
fn only_mounted_files_exist() {
    let mut fs = house();
    assert_eq!(get(&mut fs, "usr/lib/os.py").unwrap(), b"import");
    assert_eq!(names(&mut fs, "."), [".", "..", "repo", "tmp", "usr"]);
    assert_eq!(names(&mut fs, "repo"), [".", "..", "README", "evals", "task_agent.py"]);
    assert_eq!(get(&mut fs, "etc/passwd"), Err(Errno::Noent));
}

#[test]
fn no_path_leads_out() {
    let mut fs = house();
    for (name, errno) in [
        ("/usr/lib/os.py", Errno::Perm),
        ("..", Errno::Perm),
        ("usr/../../etc", Errno::Perm),
        ("usr/lib/os.py/x", Errno::Notdir),
        ("usr/missing/../lib", Errno::Noent),
        ("a\0b", Errno::Ilseq),
        ("", Errno::Noent),
        (&"x".repeat(256), Errno::Nametoolong),
    ] {
        assert_eq!(get(&mut fs, name), Err(errno), "{name:?}");
    }
    let tmp = fs.open(ROOT_FD, "tmp", OpenFlags { folder: true, ..READ }).unwrap();
    assert_eq!(fs.open(tmp, "../repo/README", READ), Err(Errno::Perm));
}

#[test]
fn changes_outside_of_the_scope_are_refused_and_listed() {
    let mut fs = house();
    put(&mut fs, "repo/task_agent.py", "new").unwrap();
    for name in ["usr/lib/os.py", "repo/README", "repo/other.py", "repo/evals/gen_0_0/report.json", "x"] {
        assert_eq!(put(&mut fs, name, "evil"), Err(Errno::Acces), "{name}");
    }
    assert_eq!(fs.remove_file(ROOT_FD, "usr/lib/os.py"), Err(Errno::Acces));
    assert_eq!(
        fs.rename(PathAt::new(ROOT_FD, "repo/README"), PathAt::new(ROOT_FD, "repo/task_agent.py"), &mut 0),
        Err(Errno::Acces)
    );
    assert_eq!(
        fs.rename(PathAt::new(ROOT_FD, "repo/task_agent.py"), PathAt::new(ROOT_FD, "repo/README"), &mut 0),
        Err(Errno::Acces)
    );
    assert_eq!(fs.create_folder(ROOT_FD, "repo/docs"), Err(Errno::Acces));
    fs.create_folder(ROOT_FD, "repo/lib").unwrap();
    put(&mut fs, "repo/lib/helper.py", "x").unwrap();
    assert_eq!(fs.remove_folder(ROOT_FD, "repo/lib"), Err(Errno::Notempty));
    let (denials, total) = fs.take_denials();
    assert_eq!((denials.len(), total), (9, 9));
    assert_eq!((denials[1].target.as_str(), denials[1].reason.as_str()), ("/repo/README", "outside"));
    let changes: Vec<String> = fs.changes().iter().map(|c| format!("/{}/{}", c.mount, c.path)).collect();
    assert_eq!(changes, ["/repo/lib/helper.py", "/repo/task_agent.py"]);
}

#[test]
fn quotas_hold_before_a_byte_is_stored() {
    let mut fs = house();
    let fd = fs.open(ROOT_FD, "tmp/big", WRITE).unwrap();
    let node = fs.file(fd).unwrap().node;
    assert_eq!(fs.set_len(node, 1 << 40), Err(Errno::Fbig));
    assert_eq!(fs.write_at(node, 1 << 62, b"x"), Err(Errno::Fbig));
    assert_eq!(fs.write_at(node, u64::MAX, b"x"), Err(Errno::Fbig));
    fs.set_len(node, 900).unwrap();
    assert_eq!(put(&mut fs, "tmp/more", &"x".repeat(101)), Err(Errno::Nospc));
    assert!(fs.quota_hit());
    // Unlinked but open: the bytes stay taken until the last descriptor is closed.
    fs.remove_file(ROOT_FD, "tmp/big").unwrap();
    assert_eq!(put(&mut fs, "tmp/more", &"x".repeat(101)), Err(Errno::Nospc));
    fs.close(fd).unwrap();
    put(&mut fs, "tmp/more", &"x".repeat(1_000)).unwrap();
}

#[test]
fn files_and_descriptors_are_counted() {
    let mut fs = house();
    for index in 0..12 {
        put(&mut fs, &format!("tmp/{index}"), "").unwrap();
    }
    assert_eq!(put(&mut fs, "tmp/12", ""), Err(Errno::Nospc));
    for _ in 4..10 {
        fs.open(ROOT_FD, "usr/lib/os.py", READ).unwrap();
    }
    assert_eq!(fs.open(ROOT_FD, "usr/lib/os.py", READ), Err(Errno::Mfile));
}

#[test]
fn churn_uses_no_more_nodes_than_files_at_a_time() {
    let mut fs = house();
    let before = fs.nodes.len();
    for _ in 0..1_000 {
        put(&mut fs, "tmp/x", "content").unwrap();
        fs.remove_file(ROOT_FD, "tmp/x").unwrap();
    }
    assert_eq!(fs.nodes.len(), before + 1);
}

#[test]
fn folders_do_not_nest_without_end_and_never_hold_themselves() {
    let mut fs = house();
    let mut name = "tmp/d".to_owned();
    let depth = (0..100)
        .take_while(|_| {
            let made = fs.create_folder(ROOT_FD, &name);
            name.push_str("/d");
            made.is_ok()
        })
        .count();
    assert_eq!(depth, 12, "the number of files ends it first");
    assert_eq!(
        fs.rename(PathAt::new(ROOT_FD, "tmp/d"), PathAt::new(ROOT_FD, "tmp/d/d/e"), &mut 0),
        Err(Errno::Inval)
    );
    assert_eq!(
        fs.rename(PathAt::new(ROOT_FD, "tmp/d"), PathAt::new(ROOT_FD, "repo/lib"), &mut 0),
        Err(Errno::Xdev)
    );
    assert_eq!(
        fs.rename(PathAt::new(ROOT_FD, "repo/evals"), PathAt::new(ROOT_FD, "repo/lib"), &mut 0),
        Err(Errno::Busy)
    );
}

#[test]
fn metadata_follows_from_path_and_history() {
    let stat = |fs: &mut MarkFs, name: &str| {
        let id = fs.existing(0, name).unwrap();
        (fs.stat(id).ino, fs.stat(id).time_ns)
    };
    let (mut one, mut two) = (house(), house());
    for fs in [&mut one, &mut two] {
        put(fs, "tmp/a", "1").unwrap();
        put(fs, "tmp/b", "2").unwrap();
    }
    assert_eq!(stat(&mut one, "tmp/b"), stat(&mut two, "tmp/b"));
    assert!(stat(&mut one, "tmp/a").1 < stat(&mut one, "tmp/b").1, "a later change has a later time");
    assert_ne!(stat(&mut one, "tmp/a").0, stat(&mut one, "tmp/b").0);
}

#[test]
fn mounts_that_collide_are_refused() {
    let twice = vec![Mount::scratch(path("a")), Mount::scratch(path("a"))];
    assert!(MarkFs::new(twice, &Limits::default(), 0).is_err());
    let below_file = vec![Mount::read_only(path("a"), files(&[("f", "")])), Mount::scratch(path("a/f/g"))];
    assert!(MarkFs::new(below_file, &Limits::default(), 0).is_err());
}

#[derive(Debug, Clone)]
enum WalkStep {
    Put(u8, u8),
    Remove(u8),
    Rename(u8, u8),
    Cut(u8, u16),
}

fn step() -> impl Strategy<Value = WalkStep> {
    prop_oneof![
        (0..6_u8, any::<u8>()).prop_map(|(name, len)| WalkStep::Put(name, len)),
        (0..6_u8).prop_map(WalkStep::Remove),
        (0..6_u8, 0..6_u8).prop_map(|(from, to)| WalkStep::Rename(from, to)),
        (0..6_u8, 0..1_500_u16).prop_map(|(name, len)| WalkStep::Cut(name, len)),
    ]
}

proptest! {
    /// After any steps, the files are those of a plain map with the same quota, and the quota's accounts are right.
    #[test]
    fn behaves_like_a_map_with_a_quota(steps in prop::collection::vec(step(), 0..60)) {
        let mut fs = house();
        let mut model: BTreeMap<u8, Vec<u8>> = BTreeMap::new();
        let total = |model: &BTreeMap<u8, Vec<u8>>| model.values().map(Vec::len).sum::<usize>();
        let at = |name: u8| format!("tmp/{name}");
        for step in steps {
            match step {
                WalkStep::Put(name, len) => {
                    let content = vec![name; usize::from(len)];
                    model.insert(name, Vec::new());
                    let fits = total(&model) + content.len() <= 1_000;
                    let text = String::from_utf8(content.clone()).unwrap();
                    prop_assert_eq!(put(&mut fs, &at(name), &text).is_ok(), fits);
                    if fits {
                        model.insert(name, content);
                    }
                }
                WalkStep::Remove(name) => {
                    let was = model.remove(&name).is_some();
                    prop_assert_eq!(fs.remove_file(ROOT_FD, &at(name)).is_ok(), was);
                }
                WalkStep::Rename(from, to) => {
                    let moved = model.get(&from).cloned();
                    let done = fs.rename(PathAt::new(ROOT_FD, &at(from)), PathAt::new(ROOT_FD, &at(to)), &mut 0);
                    prop_assert_eq!(done.is_ok(), moved.is_some());
                    if let Some(content) = moved {
                        model.remove(&from);
                        model.insert(to, content);
                    }
                }
                WalkStep::Cut(name, len) => {
                    let Some(content) = model.get(&name).cloned() else { continue };
                    let id = fs.existing(0, &at(name)).unwrap();
                    let len = usize::from(len);
                    let fits = len <= content.len() || total(&model) - content.len() + len <= 1_000;
                    prop_assert_eq!(fs.set_len(id, len as u64).is_ok(), fits);
                    if fits {
                        let mut content = content;
                        content.resize(len, 0);
                        model.insert(name, content);
                    }
                }
            }
        }
        for (name, content) in &model {
            prop_assert_eq!(&get(&mut fs, &at(*name)).unwrap(), content);
        }
        prop_assert_eq!(names(&mut fs, "tmp").len(), model.len() + 2);
    }
}

#[test]
fn a_folder_whose_parents_are_gone_leads_nowhere() {
    let mut fs = house();
    for name in ["tmp/a", "tmp/a/b", "tmp/a/b/c"] {
        fs.create_folder(ROOT_FD, name).unwrap();
    }
    let deep = fs.open(ROOT_FD, "tmp/a/b/c", OpenFlags { folder: true, ..READ }).unwrap();
    for name in ["tmp/a/b/c", "tmp/a/b", "tmp/a"] {
        fs.remove_folder(ROOT_FD, name).unwrap();
    }
    // A file of another mount takes the place of `tmp/a`: the parent of `c` is no longer what it was.
    put(&mut fs, "repo/meta_agent.py", "x").unwrap();
    assert_eq!(fs.set_times(deep, "."), Err(Errno::Noent));
    assert_eq!(fs.open(deep, "x", WRITE), Err(Errno::Noent));
    assert_eq!(fs.create_folder(deep, "x"), Err(Errno::Noent));
    assert_eq!(fs.remove_folder(deep, "."), Err(Errno::Inval));
    assert_eq!(fs.listing(deep, 0).unwrap().len(), 2);
    fs.close(deep).unwrap();
}

#[test]
fn a_file_that_was_cut_holds_no_memory_and_a_refused_rename_is_counted() {
    let mut fs = house();
    put(&mut fs, "tmp/x", &"x".repeat(1_000)).unwrap();
    let fd = fs.open(ROOT_FD, "tmp/x", OpenFlags { write: true, ..READ }).unwrap();
    let node = fs.file(fd).unwrap().node;
    fs.set_len(node, 1).unwrap();
    let NodeKind::File(FileContent::Owned(bytes)) = &fs.nodes[node].kind else {
        panic!("the file was written to");
    };
    assert!(bytes.capacity() <= 2, "{} bytes are held for one", bytes.capacity());
    for name in ["tmp/d", "tmp/d/e", "tmp/d/f"] {
        fs.create_folder(ROOT_FD, name).unwrap();
    }
    let mut seen = 0;
    assert_eq!(
        fs.rename(PathAt::new(ROOT_FD, "tmp/d"), PathAt::new(ROOT_FD, "tmp/d/x"), &mut seen),
        Err(Errno::Inval)
    );
    assert_eq!(seen, 3);
}
