//! `/repo/evals`: the evaluations of its lineage that a meta agent sees, as the run's visibility policy allows.
//!
//! Each member has a folder `gen_<N>_<k>` with `report.json`. For tasks with rows or with an evaluator in Python, the folder also
//! has `eval_train` and `eval_held_out`, unless the policy shows nothing of these splits.

use hyperspace_core::{FileSet, RecordId, RelPath};
use hyperspace_eval::Split;
use hyperspace_store::Store;
use serde_json::{Value, json};

use crate::context::RunContext;
use crate::error::EvolveError;
use crate::offspring::visible_files::{has_rows, visible_files};
use crate::record::generation::load_evaluation;
use crate::record::visibility::VisibleItem;
use crate::search::archive::Archive;
use crate::search::training_window::TrainingWindow;

/// Maximum number of members of the lineage whose reports a meta agent sees.
const REPORTS_MAX: usize = 8;

/// Returns the files below `/repo/evals` for a child of this member. They contain nothing about the training rows that decide on
/// the child.
pub(crate) fn of_lineage(
    context: &RunContext,
    store: &Store,
    archive: &Archive,
    parent: usize,
    window: Option<&TrainingWindow>,
) -> Result<FileSet, EvolveError> {
    let policy = &context.config.visibility;
    let mut files = FileSet::new();
    let mut put = |path: String, content: Vec<u8>| -> Result<(), EvolveError> {
        files
            .insert(RelPath::new(&path)?, content)
            .map_err(|error| EvolveError::internal("the evaluation history", error))?;
        Ok(())
    };
    let tells = |split| has_rows(&context.task, split) || context.task.bridge().is_some();
    let shown = [(Split::Train, "eval_train"), (Split::HeldOut, "eval_held_out")]
        .map(|(split, folder)| (folder, !policy.of(split).is_empty() && tells(split)));
    let tells_cases = !context.config.evidence.is_first() && !policy.train.is_empty();
    for member in archive.lineage(parent).take(REPORTS_MAX) {
        let score = policy.train.contains(&VisibleItem::Scores).then(|| member.score.to_f64());
        let mut report = json!({
            "generation": member.id.generation,
            "candidate": member.id.candidate,
            "outcome": "scored",
            "score": score,
        });
        let load = |record: Option<RecordId>, wanted: bool| {
            let loaded =
                record.filter(|_| wanted).map(|record| load_evaluation(store, &record)).transpose()?;
            Ok::<_, EvolveError>(loaded.map(|evaluation| match window {
                Some(window) => window.shown(&context.task, evaluation),
                None => evaluation,
            }))
        };
        let [(_, train_is_shown), (_, held_out_is_shown)] = shown;
        let train = load(member.train_evaluation, tells_cases || train_is_shown)?;
        if let Some(evaluation) = train.as_ref().filter(|_| tells_cases) {
            let fuel = evaluation.cases.iter().map(|case| (case.case.clone(), json!(case.fuel)));
            report["fuel_of_cases"] = Value::Object(fuel.collect());
        }
        put(format!("{}/report.json", member.id), report.to_string().into_bytes())?;
        let evaluations = [train, load(member.held_out_evaluation, held_out_is_shown)?];
        for ((folder, is_shown), evaluation) in shown.into_iter().zip(evaluations) {
            let Some(evaluation) = evaluation.filter(|_| is_shown) else { continue };
            for (name, content) in visible_files(policy, &context.task, &evaluation) {
                put(format!("{}/{folder}/{name}", member.id), content)?;
            }
        }
    }
    Ok(files)
}
