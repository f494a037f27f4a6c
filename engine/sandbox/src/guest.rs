//! The guest contract: programs for the interpreter, and its result frames.
//!
//! A result frame is a claim made by the guest: it is parsed strictly, and decides nothing but the outcome.
//!
//! Attacks that end here: T-CRASH-09, T-CRASH-18, T-DOOR-09, T-HACK-17, T-OUT-11.

use std::collections::BTreeMap;

use hyperspace_core::exact_json;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::JobError;
use crate::json_look;
use crate::limits::JOB_BYTES_MAX;

/// The mount point of the scratch folder.
pub(crate) const TMP: &str = "tmp";
/// The mount point of the interpreter's library.
pub(crate) const USR: &str = "usr";

/// An uncaught exception, as the interpreter reports it.
#[derive(Debug, Deserialize)]
pub(crate) struct GuestException {
    #[serde(rename = "type")]
    pub(crate) exception: String,
    pub(crate) message: String,
    #[serde(default)]
    pub(crate) traceback: String,
    #[serde(default)]
    pub(crate) errno: Option<u16>,
}

/// A result frame that has too many values.
#[derive(Debug)]
pub(crate) struct TooHeavy;

/// A result frame.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum Claim {
    Ok(Value),
    Error(GuestException),
}

/// Returns the command line as the program sees it, with its own name first.
pub(crate) fn command_line(main: &Value, args: &[String]) -> Vec<String> {
    let name = ["name", "file"].iter().find_map(|key| main.get(key)?.as_str()).unwrap_or("");
    std::iter::once(name.to_owned()).chain(args.iter().cloned()).collect()
}

/// A program and its entry point.
pub(crate) struct ProgramText<'a> {
    pub(crate) argv: &'a [String],
    pub(crate) path: &'a [String],
    pub(crate) cwd: Option<&'a str>,
    pub(crate) main: &'a Value,
}

/// Encodes a program for the interpreter. Environment variables and input count towards its size.
pub(crate) fn encode(
    program: &ProgramText<'_>,
    env: &BTreeMap<String, String>,
    input_bytes: usize,
) -> Result<Vec<u8>, JobError> {
    for text in program.argv {
        if text.contains('\0') {
            return Err(JobError::BadText { what: "argument", text: text.clone() });
        }
    }
    for (name, value) in env {
        if name.is_empty() || name.contains(['\0', '=']) || value.contains('\0') {
            let text = format!("{name}={value}");
            return Err(JobError::BadText { what: "environment variable", text });
        }
    }
    let mut text = json!({"argv": program.argv, "path": program.path, "main": program.main});
    if let Some(cwd) = program.cwd {
        text["cwd"] = json!(cwd);
    }
    let text = exact_json::to_text(&text).into_bytes();
    let environment: usize = env.iter().map(|(name, value)| name.len() + value.len()).sum();
    let bytes = text.len() + environment + input_bytes;
    if bytes > JOB_BYTES_MAX {
        return Err(JobError::TooLarge { bytes, most: JOB_BYTES_MAX });
    }
    Ok(text)
}

/// Parses a result frame; returns `None` if it is not one.
///
/// # Errors
///
/// [`TooHeavy`] when its values would take much more memory than the frame has bytes.
pub(crate) fn parse_claim(frame: &[u8]) -> Result<Option<Claim>, TooHeavy> {
    // Integers of any length keep their digits. Without marks, one beyond every double would end the look before the values after
    // it.
    let Ok(marked) = exact_json::marked(frame) else { return Ok(None) };
    if !json_look::result_fits(&marked) {
        return Err(TooHeavy);
    }
    Ok(match serde_json::from_slice(&marked) {
        // Error messages contain no marks.
        Ok(Claim::Error(_)) => serde_json::from_slice(frame).ok(),
        claim => claim.ok(),
    })
}
