//! The space as its users hold it: the state behind one lock, with policies, sinks and hooks around it.
//!
//! Every decision is made under the lock, in microseconds, so that all operations have one order; tools, policies, sinks
//! and hooks run outside of it. There is no way to the state but through the checks.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::agents::Pass;
use super::command::{Command, Entry};
use super::envelope::Rules;
use super::log::{Log, MemoryMedium, Ticket};
use super::machine::{Applied, Machine, Outcome};
use super::model::{Mark, Seq};
use super::policy::ContentPolicy;
use super::read::{Query, View};
use super::refusal::Refusal;
use super::snapshot::Imager;
use super::strength::Strength;
use super::telemetry::{self, Event, Sink};
use super::time::{Clock, Tick};
use super::watch::{Delivery, WatchPattern, Watches};
use crate::guard::{Authority, Capability, DenyReason, Issuer};
use crate::mark::MarkKind;
use crate::scope::ScopeName;

type Hook = Box<dyn Fn(&Mark) + Send + Sync>;

/// A space of marks.
///
/// ```
/// use std::sync::Arc;
/// use hyperspace_core::space::{Charter, Draft, LogicalClock, MarkSpace, Query, Rules, ScopeDef};
/// use hyperspace_core::{Authority, Grant, MarkKind, ScopeName};
///
/// let authority = Authority::new();
/// let space = MarkSpace::in_memory(&authority, Arc::new(LogicalClock::default()), Rules::default());
/// let lab = ScopeName::new("lab").unwrap();
/// space.define(&authority, ScopeDef::new(lab.clone())).unwrap();
/// let grants = vec![Grant { scope: lab.clone(), kinds: vec![MarkKind::Warning] }];
/// let agent = authority.charter("ada", Charter::new(grants));
/// let mark = space.write_mark(&agent, &lab, Draft::warning("heat", "too hot", None)).unwrap();
/// let found = space.read(&agent, &Query::new(lab).about("heat")).unwrap();
/// assert_eq!(found[0].mark.seq(), mark);
/// ```
///
/// Its state cannot be reached past the checks:
///
/// ```compile_fail,E0616
/// fn shortcut(space: &hyperspace_core::space::MarkSpace) {
///     space.inner.lock();
/// }
/// ```
///
/// ```compile_fail,E0603
/// use hyperspace_core::space::machine::Machine;
/// ```
///
/// An accepted mark cannot be made, nor changed:
///
/// ```compile_fail,E0451
/// fn forge(mark: hyperspace_core::space::Mark) -> hyperspace_core::space::Mark {
///     hyperspace_core::space::Mark { author: "somebody else".into(), ..mark }
/// }
/// ```
///
/// ```compile_fail,E0616
/// fn change(mark: &mut hyperspace_core::space::Mark) {
///     mark.author = "somebody else".into();
/// }
/// ```
pub struct MarkSpace {
    pub(crate) inner: Mutex<Inner>,
    pub(crate) issuer: Arc<Issuer>,
    pub(crate) policies: Vec<Box<dyn ContentPolicy>>,
    clock: Arc<dyn Clock>,
    sinks: Vec<Box<dyn Sink>>,
    hooks: Vec<Hook>,
    log: Option<Arc<Log>>,
    kept: Option<MemoryMedium>,
    #[cfg(feature = "store")]
    opened: Option<super::journal::Opened>,
}

pub(crate) struct Inner {
    pub(crate) machine: Machine,
    pub(crate) watches: Watches,
    /// Pass of each capability, by serial number.
    passes: Vec<Option<u32>>,
    capabilities: Vec<(Capability, u32)>,
    attempts: u64,
    /// Takes snapshots, where the space is stored.
    imager: Option<Imager>,
}

/// What one attempt came to, before it is told to sinks and hooks.
pub(crate) struct Attempt {
    pub(crate) applied: Applied,
    pub(crate) ticket: Ticket,
    pub(crate) crowded: bool,
    pub(crate) event: Option<Event>,
    pub(crate) fresh: Vec<Mark>,
}

impl std::fmt::Debug for MarkSpace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MarkSpace").field("durable", &self.log.is_some()).finish_non_exhaustive()
    }
}

impl MarkSpace {
    /// A space that lives in memory only and keeps no journal.
    #[must_use]
    pub fn in_memory(authority: &Authority, clock: Arc<dyn Clock>, rules: Rules) -> Self {
        Self::around(authority, clock, Machine::new(rules), None)
    }

    /// A space in memory that keeps its journal, for replay.
    #[must_use]
    pub fn recorded(authority: &Authority, clock: Arc<dyn Clock>, rules: Rules) -> Self {
        let kept = MemoryMedium::default();
        let log = Log::new(Box::new(kept.clone()), 0);
        let mut space = Self::around(authority, clock, Machine::new(rules), Some(log));
        space.kept = Some(kept);
        space
    }

    pub(crate) fn around(
        authority: &Authority,
        clock: Arc<dyn Clock>,
        machine: Machine,
        log: Option<Arc<Log>>,
    ) -> Self {
        let watches = Watches::default();
        let inner =
            Inner { machine, watches, passes: vec![], capabilities: vec![], attempts: 0, imager: None };
        Self {
            inner: Mutex::new(inner),
            issuer: Arc::clone(authority.issuer()),
            policies: vec![],
            clock,
            sinks: vec![],
            hooks: vec![],
            log,
            kept: None,
            #[cfg(feature = "store")]
            opened: None,
        }
    }

    /// The same, taking snapshots for the journal that it was opened from.
    #[cfg(feature = "store")]
    pub(crate) fn imaged(mut self, imager: Imager, opened: super::journal::Opened) -> Self {
        self.lock().imager = Some(imager);
        self.opened = Some(opened);
        self
    }

    #[cfg(feature = "store")]
    pub(crate) fn hurry(&self) {
        if let Some(imager) = &mut self.lock().imager {
            imager.hurry();
        }
    }

    /// How the space was opened; `None` for one that is not in a store.
    #[cfg(feature = "store")]
    #[must_use]
    pub fn opened(&self) -> Option<&super::journal::Opened> {
        self.opened.as_ref()
    }

    /// Adds a content policy after those there are.
    pub fn add_policy(&mut self, policy: Box<dyn ContentPolicy>) {
        self.policies.push(policy);
    }

    /// Adds a telemetry sink.
    pub fn add_sink(&mut self, sink: Box<dyn Sink>) {
        self.sinks.push(sink);
    }

    /// Adds something to call with every mark that was accepted. What goes wrong in it stays in it.
    pub fn add_hook(&mut self, hook: impl Fn(&Mark) + Send + Sync + 'static) {
        self.hooks.push(Box::new(hook));
    }

    /// Waits until everything accepted so far is on the device.
    ///
    /// # Errors
    ///
    /// [`Refusal::Journal`] when it could not be written.
    pub fn flush(&self) -> Result<(), Refusal> {
        self.log.as_ref().map_or(Ok(()), |log| log.flush())
    }

    /// The journal of a space made by [`MarkSpace::recorded`]; empty for others.
    #[must_use]
    pub fn journal(&self) -> Vec<Entry> {
        let Some(kept) = &self.kept else { return vec![] };
        if self.flush().is_err() {
            return vec![];
        }
        kept.entries()
    }

    /// Whether the state is exactly what a fold over these entries gives.
    #[must_use]
    pub fn is_fold_of(&self, entries: &[Entry]) -> bool {
        let inner = self.lock();
        let mut other = Machine::new(inner.machine.rules);
        for entry in entries {
            other.apply(entry.at, &entry.command);
        }
        other == inner.machine
    }

    /// Number of marks ever accepted.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.lock().machine.marks.len()
    }

    /// Whether no mark was ever accepted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        // The state is changed by a function that does not panic for any input; a panic elsewhere leaves it sound.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time now, as the clock shows it.
    pub(crate) fn now(&self) -> Tick {
        self.clock.now()
    }

    pub(crate) fn observed(&self) -> bool {
        !self.sinks.is_empty()
    }

    /// Applies a command under the lock: clock, journal, state, watches, the event.
    pub(crate) fn submit(&self, inner: &mut Inner, command: Command, about: About<'_>) -> Attempt {
        inner.attempts += 1;
        let now = self.clock.now();
        let ready = inner.machine.check_clock(now).and_then(|()| {
            let Some(log) = &self.log else { return Ok(()) };
            log.check()
        });
        let operation = command.operation();
        let (applied, position) = match ready {
            Err(refusal) => {
                let at = inner.machine.marks.len();
                (Applied { outcome: Err(refusal), made: at..at }, None)
            }
            Ok(()) => {
                let applied = inner.machine.apply(now, &command);
                let entry = self.log.as_ref().map(|log| {
                    let image = inner.imager.as_mut().and_then(|imager| imager.count(&inner.machine));
                    (log, log.push(Entry { at: now, command }, image))
                });
                (applied, entry)
            }
        };
        inner.watches.notify(&inner.machine, applied.made.clone());
        let event = self.observed().then(|| inner.event(now, operation, &applied, about));
        let fresh = if self.hooks.is_empty() { vec![] } else { inner.fresh(&applied) };
        let crowded = position.as_ref().is_some_and(|(_, (_, crowded))| *crowded);
        let ticket = Ticket(position.map(|(log, (position, _))| (Arc::clone(log), position)));
        Attempt { applied, ticket, crowded, event, fresh }
    }

    /// Tells sinks and hooks, outside of the lock, and helps to write when much is waiting.
    pub(crate) fn publish(&self, attempt: &mut Attempt) {
        if let Some(event) = attempt.event.take() {
            telemetry::emit(&self.sinks, &event);
        }
        for mark in attempt.fresh.drain(..) {
            for hook in &self.hooks {
                let _ = catch_unwind(AssertUnwindSafe(|| hook(&mark)));
            }
        }
        if attempt.crowded {
            // A failure is kept by the log and met by whoever waits.
            let _ = attempt.ticket.wait();
        }
    }

    pub(crate) fn emit(&self, event: &Event) {
        telemetry::emit(&self.sinks, event);
    }

    /// The pass of a capability of this space; an attempt with another one is journalled and told.
    pub(crate) fn admit(
        &self,
        inner: &mut Inner,
        who: &Capability,
        about: About<'_>,
    ) -> Result<u32, Box<(Attempt, Refusal)>> {
        let refused = match who.check(&self.issuer) {
            Ok(()) => match inner.known(who) {
                Some(pass) => return Ok(pass),
                None => {
                    let (agent, charter) = (who.agent().to_owned(), who.terms().clone());
                    let mut attempt = self.submit(inner, Command::Enrol { agent, charter }, About::default());
                    attempt.event = None;
                    match &attempt.applied.outcome {
                        Ok(Outcome::Pass(pass)) => {
                            inner.remember(who, *pass);
                            return Ok(*pass);
                        }
                        Ok(_) => Refusal::NotPrincipal,
                        Err(refusal) => refusal.clone(),
                    }
                }
            },
            Err(reason) => Refusal::Credential(reason),
        };
        let agent: String = who.agent().chars().take(80).collect();
        let revoked = refused == Refusal::Credential(DenyReason::Revoked);
        let mut attempt = self.submit(inner, Command::Turned { agent, revoked }, about);
        attempt.event = attempt.event.take().map(|event| event.refused(&refused, about.refused));
        Err(Box::new((attempt, refused)))
    }

    /// Retires the passes of capabilities that were revoked since.
    pub(crate) fn retire_revoked(&self, inner: &mut Inner) {
        let revoked: Vec<u32> =
            inner.capabilities.iter().filter(|(c, _)| c.is_revoked()).map(|(_, pass)| *pass).collect();
        for pass in revoked {
            if inner.machine.agents.pass(pass).is_ok_and(|p| !p.retired) {
                self.submit(inner, Command::Retire { pass }, About::default());
            }
        }
    }

    /// Runs something as the principal.
    pub(crate) fn as_principal(&self, authority: &Authority, command: Command) -> Result<Outcome, Refusal> {
        self.check_principal(authority)?;
        let mut attempt = self.submit(&mut self.lock(), command, About::default());
        self.publish(&mut attempt);
        attempt.ticket.wait()?;
        attempt.applied.outcome
    }

    pub(crate) fn check_principal(&self, authority: &Authority) -> Result<(), Refusal> {
        if Arc::ptr_eq(authority.issuer(), &self.issuer) { Ok(()) } else { Err(Refusal::NotPrincipal) }
    }

    /// Runs a read with the reader's pass and the time; nothing is changed or journalled.
    pub(crate) fn reading<T>(
        &self,
        who: &Capability,
        read: impl FnOnce(&Machine, &Pass, Tick) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        who.check(&self.issuer).map_err(Refusal::Credential)?;
        let inner = self.lock();
        let now = self.clock.now();
        inner.machine.check_clock(now)?;
        let pass = Pass { agent: 0, charter: who.terms().clone(), retired: false };
        read(&inner.machine, &pass, now)
    }

    /// What an agent may see of a scope. Visibility and decay are those of each mark's own scope.
    ///
    /// # Errors
    ///
    /// [`Refusal`] for a capability that is none here, an unknown scope, or a clock behind the last write.
    pub fn read(&self, who: &Capability, query: &Query) -> Result<Vec<View>, Refusal> {
        self.reading(who, |machine, pass, now| machine.read(Some(pass), query, now))
    }

    /// One mark by number, under the same law as [`MarkSpace::read`].
    ///
    /// # Errors
    ///
    /// As [`MarkSpace::read`].
    pub fn get(&self, who: &Capability, mark: Seq) -> Result<Option<View>, Refusal> {
        self.reading(who, |machine, pass, now| Ok(machine.get(Some(pass), mark, now)))
    }

    /// The strength that the marks of a kind and subject in exactly this scope have together, as far as visible; always
    /// zero for needs.
    ///
    /// # Errors
    ///
    /// As [`MarkSpace::read`].
    pub fn reinforced(
        &self,
        who: &Capability,
        scope: &ScopeName,
        kind: MarkKind,
        subject: &str,
    ) -> Result<Strength, Refusal> {
        self.reading(who, |machine, pass, now| machine.reinforced(Some(pass), scope, (kind, subject), now))
    }

    /// What the principal sees: everything in full.
    ///
    /// # Errors
    ///
    /// As [`MarkSpace::read`], and [`Refusal::NotPrincipal`].
    pub fn read_all(&self, authority: &Authority, query: &Query) -> Result<Vec<View>, Refusal> {
        self.check_principal(authority)?;
        let inner = self.lock();
        let now = self.clock.now();
        inner.machine.check_clock(now)?;
        inner.machine.read(None, query, now)
    }

    /// Watches from now on; patterns of an earlier call are replaced, what waits keeps waiting.
    ///
    /// # Errors
    ///
    /// [`Refusal`] for a capability that is none here.
    pub fn subscribe(&self, who: &Capability, patterns: Vec<WatchPattern>) -> Result<(), Refusal> {
        let mut inner = self.lock();
        let about = About::by(who, "refused");
        let pass = self.admit(&mut inner, who, about).map_err(|refused| refused.1)?;
        let agent = inner.machine.agents.pass(pass)?.agent;
        inner.watches.subscribe(agent, pass, patterns);
        Ok(())
    }

    /// Fetches what came to be since the last fetch.
    ///
    /// # Errors
    ///
    /// [`Refusal`] for a capability that is none here.
    pub fn watched(&self, who: &Capability) -> Result<Delivery, Refusal> {
        let mut inner = self.lock();
        let pass = self.admit(&mut inner, who, About::by(who, "refused")).map_err(|refused| refused.1)?;
        let inner = &mut *inner;
        let agent = inner.machine.agents.pass(pass)?.agent;
        Ok(inner.watches.fetch(&inner.machine, agent, self.clock.now()))
    }
}

/// What an event says of an attempt beside its outcome.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct About<'a> {
    pub(crate) agent: &'a str,
    pub(crate) scope: &'a str,
    pub(crate) kind: Option<MarkKind>,
    /// What a refusal is called.
    pub(crate) refused: &'static str,
}

impl<'a> About<'a> {
    pub(crate) fn by(who: &'a Capability, refused: &'static str) -> Self {
        Self { agent: who.agent(), refused, ..Self::default() }
    }
}

impl Inner {
    pub(crate) fn known(&self, who: &Capability) -> Option<u32> {
        self.passes.get(usize::try_from(who.serial()).ok()?).copied().flatten()
    }

    fn remember(&mut self, who: &Capability, pass: u32) {
        let at = usize::try_from(who.serial()).expect("fewer capabilities than addresses");
        if self.passes.len() <= at {
            self.passes.resize(at + 1, None);
        }
        self.passes[at] = Some(pass);
        self.capabilities.push((who.clone(), pass));
    }

    fn fresh(&self, applied: &Applied) -> Vec<Mark> {
        let (scopes, names) = (&self.machine.scopes, self.machine.agents.names());
        applied.made.clone().filter_map(|seq| self.machine.marks.mark(scopes, names, Seq(seq))).collect()
    }

    pub(crate) fn event(
        &self,
        now: Tick,
        operation: &'static str,
        applied: &Applied,
        about: About<'_>,
    ) -> Event {
        use super::machine::Ruling;
        let agent = self.machine.agents.find(about.agent).ok();
        let event = Event {
            number: self.attempts,
            at: now,
            agent: about.agent.to_owned(),
            operation,
            scope: about.scope.to_owned(),
            kind: about.kind,
            verdict: "accepted",
            check: None,
            reason: String::new(),
            mark: None,
            winning: None,
            budget_left: agent.map_or([None; 2], |agent| self.machine.budgets.left(agent)),
            restricted: agent.is_some_and(|agent| self.machine.envelope.restricted(agent).is_some()),
        };
        match &applied.outcome {
            Err(refusal) => {
                event.refused(refusal, if about.refused.is_empty() { "refused" } else { about.refused })
            }
            Ok(Outcome::Written(seq)) => Event { mark: Some(*seq), ..event },
            Ok(Outcome::Ruled(Ruling::Denied(refusal))) => event.refused(refusal, "denied"),
            Ok(Outcome::Ruled(Ruling::Allow { intent })) => {
                Event { verdict: "allow", mark: Some(*intent), ..event }
            }
            Ok(Outcome::Ruled(Ruling::Conflict { intent, winning, reason, .. })) => Event {
                verdict: "conflict",
                mark: *intent,
                winning: Some(*winning),
                reason: reason.clone(),
                ..event
            },
            Ok(Outcome::Ruled(Ruling::Blocked { intent, winning, reason, .. })) => Event {
                verdict: "blocked",
                mark: Some(*intent),
                winning: *winning,
                reason: reason.clone(),
                ..event
            },
            Ok(_) => event,
        }
    }
}
