//! Outcome files: runs as folders in the layout of the original (hyperspace, Python), written and read.
//!
//! ```text
//! run_config.json  summary.json  archive.jsonl
//! gen_N/metadata.json                       parent, forked_from, valid, scores; of invalid ones an error
//! gen_N/repo/                               the files of generation N
//! gen_N/eval_train/  gen_N/eval_val/        predictions.csv, report.json; the first stage alone in staged/
//! gen_N/llm_calls.jsonl                     every call of a model, one line each
//! test_eval/                                the final agent on test data
//! ```
//!
//! A run of several agents has one such folder per agent. [`export`] writes a run of the store; [`read`] understands a folder,
//! whole or broken; [`import`] takes one into a store; [`rescore`] measures its predictions again.
//!
//! Invariants:
//! - What is written is a function of the run: there is no clock, host or path in it. `timestamp` is null.
//! - What is read is never trusted: every defect is a [`Problem`] with its file and place, and no number is made up for it.
//! - An import keeps every file of the folder as it is; what was understood is a function of these files.
//!
//! Labels of every split are in `predictions.csv`: the files are for the owner of the data, and in no room of a guest.

mod audit;
mod check;
mod csv;
mod directory;
mod error;
mod export;
mod generation;
mod import;
mod json;
mod reader;
mod rescore;
mod source;
mod summary;

pub use self::audit::audit_lines;
pub use self::directory::{AgentFolder, Directory, EvaluationFolder, Generation, Problem, read};
pub use self::error::LayoutError;
pub use self::export::{Exported, export};
pub use self::import::{
    IMPORTED_GENERATION_KIND, IMPORTED_RUN_KIND, Imported, ImportedAgent, ImportedGeneration, ImportedRun,
    import, imported_runs, load_imported_generation, load_imported_run,
};
pub use self::rescore::{Rescored, Rescoring, rescore};
