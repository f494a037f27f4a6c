//! Reading a space: under the lock and subject to visibility, without changing or journalling anything.

use crate::agents::AgentPass;
use crate::attempt::AttemptContext;
use crate::capability::{Authority, Capability};
use crate::handle::MarkSpace;
use crate::machine::Machine;
use crate::read::{MarkView, Query};
use crate::refusal::Refusal;
use crate::seq::Seq;
use crate::strength::Strength;
use crate::time::Tick;
use crate::watch::{Delivery, WatchPattern};
use hyperspace_core::{MarkKind, ScopeName};

impl MarkSpace {
    /// Runs a read with the reader's pass and the time; nothing is changed or journalled.
    pub(crate) fn reading<T>(
        &self,
        who: &Capability,
        read: impl FnOnce(&Machine, &AgentPass, Tick) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        who.check(&self.issuer).map_err(Refusal::Credential)?;
        let inner = self.lock();
        let now = self.clock.now();
        inner.machine.check_clock(now)?;
        let pass = AgentPass { agent: 0, charter: who.terms().clone(), retired: false };
        read(&inner.machine, &pass, now)
    }

    /// Returns the marks of a query that an agent may see. Visibility and decay are those of each mark's own scope.
    ///
    /// # Errors
    ///
    /// [`Refusal`] for a capability of another authority, an unknown scope, or a clock behind the last write.
    pub fn read(&self, who: &Capability, query: &Query) -> Result<Vec<MarkView>, Refusal> {
        self.reading(who, |machine, pass, now| machine.read(Some(pass), query, now))
    }

    /// Returns one mark by number, with the same visibility as [`MarkSpace::read`].
    ///
    /// # Errors
    ///
    /// As [`MarkSpace::read`].
    pub fn get(&self, who: &Capability, mark: Seq) -> Result<Option<MarkView>, Refusal> {
        self.reading(who, |machine, pass, now| Ok(machine.get(Some(pass), mark, now)))
    }

    /// Returns the combined strength of the marks of a kind and subject in exactly this scope, as far as they are visible;
    /// always zero for needs.
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
        self.reading(who, |machine, pass, now| machine.reinforced(Some(pass), scope, kind, subject, now))
    }

    /// Returns the marks of a query as the principal sees them: all of them in full.
    ///
    /// # Errors
    ///
    /// As [`MarkSpace::read`], and [`Refusal::NotPrincipal`].
    pub fn read_all(&self, authority: &Authority, query: &Query) -> Result<Vec<MarkView>, Refusal> {
        self.check_principal(authority)?;
        let inner = self.lock();
        let now = self.clock.now();
        inner.machine.check_clock(now)?;
        inner.machine.read(None, query, now)
    }

    /// Watches from now on. The patterns replace those of an earlier call; marks that are already waiting keep waiting.
    ///
    /// # Errors
    ///
    /// [`Refusal`] for a capability of another authority.
    pub fn subscribe(&self, who: &Capability, patterns: Vec<WatchPattern>) -> Result<(), Refusal> {
        let mut inner = self.lock();
        let about = AttemptContext::by(who, "refused");
        let pass = self.admit(&mut inner, who, about).map_err(|refused| refused.1)?;
        let agent = inner.machine.agents.pass(pass)?.agent;
        inner.watches.subscribe(agent, pass, patterns);
        Ok(())
    }

    /// Fetches the marks that were accepted since the last fetch.
    ///
    /// # Errors
    ///
    /// [`Refusal`] for a capability of another authority.
    pub fn watched(&self, who: &Capability) -> Result<Delivery, Refusal> {
        let mut inner = self.lock();
        let pass =
            self.admit(&mut inner, who, AttemptContext::by(who, "refused")).map_err(|refused| refused.1)?;
        let inner = &mut *inner;
        let agent = inner.machine.agents.pass(pass)?.agent;
        Ok(inner.watches.fetch(&inner.machine, agent, self.clock.now()))
    }
}
