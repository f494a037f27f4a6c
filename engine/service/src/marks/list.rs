//! Lists of marks.

use hyperspace_core::{MarkId, MarkKind, ScopeName};
use hyperspace_markspace::{Body, Listing, MarkView, Seq, Tick};
use serde::Serialize;

use super::space::{SpaceRef, scope};
use crate::engine::Engine;
use crate::error::ServiceError;

/// A filter of marks. By default nothing is set, which matches all current marks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MarkQuery {
    /// Only marks in this scope or inside it.
    pub scope: Option<String>,
    /// Only observations and warnings on this topic.
    pub topic: Option<String>,
    /// Only intents and actions on this resource.
    pub resource: Option<String>,
    /// Only marks of this kind.
    pub kind: Option<MarkKind>,
    /// Only marks left by this agent.
    pub agent: Option<String>,
    /// Only the newest marks, at most this many.
    pub limit: Option<usize>,
    /// Also marks that were superseded or have faded.
    pub all: bool,
}

impl MarkQuery {
    /// Returns a query that matches all current marks.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    pub(super) fn limit(&self) -> usize {
        self.limit.unwrap_or(usize::MAX)
    }

    pub(super) fn listing(&self) -> Result<Listing, ServiceError> {
        let mut kinds = match self.kind {
            Some(kind) => vec![kind],
            None => MarkKind::ALL.to_vec(),
        };
        if self.topic.is_some() {
            kinds.retain(|kind| matches!(kind, MarkKind::Observation | MarkKind::Warning));
        } else if self.resource.is_some() {
            kinds.retain(|kind| matches!(kind, MarkKind::Intent | MarkKind::Action));
        }
        if kinds.is_empty() {
            return Err(ServiceError::request(
                "observations and warnings have a topic, intents and actions a resource, needs neither",
            ));
        }
        Ok(Listing {
            scope: scope(self.scope.as_deref())?,
            kinds,
            subject: self.topic.clone().or_else(|| self.resource.clone()),
            agent: self.agent.clone(),
            faded: self.all,
        })
    }
}

/// A list of marks: the document of `marks --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct MarksView {
    /// The space.
    pub space: ScopeName,
    /// The time of the space.
    pub now: Tick,
    /// The marks, newest first.
    pub marks: Vec<MarkRow>,
}

/// A mark.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct MarkRow {
    /// Its number in the space.
    pub number: Seq,
    /// Its identifier; null in a projection.
    pub id: Option<MarkId>,
    /// Its author.
    pub agent: String,
    /// Its scope.
    pub scope: ScopeName,
    /// The time of its creation.
    pub time: Tick,
    /// Its strength now, from 0 to 1.
    pub strength: f64,
    /// Its strength when it was left.
    pub initial_strength: f64,
    /// The mark that it supersedes.
    pub supersedes: Option<Seq>,
    /// Its content.
    pub body: Body,
}

impl MarkRow {
    pub(super) fn of(view: &MarkView) -> Self {
        let mark = &view.mark;
        Self {
            number: mark.seq(),
            id: mark.id(),
            agent: mark.author().to_owned(),
            scope: mark.scope().clone(),
            time: mark.created(),
            strength: view.strength.as_f64(),
            initial_strength: mark.initial_strength().as_f64(),
            supersedes: mark.supersedes(),
            body: mark.body().clone(),
        }
    }
}

impl Engine {
    /// Lists marks of a space.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), hyperspace_service::ServiceError> {
    /// # let engine = hyperspace_service::Engine::builder().build()?;
    /// use hyperspace_service::{MarkQuery, SpaceRef};
    ///
    /// for mark in engine.marks(&SpaceRef::new(), &MarkQuery::new())?.marks {
    ///     println!("{} {}", mark.number, mark.agent);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Class `Usage` when there is no such space or scope.
    pub fn marks(&self, space: &SpaceRef, query: &MarkQuery) -> Result<MarksView, ServiceError> {
        let (listing, limit) = (query.listing()?, query.limit());
        let open = space.open(self)?;
        let views = open
            .reader
            .list(&listing, limit)
            .map_err(|refusal| ServiceError::request(refusal.to_string()))?;
        let marks = views.iter().map(MarkRow::of).collect();
        Ok(MarksView { space: open.name, now: open.reader.now(), marks })
    }
}
