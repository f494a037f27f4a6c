//! Functions of Python that a guest may call.

use std::sync::Arc;

use hyperspace::service::{FunctionCall, HostFunctions};
use hyperspace::{Door, DoorCall, DoorError, async_trait, exact_json};
use pyo3::prelude::*;
use serde_json::Value;

use crate::attached::attached;
use crate::errors::RequestFailure;

/// Answers a guest's calls with a Python function: `dispatch(name, parameters)`, whose parameters and result are JSON text.
struct DispatchDoor {
    dispatch: Arc<Py<PyAny>>,
}

#[async_trait]
impl Door for DispatchDoor {
    async fn call(&mut self, call: DoorCall<'_>) -> Result<Value, DoorError> {
        let (name, parameters) = (call.operation.to_owned(), exact_json::to_text(&call.params));
        let dispatch = Arc::clone(&self.dispatch);
        // Waiting for Python's lock happens on a separate thread.
        let answered = tokio::task::spawn_blocking(move || {
            attached(|py| {
                let answer =
                    dispatch.call1(py, (name, parameters)).and_then(|answer| answer.extract::<String>(py));
                answer.map_err(|error| DoorError::Failed(described(py, &error)))
            })
        });
        let answered = answered.await.map_err(|error| DoorError::Failed(error.to_string()))?;
        let text = answered.ok_or_else(|| DoorError::Failed("Python is ending".to_owned()))??;
        exact_json::parse(text.as_bytes()).map_err(|error| DoorError::Failed(format!("the answer: {error}")))
    }

    fn keeps_integers(&self) -> bool {
        true
    }
}

/// Returns the description of an exception, like the last line of a traceback.
fn described(py: Python<'_>, error: &PyErr) -> String {
    let class = error.get_type(py).name().map_or_else(|_| "exception".to_owned(), |name| name.to_string());
    match error.value(py).to_string() {
        text if text.is_empty() => class,
        text => format!("{class}: {text}"),
    }
}

/// Functions that a guest may call, as passed by Python: their names, the function that answers all of them, and the JSON text of
/// a record that answers instead.
#[derive(FromPyObject)]
pub(crate) struct LentFunctions(Vec<String>, Option<Py<PyAny>>, Option<String>);

impl LentFunctions {
    /// Returns the functions.
    pub(crate) fn functions(self, py: Python<'_>) -> PyResult<HostFunctions> {
        let Self(names, dispatch, record) = self;
        if let Some(record) = record {
            return Ok(HostFunctions::recorded(names, recorded_calls(py, &record)?));
        }
        Ok(match dispatch {
            Some(dispatch) => HostFunctions::new(names, DispatchDoor { dispatch: Arc::new(dispatch) }),
            None => HostFunctions::none(),
        })
    }
}

/// Reads a record of calls.
fn recorded_calls(py: Python<'_>, record: &str) -> PyResult<Vec<FunctionCall>> {
    let read = exact_json::marked(record.as_bytes()).and_then(|text| serde_json::from_slice(&text));
    read.map_err(|error| {
        let message = format!("replay: {error}; expected `Outcome.calls` of a run before");
        RequestFailure::usage(message).into_exception(py)
    })
}
