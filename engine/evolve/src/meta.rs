//! A child is made: its own meta agent edits its files, under the guard.
//!
//! Two steps. [`make`] runs the meta agent in its room, beside those of other children; [`Child::accept`] then takes, one
//! child after the other, what it did through the mark space. Invariant: what becomes part of the child is an action that
//! the space allowed; everything else stands there as refused. When the meta agent does not complete, all its edits are
//! dropped and the last one that worked stands in for it.

use hyperspace_core::space::Permit;
use hyperspace_core::{BlobId, FileSet, RelPath, Store, TreeId};
use hyperspace_eval::Evaluator;
use hyperspace_sandbox::{Outcome, Report};
use serde_json::{Value, json};

use crate::archive::{Archive, Place};
use crate::error::EvolveError;
use crate::kin::{self, Kin};
use crate::marks::{RunSpace, Writ};
use crate::record::{MetaRecord, ParentRecord};
use crate::room::{self, Editor, MetaCall, Surroundings};

/// Meta agents that may stand in, one after the other.
pub(crate) const RESCUES_MAX: usize = 3;
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
    /// How its meta agents ended, each with the files it ran from.
    runs: Vec<(TreeId, Report)>,
    /// The files that the last of them began with.
    start: FileSet,
    /// What meta agents wrote on their standard streams.
    pub(crate) outputs: Vec<Vec<u8>>,
    /// Journal events, as kind and body.
    pub(crate) events: Vec<(&'static str, Value)>,
}

/// What every child of a generation needs.
pub(crate) struct Workshop {
    pub(crate) evaluator: Evaluator,
    pub(crate) archive: Archive,
    pub(crate) surroundings: Surroundings,
    pub(crate) limits: hyperspace_sandbox::Limits,
    /// Whether training scores are visible.
    pub(crate) scores: bool,
    pub(crate) task: Value,
}

/// One child to be made: all that differs between children.
pub(crate) struct Order {
    pub(crate) place: Place,
    pub(crate) parent: usize,
    pub(crate) seed: u64,
    pub(crate) editor: Editor,
    /// The guard allowed the run.
    pub(crate) allowed: bool,
    /// The files of the parent.
    pub(crate) files: FileSet,
    /// Files that stand in when the parent's own meta agent fails, in order.
    pub(crate) rescuers: Vec<(TreeId, FileSet)>,
    /// What it sees below `/repo/evals`.
    pub(crate) history: FileSet,
    /// Files whose meta agent runs instead of the child's own.
    pub(crate) frozen: Option<(TreeId, FileSet)>,
}

/// The trees whose meta agents may stand in for that of a member: those that made its lineage, the nearest first, without the
/// ones whose meta agent is the member's own.
pub(crate) fn rescuers(
    store: &Store,
    archive: &Archive,
    kin: &Kin,
    parent: usize,
) -> Result<Vec<(TreeId, FileSet)>, EvolveError> {
    let trees = kin.others(store, archive, parent)?;
    trees.into_iter().map(|tree| Ok((tree, store.get_files(&tree)?))).collect()
}

/// The files that make a meta agent: `meta_agent.py` and its library.
fn meta_files(files: &FileSet) -> Vec<(RelPath, BlobId)> {
    files
        .iter()
        .filter(|(path, _)| kin::is_meta(path))
        .map(|(path, content)| (path.clone(), BlobId::of(content)))
        .collect()
}

/// `files` with the meta agent of `donor`.
fn with_meta_of(files: &FileSet, donor: &FileSet) -> FileSet {
    let mut files = files.clone();
    for (path, _) in meta_files(donor) {
        if let Some(content) = donor.get(&path) {
            // A name that is a folder on one side and a file on the other stays as it is; the run then shows what comes of it.
            drop(files.insert(path, std::sync::Arc::clone(content)));
        }
    }
    files
}

/// Makes a child.
pub(crate) async fn make(workshop: &Workshop, order: Order) -> Result<Child, EvolveError> {
    let Some(parent) = workshop.archive.members().get(order.parent) else {
        return Err(EvolveError::record("a child", "its parent is not in the archive"));
    };
    let parent_record = ParentRecord { place: parent.place, tree: parent.tree };
    let mut child = Child {
        place: order.place,
        parent: parent_record,
        parent_index: order.parent,
        tree: parent.tree,
        made_by: parent.tree,
        files: order.files.clone(),
        meta: Vec::new(),
        completed: false,
        writ: order.editor.writ.clone(),
        runs: Vec::new(),
        start: FileSet::new(),
        outputs: Vec::new(),
        events: Vec::new(),
    };
    let maker = order.frozen.as_ref().map_or(parent.tree, |(tree, _)| *tree);
    let own = std::iter::once((maker, order.files.clone()));
    let others = order.rescuers.iter().map(|(tree, donor)| (*tree, with_meta_of(&order.files, donor)));
    for (tree, files) in own.chain(others).filter(|_| order.allowed) {
        let report = run(workshop, &order, files.clone()).await?;
        child.meta.push(MetaRecord {
            tree,
            outcome: report.outcome.name().to_owned(),
            fuel: report.fuel_used,
        });
        child.completed = report.outcome.is_completed();
        child.runs.push((tree, report));
        if child.completed {
            child.made_by = tree;
            child.start = files;
            break;
        }
    }
    Ok(child)
}

async fn run(workshop: &Workshop, order: &Order, files: FileSet) -> Result<Report, EvolveError> {
    let parent = &workshop.archive.members()[order.parent];
    let argument = json!({
        "generation": order.place.generation,
        "candidate": order.place.candidate,
        "seed": order.seed,
        "repo": "/repo",
        "task": workshop.task,
        "parent": {
            "generation": parent.place.generation,
            "candidate": parent.place.candidate,
            "score": workshop.scores.then(|| parent.score.to_f64()),
        },
    });
    for _ in 0..2 {
        let call = MetaCall {
            argument: argument.clone(),
            seed: order.seed,
            limits: workshop.limits.clone(),
            history: order.history.clone(),
            frozen: order.frozen.as_ref().map(|(_, files)| files.clone()),
        };
        let job = room::job(&workshop.surroundings, files.clone(), &order.editor, call)?;
        let report = workshop.evaluator.sandbox().run(job).await?;
        if report.outcome != Outcome::WallClock {
            return Ok(report);
        }
        tracing::warn!(candidate = %order.place, "the wall-clock backstop ended a meta agent");
    }
    Err(EvolveError::Eval(hyperspace_eval::EvalError::WallClock {
        case: format!("meta agent of {}", order.place),
        limit_ms: workshop.limits.wall_clock_ms,
    }))
}

impl Child {
    fn event(&mut self, kind: &'static str, mut body: Value) {
        body["generation"] = json!(self.place.generation);
        body["candidate"] = json!(self.place.candidate);
        self.events.push((kind, body));
    }

    /// Takes what the meta agents did through the mark space, in the order in which they did it.
    pub(crate) fn accept(
        &mut self,
        space: &RunSpace,
        claim: Result<Permit, String>,
    ) -> Result<(), EvolveError> {
        let writ = self.writ.clone();
        let runs = std::mem::take(&mut self.runs);
        for (tree, report) in &runs {
            self.note(space, &writ, *tree, report);
        }
        match claim {
            Err(reason) => self.event("tool.refused", json!({"tool": "meta_agent", "reason": reason})),
            Ok(permit) => {
                let text = json!({"runs": self.meta, "made_by": self.made_by}).to_string();
                let result = if self.completed { Ok(text) } else { Err(text) };
                let mark = space.finish_meta(&writ, permit, result)?;
                let failed = !self.completed;
                let body =
                    json!({"tool": "meta_agent", "failed": failed, "number": mark.number, "mark": mark.id});
                self.event("tool.finished", body);
            }
        }
        if self.completed
            && let Some((_, report)) = runs.into_iter().last()
        {
            self.take_edits(space, &writ, report)?;
        }
        Ok(())
    }

    /// Journals how a meta agent ended, and what was refused to it.
    fn note(&mut self, space: &RunSpace, writ: &Writ, tree: TreeId, report: &Report) {
        let tail = |text: &str| -> String {
            let skip = text.chars().count().saturating_sub(EVIDENCE_CHARS_MAX);
            text.chars().skip(skip).collect()
        };
        let evidence = report.traceback.as_deref().map(tail);
        let body = json!({
            "tree": tree,
            "outcome": report.outcome,
            "fuel": report.fuel_used,
            "virtual_ns": report.virtual_ns,
            "stdout": BlobId::of(&report.stdout),
            "stderr": BlobId::of(&report.stderr),
            "evidence": evidence,
            "denials": report.denials_total,
        });
        self.event("meta.finished", body);
        let outputs = [&report.stdout, &report.stderr].into_iter().filter(|bytes| !bytes.is_empty());
        self.outputs.extend(outputs.cloned());
        for denial in &report.denials {
            space.report(writ, (&denial.target, &denial.op), &denial.reason);
            let body = json!({"op": denial.op, "target": denial.target, "reason": denial.reason});
            self.event("edit.refused", body);
        }
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
            let content = end.get(&path).map(std::sync::Arc::clone);
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
            match done {
                Ok(mark) => {
                    let body = json!({"path": path, "before": before, "after": after,
                        "number": mark.number, "mark": mark.id});
                    self.event("edit.accepted", body);
                }
                Err(reason) => {
                    let body = json!({"op": "write", "target": path, "reason": reason});
                    self.event("edit.refused", body);
                }
            }
        }
        self.tree = self.files.tree().id();
        Ok(())
    }
}
