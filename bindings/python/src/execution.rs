//! Programs, calls of functions, and sessions.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hyperspace::ExecutionView;
use hyperspace::service::{CallableProgram, HostFunctions, SessionState, document};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};
use tokio::runtime::Handle;
use tokio::task::JoinSet;

use crate::engine::PythonEngine;
use crate::errors::RequestFailure;
use crate::host_functions::host_functions;
use crate::options::{self, GuestOptions};
use crate::pending::Pending;

/// Returns an execution as Python takes it: the document, and the content of files by path.
fn deliver(py: Python<'_>, view: &ExecutionView) -> PyResult<Py<PyAny>> {
    let files = PyDict::new(py);
    for file in &view.files {
        files.set_item(&file.path, PyBytes::new(py, &file.content))?;
    }
    Ok((document(view), files).into_pyobject(py)?.into_any().unbind())
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
        let request = options::parse::<GuestOptions>(options).and_then(|options| options.request(files));
        let request = request.map_err(|failure| failure.into_exception(py))?;
        let (engine, functions) = (self.engine.clone(), host_functions(names, dispatch));
        let work = async move { Ok(engine.execute_with(request, functions).await?) };
        Ok(Pending::start(&self.runtime, work, |py, view| deliver(py, &view)))
    }

    /// Makes the functions of a program callable. Results in a `Program`.
    fn program(&self, py: Python<'_>, options: &str, files: Vec<(String, Vec<u8>)>) -> PyResult<Pending> {
        let request = options::parse::<GuestOptions>(options).and_then(|options| options.request(files));
        let request = request.map_err(|failure| failure.into_exception(py))?;
        let (engine, owner) = (self.engine.clone(), self.clone());
        let work = async move { Ok(engine.program(request).await?) };
        Ok(Pending::start(&self.runtime, work, move |py, program| {
            Ok(PythonProgram { program, owner }.into_pyobject(py)?.into_any().unbind())
        }))
    }

    /// Starts a session. Results in a `Session`.
    fn session(&self, py: Python<'_>, options: &str, files: Vec<(String, Vec<u8>)>) -> PyResult<Pending> {
        let request = options::parse::<GuestOptions>(options).and_then(|options| options.request(files));
        let request = request.map_err(|failure| failure.into_exception(py))?;
        let (engine, owner) = (self.engine.clone(), self.clone());
        let work = async move { Ok(engine.session(request).await?) };
        Ok(Pending::start(&self.runtime, work, move |py, state| {
            Ok(PythonSession { state, owner }.into_pyobject(py)?.into_any().unbind())
        }))
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
        let work = async move { Ok(program.call(&function, &arguments, functions).await?) };
        Pending::start(&self.owner.runtime, work, |py, view| deliver(py, &view))
    }

    /// Calls a function once for each of the JSON lists, `workers` at a time. Results in a list in their order.
    fn map(&self, function: String, arguments: Vec<String>, workers: usize) -> Pending {
        let (program, runtime) = (self.program.clone(), self.owner.runtime.clone());
        let work = call_all(program, function, arguments, workers, runtime);
        Pending::start(&self.owner.runtime, work, |py, views: Vec<ExecutionView>| {
            let outcomes: Vec<Py<PyAny>> =
                views.iter().map(|view| deliver(py, view)).collect::<PyResult<_>>()?;
            Ok(PyList::new(py, outcomes)?.into_any().unbind())
        })
    }
}

/// Calls a function for each list of arguments; the first error ends all of them.
async fn call_all(
    program: CallableProgram,
    function: String,
    arguments: Vec<String>,
    workers: usize,
    runtime: Handle,
) -> Result<Vec<ExecutionView>, RequestFailure> {
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
                views.push((index, program.call(&function, text, HostFunctions::none()).await?));
            }
        };
        workers_at_work.spawn_on(worker, &runtime);
    }
    let mut views = Vec::with_capacity(count);
    while let Some(ended) = workers_at_work.join_next().await {
        let ended: Result<Vec<(usize, ExecutionView)>, RequestFailure> =
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
    /// Executes code after setting the variables of a JSON object. Results in a triple: the document, the files, and the session after
    /// it; None when the code was stopped.
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
        let work = async move { Ok(state.execute(&code, &variables, functions).await?) };
        Pending::start(&self.owner.runtime, work, move |py, turn| {
            let next = turn.next.map(|state| Self { state, owner });
            let executed: (String, Py<PyAny>) = deliver(py, &turn.view)?.extract(py)?;
            Ok((executed.0, executed.1, next).into_pyobject(py)?.into_any().unbind())
        })
    }
}
