//! The keys of `[scorer]` for `kind = "python"`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::task::TaskLimits;

/// The lifetime of the program's guest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Isolation {
    /// One guest for the whole evaluation: each call sees what earlier calls changed.
    #[default]
    Evaluation,
    /// Every call starts from the state after the program was loaded.
    Call,
}

/// The separation of evaluator and program.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Separation {
    /// Two guests; the evaluator refuses to run the program's text itself.
    #[default]
    Guests,
    /// The evaluator may run the program's text among its own objects.
    Shared,
}

/// The form in which the evaluator is called.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EvaluatorCall {
    /// Calls the function with the path of the program.
    #[default]
    Path,
    /// Calls the function with `{"content": {"files": [{"path", "content"}]}}`.
    Files,
    /// Calls the function with the text of the program.
    Text,
    /// Calls the function with a dictionary of all texts by path.
    Texts,
    /// Runs the file as a command, `--program_path P --results_dir R`, which writes `metrics.json` and `correct.json`.
    Script,
    /// Calls the function with the arguments of the case alone; `replaces` then names what comes from the program.
    Args,
    /// Runs the file as a command, `FILE PROGRAM RESULTS`, which writes its metrics as JSON to the file `RESULTS`.
    Command,
    /// Runs the file as a script that calls `optimize_anything` with the measuring function.
    Gepa,
    /// Calls the method `evaluate` of a class derived from `TaskGrader`.
    Grader,
}

/// An evaluator in Python, as `[scorer]` describes it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct PythonScoring {
    /// The file of the evaluator in the task's folder.
    pub file: String,
    /// The name of its module.
    pub module: String,
    /// The function that is called.
    pub function: String,
    /// The key of the score in the value that it returns.
    pub key: Option<String>,
    /// The path of the program in the candidate's tree; by default that of the entry's module.
    pub program: Option<String>,
    /// The form of the call.
    pub call: EvaluatorCall,
    /// The lifetime of the program's guest.
    pub isolation: Isolation,
    /// The separation of evaluator and program.
    pub separation: Separation,
    /// Thresholds of the stages `evaluate_stage1`, `evaluate_stage2`, …; without them, `function` is called.
    pub cascade: Option<Vec<f64>>,
    /// Limits of the evaluator's guest.
    pub limits: TaskLimits,
    /// Environment variables of the evaluator's guest.
    pub env: BTreeMap<String, String>,
    /// Files and folders of the task that programs may see at `/task`.
    pub visible: Vec<String>,
    /// Settings that a grader gets as `args`.
    pub settings: Map<String, Value>,
    /// True if the evaluator only reads the program's text, so that not loading it is no mistake.
    pub reads: bool,
    /// Functions of the evaluator's file that are replaced by the program's functions of the same names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub replaces: Vec<String>,
}
