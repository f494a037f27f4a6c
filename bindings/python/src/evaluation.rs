//! Evaluations of agents on tasks.

use std::path::PathBuf;

use hyperspace::service::document;
use hyperspace::{AgentRef, EvalRequest, FileSet, Split};
use pyo3::prelude::*;
use serde::Deserialize;

use crate::engine::PythonEngine;
use crate::errors::RequestFailure;
use crate::options;
use crate::pending::Pending;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EvaluationOptions {
    task: String,
    data: Option<PathBuf>,
    agent: Option<String>,
    split: String,
    fuel: Option<u64>,
    runtime: Option<String>,
    #[serde(default)]
    packages: Vec<PathBuf>,
}

/// Returns the agent that is given by its files or by its name.
pub(crate) fn agent(
    name: Option<String>,
    files: Option<Vec<(String, Vec<u8>)>>,
) -> Result<Option<AgentRef>, RequestFailure> {
    match (name, files) {
        (Some(_), Some(_)) => Err(RequestFailure::usage("expected the name of an agent or files, not both")),
        (Some(name), None) => Ok(Some(name.into())),
        (None, Some(files)) => {
            let files =
                FileSet::from_files(files).map_err(|error| RequestFailure::usage(error.to_string()))?;
            Ok(Some(files.into()))
        }
        (None, None) => Ok(None),
    }
}

impl EvaluationOptions {
    fn request(self, files: Option<Vec<(String, Vec<u8>)>>) -> Result<EvalRequest, RequestFailure> {
        let split: Split =
            self.split.parse().map_err(|error| RequestFailure::usage(format!("split: {error}")))?;
        let mut request = EvalRequest::new().task(self.task).split(split);
        request.agent = agent(self.agent, files)?;
        request.data = self.data;
        request.fuel = self.fuel;
        request.runtime = options::runtime_of(self.runtime)?;
        request.packages = self.packages;
        Ok(request)
    }
}

#[pymethods]
impl PythonEngine {
    /// Evaluates an agent. Results in the document of `eval --json`.
    #[pyo3(signature = (options, files=None))]
    fn evaluate(
        &self,
        py: Python<'_>,
        options: &str,
        files: Option<Vec<(String, Vec<u8>)>>,
    ) -> PyResult<Pending> {
        let request = options::parse::<EvaluationOptions>(options).and_then(|options| options.request(files));
        let request = request.map_err(|failure| failure.into_exception(py))?;
        let engine = self.engine.clone();
        Ok(Pending::new(&self.runtime, async move { Ok(document(&engine.evaluate(request).await?)) }))
    }
}
