//! The oracles of the fuzz targets: scripts for the shell, and requests for the door. Each takes any bytes, and panics when
//! something does not hold that must.

use std::collections::BTreeMap;
use std::sync::Arc;

use hyperspace_core::{Decision, FileOp, FileSet, RelPath};
use hyperspace_sandbox::{Door, DoorCall, DoorError, FilePolicy, Files, Limits, Mount};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use crate::{OPERATIONS, Shell, ShellConfig, ToolDoor};

/// Between the commands of a script, and between requests.
const NEXT: &str = "\n%%\n";
/// Commands and requests of one run.
const CALLS_MAX: usize = 8;
/// What may be written to, besides `/tmp`.
const SCOPE: &str = "lib";

struct Scope;

impl FilePolicy for Scope {
    fn decide(&self, path: &RelPath, _: FileOp) -> Decision {
        match path.as_str() == SCOPE || path.as_str().starts_with("lib/") {
            true => Decision::Allow,
            false => Decision::deny("it is outside of the edit scope"),
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
            .policy(Arc::new(Scope)),
        Mount::read_only(at("repo/evals"), set(&[("gen_1/report", "{}")])),
        Mount::scratch(at("tmp")),
    ];
    let limits = Limits::default().with_file_bytes(64 << 10).with_files(64);
    Files::new(mounts, &limits).expect("mounts of a test")
}

fn config() -> ShellConfig {
    ShellConfig { root: "/repo".to_owned(), seed: 7 }
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().build().expect("a runtime")
}

/// A panic inside of bashkit is caught there and is the failure of one program; libFuzzer's hook would end the process.
fn let_panics_be_caught() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    if cfg!(feature = "fuzzing") {
        ONCE.call_once(|| std::panic::set_hook(Box::new(|info| eprintln!("{info}"))));
    }
}

/// What a run left: answers, cost, changed paths with their content, refusals.
type Left = (Vec<String>, u64, Vec<(String, Option<Vec<u8>>)>, usize);

fn left(answers: Vec<String>, files: Files) -> Left {
    let cost = files.cost();
    let (changes, denials) = files.into_changes();
    let changed: Vec<(String, Option<Vec<u8>>)> = changes
        .into_iter()
        .map(|change| (change.path.as_str().to_owned(), change.content.map(|bytes| bytes.to_vec())))
        .collect();
    for (path, _) in &changed {
        assert!(path == SCOPE || path.starts_with("lib/"), "{path} was changed");
    }
    (answers, cost, changed, denials.len())
}

/// Commands of one shell. Two fresh shells answer, change and cost the same, and a command after them works.
pub fn bash(data: &[u8]) {
    let_panics_be_caught();
    let text = String::from_utf8_lossy(data);
    let commands: Vec<&str> = text.split(NEXT).take(CALLS_MAX).collect();
    let play = || {
        let (runtime, files, mut shell) = (runtime(), files(), Shell::alone(config()));
        let answers = commands.iter().map(|command| {
            let answer = runtime.block_on(shell.run(&files, command));
            answer.expect("nothing of a command is a failure of the host")
        });
        let mut answers: Vec<String> = answers.collect();
        shell.restart();
        answers.push(runtime.block_on(shell.run(&files, "echo alive")).expect("a fresh shell works"));
        assert_eq!(answers.last().map(String::as_str), Some("alive\n"));
        left(answers, files)
    };
    assert_eq!(play(), play(), "a shell does not repeat");
}

/// Everything that can be read below `/repo` and `/tmp`.
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

/// Requests through the door, one JSON object `{"op": …, "params": …}` each. Whatever they are, the guest is told; an editor
/// that answers with an error changed nothing, and what it changed otherwise is the one file that was named, and can be taken back.
pub fn tools(data: &[u8]) {
    let_panics_be_caught();
    let text = String::from_utf8_lossy(data);
    let requests: Vec<Value> =
        text.split(NEXT).take(CALLS_MAX).filter_map(|text| serde_json::from_str(text).ok()).collect();
    let play = || {
        let (runtime, files, mut door) = (runtime(), files(), ToolDoor::alone(config()));
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
                    || answers.last().is_some_and(|told| told.contains("no operation"))
            );
        }
        left(answers, files)
    };
    assert_eq!(play(), play(), "the tools do not repeat");
}

type Tree = BTreeMap<String, Vec<u8>>;

/// What must hold of one command of the editor.
fn edited(params: &Value, answered: &Result<Value, DoorError>, before: &Tree, after: &Tree) {
    let output = answered.as_ref().ok().and_then(|answer| answer["output"].as_str());
    let text = |name: &str| params.get(name).and_then(Value::as_str);
    let command = text("command").unwrap_or_default();
    let Some(output) = output.filter(|output| !output.starts_with("Error: ")) else {
        // Folders above a file that could not be made are no change of a file.
        let files =
            |tree: &Tree| tree.clone().into_iter().filter(|(path, _)| !path.ends_with('/')).collect::<Tree>();
        assert_eq!(files(before), files(after), "{params} answered {answered:?}");
        return;
    };
    assert!(!output.is_empty());
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
