//! The Python packages that guests import, embedded as bytes.
//!
//! The host mounts them read-only at `/sdk`. They are plain Python files below `python/`. The snapshot of the interpreter has
//! imported them already, from equal bytes, and their tree is part of run configurations: a change makes other runs. This
//! crate runs nothing.

mod limits_module;

use std::collections::BTreeMap;

pub use limits_module::{LimitNumbers, limits_module};

/// The folder of the SDK. A guest on whose path it stands under this spelling has the snapshot's package `agent`.
pub const SDK_FOLDER: &str = "/sdk";
/// The same folder, under a spelling with which `agent` is imported from files like any other module.
pub const SDK_FILES_FOLDER: &str = "/sdk/";
/// The folder of the package that joins `agent` with modules of an agent's own; it stands before them on the path.
pub const OWN_AGENT_FOLDER: &str = "/sdk/own";
/// The file by which a guest is seen to have that package.
pub const OWN_AGENT_FILE: &str = "/sdk/own/agent/__init__.py";

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

/// A module with its byte code, which spares a guest compiling it. `tests/tests/all/byte_code.rs` compares the two, and makes the second.
struct Module {
    path: &'static str,
    source: &'static [u8],
    byte_code: &'static [u8],
}

impl Module {
    /// Returns the two files of the module, named as the interpreter looks for them.
    fn files(&self) -> [(String, &'static [u8]); 2] {
        let (folder, name) =
            self.path.rsplit_once('/').map_or(("", self.path), |(folder, name)| (folder, name));
        let slash = if folder.is_empty() { "" } else { "/" };
        let stem = name.trim_end_matches(".py");
        let byte_code = format!("{folder}{slash}__pycache__/{stem}.cpython-313.pyc");
        [(self.path.to_owned(), self.source), (byte_code, self.byte_code)]
    }
}

macro_rules! module {
    ($folder:literal, $path:literal) => {
        Module {
            path: $path,
            source: include_bytes!(concat!("../", $folder, "/", $path)),
            byte_code: include_bytes!(concat!("../byte-code/", $folder, "/", $path, "c")),
        }
    };
}

/// The Python between an evaluator and a program, by path below `/bridge`, sorted. Not part of the SDK's tree: only tasks whose
/// evaluator is Python mount it.
static BRIDGE: &[Module] = &[
    module!("bridge", "coral/__init__.py"),
    module!("bridge", "coral/grader/__init__.py"),
    module!("bridge", "coral/types.py"),
    module!("bridge", "funsearch/__init__.py"),
    module!("bridge", "gepa/__init__.py"),
    module!("bridge", "gepa/optimize_anything.py"),
    module!("bridge", "hyperspace_alarm.py"),
    module!("bridge", "hyperspace_arrays.py"),
    module!("bridge", "hyperspace_evaluator/__init__.py"),
    module!("bridge", "hyperspace_evaluator/bridge.py"),
    module!("bridge", "hyperspace_evaluator/code.py"),
    module!("bridge", "hyperspace_evaluator/driver.py"),
    module!("bridge", "hyperspace_evaluator/files.py"),
    module!("bridge", "hyperspace_evaluator/gepa_script.py"),
    module!("bridge", "hyperspace_evaluator/imports.py"),
    module!("bridge", "hyperspace_evaluator/pickles.py"),
    module!("bridge", "hyperspace_evaluator/processes.py"),
    module!("bridge", "hyperspace_evaluator/proxies.py"),
    module!("bridge", "hyperspace_evaluator/results.py"),
    module!("bridge", "hyperspace_evaluator/shell_lines.py"),
    module!("bridge", "hyperspace_evaluator/tasks.py"),
    module!("bridge", "hyperspace_evaluator/waiting.py"),
    module!("bridge", "hyperspace_hooks.py"),
    module!("bridge", "hyperspace_library.py"),
    module!("bridge", "hyperspace_process.py"),
    module!("bridge", "hyperspace_program.py"),
    module!("bridge", "hyperspace_python.py"),
    module!("bridge", "hyperspace_threads.py"),
    module!("bridge", "hyperspace_wire.py"),
    module!("bridge", "openevolve/__init__.py"),
    module!("bridge", "openevolve/evaluation_result.py"),
    module!("bridge", "resource.py"),
    module!("bridge", "shinka/__init__.py"),
    module!("bridge", "shinka/core/__init__.py"),
    module!("bridge", "skydiscover/__init__.py"),
    module!("bridge", "skydiscover/evaluation.py"),
];

/// The module that makes an interpreter like `python3`, by its `prepare()`; a program that is run on its own has it, too.
static PYTHON: &[Module] =
    &[module!("bridge", "hyperspace_alarm.py"), module!("bridge", "hyperspace_python.py")];

/// The Python of sessions, by path below `/session`. Not part of the SDK's tree: only sessions mount it.
static SESSION: &[Module] = &[module!("session", "hyperspace_session.py")];

/// The Python of values that may hold arrays, by path below `/values`. Not part of the SDK's tree: only programs whose functions are called
/// so mount it.
static VALUES: &[Module] =
    &[module!("bridge", "hyperspace_arrays.py"), module!("values", "hyperspace_values.py")];

/// The layer of agents with modules of their own in a folder `agent`, or with the names of the original experiments, by path below `/sdk`,
/// sorted. Not part of the SDK's tree: only guests of such agents see it.
static AGENT_LAYER: &[Module] = &[
    module!("agent-layer", "dotenv.py"),
    module!("agent-layer", "hyperspace/aliases.py"),
    module!("agent-layer", "markspace/__init__.py"),
    module!("agent-layer", "markspace/llm.py"),
    module!("agent-layer", "own/agent/__init__.py"),
    module!("agent-layer", "replication/__init__.py"),
    module!("agent-layer", "transfer_experiment/__init__.py"),
];

/// The SDK's modules that such agents import anew, as those that the snapshot holds know nothing of the agent's own.
static AGENT: &[Module] = &[
    module!("python", "agent/agentic_loop.py"),
    module!("python", "agent/llm_client.py"),
    module!("python", "agent/tools/__init__.py"),
    module!("python", "agent/tools/bash_tool.py"),
    module!("python", "agent/tools/editor_tool.py"),
    module!("python", "agent/tools/registry.py"),
];

/// The module that lists reductions of Python files, by path below `/reductions`. Of the guests of a run, only slimming attempts have it.
static REDUCTIONS: &[Module] = &[module!("reductions", "hyperspace_reductions.py")];

fn with_byte_code(modules: &[Module]) -> BTreeMap<String, &'static [u8]> {
    modules.iter().flat_map(Module::files).collect()
}

/// Returns the files of the module that lists reductions: path below `/reductions` to content.
#[must_use]
pub fn reductions_files() -> BTreeMap<String, &'static [u8]> {
    with_byte_code(REDUCTIONS)
}

/// Returns the files of the guest of a slimming attempt, which take the place of a meta agent's: path to content.
#[must_use]
pub fn slimmer_files() -> BTreeMap<String, &'static [u8]> {
    let mut files = reductions_files();
    files.insert("meta_agent.py".to_owned(), include_bytes!("../slimmer/meta_agent.py"));
    files
}

/// Returns the files of a session: path below `/session` to content.
#[must_use]
pub fn session_files() -> BTreeMap<String, &'static [u8]> {
    with_byte_code(SESSION)
}

/// Returns the files of values that may hold arrays: path below `/values` to content.
#[must_use]
pub fn values_files() -> BTreeMap<String, &'static [u8]> {
    with_byte_code(VALUES)
}

/// Returns the files of the module that makes an interpreter like `python3`: path below its folder to content.
#[must_use]
pub fn python_files() -> BTreeMap<String, &'static [u8]> {
    with_byte_code(PYTHON)
}

/// Returns the files between an evaluator and a program: path below `/bridge` to content.
#[must_use]
pub fn bridge_files() -> BTreeMap<String, &'static [u8]> {
    with_byte_code(BRIDGE)
}

/// Returns the files of the layer of agents with modules of their own: path below `/sdk` to content. Those of the SDK among them have its content.
#[must_use]
pub fn agent_layer_files() -> BTreeMap<String, &'static [u8]> {
    let mut files = with_byte_code(AGENT_LAYER);
    files.extend(with_byte_code(AGENT));
    files
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
        for (folder, modules) in [("bridge", BRIDGE), ("agent-layer", AGENT_LAYER)] {
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
            let mut found = Vec::new();
            on_disk(&root, &root, &mut found);
            found.sort();
            let table: Vec<&str> = modules.iter().map(|module| module.path).collect();
            assert_eq!(table, found);
        }
        assert!(AGENT.iter().all(|module| sdk_files().get(module.path) == Some(&module.source)));
    }
}
