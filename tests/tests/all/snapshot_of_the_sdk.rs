//! The guest's packages that are mounted at `/sdk` are those that the interpreter's snapshot has imported already.
//!
//! What is preloaded wins over what is mounted, so without this a changed package would have no effect, or only in
//! tracebacks.

use std::collections::BTreeMap;

#[test]
fn the_snapshot_was_taken_with_this_sdk() {
    let manifest: serde_json::Value = serde_json::from_str(hyperspace_python::manifest()).unwrap();
    let preloaded: BTreeMap<String, String> =
        serde_json::from_value(manifest["sdk_preloaded_blake3"].clone()).unwrap();
    let embedded: BTreeMap<String, String> = hyperspace_guest::sdk_files()
        .into_iter()
        .map(|(path, content)| (path.to_owned(), blake3::hash(content).to_hex().to_string()))
        .collect();
    let paths = preloaded.keys().chain(embedded.keys());
    let mut stale: Vec<&String> = paths.filter(|path| preloaded.get(*path) != embedded.get(*path)).collect();
    stale.sort();
    stale.dedup();
    assert!(
        stale.is_empty(),
        "guest-sdk/python differs from what the interpreter's snapshot has preloaded: {stale:?}. \
         Run python-runtime/recipe/build.sh and python-runtime/recipe/check.sh, and commit python-runtime/artifacts"
    );
}
