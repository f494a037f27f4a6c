//! Evolution of agents that rewrite themselves: population, selection, gates, generations, runs.
//!
//! A run is a function of its configuration ([`RunConfig`], whose hash is its name). Each generation forks parents from the
//! archive, lets every child's own meta agent edit the child under the guard, evaluates, and gates; what happened is one
//! [`GenerationRecord`], a segment of the journal and one of the mark space's ([`space_name`]), and the objects they name,
//! written in one transaction.
//!
//! Nothing here knows a terminal, a clock or a model.

mod agents;
mod archive;
mod arms;
mod config;
mod error;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod gate;
mod generation;
mod history;
mod kin;
mod marks;
mod memo;
mod meta;
mod record;
mod room;
mod run;
mod selection;
mod state;
mod streams;
mod tournament;
mod visibility;

pub use agents::{bundled_agent, bundled_agents};
pub use archive::{Archive, Member, Place};
pub use arms::{Arm, Contender, DIFFERENCES, Difference, ParseArmError, imp_at_k, probability, winner};
pub use config::{CANDIDATES_MAX, ExternalData, FORMAT, RUN_KIND, RunConfig, RunOptions};
pub use error::EvolveError;
pub use gate::Fate;
pub use generation::{Context, Executed};
pub use marks::space_name;
pub use record::{
    CandidateRecord, Champion, EVALUATION_KIND, EvaluationRef, GENERATION_KIND, GenerationRecord, MetaRecord,
    ParentRecord, Segment,
};
pub use run::{
    GENERATIONS_MAX, Observer, Progress, Run, SeedAgent, Summary, load_context, load_record, records,
    reexecute,
};
pub use selection::{ParseSelectionError, Selection};
pub use state::State;
pub use visibility::{Item, ParseVisibilityError, Visibility, files as visible_files};
