//! A candidate on its way through a generation: one value whose type tells its phase.
//!
//! | phase | reached by | adds |
//! |---|---|---|
//! | [`PreparedPhase`] | preparation | the inputs of its meta agents, and whether they may run |
//! | [`OffspringPhase`] | its meta agents, or a slimming attempt | their runs, or the smaller program |
//! | [`AcceptedPhase`] | the mark space | files, edits, and the fate if it is clear from them |
//! | [`MeasuredPhase`] | evaluation | scores, and whether it goes on to held-out data |

use std::sync::Arc;

use hyperspace_core::{FileSet, TreeId};
use hyperspace_eval::Evaluation;
use hyperspace_markspace::Permit;

use crate::complacency::ToolLooks;
use crate::executor::interface::MetaRunResponse;
use crate::mark_space::CandidateGrant;
use crate::offspring::slimming_attempt::{SlimmedProgram, SlimmingSpec};
use crate::offspring::spec::{MetaRunSpec, MetaSetup};
use crate::record::candidate_id::CandidateId;
use crate::record::event::{CallStream, Event};
use crate::record::fate::Fate;
use crate::record::generation::{MetaRecord, ParentRecord};
use crate::record::program_form::ProgramForm;
use crate::record::slimming_rules::SlimmingRecord;
use crate::search::arms::ArmChoices;
use crate::search::strategy::{ParentChoice, SearchChoice};
use crate::slimming::descent::DescentPlace;

/// A candidate in a phase of its generation.
pub(crate) struct Candidate<P> {
    pub(crate) plan: CandidatePlan,
    /// Its parent.
    pub(crate) parent: ParentRecord,
    /// Its capability.
    pub(crate) grant: CandidateGrant,
    pub(crate) phase: P,
}

/// A candidate as planned: its identity and the draw of its parent.
#[derive(Debug, Clone)]
pub(crate) struct CandidatePlan {
    pub(crate) id: CandidateId,
    /// The index of its population.
    pub(crate) population: usize,
    pub(crate) choice: ParentChoice,
    /// Further decisions of the strategy, in a run that names one.
    pub(crate) search: Option<Arc<SearchChoice>>,
    /// Its model and prompt, if a bandit chose them.
    pub(crate) arms: Option<Arc<ArmChoices>>,
    /// The place at which its slimming attempt begins, if it is one. The engine then makes it from its parent.
    pub(crate) slims: Option<DescentPlace>,
}

impl CandidatePlan {
    /// Returns the model of its meta agents, in a population with the model `own`.
    pub(crate) fn model<'a>(&'a self, own: Option<&'a String>) -> Option<&'a String> {
        let chosen = self.arms.as_ref().and_then(|arms| arms.model.as_ref());
        own.map(|own| chosen.map_or(own, |choice| &choice.name))
    }

    /// Returns the kind of prompt that its meta agents are asked to use.
    pub(crate) fn prompt(&self) -> Option<&str> {
        self.arms.as_ref()?.prompt.as_ref().map(|choice| choice.name.as_str())
    }
}

/// The phase of a candidate that is ready to be made.
pub(crate) struct PreparedPhase {
    /// The inputs that all candidates of its population share.
    pub(crate) setup: Arc<MetaSetup>,
    pub(crate) work: CandidateWork,
    /// The claim of its meta-agent runs, or the reason why they must not run.
    pub(crate) claim: Result<Permit, String>,
}

/// The work that makes a candidate.
pub(crate) enum CandidateWork {
    /// Its meta agents run.
    MetaAgents(Box<MetaRunSpec>),
    /// The engine slims its parent.
    Slimming(Box<SlimmingSpec>),
}

/// The phase of a candidate that was made, but none of which is accepted yet.
pub(crate) struct OffspringPhase {
    /// The files of the parent.
    pub(crate) base: FileSet,
    pub(crate) claim: Result<Permit, String>,
    pub(crate) made: MadeFiles,
}

/// The files of a candidate that was made.
pub(crate) enum MadeFiles {
    /// The runs of meta agents in order. Only the last one can have completed.
    ByRuns(Vec<MetaRun>),
    /// The result of a slimming attempt.
    BySlimming(SlimmedProgram),
}

/// A run of a meta agent.
pub(crate) struct MetaRun {
    /// The tree whose meta agent ran.
    pub(crate) tree: TreeId,
    /// The files at its start.
    pub(crate) files: FileSet,
    pub(crate) response: MetaRunResponse,
    /// Its model calls.
    pub(crate) stream: Option<CallStream>,
}

impl MetaRun {
    /// Returns whether the meta agent completed.
    pub(crate) fn completed(&self) -> bool {
        self.response.report.outcome.is_completed()
    }

    /// Returns the record of the run.
    pub(crate) fn record(&self) -> MetaRecord {
        let report = &self.response.report;
        MetaRecord { tree: self.tree, outcome: report.outcome.name().to_owned(), fuel: report.fuel_used }
    }
}

/// The phase of an accepted candidate, whose files are final.
pub(crate) struct AcceptedPhase {
    pub(crate) files: FileSet,
    pub(crate) tree: TreeId,
    /// The runs of meta agents.
    pub(crate) meta: Vec<MetaRecord>,
    /// The tree whose meta agent made it.
    pub(crate) made_by: TreeId,
    /// True if a meta agent completed, or if it is a slimming attempt.
    pub(crate) completed: bool,
    /// Journal events.
    pub(crate) events: Vec<Event>,
    /// Outputs of meta agents, which the journal names by digest.
    pub(crate) outputs: Vec<Vec<u8>>,
    /// Accepted edits.
    pub(crate) edits: usize,
    /// Refused edits and accesses.
    pub(crate) refusals: usize,
    /// The summary of its tool calls, if there are any.
    pub(crate) looks: Option<ToolLooks>,
    /// The slimming attempt, if it is one.
    pub(crate) slimming: Option<SlimmingRecord>,
}

/// The phase of a candidate that was measured as far as it deserves.
pub(crate) struct MeasuredPhase {
    pub(crate) accepted: AcceptedPhase,
    /// The fate that is clear without measurement.
    pub(crate) early_fate: Option<Fate>,
    /// Its form, if it is measured in a run that compares forms.
    pub(crate) form: Option<ProgramForm>,
    pub(crate) train: Option<Evaluation>,
    /// True if it lost a tournament.
    pub(crate) lost: bool,
    /// True if it goes on to held-out data.
    pub(crate) advances: bool,
    pub(crate) held_out: Option<Evaluation>,
}

impl<P> Candidate<P> {
    /// Returns its identity.
    pub(crate) fn id(&self) -> CandidateId {
        self.plan.id
    }

    /// Moves it to the next phase.
    pub(crate) fn with_phase<Q>(self, next: impl FnOnce(P) -> Q) -> Candidate<Q> {
        let Self { plan, parent, grant, phase } = self;
        Candidate { plan, parent, grant, phase: next(phase) }
    }
}

impl Candidate<AcceptedPhase> {
    /// Moves it to measurement, with the fate that is already clear from its files. `known` is true if its population has these
    /// files already.
    pub(crate) fn into_measured(self, known: bool) -> Candidate<MeasuredPhase> {
        let unchanged = self.phase.tree == self.parent.tree;
        self.with_phase(|accepted| {
            let early_fate = match () {
                () if !accepted.completed => Some(Fate::MetaFailed),
                () if unchanged => Some(Fate::Unchanged),
                () if known => Some(Fate::Duplicate),
                () => None,
            };
            MeasuredPhase {
                accepted,
                early_fate,
                form: None,
                train: None,
                lost: false,
                advances: false,
                held_out: None,
            }
        })
    }
}
