//! The room of a candidate: everything that it sees while it is evaluated.
//!
//! The room has the candidate's own files (read-only), the SDK, the packages of the task and a scratch folder; of the task, it has
//! nothing but the arguments of one call at a time. Answers, data of other cases, the scorer and the score stay outside.
//!
//! Attacks that end here: T-DOOR-12, T-HACK-18, T-HACK-19, T-HACK-20, T-HACK-22, T-HACK-23, T-HACK-25,
//! T-HACK-38, T-HACK-39.

use std::sync::{Arc, MutexGuard};

use hyperspace_core::{FileSet, Mutex, PathError, RelPath};
use hyperspace_sandbox::{Door, DoorCall, DoorError, Item, Limits, Mount, Setup, async_trait};
use serde_json::{Value, json};

use crate::agent_layer::SdkPlaces;
use crate::doors::{CaseDoor, EvalStop};
use crate::scorer::{CaseSession, Invocation, Judge};
use crate::task::{Task, TaskEntry};

/// The environment variable in which guests find the name of their model.
const MODEL_VARIABLE: &str = "EVAL_MODEL";

/// The judge of a run, shared by the door of the guest and the case runner, which asks it afterwards.
#[derive(Clone)]
pub(crate) struct SharedJudge(Arc<Mutex<Box<dyn Judge>>>);

impl SharedJudge {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Box<dyn Judge>> {
        self.0.lock()
    }
}

/// The door of a guest: the judge's operations, and those of the door that the evaluation lends.
struct CaseRoomDoor {
    operations: Vec<String>,
    judge: SharedJudge,
    lent: Option<Box<dyn Door>>,
}

impl CaseRoomDoor {
    fn judge(&self, operation: &str) -> Option<MutexGuard<'_, Box<dyn Judge>>> {
        self.operations.iter().any(|name| name == operation).then(|| self.judge.lock())
    }

    fn lent(&mut self, operation: &str) -> Result<&mut Box<dyn Door>, DoorError> {
        self.lent.as_mut().ok_or_else(|| DoorError::Invalid(format!("no such operation: {operation}")))
    }
}

#[async_trait]
impl Door for CaseRoomDoor {
    async fn call(&mut self, call: DoorCall<'_>) -> Result<Value, DoorError> {
        if let Some(mut judge) = self.judge(call.operation) {
            return judge.respond(call.operation, call.params);
        }
        self.lent(call.operation)?.call(call).await
    }
}

/// Settings that the rooms of all cases share.
pub(crate) struct RoomSpec {
    pub(crate) agent: FileSet,
    pub(crate) sdk: FileSet,
    /// True if agents with modules of their own get the layer.
    pub(crate) layered: bool,
    pub(crate) limits: Limits,
    /// The model that guests find in their environment, if the evaluation names one.
    pub(crate) model: Option<String>,
}

/// Returns the set-up of a room: its folders and limits, and the import of the candidate.
pub(crate) fn setup(task: &Task, room: &RoomSpec) -> Result<Setup, PathError> {
    let mut setup = Setup::import(&[task.entry().module.as_str()]);
    if let Some(model) = &room.model {
        setup = setup.env(MODEL_VARIABLE, model);
    }
    let sdk = SdkPlaces::of(room.sdk.clone(), &room.agent, room.layered);
    if let Some(first) = sdk.first {
        setup = setup.python_path(first);
    }
    let mut setup = setup
        .limits(room.limits.clone())
        .seed(setup_seed(task))
        .mount(Mount::read_only(RelPath::new("repo")?, room.agent.clone()))
        .mount(Mount::read_only(RelPath::new("sdk")?, sdk.files))
        .python_path("/repo")
        .python_path(sdk.last);
    let packages = task.packages();
    if let Some(mount) = packages.mount()? {
        setup = setup.mount(mount);
        setup = packages.path().iter().fold(setup, |setup, folder| setup.python_path(folder));
    }
    Ok(setup)
}

/// One run of a case, ready for the sandbox.
pub(crate) struct PreparedCase {
    pub(crate) item: Item,
    pub(crate) judge: SharedJudge,
    /// The error with which the lent door ended the evaluation, if it did.
    pub(crate) stop: EvalStop,
}

/// The way in which candidates are called.
pub(crate) struct CallStyle<'a> {
    pub(crate) entry: &'a TaskEntry,
    /// The name of the model that the candidate's class gets.
    pub(crate) model: Option<&'a str>,
}

impl CallStyle<'_> {
    fn item(&self, invocation: Invocation) -> Item {
        let (module, function) = (self.entry.module.as_str(), self.entry.function.as_str());
        let drive = |driver: &str, args: Vec<Value>| Item::call("hyperspace.drive", driver, args);
        match invocation {
            Invocation::Once(args) if self.entry.class.is_none() => Item::call(module, function, args),
            // With a class, there is one argument: the input.
            Invocation::Once(args) => drive("answer", args.into_iter().chain([json!(self.model)]).collect()),
            Invocation::Each(calls) => drive("each", vec![json!(module), json!(function), json!(calls)]),
            Invocation::Episode => drive("episode", vec![json!(module), json!(function)]),
            Invocation::Function { module, function, args } => Item::call(&module, &function, args),
        }
    }
}

/// Turns a session into a run of the sandbox, with the door that the evaluation lends.
pub(crate) fn prepare(
    session: CaseSession,
    style: &CallStyle<'_>,
    seed: u64,
    lent: Option<CaseDoor>,
) -> PreparedCase {
    let CaseSession { invocation, operations, judge } = session;
    let judge = SharedJudge(Arc::new(Mutex::new(judge)));
    let (mut granted, mut door, mut stop) = (Vec::new(), None, EvalStop::default());
    if let Some(lent) = lent {
        (granted, door, stop) = (lent.operations, Some(lent.door), lent.stop);
    }
    granted.extend(operations.iter().cloned());
    let mut item = style.item(invocation).seed(seed);
    if !granted.is_empty() {
        let granted: Vec<&str> = granted.iter().map(String::as_str).collect();
        item = item.door(&granted, CaseRoomDoor { operations, judge: judge.clone(), lent: door });
    }
    PreparedCase { item, judge, stop }
}

/// Returns the seed of a candidate's randomness while it is imported, which is the same for every candidate and case of a task.
pub(crate) fn setup_seed(task: &Task) -> u64 {
    seed("hyperspace v1 set-up seed", task.digest())
}

/// Returns the seed of a candidate's randomness in a case, which is the same for every candidate and differs by case and split.
pub(crate) fn case_seed(task: &Task, split: crate::Split, case: &str) -> u64 {
    let text = format!("{}\n{}\n{case}", task.digest(), split.name());
    seed("hyperspace v1 case seed", &text)
}

fn seed(context: &str, text: &str) -> u64 {
    let digest = blake3::derive_key(context, text.as_bytes());
    digest.iter().take(8).fold(0, |seed, &byte| (seed << 8) | u64::from(byte))
}
