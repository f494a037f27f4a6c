//! Events of meta agents: runs, model calls, tools, edits.

use hyperspace_core::{BlobId, RelPath, TreeId};
use hyperspace_sandbox::Outcome;

use super::field::event_body;
use super::vocabulary::{CallStream, MarkRef, ToolRun};
use crate::record::candidate_id::CandidateId;

event_body! {
    /// One run of a meta agent ended: the candidate's own, or one of the fallbacks after it.
    MetaFinished = "meta.finished" {
        /// The candidate.
        candidate: CandidateId => Flat,
        /// Files that the meta agent ran from.
        tree: TreeId,
        /// Outcome of the run.
        outcome: Outcome,
        /// Fuel used.
        fuel: u64,
        /// Virtual time at the end, in nanoseconds.
        virtual_ns: u64,
        /// Standard output, kept in the store unless it is empty.
        stdout: BlobId,
        /// Standard error, kept in the store unless it is empty.
        stderr: BlobId,
        /// The last 2,000 characters of the traceback.
        evidence: Option<String>,
        /// Number of refusals in the sandbox. At most 256 of them are events.
        denials: u64,
        /// Lines that the meta agent logged.
        log: Option<BlobId> => Omitted,
    }
}

event_body! {
    /// Models were called, by one run of a meta agent or by the cases of one evaluation.
    ModelCalls = "model.calls" {
        /// The candidate.
        candidate: CandidateId => Flat,
        /// The streams that have calls.
        streams: Vec<CallStream>,
    }
}

event_body! {
    /// A tool call was recorded in the mark space, or the meta agents of a candidate were.
    ToolFinished = "tool.finished" {
        /// The candidate.
        candidate: CandidateId => Flat,
        /// The subject.
        tool: ToolRun => Flat,
        /// True if the call failed, or every meta agent.
        failed: bool,
        /// The mark of the run.
        mark: MarkRef => Flat,
    }
}

event_body! {
    /// The mark space refused a tool call, or the run of the candidate's meta agent.
    ToolRefused = "tool.refused" {
        /// The candidate.
        candidate: CandidateId => Flat,
        /// The subject.
        tool: ToolRun => Flat,
        /// True if the call failed. Left out for `meta_agent`, which did not run.
        failed: Option<bool> => Omitted,
        /// Reason of the refusal.
        reason: String,
    }
}

event_body! {
    /// An edit became part of the candidate.
    EditAccepted = "edit.accepted" {
        /// The candidate.
        candidate: CandidateId => Flat,
        /// The file.
        path: RelPath,
        /// Content in the parent; null for a new file.
        before: Option<BlobId>,
        /// Content in the candidate; null for a removed file.
        after: Option<BlobId>,
        /// The mark of the edit.
        mark: MarkRef => Flat,
    }
}

event_body! {
    /// An access or a call was refused in the sandbox of a meta agent, or an edit when it was accepted.
    EditRefused = "edit.refused" {
        /// The candidate.
        candidate: CandidateId => Flat,
        /// Operation: `write`, `remove`, `create-folder`, `remove-folder` or `call`.
        op: String,
        /// Absolute guest path, name of the called operation, or path of the edit in the candidate.
        target: String,
        /// Reason of the refusal.
        reason: String,
    }
}
