//! Requests from Python, as JSON text. Parsing is strict, so that a misspelt name is an error that lists the right ones.

use std::path::PathBuf;

use hyperspace::{ExecutionRequest, FileSet, Limits, RuntimeName};
use pyo3::prelude::*;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::errors::RequestFailure;

/// Parses the JSON text of a request.
pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, RequestFailure> {
    let mut reader = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let (place, problem) = (error.path().to_string(), error.inner().to_string());
        // The package generated the text, so a position in it is of no use to anybody.
        let problem = problem.split(" at line ").next().unwrap_or_default();
        let problem = problem.replace("expected u64", "expected a whole number of 0 or more");
        RequestFailure::usage(match place.as_str() {
            "." => problem,
            place => format!("{}: {problem}", place.strip_prefix("settings.").unwrap_or(place)),
        })
    })
}

/// A program with the settings of the guest in which it runs.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct GuestOptions {
    name: String,
    source: String,
    args: Vec<String>,
    env: Vec<String>,
    stdin: Option<String>,
    limits: Limits,
    seed: u64,
    packages: Vec<PathBuf>,
    runtime: Option<String>,
}

impl GuestOptions {
    /// Returns the request, with the files of the folder in which the program starts.
    fn request(self, files: Vec<(String, Vec<u8>)>) -> Result<ExecutionRequest, RequestFailure> {
        let files =
            FileSet::from_files(files).map_err(|error| RequestFailure::usage(format!("files: {error}")))?;
        let mut request = ExecutionRequest::new(self.name, self.source)
            .args(self.args)
            .env(self.env)
            .limits(self.limits)
            .seed(self.seed)
            .files(files)
            .arrays(true);
        request.runtime = runtime_of(self.runtime)?;
        if let Some(stdin) = self.stdin {
            request = request.stdin(stdin.into_bytes());
        }
        Ok(self.packages.into_iter().fold(request, ExecutionRequest::package))
    }
}

/// Returns the runtime with this name.
pub(crate) fn runtime_of(name: Option<String>) -> Result<Option<RuntimeName>, RequestFailure> {
    name.map(|name| name.parse())
        .transpose()
        .map_err(|error| RequestFailure::usage(format!("runtime: {error}")))
}

/// Returns the request for a guest, given its options as JSON text and the files of the folder in which it starts.
pub(crate) fn guest_request(
    py: Python<'_>,
    options: &str,
    files: Vec<(String, Vec<u8>)>,
) -> PyResult<ExecutionRequest> {
    let request = parse::<GuestOptions>(options).and_then(|options| options.request(files));
    request.map_err(|failure| failure.into_exception(py))
}
