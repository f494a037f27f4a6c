//! Reading: the visibility and the strength of marks.
//!
//! Visibility and decay are those of each mark's *own* scope, never those of the scope in the query. Reading takes the
//! state by shared reference and changes nothing, not even the clock.

use serde::Serialize;

use crate::agents::AgentPass;
use crate::define::ScopeVisibility;
use crate::machine::Machine;
use crate::model::Mark;
use crate::refusal::Refusal;
use crate::seq::Seq;
use crate::strength::{Strength, reinforce};
use crate::time::Tick;
use hyperspace_core::{MarkKind, ScopeName};

/// Number of bytes that a mark counts in addition to its content, when a read has a token budget.
const OVERHEAD_BYTES: usize = 200;
/// Approximate number of bytes per token.
const BYTES_PER_TOKEN: usize = 4;

/// The order of the marks of a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReadOrder {
    /// The strongest first; among equals, the newest.
    #[default]
    Strongest,
    /// The newest first. With a limit, this examines no more marks than it returns, apart from superseded and faint ones.
    Newest,
}

/// A query to a space. Only marks with a strength above zero are ever returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The scope, including all scopes inside it.
    pub scope: ScopeName,
    /// One kind only.
    pub kind: Option<MarkKind>,
    /// One resource or topic only.
    pub subject: Option<String>,
    /// The minimum strength.
    pub strength_min: Strength,
    /// The order.
    pub order: ReadOrder,
    /// The maximum number of marks.
    pub limit: usize,
    /// The maximum number of tokens, estimated at four bytes each; the first mark that does not fit ends the answer.
    pub tokens_max: Option<u64>,
}

impl Query {
    /// Creates a query for everything in a scope that is not faint, strongest first.
    #[must_use]
    pub fn new(scope: ScopeName) -> Self {
        Self {
            scope,
            kind: None,
            subject: None,
            strength_min: Strength::FAINT,
            order: ReadOrder::Strongest,
            limit: usize::MAX,
            tokens_max: None,
        }
    }

    /// Returns the same query for one kind.
    #[must_use]
    pub fn of(mut self, kind: MarkKind) -> Self {
        self.kind = Some(kind);
        self
    }

    /// Returns the same query for one resource or topic.
    #[must_use]
    pub fn about(mut self, subject: &str) -> Self {
        self.subject = Some(subject.to_owned());
        self
    }

    /// Returns the same query, limited to the newest marks.
    #[must_use]
    pub fn newest(mut self, limit: usize) -> Self {
        self.order = ReadOrder::Newest;
        self.limit = limit;
        self
    }

    /// Returns the same query, including everything with any strength at all.
    #[must_use]
    pub fn faint(mut self) -> Self {
        self.strength_min = Strength::ZERO;
        self
    }

    /// Returns the same query with a token budget.
    #[must_use]
    pub fn within(mut self, tokens_max: u64) -> Self {
        self.tokens_max = Some(tokens_max);
        self
    }
}

/// A mark and its strength, as a reader sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkView {
    /// The mark, projected if the reader may not see its content.
    pub mark: Mark,
    /// Its current strength.
    pub strength: Strength,
}

impl Machine {
    /// Returns how much a reader sees of a scope with this visibility; `None` stands for the principal.
    pub(crate) fn sees(
        &self,
        reader: Option<&AgentPass>,
        scope: &ScopeName,
        visibility: ScopeVisibility,
    ) -> Sight {
        let authorised = reader.is_none_or(|pass| pass.charter.reads.iter().any(|held| held.contains(scope)));
        match visibility {
            _ if authorised => Sight::Full,
            ScopeVisibility::Open => Sight::Full,
            ScopeVisibility::Protected => Sight::Projected,
            ScopeVisibility::Classified => Sight::Nothing,
        }
    }

    /// Returns one mark by number, with the same visibility as [`Machine::read`].
    pub(crate) fn get(&self, reader: Option<&AgentPass>, seq: Seq, now: Tick) -> Option<MarkView> {
        let place = self.scopes.place(self.marks.slot(seq)?.scope);
        let sight = self.sees(reader, &place.name, place.def.visibility);
        let strength = self.marks.strength(&self.scopes, seq, now);
        if sight == Sight::Nothing || strength == Strength::ZERO {
            return None;
        }
        let mark = self.marks.mark(&self.scopes, self.agents.names(), seq)?;
        Some(MarkView { mark: if sight == Sight::Full { mark } else { mark.project() }, strength })
    }

    pub(crate) fn read(
        &self,
        reader: Option<&AgentPass>,
        query: &Query,
        now: Tick,
    ) -> Result<Vec<MarkView>, Refusal> {
        self.scopes.resolve(&query.scope)?;
        let mut hits = self.hits(reader, query, now);
        match query.order {
            ReadOrder::Newest => hits.sort_unstable_by_key(|&(_, seq)| std::cmp::Reverse(seq)),
            ReadOrder::Strongest => hits.sort_unstable_by_key(|&hit| std::cmp::Reverse(hit)),
        }
        let views = hits.into_iter().take(query.limit).filter_map(|(_, seq)| self.get(reader, seq, now));
        let Some(tokens_max) = query.tokens_max else { return Ok(views.collect()) };
        let mut left = usize::try_from(tokens_max).unwrap_or(usize::MAX);
        Ok(views
            .take_while(|view| {
                let body = view.mark.body();
                let bytes = OVERHEAD_BYTES + body.subject().len() + body.content_bytes();
                let fits = bytes / BYTES_PER_TOKEN <= left;
                left = left.saturating_sub(bytes / BYTES_PER_TOKEN);
                fits
            })
            .collect())
    }

    fn hits(&self, reader: Option<&AgentPass>, query: &Query, now: Tick) -> Vec<(Strength, Seq)> {
        let mut hits = vec![];
        for scope in self.scopes.inside(&query.scope) {
            let place = self.scopes.place(scope);
            if self.sees(reader, &place.name, place.def.visibility) == Sight::Nothing {
                continue;
            }
            let kinds = query.kind.map_or(MarkKind::ALL.to_vec(), |kind| vec![kind]);
            for kind in kinds {
                let horizon = self.horizon(kind, scope, query.strength_min, now);
                match &query.subject {
                    Some(subject) => {
                        self.hits_of(self.marks.bucket(scope, kind, subject), query, now, horizon, &mut hits);
                    }
                    None => {
                        for bucket in self.marks.buckets(scope, Some(kind)) {
                            self.hits_of(bucket, query, now, horizon, &mut hits);
                        }
                    }
                }
            }
        }
        hits
    }

    /// Returns a time such that all marks of this kind that are older have faded below the bound.
    fn horizon(&self, kind: MarkKind, scope: u32, strength_min: Strength, now: Tick) -> Tick {
        let decay = &self.scopes.place(scope).def.decay;
        let halvings = strength_min.halvings_to_fall_below();
        let age = match kind {
            MarkKind::Observation => decay.observation_half_life.saturating_mul(halvings),
            MarkKind::Warning => decay.warning_half_life.saturating_mul(halvings),
            MarkKind::Intent => decay.intent_ttl,
            MarkKind::Action | MarkKind::Need => return Tick(0),
        };
        Tick(now.0.saturating_sub(age))
    }

    fn hits_of(
        &self,
        bucket: &[Seq],
        query: &Query,
        now: Tick,
        horizon: Tick,
        hits: &mut Vec<(Strength, Seq)>,
    ) {
        let created = |seq: &Seq| self.marks.slot(*seq).map_or(Tick(0), |slot| slot.created);
        let faded = if horizon == Tick(0) { 0 } else { bucket.partition_point(|seq| created(seq) < horizon) };
        let least = query.strength_min.max(Strength::from_units(1));
        let most = if query.order == ReadOrder::Newest { query.limit } else { usize::MAX };
        let live = bucket[faded..].iter().rev().filter_map(|&seq| {
            let strength = self.marks.strength(&self.scopes, seq, now);
            (strength >= least).then_some((strength, seq))
        });
        hits.extend(live.take(most));
    }

    /// Returns the combined strength of the visible marks of one kind and subject in exactly this scope.
    pub(crate) fn reinforced(
        &self,
        reader: Option<&AgentPass>,
        scope: &ScopeName,
        kind: MarkKind,
        subject: &str,
        now: Tick,
    ) -> Result<Strength, Refusal> {
        let def = self.scopes.resolve(scope)?;
        if kind == MarkKind::Need || self.sees(reader, scope, def.visibility) == Sight::Nothing {
            return Ok(Strength::ZERO);
        }
        let Some(scope) = self.scopes.find(scope) else { return Ok(Strength::ZERO) };
        let bucket = self.marks.bucket(scope, kind, subject);
        let strengths: Vec<Strength> =
            bucket.iter().map(|&seq| self.marks.strength(&self.scopes, seq, now)).collect();
        Ok(reinforce(&strengths))
    }
}

/// The part of a scope's marks that a reader sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    Full,
    Projected,
    Nothing,
}
