//! The layout of the original experiments (hyperspace, Python): a run as a folder of outcome files.
//!
//! ```text
//! run_config.json  summary.json  archive.jsonl
//! gen_N/metadata.json                       parent, forked_from, valid, scores; an error if invalid
//! gen_N/repo/                               the files of generation N
//! gen_N/eval_train/  gen_N/eval_val/        predictions.csv, report.json; the first stage alone in staged/
//! gen_N/llm_calls.jsonl                     every model call, one line each
//! test_eval/                                the final agent on test data
//! ```
//!
//! A run of several agents has one such folder per agent. [`export`] writes a run of the store; [`read`] reads a folder, intact or
//! not; [`import`] imports one into a store; [`rescore`] scores its predictions again.
//!
//! Invariants:
//! - The exported files are a function of the run: they contain no clock, host or path. `timestamp` is null.
//! - A folder is never trusted: every defect is a [`Defect`](crate::Defect) with file and place, and no number is made up.
//! - An import keeps every file unchanged; what is understood is a function of these files.
//!
//! `predictions.csv` contains the labels of every split: the files are for the owner of the data, and are never shown to a guest.

mod audit;
mod check;
mod export;
mod folder;
mod folder_reader;
mod import;
mod imported;
mod json;
mod metadata;
mod numbering;
mod origin;
mod places;
mod predictions;
mod read;
mod rescore;
mod summary;

pub use self::audit::audit_lines;
pub use self::export::{ExportSummary, export};
pub use self::folder::{AgentFolder, ContestantFolder, EvaluationFolder, GenerationFolder, RunFolder};
pub use self::folder_reader::generation_number;
pub use self::import::{ImportSummary, import};
pub use self::imported::{
    IMPORTED_GENERATION_KIND, IMPORTED_RUN_KIND, ImportedAgent, ImportedContestant, ImportedEvaluation,
    ImportedGeneration, ImportedRun, imported_runs, load_imported_generation, load_imported_run,
};
pub use self::metadata::{Metadata, TournamentMetadata};
pub use self::origin::{ExperimentFacts, experiment_facts};
pub use self::places::{AgentPlace, runs_of};
pub use self::predictions::{PredictionRow, prediction_rows};
pub use self::read::read;
pub use self::rescore::{RescoreReport, RescoredEvaluation, ScoreDifference, rescore};
