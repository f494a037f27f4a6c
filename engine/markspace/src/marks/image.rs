//! Marks as bytes, for snapshots: immutable data in parts that are written once, mutable data in a small head.
//!
//! A part holds the marks of a range of numbers and the subjects first used in that range. The head holds, for all
//! marks together, which are superseded or collected and how needs were answered. Indices are not stored but rebuilt.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{AgentIx, Bucket, CHUNK, MarkSlot, MarkTable, Resolution, SubjectIx};
use crate::model::{Body, Draft};
use crate::scopes::{ScopeIx, Scopes};
use crate::seq::Seq;
use crate::source::{Severity, TrustSource};
use crate::strength::{Ratio, Strength};
use crate::time::Tick;
use hyperspace_core::MarkKind;

/// A body without its resource or topic, which is the subject of its bucket.
#[derive(Serialize, Deserialize)]
enum BodyImage<'a> {
    Intent { action: &'a str, confidence: Ratio },
    Action { action: &'a str, result: Option<&'a str>, failed: bool, intent: Seq },
    Observation { content: Option<&'a str>, confidence: Ratio, source: TrustSource },
    Warning { reason: &'a str, severity: Severity, invalidates: Option<Seq> },
    Need { question: &'a str, context: Option<&'a str>, priority: Ratio, blocking: bool },
}

/// One mark. `opens` is set for the first mark of its bucket.
#[derive(Serialize, Deserialize)]
struct MarkImage<'a> {
    author: AgentIx,
    created: Tick,
    bucket: u32,
    opens: Option<(ScopeIx, u8, SubjectIx)>,
    #[serde(borrow)]
    draft: Option<(Strength, Option<Seq>, BodyImage<'a>)>,
}

#[derive(Serialize, Deserialize)]
struct Part<'a> {
    #[serde(borrow)]
    subjects: Vec<&'a str>,
    #[serde(borrow)]
    marks: Vec<MarkImage<'a>>,
}

/// The parts of a mark's state that can change after it was accepted.
#[derive(Serialize, Deserialize)]
pub(crate) struct Changes {
    marks: u64,
    subjects: u64,
    /// One bit per mark.
    superseded: Vec<u8>,
    collected: Vec<u8>,
    resolutions: Vec<(Seq, Resolution)>,
}

/// The numbers of marks and subjects that parts cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct MarkExtent {
    pub(crate) marks: u64,
    subjects: usize,
    buckets: usize,
}

impl<'a> BodyImage<'a> {
    fn of(body: &'a Body) -> Self {
        match body {
            Body::Intent { action, confidence, .. } => BodyImage::Intent { action, confidence: *confidence },
            Body::Action { action, result, failed, intent, .. } => {
                BodyImage::Action { action, result: result.as_deref(), failed: *failed, intent: *intent }
            }
            Body::Observation { content, confidence, source, .. } => BodyImage::Observation {
                content: content.as_deref(),
                confidence: *confidence,
                source: *source,
            },
            Body::Warning { reason, severity, invalidates, .. } => {
                BodyImage::Warning { reason, severity: *severity, invalidates: *invalidates }
            }
            Body::Need { question, context, priority, blocking } => BodyImage::Need {
                question,
                context: context.as_deref(),
                priority: *priority,
                blocking: *blocking,
            },
        }
    }

    fn body(self, subject: &str) -> Body {
        let subject = subject.to_owned();
        match self {
            BodyImage::Intent { action, confidence } => {
                Body::Intent { resource: subject, action: action.to_owned(), confidence }
            }
            BodyImage::Action { action, result, failed, intent } => Body::Action {
                resource: subject,
                action: action.to_owned(),
                result: result.map(str::to_owned),
                failed,
                intent,
            },
            BodyImage::Observation { content, confidence, source } => {
                Body::Observation { topic: subject, content: content.map(str::to_owned), confidence, source }
            }
            BodyImage::Warning { reason, severity, invalidates } => {
                Body::Warning { topic: subject, reason: reason.to_owned(), severity, invalidates }
            }
            BodyImage::Need { question, context, priority, blocking } => Body::Need {
                question: question.to_owned(),
                context: context.map(str::to_owned),
                priority,
                blocking,
            },
        }
    }
}

fn bit(bits: &[u8], at: u64) -> bool {
    let byte = usize::try_from(at / 8).ok().and_then(|byte| bits.get(byte));
    byte.is_some_and(|byte| byte >> (at % 8) & 1 == 1)
}

impl MarkTable {
    /// Returns the numbers of marks and subjects of this state.
    pub(crate) fn extent(&self) -> MarkExtent {
        MarkExtent { marks: self.next, subjects: self.subject_names.len(), buckets: self.buckets.len() }
    }

    /// Returns the marks and subjects from here to the end as bytes.
    pub(crate) fn part(&self, from: MarkExtent) -> postcard::Result<Vec<u8>> {
        let subjects = self.subject_names[from.subjects..].iter().map(|name| &**name).collect();
        let (mut marks, mut buckets) = (vec![], from.buckets);
        for slot in (from.marks..self.next).filter_map(|seq| self.slot(Seq(seq))) {
            // Buckets are numbered in the order of their first marks.
            let opens = if slot.bucket as usize == buckets {
                buckets += 1;
                let bucket = &self.buckets[slot.bucket as usize];
                Some((slot.scope, bucket.kind, bucket.subject))
            } else {
                None
            };
            let draft = slot.draft.as_deref();
            let draft = draft.map(|draft| (draft.strength, draft.supersedes, BodyImage::of(&draft.body)));
            marks.push(MarkImage {
                author: slot.author,
                created: slot.created,
                bucket: slot.bucket,
                opens,
                draft,
            });
        }
        postcard::to_allocvec(&Part { subjects, marks })
    }

    pub(crate) fn changes(&self) -> Changes {
        let mut bits = [vec![0u8; self.next.div_ceil(8) as usize], vec![0u8; self.next.div_ceil(8) as usize]];
        for (at, slot) in self.chunks.iter().flatten().enumerate() {
            bits[0][at / 8] |= u8::from(slot.superseded) << (at % 8);
            bits[1][at / 8] |= u8::from(slot.draft.is_none()) << (at % 8);
        }
        let [superseded, collected] = bits;
        Changes {
            marks: self.next,
            subjects: self.subject_names.len() as u64,
            superseded,
            collected,
            resolutions: self
                .resolutions
                .iter()
                .map(|(need, resolution)| (*need, resolution.clone()))
                .collect(),
        }
    }

    /// Returns the state from which parts and changes were taken, or a text that says what does not fit.
    pub(crate) fn restored(
        parts: &[Vec<u8>],
        changes: Changes,
        scopes: &Scopes,
        agents: usize,
    ) -> Result<(Self, MarkExtent), String> {
        let mut marks = MarkTable::default();
        for bytes in parts {
            let part: Part<'_> = postcard::from_bytes(bytes).map_err(|error| error.to_string())?;
            for subject in part.subjects {
                let fresh = marks.subject_names.len();
                if marks.intern_subject(subject) as usize != fresh {
                    return Err(format!("subject {fresh} is there already"));
                }
            }
            for filed in part.marks {
                marks
                    .refile(filed, &changes, scopes, agents)
                    .ok_or_else(|| format!("mark {} does not fit to what is before it", Seq(marks.next)))?;
            }
        }
        let extent = marks.extent();
        if (changes.marks, changes.subjects) != (extent.marks, extent.subjects as u64) {
            return Err(format!("its parts have {} marks, its head {}", extent.marks, changes.marks));
        }
        marks.reindex(changes.resolutions);
        Ok((marks, extent))
    }

    /// Restores one mark of a part; `None` if it names something that does not exist.
    fn refile(
        &mut self,
        filed: MarkImage<'_>,
        changes: &Changes,
        scopes: &Scopes,
        agents: usize,
    ) -> Option<()> {
        let seq = Seq(self.next);
        if filed.author as usize >= agents {
            return None;
        }
        if let Some((scope, kind, subject)) = filed.opens {
            self.subject_names.get(subject as usize)?;
            scopes.get(scope)?;
            if filed.bucket as usize != self.buckets.len() || usize::from(kind) >= MarkKind::ALL.len() {
                return None;
            }
            self.bucket_of.insert((scope, kind, subject), filed.bucket);
            self.buckets.push(Bucket { kind, scope, subject, marks: vec![] });
            self.by_scope.entry(scope).or_default().push(filed.bucket);
        }
        let bucket = self.buckets.get_mut(filed.bucket as usize)?;
        let draft = filed.draft.filter(|_| !bit(&changes.collected, seq.0));
        let subject = &self.subject_names[bucket.subject as usize];
        let draft = draft.map(|(strength, supersedes, saying)| {
            Arc::new(Draft { strength, supersedes, body: saying.body(subject) })
        });
        if draft.as_ref().is_some_and(|draft| draft.body.kind() as u8 != bucket.kind) {
            return None;
        }
        if draft.is_some() {
            bucket.marks.push(seq);
        }
        let superseded = bit(&changes.superseded, seq.0);
        if self.live.len() <= filed.author as usize {
            self.live.resize(filed.author as usize + 1, 0);
        }
        self.live[filed.author as usize] += u64::from(draft.is_some() && !superseded);
        if self.chunks.last().is_none_or(|chunk| chunk.len() == CHUNK) {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        let scope = bucket.scope;
        let slot = MarkSlot {
            draft,
            author: filed.author,
            scope,
            created: filed.created,
            superseded,
            bucket: filed.bucket,
        };
        self.chunks.last_mut()?.push(slot);
        self.next += 1;
        Some(())
    }

    /// Rebuilds everything that follows from marks and answers.
    fn reindex(&mut self, resolutions: Vec<(Seq, Resolution)>) {
        self.resolutions = resolutions.into_iter().collect();
        let mut invalidated: BTreeMap<Seq, Vec<Seq>> = BTreeMap::new();
        for (seq, slot) in (0..).map(Seq).zip(self.chunks.iter().flatten()) {
            let Some(draft) = &slot.draft else { continue };
            match &draft.body {
                Body::Warning { invalidates: Some(target), .. } => {
                    let held = self.slot(*target).is_some_and(|target| target.draft.is_some());
                    if held {
                        invalidated.entry(*target).or_default().push(seq);
                    }
                }
                Body::Need { .. } if !slot.superseded && !self.resolutions.contains_key(&seq) => {
                    self.open_needs.insert(seq);
                }
                _ => {}
            }
        }
        self.invalidated_by = invalidated;
    }
}
