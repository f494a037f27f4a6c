//! Functions of Python that a guest may call.

use hyperspace::service::HostFunctions;
use hyperspace::{Door, DoorCall, DoorError, async_trait};
use pyo3::prelude::*;
use serde_json::Value;

/// Answers a guest's calls with a function of Python: `dispatch(name, parameters)`, both ways as JSON text.
struct DispatchDoor {
    dispatch: Py<PyAny>,
}

#[async_trait]
impl Door for DispatchDoor {
    async fn call(&mut self, call: DoorCall<'_>) -> Result<Value, DoorError> {
        let (name, parameters) = (call.operation.to_owned(), call.params.to_string());
        let dispatch = Python::attach(|py| self.dispatch.clone_ref(py));
        // Python's lock is waited for on a thread of its own.
        let answered = tokio::task::spawn_blocking(move || {
            Python::attach(|py| -> PyResult<String> { dispatch.call1(py, (name, parameters))?.extract(py) })
                .map_err(|error| Python::attach(|py| DoorError::Failed(error.value(py).to_string())))
        });
        let text = answered.await.map_err(|error| DoorError::Failed(error.to_string()))??;
        serde_json::from_str(&text).map_err(|error| DoorError::Failed(error.to_string()))
    }
}

/// Returns the functions with these names, all of which `dispatch` answers.
pub(crate) fn host_functions(names: Vec<String>, dispatch: Option<Py<PyAny>>) -> HostFunctions {
    match dispatch {
        Some(dispatch) => HostFunctions::new(names, DispatchDoor { dispatch }),
        None => HostFunctions::none(),
    }
}
