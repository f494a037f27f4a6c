//! Attacks through stores, and files beside them, that somebody else prepared.
//!
//! Each attack first makes a sound store, so that a refusal is due to what was done to it. Schemas with triggers and views are
//! tested in the store crate itself, which owns the database.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use hyperspace_core::{RecordId, record_id};
use hyperspace_store::{Store, StoreError};
use serde_json::json;

use crate::host_attack::{HostAttack, HostGround};

const LOCK: &str = "engine/store/src/sqlite/lock.rs";
const OPEN: &str = "engine/store/src/sqlite/open.rs";
const SCHEMA: &str = "engine/store/src/sqlite/schema.rs";
const SEAL: &str = "engine/store/src/sqlite/seal.rs";
const BATCH: &str = "engine/store/src/batch.rs";

/// The attacks by stores, in order.
pub const HOSTILE_STORES: &[HostAttack] = &[
    HostAttack {
        id: "T-STORE-01",
        title: "a link to a file of the user in place of the lock",
        held_by: LOCK,
        ends: "refused, the file is untouched",
        run: |HostGround { folder, .. }| linked(folder, "writer.lock"),
    },
    HostAttack {
        id: "T-STORE-02",
        title: "a link that points nowhere in place of the lock",
        held_by: LOCK,
        ends: "refused, nothing was made",
        run: |HostGround { folder, .. }| dangling(folder, "writer.lock"),
    },
    HostAttack {
        id: "T-STORE-03",
        title: "a second name of a file of the user in place of the lock",
        held_by: LOCK,
        ends: "refused, the file is untouched",
        run: |HostGround { folder, .. }| hard_linked(folder, "writer.lock"),
    },
    HostAttack {
        id: "T-STORE-04",
        title: "a link to an empty file of the user in place of the database",
        held_by: OPEN,
        ends: "refused, the file is untouched",
        run: |HostGround { folder, .. }| linked(folder, "store.db"),
    },
    HostAttack {
        id: "T-STORE-05",
        title: "a link that points nowhere in place of the database",
        held_by: OPEN,
        ends: "refused, nothing was made",
        run: |HostGround { folder, .. }| dangling(folder, "store.db"),
    },
    HostAttack {
        id: "T-STORE-06",
        title: "a second name of a file of the user in place of the database",
        held_by: OPEN,
        ends: "refused, the file is untouched",
        run: |HostGround { folder, .. }| hard_linked(folder, "store.db"),
    },
    HostAttack {
        id: "T-STORE-07",
        title: "a link to a file of the user in place of the database's log",
        held_by: OPEN,
        ends: "refused, the file is untouched",
        run: |HostGround { folder, .. }| linked(folder, "store.db-wal"),
    },
    HostAttack {
        id: "T-STORE-08",
        title: "a link to a file of the user in place of the database's shared memory",
        held_by: OPEN,
        ends: "refused, the file is untouched",
        run: |HostGround { folder, .. }| linked(folder, "store.db-shm"),
    },
    HostAttack {
        id: "T-STORE-09",
        title: "a link to a file of the user in place of the seal",
        held_by: SEAL,
        ends: "refused, the file is untouched",
        run: |HostGround { folder, .. }| linked(folder, "store.seal"),
    },
    HostAttack {
        id: "T-STORE-10",
        title: "a link to a file of the user in place of a seal that is being written",
        held_by: SEAL,
        ends: "refused, the file is untouched",
        run: |HostGround { folder, .. }| linked(folder, "store.seal.new"),
    },
    HostAttack {
        id: "T-STORE-11",
        title: "a socket in place of the database",
        held_by: OPEN,
        ends: "refused",
        run: |HostGround { folder, .. }| {
            drop(made(folder)?);
            let socket = UnixListener::bind(folder.join("store.db.s")).map_err(text)?;
            fs::rename(folder.join("store.db.s"), folder.join("store.db")).map_err(text)?;
            let ended = opened(folder);
            drop(socket);
            Ok(ended)
        },
    },
    HostAttack {
        id: "T-STORE-12",
        title: "a folder in place of the lock",
        held_by: LOCK,
        ends: "refused",
        run: |HostGround { folder, .. }| {
            drop(made(folder)?);
            fs::remove_file(folder.join("writer.lock")).map_err(text)?;
            fs::create_dir(folder.join("writer.lock")).map_err(text)?;
            Ok(opened(folder))
        },
    },
    HostAttack {
        id: "T-STORE-13",
        title: "a schema in which one word is another",
        held_by: SCHEMA,
        ends: "refused as damaged",
        run: |HostGround { folder, .. }| {
            drop(made(folder)?);
            let path = folder.join("store.db");
            let bytes = fs::read(&path).map_err(text)?;
            fs::write(&path, replaced(&bytes, b"seal BLOB NOT NULL", b"seal TEXT NOT NULL")?)
                .map_err(text)?;
            Ok(opened(folder))
        },
    },
    HostAttack {
        id: "T-STORE-14",
        title: "a database of random bytes",
        held_by: OPEN,
        ends: "refused as damaged",
        run: |HostGround { folder, .. }| {
            drop(made(folder)?);
            let mut bytes = vec![0; 64 << 10];
            fill_without_pattern(&mut bytes);
            fs::write(folder.join("store.db"), bytes).map_err(text)?;
            Ok(opened(folder))
        },
    },
    HostAttack {
        id: "T-STORE-15",
        title: "an older state of the database under the newer seal",
        held_by: SEAL,
        ends: "refused as damaged",
        run: |HostGround { folder, .. }| {
            drop(made(folder)?);
            let earlier = fs::read(folder.join("store.db")).map_err(text)?;
            grow(&Store::open_writer(folder, "t").map_err(text)?)?;
            fs::write(folder.join("store.db"), earlier).map_err(text)?;
            Ok(opened(folder))
        },
    },
    HostAttack {
        id: "T-STORE-16",
        title: "an older state of the database under the newer seal, only checked",
        held_by: SEAL,
        ends: "damage is named",
        run: |HostGround { folder, .. }| {
            drop(made(folder)?);
            let earlier = fs::read(folder.join("store.db")).map_err(text)?;
            grow(&Store::open_writer(folder, "t").map_err(text)?)?;
            fs::write(folder.join("store.db"), earlier).map_err(text)?;
            let report = Store::open_reader(folder).and_then(|store| store.fsck()).map_err(text)?;
            let named = report.damaged.iter().any(|damage| damage.why.contains("rows are gone"));
            Ok(if named { "damage is named" } else { "nothing was noticed" }.to_owned())
        },
    },
    HostAttack {
        id: "T-STORE-17",
        title: "a seal of another text",
        held_by: SEAL,
        ends: "refused as damaged",
        run: |HostGround { folder, .. }| {
            drop(made(folder)?);
            fs::write(folder.join("store.seal"), "{\"format\":\"hyperspace-seal\"}").map_err(text)?;
            Ok(opened(folder))
        },
    },
    HostAttack {
        id: "T-STORE-18",
        title: "an object that could be written and not be read back",
        held_by: BATCH,
        ends: "refused",
        run: |HostGround { folder, .. }| {
            let mut batch = made(folder)?.batch().map_err(text)?;
            batch.put_blob(&vec![0; (256 << 20) + 1]);
            Ok(match batch.commit() {
                Err(StoreError::TooLarge { .. }) => "refused".to_owned(),
                other => format!("{other:?}"),
            })
        },
    },
    HostAttack {
        id: "T-STORE-19",
        title: "a database cut off in the middle",
        held_by: OPEN,
        ends: "damage is named",
        run: |HostGround { folder, .. }| {
            drop(made(folder)?);
            let bytes = fs::read(folder.join("store.db")).map_err(text)?;
            fs::write(folder.join("store.db"), &bytes[..bytes.len() / 2]).map_err(text)?;
            let found = match Store::open_reader(folder).and_then(|store| store.fsck()) {
                Ok(report) => !report.damaged.is_empty(),
                Err(error) => error.is_damage(),
            };
            Ok(if found { "damage is named" } else { "nothing was noticed" }.to_owned())
        },
    },
    HostAttack {
        id: "T-STORE-20",
        title: "a folder of somebody else's files",
        held_by: OPEN,
        ends: "refused, the file is untouched",
        run: |HostGround { folder, .. }| {
            let path = folder.join("mine");
            fs::write(&path, "mine").map_err(text)?;
            let refused = Store::open_or_create(folder, "t").is_err();
            untouched(refused, &path)
        },
    },
];

fn text(error: impl ToString) -> String {
    error.to_string()
}

fn run() -> Result<RecordId, String> {
    record_id("run", &json!({"seed": 1})).map_err(text)
}

/// Creates a store with a little of everything.
fn made(folder: &Path) -> Result<Store, String> {
    let store = Store::open_or_create(folder, "t").map_err(text)?;
    grow(&store)?;
    Ok(store)
}

/// Adds an entry to the journal of the store, and a reference.
fn grow(store: &Store) -> Result<(), String> {
    let run = run()?;
    let mut batch = store.batch().map_err(text)?;
    let record = batch.put_record("generation", &json!({"generation": 1})).map_err(text)?;
    batch.append(&run, "tick", json!({})).map_err(text)?;
    batch.set_ref(&run, "generation/1", &record);
    batch.commit().map_err(text)
}

/// Returns the result of opening the store for writing, in words.
fn opened(folder: &Path) -> String {
    match Store::open_writer(folder, "t") {
        Ok(_) => "opened".to_owned(),
        Err(error) if error.is_damage() => "refused as damaged".to_owned(),
        Err(_) => "refused".to_owned(),
    }
}

/// Opens and grows a store one of whose files was replaced, and returns whether that worked.
fn grown(folder: &Path) -> bool {
    Store::open_or_create(folder, "t").map_err(text).and_then(|store| grow(&store)).is_ok()
}

fn untouched(refused: bool, path: &Path) -> Result<String, String> {
    let same = fs::read_to_string(path).map_err(text)? == "mine";
    let refused = if refused { "refused" } else { "accepted" };
    Ok(format!("{refused}, the file is {}", if same { "untouched" } else { "changed" }))
}

/// Prepares a store without the file `name`, and a place beside it.
fn prepared(folder: &Path, name: &str) -> Result<(PathBuf, PathBuf), String> {
    let store = folder.join("store");
    drop(made(&store)?);
    match fs::remove_file(store.join(name)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(text(error)),
        _ => {}
    }
    Ok((store, folder.join("victim")))
}

fn linked(folder: &Path, name: &str) -> Result<String, String> {
    let (store, victim) = prepared(folder, name)?;
    fs::write(&victim, "mine").map_err(text)?;
    symlink(&victim, store.join(name)).map_err(text)?;
    untouched(!grown(&store), &victim)
}

fn hard_linked(folder: &Path, name: &str) -> Result<String, String> {
    let (store, victim) = prepared(folder, name)?;
    fs::write(&victim, "mine").map_err(text)?;
    fs::hard_link(&victim, store.join(name)).map_err(text)?;
    untouched(!grown(&store), &victim)
}

fn dangling(folder: &Path, name: &str) -> Result<String, String> {
    let (store, victim) = prepared(folder, name)?;
    symlink(&victim, store.join(name)).map_err(text)?;
    let refused = if grown(&store) { "accepted" } else { "refused" };
    Ok(format!("{refused}, {}", if victim.exists() { "a file was made" } else { "nothing was made" }))
}

/// Returns bytes in which every occurrence of a text is replaced by another one of the same length.
fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Result<Vec<u8>, String> {
    let mut changed = bytes.to_vec();
    let at = bytes.windows(from.len()).position(|window| window == from);
    let at = at.ok_or("the schema does not hold the text that is replaced")?;
    changed[at..at + to.len()].copy_from_slice(to);
    Ok(changed)
}

/// Fills bytes with a sequence without a pattern.
fn fill_without_pattern(bytes: &mut [u8]) {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for chunk in bytes.chunks_mut(8) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        chunk.copy_from_slice(&state.to_le_bytes()[..chunk.len()]);
    }
}
