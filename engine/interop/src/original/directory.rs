//! Understands a folder of outcome files: ours, or the original's with all that it does wrong.
//!
//! A pure function of the files. Whatever is missing, cut off or contradictory is a [`Problem`]; the rest is understood all
//! the same. Nothing is repaired and no number is made up.

use std::collections::BTreeSet;
use std::fmt;

use hyperspace_core::FileSet;
use hyperspace_eval::Split;
use serde::Serialize;
use serde_json::Value;

use super::check;
use super::error::LayoutError;
use super::generation::Metadata;
use super::reader::Reader;

/// Something that is wrong with a folder, or that was not understood.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// The file or folder, below the one that was read.
    pub file: String,
    /// Line or field, where there is one.
    pub place: Option<String>,
    /// What is wrong, and what became of it.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{}, {place}: {}", self.file, self.what),
            None => write!(f, "{}: {}", self.file, self.what),
        }
    }
}

/// A folder, as far as it was understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Directory {
    /// Every file, as it is.
    pub files: FileSet,
    /// The agents, in order of folder; one without a folder of its own if the run has only one.
    pub agents: Vec<AgentFolder>,
    /// Everything that is wrong.
    pub problems: Vec<Problem>,
}

/// What belongs to one agent.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentFolder {
    /// The folder with a slash, or nothing.
    pub folder: String,
    /// The name that the run gives it, or its folder.
    pub name: Option<String>,
    /// `run_config.json`.
    pub config: Option<Value>,
    /// `summary.json`.
    pub summary: Option<Value>,
    /// The generations there are, in order.
    pub generations: Vec<Generation>,
    /// The evaluation on test data.
    pub test: Option<EvaluationFolder>,
}

/// One generation.
#[derive(Debug, Clone, PartialEq)]
pub struct Generation {
    /// Its number.
    pub number: u64,
    /// Its folder, with a slash.
    pub folder: String,
    /// `metadata.json` as it is; non-finite numbers as null.
    pub raw: Option<Value>,
    /// What it says.
    pub metadata: Metadata,
    /// The files of the agent.
    pub repo: Option<FileSet>,
    /// The files of the candidate that lost a tournament.
    pub lost: Option<FileSet>,
    /// Its evaluations.
    pub evaluations: Vec<EvaluationFolder>,
    /// Lines of `llm_calls.jsonl`.
    pub calls: u64,
}

/// One evaluation.
#[derive(Debug, Clone, PartialEq)]
pub struct EvaluationFolder {
    /// The data.
    pub split: Split,
    /// The folder, with a slash.
    pub folder: String,
    /// Whether it is the first stage alone.
    pub staged: bool,
    /// Whether there are predictions that can be read.
    pub predictions: bool,
    /// `report.json`.
    pub report: Option<Value>,
}

/// The name of predictions in the folder of an evaluation.
pub(super) const PREDICTIONS: &str = "predictions.csv";

/// Reads a folder.
///
/// # Errors
///
/// [`LayoutError::NoRun`] when no folder `gen_N` is where one of a run would be, or when there are several runs.
pub fn read(files: FileSet) -> Result<Directory, LayoutError> {
    let folders = agent_folders(&files)?;
    let mut reader = Reader::new(&files);
    reader.pointers();
    let agents: Vec<AgentFolder> = folders.into_iter().map(|folder| reader.agent(folder)).collect();
    reader.unknown(&agents);
    let mut problems = reader.problems();
    problems.extend(agents.iter().flat_map(check::agent));
    problems.sort();
    Ok(Directory { files, agents, problems })
}

/// The number of `gen_N`, written as the original does.
pub(super) fn number(name: &str) -> Option<u64> {
    let digits = name.strip_prefix("gen_")?;
    let number: u64 = digits.parse().ok()?;
    (number.to_string() == digits).then_some(number)
}

/// The folders that hold generations: the one that was read, or those in it.
fn agent_folders(files: &FileSet) -> Result<Vec<String>, LayoutError> {
    let mut folders = BTreeSet::new();
    for (path, _) in files.iter() {
        let parts: Vec<&str> = path.as_str().split('/').collect();
        let at = parts[..parts.len() - 1].iter().position(|part| number(part).is_some());
        // Deeper ones belong to the repository of a generation, or to another layout.
        if let Some(at) = at {
            folders.insert(parts[..at].iter().map(|part| format!("{part}/")).collect::<String>());
        }
    }
    let expected =
        "expected the folder of a run: with folders gen_0, gen_1, …, or with one such folder per agent";
    if folders.contains("") {
        return Ok(vec![String::new()]);
    }
    let parents: BTreeSet<&str> = folders
        .iter()
        .map(|folder| folder.trim_end_matches('/').rsplit_once('/').map_or("", |(up, _)| up))
        .collect();
    match parents.into_iter().collect::<Vec<_>>()[..] {
        [] => Err(LayoutError::NoRun(format!("no generation was found; {expected}"))),
        [""] => Ok(folders.into_iter().collect()),
        [one] => Err(LayoutError::NoRun(format!("the run lies deeper, in {one}; {expected}"))),
        ref several => {
            let names = several.iter().take(8).copied().collect::<Vec<_>>().join(", ");
            let count = several.len();
            Err(LayoutError::NoRun(format!("there are {count} runs, name one of them: {names}; {expected}")))
        }
    }
}
