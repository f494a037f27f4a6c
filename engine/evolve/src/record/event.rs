//! The typed events of a run's journal.
//!
//! In the store, an event is a kind and a JSON body; here it is one variant of [`Event`]. Invariants: the conversion is exact in
//! both directions, so an event that is read and written again has the same bytes; a kind or a field that this build does not
//! know is an [`EventError`], never ignored. Nothing else in the workspace spells the kinds or field names of events.
//!
//! `docs/events.md` is generated from these types by `record/event/reference.rs`.

mod arms;
mod candidate;
mod complacency;
mod continuous;
mod error;
mod field;
mod forms;
mod generation;
mod meta_agent;
mod reference;
mod splits;
mod stability;
mod vocabulary;

use hyperspace_core::RecordId;
use hyperspace_store::{Batch, StoreError};
use serde::ser::{Serialize, SerializeStruct, Serializer};
use serde_json::Value;

use self::field::{EventBody, FieldReader};

pub use self::arms::{ArmChosen, ArmStatistics};
pub use self::candidate::{
    AgentExtended, CandidateEvaluated, CandidateFate, CandidateGuided, CandidateJudged, CandidateResembled,
    CandidateSelected, CandidateSlimmed, CandidateStopped, ChampionChanged,
};
pub use self::complacency::ComplacencyFound;
pub use self::continuous::{
    CanaryBegun, CanaryEnded, ChampionPromoted, ChampionRolledBack, ContinuousStarted, DayBegun, RowSetAside,
    RowsMeasured, RowsTaken, RulesSet, SeasonAdvanced, SeasonBegun, SeasonEnded, WorkAbandoned, WorkPaused,
    WorkResumed,
};
pub use self::error::EventError;
pub use self::generation::{
    GenerationFinished, IslandMigrated, IslandOpened, IslandRestarted, MemberSanitised, RunImported,
    RunStarted, StrategyPublished, StrategyRefused, TournamentDecided,
};
pub use self::meta_agent::{EditAccepted, EditRefused, MetaFinished, ModelCalls, ToolFinished, ToolRefused};
pub use self::reference::event_reference;
pub use self::splits::{GapFound, GapMeasured, HeldOutAsked, HeldOutSpent, WindowDrawn};
pub use self::stability::{AgentMeasured, CandidateCompared, ChampionRestored, DriftFound};
pub use self::vocabulary::{CallStream, MarkRef, SharingCount, ToolCallRef, ToolRun};

macro_rules! events {
    ($( $(#[doc = $doc:literal])+ $variant:ident, )+) => {
        /// An event of a run's journal.
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub enum Event {
            $( $(#[doc = $doc])+ $variant($variant), )+
        }

        impl Event {
            /// The kinds of all events, in the order of the variants.
            pub const KINDS: &'static [&'static str] = &[$($variant::KIND),+];

            /// Returns the kind under which the event is recorded, such as `candidate.evaluated`.
            #[must_use]
            pub fn kind(&self) -> &'static str {
                match self { $( Self::$variant(_) => $variant::KIND, )+ }
            }

            /// Returns the body under which the event is recorded.
            #[must_use]
            pub fn body(&self) -> Value {
                match self { $( Self::$variant(body) => field::body(body), )+ }
            }

            fn parse(kind: &str, fields: &mut FieldReader<'_>) -> Result<Self, error::Fault> {
                match kind {
                    $( $variant::KIND => Ok(Self::$variant($variant::read(fields)?)), )+
                    _ => Err(error::Fault::Kind),
                }
            }
        }

        $( impl From<$variant> for Event {
            fn from(body: $variant) -> Self {
                Self::$variant(body)
            }
        } )+

        /// Kind, meaning and fields of every event, in the order of the variants.
        fn described() -> Vec<field::EventDoc> {
            vec![$(field::describe::<$variant>()),+]
        }
    };
}

events! {
    /// A run began.
    RunStarted,
    /// A run was imported from outcome files.
    RunImported,
    /// A tournament of arm `annealing` was decided.
    TournamentDecided,
    /// The parent of a candidate was drawn.
    CandidateSelected,
    /// The strategy decided on a candidate besides its parent.
    CandidateGuided,
    /// A bandit chose the model or the prompt of a candidate.
    ArmChosen,
    /// One run of a meta agent ended.
    MetaFinished,
    /// Models were called.
    ModelCalls,
    /// A tool or a meta agent ran.
    ToolFinished,
    /// The mark space refused a tool call or the run of a meta agent.
    ToolRefused,
    /// An edit became part of the candidate.
    EditAccepted,
    /// An access or an edit was refused.
    EditRefused,
    /// A candidate has modules in place of the SDK's, or beside them.
    AgentExtended,
    /// A candidate is like one that was measured.
    CandidateResembled,
    /// A model judged a candidate before it was measured.
    CandidateJudged,
    /// A candidate was evaluated on one split.
    CandidateEvaluated,
    /// The evaluation of a candidate ended early.
    CandidateStopped,
    /// A member was slimmed.
    CandidateSlimmed,
    /// The fate of a candidate was decided.
    CandidateFate,
    /// A population has a new champion.
    ChampionChanged,
    /// Members moved between islands.
    IslandMigrated,
    /// An island began again.
    IslandRestarted,
    /// One more island was opened.
    IslandOpened,
    /// An agent was measured once more.
    AgentMeasured,
    /// A candidate was compared with another one.
    CandidateCompared,
    /// A champion answers differently than before.
    DriftFound,
    /// An earlier champion took the place of the present one.
    ChampionRestored,
    /// A part of the training rows decides.
    WindowDrawn,
    /// Held-out rows were asked.
    HeldOutAsked,
    /// The budget of held-out rows was spent.
    HeldOutSpent,
    /// Progress on both splits was compared.
    GapMeasured,
    /// A lineage learns its training rows.
    GapFound,
    /// A population shows a sign of complacency.
    ComplacencyFound,
    /// A member was published as a strategy.
    StrategyPublished,
    /// The publication of a member was refused.
    StrategyRefused,
    /// The texts of a new member are not shown as they are.
    MemberSanitised,
    /// A generation was committed.
    GenerationFinished,
    /// A continuous run began.
    ContinuousStarted,
    /// The rules of a continuous run were set.
    RulesSet,
    /// A day began.
    DayBegun,
    /// Work paused.
    WorkPaused,
    /// Work resumed.
    WorkResumed,
    /// New rows were taken.
    RowsTaken,
    /// A season began.
    SeasonBegun,
    /// A generation of the season was committed.
    SeasonAdvanced,
    /// A season ended.
    SeasonEnded,
    /// Work that was paid is not committed.
    WorkAbandoned,
    /// A row is left out of seasons.
    RowSetAside,
    /// An agent was measured on new rows.
    RowsMeasured,
    /// A candidate is tried on new rows.
    CanaryBegun,
    /// The trial of a candidate ended.
    CanaryEnded,
    /// A candidate became the champion that serves.
    ChampionPromoted,
    /// An earlier champion serves again.
    ChampionRolledBack,
}

impl Event {
    /// Reads an event from its recorded form. `number` is its number in the journal, for the error.
    ///
    /// # Errors
    ///
    /// [`EventError`] for an unknown kind, and for a field that is missing, unknown, or not in its recorded form.
    pub fn from_recorded(number: u64, kind: &str, body: &Value) -> Result<Self, EventError> {
        let parse = || {
            let mut fields = FieldReader::new(body)?;
            let event = Self::parse(kind, &mut fields)?;
            fields.finish()?;
            Ok(event)
        };
        parse().map_err(|fault: error::Fault| fault.of(number, kind))
    }

    /// Reads the event of a journal entry.
    ///
    /// # Errors
    ///
    /// As [`Event::from_recorded`].
    pub fn from_entry(entry: &hyperspace_store::JournalEntry) -> Result<Self, EventError> {
        Self::from_recorded(entry.seq, &entry.kind, &entry.body)
    }

    /// Appends the event to the journal of `run`.
    ///
    /// # Errors
    ///
    /// As [`Batch::append`].
    pub fn append_to(
        &self,
        batch: &mut Batch,
        run: &RecordId,
    ) -> Result<hyperspace_store::JournalEntry, StoreError> {
        batch.append(run, self.kind(), self.body())
    }
}

/// Serialises as `{"kind": …, "body": …}`.
impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut form = serializer.serialize_struct("Event", 2)?;
        form.serialize_field("kind", self.kind())?;
        form.serialize_field("body", &self.body())?;
        form.end()
    }
}
