//! Python code whose functions are called from outside, any number of times.

use std::sync::Arc;

use hyperspace_core::{FileSet, RelPath};
use hyperspace_eval::Evaluator;
use hyperspace_sandbox::{Item, Mount, Setup, Template};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::exec_request::{ExecutionRequest, GuestProgram};
use super::execution_view::ExecutionView;
use super::host_functions::HostFunctions;
use super::runtime_choice::RuntimeChoice;
use super::values;
use crate::engine::Engine;
use crate::error::ServiceError;

/// The folder of the code in the guest.
const FOLDER: &str = "program";
/// The name of the module if the code's own name cannot be used.
const MODULE: &str = "program";

/// Code that is imported once, and whose functions are called in forks of the state after the import: no call sees another one.
///
/// Cheap to clone. The limits apply to the import and one call together.
#[derive(Debug, Clone)]
pub struct CallableProgram {
    template: Template,
    module: String,
    runtime: String,
    seed: u64,
    has_arrays: bool,
    waiting_guests: Arc<Semaphore>,
}

impl CallableProgram {
    /// Calls a function with arguments, given as the text of a JSON list. Integers may be of any length.
    ///
    /// # Errors
    ///
    /// Class `Usage` when the text is not a list. The behaviour of the function is in the view.
    pub async fn call(
        &self,
        function: &str,
        arguments: &str,
        functions: HostFunctions,
    ) -> Result<ExecutionView, ServiceError> {
        self.call_with(function, argument_list(arguments)?, functions).await
    }

    /// Calls a function with arguments as read by [`argument_list`].
    ///
    /// # Errors
    ///
    /// As [`Engine::execute`]. The behaviour of the function is in the view.
    pub async fn call_with(
        &self,
        function: &str,
        arguments: Vec<Value>,
        functions: HostFunctions,
    ) -> Result<ExecutionView, ServiceError> {
        let item = match self.has_arrays {
            true => {
                let arguments = vec![json!(self.module), json!(function), Value::Array(arguments)];
                Item::call(values::MODULE, "call", arguments)
            }
            false => Item::call(&self.module, function, arguments),
        };
        let (item, record) = functions.lend(item.seed(self.seed), &self.waiting_guests);
        let report = record.checked(self.template.fork(item).await)?;
        let view = ExecutionView::of(report, true, &self.runtime).with_calls(record.finish()?);
        Ok(view.without_frames_of(&[values::FILE]))
    }

    /// Returns whether arguments and results have the encoding of values that may hold arrays.
    #[must_use]
    pub fn has_arrays(&self) -> bool {
        self.has_arrays
    }
}

/// Parses the text of a JSON list. Integers may be of any length.
///
/// # Errors
///
/// Class `Usage` when the text is not a list, or holds too many values.
pub fn argument_list(text: &str) -> Result<Vec<Value>, ServiceError> {
    match values::parsed("arguments", text)? {
        Value::Array(values) => Ok(values),
        _ => Err(ServiceError::request("arguments: expected a JSON list")),
    }
}

/// Returns the name under which code with this file name is imported.
fn module_of(name: &str) -> String {
    let stem = name.rsplit('/').next().unwrap_or(name).trim_end_matches(".py");
    let begins = stem.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let is_name = begins && stem.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_name { stem.to_owned() } else { MODULE.to_owned() }
}

impl Engine {
    /// Makes the functions of the request's source callable. Nothing runs yet: an error in the source becomes the outcome of
    /// every call.
    ///
    /// Arguments and standard input of the request are not used.
    ///
    /// # Errors
    ///
    /// Class `Usage` when the request is wrong.
    pub async fn program(&self, request: ExecutionRequest) -> Result<CallableProgram, ServiceError> {
        let GuestProgram::Source { name, source } = &request.program else {
            return Err(ServiceError::request("expected a program that is given by its source"));
        };
        let RuntimeChoice { name: runtime, packages, .. } = request.chosen_runtime()?;
        let evaluator: Evaluator = self.prepared(runtime, 0).await?;
        let module = module_of(name);
        let source = FileSet::from_files([(format!("{module}.py"), source.as_bytes())])
            .map_err(|error| ServiceError::request(error.to_string()))?;
        let path = format!("/{FOLDER}");
        let has_arrays = request.has_arrays(runtime);
        let setup = match has_arrays {
            true => values::with_values(Setup::import(&[values::MODULE, &module]))?,
            false => Setup::import(&[&module]),
        };
        let taken = [FOLDER.to_owned(), values::FOLDER.to_owned()];
        let setup = request.furnish(setup, evaluator.sdk().clone(), &packages, &taken)?;
        let setup = setup.mount(Mount::read_only(RelPath::new(FOLDER)?, source)).python_path(&path);
        let runtime = evaluator.sandbox().runtime_digest().to_owned();
        Ok(CallableProgram {
            template: evaluator.sandbox().template(setup)?,
            module,
            runtime,
            seed: request.seed,
            has_arrays,
            waiting_guests: Arc::clone(self.waiting_guests()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_has_the_name_of_its_file_where_that_is_one() {
        for (name, module) in
            [("solve.py", "solve"), ("a/b_2.py", "b_2"), ("2.py", MODULE), ("a-b.py", MODULE), ("", MODULE)]
        {
            assert_eq!(module_of(name), module, "{name}");
        }
    }
}
