//! The room of a meta agent: the files it can edit and read, its environment and its door.
//!
//! | path | access | content |
//! |---|---|---|
//! | `/repo` | edit scope, decided by the guard | the files of the candidate, a fork of its parent |
//! | `/repo/evals/gen_<N>_<k>/` | read | evaluations of the last members of its lineage, as the visibility policy allows |
//! | `/repo/strategies/<population>_gen<N>_<k>/` | read | code and score of published members |
//! | `/frozen` | read | the seed's files, in arm `freeze-meta` |
//! | `/sdk` | read | the packages `hyperspace` and `agent` |
//! | `/tmp` | write | scratch, discarded |
//!
//! It never contains cases or scorers, and held-out scores and labels only if the visibility policy of the run shows them.

use hyperspace_core::{FileSet, RelPath};
use hyperspace_eval::{EvidenceRules, SdkPlaces, sdk_with_limits};
use hyperspace_sandbox::{Job, Mount};

use crate::error::EvolveError;
use crate::executor::interface::MetaRunRequest;
use crate::executor::tools::{OPERATIONS, Toolbox};

/// The mount point of frozen files.
const FROZEN: &str = "frozen";

/// Returns the job of a run of a meta agent.
pub(crate) fn job(
    request: MetaRunRequest,
    sdk: &FileSet,
    toolbox: Option<Toolbox>,
) -> Result<Job, EvolveError> {
    // It calls `improve(job)`, or the class `MetaAgent` if there is no such function.
    let mut job = Job::call("hyperspace.drive", "improve", vec![request.argument]);
    if let Some(toolbox) = toolbox {
        job = job.door(&OPERATIONS, toolbox);
    }
    for (name, model) in [("META_MODEL", request.meta_model), ("EVAL_MODEL", request.eval_model)] {
        if let Some(model) = model {
            job = job.env(name, &model);
        }
    }
    let sdk = match request.evidence {
        EvidenceRules::First => sdk.clone(),
        _ => sdk_with_limits(sdk, &request.limits),
    };
    // The modules that come first are those of the meta agent that runs, whichever candidate it edits.
    let own = request.frozen.as_ref().unwrap_or(&request.files);
    let sdk = SdkPlaces::of(sdk, own, request.agent_layer);
    if let Some(first) = sdk.first {
        job = job.python_path(first);
    }
    if let Some(frozen) = request.frozen {
        // Comes before /repo, so that its modules are imported instead of the candidate's.
        job = job.mount(Mount::read_only(RelPath::new(FROZEN)?, frozen)).python_path("/frozen");
    }
    Ok(job
        .limits(request.limits)
        .seed(request.seed)
        .mount(Mount::read_write(RelPath::new("repo")?, request.files).policy(request.edits))
        .mount(Mount::read_only(RelPath::new("repo/evals")?, request.history))
        .mount(Mount::read_only(RelPath::new("repo/strategies")?, request.strategies))
        .mount(Mount::read_only(RelPath::new("sdk")?, sdk.files))
        .python_path("/repo")
        .python_path(sdk.last))
}
