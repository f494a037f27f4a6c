//! Needs that wait for a human, and answers to them.

use std::sync::Arc;

use hyperspace_core::{MarkKind, ScopeName};
use hyperspace_markspace::Authority;
use hyperspace_markspace::{Body, Listing, LogicalClock, Mark, NeedCluster, Seq, SpaceRules, Tick};
use serde::Serialize;

use super::space::{SpaceRef, scope};
use crate::engine::Engine;
use crate::error::ServiceError;

/// Open needs of a space: the document of `needs --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NeedsView {
    /// The space.
    pub space: ScopeName,
    /// The needs by scope, most urgent first.
    pub needs: Vec<NeedClusterView>,
}

/// Open needs of one scope.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NeedClusterView {
    /// The scope.
    pub scope: ScopeName,
    /// The priority of all of them.
    pub priority: f64,
    /// Number of needs that block their author.
    pub blocking: usize,
    /// The needs.
    pub needs: Vec<NeedView>,
}

/// An open need.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NeedView {
    /// The number of its mark.
    pub number: Seq,
    /// Its author.
    pub agent: String,
    /// The time of its creation.
    pub time: Tick,
    /// Its content.
    pub body: Body,
}

/// A need that was answered: the document of `needs --resolve --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct AnswerView {
    /// The space.
    pub space: ScopeName,
    /// The number of the need's mark.
    pub resolved: Seq,
    /// The answer.
    pub answer: String,
}

impl Engine {
    /// Lists the open needs of a space, in a scope or inside it if one is given.
    ///
    /// # Errors
    ///
    /// Class `Usage` when there is no such space or scope.
    pub fn needs(&self, space: &SpaceRef, in_scope: Option<&str>) -> Result<NeedsView, ServiceError> {
        let open = space.open(self)?;
        let scope = scope(in_scope)?;
        if let Some(scope) = &scope {
            // Checks that the scope exists in the space; otherwise the list of needs would just be empty.
            let listing = Listing { scope: Some(scope.clone()), ..Listing::default() };
            open.reader.list(&listing, 0).map_err(|refusal| ServiceError::request(refusal.to_string()))?;
        }
        let mut clusters = open.reader.needs();
        clusters.retain(|cluster| scope.as_ref().is_none_or(|scope| scope.contains(&cluster.scope)));
        Ok(NeedsView { space: open.name, needs: clusters.iter().map(cluster_view).collect() })
    }

    /// Answers a need as the principal. Write access to the store confers the right to do so.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), hyperspace_service::ServiceError> {
    /// # let engine = hyperspace_service::Engine::builder().build()?;
    /// use hyperspace_service::SpaceRef;
    ///
    /// let space = SpaceRef::new();
    /// for cluster in engine.needs(&space, None)?.needs {
    ///     for need in cluster.needs {
    ///         engine.answer_need(&space, need.number.0, "the left one")?;
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Class `Usage` when the mark is not an open need.
    pub fn answer_need(&self, space: &SpaceRef, need: u64, answer: &str) -> Result<AnswerView, ServiceError> {
        let open = space.open_to_write(self)?;
        let (name, reader, need) = (open.name, open.reader, Seq(need));
        let held = reader.held(need);
        if held.as_ref().is_none_or(|view| view.mark.body().kind() != MarkKind::Need) {
            let what = if held.is_some() { "is no need" } else { "does not exist" };
            let message = format!("mark {need} {what}");
            return Err(ServiceError::with_hint(message, "`needs` lists the open ones"));
        }
        let store = self.writer("needs")?;
        // The clock continues where the space's own writer left it.
        let (authority, clock) = (Authority::new(), Arc::new(LogicalClock::at(reader.now())));
        let space = store.open_space(&name, &authority, clock, SpaceRules::default())?;
        let answered = space.answer_need_in_words(&authority, need, answer);
        answered.map_err(|refusal| ServiceError::request(refusal.to_string()))?;
        Ok(AnswerView { space: name, resolved: need, answer: answer.to_owned() })
    }
}

fn cluster_view(cluster: &NeedCluster) -> NeedClusterView {
    let need = |need: &Mark| NeedView {
        number: need.seq(),
        agent: need.author().to_owned(),
        time: need.created(),
        body: need.body().clone(),
    };
    NeedClusterView {
        scope: cluster.scope.clone(),
        priority: cluster.priority as f64 / 1e6,
        blocking: cluster.blocking,
        needs: cluster.needs.iter().map(need).collect(),
    }
}
