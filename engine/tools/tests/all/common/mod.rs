//! A guest with tools: what the tests share.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]
#![allow(dead_code, reason = "each file of tests uses a part of it")]

use std::sync::{Arc, OnceLock};

use hyperspace_core::{Decision, FileOp, FileSet, RelPath};
use hyperspace_sandbox::{FilePolicy, Files, Limits, Mount, Sandbox};
pub(crate) use hyperspace_testkit::files::{file_set, path as at};
use hyperspace_testkit::sandbox::config;

/// The edit scope: `task_agent.py`, `meta_agent.py` and `lib/**`.
pub(crate) struct Scope;

impl FilePolicy for Scope {
    fn decide(&self, path: &RelPath, _op: FileOp) -> Decision {
        let inside = ["task_agent.py", "meta_agent.py", "lib"].contains(&path.as_str())
            || path.as_str().starts_with("lib/");
        if inside { Decision::Allow } else { Decision::deny("it is outside of the edit scope") }
    }
}

pub(crate) fn sandbox() -> Sandbox {
    static SANDBOX: OnceLock<Sandbox> = OnceLock::new();
    let config = config().with_instances_max(2);
    SANDBOX.get_or_init(|| Sandbox::new(&config).unwrap()).clone()
}

/// The mounts of a meta agent.
pub(crate) fn mounts(repo: FileSet) -> Vec<Mount> {
    let mut sdk = FileSet::new();
    for (path, content) in hyperspace_guest::sdk_files() {
        sdk.insert(at(path), content).unwrap();
    }
    vec![
        Mount::read_write(at("repo"), repo).policy(Arc::new(Scope)),
        Mount::read_only(at("repo/evals"), file_set(&[("gen_1_0/report.json", "{\"score\": 0.25}\n")])),
        Mount::read_only(at("sdk"), sdk),
    ]
}

/// Files of no guest, for the shell alone: without the interpreter's library, so without `python3`.
pub(crate) fn files(repo: FileSet) -> Files {
    let mut mounts = mounts(repo);
    mounts.push(Mount::scratch(at("tmp")));
    Files::new(mounts, &Limits::default()).unwrap()
}
