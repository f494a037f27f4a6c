//! A child before it is evaluated, and what of its meta agent's doing becomes part of it.
//!
//! One child after the other is taken through the mark space, whoever was done first. Invariant: what becomes part of the child
//! is an action that the space allowed; everything else stands there as refused.

use std::sync::Arc;

use hyperspace_core::{BlobId, FileSet, TreeId};
use hyperspace_markspace::Permit;
use hyperspace_sandbox::Report;
use serde_json::json;

use crate::archive::Place;
use crate::error::EvolveError;
use crate::marks::{RunSpace, Writ};
use crate::meta::Order;
use crate::record::event::{
    CallStream, EditAccepted, EditRefused, Event, MetaFinished, ModelCalls, ToolCallRef, ToolFinished,
    ToolRefused, ToolRun,
};
use crate::record::{MetaRecord, ParentRecord};
use crate::toolbox::{Done, ToolCall};

/// Characters of a traceback in the journal.
const EVIDENCE_CHARS_MAX: usize = 2_000;

/// A child before it is evaluated.
pub(crate) struct Child {
    pub(crate) place: Place,
    pub(crate) parent: ParentRecord,
    pub(crate) parent_index: usize,
    pub(crate) files: FileSet,
    pub(crate) tree: TreeId,
    pub(crate) meta: Vec<MetaRecord>,
    pub(crate) made_by: TreeId,
    /// A meta agent completed.
    pub(crate) completed: bool,
    pub(crate) writ: Writ,
    /// Whose child it is: an index into the agents of the run.
    pub(crate) agent: usize,
    /// How its meta agents ended, in order.
    runs: Vec<Ended>,
    /// How many of them are journalled.
    noted: usize,
    /// The files that the last of them began with.
    start: FileSet,
    /// What meta agents wrote on their standard streams.
    pub(crate) outputs: Vec<Vec<u8>>,
    /// Journal events.
    pub(crate) events: Vec<Event>,
}

/// How one run of a meta agent ended.
pub(crate) struct Ended {
    /// The files that it ran from.
    pub(crate) tree: TreeId,
    pub(crate) report: Report,
    /// What it did through its door.
    pub(crate) done: Done,
    /// Its calls of a model.
    pub(crate) stream: Option<CallStream>,
}

impl Child {
    /// A copy of its parent.
    pub(crate) fn forked(order: &Order, parent: ParentRecord) -> Self {
        Self {
            place: order.place,
            parent_index: order.parent,
            tree: parent.tree,
            made_by: parent.tree,
            parent,
            files: order.files.clone(),
            meta: Vec::new(),
            completed: false,
            agent: order.agent,
            writ: order.editor.writ.clone(),
            runs: Vec::new(),
            noted: 0,
            start: FileSet::new(),
            outputs: Vec::new(),
            events: Vec::new(),
        }
    }

    /// A meta agent ran, which began with `files`.
    pub(crate) fn ran(&mut self, ended: Ended, files: FileSet) {
        self.meta.push(MetaRecord {
            tree: ended.tree,
            outcome: ended.report.outcome.name().to_owned(),
            fuel: ended.report.fuel_used,
        });
        self.completed = ended.report.outcome.is_completed();
        if self.completed {
            self.made_by = ended.tree;
            self.start = files;
        }
        self.runs.push(ended);
    }

    fn event(&mut self, event: impl Into<Event>) {
        self.events.push(event.into());
    }

    /// Takes what the meta agents did through the mark space, in the order in which they did it.
    pub(crate) fn accept(
        &mut self,
        space: &RunSpace,
        claim: Result<Permit, String>,
    ) -> Result<(), EvolveError> {
        let (writ, candidate) = (self.writ.clone(), self.place);
        let runs = std::mem::take(&mut self.runs);
        for ended in &runs {
            self.note(space, &writ, ended)?;
        }
        match claim {
            Err(reason) => {
                self.event(ToolRefused { candidate, tool: ToolRun::MetaAgent, failed: None, reason });
            }
            Ok(permit) => {
                let text = json!({"runs": self.meta, "made_by": self.made_by}).to_string();
                let result = if self.completed { Ok(text) } else { Err(text) };
                let mark = space.finish_meta(&writ, permit, result)?;
                let failed = !self.completed;
                self.event(ToolFinished { candidate, tool: ToolRun::MetaAgent, failed, mark });
            }
        }
        if self.completed
            && let Some(ended) = runs.into_iter().last()
        {
            self.take_edits(space, &writ, ended.report)?;
        }
        Ok(())
    }

    /// Journals how a meta agent ended, its calls, and what was refused to it.
    fn note(&mut self, space: &RunSpace, writ: &Writ, ended: &Ended) -> Result<(), EvolveError> {
        let Ended { tree, report, done, stream } = ended;
        let tail = |text: &str| -> String {
            let skip = text.chars().count().saturating_sub(EVIDENCE_CHARS_MAX);
            text.chars().skip(skip).collect()
        };
        let (candidate, log) = (self.place, done.log());
        self.event(MetaFinished {
            candidate,
            tree: *tree,
            outcome: report.outcome.clone(),
            fuel: report.fuel_used,
            virtual_ns: report.virtual_ns,
            stdout: BlobId::of(&report.stdout),
            stderr: BlobId::of(&report.stderr),
            evidence: report.traceback.as_deref().map(tail),
            denials: report.denials_total,
            log: (!log.is_empty()).then(|| BlobId::of(&log)),
        });
        let outputs = [&report.stdout, &report.stderr, &log].into_iter().filter(|bytes| !bytes.is_empty());
        self.outputs.extend(outputs.cloned());
        if let Some(stream) = stream {
            self.event(ModelCalls { candidate, streams: vec![stream.clone()] });
        }
        let run = self.noted;
        self.noted += 1;
        for (number, call) in done.calls().into_iter().enumerate() {
            self.note_tool(space, writ, (run, number), call)?;
        }
        for denial in &report.denials {
            space.report(writ, (&denial.target, &denial.op), &denial.reason);
            self.event(EditRefused {
                candidate,
                op: denial.op.clone(),
                target: denial.target.clone(),
                reason: denial.reason.clone(),
            });
        }
        Ok(())
    }

    /// Takes a call of a tool through the mark space, and journals it.
    fn note_tool(
        &mut self,
        space: &RunSpace,
        writ: &Writ,
        (run, number): (usize, usize),
        call: ToolCall,
    ) -> Result<(), EvolveError> {
        let (request, output) = (call.request.to_string().into_bytes(), call.output.into_bytes());
        let call_ref = ToolCallRef {
            tool: call.tool.to_owned(),
            run: run as u64,
            call: number as u64,
            request: BlobId::of(&request),
            output: BlobId::of(&output),
        };
        // One name per call and run, so that no call takes the place of another.
        let name = format!("{}_{run}_{number}", call.tool);
        let content = json!({"request": call_ref.request, "output": call_ref.output}).to_string();
        let (candidate, tool, failed) = (self.place, ToolRun::Call(call_ref), !call.fine);
        match space.tool(writ, &name, content)? {
            Ok(mark) => self.event(ToolFinished { candidate, tool, failed, mark }),
            Err(reason) => self.event(ToolRefused { candidate, tool, failed: Some(failed), reason }),
        }
        self.outputs.extend([request, output]);
        Ok(())
    }

    /// Takes the edits of a completed meta agent over: whatever differs from the parent, the files of a stand-in included,
    /// becomes an action that the guard allows, or is refused.
    fn take_edits(&mut self, space: &RunSpace, writ: &Writ, report: Report) -> Result<(), EvolveError> {
        let mut end = std::mem::take(&mut self.start);
        for change in report.changes {
            match change.content {
                Some(content) => {
                    end.insert(change.path, content)
                        .map_err(|error| EvolveError::record("an edit", error))?;
                }
                None => {
                    end.remove(&change.path);
                }
            }
        }
        for edit in hyperspace_core::diff(&self.files.tree(), &end.tree()) {
            let (path, before, after) = (edit.path, edit.before, edit.after);
            let content = end.get(&path).map(Arc::clone);
            let files = &mut self.files;
            let done = space.edit(writ, path.as_str(), || {
                match content {
                    Some(content) => {
                        files.insert(path.clone(), content).map_err(|error| error.to_string())?;
                    }
                    None => {
                        files.remove(&path);
                    }
                }
                Ok(json!({"before": before, "after": after}).to_string())
            })?;
            let candidate = self.place;
            match done {
                Ok(mark) => self.event(EditAccepted { candidate, path, before, after, mark }),
                Err(reason) => {
                    let (op, target) = ("write".to_owned(), path.to_string());
                    self.event(EditRefused { candidate, op, target, reason });
                }
            }
        }
        self.tree = self.files.tree().id();
        Ok(())
    }
}
