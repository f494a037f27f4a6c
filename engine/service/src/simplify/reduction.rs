//! Ways to make a Python file smaller, as the guest's module lists them.

use hyperspace_core::{FileSet, RelPath};
use hyperspace_eval::Evaluator;
use hyperspace_evolve::Reduction;
use hyperspace_guest::reductions_files;
use hyperspace_sandbox::{Job, Mount, Outcome};
use serde_json::json;

use crate::error::ServiceError;

/// The folder of the module in the guest.
const FOLDER: &str = "reductions";

/// Lists the reductions of a source, those that remove most first. Text that is not Python has none.
pub(super) async fn reductions(evaluator: &Evaluator, source: &str) -> Result<Vec<Reduction>, ServiceError> {
    let files =
        FileSet::from_files(reductions_files()).map_err(|error| ServiceError::request(error.to_string()))?;
    let job = Job::call("hyperspace_reductions", "reductions", vec![json!(source)])
        .mount(Mount::read_only(RelPath::new(FOLDER)?, files))
        .python_path(&format!("/{FOLDER}"));
    let report = evaluator.sandbox().run(job).await?;
    if report.outcome != Outcome::Completed {
        return Err(failed(report.traceback.unwrap_or_else(|| format!("{:?}", report.outcome))));
    }
    serde_json::from_value(report.result.unwrap_or_default()).map_err(|error| failed(error.to_string()))
}

/// Returns the error for a program that cannot be simplified.
pub(super) fn failed(words: String) -> ServiceError {
    ServiceError::request(format!("the code cannot be simplified: {words}"))
}
