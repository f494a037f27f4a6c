//! The values that are analysed: a run, its agents, their candidates. They hold no time, so that reports of the same run are equal.

use std::sync::Arc;

use serde::Serialize;

/// A run.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct ReportRun {
    /// Its hash.
    pub hash: String,
    /// A name that distinguishes it from the other runs of the report.
    pub name: String,
    /// The configuration without the seed: runs of one group are repetitions.
    pub group: String,
    /// The seed, as text.
    pub seed: String,
    /// The task.
    pub task: String,
    /// True if lower scores are better.
    pub minimise: bool,
    /// True if it was imported.
    pub imported: bool,
    /// Its agents; candidates of different agents may see each other's published code.
    pub agents: Vec<ReportAgent>,
    /// The work and money that it took.
    pub spend: ReportSpend,
    /// Models and prompts that a bandit chose from.
    pub arms: Vec<ReportArm>,
    /// The use of held-out rows, in a run with a split policy.
    pub splits: Option<ReportSplits>,
    /// Answers to signs of complacency, in the order in which they began.
    pub answers: Vec<ReportAnswer>,
    /// Slimming attempts, in order.
    pub slimming: Vec<ReportSlimming>,
    /// Unknown facts about it, one sentence each.
    pub unknown: Vec<String>,
}

/// A sign of complacency that a run answered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ReportAnswer {
    /// The agent.
    pub agent: String,
    /// The generation after which the answer begins.
    pub generation: u64,
    /// The sign, such as `given-up`.
    pub sign: String,
    /// The number of candidates that showed it.
    pub candidates: u64,
    /// The answers, such as `warn` and `explore`.
    pub answers: Vec<String>,
    /// Candidate, place and words of some of these candidates.
    pub evidence: Vec<String>,
}

/// A slimming attempt: a candidate that the engine made from a member that had grown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ReportSlimming {
    /// The agent.
    pub agent: String,
    /// The candidate.
    pub candidate: String,
    /// The member.
    pub of: String,
    /// `kept` if it has every answer of the member and took its place, `changed`, `nothing` or `refused`.
    pub verdict: String,
    /// The case whose answer differs.
    pub differs: Option<String>,
    /// The number of programs tried.
    pub tries: u64,
    /// Nodes of the member's program.
    pub nodes_before: Option<u64>,
    /// Nodes of the candidate's program.
    pub nodes: Option<u64>,
    /// Bytes of the member's files.
    pub bytes_before: u64,
    /// Bytes of the candidate's files.
    pub bytes: u64,
}

/// A model or a kind of prompt that a bandit chose from, and what it earned.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ReportArm {
    /// The agent.
    pub agent: String,
    /// The bandit: `model` or `prompt`.
    pub of: String,
    /// The arm.
    pub arm: String,
    /// The number of candidates made with it.
    pub candidates: u64,
    /// The number of these candidates that were better than their parents on training data.
    pub wins: u64,
    /// The sum of their gains over their parents, in the unit of scores.
    pub gain: f64,
    /// The number of calls of their meta agents.
    pub calls: u64,
    /// The cost of these calls in picodollars.
    pub picodollars: u64,
}

/// The use of held-out rows by a run with a split policy.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ReportSplits {
    /// The policy with its parameters.
    pub policy: String,
    /// Number of questions that held-out rows answered.
    pub asked: u64,
    /// Number of answers spent from the budget.
    pub spent: u64,
    /// The budget; `None` for a policy without one.
    pub budget: Option<u64>,
    /// The gap of the best candidate: its progress on training rows minus that on held-out rows.
    pub gap: Option<f64>,
    /// The gap that raises the alarm.
    pub limit: f64,
    /// The number of its standard errors that such a gap also exceeds.
    pub errors: f64,
    /// Number of candidates whose gap raised it.
    pub alarms: u64,
}

/// An agent: a population of a run.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct ReportAgent {
    /// Its name.
    pub name: String,
    /// The model of its meta agent.
    pub model: Option<String>,
    /// Its candidates, in order of generation and number.
    pub candidates: Vec<ReportCandidate>,
}

/// A candidate.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct ReportCandidate {
    /// A name by which it can be requested.
    pub id: String,
    /// Its generation.
    pub generation: u64,
    /// The index of the candidate that it was made from, among those of its agent.
    pub parent: Option<usize>,
    /// The fate, such as `champion`, `failed` or `valid`.
    pub fate: String,
    /// True if it is a slimming attempt of the engine, which no meta agent made.
    pub slimming: bool,
    /// True if it joined the archive, or counts in an imported run.
    pub admitted: bool,
    /// Score on training data.
    pub train: Option<f64>,
    /// Score on held-out data.
    pub held_out: Option<f64>,
    /// The reason why it has no score, in one line.
    pub failure: Option<String>,
    /// The text of the program that is measured; `None` if it is not known.
    pub code: Option<Arc<str>>,
    /// The text of the meta agent.
    pub meta: Option<Arc<str>>,
    /// Bytes of all its files; 0 if they are not known.
    pub bytes: u64,
    /// The tool calls of its meta agents, in order; `None` if none were recorded at all.
    pub tools: Option<Vec<ToolUse>>,
    /// Texts of the meta agent's model, in order.
    pub said: Vec<String>,
    /// The work and money that it took.
    pub spend: ReportSpend,
}

/// Work and money.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ReportSpend {
    /// Fuel of guests.
    pub fuel: u64,
    /// Calls of models; `None` if the number is not known.
    pub calls: Option<u64>,
    /// Tokens of requests.
    pub input_tokens: u64,
    /// Tokens of answers.
    pub output_tokens: u64,
    /// Cost in trillionths of a dollar.
    pub picodollars: u64,
}

/// One call of a tool.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ToolUse {
    /// The tool.
    pub tool: String,
    /// Its arguments as JSON.
    pub arguments: String,
    /// The command of the editor, if it is one.
    pub command: Option<String>,
    /// The path that it names, or the command line of a shell.
    pub target: String,
    /// True if the answer was an error.
    pub failed: bool,
}

impl ReportRun {
    /// Returns whether `one` is better than `other`.
    #[must_use]
    pub fn better(&self, one: f64, other: f64) -> bool {
        if self.minimise { one < other } else { one > other }
    }
}
