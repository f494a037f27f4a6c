//! The layer between the SDK's package `agent` and an agent with modules of its own in a folder `agent`.
//!
//! With the layer, the agent's own modules come first and the SDK's modules stand in for the rest; modules that agents of the original
//! experiments import (`replication.agent.llm_client`, `markspace.llm`, `dotenv`) also exist. An agent that needs none of this has the
//! same guest as without the layer, to the unit of fuel, so runs and evaluations name the layer only if it is used. The layer decides
//! which files are imported and nothing else: models and tools are operations of a door, which the host grants or does not, whatever an
//! agent replaces.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use hyperspace_core::{FileSet, RelPath, TreeId};
use hyperspace_guest::{OWN_AGENT_FOLDER, SDK_FILES_FOLDER, SDK_FOLDER};

/// The folder of an agent's own modules.
const OWN: &str = "agent/";
/// Names by which modules that agents of the original experiments import are recognized.
const NAMES: [&str; 4] = ["replication", "transfer_experiment", "markspace", "dotenv"];

static LAYER: LazyLock<FileSet> = LazyLock::new(|| {
    FileSet::from_files(hyperspace_guest::agent_layer_files())
        .unwrap_or_else(|error| unreachable!("embedded files have paths: {error}"))
});

static LAYER_ID: LazyLock<TreeId> = LazyLock::new(|| LAYER.tree().id());

/// Returns the tree of the layer, which is part of the identity of evaluations and runs that use it.
#[must_use]
pub fn agent_layer_id() -> TreeId {
    *LAYER_ID
}

/// Returns whether an agent with these files needs the layer: it has modules in a folder `agent`, or names a module of the original
/// experiments.
#[must_use]
pub fn needs_agent_layer(files: &FileSet) -> bool {
    has_own_modules(files) || names_originals(files)
}

fn python_files(files: &FileSet) -> impl Iterator<Item = (&str, &[u8])> {
    files.iter().map(|(path, bytes)| (path.as_str(), &**bytes)).filter(|(path, _)| path.ends_with(".py"))
}

fn has_own_modules(files: &FileSet) -> bool {
    python_files(files).any(|(path, _)| path.starts_with(OWN))
}

fn names_originals(files: &FileSet) -> bool {
    python_files(files).any(|(_, bytes)| {
        let text = String::from_utf8_lossy(bytes);
        NAMES.iter().any(|name| text.contains(name))
    })
}

/// The modules of an agent's own package `agent`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OwnModules {
    /// The SDK's modules that they replace, such as `agent.llm_client`, sorted.
    pub replaces: Vec<String>,
    /// The number of its other modules.
    pub adds: u64,
}

impl OwnModules {
    /// Returns the modules of an agent with these files.
    #[must_use]
    pub fn of(files: &FileSet) -> Self {
        let sdk: BTreeSet<String> = hyperspace_guest::sdk_files().into_keys().filter_map(module).collect();
        let own: BTreeSet<String> = python_files(files).filter_map(|(path, _)| module(path)).collect();
        let (replaces, adds): (Vec<_>, Vec<_>) = own.into_iter().partition(|name| sdk.contains(name));
        Self { replaces, adds: adds.len() as u64 }
    }

    /// Returns whether there are no such modules.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.replaces.is_empty() && self.adds == 0
    }
}

/// Returns the dotted name of a module of the package `agent`, given its path.
fn module(path: &str) -> Option<String> {
    let stem = path.starts_with(OWN).then(|| path.strip_suffix(".py"))??;
    let stem = stem.strip_suffix("/__init__").unwrap_or(stem);
    let is_identifier = |part: &str| {
        let mut letters = part.chars();
        letters.next().is_some_and(|first| first == '_' || first.is_alphabetic())
            && letters.all(|letter| letter == '_' || letter.is_alphanumeric())
    };
    stem.split('/').all(is_identifier).then(|| stem.replace('/', "."))
}

/// The files at `/sdk` of a guest, and the folders of the SDK on its module path.
#[derive(Debug)]
#[non_exhaustive]
pub struct SdkPlaces {
    /// The files.
    pub files: FileSet,
    /// The folder that comes before all others, if there is one.
    pub first: Option<&'static str>,
    /// The folder that comes after the agent's own.
    pub last: &'static str,
}

impl SdkPlaces {
    /// Returns the SDK of a guest that runs an agent with the files `agent`; if `layered`, with the layer where the agent needs it.
    #[must_use]
    pub fn of(sdk: FileSet, agent: &FileSet, layered: bool) -> Self {
        if layered && has_own_modules(agent) {
            Self { files: with_layer(sdk), first: Some(OWN_AGENT_FOLDER), last: SDK_FILES_FOLDER }
        } else if layered && names_originals(agent) {
            Self { files: with_layer(sdk), first: None, last: SDK_FOLDER }
        } else {
            Self { files: sdk, first: None, last: SDK_FOLDER }
        }
    }
}

fn with_layer(mut sdk: FileSet) -> FileSet {
    for (path, content) in LAYER.iter() {
        // No file of the SDK is a folder with one of these names, or lies below one.
        drop(sdk.insert(RelPath::clone(path), content.clone()));
    }
    sdk
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(list: &[(&str, &str)]) -> FileSet {
        FileSet::from_files(list.iter().copied()).unwrap()
    }

    #[test]
    fn only_agents_that_need_it_have_the_layer() {
        let plain = [
            &[("task_agent.py", "from agent.llm_client import EVAL_MODEL\n")][..],
            &[("lib/agent/extra.py", "A = 1\n")],
            &[("agent/prompt.txt", "replication\n")],
            &[("agent.py", "A = 1\n")],
            &[("agents/extra.py", "A = 1\n")],
        ];
        for list in plain {
            assert!(!needs_agent_layer(&files(list)), "{list:?}");
            let sdk = files(&[("agent/__init__.py", "")]);
            let places = SdkPlaces::of(sdk.clone(), &files(list), true);
            assert_eq!((places.files, places.first, places.last), (sdk, None, "/sdk"));
        }
        let needy = [
            &[("agent/extra.py", "A = 1\n")][..],
            &[("agent/tools/search_tool.py", "A = 1\n")],
            &[("task_agent.py", "from replication.agent.llm_client import EVAL_MODEL\n")],
            &[("lib/a.py", "import dotenv\n")],
        ];
        for list in needy {
            assert!(needs_agent_layer(&files(list)), "{list:?}");
            let places = SdkPlaces::of(FileSet::new(), &files(list), true);
            assert_eq!(places.files, *LAYER);
            assert_eq!(places.first.is_some(), list[0].0.starts_with(OWN));
            let without = SdkPlaces::of(FileSet::new(), &files(list), false);
            assert!(without.files.is_empty() && without.first.is_none() && without.last == SDK_FOLDER);
        }
    }

    #[test]
    fn a_module_replaces_the_one_of_its_name_whether_file_or_package() {
        let own = OwnModules::of(&files(&[
            ("agent/__init__.py", ""),
            ("agent/llm_client/__init__.py", ""),
            ("agent/tools/bash_tool.py", ""),
            ("agent/tools/search_tool.py", ""),
            ("agent/extra.py", ""),
            ("agent/no-module.py", ""),
            ("agent/notes.md", ""),
            ("task_agent.py", ""),
        ]));
        assert_eq!(own.replaces, ["agent", "agent.llm_client", "agent.tools.bash_tool"]);
        assert_eq!(own.adds, 2);
        assert!(OwnModules::of(&files(&[("task_agent.py", "")])).is_empty());
    }
}
