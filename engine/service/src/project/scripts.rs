//! Scripts that call `optimize_anything` of GEPA.
//!
//! The program and the measure of such a script are values that exist only when it runs. The script is therefore run, in a guest,
//! up to that call; `Engine::import_project` does that and completes the form.

use super::forms::ProjectForm;
use super::project_files::ProjectFiles;

/// The name of the engine of these forms.
pub(super) const GEPA: &str = "GEPA optimize_anything";

/// Recognises such a script.
pub(super) fn optimize_anything(files: &ProjectFiles<'_>) -> Result<Option<ProjectForm>, String> {
    let mut found = files.at_the_top(&[".py"]).into_iter().filter(|path| {
        let text = files.text(path);
        text.contains("gepa") && text.contains("optimize_anything(")
    });
    let Some(script) = found.next() else { return Ok(None) };
    if let Some(other) = found.next() {
        return Err(format!(
            "two scripts that call optimize_anything, {script} and {other}; keep one of them in the folder"
        ));
    }
    let mut form = ProjectForm::of(GEPA, script, script, "call = \"gepa\"\nreads = true\n");
    form.seeds.clear();
    form.understood = vec![format!("{script}: the evaluator, the candidate to start from and the data")];
    Ok(Some(form))
}
