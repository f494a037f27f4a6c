//! Documents about what a store holds.

use std::path::PathBuf;

use hyperspace::service::{TableFormat, document};
use pyo3::prelude::*;

use crate::engine::PythonEngine;
use crate::pending::Pending;

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
