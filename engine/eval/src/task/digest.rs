//! Digests of tasks.

use std::collections::BTreeMap;

use hyperspace_core::{FileSet, TreeId, canon};
use hyperspace_sandbox::RuntimeName;
use serde_json::{Value, json};

use crate::case::Case;

use super::error::TaskError;
use super::external::UserData;
use super::handle::TaskParts;
use super::rows::format;

const FILES_CONTEXT: &str = "hyperspace v1 task";
const PACKAGES_CONTEXT: &str = "hyperspace v1 task with packages";
const BUILT_CONTEXT: &str = "hyperspace v1 built task";

/// Returns the digest of a task from files, which covers all files with their paths, and the external data.
pub(super) fn of_files(files: &FileSet, external: Option<&UserData>) -> String {
    let mut hasher = blake3::Hasher::new_derive_key(FILES_CONTEXT);
    let mut framed = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    framed(&(files.len() as u64).to_le_bytes());
    for (path, bytes) in files.iter() {
        framed(path.as_str().as_bytes());
        framed(bytes);
    }
    match external {
        None => {}
        Some(UserData::File { label, bytes }) => {
            framed(format(label).as_bytes());
            framed(bytes);
        }
        Some(UserData::Folder { files, .. }) => {
            framed(b"folder");
            framed(&(files.len() as u64).to_le_bytes());
            for (path, bytes) in files.iter() {
                framed(path.as_str().as_bytes());
                framed(bytes);
            }
        }
    }
    hasher.finalize().to_hex().to_string()
}

/// Returns the digest of a task with packages in addition to its own.
pub(super) fn with_packages(digest: &str, packages: &TreeId) -> String {
    let mut hasher = blake3::Hasher::new_derive_key(PACKAGES_CONTEXT);
    hasher.update(digest.as_bytes());
    hasher.update(packages.to_string().as_bytes());
    hasher.finalize().to_hex().to_string()
}

/// Returns the digest of a task built in code, which covers everything that determines an evaluation, as canonical bytes.
pub(super) fn of_parts(parts: &TaskParts, cases: &[(&'static str, &[Case])]) -> Result<String, TaskError> {
    let mut splits = BTreeMap::new();
    for (split, cases) in cases {
        let cases = cases.iter().map(of_case).collect::<Result<Vec<Value>, _>>()?;
        splits.insert(*split, cases);
    }
    let stage = parts.stage.as_ref();
    let mut body = json!({
        "name": parts.name,
        "direction": parts.direction,
        "entry": {
            "module": parts.entry.module, "function": parts.entry.function,
            "class": parts.entry.class, "model": parts.entry.model,
        },
        "rule": parts.scorer.rule(),
        "failed_cases_count": parts.on_failure.is_wrong(),
        "stage": stage.map(|stage| json!({"cases": stage.cases, "threshold": stage.threshold})),
        "limits": parts.limits,
        "cases": splits,
    });
    if let Some(runtime) = parts.runtime.filter(|runtime| *runtime != RuntimeName::default()) {
        body["runtime"] = runtime.as_str().into();
    }
    let bytes = canon::encode(&body)
        .map_err(|error| TaskError::data(&parts.name, "cases", "canonical JSON", error))?;
    let mut hasher = blake3::Hasher::new_derive_key(BUILT_CONTEXT);
    hasher.update(&bytes);
    Ok(hasher.finalize().to_hex().to_string())
}

fn of_case(case: &Case) -> Result<Value, TaskError> {
    let data = case.data_to_json();
    let data =
        data.map_err(|error| TaskError::data(&case.name, "data", "data that can be written as JSON", error))?;
    let mut body = json!({"name": case.name, "data": data, "expected": case.expected});
    if let Some(group) = &case.group {
        body["group"] = group.as_str().into();
    }
    Ok(body)
}
