//! The release archive: its contents, and that the same binary gives the same archive.

#![expect(clippy::unwrap_used, reason = "a failure here is the failure of a test")]

use std::path::{Path, PathBuf};
use std::process::Command;

use hyperspace_testkit::paths::repository;

/// Files that the archive holds at least, below its one folder.
const FILES: [&str; 10] = [
    "hyperspace",
    "README.md",
    "CHANGELOG.md",
    "LICENSE",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "man/man1/hyperspace.1",
    "completions/hyperspace.bash",
    "completions/hyperspace.fish",
    "completions/_hyperspace",
];

/// Packs the command of this build; the path of the archive.
fn pack(folder: &Path) -> PathBuf {
    let mut script = Command::new(repository().join("dist/build.sh"));
    script.args(["--program", env!("CARGO_BIN_EXE_hyperspace"), "--to"]).arg(folder);
    let output = script.env("SOURCE_DATE_EPOCH", "0").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
}

#[test]
fn the_archive_has_everything_and_repeats() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (first, second) = (pack(one.path()), pack(two.path()));
    assert!(std::fs::read(&first).unwrap() == std::fs::read(&second).unwrap(), "the archive does not repeat");
    assert!(first.with_extension("gz.sha256").exists());

    let list = Command::new("tar").arg("-tzf").arg(&first).output().unwrap();
    let listed = String::from_utf8(list.stdout).unwrap();
    let folder = first.file_name().unwrap().to_str().unwrap().trim_end_matches(".tar.gz").to_owned();
    assert!(folder.starts_with(&format!("hyperspace-{}-", env!("CARGO_PKG_VERSION"))), "{folder}");
    for file in FILES {
        assert!(
            listed.lines().any(|line| line == format!("{folder}/{file}")),
            "{file} is missing:\n{listed}"
        );
    }
    for prefix in [
        "man/man1/hyperspace-evolve",
        "licenses/python-runtime/",
        "licenses/crates.txt",
        "licenses/crates/wasmtime-",
    ] {
        assert!(listed.contains(&format!("{folder}/{prefix}")), "{prefix} is missing:\n{listed}");
    }

    // The packed binary runs, away from its build.
    let unpacked = Command::new("tar").arg("-xzf").arg(&first).arg("-C").arg(one.path()).status().unwrap();
    assert!(unpacked.success());
    let version =
        Command::new(one.path().join(&folder).join("hyperspace")).arg("--version").output().unwrap();
    assert_eq!(
        String::from_utf8(version.stdout).unwrap(),
        format!("hyperspace {}\n", env!("CARGO_PKG_VERSION"))
    );
}
