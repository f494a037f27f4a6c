//! The keys of `[scorer]` for `kind = "python"`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::task::TaskLimits;

/// The life of the program's guest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Isolation {
    /// One guest for the whole evaluation: what a call changes, the next one sees.
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
    /// The function with the path of the program.
    #[default]
    Path,
    /// The function with `{"content": {"files": [{"path", "content"}]}}`.
    Files,
    /// The function with the text of the program.
    Text,
    /// The function with a dictionary of all texts by their path.
    Texts,
    /// The file as a command, `--program_path P --results_dir R`, which writes `metrics.json` and `correct.json`.
    Script,
    /// The function with the arguments of the case alone; `replaces` then names what comes from the program.
    Args,
    /// The file as a command, `FILE PROGRAM RESULTS`, which writes its metrics as JSON to the file `RESULTS`.
    Command,
    /// The file as a script that calls `optimize_anything` with the function that measures.
    Gepa,
    /// The method `evaluate` of a class that is derived from `TaskGrader`.
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
    /// The key of the score in what it returns.
    pub key: Option<String>,
    /// The path of the program in the candidate's tree; by default that of the entry's module.
    pub program: Option<String>,
    /// The form of the call.
    pub call: EvaluatorCall,
    /// The life of the program's guest.
    pub isolation: Isolation,
    /// The separation of the two.
    pub separation: Separation,
    /// Thresholds of the stages `evaluate_stage1`, `evaluate_stage2`, …; without them the function is called.
    pub cascade: Option<Vec<f64>>,
    /// Limits of the evaluator's guest.
    pub limits: TaskLimits,
    /// Variables of the evaluator's guest.
    pub env: BTreeMap<String, String>,
    /// Files and folders of the task that programs may see at `/task`.
    pub visible: Vec<String>,
    /// Settings that a grader gets as `args`.
    pub settings: Map<String, Value>,
    /// The evaluator only reads the program's text, so that not loading it is no mistake.
    pub reads: bool,
    /// Functions of the evaluator's file that the program's functions of the same names take the place of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub replaces: Vec<String>,
}
