//! The room of a candidate: what it sees while it is evaluated.
//!
//! Its own files (read-only), the SDK and a scratch folder; nothing of the task but the question it is asked. Answers,
//! data of other cases, scorer and score stay outside.
//!
//! Attacks that end here: T-DOOR-12, T-HACK-18, T-HACK-19, T-HACK-20, T-HACK-22, T-HACK-23, T-HACK-25.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyperspace_core::{FileSet, PathError, RelPath};
use hyperspace_sandbox::{Door, DoorCall, DoorError, Item, Limits, Mount, Setup, async_trait};
use serde_json::{Value, json};

use crate::doors::{CaseDoor, EvalStop};
use crate::scorer::bin_packing::Packing;
use crate::scorer::{InvalidAnswer, Problem, cap_set};
use crate::task::{Task, TaskEntry};

/// Operations of an episode.
const EPISODE: [&str; 2] = ["env.reset", "env.step"];
/// The variable in which guests look for the name of their model.
const MODEL_VARIABLE: &str = "EVAL_MODEL";

/// The packing of an episode, shared by the door and by the evaluator, which looks at it afterwards.
#[derive(Clone)]
pub(crate) struct Episode(Arc<Mutex<EpisodeState>>);

struct EpisodeState {
    packing: Packing,
    started: bool,
    invalid: Option<InvalidAnswer>,
}

impl Episode {
    fn new(packing: Packing) -> Self {
        Self(Arc::new(Mutex::new(EpisodeState { packing, started: false, invalid: None })))
    }

    /// The packing as it stands, or what was wrong with an answer.
    pub(crate) fn into_result(self) -> Result<Packing, InvalidAnswer> {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &state.invalid {
            Some(invalid) => Err(invalid.clone()),
            None => Ok(state.packing.clone()),
        }
    }
}

impl EpisodeState {
    fn question(&self) -> Value {
        match self.packing.ask() {
            Some(ask) => json!({"done": false, "args": ask.arguments()}),
            None => json!({"done": true, "args": []}),
        }
    }

    /// An item is revealed once: there is no second start, and no way on after a bad answer.
    fn answer(&mut self, operation: &str, mut params: Value) -> Result<Value, DoorError> {
        if self.invalid.is_some() {
            return Err(DoorError::Denied("the episode ended with a bad answer".to_owned()));
        }
        match operation {
            "env.reset" if self.started => Err(DoorError::Denied("an episode starts once".to_owned())),
            "env.reset" => {
                self.started = true;
                Ok(self.question())
            }
            "env.step" if !self.started => Err(DoorError::Denied("call env.reset first".to_owned())),
            "env.step" => {
                let value = params.get_mut("value").map(Value::take).unwrap_or_default();
                if let Err(invalid) = self.packing.answer(&value) {
                    let message = invalid.to_string();
                    self.invalid = Some(invalid);
                    return Err(DoorError::Invalid(message));
                }
                Ok(self.question())
            }
            other => Err(DoorError::Invalid(format!("no such operation: {other}"))),
        }
    }
}

/// What a case may ask: its episode, if it is one, and whatever its evaluation lends it.
struct Doors {
    episode: Option<Episode>,
    lent: Option<Box<dyn Door>>,
}

impl Doors {
    /// The episode, if the operation is one of its own.
    fn episode(&self, operation: &str) -> Option<MutexGuard<'_, EpisodeState>> {
        let Episode(state) = self.episode.as_ref().filter(|_| EPISODE.contains(&operation))?;
        Some(state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn lent(&mut self, operation: &str) -> Result<&mut Box<dyn Door>, DoorError> {
        self.lent.as_mut().ok_or_else(|| DoorError::Invalid(format!("no such operation: {operation}")))
    }
}

#[async_trait]
impl Door for Doors {
    async fn call(&mut self, call: DoorCall<'_>) -> Result<Value, DoorError> {
        if let Some(mut episode) = self.episode(call.operation) {
            return episode.answer(call.operation, call.params);
        }
        self.lent(call.operation)?.call(call).await
    }
}

/// A question to a candidate in its room.
pub(crate) struct Asked {
    pub(crate) item: Item,
    /// Present when the question is an episode.
    pub(crate) episode: Option<Episode>,
    /// Where a lent door leaves the error that the evaluation ends with.
    pub(crate) stop: EvalStop,
}

/// How candidates are asked.
pub(crate) struct Manner<'a> {
    pub(crate) entry: &'a TaskEntry,
    /// The name of the model that the candidate's class gets.
    pub(crate) model: Option<&'a str>,
}

/// Furnishes the room, and lets the candidate be imported: what all of its cases have in common.
pub(crate) fn furnish(task: &Task, rooms: &RoomSpec) -> Result<Setup, PathError> {
    let mut setup = Setup::import(&[task.entry().module.as_str()]);
    if let Some(model) = &rooms.model {
        setup = setup.env(MODEL_VARIABLE, model);
    }
    Ok(setup
        .limits(rooms.limits.clone())
        .seed(setup_seed(task))
        .mount(Mount::read_only(RelPath::new("repo")?, rooms.agent.clone()))
        .mount(Mount::read_only(RelPath::new("sdk")?, rooms.sdk.clone()))
        .python_path("/repo")
        .python_path("/sdk"))
}

/// The question of one case, with what it may ask in turn.
pub(crate) fn ask(problem: &Problem, manner: &Manner<'_>, seed: u64, lent: Option<CaseDoor>) -> Asked {
    let entry = manner.entry;
    let (module, function) = (entry.module.as_str(), entry.function.as_str());
    let drive = |driver: &str, args: Vec<Value>| Item::call("hyperspace.drive", driver, args);
    let mut episode = None;
    let item = match problem {
        Problem::BinPacking(instance) => {
            episode = Some(Episode::new(Packing::new(instance)));
            drive("episode", vec![json!(module), json!(function)])
        }
        Problem::CapSet { dimension } => {
            drive("each", vec![json!(module), json!(function), json!(cap_set::calls(*dimension))])
        }
        Problem::CirclePacking { .. } => Item::call(module, function, Vec::new()),
        Problem::RowCase(row) => match &entry.class {
            None => Item::call(module, function, row.args.clone()),
            // Rows of a task with a class have one argument, the input.
            Some(_) => drive("answer", row.args.iter().cloned().chain([json!(manner.model)]).collect()),
        },
    };
    let (mut operations, mut door, mut stop) = (Vec::new(), None, EvalStop::default());
    if let Some(lent) = lent {
        (operations, door, stop) = (lent.operations, Some(lent.door), lent.stop);
    }
    let mut granted: Vec<&str> = operations.iter().map(String::as_str).collect();
    if episode.is_some() {
        granted.extend(EPISODE);
    }
    let item = match granted.is_empty() {
        true => item,
        false => item.door(&granted, Doors { episode: episode.clone(), lent: door }),
    };
    Asked { item: item.seed(seed), episode, stop }
}

/// What the rooms of all cases have in common.
pub(crate) struct RoomSpec {
    pub(crate) agent: FileSet,
    pub(crate) sdk: FileSet,
    pub(crate) limits: Limits,
    /// The model that guests are told to use, if the evaluation names one.
    pub(crate) model: Option<String>,
}

/// The seed of a candidate's randomness while it is imported: the same for every candidate and case of a task.
fn setup_seed(task: &Task) -> u64 {
    seed("hyperspace v1 set-up seed", task.digest())
}

/// The seed of a candidate's randomness in a case: the same for every candidate, another one for every case and split.
pub(crate) fn case_seed(task: &Task, split: crate::Split, case: &str) -> u64 {
    let text = format!("{}\n{}\n{case}", task.digest(), split.name());
    seed("hyperspace v1 case seed", &text)
}

fn seed(context: &str, text: &str) -> u64 {
    let digest = blake3::derive_key(context, text.as_bytes());
    digest.iter().take(8).fold(0, |seed, &byte| (seed << 8) | u64::from(byte))
}
