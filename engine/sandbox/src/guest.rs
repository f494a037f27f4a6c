//! The guest contract: what is handed to the interpreter, and what comes back.
//!
//! What comes back is a claim of the guest: it is parsed strictly, and nothing in it decides more than the outcome.
//!
//! Attacks that end here: T-CRASH-09, T-CRASH-18, T-DOOR-09, T-HACK-07, T-HACK-17, T-OUT-11.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::JobError;
use crate::job::Job;
use crate::limits::JOB_BYTES_MAX;

/// Where scratch files go.
pub(crate) const TMP: &str = "tmp";
/// Where the interpreter's library is.
pub(crate) const USR: &str = "usr";

/// An uncaught exception, as the interpreter tells it.
#[derive(Debug, Deserialize)]
pub(crate) struct GuestError {
    #[serde(rename = "type")]
    pub(crate) exception: String,
    pub(crate) message: String,
    #[serde(default)]
    pub(crate) traceback: String,
    #[serde(default)]
    pub(crate) errno: Option<u16>,
}

/// What a result frame says.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum Claim {
    Ok(Value),
    Error(GuestError),
}

/// The command line as the program sees it: its own name first.
pub(crate) fn argv(job: &Job) -> Vec<String> {
    let name = ["file", "name"].iter().find_map(|key| job.main.get(key)?.as_str()).unwrap_or("");
    std::iter::once(name.to_owned()).chain(job.args.iter().cloned()).collect()
}

/// The job as the interpreter wants it.
pub(crate) fn encode(job: &Job) -> Result<Vec<u8>, JobError> {
    let argv = argv(job);
    for text in &argv {
        if text.contains('\0') {
            return Err(JobError::BadText { what: "argument", text: text.clone() });
        }
    }
    for (name, value) in &job.env {
        if name.is_empty() || name.contains(['\0', '=']) || value.contains('\0') {
            let text = format!("{name}={value}");
            return Err(JobError::BadText { what: "environment variable", text });
        }
    }
    let mut text = json!({"argv": argv, "path": job.python_path, "main": job.main});
    if let Some(cwd) = &job.cwd {
        text["cwd"] = json!(cwd);
    }
    let text = text.to_string().into_bytes();
    let environment: usize = job.env.iter().map(|(name, value)| name.len() + value.len()).sum();
    let bytes = text.len() + environment + job.stdin.len();
    if bytes > JOB_BYTES_MAX {
        return Err(JobError::TooLarge { bytes, most: JOB_BYTES_MAX });
    }
    Ok(text)
}

/// Reads a result frame; `None` when it is none.
pub(crate) fn parse_claim(frame: &[u8]) -> Option<Claim> {
    serde_json::from_slice(frame).ok()
}
