//! Projects that reveal what they evolve only when they run: a guest runs the script up to its call.

use std::collections::BTreeMap;
use std::path::Path;

use hyperspace_core::{FileSet, RelPath};
use hyperspace_sandbox::{Job, Mount, Outcome, RuntimeName};
use serde::Deserialize;
use serde_json::json;

use super::forms::ProjectForm;
use super::layout::RecognisedProject;
use crate::engine::Engine;
use crate::error::ServiceError;

/// The arguments of the script's call.
#[derive(Debug, Deserialize)]
struct ScriptCall {
    files: BTreeMap<String, String>,
    dataset: Option<u64>,
    valset: Option<u64>,
    #[serde(default)]
    objective: String,
    #[serde(default)]
    background: String,
}

impl Engine {
    /// Runs the script of a project up to its call, and completes the form with the arguments of the call.
    pub(super) fn complete_script(
        &self,
        project: &mut RecognisedProject,
        files: &FileSet,
        folder: &Path,
    ) -> Result<(), ServiceError> {
        let script = project.form.program.clone();
        let call = self.block_on(self.script_call(files, &script, folder, project.runtime))??;
        let form = &mut project.form;
        let objective = [call.objective.trim(), call.background.trim()].join("\n\n");
        if !objective.trim().is_empty() {
            objective.trim().clone_into(&mut project.description);
            form.understood.push(format!("{script}: objective and background: the description of the task"));
        }
        form.understood.push(format!(
            "{script}: seed_candidate: {}, evolved as text",
            call.files.keys().cloned().collect::<Vec<_>>().join(", ")
        ));
        splits(form, &call, &script);
        // The parts of a candidate are files of its tree; the first one is the program.
        for (name, text) in &call.files {
            form.made.push((format!("seed/{name}"), text.clone()));
        }
        if let Some(first) = call.files.keys().next() {
            form.scorer.push_str(&format!("program = {}\n", super::layout::quoted(first)));
        }
        Ok(())
    }

    async fn script_call(
        &self,
        files: &FileSet,
        script: &str,
        folder: &Path,
        runtime: RuntimeName,
    ) -> Result<ScriptCall, ServiceError> {
        let evaluator = self.prepared(runtime, 0).await?;
        let bridge = FileSet::from_files(hyperspace_guest::bridge_files())
            .map_err(|error| ServiceError::request(error.to_string()))?;
        let job = Job::call("hyperspace_evaluator.gepa_script", "describe", vec![json!(script)])
            .mount(Mount::read_only(RelPath::new("task")?, files.clone()))
            .mount(Mount::read_only(RelPath::new("bridge")?, bridge))
            .mount(Mount::read_only(RelPath::new("sdk")?, evaluator.sdk().clone()))
            .mount(Mount::read_write(RelPath::new("tmp")?, FileSet::new()))
            .python_path("/bridge")
            .python_path("/sdk");
        let report = evaluator.sandbox().run(job).await?;
        let problem = match (&report.outcome, &report.result) {
            (Outcome::Completed, Some(result)) => match ScriptCall::deserialize(result) {
                Ok(call) => return Ok(call),
                Err(error) => error.to_string(),
            },
            (Outcome::Exception { exception, message }, _) => format!("{exception}: {message}"),
            (outcome, _) => format!("it ended with {}", outcome.name()),
        };
        let problem =
            format!("{script} was run up to its call of optimize_anything, which failed: {problem}");
        Err(ServiceError::file(folder, problem))
    }
}

/// Sets the splits of the form from the script's data.
fn splits(form: &mut ProjectForm, call: &ScriptCall, script: &str) {
    let Some(dataset) = call.dataset else { return };
    form.understood.push(format!("{script}: dataset: {dataset} examples, for training"));
    form.more.push_str("\n[splits.train]\nargs = [\"dataset\"]\n");
    if let Some(valset) = call.valset {
        form.understood.push(format!("{script}: valset: {valset} examples, held out"));
        form.more.push_str("\n[splits.held-out]\nargs = [\"valset\"]\n");
    }
}
