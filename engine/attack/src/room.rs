//! The room that an attack is run in: something of everything that a guest may be given, so that there is something to attack.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hyperspace_core::{Decision, EditScope, FileOp, FileSet, RelPath};
use hyperspace_eval::Evaluator;
use hyperspace_sandbox::{Door, DoorCall, DoorError, FilePolicy, Job, Limits, Mount, async_trait};
use hyperspace_tools::{OPERATIONS, ShellConfig, ToolDoor};
use serde_json::{Value, json};

use crate::case::{Case, RunsAs};
use crate::planted::Planted;
use crate::suite::AttackError;

/// Fuel of an attack when it does not say otherwise: spent in a fraction of a second.
const FUEL: u64 = 1_000_000_000;
/// Operations that the room's door is granted for; it would answer `secret`, too.
const GRANT: [&str; 5] = ["echo", "count", "large", "fail", "swap"];

/// A door with something behind it.
struct Bell {
    calls: u64,
    planted: PathBuf,
}

#[async_trait]
impl Door for Bell {
    async fn call(&mut self, DoorCall { operation, params, .. }: DoorCall<'_>) -> Result<Value, DoorError> {
        self.calls += 1;
        match operation {
            "echo" => Ok(params),
            "count" => Ok(json!(self.calls)),
            "large" => Ok(json!("x".repeat(17 << 20))),
            // The host changes its own files while the guest runs.
            "swap" => match Planted::swap(&self.planted) {
                Ok(()) => Ok(Value::Null),
                Err(error) => Err(DoorError::Failed(error.kind().to_string())),
            },
            "secret" => Ok(json!("CANARY-BEHIND-THE-DOOR")),
            _ => Err(DoorError::Failed("no".to_owned())),
        }
    }
}

/// Changes of `/work` are allowed below `lib` and to `free.txt`.
struct Scope(EditScope);

impl FilePolicy for Scope {
    fn decide(&self, path: &RelPath, op: FileOp) -> Decision {
        let inside = match op {
            FileOp::Write | FileOp::Remove => self.0.contains(path),
            FileOp::CreateFolder | FileOp::RemoveFolder => self.0.may_hold(path),
        };
        if inside { Decision::Allow } else { Decision::deny("outside of the edit scope") }
    }
}

fn files(list: &[(&str, &str)]) -> Result<FileSet, AttackError> {
    let broken = |error: &dyn std::fmt::Display| AttackError::Room(error.to_string());
    let mut set = FileSet::new();
    for (name, content) in list {
        let path = RelPath::new(name).map_err(|e| broken(&e))?;
        set.insert(path, content.as_bytes()).map_err(|e| broken(&e))?;
    }
    Ok(set)
}

fn at(name: &str) -> Result<RelPath, AttackError> {
    RelPath::new(name).map_err(|error| AttackError::Room(error.to_string()))
}

/// A program in the room. `target` is a file of the host and `planted` a folder of it whose paths the guest is told.
pub(crate) fn program(
    name: &str,
    source: &str,
    evaluator: &Evaluator,
    target: &Path,
    planted: &Path,
) -> Result<Job, AttackError> {
    let scope = EditScope::new(&["free.txt", "lib/**"]).map_err(|e| AttackError::Room(e.to_string()))?;
    let repo = files(&[
        ("victim.py", "VALUE = 1\n"),
        ("json.py", "raise SystemExit('a module of the library was shadowed')\n"),
        ("data/notes.txt", "notes\n"),
    ])?;
    let work = files(&[("fixed.txt", "fixed\n"), ("free.txt", "free\n"), ("lib/a.py", "A = 1\n")])?;
    Ok(Job::source(name, source)
        .limits(Limits::default().with_fuel(FUEL).with_host_calls(1_000))
        .mount(Mount::read_only(at("repo")?, repo))
        .mount(Mount::read_only(at("sdk")?, evaluator.sdk().clone()))
        .mount(Mount::read_write(at("work")?, work).policy(Arc::new(Scope(scope))))
        .python_path("/repo")
        .python_path("/sdk")
        .env("HOST_FILE", &target.display().to_string())
        .env("HOST_FOLDER", &planted.display().to_string())
        .env("GREETING", "hello")
        .stdin(b"a line\n".to_vec())
        .seed(7)
        .door(&GRANT, Bell { calls: 0, planted: planted.to_path_buf() }))
}

/// Puts the tools of a meta agent before the room's own door. The shell is at home in `/work`.
fn tooled(job: Job, evaluator: &Evaluator, planted: &Path) -> Job {
    let config = ShellConfig { root: "/work".to_owned(), seed: 7 };
    let bell = Bell { calls: 0, planted: planted.to_path_buf() };
    let operations: Vec<&str> = GRANT.into_iter().chain(OPERATIONS).collect();
    job.door(&operations, ToolDoor::new(evaluator.sandbox().clone(), config).others(bell))
}

/// The job of a case that is run as a program, and its limits.
pub(crate) fn furnish(
    case: &Case,
    evaluator: &Evaluator,
    target: &Path,
    planted: &Path,
) -> Result<(Job, Limits), AttackError> {
    let limits = Limits::default().with_fuel(FUEL).with_host_calls(1_000);
    let limits =
        case.limit(limits).map_err(|name| AttackError::UnknownLimit(case.id.to_owned(), name.to_owned()))?;
    let job =
        program(&format!("{}.py", case.id), case.source, evaluator, target, planted)?.limits(limits.clone());
    Ok((if case.runs_as == RunsAs::WithTools { tooled(job, evaluator, planted) } else { job }, limits))
}
