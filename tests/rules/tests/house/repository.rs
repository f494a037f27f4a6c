//! The files of the repository, as text.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub(crate) fn toml(path: &str) -> toml::Table {
    read(path).parse().unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Names of the packages that a manifest depends on, for any target; `kinds` of dependencies.
pub(crate) fn dependencies(folder: &str, kinds: &[&str]) -> BTreeSet<String> {
    let manifest = toml(&format!("{folder}/Cargo.toml"));
    let targets = manifest.get("target").and_then(|targets| targets.as_table());
    let tables = targets.into_iter().flatten().filter_map(|(_, table)| table.as_table());
    let mut names = BTreeSet::new();
    for table in tables.chain([&manifest]) {
        for kind in kinds {
            for (name, entry) in table.get(*kind).and_then(|table| table.as_table()).into_iter().flatten() {
                let renamed = entry.get("package").and_then(|package| package.as_str());
                names.insert(renamed.unwrap_or(name).to_owned());
            }
        }
    }
    names
}

pub(crate) const ALL_KINDS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// Every file of the repository: what git tracks, or, in a copy without history, everything but build output.
pub(crate) fn files() -> Vec<String> {
    let git = Command::new("git").arg("-C").arg(root()).args(["ls-files", "-z"]).output();
    if let Ok(output) = git
        && output.status.success()
        && !output.stdout.is_empty()
    {
        let text = String::from_utf8(output.stdout).unwrap();
        let listed = text.split('\0').filter(|path| !path.is_empty()).map(str::to_owned);
        return listed.filter(|path| root().join(path).is_file()).collect();
    }
    let mut found = vec![];
    walk(&root(), &mut found);
    found
}

pub(crate) fn walk(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let skipped = ["target", ".git", ".hyperspace", "__pycache__", "work"].contains(&name.as_str());
        if path.is_dir() && !skipped {
            walk(&path, found);
        } else if path.is_file() {
            found.push(path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned());
        }
    }
}

/// Text files with their content; lock files are written by cargo and are not ours to word.
pub(crate) fn texts() -> Vec<(String, String)> {
    let ours = files().into_iter().filter(|path| !path.ends_with("Cargo.lock"));
    let texts: Vec<_> = ours
        .filter_map(|path| Some((path.clone(), String::from_utf8(fs::read(root().join(path)).ok()?).ok()?)))
        .collect();
    assert!(texts.len() > 50, "the files of the repository were not found");
    texts
}

/// Rust sources below a folder.
pub(crate) fn sources(folder: &str) -> Vec<(String, String)> {
    let prefix = format!("{folder}/");
    let sources: Vec<_> =
        texts().into_iter().filter(|(path, _)| path.starts_with(&prefix) && path.ends_with(".rs")).collect();
    assert!(!sources.is_empty(), "{folder} has no sources");
    sources
}

/// Lines of code, without comments.
pub(crate) fn code(source: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = source.lines().map(|line| line.split("//").next().unwrap_or_default());
    (1..).zip(lines).filter(|(_, line)| !line.trim().is_empty())
}

/// Returns whether `word` occurs in `line` as whole identifiers.
pub(crate) fn has_word(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let goes_on = |rest: &str| word.ends_with(is_part) && rest.starts_with(is_part);
    line.match_indices(word)
        .any(|(at, _)| !line[..at].ends_with(is_part) && !goes_on(&line[at + word.len()..]))
}

#[test]
fn words_are_whole() {
    for (line, word, found) in [
        ("use clap::Parser;", "clap::", true),
        ("use my_clap::Parser;", "clap::", false),
        ("std::env::var", "std::env", true),
        ("std::environ", "std::env", false),
        ("let x = std::env;", "std::env", true),
    ] {
        assert_eq!(has_word(line, word), found, "{line}");
    }
    let commented: Vec<_> = code("//! clap::\n\nuse a; // clap::\n").collect();
    assert_eq!(commented, [(3, "use a; ")]);
}
