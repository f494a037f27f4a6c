//! Programs, calls of functions, and sessions.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyperspace::service::{CallableProgram, HostFunctions, SessionState, argument_list};
use hyperspace::{ExecutionView, Outcome};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString};
use serde_json::Value;
use tokio::task::JoinSet;

use crate::engine::PythonEngine;
use crate::engine_threads::EngineThreads;
use crate::errors::RequestFailure;
use crate::host_functions::LentFunctions;
use crate::options::guest_request;
use crate::pending::Pending;
use crate::values::to_python;

/// An execution on its way to Python: a dictionary of the fields of `Outcome`.
struct Executed(ExecutionView);

impl<'py> IntoPyObject<'py> for Executed {
    type Target = PyDict;
    type Output = Bound<'py, PyDict>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        let view = self.0;
        let files = PyDict::new(py);
        for file in &view.files {
            files.set_item(&file.path, PyBytes::new(py, &file.content))?;
        }
        let (exception, message) = match &view.detail {
            Outcome::Exception { exception, message } => (Some(exception), Some(message)),
            _ => (None, None),
        };
        let denials = PyList::empty(py);
        for denial in &view.denials {
            let document = serde_json::to_value(denial).unwrap_or_default();
            denials.append(to_python(py, &document)?)?;
        }
        let fields = PyDict::new(py);
        fields.set_item(intern!(py, "kind"), PyString::intern(py, view.outcome))?;
        fields.set_item(intern!(py, "value"), view.result.map(|value| to_python(py, &value)).transpose()?)?;
        fields.set_item(intern!(py, "stdout"), String::from_utf8_lossy(&view.stdout))?;
        fields.set_item(intern!(py, "stderr"), String::from_utf8_lossy(&view.stderr))?;
        fields.set_item(intern!(py, "exception"), exception)?;
        fields.set_item(intern!(py, "message"), message)?;
        fields.set_item(intern!(py, "traceback"), view.traceback)?;
        fields.set_item(intern!(py, "exit_code"), view.exit_code)?;
        fields.set_item(intern!(py, "fuel"), view.fuel)?;
        fields.set_item(intern!(py, "virtual_seconds"), view.virtual_ns as f64 / 1e9)?;
        fields.set_item(intern!(py, "memory_bytes"), view.memory_bytes_peak)?;
        fields.set_item(intern!(py, "files"), files)?;
        fields.set_item(intern!(py, "deleted"), view.deleted)?;
        fields.set_item(intern!(py, "denials"), denials)?;
        fields.set_item(intern!(py, "digest"), view.digest)?;
        let calls = match view.calls {
            Some(calls) => to_python(py, &serde_json::to_value(calls).unwrap_or_default())?,
            None => py.None().into_bound(py),
        };
        fields.set_item(intern!(py, "calls"), calls)?;
        Ok(fields)
    }
}

#[pymethods]
impl PythonEngine {
    /// Runs a program. Results in a dictionary of the fields of `Outcome`.
    fn execute(
        &self,
        py: Python<'_>,
        options: &str,
        files: Vec<(String, Vec<u8>)>,
        lent: LentFunctions,
    ) -> PyResult<Pending> {
        let request = guest_request(py, options, files)?;
        let (engine, functions) = (self.engine.clone(), lent.functions(py)?);
        let work = async move { Ok(Executed(engine.execute_with(request, functions).await?)) };
        Ok(Pending::new(&self.runtime, work))
    }

    /// Makes the functions of a program callable. Results in a `Program`.
    fn program(&self, py: Python<'_>, options: &str, files: Vec<(String, Vec<u8>)>) -> PyResult<Pending> {
        let request = guest_request(py, options, files)?;
        let (engine, owner) = (self.engine.clone(), self.clone());
        let work = async move { Ok(PythonProgram { program: engine.program(request).await?, owner }) };
        Ok(Pending::new(&self.runtime, work))
    }

    /// Starts a session. Results in a `Session`.
    fn session(&self, py: Python<'_>, options: &str, files: Vec<(String, Vec<u8>)>) -> PyResult<Pending> {
        let request = guest_request(py, options, files)?;
        let (engine, owner) = (self.engine.clone(), self.clone());
        let work = async move { Ok(PythonSession { state: engine.session(request).await?, owner }) };
        Ok(Pending::new(&self.runtime, work))
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
    /// Arguments and values are in the encoding of values that may hold arrays of numpy.
    #[getter]
    fn arrays(&self) -> bool {
        self.program.has_arrays()
    }

    /// Calls a function with the arguments of a JSON list. Results as `Engine.execute`.
    fn call(
        &self,
        py: Python<'_>,
        function: String,
        arguments: String,
        lent: LentFunctions,
    ) -> PyResult<Pending> {
        let (program, functions) = (self.program.clone(), lent.functions(py)?);
        let work = async move { Ok(Executed(program.call(&function, &arguments, functions).await?)) };
        Ok(Pending::new(&self.owner.runtime, work))
    }

    /// Calls a function once for each value of a JSON list, `workers` at a time. Results in a list in their order.
    fn map(&self, py: Python<'_>, function: String, inputs: &str, workers: usize) -> PyResult<Pending> {
        let inputs = argument_list(inputs).map_err(|error| RequestFailure::from(error).into_exception(py))?;
        let (program, runtime) = (self.program.clone(), self.owner.runtime.clone());
        Ok(Pending::new(&self.owner.runtime, call_all(program, function, inputs, workers, runtime)))
    }
}

/// Number of inputs that a worker takes at a time: few enough that workers end together, and enough that they seldom contend.
const INPUTS_TAKEN: usize = 16;

/// Calls a function for each input. The first error ends all calls.
async fn call_all(
    program: CallableProgram,
    function: String,
    inputs: Vec<Value>,
    workers: usize,
    runtime: EngineThreads,
) -> Result<Vec<Executed>, RequestFailure> {
    let count = inputs.len();
    let left = Arc::new(Mutex::new(inputs.into_iter().enumerate()));
    let function: Arc<str> = function.into();
    let mut workers_at_work = JoinSet::new();
    for _ in 0..workers.clamp(1, count.max(1)) {
        let (program, left, function) = (program.clone(), Arc::clone(&left), Arc::clone(&function));
        let worker = async move {
            let mut views = Vec::new();
            loop {
                let taken: Vec<(usize, Value)> = lock(&left).by_ref().take(INPUTS_TAKEN).collect();
                if taken.is_empty() {
                    return Ok(views);
                }
                for (index, input) in taken {
                    let view = program.call_with(&function, vec![input], HostFunctions::none()).await?;
                    views.push((index, Executed(view)));
                }
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

fn lock<T>(left: &Mutex<T>) -> MutexGuard<'_, T> {
    // Taking an input does not panic half-way.
    left.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A state from which code goes on.
#[pyclass(frozen, module = "hyperspace", name = "Session")]
pub(crate) struct PythonSession {
    state: SessionState,
    owner: PythonEngine,
}

#[pymethods]
impl PythonSession {
    /// Variables and values are in the encoding of values that may hold arrays of numpy.
    #[getter]
    fn arrays(&self) -> bool {
        self.state.has_arrays()
    }

    /// Executes code after setting the variables of a JSON object. Results in a pair: the execution as of `Engine.execute`, and the
    /// session after it, or None when the code was stopped.
    fn execute(
        &self,
        py: Python<'_>,
        code: String,
        variables: String,
        lent: LentFunctions,
    ) -> PyResult<Pending> {
        let (state, owner) = (self.state.clone(), self.owner.clone());
        let functions = lent.functions(py)?;
        let work = async move {
            let turn = state.execute(&code, &variables, functions).await?;
            Ok((Executed(turn.view), turn.next.map(|state| Self { state, owner })))
        };
        Ok(Pending::new(&self.owner.runtime, work))
    }
}
