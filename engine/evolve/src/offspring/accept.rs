//! Acceptance of a candidate: the runs of its meta agents, their refusals and their edits pass through the mark space.
//!
//! Candidates are accepted one after the other, in their order. Invariant: an edit becomes part of a candidate only as an action that
//! the space allowed. Everything else is recorded as a refusal.

use std::sync::Arc;

use hyperspace_core::{BlobId, Change, FileSet, text_end};
use hyperspace_eval::CodeLimits;
use hyperspace_markspace::{Guard, Permit};
use hyperspace_sandbox::Limits;
use serde_json::{Value, json};

use crate::complacency::{HistoryCall, ToolLooks};
use crate::error::EvolveError;
use crate::executor::interface::ToolCallRecord;
use crate::mark_space::{CandidateGrant, RunSpace};
use crate::offspring::candidate::{AcceptedPhase, Candidate, MadeFiles, MetaRun, OffspringPhase};
use crate::offspring::edits::{EditedFiles, files_after};
use crate::record::candidate_id::CandidateId;
use crate::record::event::{
    EditAccepted, EditRefused, Event, MetaFinished, ModelCalls, ToolCallRef, ToolFinished, ToolRefused,
    ToolRun,
};
use crate::record::generation::MetaRecord;

/// Maximum number of characters of a traceback in the journal.
const EVIDENCE_CHARS_MAX: usize = 2_000;

/// The rules on edits.
#[derive(Clone, Copy)]
pub(crate) struct EditRules<'a> {
    /// The guard with the edit scope of the run.
    pub(crate) guard: &'a Guard,
    /// The limits of meta agents.
    pub(crate) limits: &'a Limits,
    /// The limits on code.
    pub(crate) code: &'a CodeLimits,
}

impl Candidate<OffspringPhase> {
    /// Passes the work of the candidate's meta agents through the mark space, in the order in which it was done.
    pub(crate) fn accept(
        self,
        space: &RunSpace,
        rules: EditRules<'_>,
    ) -> Result<Candidate<AcceptedPhase>, EvolveError> {
        let Self { plan, parent, grant, phase } = self;
        let OffspringPhase { base, claim, made } = phase;
        let (mut runs, slimmed) = match made {
            MadeFiles::ByRuns(runs) => (runs, None),
            MadeFiles::BySlimming(slimmed) => (Vec::new(), Some(slimmed)),
        };
        let meta: Vec<MetaRecord> = runs.iter().map(MetaRun::record).collect();
        let mut acceptance = Acceptance {
            id: plan.id,
            space,
            rules,
            grant: &grant,
            events: Vec::new(),
            outputs: Vec::new(),
            edits: 0,
            refusals: 0,
        };
        for (number, run) in runs.iter().enumerate() {
            acceptance.record_run(number, run)?;
        }
        let looks = looks_of(&runs);
        let last = runs.pop().filter(MetaRun::completed);
        let completed = last.is_some() || slimmed.is_some();
        let made_by = match (&last, &slimmed) {
            (Some(run), _) => run.tree,
            (None, Some(slimmed)) => slimmed.made_by,
            (None, None) => parent.tree,
        };
        let work = match &slimmed {
            Some(slimmed) => json!({"slimming": slimmed.record, "made_by": made_by}),
            None => json!({"runs": meta, "made_by": made_by}),
        };
        acceptance.finish_claim(claim, &work, completed)?;
        let slimming = slimmed.as_ref().map(|slimmed| slimmed.record.clone());
        let end = match (last, slimmed) {
            (Some(run), _) => Some(files_after(run.files, run.response.report.changes)),
            (None, slimmed) => slimmed.map(|slimmed| slimmed.files),
        };
        let files = match end {
            Some(end) => acceptance.take_edits(base, &end)?,
            None => base,
        };
        let Acceptance { events, outputs, edits, refusals, .. } = acceptance;
        let tree = if completed { files.tree().id() } else { parent.tree };
        let phase = AcceptedPhase {
            files,
            tree,
            meta,
            made_by,
            completed,
            events,
            outputs,
            edits,
            refusals,
            looks,
            slimming,
        };
        Ok(Candidate { plan, parent, grant, phase })
    }
}

/// Returns a summary of the tool calls, if there are any.
fn looks_of(runs: &[MetaRun]) -> Option<ToolLooks> {
    let calls = runs.iter().flat_map(|run| &run.response.tool_calls);
    let calls = calls.map(|call| HistoryCall::of_tool(call.tool, &call.request, !call.succeeded));
    let calls: Vec<HistoryCall> = calls.collect();
    (!calls.is_empty()).then(|| ToolLooks::of(&calls))
}

/// The acceptance of one candidate, with the journal events so far.
struct Acceptance<'a> {
    id: CandidateId,
    space: &'a RunSpace,
    rules: EditRules<'a>,
    grant: &'a CandidateGrant,
    events: Vec<Event>,
    outputs: Vec<Vec<u8>>,
    edits: usize,
    refusals: usize,
}

/// The number of a tool call within the runs of a candidate.
#[derive(Debug, Clone, Copy)]
struct ToolCallNumber {
    run: usize,
    call: usize,
}

impl Acceptance<'_> {
    fn event(&mut self, event: impl Into<Event>) {
        self.events.push(event.into());
    }

    /// Journals a run of a meta agent, its calls, and its refusals.
    fn record_run(&mut self, number: usize, run: &MetaRun) -> Result<(), EvolveError> {
        let MetaRun { tree, response, stream, .. } = run;
        let (candidate, report, log) = (self.id, &response.report, &response.log);
        self.event(MetaFinished {
            candidate,
            tree: *tree,
            outcome: report.outcome.clone(),
            fuel: report.fuel_used,
            virtual_ns: report.virtual_ns,
            stdout: BlobId::of(&report.stdout),
            stderr: BlobId::of(&report.stderr),
            evidence: report.traceback.as_deref().map(|text| text_end(text, EVIDENCE_CHARS_MAX).to_owned()),
            denials: report.denials_total,
            log: (!log.is_empty()).then(|| BlobId::of(log)),
        });
        let outputs = [&report.stdout, &report.stderr, log].into_iter().filter(|bytes| !bytes.is_empty());
        self.outputs.extend(outputs.cloned());
        if let Some(stream) = stream {
            self.event(ModelCalls { candidate, streams: vec![stream.clone()] });
        }
        for (call, record) in response.tool_calls.iter().enumerate() {
            self.record_tool_call(ToolCallNumber { run: number, call }, record)?;
        }
        for denial in &report.denials {
            self.space.report(self.grant, denial);
            self.refuse(&denial.op, &denial.target, &denial.reason);
        }
        Ok(())
    }

    fn refuse(&mut self, op: &str, target: &str, reason: &str) {
        let (op, target, reason) = (op.to_owned(), target.to_owned(), reason.to_owned());
        self.event(EditRefused { candidate: self.id, op, target, reason });
        self.refusals += 1;
    }

    /// Passes a tool call through the mark space and journals it.
    fn record_tool_call(&mut self, number: ToolCallNumber, call: &ToolCallRecord) -> Result<(), EvolveError> {
        let (request, output) = (call.request.clone().into_bytes(), call.output.clone().into_bytes());
        let ToolCallNumber { run, call: index } = number;
        let reference = ToolCallRef {
            tool: call.tool.to_owned(),
            run: run as u64,
            call: index as u64,
            request: BlobId::of(&request),
            output: BlobId::of(&output),
        };
        // Each call of each run has its own resource, so that no call replaces another.
        let name = format!("{}_{run}_{index}", call.tool);
        let content = json!({"request": reference.request, "output": reference.output}).to_string();
        let (candidate, tool, failed) = (self.id, ToolRun::Call(reference), !call.succeeded);
        match self.space.tool(self.grant, &name, content)? {
            Ok(mark) => self.event(ToolFinished { candidate, tool, failed, mark }),
            Err(reason) => self.event(ToolRefused { candidate, tool, failed: Some(failed), reason }),
        }
        self.outputs.extend([request, output]);
        Ok(())
    }

    /// Records the result of the claimed runs.
    fn finish_claim(
        &mut self,
        claim: Result<Permit, String>,
        work: &Value,
        completed: bool,
    ) -> Result<(), EvolveError> {
        let (candidate, tool) = (self.id, ToolRun::MetaAgent);
        match claim {
            Err(reason) => self.event(ToolRefused { candidate, tool, failed: None, reason }),
            Ok(permit) => {
                let text = work.to_string();
                let result = if completed { Ok(text) } else { Err(text) };
                let mark = self.space.finish_meta(self.grant, permit, result)?;
                self.event(ToolFinished { candidate, tool, failed: !completed, mark });
            }
        }
        Ok(())
    }

    /// Takes over the edits of a completed meta agent that left the files `end`. Each difference from the parent, including files
    /// of a fallback, becomes an action that the guard allows, or is refused.
    fn take_edits(&mut self, files: FileSet, end: &FileSet) -> Result<FileSet, EvolveError> {
        let mut files = EditedFiles::new(files, self.rules.limits).with_code_limits(self.rules.code);
        for Change { path, before, after } in files.changes_to(end) {
            let (old, new) = (files.get(&path), end.get(&path).map(Arc::clone));
            let regions = match self.rules.guard.decide_content(&path, old.as_deref(), new.as_deref()) {
                Ok(regions) => regions,
                Err(reason) => {
                    self.space.refuse(self.grant, path.as_str(), &reason.to_string());
                    self.refuse("write", path.as_str(), &reason.to_string());
                    continue;
                }
            };
            let made = match files.make(&path, new) {
                Ok(made) => made,
                Err(reason) => {
                    if !self.rules.code.is_empty() {
                        self.space.refuse(self.grant, path.as_str(), &reason);
                    }
                    self.refuse("write", path.as_str(), &reason);
                    continue;
                }
            };
            let mut note = json!({"before": before, "after": after});
            if let Some(regions) = &regions {
                // The region of the file that the mark is about, as line numbers in the present version of the file.
                note["regions"] = regions.iter().map(|lines| json!([lines.start(), lines.end()])).collect();
            }
            let note = note.to_string();
            match self.space.edit(self.grant, path.as_str(), note)? {
                Ok(mark) => {
                    self.event(EditAccepted { candidate: self.id, path, before, after, mark });
                    self.edits += 1;
                }
                Err(reason) => {
                    files.take_back(made);
                    self.refuse("write", path.as_str(), &reason);
                }
            }
        }
        Ok(files.finish())
    }
}
