//! The types of event fields, and the term for each in the reference.

use hyperspace_core::{BlobId, MarkId, RecordId, RelPath, TreeId};
use hyperspace_eval::{Score, Split};
use hyperspace_sandbox::Outcome;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::error::Fault;
use super::field::{FieldDoc, FieldForm, FieldReader, FlatFields, Vocabulary};
use super::forms::{Omitted, Plain};
use crate::record::candidate_id::CandidateId;
use crate::record::fate::Fate;
use crate::record::program_form::Resemblance;
use crate::record::search_record::SearchDraw;
use crate::record::tournament_side::TournamentSide;
use crate::sharing::SharingPolicy;

/// A stream of model calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallStream {
    /// Its name.
    pub stream: String,
    /// Number of calls.
    pub calls: u64,
    /// The last exchange, which covers all before it.
    pub head: RecordId,
}

/// A mark of the run's mark space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MarkRef {
    /// Number of the mark in the space.
    pub number: u64,
    /// Identifier of the mark.
    pub mark: MarkId,
}

/// The subject of a tool event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolRun {
    /// All runs of a candidate's meta agents.
    MetaAgent,
    /// One call of a tool.
    Call(ToolCallRef),
}

/// A call of a tool by a meta agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolCallRef {
    /// `bash` or `editor`.
    pub tool: String,
    /// Index of the meta agent's run in the candidate.
    pub run: u64,
    /// Index of the call in that run.
    pub call: u64,
    /// The request, as JSON.
    pub request: BlobId,
    /// The answer, or the error of a failed call.
    pub output: BlobId,
}

/// The number of lines that a policy on shared texts changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharingCount {
    /// The policy.
    pub policy: SharingPolicy,
    /// The lines.
    pub lines: u64,
}

/// The tool name under which the runs of meta agents are recorded.
const META_AGENT: &str = "meta_agent";

macro_rules! terms {
    ($($type:ty: $term:literal,)+) => {
        $( impl Vocabulary for $type {
            fn term() -> String {
                $term.to_owned()
            }
        } )+
    };
}

terms! {
    bool: "boolean",
    u64: "integer",
    String: "text",
    RelPath: "path",
    BlobId: "blob",
    TreeId: "tree",
    RecordId: "record",
    CandidateId: "candidate",
    Score: "score",
    Outcome: "outcome",
    Fate: "fate",
    Resemblance: "resemblance",
    Split: "split",
    TournamentSide: "contender",
    CallStream: "stream",
    SearchDraw: "draw",
    SharingCount: "change",
}

impl<T: Vocabulary> Vocabulary for Option<T> {
    fn term() -> String {
        format!("{} or null", T::term())
    }
}

impl<T: Vocabulary> Vocabulary for Vec<T> {
    fn term() -> String {
        format!("list of {}s", T::term())
    }
}

impl FlatFields for CandidateId {
    fn write(&self, body: &mut Map<String, Value>) {
        Plain::write("generation", &self.generation, body);
        Plain::write("candidate", &self.candidate, body);
    }

    fn read(fields: &mut FieldReader<'_>) -> Result<Self, Fault> {
        Ok(Self {
            generation: Plain::read("generation", fields)?,
            candidate: Plain::read("candidate", fields)?,
        })
    }

    fn describe() -> Vec<FieldDoc> {
        let generation =
            <Plain as FieldForm<u64>>::describe("generation", "Number of the generation, from 0.");
        let candidate = <Plain as FieldForm<u64>>::describe(
            "candidate",
            "Number of the candidate in its generation, from 0.",
        );
        [generation, candidate].into_iter().flatten().collect()
    }
}

impl FlatFields for MarkRef {
    fn write(&self, body: &mut Map<String, Value>) {
        Plain::write("number", &self.number, body);
        Plain::write("mark", &self.mark, body);
    }

    fn read(fields: &mut FieldReader<'_>) -> Result<Self, Fault> {
        Ok(Self { number: Plain::read("number", fields)?, mark: Plain::read("mark", fields)? })
    }

    fn describe() -> Vec<FieldDoc> {
        let number =
            <Plain as FieldForm<u64>>::describe("number", "Number of the mark in the run's mark space.");
        let mark = <Plain as FieldForm<MarkId>>::describe("mark", "Identifier of the mark.");
        [number, mark].into_iter().flatten().collect()
    }
}

terms! {
    MarkId: "mark",
}

impl FlatFields for ToolRun {
    fn write(&self, body: &mut Map<String, Value>) {
        match self {
            Self::MetaAgent => Plain::write("tool", &META_AGENT.to_owned(), body),
            Self::Call(ToolCallRef { tool, run, call, request, output }) => {
                Plain::write("tool", tool, body);
                Plain::write("run", run, body);
                Plain::write("call", call, body);
                Plain::write("request", request, body);
                Plain::write("output", output, body);
            }
        }
    }

    fn read(fields: &mut FieldReader<'_>) -> Result<Self, Fault> {
        let tool: String = Plain::read("tool", fields)?;
        if tool == META_AGENT {
            return Ok(Self::MetaAgent);
        }
        Ok(Self::Call(ToolCallRef {
            tool,
            run: Plain::read("run", fields)?,
            call: Plain::read("call", fields)?,
            request: Plain::read("request", fields)?,
            output: Plain::read("output", fields)?,
        }))
    }

    fn describe() -> Vec<FieldDoc> {
        fn left_out<T>(name: &str, meaning: &str) -> Vec<FieldDoc>
        where
            Omitted: FieldForm<Option<T>>,
        {
            <Omitted as FieldForm<Option<T>>>::describe(
                name,
                &format!("{meaning} Left out for `{META_AGENT}`."),
            )
        }
        let tool = format!(
            "`{META_AGENT}` for the runs of the candidate's meta agents, otherwise the tool: `bash` or `editor`."
        );
        [
            <Plain as FieldForm<String>>::describe("tool", &tool),
            left_out::<u64>("run", "Index of the meta agent's run in the candidate."),
            left_out::<u64>("call", "Index of the call in that run."),
            left_out::<BlobId>("request", "The request, as JSON."),
            left_out::<BlobId>("output", "The answer; of a failed call, the error."),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}
