//! The rules of `ARCHITECTURE.md` that a compiler does not check: arrows point down, powers have one owner, texts stay short
//! and know no machine.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod house;

use std::collections::{BTreeMap, BTreeSet};

use house::repository::{ALL_KINDS, code, dependencies, has_word, read, sources, texts, toml};

/// Crates of the house by level; an arrow may only point to a lower one. The page has the same table.
const LEVELS: &[(&str, &str, u8)] = &[
    ("hyperspace-core", "engine/core", 0),
    ("hyperspace-markspace", "engine/markspace", 1),
    ("hyperspace-source", "engine/source", 1),
    ("hyperspace-store", "engine/store", 2),
    ("hyperspace-python", "python-runtime", 0),
    ("hyperspace-shell", "shell-runtime", 0),
    ("hyperspace-guest", "guest-sdk", 0),
    ("hyperspace-sandbox", "engine/sandbox", 1),
    ("hyperspace-llm", "engine/llm", 1),
    ("hyperspace-eval", "engine/eval", 2),
    ("hyperspace-tools", "engine/tools", 2),
    ("hyperspace-evolve", "engine/evolve", 3),
    ("hyperspace-attack", "engine/attack", 3),
    ("hyperspace-replay", "engine/replay", 4),
    ("hyperspace-interop", "engine/interop", 4),
    ("hyperspace-report", "engine/report", 4),
    ("hyperspace-service", "engine/service", 5),
    ("hyperspace", "engine/hyperspace", 6),
    ("hyperspace-server", "engine/server", 6),
    ("hyperspace-cli", "engine/cli", 7),
    ("hyperspace-wheel", "bindings/python", 7),
];

/// Crates outside of the house: they may depend on all of it, and nothing in it depends on them.
const OUTSIDE: &[(&str, &str)] = &[
    ("hyperspace-benches", "benches"),
    ("hyperspace-canonical-nan", "python-runtime/recipe/nan"),
    ("hyperspace-testkit", "engine/testkit"),
    ("hyperspace-tests", "tests"),
    ("hyperspace-rules", "tests/rules"),
];

/// Dependencies that are a power, and the one crate that may hold it.
const POWERS: [(&str, &str); 24] = [
    ("anyhow", "engine/cli"),
    ("bashkit", "shell-runtime"),
    ("cap-std", "engine/service"),
    ("clap", "engine/cli"),
    ("hyper", "engine/llm"),
    ("hyper-util", "engine/llm"),
    ("http-body-util", "engine/llm"),
    ("indicatif", "engine/cli"),
    ("landlock", "engine/sandbox"),
    ("pyo3", "bindings/python"),
    ("reqwest", "engine/llm"),
    ("rmcp", "engine/server"),
    ("axum", "engine/server"),
    ("axum-server", "engine/server"),
    ("utoipa", "engine/server"),
    ("rusqlite", "engine/store"),
    ("rustix", "engine/sandbox"),
    ("rustls", "engine/llm"),
    ("seccompiler", "engine/sandbox"),
    ("tracing-subscriber", "engine/cli"),
    ("tree-sitter", "engine/source"),
    ("tree-sitter-python", "engine/source"),
    ("wasmtime", "engine/sandbox"),
    ("wasmtime-environ", "engine/sandbox"),
];

/// Dependencies that the lowest crates do not have.
const UNKNOWN_BELOW: [&str; 5] = ["async-trait", "getrandom", "rand", "rand_chacha", "tokio"];

const LINES_MAX: usize = 800;

#[test]
fn every_member_of_the_workspace_has_a_level() {
    let known: BTreeMap<&str, &str> = LEVELS
        .iter()
        .map(|(name, folder, _)| (*folder, *name))
        .chain(OUTSIDE.iter().map(|(name, folder)| (*folder, *name)))
        .collect();
    let workspace = toml("Cargo.toml");
    let members = workspace["workspace"]["members"].as_array().unwrap();
    for member in members {
        let folder = member.as_str().unwrap();
        let name = toml(&format!("{folder}/Cargo.toml"))["package"]["name"].as_str().unwrap().to_owned();
        assert_eq!(
            known.get(folder),
            Some(&name.as_str()),
            "{folder}: give it a level, here and in ARCHITECTURE.md"
        );
    }
    assert_eq!(members.len(), known.len(), "a crate of the table is not in the workspace");
    let page = read("ARCHITECTURE.md");
    for &(name, folder, level) in LEVELS {
        let row = page.lines().find(|line| line.starts_with(&format!("| {level} | `{name}` (`{folder}`) |")));
        assert!(row.is_some(), "ARCHITECTURE.md does not say that {name} ({folder}) is on level {level}");
    }
}

#[test]
fn arrows_point_down() {
    let level: BTreeMap<&str, u8> = LEVELS.iter().map(|(name, _, level)| (*name, *level)).collect();
    for &(name, folder, own) in LEVELS {
        for dependency in dependencies(folder, &ALL_KINDS) {
            // Shared fixtures depend on the crate whose tests use them; cargo allows that circle for dev-dependencies alone.
            let fixtures = dependency == "hyperspace-testkit"
                && !dependencies(folder, &["dependencies", "build-dependencies"]).contains(&dependency);
            if dependency.starts_with("hyperspace") && !fixtures {
                let other = level.get(dependency.as_str());
                assert!(other.is_some_and(|other| *other < own), "{name} may not depend on {dependency}");
            }
        }
        for (path, source) in sources(folder) {
            for (number, line) in code(&source) {
                for (other, _, above) in
                    LEVELS.iter().filter(|(other, ..)| *other != "hyperspace" && *other != name)
                {
                    let word = other.replace('-', "_");
                    let named = has_word(line, &format!("{word}::"))
                        || line.trim_start().starts_with(&format!("use {word}"));
                    assert!(!named || *above < own, "{path}:{number}: {name} may not name {other}");
                }
            }
        }
    }
}

#[test]
fn a_power_has_one_owner() {
    for &(_, folder, _) in LEVELS {
        for dependency in dependencies(folder, &ALL_KINDS) {
            for (power, owner) in POWERS {
                assert!(
                    dependency != power || folder == owner,
                    "{folder}: only {owner} may depend on {power}"
                );
            }
        }
        for (path, source) in sources(folder).into_iter().filter(|(path, _)| !path.contains("/recipe/")) {
            for (number, line) in code(&source) {
                for (power, owner) in POWERS {
                    let named = has_word(line, &format!("{}::", power.replace('-', "_")));
                    assert!(!named || folder == owner, "{path}:{number}: only {owner} may name {power}");
                }
            }
        }
    }
}

#[test]
fn the_lowest_crates_know_no_async_and_no_randomness() {
    for (name, folder, _) in LEVELS.iter().filter(|(_, _, level)| *level == 0) {
        for dependency in dependencies(folder, &["dependencies", "build-dependencies"]) {
            assert!(!UNKNOWN_BELOW.contains(&dependency.as_str()), "{name} may not depend on {dependency}");
        }
    }
}

#[test]
fn only_front_ends_read_what_surrounds_the_process() {
    // What the compiler knows of its target is no ambient state.
    const ALLOWED: &str = "env::consts::";
    // The backstop and the server measure real time; nothing that is recorded depends on it.
    const CLOCKS: [&str; 2] = ["engine/sandbox/src/backstop.rs", "engine/server/src/clock.rs"];
    const FRONT_ENDS: [&str; 2] = ["engine/cli", "bindings/python"];
    for (_, folder, _) in LEVELS.iter().filter(|(_, folder, _)| !FRONT_ENDS.contains(folder)) {
        for (path, source) in sources(folder).into_iter().filter(|(path, _)| {
            path.contains("/src/") && !path.contains("/recipe/") && !CLOCKS.contains(&path.as_str())
        }) {
            for (number, line) in code(&source) {
                let line = line.replace(ALLOWED, "");
                let reads = [
                    "std::env",
                    "env::var",
                    "env::args",
                    "current_dir",
                    "home_dir",
                    "SystemTime::now",
                    "Instant::now",
                ]
                .into_iter()
                .find(|word| has_word(&line, word));
                assert_eq!(
                    reads, None,
                    "{path}:{number}: it is read in a front end alone and handed down as a value"
                );
            }
        }
    }
}

/// In the engine. The guest of the shell, which runs inside of the sandbox, calls its host through bindings that are `unsafe`; a tool of the recipe
/// loads modules that it has compiled.
#[test]
fn unsafe_code_is_in_three_files() {
    let own = file!().rsplit('/').next().unwrap();
    let rust = texts().into_iter().filter(|(path, _)| {
        let outside = ["shell-runtime/guest/", "python-runtime/recipe/snapshot/"];
        path.ends_with(".rs")
            && !path.ends_with(own)
            && !outside.iter().any(|folder| path.starts_with(folder))
    });
    let found: BTreeSet<String> = rust
        .filter(|(_, text)| code(text).any(|(_, line)| has_word(line, "unsafe")))
        .map(|(path, _)| path)
        .collect();
    let allowed = [
        "module_cache.rs",
        "memory/linear_memory.rs",
        "memory/linear_memory/tests.rs",
        "memory/pagemap_scan.rs",
    ]
    .map(|name| format!("engine/sandbox/src/{name}"));
    assert_eq!(found, BTreeSet::from(allowed));
}

#[test]
fn files_are_short() {
    let ours = |path: &str| {
        let source = [".rs", ".py", ".sh", ".c", ".toml", ".md"].iter().any(|ending| path.ends_with(ending));
        source || path.starts_with(".ci/")
    };
    for (path, text) in texts().iter().filter(|(path, _)| ours(path)) {
        let lines = text.lines().count();
        assert!(lines <= LINES_MAX, "{path} has {lines} lines; at most {LINES_MAX}");
    }
}

#[test]
fn texts_know_no_machine_and_no_registry() {
    // Put together here, so that this file does not hold them.
    let hosts = [
        ["crates", ".io"],
        ["pypi", ".org"],
        ["pythonhosted", ".org"],
        ["npmjs", ".org"],
        ["deb.debian", ".org"],
        ["snapshot.debian", ".org"],
        ["security.debian", ".org"],
        ["ftp.debian", ".org"],
        ["archive.ubuntu", ".com"],
        ["proxy.golang", ".org"],
    ]
    .map(|parts| parts.concat());
    let folders = ["home", "Users", "work/main", "work/wt", "root", "mnt"].map(|name| format!("/{name}/"));
    for (path, text) in texts() {
        for (number, line) in (1..).zip(text.lines()) {
            let host = hosts.iter().find(|host| line.contains(host.as_str()));
            assert_eq!(host, None, "{path}:{number}: the address of a registry");
            let inside = |c: char| c.is_alphanumeric() || "._-}$~/".contains(c);
            let folder = folders.iter().find(|folder| {
                line.match_indices(folder.as_str()).any(|(at, _)| !line[..at].ends_with(inside))
            });
            assert_eq!(folder, None, "{path}:{number}: a path of one machine");
        }
    }
}

#[test]
fn the_engine_states_the_version_of_wasmtime_that_is_locked() {
    let source = read("engine/sandbox/src/engine.rs");
    let stated =
        source.lines().find_map(|line| line.strip_prefix("pub const WASMTIME_VERSION: &str = \"")).unwrap();
    let stated = stated.trim_end_matches("\";");
    let lock = toml("Cargo.lock");
    let packages = lock["package"].as_array().unwrap().iter();
    let versions: Vec<&str> = packages
        .filter(|package| package["name"].as_str() == Some("wasmtime"))
        .map(|package| package["version"].as_str().unwrap())
        .collect();
    assert_eq!(versions, [stated], "wasmtime of Cargo.lock against WASMTIME_VERSION");
}
