//! How something is read in a space: under the lock, by the law of sight, changing and journalling nothing.

use crate::agents::Pass;
use crate::attempt::About;
use crate::capability::{Authority, Capability};
use crate::handle::MarkSpace;
use crate::machine::Machine;
use crate::model::Seq;
use crate::read::{Query, View};
use crate::refusal::Refusal;
use crate::strength::Strength;
use crate::time::Tick;
use crate::watch::{Delivery, WatchPattern};
use hyperspace_core::{MarkKind, ScopeName};

impl MarkSpace {
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
