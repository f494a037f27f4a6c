//! The command `attack`, as it is installed.

#![expect(clippy::unwrap_used, reason = "a failure here is the failure of a test")]

use std::path::Path;
use std::process::{Command, Output};

fn attack(arguments: &[&str]) -> Output {
    let cache = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/hyperspace-cache");
    let mut command = Command::new(env!("CARGO_BIN_EXE_hyperspace"));
    command.arg("attack").args(arguments).arg("--cache-dir").arg(cache).output().unwrap()
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

#[test]
fn an_attack_that_does_not_exist_is_a_mistake_of_the_user() {
    let output = attack(&["T-NONE"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "error: no attack begins with T-NONE; try T-CPU, or T-FS-01\n"
    );
}
