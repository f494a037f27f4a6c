//! Documents about the content of a store.

use std::path::PathBuf;

use hyperspace::FileSet;
use hyperspace::service::{TableFormat, document};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::engine::PythonEngine;
use crate::errors::RequestFailure;
use crate::pending::Pending;

/// Files on their way to Python: a dictionary of their bytes by path.
struct AgentFiles(FileSet);

impl<'py> IntoPyObject<'py> for AgentFiles {
    type Target = PyDict;
    type Output = Bound<'py, PyDict>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        let files = PyDict::new(py);
        for (path, content) in self.0.iter() {
            files.set_item(path.as_str(), PyBytes::new(py, content))?;
        }
        Ok(files)
    }
}

#[pymethods]
impl PythonEngine {
    /// Results in the document of `log --json`: all runs, or the generations of one.
    #[pyo3(signature = (hash=None))]
    fn log(&self, hash: Option<String>) -> Pending {
        let engine = self.engine.clone();
        self.blocking(move || Ok(document(&engine.log(hash.as_deref())?)))
    }

    /// Results in the document of `show --json`.
    fn show(&self, hash: String) -> Pending {
        let engine = self.engine.clone();
        self.blocking(move || Ok(document(&engine.show(&hash)?)))
    }

    /// Results in the document of `tree --json`: all candidates of a run.
    #[pyo3(signature = (hash=None))]
    fn tree(&self, hash: Option<String>) -> Pending {
        let engine = self.engine.clone();
        self.blocking(move || Ok(document(&engine.tree(hash.as_deref())?)))
    }

    /// Results in the document of `best --json`: the best agent of a run, and how it differs from the first one.
    #[pyo3(signature = (hash=None))]
    fn best(&self, hash: Option<String>) -> Pending {
        let engine = self.engine.clone();
        self.blocking(move || Ok(document(&engine.best(hash.as_deref())?)))
    }

    /// Results in the files of a candidate, `HASH:K`: a dictionary of their bytes by path.
    fn agent_files(&self, candidate: String) -> Pending {
        let engine = self.engine.clone();
        let read = move || Ok(AgentFiles(engine.candidate_files(&candidate)?));
        Pending::new(&self.runtime, async move {
            let read = tokio::task::spawn_blocking(read).await;
            read.unwrap_or_else(|error| Err(RequestFailure::internal(error.to_string())))
        })
    }

    /// Results in the document of `log --events --json`: the journal of a run.
    #[pyo3(signature = (hash=None))]
    fn events(&self, hash: Option<String>) -> Pending {
        let engine = self.engine.clone();
        self.blocking(move || Ok(document(&engine.events(hash.as_deref())?)))
    }

    /// Writes the tables of a run as Parquet into a folder that is new or empty. Results in the document of `export --layout parquet --json`.
    fn export_tables(&self, hash: String, to: PathBuf) -> Pending {
        let engine = self.engine.clone();
        self.blocking(move || Ok(document(&engine.export_tables(&hash, &to, TableFormat::Parquet)?)))
    }

    /// Results in the document of `diff --json`.
    fn diff(&self, before: String, after: String) -> Pending {
        let engine = self.engine.clone();
        self.blocking(move || Ok(document(&engine.diff(&before, &after)?)))
    }
}
