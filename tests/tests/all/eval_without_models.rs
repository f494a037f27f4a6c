//! The evaluator without the feature `models` pulls in nothing that speaks to a network.

use std::path::Path;
use std::process::Command;

/// Crates that open connections, and the crate that calls models.
const NETWORK: [&str; 6] = ["reqwest", "rustls", "hyper", "hyper-util", "ring", "hyperspace-llm"];

/// Returns the names of all crates that `hyperspace-eval` is built of.
fn dependencies(arguments: &[&str]) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "-p", "hyperspace-eval", "-e", "normal", "--prefix", "none"])
        .args(arguments)
        .current_dir(root)
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let text = String::from_utf8(tree.stdout).unwrap();
    text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

#[test]
fn no_network_without_the_feature_models() {
    let found = dependencies(&["--no-default-features"]);
    assert!(found.iter().any(|name| name == "wasmtime"), "{found:?}");
    for name in NETWORK {
        assert!(!found.iter().any(|other| other == name), "{name} is built in");
    }
    let with = dependencies(&["--features", "models"]);
    assert!(with.iter().any(|name| name == "reqwest") && with.iter().any(|name| name == "hyperspace-llm"));
}
