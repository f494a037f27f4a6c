//! The marks of a space with their indices: a pure state, changed only by marks that the guard accepted.
//!
//! Invariants: numbers and times of marks never decrease; a superseded mark stays superseded, whatever is collected;
//! a bucket holds its marks in the order of their numbers, so the newest is at its end and faded marks form a prefix.

#![expect(clippy::disallowed_types, reason = "these maps are looked up by key and never iterated")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::define::Decay;
use crate::model::{Body, Draft, Mark};
use crate::scopes::{ScopeIx, Scopes};
use crate::seq::Seq;
use crate::strength::Strength;
use crate::time::Tick;
use hyperspace_core::MarkKind;

/// Number of an agent; 0 is the engine itself.
pub(crate) type AgentIx = u32;
/// Number of a resource or topic.
pub(crate) type SubjectIx = u32;

pub(crate) mod image;

/// Number of slots per chunk. Chunks never move, so the cost of a mark does not depend on how many there are.
const CHUNK: usize = 4_096;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MarkSlot {
    /// `None` once collected.
    pub(crate) draft: Option<Arc<Draft>>,
    pub(crate) author: AgentIx,
    pub(crate) scope: ScopeIx,
    pub(crate) created: Tick,
    pub(crate) superseded: bool,
    pub(crate) bucket: u32,
}

/// The answer to a need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Resolution {
    pub(crate) action: Option<Seq>,
    /// In words.
    pub(crate) answer: Option<String>,
    pub(crate) by: AgentIx,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Bucket {
    kind: u8,
    scope: ScopeIx,
    subject: SubjectIx,
    marks: Vec<Seq>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct MarkTable {
    chunks: Vec<Vec<MarkSlot>>,
    next: u64,
    subjects: HashMap<Arc<str>, SubjectIx>,
    /// Names of subjects, by number.
    subject_names: Vec<Arc<str>>,
    bucket_of: HashMap<(ScopeIx, u8, SubjectIx), u32>,
    buckets: Vec<Bucket>,
    by_scope: BTreeMap<ScopeIx, Vec<u32>>,
    invalidated_by: BTreeMap<Seq, Vec<Seq>>,
    resolutions: BTreeMap<Seq, Resolution>,
    open_needs: BTreeSet<Seq>,
    /// Live marks per agent: neither superseded nor collected.
    live: Vec<u64>,
}

/// The state of a mark that a draft refers to.
pub(crate) enum MarkLookup<'a> {
    Live(&'a MarkSlot, &'a Arc<Draft>),
    Dead(&'static str),
    Never,
}

impl MarkTable {
    pub(crate) fn len(&self) -> u64 {
        self.next
    }

    pub(crate) fn slot(&self, seq: Seq) -> Option<&MarkSlot> {
        let at = usize::try_from(seq.0).ok()?;
        self.chunks.get(at / CHUNK)?.get(at % CHUNK)
    }

    fn slot_mut(&mut self, seq: Seq) -> Option<&mut MarkSlot> {
        let at = usize::try_from(seq.0).ok()?;
        self.chunks.get_mut(at / CHUNK)?.get_mut(at % CHUNK)
    }

    pub(crate) fn live_of(&self, agent: AgentIx) -> u64 {
        self.live.get(agent as usize).copied().unwrap_or(0)
    }

    pub(crate) fn find_subject(&self, subject: &str) -> Option<SubjectIx> {
        self.subjects.get(subject).copied()
    }

    pub(crate) fn intern_subject(&mut self, subject: &str) -> SubjectIx {
        if let Some(ix) = self.find_subject(subject) {
            return ix;
        }
        let ix = SubjectIx::try_from(self.subjects.len()).expect("fewer than 2^32 subjects");
        let name: Arc<str> = subject.into();
        self.subject_names.push(Arc::clone(&name));
        self.subjects.insert(name, ix);
        ix
    }

    /// Stores an accepted mark.
    pub(crate) fn push(&mut self, author: AgentIx, scope: ScopeIx, created: Tick, draft: Arc<Draft>) -> Seq {
        let seq = Seq(self.next);
        let kind = draft.body.kind() as u8;
        let subject = self.intern_subject(draft.body.subject());
        let fresh = u32::try_from(self.buckets.len()).expect("fewer than 2^32 buckets");
        let bucket = *self.bucket_of.entry((scope, kind, subject)).or_insert(fresh);
        if bucket == fresh {
            self.buckets.push(Bucket { kind, scope, subject, marks: vec![] });
            self.by_scope.entry(scope).or_default().push(fresh);
        }
        self.buckets[bucket as usize].marks.push(seq);
        match &draft.body {
            Body::Warning { invalidates: Some(target), .. } => {
                self.invalidated_by.entry(*target).or_default().push(seq);
            }
            Body::Need { .. } => {
                self.open_needs.insert(seq);
            }
            _ => {}
        }
        if let Some(target) = draft.supersedes {
            self.supersede(target);
        }
        if self.live.len() <= author as usize {
            self.live.resize(author as usize + 1, 0);
        }
        self.live[author as usize] += 1;
        if self.chunks.last().is_none_or(|chunk| chunk.len() == CHUNK) {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        let slot = MarkSlot { draft: Some(draft), author, scope, created, superseded: false, bucket };
        self.chunks.last_mut().expect("a chunk was just made").push(slot);
        self.next += 1;
        seq
    }

    /// Marks a mark as superseded, permanently.
    pub(crate) fn supersede(&mut self, target: Seq) {
        let Some(slot) = self.slot_mut(target) else { return };
        if slot.superseded {
            return;
        }
        slot.superseded = true;
        let (author, present) = (slot.author, slot.draft.is_some());
        if present {
            self.live[author as usize] -= 1;
        }
        self.open_needs.remove(&target);
    }

    pub(crate) fn resolve(&mut self, need: Seq, resolution: Resolution) {
        self.open_needs.remove(&need);
        self.resolutions.insert(need, resolution);
    }

    pub(crate) fn resolution(&self, need: Seq) -> Option<&Resolution> {
        self.resolutions.get(&need)
    }

    /// Returns the needs that are neither resolved nor superseded, oldest first.
    pub(crate) fn open_needs(&self) -> impl Iterator<Item = Seq> {
        self.open_needs.iter().copied()
    }

    /// Returns the strength by the mark's own decay, before warnings; 0 if it is superseded or collected.
    pub(crate) fn own_strength(&self, seq: Seq, slot: &MarkSlot, decay: &Decay, now: Tick) -> Strength {
        let Some(draft) = slot.draft.as_ref().filter(|_| !slot.superseded) else { return Strength::ZERO };
        let age = now.since(slot.created);
        let full = draft.strength;
        match &draft.body {
            Body::Intent { .. } if age > decay.intent_ttl => Strength::ZERO,
            Body::Intent { .. } | Body::Action { .. } => full,
            Body::Observation { source, .. } => {
                full.weighted(*source).decayed(age, decay.observation_half_life)
            }
            Body::Warning { .. } => full.decayed(age, decay.warning_half_life),
            Body::Need { .. } if self.resolutions.contains_key(&seq) => Strength::ZERO,
            Body::Need { .. } => full,
        }
    }

    /// Returns the strength that a reader sees: weakened by the warnings against the mark, each with the decay of its own scope.
    pub(crate) fn strength(&self, scopes: &Scopes, seq: Seq, now: Tick) -> Strength {
        let own = |seq| {
            self.slot(seq).map_or(Strength::ZERO, |slot| {
                self.own_strength(seq, slot, &scopes.place(slot.scope).def.decay, now)
            })
        };
        let mut strength = own(seq);
        for &warning in self.invalidated_by.get(&seq).map_or(&[][..], Vec::as_slice) {
            strength = strength.minus(own(warning));
        }
        strength
    }

    /// Returns a mark that is referred to, if its own decay leaves it any strength.
    pub(crate) fn find(&self, scopes: &Scopes, seq: Seq, now: Tick) -> MarkLookup<'_> {
        let Some(slot) = self.slot(seq) else { return MarkLookup::Never };
        if slot.superseded {
            return MarkLookup::Dead("superseded");
        }
        let Some(draft) = &slot.draft else { return MarkLookup::Dead("collected") };
        if self.resolutions.contains_key(&seq) {
            return MarkLookup::Dead("resolved");
        }
        if self.own_strength(seq, slot, &scopes.place(slot.scope).def.decay, now) == Strength::ZERO {
            return MarkLookup::Dead("faded");
        }
        MarkLookup::Live(slot, draft)
    }

    /// Returns the marks of one kind and subject in a scope, oldest first, including superseded ones.
    pub(crate) fn bucket(&self, scope: ScopeIx, kind: MarkKind, subject: &str) -> &[Seq] {
        let found = self.find_subject(subject).and_then(|ix| self.bucket_of.get(&(scope, kind as u8, ix)));
        found.map_or(&[], |&bucket| &self.buckets[bucket as usize].marks)
    }

    /// Returns all buckets of a scope, or those of one kind.
    pub(crate) fn buckets(&self, scope: ScopeIx, kind: Option<MarkKind>) -> impl Iterator<Item = &[Seq]> {
        let all = self.by_scope.get(&scope).map_or(&[][..], Vec::as_slice);
        let all = all.iter().map(|&bucket| &self.buckets[bucket as usize]);
        all.filter(move |b| kind.is_none_or(|k| k as u8 == b.kind)).map(|b| b.marks.as_slice())
    }

    /// Returns the mark as it was accepted, if it is still held.
    pub(crate) fn mark(&self, scopes: &Scopes, names: &[Arc<str>], seq: Seq) -> Option<Mark> {
        let slot = self.slot(seq)?;
        Some(Mark {
            seq,
            author: Arc::clone(&names[slot.author as usize]),
            scope: Arc::clone(&scopes.place(slot.scope).name),
            created: slot.created,
            draft: Arc::clone(slot.draft.as_ref()?),
            projected: false,
        })
    }

    /// Drops marks that no read can return any more, now or later: superseded marks, and marks to which their own
    /// decay has left no strength for `grace` ticks. Numbers, authors and the fact of supersession stay.
    pub(crate) fn collect(&mut self, scopes: &Scopes, now: Tick, grace: u64) -> u64 {
        let then = Tick(now.0.saturating_sub(grace));
        let mut dropped = vec![];
        for seq in (0..self.next).map(Seq) {
            let Some(slot) = self.slot(seq).filter(|slot| slot.draft.is_some()) else { continue };
            let decay = &scopes.place(slot.scope).def.decay;
            let gone = then >= slot.created && self.own_strength(seq, slot, decay, then) == Strength::ZERO;
            if slot.superseded || gone {
                dropped.push(seq);
            }
        }
        let mut touched = BTreeSet::new();
        for &seq in &dropped {
            let Some(slot) = self.slot_mut(seq) else { continue };
            let draft = slot.draft.take();
            let (author, was_live, bucket) = (slot.author, !slot.superseded, slot.bucket);
            touched.insert(bucket);
            if was_live {
                self.live[author as usize] -= 1;
            }
            self.forget_references(seq, draft.as_deref());
        }
        for bucket in touched {
            let chunks = &self.chunks;
            let held = |seq: &Seq| chunks[seq.0 as usize / CHUNK][seq.0 as usize % CHUNK].draft.is_some();
            self.buckets[bucket as usize].marks.retain(held);
        }
        dropped.len() as u64
    }

    fn forget_references(&mut self, seq: Seq, draft: Option<&Draft>) {
        self.invalidated_by.remove(&seq);
        self.open_needs.remove(&seq);
        if let Some(Draft { body: Body::Warning { invalidates: Some(target), .. }, .. }) = draft
            && let Some(warnings) = self.invalidated_by.get_mut(target)
        {
            warnings.retain(|&warning| warning != seq);
            if warnings.is_empty() {
                self.invalidated_by.remove(target);
            }
        }
    }
}

#[cfg(test)]
mod tests;
