//! The room in which attacks run. It has one of everything that a guest may be given, so that there is something to attack.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hyperspace_core::{Decision, EditScope, FileOp, FileSet, RelPath};
use hyperspace_eval::Evaluator;
use hyperspace_sandbox::{Door, DoorCall, DoorError, FilePolicy, Job, Limits, Mount, async_trait};
use hyperspace_tools::{OPERATIONS, ShellConfig, ToolDoor};
use serde_json::{Value, json};

use crate::attack_case::{AttackCase, AttackKind};
use crate::error::AttackError;
use crate::planted_folder::PlantedFolder;

/// Fuel of an attack unless its header overrides it, which is used up in a fraction of a second.
const FUEL: u64 = 1_000_000_000;
/// Operations granted to the guest. The door would also answer `secret`, which is not among them.
const GRANT: [&str; 5] = ["echo", "count", "large", "fail", "swap"];

/// A door that would give away a secret.
struct AttackDoor {
    calls: u64,
    planted: PathBuf,
}

impl AttackDoor {
    fn new(host: &RoomHost<'_>) -> Self {
        Self { calls: 0, planted: host.planted.to_path_buf() }
    }
}

#[async_trait]
impl Door for AttackDoor {
    async fn call(&mut self, DoorCall { operation, params, .. }: DoorCall<'_>) -> Result<Value, DoorError> {
        self.calls += 1;
        match operation {
            "echo" => Ok(params),
            "count" => Ok(json!(self.calls)),
            "large" => Ok(json!("x".repeat(17 << 20))),
            // The host changes its own files while the guest runs.
            "swap" => match PlantedFolder::swap(&self.planted) {
                Ok(()) => Ok(Value::Null),
                Err(error) => Err(DoorError::Failed(error.kind().to_string())),
            },
            "secret" => Ok(json!("CANARY-BEHIND-THE-DOOR")),
            _ => Err(DoorError::Failed("no".to_owned())),
        }
    }
}

/// Allows changes of `/work` below `lib` and to `free.txt`.
struct WorkPolicy(EditScope);

impl FilePolicy for WorkPolicy {
    fn decide(&self, path: &RelPath, op: FileOp) -> Decision {
        let inside = match op {
            FileOp::Write | FileOp::Remove => self.0.contains(path),
            FileOp::CreateFolder | FileOp::RemoveFolder => self.0.may_hold(path),
        };
        if inside { Decision::Allow } else { Decision::deny("outside of the edit scope") }
    }
}

fn files(list: &[(&str, &str)]) -> Result<FileSet, AttackError> {
    let mut set = FileSet::new();
    for (name, content) in list {
        set.insert(at(name)?, content.as_bytes()).map_err(AttackError::room)?;
    }
    Ok(set)
}

fn at(name: &str) -> Result<RelPath, AttackError> {
    RelPath::new(name).map_err(AttackError::room)
}

/// The parts of the host from which a room is made.
pub(crate) struct RoomHost<'a> {
    /// The evaluator, whose sandbox runs the attacks and whose SDK is mounted.
    pub(crate) evaluator: &'a Evaluator,
    /// A file whose path is given to the guest.
    pub(crate) target: &'a Path,
    /// A folder of planted files whose path is given to the guest.
    pub(crate) planted: &'a Path,
}

/// Returns the job of a program in the room.
pub(crate) fn program(name: &str, source: &str, host: &RoomHost<'_>) -> Result<Job, AttackError> {
    let scope = EditScope::new(&["free.txt", "lib/**"]).map_err(AttackError::room)?;
    let repo = files(&[
        ("victim.py", "VALUE = 1\n"),
        ("json.py", "raise SystemExit('a module of the library was shadowed')\n"),
        ("data/notes.txt", "notes\n"),
    ])?;
    let work = files(&[("fixed.txt", "fixed\n"), ("free.txt", "free\n"), ("lib/a.py", "A = 1\n")])?;
    Ok(Job::source(name, source)
        .limits(room_limits())
        .mount(Mount::read_only(at("repo")?, repo))
        .mount(Mount::read_only(at("sdk")?, host.evaluator.sdk().clone()))
        .mount(Mount::read_write(at("work")?, work).policy(Arc::new(WorkPolicy(scope))))
        .python_path("/repo")
        .python_path("/sdk")
        .env("HOST_FILE", &host.target.display().to_string())
        .env("HOST_FOLDER", &host.planted.display().to_string())
        .env("GREETING", "hello")
        .stdin(b"a line\n".to_vec())
        .seed(7)
        .door(&GRANT, AttackDoor::new(host)))
}

fn room_limits() -> Limits {
    Limits::default().with_fuel(FUEL).with_host_calls(1_000)
}

/// Adds the tools of a meta agent to the room's door, with `/work` as the root of the shell.
pub(crate) fn with_tools(job: Job, host: &RoomHost<'_>) -> Job {
    let config = ShellConfig::new("/work", 7);
    let operations: Vec<&str> = GRANT.into_iter().chain(OPERATIONS).collect();
    let tools = ToolDoor::new(host.evaluator.sandbox().clone(), config);
    job.door(&operations, tools.others(AttackDoor::new(host)))
}

/// Returns the job of an attack that runs as a program, and its limits.
pub(crate) fn furnish(case: &AttackCase, host: &RoomHost<'_>) -> Result<(Job, Limits), AttackError> {
    let limits = case
        .limit(room_limits())
        .map_err(|name| AttackError::UnknownLimit(case.id.to_owned(), name.to_owned()))?;
    let job = program(&format!("{}.py", case.id), case.source, host)?.limits(limits.clone());
    Ok((if case.kind == AttackKind::WithTools { with_tools(job, host) } else { job }, limits))
}
