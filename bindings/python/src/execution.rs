//! Programs, calls of functions, and sessions.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hyperspace::ExecutionView;
use hyperspace::service::{CallableProgram, GuestFileView, HostFunctions, SessionState, document};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};
use tokio::runtime::Handle;
use tokio::task::JoinSet;

use crate::engine::PythonEngine;
use crate::errors::RequestFailure;
use crate::host_functions::host_functions;
use crate::options::guest_request;
use crate::pending::Pending;

/// An execution on its way to Python: the pair of its document, and the content of files by path.
struct Executed {
    document: String,
    files: Vec<GuestFileView>,
}

impl From<ExecutionView> for Executed {
    fn from(view: ExecutionView) -> Self {
        Self { document: document(&view), files: view.files }
    }
}

impl<'py> IntoPyObject<'py> for Executed {
    type Target = PyTuple;
    type Output = Bound<'py, PyTuple>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        let files = PyDict::new(py);
        for file in &self.files {
            files.set_item(&file.path, PyBytes::new(py, &file.content))?;
        }
        (self.document, files).into_pyobject(py)
    }
}

#[pymethods]
impl PythonEngine {
    /// Runs a program. Results in a pair: the document of `exec --json`, and the files that it left.
    #[pyo3(signature = (options, files, names, dispatch=None))]
    fn execute(
        &self,
        py: Python<'_>,
        options: &str,
        files: Vec<(String, Vec<u8>)>,
        names: Vec<String>,
        dispatch: Option<Py<PyAny>>,
    ) -> PyResult<Pending> {
        let request = guest_request(py, options, files)?;
        let (engine, functions) = (self.engine.clone(), host_functions(names, dispatch));
        let work = async move { Ok(Executed::from(engine.execute_with(request, functions).await?)) };
        Ok(Pending::start(&self.runtime, work))
    }

    /// Makes the functions of a program callable. Results in a `Program`.
    fn program(&self, py: Python<'_>, options: &str, files: Vec<(String, Vec<u8>)>) -> PyResult<Pending> {
        let request = guest_request(py, options, files)?;
        let (engine, owner) = (self.engine.clone(), self.clone());
        let work = async move { Ok(PythonProgram { program: engine.program(request).await?, owner }) };
        Ok(Pending::start(&self.runtime, work))
    }

    /// Starts a session. Results in a `Session`.
    fn session(&self, py: Python<'_>, options: &str, files: Vec<(String, Vec<u8>)>) -> PyResult<Pending> {
        let request = guest_request(py, options, files)?;
        let (engine, owner) = (self.engine.clone(), self.clone());
        let work = async move { Ok(PythonSession { state: engine.session(request).await?, owner }) };
        Ok(Pending::start(&self.runtime, work))
    }
}

/// Code whose functions can be called, each call in a fork of its own.
#[pyclass(frozen, module = "hyperspace", name = "Program")]
pub(crate) struct PythonProgram {
    program: CallableProgram,
    owner: PythonEngine,
}

#[pymethods]
impl PythonProgram {
    /// Calls a function with the arguments of a JSON list. Results as `Engine.execute`.
    #[pyo3(signature = (function, arguments, names, dispatch=None))]
    fn call(
        &self,
        function: String,
        arguments: String,
        names: Vec<String>,
        dispatch: Option<Py<PyAny>>,
    ) -> Pending {
        let (program, functions) = (self.program.clone(), host_functions(names, dispatch));
        let work = async move { Ok(Executed::from(program.call(&function, &arguments, functions).await?)) };
        Pending::start(&self.owner.runtime, work)
    }

    /// Calls a function once for each of the JSON lists, `workers` at a time. Results in a list in their order.
    fn map(&self, function: String, arguments: Vec<String>, workers: usize) -> Pending {
        let (program, runtime) = (self.program.clone(), self.owner.runtime.clone());
        Pending::start(&self.owner.runtime, call_all(program, function, arguments, workers, runtime))
    }
}

/// Calls a function for each list of arguments; the first error ends all of them.
async fn call_all(
    program: CallableProgram,
    function: String,
    arguments: Vec<String>,
    workers: usize,
    runtime: Handle,
) -> Result<Vec<Executed>, RequestFailure> {
    let (count, next) = (arguments.len(), Arc::new(AtomicUsize::new(0)));
    let (arguments, function) = (Arc::new(arguments), Arc::new(function));
    let mut workers_at_work = JoinSet::new();
    for _ in 0..workers.clamp(1, count.max(1)) {
        let (program, next) = (program.clone(), Arc::clone(&next));
        let (arguments, function) = (Arc::clone(&arguments), Arc::clone(&function));
        let worker = async move {
            let mut views = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(text) = arguments.get(index) else { return Ok(views) };
                let view = program.call(&function, text, HostFunctions::none()).await?;
                views.push((index, Executed::from(view)));
            }
        };
        workers_at_work.spawn_on(worker, &runtime);
    }
    let mut views = Vec::with_capacity(count);
    while let Some(ended) = workers_at_work.join_next().await {
        let ended: Result<Vec<(usize, Executed)>, RequestFailure> =
            ended.unwrap_or_else(|error| Err(RequestFailure::internal(error.to_string())));
        views.extend(ended?);
    }
    views.sort_unstable_by_key(|(index, _)| *index);
    Ok(views.into_iter().map(|(_, view)| view).collect())
}

/// A state from which code goes on.
#[pyclass(frozen, module = "hyperspace", name = "Session")]
pub(crate) struct PythonSession {
    state: SessionState,
    owner: PythonEngine,
}

#[pymethods]
impl PythonSession {
    /// Executes code after setting the variables of a JSON object. Results in a pair: the execution as of `Engine.execute`, and the
    /// session after it, or None when the code was stopped.
    #[pyo3(signature = (code, variables, names, dispatch=None))]
    fn execute(
        &self,
        code: String,
        variables: String,
        names: Vec<String>,
        dispatch: Option<Py<PyAny>>,
    ) -> Pending {
        let (state, owner) = (self.state.clone(), self.owner.clone());
        let functions = host_functions(names, dispatch);
        let work = async move {
            let turn = state.execute(&code, &variables, functions).await?;
            Ok((Executed::from(turn.view), turn.next.map(|state| Self { state, owner })))
        };
        Pending::start(&self.owner.runtime, work)
    }
}
