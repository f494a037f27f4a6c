//! The folder of a run as it was read, with its defects.

use hyperspace_core::FileSet;
use hyperspace_eval::Split;
use hyperspace_evolve::TournamentSide;
use serde_json::Value;

use super::metadata::Metadata;
use crate::defect::Defect;

/// Name of the file of predictions in the folder of an evaluation.
pub(super) const PREDICTIONS: &str = "predictions.csv";

/// The folder of a run, as far as it was understood.
#[derive(Debug, Clone, PartialEq)]
pub struct RunFolder {
    /// Every file, unchanged.
    pub files: FileSet,
    /// The agents, in order of folder. The agent of a run with only one agent has no folder of its own.
    pub agents: Vec<AgentFolder>,
    /// All defects, in order of file.
    pub defects: Vec<Defect>,
}

/// The files of one agent.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentFolder {
    /// Path of the folder, ending in a slash; empty for the run's own folder.
    pub folder: String,
    /// Name in the run's configuration, or else that of the folder.
    pub name: Option<String>,
    /// `run_config.json`.
    pub config: Option<Value>,
    /// `summary.json`.
    pub summary: Option<Value>,
    /// The generations that exist, in order.
    pub generations: Vec<GenerationFolder>,
    /// The evaluation on test data.
    pub test: Option<EvaluationFolder>,
}

/// The files of one generation.
#[derive(Debug, Clone, PartialEq)]
pub struct GenerationFolder {
    /// Number of the generation.
    pub number: u64,
    /// Path of the folder, ending in a slash.
    pub folder: String,
    /// `metadata.json`, with null for numbers that JSON does not have.
    pub raw: Option<Value>,
    /// The metadata that could be understood.
    pub metadata: Metadata,
    /// Files of the agent.
    pub repo: Option<FileSet>,
    /// Files of the candidate that lost a tournament.
    pub lost: Option<FileSet>,
    /// The two candidates of a tournament, as the original writes them.
    pub contestants: Vec<ContestantFolder>,
    /// The evaluations, including those of contestants.
    pub evaluations: Vec<EvaluationFolder>,
    /// Number of lines in `llm_calls.jsonl`.
    pub calls: u64,
}

/// A candidate of a tournament in a folder of its own, `blind/` or `directed/`.
#[derive(Debug, Clone, PartialEq)]
pub struct ContestantFolder {
    /// The side of the tournament.
    pub side: TournamentSide,
    /// Its files.
    pub repo: Option<FileSet>,
}

/// The files of one evaluation.
#[derive(Debug, Clone, PartialEq)]
pub struct EvaluationFolder {
    /// The evaluated split.
    pub split: Split,
    /// Path of the folder, ending in a slash.
    pub folder: String,
    /// The contestant that was evaluated; `None` for the generation's own evaluations and for the loser in `lost/`.
    pub contestant: Option<TournamentSide>,
    /// True for an evaluation of only the first stage.
    pub staged: bool,
    /// True if there are readable predictions.
    pub predictions: bool,
    /// `report.json`.
    pub report: Option<Value>,
}
