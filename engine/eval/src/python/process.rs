//! Processes of an evaluator: each is a further guest with a copy of the evaluator's `/tmp`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyperspace_core::{FileSet, RelPath};
use hyperspace_sandbox::{DoorError, Job, Mount, Outcome, Report};
use serde::Deserialize;
use serde_json::{Value, json};

use super::rooms::Rooms;
use super::text_parts::TextParts;

/// Maximum number of bytes of each stream that are returned.
const STREAM_BYTES_MAX: usize = 1 << 20;

/// A process, as requested by the evaluator.
#[derive(Debug, Deserialize)]
pub(super) struct ProcessRequest {
    /// The command line, as `hyperspace_process` in the guest takes it.
    spec: Value,
    stdin: String,
    env: std::collections::BTreeMap<String, String>,
    /// Files below `/tmp`, in base64.
    files: Vec<(String, String)>,
    #[serde(default)]
    seconds: Option<f64>,
}

impl ProcessRequest {
    /// Reads a process: its parameters or, if they came in parts, `text`, the end of a long text of them.
    pub(super) fn read(params: &Value, parts: &mut TextParts) -> Result<Self, DoorError> {
        let read = match params.get("text").and_then(Value::as_str) {
            Some(last) => serde_json::from_str(&parts.complete(last.to_owned())?),
            None => Self::deserialize(params),
        };
        read.map_err(|error| DoorError::Invalid(error.to_string()))
    }

    /// Creates the job, and returns the fuel that corresponds to the timeout. `used` is the fuel that the program has used before.
    pub(super) fn job(&self, rooms: &Rooms, seed: u64, used: u64) -> Result<(Job, Option<u64>), DoorError> {
        let invalid = |error: String| DoorError::Invalid(error);
        let mut tmp = FileSet::new();
        for (path, content) in &self.files {
            let Some(path) = path.strip_prefix("/tmp/").and_then(|path| RelPath::new(path).ok()) else {
                continue;
            };
            let content = STANDARD.decode(content).map_err(|error| invalid(error.to_string()))?;
            tmp.insert(path, content).map_err(|error| invalid(error.to_string()))?;
        }
        let most = rooms.program_limits.fuel.saturating_sub(used).max(1_000_000);
        let bound = self.seconds.map(super::evaluator_door::fuel_of);
        let limits =
            rooms.program_limits.clone().with_fuel(bound.map_or(most, |bound| bound.clamp(1_000_000, most)));
        let stdin = STANDARD.decode(&self.stdin).map_err(|error| invalid(error.to_string()))?;
        let mut job = Job::call("hyperspace_process", "run", vec![self.spec.clone()]);
        job = job.limits(limits).seed(seed).stdin(stdin);
        for mount in rooms.program_mounts().map_err(|error| invalid(error.to_string()))? {
            job = job.mount(mount);
        }
        let at = RelPath::new("tmp").map_err(|error| invalid(error.to_string()))?;
        job = job.mount(Mount::read_write(at, tmp));
        for folder in rooms.program_path() {
            job = job.python_path(&folder);
        }
        for (name, value) in &self.env {
            job = job.env(name, value);
        }
        Ok((job, bound.filter(|bound| *bound < most)))
    }
}

/// Returns the answer of a process: exit code, streams, and its changes in `/tmp`.
pub(super) fn answer(report: &Report, bound: Option<u64>) -> Result<Value, DoorError> {
    let deadline = report.outcome == Outcome::OutOfFuel && bound.is_some()
        || bound.is_some_and(|bound| report.virtual_ns > bound);
    let code = match &report.outcome {
        Outcome::Completed => 0,
        // A process's exit status is the last byte of its exit code.
        Outcome::Exit { code } => i64::from(code & 0xff),
        Outcome::Exception { .. } => 1,
        _ => -9,
    };
    let mut stderr = report.stderr.clone();
    if code == -9 {
        stderr.extend_from_slice(format!("the process ended with {}\n", report.outcome.name()).as_bytes());
    }
    let changes: Vec<Value> = report
        .changes
        .iter()
        .map(|change| {
            json!([
                format!("/tmp/{}", change.path),
                change.content.as_ref().map(|content| STANDARD.encode(content))
            ])
        })
        .collect();
    let cut = |stream: &[u8]| STANDARD.encode(&stream[..stream.len().min(STREAM_BYTES_MAX)]);
    Ok(json!({
        "code": code, "deadline": deadline, "stdout": cut(&report.stdout), "stderr": cut(&stderr), "changes": changes,
    }))
}
