//! The native half of the Python package `hyperspace`: the application layer, with values that Python can hold.
//!
//! Everything that takes time returns a `Pending`, on which Python waits with or without a thread. Requests and documents are
//! passed as JSON text, and files as bytes. The other half, `python/hyperspace/`, gives them the form that Python users expect.

mod attached;
mod engine;
mod engine_threads;
mod errors;
mod evaluation;
mod execution;
mod host_functions;
mod options;
mod pending;
mod runs;
mod store;
mod values;
mod workspace;

use pyo3::prelude::*;

#[pymodule]
mod _hyperspace {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::attached::{end_calls, forget_calls};
    #[pymodule_export]
    use crate::engine::PythonEngine;
    #[pymodule_export]
    use crate::errors::{
        BudgetError, DamageError, DifferenceError, HyperspaceError, ProviderError, UsageError,
    };
    #[pymodule_export]
    use crate::execution::{PythonProgram, PythonSession};
    #[pymodule_export]
    use crate::pending::Pending;
    #[pymodule_export]
    use crate::runs::{PythonReplay, PythonRun};
    #[pymodule_export]
    use crate::workspace::PythonWorkspace;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
