//! Requests of other programs, as values. Unknown fields are refused.

mod many;
mod run;
mod session;
mod whole;

use std::collections::BTreeMap;

use hyperspace_core::FileSet;
use hyperspace_eval::{Split, Task};
use hyperspace_sandbox::{Limits, RuntimeName};
use hyperspace_service::{EvalRequest, ExecutionRequest, TaskRef};
use schemars::JsonSchema;
use serde::Deserialize;
use thiserror::Error;
use utoipa::ToSchema;

pub use self::many::EvaluateManyRequest;
pub use self::run::{ResumeRunRequest, StartRunRequest};
pub use self::session::{SessionCodeRequest, SessionRequest};

/// Number of bytes in a mebibyte.
const MIB: u64 = 1 << 20;

/// A request that cannot be understood.
#[derive(Debug, Error)]
#[error("{field}: {problem}")]
pub struct RequestError {
    /// The field.
    pub field: &'static str,
    /// The problem, and what was expected.
    pub problem: String,
}

impl RequestError {
    fn new(field: &'static str, problem: impl ToString) -> Self {
        Self { field, problem: problem.to_string() }
    }
}

/// Returns the limits of a guest.
fn limits(fuel: Option<u64>, memory_mib: Option<u64>) -> Result<Limits, RequestError> {
    let mut limits = Limits::default();
    if let Some(fuel) = fuel {
        limits = limits.with_fuel(fuel);
    }
    if let Some(mib) = memory_mib {
        limits.memory_bytes = mib.saturating_mul(MIB);
    }
    limits.validate().map_err(|error| RequestError::new("fuel, memory_mib", error))?;
    Ok(limits)
}

/// Runs a Python program in the sandbox.
#[derive(Debug, Clone, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RunPythonRequest {
    /// The program. Python 3.13 with its standard library; no network, processes, threads or files of the host; time is virtual.
    pub code: String,
    /// Texts of files in the folder that the program starts in, by relative path. It may change them.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// Texts of modules that the program can import, by relative path, such as `tools/__init__.py`.
    #[serde(default)]
    pub packages: BTreeMap<String, String>,
    /// `plain`, or `science`, which has numpy and scipy. Default: `science` if a package imports numpy or scipy, else `plain`.
    #[serde(default)]
    #[schema(pattern = "^(plain|science)$")]
    pub runtime: Option<String>,
    /// Arguments, as in `sys.argv[1:]`.
    #[serde(default)]
    pub args: Vec<String>,
    /// Standard input.
    #[serde(default)]
    pub stdin: Option<String>,
    /// Units of fuel; a billion is about 0.1 to 0.2 seconds of one core. Default 20 billion.
    #[serde(default)]
    #[schema(minimum = 1_000_000, maximum = 9_007_199_254_740_992_u64)]
    #[serde(deserialize_with = "whole::optional")]
    pub fuel: Option<u64>,
    /// MiB of memory, the interpreter's included. Default 256.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 4_096)]
    #[serde(deserialize_with = "whole::optional")]
    pub memory_mib: Option<u64>,
    /// Keys all randomness. The same program with the same seed has the same outcome, bit for bit. Default 0.
    #[serde(default)]
    #[schema(format = "uint64", minimum = 0, maximum = 18_446_744_073_709_551_615_u64)]
    #[serde(deserialize_with = "whole::required")]
    pub seed: u64,
}

impl RunPythonRequest {
    /// Returns the request of the application layer.
    ///
    /// # Errors
    ///
    /// [`RequestError`] when a path or a limit is out of range, or the runtime does not exist.
    pub fn into_execution(self) -> Result<ExecutionRequest, RequestError> {
        let mut request = ExecutionRequest::new("program.py", self.code)
            .args(self.args)
            .limits(limits(self.fuel, self.memory_mib)?)
            .seed(self.seed)
            .files(file_set("files", self.files)?)
            .modules(file_set("packages", self.packages)?);
        if let Some(name) = self.runtime {
            let runtime: RuntimeName = name.parse().map_err(|error| RequestError::new("runtime", error))?;
            request = request.runtime(runtime);
        }
        Ok(match self.stdin {
            Some(text) => request.stdin(text.into_bytes()),
            None => request,
        })
    }
}

/// Evaluates an agent on a task.
#[derive(Debug, Clone, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EvaluateRequest {
    /// The name of a bundled task, such as `bin-packing`, `cap-set` or `circle-packing`.
    #[serde(default)]
    pub task: Option<String>,
    /// The files of a task, by path: `task.toml` and what it names. Instead of `task`.
    #[serde(default)]
    pub task_files: BTreeMap<String, String>,
    /// The agent's files by path; one of them is the module that the task calls, mostly `task_agent.py`. Without files the agent that the
    /// task starts from is evaluated.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// The data: `train`, `held-out`, `test` or `all`. Default `train`.
    #[serde(default)]
    #[schema(pattern = "^(train|held-out|test|all)$")]
    pub split: Option<String>,
    /// Units of fuel of one case, where the task does not set its own.
    #[serde(default)]
    #[schema(minimum = 1_000_000, maximum = 9_007_199_254_740_992_u64)]
    #[serde(deserialize_with = "whole::optional")]
    pub fuel: Option<u64>,
}

impl EvaluateRequest {
    /// Returns the request of the application layer.
    ///
    /// # Errors
    ///
    /// [`RequestError`] when a task, a path or a split cannot be understood.
    pub fn into_evaluation(self) -> Result<EvalRequest, RequestError> {
        let split: Split = match &self.split {
            Some(name) => name.parse().map_err(|error| RequestError::new("split", error))?,
            None => Split::Train,
        };
        if let Some(fuel) = self.fuel {
            let limits = Limits::default().with_fuel(fuel);
            limits.validate().map_err(|error| RequestError::new("fuel", error))?;
        }
        let mut request = EvalRequest::new().split(split);
        request.task = task(self.task, self.task_files)?;
        if !self.files.is_empty() {
            request = request.agent(file_set("files", self.files)?);
        }
        request.fuel = self.fuel;
        Ok(request)
    }
}

/// Asks for a run that was started here, or for one of the store.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RunStatusRequest {
    /// The run, by its hash or the beginning of it. Default: the run that goes on, or the only one of the store.
    pub run: Option<String>,
}

/// Stops a run that goes on. What was committed stays.
#[derive(Debug, Clone, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StopRunRequest {
    /// The run, by its hash or the beginning of it.
    pub run: String,
}

/// Compares the files of two candidates.
#[derive(Debug, Clone, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompareFilesRequest {
    /// A run or generation (its best candidate), or a candidate `HASH:K`.
    pub before: String,
    /// The other one.
    pub after: String,
}

/// Executes a recorded run or generation again, and compares every event, file, score and fuel count.
#[derive(Debug, Clone, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayHashRequest {
    /// The run or generation, by its hash or the beginning of it.
    pub hash: String,
}

fn file_set(field: &'static str, files: BTreeMap<String, String>) -> Result<FileSet, RequestError> {
    FileSet::from_files(files).map_err(|error| RequestError::new(field, error))
}

/// Returns a name if it is one of the bundled ones. Any other name could be a path, and requests must not name files of the host.
fn bundled(field: &'static str, name: String, names: &[&str]) -> Result<String, RequestError> {
    if names.contains(&name.as_str()) {
        return Ok(name);
    }
    let problem = format!("expected {}, or files by value; found {name:?}", names.join(", "));
    Err(RequestError::new(field, problem))
}

fn task(name: Option<String>, files: BTreeMap<String, String>) -> Result<Option<TaskRef>, RequestError> {
    match (name, files.is_empty()) {
        (Some(_), false) => Err(RequestError::new("task", "expected a name or task_files, not both")),
        (Some(name), true) => Ok(Some(bundled("task", name, &Task::bundled_names())?.into())),
        (None, true) => Ok(None),
        (None, false) => {
            let files = file_set("task_files", files)?;
            let task = TaskRef::of_files(&files, "task");
            task.map(Some).map_err(|error| RequestError::new("task_files", error))
        }
    }
}
