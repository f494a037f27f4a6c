//! Listings: marks by scope, kind, subject and author, for the principal.

use hyperspace_core::{MarkKind, ScopeName};

use crate::machine::Machine;
use crate::model::Mark;
use crate::read::MarkView;
use crate::refusal::Refusal;
use crate::seq::Seq;
use crate::strength::Strength;

/// The marks to list. A field that is not set matches anything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    /// In this scope or a scope inside it.
    pub scope: Option<ScopeName>,
    /// Of one of these kinds; an empty list matches any kind.
    pub kinds: Vec<MarkKind>,
    /// On this resource or topic.
    pub subject: Option<String>,
    /// Left by this agent.
    pub agent: Option<String>,
    /// Also marks that are superseded or have faded, as long as they are held.
    pub faded: bool,
}

impl Listing {
    pub(crate) fn takes(&self, view: &MarkView) -> bool {
        let mark: &Mark = &view.mark;
        self.scope.as_ref().is_none_or(|scope| scope.contains(mark.scope()))
            && (self.kinds.is_empty() || self.kinds.contains(&mark.body().kind()))
            && self.subject.as_ref().is_none_or(|subject| subject == mark.body().subject())
            && self.agent.as_ref().is_none_or(|agent| agent == mark.author())
            && (self.faded || view.strength > Strength::ZERO)
    }
}

impl Machine {
    /// Returns a mark that is still held, however little of its strength is left.
    pub(crate) fn held(&self, seq: Seq) -> Option<MarkView> {
        let mark = self.marks.mark(&self.scopes, self.agents.names(), seq)?;
        Some(MarkView { mark, strength: self.marks.strength(&self.scopes, seq, self.now) })
    }

    pub(crate) fn list(&self, listing: &Listing, limit: usize) -> Result<Vec<MarkView>, Refusal> {
        let scopes: Vec<_> = match &listing.scope {
            None => (0..self.scopes.names().count() as u32).collect(),
            Some(scope) => {
                self.scopes.resolve(scope)?;
                self.scopes.inside(scope).collect()
            }
        };
        let kinds = if listing.kinds.is_empty() { &MarkKind::ALL[..] } else { &listing.kinds };
        let mut found: Vec<MarkView> = vec![];
        let mut collect = |bucket: &[Seq]| {
            let held = bucket.iter().rev().filter_map(|&seq| self.held(seq));
            found.extend(held.filter(|view| listing.takes(view)).take(limit));
        };
        for scope in scopes {
            for &kind in kinds {
                match &listing.subject {
                    Some(subject) => collect(self.marks.bucket(scope, kind, subject)),
                    None => self.marks.buckets(scope, Some(kind)).for_each(&mut collect),
                }
            }
        }
        found.sort_by_key(|view| std::cmp::Reverse(view.mark.seq()));
        found.truncate(limit);
        Ok(found)
    }
}
