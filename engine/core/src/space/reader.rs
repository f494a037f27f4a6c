//! A space as another process reads it while it is being written: what is durable, and nothing else.
//!
//! Whoever can read the store's files reads as the principal. A reader folds what is new whenever it is asked to.

use std::sync::{Arc, MutexGuard};

use super::command::{Command, Entry, Screened};
use super::explain::{Explanation, explanation};
use super::journal::{self, Fold, Opened};
use super::model::{Draft, Mark, Seq};
use super::needs::NeedCluster;
use super::read::{Query, View};
use super::refusal::Refusal;
use super::strength::Strength;
use super::time::Tick;
use crate::mark::MarkKind;
use crate::scope::ScopeName;
use crate::store::{Store, StoreError};
use crate::sync::Mutex;

/// Which marks to list. What is not set matches anything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    /// In this scope or inside it.
    pub scope: Option<ScopeName>,
    /// Of one of these kinds; none: of any kind.
    pub kinds: Vec<MarkKind>,
    /// On this resource or topic.
    pub subject: Option<String>,
    /// Left by this agent.
    pub agent: Option<String>,
    /// Also what is superseded or has faded, as long as it is held.
    pub faded: bool,
}

/// See the module.
pub struct SpaceReader {
    store: Store,
    fold: Mutex<Fold>,
}

impl std::fmt::Debug for SpaceReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SpaceReader").field("store", &self.store).finish_non_exhaustive()
    }
}

impl SpaceReader {
    /// Opens the space of this name.
    ///
    /// # Errors
    ///
    /// [`StoreError::Missing`] when there is no such space, and what reading says. A snapshot that is damaged is no error:
    /// [`SpaceReader::opened`] says why it was set aside.
    pub fn open(store: Store, name: &ScopeName) -> Result<Self, StoreError> {
        let fold = Fold::latest(&store, journal::run_of(name)?)?;
        let fold = fold.ok_or_else(|| StoreError::Missing { object: format!("the space {name}") })?;
        Ok(Self { store, fold: Mutex::new(fold) })
    }

    /// How it was opened.
    #[must_use]
    pub fn opened(&self) -> Opened {
        self.lock().opened.clone()
    }

    /// Takes in what became durable since; the numbers of all marks so far end there.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when it cannot be read or is damaged.
    pub fn refresh(&self) -> Result<Seq, StoreError> {
        let mut fold = self.lock();
        fold.advance(&self.store, u64::MAX, |_, _, _, _| {})?;
        Ok(Seq(fold.machine.marks.len()))
    }

    fn lock(&self) -> MutexGuard<'_, Fold> {
        self.fold.lock()
    }

    /// Folds the whole journal and says whether this is the state that comes out.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the journal cannot be read or is damaged.
    pub fn is_fold_of_journal(&self) -> Result<bool, StoreError> {
        let fold = self.lock();
        let Some(mut other) = Fold::from_scratch(&self.store, fold.run)? else { return Ok(false) };
        other.advance(&self.store, fold.entries, |_, _, _, _| {})?;
        Ok(other.entries == fold.entries && other.machine == fold.machine)
    }

    /// The time of the last entry; nothing earlier is accepted any more.
    #[must_use]
    pub fn now(&self) -> Tick {
        self.lock().machine.now
    }

    /// Number of marks ever accepted, as far as they were taken in.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.lock().machine.marks.len()
    }

    /// Whether no mark was ever accepted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Marks as they stand at the time of the last entry.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownScope`].
    pub fn read(&self, query: &Query) -> Result<Vec<View>, Refusal> {
        let fold = self.lock();
        fold.machine.read(None, query, fold.machine.now)
    }

    /// One mark by number.
    #[must_use]
    pub fn get(&self, mark: Seq) -> Option<View> {
        let fold = self.lock();
        fold.machine.get(None, mark, fold.machine.now)
    }

    /// One mark by number, superseded and faded ones too, with the strength that is left.
    #[must_use]
    pub fn held(&self, mark: Seq) -> Option<View> {
        let fold = self.lock();
        fold.machine.held(mark)
    }

    /// The newest marks of a listing, the newest first.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownScope`].
    pub fn list(&self, listing: &Listing, limit: usize) -> Result<Vec<View>, Refusal> {
        let fold = self.lock();
        fold.machine.list(listing, limit)
    }

    /// The marks of a listing from a number on, the oldest first.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownScope`].
    pub fn since(&self, listing: &Listing, from: Seq) -> Result<Vec<View>, Refusal> {
        let fold = self.lock();
        let machine = &fold.machine;
        if let Some(scope) = &listing.scope {
            machine.scopes.resolve(scope)?;
        }
        let held = (from.0..machine.marks.len()).filter_map(|seq| machine.held(Seq(seq)));
        Ok(held.filter(|view| listing.takes(view)).collect())
    }

    /// Open needs, most urgent first.
    #[must_use]
    pub fn needs(&self) -> Vec<NeedCluster> {
        let fold = self.lock();
        fold.machine.needs(None, None, fold.machine.now)
    }

    /// The answer to a need, in words; `None` while it is open, or when it was answered by an action alone.
    #[must_use]
    pub fn answer(&self, need: Seq) -> Option<String> {
        self.lock().machine.marks.resolution(need)?.answer.clone()
    }

    /// Decides every attempt of the journal of this name once more and tells how.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the journal cannot be read or is damaged.
    pub fn explain(&self, name: &ScopeName, mut tell: impl FnMut(Explanation)) -> Result<(), StoreError> {
        let Some(mut fold) = Fold::from_scratch(&self.store, journal::run_of(name)?)? else { return Ok(()) };
        fold.advance(&self.store, u64::MAX, |number, entry, machine, outcome| {
            tell(explanation(number, entry, machine, outcome));
        })
    }

    /// What would become of a draft of an agent now, under the capability that it was given last. Nothing is written, and the
    /// reader is used up, because deciding counts.
    ///
    /// # Errors
    ///
    /// [`Refusal::Agent`] for one that never had a capability here.
    pub fn attempt(self, agent: &str, scope: &ScopeName, draft: Draft) -> Result<Explanation, Refusal> {
        let mut fold = self.fold.into_inner();
        let ix = fold.machine.agents.find(agent)?;
        let passes = fold.machine.agents.passes();
        let pass = passes.iter().rposition(|pass| pass.agent == ix).unwrap_or_default() as u32;
        let (screened, draft) = (Screened::default(), Arc::new(draft));
        let command = Command::Write { pass, scope: scope.clone(), draft, screened };
        let entry = Entry { at: fold.machine.now, command };
        let applied = fold.machine.apply(entry.at, &entry.command);
        Ok(explanation(fold.entries, &entry, &fold.machine, &applied.outcome))
    }
}

impl Listing {
    fn takes(&self, view: &View) -> bool {
        let mark: &Mark = &view.mark;
        self.scope.as_ref().is_none_or(|scope| scope.contains(mark.scope()))
            && (self.kinds.is_empty() || self.kinds.contains(&mark.body().kind()))
            && self.subject.as_ref().is_none_or(|subject| subject == mark.body().subject())
            && self.agent.as_ref().is_none_or(|agent| agent == mark.author())
            && (self.faded || view.strength > Strength::ZERO)
    }
}

impl super::machine::Machine {
    /// A mark that is still held, whatever is left of its strength.
    fn held(&self, seq: Seq) -> Option<View> {
        let mark = self.marks.mark(&self.scopes, self.agents.names(), seq)?;
        Some(View { mark, strength: self.marks.strength(&self.scopes, seq, self.now) })
    }

    fn list(&self, listing: &Listing, limit: usize) -> Result<Vec<View>, Refusal> {
        let scopes: Vec<_> = match &listing.scope {
            None => (0..self.scopes.names().count() as u32).collect(),
            Some(scope) => {
                self.scopes.resolve(scope)?;
                self.scopes.inside(scope).collect()
            }
        };
        let kinds = if listing.kinds.is_empty() { &MarkKind::ALL[..] } else { &listing.kinds };
        let mut found: Vec<View> = vec![];
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
