//! The Python packages that guests import, embedded as bytes.
//!
//! The host mounts them read-only at `/sdk`. They are plain Python files below `python/`. The snapshot of the interpreter has
//! imported them already, from equal bytes, and their tree is part of run configurations: a change makes other runs. This
//! crate runs nothing.

mod limits_module;

use std::collections::BTreeMap;

pub use limits_module::{LimitNumbers, limits_module};

/// All files by their path below `/sdk`, sorted.
static FILES: &[(&str, &[u8])] = &[
    ("agent/__init__.py", include_bytes!("../python/agent/__init__.py")),
    ("agent/agentic_loop.py", include_bytes!("../python/agent/agentic_loop.py")),
    ("agent/llm_client.py", include_bytes!("../python/agent/llm_client.py")),
    ("agent/tools/__init__.py", include_bytes!("../python/agent/tools/__init__.py")),
    ("agent/tools/bash_tool.py", include_bytes!("../python/agent/tools/bash_tool.py")),
    ("agent/tools/editor_tool.py", include_bytes!("../python/agent/tools/editor_tool.py")),
    ("agent/tools/registry.py", include_bytes!("../python/agent/tools/registry.py")),
    ("hyperspace/__init__.py", include_bytes!("../python/hyperspace/__init__.py")),
    ("hyperspace/door.py", include_bytes!("../python/hyperspace/door.py")),
    ("hyperspace/drive.py", include_bytes!("../python/hyperspace/drive.py")),
    ("hyperspace/errors.py", include_bytes!("../python/hyperspace/errors.py")),
    ("hyperspace/model.py", include_bytes!("../python/hyperspace/model.py")),
    ("hyperspace/tools.py", include_bytes!("../python/hyperspace/tools.py")),
];

/// The Python between an evaluator and a program, by path below `/bridge`, sorted. Not part of the SDK's tree: only tasks whose
/// evaluator is Python mount it.
static BRIDGE: &[(&str, &[u8])] = &[
    ("coral/__init__.py", include_bytes!("../bridge/coral/__init__.py")),
    ("coral/grader/__init__.py", include_bytes!("../bridge/coral/grader/__init__.py")),
    ("coral/types.py", include_bytes!("../bridge/coral/types.py")),
    ("funsearch/__init__.py", include_bytes!("../bridge/funsearch/__init__.py")),
    ("gepa/__init__.py", include_bytes!("../bridge/gepa/__init__.py")),
    ("gepa/optimize_anything.py", include_bytes!("../bridge/gepa/optimize_anything.py")),
    ("hyperspace_evaluator/__init__.py", include_bytes!("../bridge/hyperspace_evaluator/__init__.py")),
    ("hyperspace_evaluator/bridge.py", include_bytes!("../bridge/hyperspace_evaluator/bridge.py")),
    ("hyperspace_evaluator/code.py", include_bytes!("../bridge/hyperspace_evaluator/code.py")),
    ("hyperspace_evaluator/driver.py", include_bytes!("../bridge/hyperspace_evaluator/driver.py")),
    ("hyperspace_evaluator/gepa_script.py", include_bytes!("../bridge/hyperspace_evaluator/gepa_script.py")),
    ("hyperspace_evaluator/imports.py", include_bytes!("../bridge/hyperspace_evaluator/imports.py")),
    ("hyperspace_evaluator/processes.py", include_bytes!("../bridge/hyperspace_evaluator/processes.py")),
    ("hyperspace_evaluator/proxies.py", include_bytes!("../bridge/hyperspace_evaluator/proxies.py")),
    ("hyperspace_evaluator/results.py", include_bytes!("../bridge/hyperspace_evaluator/results.py")),
    ("hyperspace_evaluator/tasks.py", include_bytes!("../bridge/hyperspace_evaluator/tasks.py")),
    ("hyperspace_program.py", include_bytes!("../bridge/hyperspace_program.py")),
    (PYTHON_MODULE.0, PYTHON_MODULE.1),
    ("hyperspace_wire.py", include_bytes!("../bridge/hyperspace_wire.py")),
    ("openevolve/__init__.py", include_bytes!("../bridge/openevolve/__init__.py")),
    ("openevolve/evaluation_result.py", include_bytes!("../bridge/openevolve/evaluation_result.py")),
    ("shinka/__init__.py", include_bytes!("../bridge/shinka/__init__.py")),
    ("shinka/core/__init__.py", include_bytes!("../bridge/shinka/core/__init__.py")),
    ("skydiscover/__init__.py", include_bytes!("../bridge/skydiscover/__init__.py")),
    ("skydiscover/evaluation.py", include_bytes!("../bridge/skydiscover/evaluation.py")),
];

/// The module that makes an interpreter like `python3`, by its `prepare()`; a program that is run on its own has it, too.
pub const PYTHON_MODULE: (&str, &[u8]) =
    ("hyperspace_python.py", include_bytes!("../bridge/hyperspace_python.py"));

/// The Python of sessions, by path below `/session`. Not part of the SDK's tree: only sessions mount it.
static SESSION: &[(&str, &[u8])] =
    &[("hyperspace_session.py", include_bytes!("../session/hyperspace_session.py"))];

/// The module that lists reductions of Python files, by path below `/reductions`. No run mounts it.
static REDUCTIONS: &[(&str, &[u8])] =
    &[("hyperspace_reductions.py", include_bytes!("../reductions/hyperspace_reductions.py"))];

/// Returns the files of the module that lists reductions: path below `/reductions` to content.
#[must_use]
pub fn reductions_files() -> BTreeMap<&'static str, &'static [u8]> {
    REDUCTIONS.iter().copied().collect()
}

/// Returns the files of a session: path below `/session` to content.
#[must_use]
pub fn session_files() -> BTreeMap<&'static str, &'static [u8]> {
    SESSION.iter().copied().collect()
}

/// Returns the files between an evaluator and a program: path below `/bridge` to content.
#[must_use]
pub fn bridge_files() -> BTreeMap<&'static str, &'static [u8]> {
    BRIDGE.iter().copied().collect()
}

/// Returns the files of the guest's packages: path below `/sdk`, with `/` between its parts, to content.
#[must_use]
pub fn sdk_files() -> BTreeMap<&'static str, &'static [u8]> {
    FILES.iter().copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn on_disk(dir: &Path, root: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                on_disk(&path, root, found);
            } else if path.extension().is_some_and(|extension| extension == "py") {
                found.push(path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/"));
            }
        }
    }

    #[test]
    fn every_file_is_embedded_and_the_table_is_sorted() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("python");
        let mut found = Vec::new();
        on_disk(&root, &root, &mut found);
        found.sort();
        let table: Vec<&str> = FILES.iter().map(|(path, _)| *path).collect();
        assert_eq!(table, found);
        assert_eq!(sdk_files().len(), table.len());
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("bridge");
        let mut found = Vec::new();
        on_disk(&root, &root, &mut found);
        found.sort();
        let table: Vec<&str> = BRIDGE.iter().map(|(path, _)| *path).collect();
        assert_eq!(table, found);
    }
}
