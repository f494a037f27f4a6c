//! The room of a meta agent: its own tree to edit, its history and its peers to read.
//!
//! | path | access | content |
//! |---|---|---|
//! | `/repo` | edit scope, decided by the guard | the files of the child, a fork of its parent |
//! | `/repo/evals/gen_<N>_<k>/` | read | evaluations of the last members of its lineage, as the visibility policy says |
//! | `/repo/strategies/<agent>_gen<N>_<k>/` | read | code and score of what was published: of the best members, or of the other agents' best |
//! | `/sdk`, `/tmp` | read; scratch | |
//!
//! | `/frozen` | read | the seed's files, in arm freeze-meta |
//!
//! Instances and scorers are never in it, held-out scores and labels only if the visibility policy of the run shows them.

use std::sync::Arc;

use hyperspace_core::{Decision, FileOp, FileSet, RelPath};
use hyperspace_markspace::Guard;
use hyperspace_sandbox::{FilePolicy, Job, Limits, Mount};
use hyperspace_store::Store;
use serde_json::{Value, json};

use crate::archive::Member;
use crate::error::EvolveError;
use crate::marks::Writ;
use crate::toolbox::{OPERATIONS, Toolbox};

/// Where the frozen meta agent is mounted.
const FROZEN: &str = "frozen";
/// Files of a member that are published.
const PUBLISHED: [&str; 2] = ["task_agent.py", "meta_agent.py"];
/// Folders of `/repo` that no agent may have files in: they are mounted there.
pub(crate) const RESERVED: [&str; 2] = ["evals", "strategies"];

/// What all meta agents of a generation see besides their own files.
pub(crate) struct Surroundings {
    strategies: FileSet,
    sdk: FileSet,
}

/// A member that others see.
pub(crate) struct Shown<'a> {
    /// Its folder below `/repo/strategies`.
    pub(crate) name: String,
    /// What it is.
    pub(crate) member: &'a Member,
    /// The model behind it, if it is another agent's.
    pub(crate) model: Option<&'a str>,
}

impl Surroundings {
    /// `scores`: whether training scores are visible, and held-out ones.
    pub(crate) fn new(
        store: &Store,
        shown: &[Shown<'_>],
        sdk: &FileSet,
        scores: (bool, bool),
    ) -> Result<Self, EvolveError> {
        let mut strategies = FileSet::new();
        for Shown { name: folder, member, model } in shown {
            let files = store.get_files(&member.tree)?;
            for name in PUBLISHED {
                if let Some(content) = files.get(&RelPath::new(name)?) {
                    put(&mut strategies, &format!("{folder}/{name}"), Arc::clone(content))?;
                }
            }
            let mut metadata = json!({
                "generation": member.place.generation,
                "candidate": member.place.candidate,
                "score": scores.0.then(|| member.score.to_f64()),
            });
            if scores.1 {
                metadata["val_score"] = json!(member.held_out.to_f64());
            }
            if let Some(model) = model {
                metadata["model"] = json!(model);
            }
            put(&mut strategies, &format!("{folder}/metadata.json"), text(&metadata))?;
        }
        Ok(Self { strategies, sdk: sdk.clone() })
    }
}

fn put(files: &mut FileSet, path: &str, content: Arc<[u8]>) -> Result<(), EvolveError> {
    files.insert(RelPath::new(path)?, content).map_err(|error| EvolveError::record("a room", error))?;
    Ok(())
}

fn text(value: &Value) -> Arc<[u8]> {
    value.to_string().into_bytes().into()
}

/// The guard, as the sandbox asks it.
struct GuardPolicy {
    guard: Guard,
    writ: Writ,
}

impl FilePolicy for GuardPolicy {
    fn decide(&self, path: &RelPath, op: FileOp) -> Decision {
        self.guard.decide_edit(&self.writ.capability, &self.writ.codebase, path, op)
    }
}

/// Who edits what.
#[derive(Clone)]
pub(crate) struct Editor {
    pub(crate) guard: Guard,
    pub(crate) writ: Writ,
}

/// One run of a meta agent.
pub(crate) fn job(
    surroundings: &Surroundings,
    files: FileSet,
    editor: &Editor,
    call: MetaCall,
) -> Result<Job, EvolveError> {
    let policy = GuardPolicy { guard: editor.guard.clone(), writ: editor.writ.clone() };
    // It runs `improve(job)`, or the class `MetaAgent` where there is no such function.
    let mut job = Job::call("hyperspace.drive", "improve", vec![call.argument]);
    if let Some(toolbox) = call.toolbox {
        job = job.door(&OPERATIONS, toolbox);
    }
    for (name, model) in [("META_MODEL", call.models.0), ("EVAL_MODEL", call.models.1)] {
        if let Some(model) = model {
            job = job.env(name, &model);
        }
    }
    if let Some(frozen) = call.frozen {
        // Before /repo, so that its modules are imported and not those that the child has.
        job = job.mount(Mount::read_only(RelPath::new(FROZEN)?, frozen)).python_path("/frozen");
    }
    Ok(job
        .limits(call.limits)
        .seed(call.seed)
        .mount(Mount::read_write(RelPath::new("repo")?, files).policy(Arc::new(policy)))
        .mount(Mount::read_only(RelPath::new("repo/evals")?, call.history))
        .mount(Mount::read_only(RelPath::new("repo/strategies")?, surroundings.strategies.clone()))
        .mount(Mount::read_only(RelPath::new("sdk")?, surroundings.sdk.clone()))
        .python_path("/repo")
        .python_path("/sdk"))
}

/// How a meta agent is called.
pub(crate) struct MetaCall {
    pub(crate) argument: Value,
    pub(crate) seed: u64,
    pub(crate) limits: Limits,
    /// What is below `/repo/evals`.
    pub(crate) history: FileSet,
    /// Files whose meta agent runs instead of the child's own.
    pub(crate) frozen: Option<FileSet>,
    /// The models that the guest finds in `META_MODEL` and `EVAL_MODEL`.
    pub(crate) models: (Option<String>, Option<String>),
    /// Model and tools, for an agent that has a model.
    pub(crate) toolbox: Option<Toolbox>,
}
