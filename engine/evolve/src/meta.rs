//! A child is made: its own meta agent edits its files, in a room of its own, beside those of other children.
//!
//! When the meta agent does not complete, all its edits are dropped and the last one that worked stands in for it. What it
//! did is part of the child only after [`Child::accept`].

use std::sync::{Arc, PoisonError};

use hyperspace_core::{BlobId, FileSet, RelPath, TreeId};
use hyperspace_eval::{Evaluator, ModelDoor};
use hyperspace_llm::Account;
use hyperspace_sandbox::{DoorError, Outcome};
use hyperspace_store::Store;
use serde_json::{Value, json};

use crate::archive::{Archive, Place};
use crate::child::{Child, Ended};
use crate::error::EvolveError;
use crate::kin::{self, Kin};
use crate::models::AgentConfig;
use crate::record::ParentRecord;
use crate::room::{self, Editor, MetaCall, Surroundings};
use crate::talk::{self, Talk};
use crate::toolbox::Toolbox;

/// Meta agents that may stand in, one after the other.
pub(crate) const RESCUES_MAX: usize = 3;

/// What every child of an agent in a generation needs.
pub(crate) struct Workshop {
    pub(crate) evaluator: Evaluator,
    pub(crate) agent: AgentConfig,
    pub(crate) archive: Arc<Archive>,
    pub(crate) surroundings: Surroundings,
    pub(crate) limits: hyperspace_sandbox::Limits,
    /// Whether training scores are visible.
    pub(crate) scores: bool,
    pub(crate) task: Value,
    /// Who answers models, and the temperature that meta agents are told.
    pub(crate) talk: Option<(Arc<Talk>, f64)>,
}

/// One child to be made: all that differs between children.
pub(crate) struct Order {
    pub(crate) place: Place,
    /// Whose child it is.
    pub(crate) agent: usize,
    pub(crate) parent: usize,
    pub(crate) seed: u64,
    pub(crate) editor: Editor,
    /// The guard allowed the run.
    pub(crate) allowed: bool,
    /// The files of the parent.
    pub(crate) files: FileSet,
    /// Files that stand in when the parent's own meta agent fails, in order.
    pub(crate) rescuers: Vec<(TreeId, FileSet)>,
    /// What it sees below `/repo/evals`.
    pub(crate) history: FileSet,
    /// Files whose meta agent runs instead of the child's own.
    pub(crate) frozen: Option<(TreeId, FileSet)>,
}

/// The trees whose meta agents may stand in for that of a member: those that made its lineage, the nearest first, without the
/// ones whose meta agent is the member's own.
pub(crate) fn rescuers(
    store: &Store,
    archive: &Archive,
    kin: &Kin,
    parent: usize,
) -> Result<Vec<(TreeId, FileSet)>, EvolveError> {
    let trees = kin.others(store, archive, parent)?;
    trees.into_iter().map(|tree| Ok((tree, store.get_files(&tree)?))).collect()
}

/// The files that make a meta agent: `meta_agent.py` and its library.
fn meta_files(files: &FileSet) -> Vec<(RelPath, BlobId)> {
    files
        .iter()
        .filter(|(path, _)| kin::is_meta(path))
        .map(|(path, content)| (path.clone(), BlobId::of(content)))
        .collect()
}

/// `files` with the meta agent of `donor`.
fn with_meta_of(files: &FileSet, donor: &FileSet) -> FileSet {
    let mut files = files.clone();
    for (path, _) in meta_files(donor) {
        if let Some(content) = donor.get(&path) {
            // A name that is a folder on one side and a file on the other stays as it is; the run then shows what comes of it.
            drop(files.insert(path, Arc::clone(content)));
        }
    }
    files
}

/// Makes a child.
pub(crate) async fn make(workshop: &Workshop, order: Order) -> Result<Child, EvolveError> {
    let Some(parent) = workshop.archive.members().get(order.parent) else {
        return Err(EvolveError::record("a child", "its parent is not in the archive"));
    };
    let parent_record = ParentRecord { place: parent.place, tree: parent.tree };
    let mut child = Child::forked(&order, parent_record);
    let maker = order.frozen.as_ref().map_or(parent.tree, |(tree, _)| *tree);
    let own = std::iter::once((maker, order.files.clone()));
    let others = order.rescuers.iter().map(|(tree, donor)| (*tree, with_meta_of(&order.files, donor)));
    let account = workshop.talk.as_ref().map(|(talk, _)| talk.account(order.place, order.agent));
    for (number, (tree, files)) in own.chain(others).filter(|_| order.allowed).enumerate() {
        let ended = run(workshop, &order, files.clone(), (number, tree, account.as_ref())).await?;
        child.ran(ended, files);
        if child.completed {
            break;
        }
    }
    Ok(child)
}

/// What a meta agent is told.
fn argument(workshop: &Workshop, order: &Order) -> Value {
    let parent = &workshop.archive.members()[order.parent];
    let mut argument = json!({
        "generation": order.place.generation,
        "candidate": order.place.candidate,
        "seed": order.seed,
        "repo": "/repo",
        "evals": "/repo/evals",
        "task": workshop.task,
        "parent": {
            "generation": parent.place.generation,
            "candidate": parent.place.candidate,
            "score": workshop.scores.then(|| parent.score.to_f64()),
        },
    });
    if let (Some(model), Some((_, temperature))) = (&workshop.agent.model, &workshop.talk) {
        argument["model"] = json!(model);
        argument["temperature"] = json!(temperature);
    }
    if let Some(most) = workshop.agent.generations {
        argument["iterations_left"] = json!(most.saturating_sub(order.place.generation));
    }
    argument
}

/// The door of a run, if its agent has a model.
fn toolbox(
    workshop: &Workshop,
    order: &Order,
    stream: &str,
    account: Option<&Account>,
) -> Result<Option<Toolbox>, EvolveError> {
    let AgentConfig { model: Some(model), eval_model, .. } = &workshop.agent else { return Ok(None) };
    let (Some((talk, _)), Some(account)) = (&workshop.talk, account) else { return Ok(None) };
    let callable = std::iter::once(model).chain(eval_model).cloned().collect();
    let session = talk.session(stream, callable, account)?;
    let trouble = talk.trouble();
    let door = ModelDoor::new(session, stream, move |error| {
        let why = DoorError::Abort(error.to_string());
        trouble.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        why
    });
    Ok(Some(Toolbox::new(workshop.evaluator.sandbox().clone(), order.seed, door)))
}

async fn run(
    workshop: &Workshop,
    order: &Order,
    files: FileSet,
    (number, tree, account): (usize, TreeId, Option<&Account>),
) -> Result<Ended, EvolveError> {
    let argument = argument(workshop, order);
    let stream = talk::meta_stream(order.place, number);
    for _ in 0..2 {
        let toolbox = toolbox(workshop, order, &stream, account)?;
        let done = toolbox.as_ref().map(Toolbox::done).unwrap_or_default();
        let call = MetaCall {
            argument: argument.clone(),
            seed: order.seed,
            limits: workshop.limits.clone(),
            history: order.history.clone(),
            frozen: order.frozen.as_ref().map(|(_, files)| files.clone()),
            models: (workshop.agent.model.clone(), workshop.agent.eval_model.clone()),
            toolbox,
        };
        let job = room::job(&workshop.surroundings, files.clone(), &order.editor, call)?;
        let report = workshop.evaluator.sandbox().run(job).await;
        // Whatever the run looks like then, it is none of the agent's doing.
        let talk = workshop.talk.as_ref().map(|(talk, _)| talk);
        talk.map_or(Ok(()), |talk| talk.check())?;
        let report = report?;
        if report.outcome != Outcome::WallClock {
            let heads = talk.map(|talk| talk.heads([stream])).transpose()?;
            return Ok(Ended { tree, report, done, stream: heads.and_then(|mut heads| heads.pop()) });
        }
        tracing::warn!(candidate = %order.place, "the wall-clock backstop ended a meta agent");
    }
    Err(EvolveError::Eval(hyperspace_eval::EvalError::WallClock {
        case: format!("meta agent of {}", order.place),
        limit_ms: workshop.limits.wall_clock_ms,
    }))
}
