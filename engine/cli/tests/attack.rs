//! The command `attack`, as it is installed.

#![expect(clippy::unwrap_used, reason = "a failure here is the failure of a test")]

use std::path::Path;
use std::process::{Command, Output};

use hyperspace_testkit::paths::interpreter_cache;

fn attack(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hyperspace"));
    command.arg("attack").args(arguments).arg("--cache-dir").arg(interpreter_cache()).output().unwrap()
}

#[test]
fn what_is_contained_is_told_as_one_document() {
    let output = attack(&["--json", "T-CPU-01", "T-FS-01", "T-HACK-02", "T-OUT-01"]);
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{document:#}");
    assert_eq!((document["cases"].as_u64(), document["contained"].as_u64()), (Some(4), Some(4)));
    assert_eq!(document["failed"], serde_json::json!([]));
    assert_eq!(document["findings"][0]["observed"], "out-of-fuel");
}

#[test]
fn people_get_a_table() {
    let output = attack(&["T-CPU-01"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("T-CPU-01  an endless loop  out-of-fuel  as expected  clean"), "{text}");
    assert!(text.contains("1 of 1 contained in "), "{text}");
}

/// Hostile stores and folders are planted by the hardened process itself.
#[test]
fn what_the_suite_plants_can_be_planted_under_hardening() {
    let output = attack(&["--json", "--harden", "auto", "T-STORE"]);
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{document:#}");
    assert!(document["cases"].as_u64().unwrap() >= 20, "{document:#}");
    assert_eq!(document["cases"], document["contained"]);
}

#[test]
fn an_attack_that_does_not_exist_is_a_mistake_of_the_user() {
    let output = attack(&["T-NONE"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "error: no attack begins with T-NONE; try T-CPU, or T-FS-01\n"
    );
}

/// Secrets in the environment, in standard input and in the working folder of the command: no guest sees them, and nothing of
/// them is printed.
#[test]
fn what_surrounds_the_process_is_not_seen() {
    const SECRET: &str = "PLANTED-AROUND-THE-PROCESS";
    let folder = tempfile::tempdir().unwrap();
    for name in ["sitecustomize.py", "json.py", "planted_module.py", ".env", "secret.txt"] {
        std::fs::write(folder.path().join(name), format!("print('{SECRET}')\n")).unwrap();
    }
    let input = std::fs::File::open(folder.path().join("secret.txt")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_hyperspace"));
    command
        .args(["attack", "--json", "T-HOST", "T-PROC-1", "T-FS-3", "T-TIME-05", "--cache-dir"])
        .arg(interpreter_cache());
    command.current_dir(folder.path()).stdin(input).env("PYTHONPATH", folder.path());
    for name in ["A_PLANTED_API_KEY", "PYTHONSTARTUP", "PLANTED"] {
        command.env(name, SECRET);
    }
    let before: Vec<_> = names(folder.path());
    let output = command.output().unwrap();
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{:#}", document["failed"]);
    assert!(document["cases"].as_u64().unwrap() >= 20);
    for said in [&output.stdout, &output.stderr] {
        assert!(!String::from_utf8_lossy(said).contains(SECRET));
    }
    assert_eq!(names(folder.path()), before, "the working folder was changed");
}

fn names(folder: &Path) -> Vec<std::ffi::OsString> {
    let mut names: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    names
}
