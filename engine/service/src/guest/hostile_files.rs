//! Attacks through files and folders that a user is led to name: settings, cassettes, agents, destinations of an export.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;

use hyperspace_attack::{HostAttack, HostGround};
use hyperspace_core::{EditScope, FileSet};
use hyperspace_llm::FileCassette;

use crate::files;
use crate::project;
use crate::settings::Settings;

const READ: &str = "engine/service/src/files/read.rs";
const NEW_FOLDER: &str = "engine/service/src/files/new_folder.rs";
const SETTINGS: &str = "engine/service/src/settings.rs";
const REFERS: &str = "engine/service/src/project/refers.rs";
const SCOPE: &str = "engine/core/src/edit_scope.rs";
const CASSETTE: &str = "engine/llm/src/cassette/file.rs";

/// The attacks, in order.
pub(crate) const HOSTILE_FILES: &[HostAttack] = &[
    HostAttack {
        id: "T-CONF-01",
        title: "a socket in place of the settings file",
        held_by: READ,
        ends: "refused",
        run: |HostGround { folder, .. }| {
            let _listener = UnixListener::bind(folder.join("s")).map_err(text)?;
            Ok(ended(files::read_settings(&folder.join("s"))))
        },
    },
    HostAttack {
        id: "T-CONF-02",
        title: "a folder in place of the settings file",
        held_by: READ,
        ends: "refused",
        run: |HostGround { folder, .. }| Ok(ended(files::read_settings(folder))),
    },
    HostAttack {
        id: "T-CONF-03",
        title: "settings of a gigabyte",
        held_by: READ,
        ends: "refused",
        run: |HostGround { folder, .. }| {
            let file = fs::File::create(folder.join("s")).map_err(text)?;
            file.set_len(1 << 30).map_err(text)?;
            Ok(ended(files::read_settings(&folder.join("s"))))
        },
    },
    HostAttack {
        id: "T-CONF-04",
        title: "settings that are no text",
        held_by: READ,
        ends: "refused",
        run: |HostGround { folder, .. }| {
            fs::write(folder.join("s"), [0xff; 100]).map_err(text)?;
            Ok(ended(files::read_settings(&folder.join("s"))))
        },
    },
    HostAttack {
        id: "T-CONF-05",
        title: "60,000 braces within each other in an edit scope",
        held_by: SCOPE,
        ends: "refused",
        run: |_| Ok(ended(EditScope::new(&["{".repeat(60_000)]))),
    },
    HostAttack {
        id: "T-CONF-06",
        title: "100,000 lists within each other in the settings",
        held_by: SETTINGS,
        ends: "refused",
        run: |_| Ok(ended(Settings::parse("s", &format!("store = {}", "[".repeat(100_000))))),
    },
    HostAttack {
        id: "T-CONF-07",
        title: "a key of 100,000 parts in the settings",
        held_by: SETTINGS,
        ends: "refused",
        run: |_| Ok(ended(Settings::parse("s", &format!("{}a = 1", "a.".repeat(100_000))))),
    },
    HostAttack {
        id: "T-CONF-08",
        title: "a cassette in place of a file of the user",
        held_by: CASSETTE,
        ends: "refused, the file is untouched",
        run: |HostGround { folder, .. }| {
            fs::write(folder.join("mine"), "{\"token\":\"x\"}").map_err(text)?;
            let ended = ended(FileCassette::append_to(&folder.join("mine")));
            let same = fs::read_to_string(folder.join("mine")).map_err(text)? == "{\"token\":\"x\"}";
            Ok(format!("{ended}, the file is {}", if same { "untouched" } else { "changed" }))
        },
    },
    HostAttack {
        id: "T-CONF-09",
        title: "a cassette that is a link",
        held_by: CASSETTE,
        ends: "refused",
        run: |HostGround { folder, .. }| {
            symlink(folder.join("mine"), folder.join("link")).map_err(text)?;
            Ok(ended(FileCassette::append_to(&folder.join("link"))))
        },
    },
    HostAttack {
        id: "T-FOLD-01",
        title: "an agent with a link out of its folder",
        held_by: READ,
        ends: "refused",
        run: |HostGround { folder, .. }| {
            symlink("/etc/passwd", folder.join("task_agent.py")).map_err(text)?;
            Ok(ended(files::read_set(folder)))
        },
    },
    HostAttack {
        id: "T-FOLD-02",
        title: "an agent with a link to a folder",
        held_by: READ,
        ends: "refused",
        run: |HostGround { folder, .. }| {
            symlink("/", folder.join("lib")).map_err(text)?;
            Ok(ended(files::read_set(folder)))
        },
    },
    HostAttack {
        id: "T-FOLD-03",
        title: "an agent with a socket",
        held_by: READ,
        ends: "refused",
        run: |HostGround { folder, .. }| {
            let _listener = UnixListener::bind(folder.join("s")).map_err(text)?;
            Ok(ended(files::read_set(folder)))
        },
    },
    HostAttack {
        id: "T-FOLD-04",
        title: "an agent of 40 folders within each other",
        held_by: READ,
        ends: "refused",
        run: |HostGround { folder, .. }| {
            fs::create_dir_all(folder.join(vec!["d"; 40].join("/"))).map_err(text)?;
            Ok(ended(files::read_set(folder)))
        },
    },
    HostAttack {
        id: "T-FOLD-05",
        title: "an agent with a file of a terabyte",
        held_by: READ,
        ends: "refused",
        run: |HostGround { folder, .. }| {
            let file = fs::File::create(folder.join("large")).map_err(text)?;
            file.set_len(1 << 40).map_err(text)?;
            Ok(ended(files::read_set(folder)))
        },
    },
    HostAttack {
        id: "T-FOLD-06",
        title: "an agent with a line break in a name",
        held_by: READ,
        ends: "refused",
        run: |HostGround { folder, .. }| {
            fs::write(folder.join("a\nb"), "x").map_err(text)?;
            Ok(ended(files::read_set(folder)))
        },
    },
    HostAttack {
        id: "T-FOLD-07",
        title: "an export to a link",
        held_by: NEW_FOLDER,
        ends: "refused, the other folder is untouched",
        run: |HostGround { folder, .. }| {
            fs::create_dir(folder.join("theirs")).map_err(text)?;
            symlink(folder.join("theirs"), folder.join("to")).map_err(text)?;
            exported(folder)
        },
    },
    HostAttack {
        id: "T-FOLD-08",
        title: "an export beside a link with the name of the unfinished one",
        held_by: NEW_FOLDER,
        ends: "accepted, the other folder is untouched",
        run: |HostGround { folder, .. }| {
            fs::create_dir(folder.join("theirs")).map_err(text)?;
            symlink(folder.join("theirs"), folder.join(".to.unfinished")).map_err(text)?;
            exported(folder)
        },
    },
    HostAttack {
        id: "T-FOLD-09",
        title: "a task that refers to a folder of the user",
        held_by: REFERS,
        ends: "refused",
        run: |HostGround { folder, .. }| {
            fs::create_dir(folder.join("theirs")).map_err(text)?;
            fs::write(folder.join("theirs/mine"), "mine").map_err(text)?;
            let theirs = folder.join("theirs");
            let refers = format!("project = {theirs:?}\nprogram = \"mine\"\nseed = \"mine\"\n");
            let task = FileSet::try_from([("refers.toml", refers.as_str())]).map_err(text)?;
            Ok(ended(project::join(&task, folder, Some(folder))))
        },
    },
];

fn text(error: impl ToString) -> String {
    error.to_string()
}

fn ended<T, E>(result: Result<T, E>) -> String {
    if result.is_ok() { "accepted" } else { "refused" }.to_owned()
}

/// Exports a file to `to`, beside a folder `theirs` that must stay untouched.
fn exported(folder: &Path) -> Result<String, String> {
    fs::write(folder.join("theirs/mine"), "mine").map_err(text)?;
    let set = FileSet::try_from([("a", "1")]).map_err(text)?;
    let ended = ended(files::write(&folder.join("to"), &set));
    let names = fs::read_dir(folder.join("theirs")).map_err(text)?;
    let names: Vec<_> = names.filter_map(Result::ok).map(|entry| entry.file_name()).collect();
    let same = names == ["mine"];
    Ok(format!("{ended}, the other folder is {}", if same { "untouched" } else { "changed" }))
}
