//! The room of a meta agent: its own tree to edit, its history and its peers to read.
//!
//! | path | access | content |
//! |---|---|---|
//! | `/repo` | edit scope, decided by the guard | the files of the child, a fork of its parent |
//! | `/repo/evals/gen_<N>_<k>/` | read | evaluations of the last members of its lineage, as the visibility policy says |
//! | `/repo/strategies/<agent>_gen<N>_<k>/` | read | code and score of the best members, as far as they are published |
//! | `/sdk`, `/tmp` | read; scratch | |
//!
//! | `/frozen` | read | the seed's files, in arm freeze-meta |
//!
//! Instances and scorers are never in it, held-out scores and labels only if the visibility policy of the run shows them.

use std::collections::BTreeSet;
use std::sync::Arc;

use hyperspace_core::{Decision, FileOp, FileSet, Guard, RelPath, Store};
use hyperspace_sandbox::{FilePolicy, Job, Limits, Mount, Verdict};
use serde_json::{Value, json};

use crate::archive::Archive;
use crate::error::EvolveError;
use crate::marks::{Writ, strategy_name};

/// Where the frozen meta agent is mounted.
const FROZEN: &str = "frozen";
/// Members whose code a meta agent sees.
pub(crate) const STRATEGIES_MAX: usize = 8;
/// Files of a member that are published.
const PUBLISHED: [&str; 2] = ["task_agent.py", "meta_agent.py"];
/// Folders of `/repo` that no agent may have files in: they are mounted there.
pub(crate) const RESERVED: [&str; 2] = ["evals", "strategies"];

/// What all meta agents of a generation see besides their own files.
pub(crate) struct Surroundings {
    strategies: FileSet,
    sdk: FileSet,
}

impl Surroundings {
    pub(crate) fn new(
        store: &Store,
        archive: &Archive,
        agent: &str,
        published: &BTreeSet<String>,
        (sdk, scores): (&FileSet, bool),
    ) -> Result<Self, EvolveError> {
        let mut strategies = FileSet::new();
        for (_, member) in archive.ranked().take(STRATEGIES_MAX) {
            let place = member.place;
            let folder = strategy_name(agent, place);
            if !published.contains(&folder) {
                continue;
            }
            let files = store.get_files(&member.tree)?;
            for name in PUBLISHED {
                if let Some(content) = files.get(&RelPath::new(name)?) {
                    put(&mut strategies, &format!("{folder}/{name}"), Arc::clone(content))?;
                }
            }
            let score = scores.then(|| member.score.to_f64());
            let metadata = json!({
                "generation": place.generation,
                "candidate": place.candidate,
                "score": score,
            });
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
    fn decide(&self, path: &RelPath, op: FileOp) -> Verdict {
        match self.guard.decide_edit(&self.writ.capability, &self.writ.codebase, path, op) {
            Decision::Allow => Verdict::Allow,
            Decision::Deny(reason) => Verdict::Deny(reason.to_string()),
        }
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
    let mut job = Job::call("meta_agent", "improve", vec![call.argument]);
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
}
