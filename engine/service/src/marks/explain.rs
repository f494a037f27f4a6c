//! Decisions of a mark space: refusals, the checks behind a decision, and the decision that a draft would get.

use hyperspace_core::ScopeName;
use hyperspace_markspace::{Draft, Explanation, Listing, Seq};
use serde::Serialize;

use super::list::MarkQuery;
use super::space::{SpaceRef, scope};
use crate::engine::Engine;
use crate::error::ServiceError;

/// Refusals of a space: the document of `marks --refused --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RefusedView {
    /// The space.
    pub space: ScopeName,
    /// The refusals, newest first.
    pub refused: Vec<Explanation>,
}

/// A decision with its checks: the document of `marks --explain --json` and `marks --try --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct DecisionView {
    /// The space.
    pub space: ScopeName,
    /// The decision.
    pub decision: Explanation,
}

/// A mark that an agent might leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkAttempt<'a> {
    /// The agent that would leave it.
    pub agent: Option<&'a str>,
    /// The scope in which it would be.
    pub scope: Option<&'a str>,
    /// The mark, as JSON.
    pub draft: &'a str,
}

fn matches(listing: &Listing, decision: &Explanation) -> bool {
    let inside =
        |scope: &ScopeName| ScopeName::new(&decision.scope).is_ok_and(|other| scope.contains(&other));
    listing.scope.as_ref().is_none_or(inside)
        && listing.agent.as_ref().is_none_or(|agent| *agent == decision.agent)
        && listing.subject.as_ref().is_none_or(|subject| *subject == decision.subject)
}

impl Engine {
    /// Lists the refusals of a space.
    ///
    /// # Errors
    ///
    /// As [`Engine::marks`].
    pub fn refused_marks(&self, space: &SpaceRef, query: &MarkQuery) -> Result<RefusedView, ServiceError> {
        let (listing, open) = (query.listing()?, space.open(self)?);
        let mut refused = Vec::new();
        open.reader.explain(&open.name, |decision| {
            if decision.is_refusal() && matches(&listing, &decision) {
                refused.push(decision);
            }
        })?;
        refused.reverse();
        refused.truncate(query.limit());
        Ok(RefusedView { space: open.name, refused })
    }

    /// Explains a decision check by check: that of journal entry `N`, or of the entry that made mark `#N`.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), hyperspace_service::ServiceError> {
    /// # let engine = hyperspace_service::Engine::builder().build()?;
    /// use hyperspace_service::SpaceRef;
    ///
    /// let view = engine.explain_decision(&SpaceRef::new(), "#12")?;
    /// println!("{}: {}", view.decision.verdict, view.decision.reason);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Class `Usage` when there is no such entry or mark.
    pub fn explain_decision(&self, space: &SpaceRef, what: &str) -> Result<DecisionView, ServiceError> {
        let (of_mark, digits) = match what.strip_prefix('#') {
            Some(digits) => (true, digits),
            None => (false, what),
        };
        let number: u64 = digits.parse().map_err(|_| ServiceError::Setting {
            setting: "explain",
            given: Some(what.to_owned()),
            problem: "expected the number of an entry, or # and the number of a mark".to_owned(),
        })?;
        let open = space.open(self)?;
        let (mut found, mut entries) = (None, 0);
        open.reader.explain(&open.name, |decision| {
            entries += 1;
            let hit = if of_mark { decision.mark == Some(Seq(number)) } else { decision.entry == number };
            if hit && found.is_none() {
                found = Some(decision);
            }
        })?;
        let (name, marks) = (open.name, open.reader.len());
        match found {
            Some(decision) => Ok(DecisionView { space: name, decision }),
            None if of_mark && number < marks => Err(ServiceError::request(format!(
                "mark #{number} was left by the engine itself while it decided on something else"
            ))),
            None if of_mark => Err(ServiceError::request(format!(
                "there is no mark #{number}; {name} has {marks} marks, from #0"
            ))),
            None => Err(ServiceError::request(format!(
                "there is no entry {number}; {name} has {entries} entries, from 0"
            ))),
        }
    }

    /// Returns the decision that a mark would get; nothing is written.
    ///
    /// # Errors
    ///
    /// Class `Usage` when the draft is not a mark, or the agent or its scope is unknown.
    pub fn attempt_mark(
        &self,
        space: &SpaceRef,
        request: &MarkAttempt<'_>,
    ) -> Result<DecisionView, ServiceError> {
        let open = space.open(self)?;
        let draft = Draft::parse(request.draft).map_err(|refusal| ServiceError::setting("try", refusal))?;
        let requires = |other, why| ServiceError::Requires { setting: "try", other, why };
        let agent = request.agent.ok_or_else(|| requires("agent", "a mark is left by an agent"))?;
        let scope = scope(request.scope)?.ok_or_else(|| requires("scope", "a mark is left in a scope"))?;
        let decision = open.reader.attempt(agent, &scope, draft);
        let decision = decision.map_err(|refusal| ServiceError::request(refusal.to_string()))?;
        Ok(DecisionView { space: open.name, decision })
    }
}
