//! Sessions: code that continues where earlier code stopped.

use std::sync::Arc;

use hyperspace_core::digest::derive;
use hyperspace_core::{FileSet, RelPath, exact_json};
use hyperspace_guest::session_files;
use hyperspace_sandbox::{GuestSession, Item, Mount, Setup};
use serde_json::json;
use tokio::sync::Semaphore;

use super::exec_request::ExecutionRequest;
use super::execution_view::ExecutionView;
use super::host_functions::HostFunctions;
use super::runtime_choice::RuntimeChoice;
use super::values;
use crate::engine::Engine;
use crate::error::ServiceError;

/// The folder of the session's module in the guest.
const FOLDER: &str = "session";
/// The file of the session's module.
const FILE: &str = "/session/hyperspace_session.py";
/// The module, and its function.
const EXECUTE: (&str, &str) = ("hyperspace_session", "execute");

/// A state of a guest from which code continues, as at the prompt of an interpreter. Executing code creates a new state and
/// leaves this one unchanged, so any state can be kept and returned to.
///
/// Cheap to clone; a state takes some mebibytes until its last handle is dropped. The limits apply to each piece of code
/// separately.
#[derive(Debug, Clone)]
pub struct SessionState {
    session: GuestSession,
    runtime: String,
    seed: u64,
    has_arrays: bool,
    /// Number of pieces of code executed before it.
    turns: u64,
    waiting_guests: Arc<Semaphore>,
}

/// Code that was executed in a session.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SessionTurn {
    /// The execution. Its result is an object with `value` (of a final expression, if it can be written as JSON), `text` (its
    /// `repr`), `plain` (true if the value is JSON), and `has_value`.
    pub view: ExecutionView,
    /// The state after it; `None` if a limit stopped the code or it exited. The session then continues from the state before it.
    pub next: Option<SessionState>,
}

impl SessionState {
    /// Executes code in this state after setting `variables`, given as the text of a JSON object. Functions of the host can be
    /// called by name, with positional and keyword arguments: the door receives `{"args": […], "kwargs": {…}}`.
    ///
    /// # Errors
    ///
    /// Class `Usage` when the variables are not an object, or too many. The behaviour of the code is in the view.
    pub async fn execute(
        &self,
        code: &str,
        variables: &str,
        functions: HostFunctions,
    ) -> Result<SessionTurn, ServiceError> {
        let variables = values::parsed("variables", variables)?;
        if !variables.is_object() {
            return Err(ServiceError::request("variables: expected a JSON object"));
        }
        let arguments = vec![exact_json::text(code), variables, json!(functions.names())];
        let module = if self.has_arrays { values::MODULE } else { EXECUTE.0 };
        let item = Item::call(module, EXECUTE.1, arguments).seed(self.turn_seed());
        let (item, record) = functions.lend(item, &self.waiting_guests);
        let (report, next) = record.checked(self.session.run(item).await)?;
        let next = next.map(|session| Self { session, turns: self.turns + 1, ..self.clone() });
        let view = ExecutionView::of(report, true, &self.runtime).with_calls(record.finish()?);
        Ok(SessionTurn { view: view.without_frames_of(&[FILE, values::FILE]), next })
    }
}

impl SessionState {
    /// Returns whether variables and values have the encoding of values that may hold arrays.
    #[must_use]
    pub fn has_arrays(&self) -> bool {
        self.has_arrays
    }

    /// Returns the seed of the next piece of code: that of the session for the first one, so that it behaves like any other
    /// program, and a different one for each later piece, so that `os.urandom` does not repeat itself.
    fn turn_seed(&self) -> u64 {
        if self.turns == 0 {
            return self.seed;
        }
        let parts = [&self.seed.to_le_bytes()[..], &self.turns.to_le_bytes()];
        let digest = derive("hyperspace v1 session turn", &parts);
        u64::from_le_bytes(std::array::from_fn(|index| digest[index]))
    }
}

impl Engine {
    /// Starts a session with the limits, seed, folders, files and variables of a request. Its source is not run and has to be
    /// executed separately.
    ///
    /// # Errors
    ///
    /// Class `Usage` when the request is wrong, and when its limits are too small for starting a session.
    pub async fn session(&self, request: ExecutionRequest) -> Result<SessionState, ServiceError> {
        let RuntimeChoice { name: runtime, packages, .. } = request.chosen_runtime()?;
        let evaluator = self.prepared(runtime, 0).await?;
        let files =
            FileSet::from_files(session_files()).map_err(|error| ServiceError::request(error.to_string()))?;
        let path = format!("/{FOLDER}");
        let has_arrays = request.has_arrays(runtime);
        let setup = match has_arrays {
            true => values::with_values(Setup::import(&[EXECUTE.0, values::MODULE]))?,
            false => Setup::import(&[EXECUTE.0]),
        };
        let taken = [FOLDER.to_owned(), values::FOLDER.to_owned()];
        let setup = request.furnish(setup, evaluator.sdk().clone(), &packages, &taken)?;
        // The folder in which code starts is on the module path, as at the prompt of an interpreter.
        let setup = setup
            .mount(Mount::read_only(RelPath::new(FOLDER)?, files))
            .python_path(&path)
            .python_path("/tmp");
        let started = evaluator.sandbox().template(setup)?.session().await?;
        let session = started.map_err(|report| {
            ServiceError::request(format!("the session does not start: {}", report.outcome.name()))
        })?;
        let runtime = evaluator.sandbox().runtime_digest().to_owned();
        Ok(SessionState {
            session,
            runtime,
            seed: request.seed,
            has_arrays,
            turns: 0,
            waiting_guests: Arc::clone(self.waiting_guests()),
        })
    }
}
