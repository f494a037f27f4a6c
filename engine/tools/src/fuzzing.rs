//! The oracles of the fuzz targets: scripts for the shell, and requests for the door. Each accepts arbitrary bytes and panics if
//! a property does not hold.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use hyperspace_core::{Decision, FileOp, FileSet, RelPath};
use hyperspace_sandbox::{
    Door, DoorCall, DoorError, FilePolicy, Files, Limits, Mount, Sandbox, SandboxConfig,
};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use crate::shell::python_door;
use crate::{OPERATIONS, Shell, ShellConfig, ToolDoor};

/// Separates the commands of a script, and requests.
const SEPARATOR: &str = "\n%%\n";
/// Maximum commands or requests of one run.
const CALLS_MAX: usize = 8;
/// The writable folder, besides `/tmp`.
const SCOPE: &str = "lib";
/// Fuel of the command that starts programs.
const PYTHON_FUEL_OF_A_TEST: u64 = 300_000_000;

/// Allows changes only in the folder `lib`.
struct LibPolicy;

impl FilePolicy for LibPolicy {
    fn decide(&self, path: &RelPath, _: FileOp) -> Decision {
        if path.as_str() == SCOPE || path.as_str().starts_with("lib/") {
            Decision::Allow
        } else {
            Decision::deny("it is outside of the edit scope")
        }
    }
}

fn files() -> Files {
    let at = |path: &str| RelPath::new(path).expect("a path of a test");
    let set = |list: &[(&str, &str)]| {
        let mut set = FileSet::new();
        for (path, content) in list {
            set.insert(at(path), content.as_bytes()).expect("a file of a test");
        }
        set
    };
    let mounts = vec![
        Mount::read_write(at("repo"), set(&[("a.py", "x = 1\n"), ("lib/b.txt", "one\ntwo\n\tthree\n")]))
            .policy(Arc::new(LibPolicy)),
        Mount::read_only(at("repo/evals"), set(&[("gen_1/report", "{}")])),
        Mount::scratch(at("tmp")),
    ];
    let limits = Limits::default().with_file_bytes(64 << 10).with_files(64);
    Files::new(mounts, &limits).expect("mounts of a test")
}

/// Returns the sandbox of all runs, with the cache of this repository.
fn sandbox() -> Sandbox {
    static SANDBOX: OnceLock<Sandbox> = OnceLock::new();
    let cache = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/hyperspace-cache");
    let config = SandboxConfig::default().with_cache_dir(cache);
    SANDBOX.get_or_init(|| Sandbox::new(&config).expect("a sandbox")).clone()
}

fn config() -> ShellConfig {
    ShellConfig::new("/repo", 7)
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().build().expect("a runtime")
}

/// Everything observable of a run.
#[derive(Debug, PartialEq, Eq)]
struct RunTrace {
    answers: Vec<String>,
    cost: u64,
    /// Changed paths with their content.
    changed: Vec<(String, Option<Vec<u8>>)>,
    refusals: usize,
}

fn trace(answers: Vec<String>, files: Files) -> RunTrace {
    let cost = files.cost();
    let (changes, denials) = files.into_changes();
    let changed: Vec<(String, Option<Vec<u8>>)> = changes
        .into_iter()
        .map(|change| (change.path.as_str().to_owned(), change.content.map(|bytes| bytes.to_vec())))
        .collect();
    for (path, _) in &changed {
        assert!(path == SCOPE || path.starts_with("lib/"), "{path} was changed");
    }
    RunTrace { answers, cost, changed, refusals: denials.len() }
}

/// Checks commands of one shell: two fresh shells give the same answers, changes and costs, and a command after them works.
pub fn bash(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let commands: Vec<&str> = text.split(SEPARATOR).take(CALLS_MAX).collect();
    let play = || {
        let (runtime, files, mut shell) = (runtime(), files(), Shell::new(sandbox(), config()));
        let answers = commands.iter().map(|command| {
            let answer = runtime.block_on(shell.run(&files, command));
            answer.expect("nothing of a command is a failure of the host")
        });
        let mut answers: Vec<String> = answers.collect();
        shell.restart();
        answers.push(runtime.block_on(shell.run(&files, "echo alive")).expect("a fresh shell works"));
        assert_eq!(answers.last().map(String::as_str), Some("alive\n"));
        trace(answers, files)
    };
    assert_eq!(play(), play(), "a shell is not deterministic");
}

/// Returns all files below `/repo` and `/tmp`.
fn all(files: &Files) -> BTreeMap<String, Vec<u8>> {
    let (mut open, mut found) = (vec!["/repo".to_owned(), "/tmp".to_owned()], BTreeMap::new());
    while let Some(folder) = open.pop() {
        for entry in files.list(&folder).expect("a folder that is there") {
            let path = format!("{folder}/{}", entry.name);
            if entry.is_folder {
                found.insert(format!("{path}/"), Vec::new());
                open.push(path);
            } else {
                let content = files.read(&path).expect("a file that is there");
                found.insert(path, content);
            }
        }
    }
    found
}

/// Checks requests through the door, each given as a JSON object `{"op": …, "params": …}`. Every request is answered. An editor
/// command that answers with an error changes nothing; any other changes at most the named file.
pub fn tools(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let requests: Vec<Value> =
        text.split(SEPARATOR).take(CALLS_MAX).filter_map(|text| serde_json::from_str(text).ok()).collect();
    let play = || {
        let (runtime, files, mut door) = (runtime(), files(), ToolDoor::new(sandbox(), config()));
        let mut answers = Vec::new();
        for request in &requests {
            let Some(operation) = request.get("op").and_then(Value::as_str) else { continue };
            let params = request.get("params").cloned().unwrap_or(Value::Null);
            let before = (operation == "tool.editor").then(|| all(&files));
            let answered = runtime.block_on(door.call(DoorCall::new(operation, params.clone(), &files)));
            if let Some(before) = before {
                edited(&params, &answered, &before, &all(&files));
            }
            match answered {
                Ok(answer) => answers.push(answer.to_string()),
                Err(DoorError::Invalid(why)) => {
                    assert!(!why.is_empty());
                    answers.push(why);
                }
                Err(other) => panic!("{operation} failed: {other}"),
            }
            assert!(
                OPERATIONS.contains(&operation)
                    || answers.last().is_some_and(|answer| answer.contains("no operation"))
            );
        }
        trace(answers, files)
    };
    assert_eq!(play(), play(), "the tools are not deterministic");
}

/// Checks the requests that the shell sends to its host: requests for `python3`, each given as an operation, a line end, and
/// parameters as JSON. Every request is answered or refused, no program uses more fuel than its guest has, and nothing changes
/// outside of the scope.
pub fn shell_calls(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let requests: Vec<(&str, Value)> = text
        .split(SEPARATOR)
        .take(CALLS_MAX)
        .filter_map(|text| text.split_once('\n'))
        .filter_map(|(operation, params)| Some((operation, serde_json::from_str(params).ok()?)))
        .collect();
    let play = || {
        let (runtime, files) = (runtime(), files());
        let mut door = python_door(sandbox(), &files, PYTHON_FUEL_OF_A_TEST);
        let mut answers = Vec::new();
        for (operation, params) in &requests {
            let answered = runtime.block_on(door.call(DoorCall::new(operation, params.clone(), &files)));
            match answered {
                Ok(answer) => answers.push(answer.to_string()),
                Err(DoorError::Invalid(why) | DoorError::Exhausted(why)) => {
                    assert!(!why.is_empty());
                    answers.push(why);
                }
                Err(other) => panic!("{operation} failed: {other}"),
            }
        }
        trace(answers, files)
    };
    assert_eq!(play(), play(), "the calls of a shell are not deterministic");
}

type Tree = BTreeMap<String, Vec<u8>>;

/// Checks the effect of one editor command.
fn edited(params: &Value, answered: &Result<Value, DoorError>, before: &Tree, after: &Tree) {
    let output = answered.as_ref().ok().and_then(|answer| answer["output"].as_str());
    let text = |name: &str| params.get(name).and_then(Value::as_str);
    let command = text("command").unwrap_or_default();
    let Some(output) = output.filter(|output| !output.starts_with("Error: ")) else {
        // Folders created above a file that could not be created do not count as changes of files.
        let files =
            |tree: &Tree| tree.clone().into_iter().filter(|(path, _)| !path.ends_with('/')).collect::<Tree>();
        assert_eq!(files(before), files(after), "{params} answered {answered:?}");
        return;
    };
    // The view of an empty file is empty.
    assert!(!output.is_empty() || command == "view");
    if command == "view" {
        assert_eq!(before, after, "a view changed something");
        return;
    }
    let changed = |path: &&String| before.get(*path) != after.get(*path) && !path.ends_with('/');
    let paths: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    assert!(paths.iter().filter(|path| changed(path)).count() <= 1, "{params} changed several files");
    if command == "create" {
        assert!(after.values().any(|content| content == text("file_text").unwrap_or_default().as_bytes()));
    }
}

#[cfg(test)]
mod tests;
