//! Virtual time: it advances with fuel and with sleeps, and a sleep costs no real time.
//!
//! Attacks that end here: T-DET-02, T-DET-07, T-TIME-01, T-TIME-02, T-TIME-03, T-TIME-18.

use crate::abi::{
    Clockid, Errno, Event, Eventrwflags, Eventtype, GuestMemory, GuestPtr, Subclockflags, Subscription,
    SubscriptionClock, SubscriptionKind,
};

use super::result::{WasiResult, size};
use crate::host::Host;
use crate::limits::POLL_SUBSCRIPTIONS_MAX;

impl Host {
    /// Returns the nanoseconds of a clock: since the Unix epoch, since the run began, or of fuel alone.
    pub(super) fn clock(&self, id: Clockid) -> u64 {
        match id {
            Clockid::Realtime => self.kept.epoch_ns.saturating_add(self.virtual_ns()),
            Clockid::Monotonic => self.virtual_ns(),
            Clockid::ProcessCputimeId | Clockid::ThreadCputimeId => self.call.fuel_used,
        }
    }

    /// Answers a poll at once. Files are always ready; if the poll has none, time advances to the earliest deadline.
    pub(super) fn poll(
        &mut self,
        memory: &mut GuestMemory<'_>,
        subs: GuestPtr<Subscription>,
        events: GuestPtr<Event>,
        count: u32,
    ) -> WasiResult<u32> {
        if count == 0 || count > POLL_SUBSCRIPTIONS_MAX {
            return Err(Errno::Inval.into());
        }
        let mut waiting = Vec::new();
        for index in 0..count {
            waiting.push(memory.read(subs.element(index)?)?);
        }
        let mut ready = Vec::new();
        let mut clocks = Vec::new();
        for sub in waiting {
            match sub.kind {
                SubscriptionKind::Clock(clock) => clocks.push((sub.userdata, self.remaining_ns(&clock))),
                SubscriptionKind::FdRead(fd) => {
                    ready.push(self.ready(sub.userdata, fd, Eventtype::FdRead));
                }
                SubscriptionKind::FdWrite(fd) => {
                    ready.push(self.ready(sub.userdata, fd, Eventtype::FdWrite));
                }
            }
        }
        let earliest = clocks.iter().map(|(_, remaining)| *remaining).min();
        let passed = if ready.is_empty() { earliest.unwrap_or(0) } else { 0 };
        self.kept.slept_ns = self.kept.slept_ns.saturating_add(passed);
        let due = clocks.into_iter().filter(|(_, remaining)| *remaining <= passed);
        ready.extend(due.map(|(userdata, _)| event(userdata, Errno::Success, Eventtype::Clock)));
        for (index, event) in (0..).zip(&ready) {
            memory.write(events.element(index)?, event)?;
        }
        size(ready.len())
    }

    /// Returns the nanoseconds until a clock subscription is due.
    fn remaining_ns(&self, clock: &SubscriptionClock) -> u64 {
        if clock.flags.contains(Subclockflags::ABSTIME) {
            clock.timeout_ns.saturating_sub(self.clock(clock.id))
        } else {
            clock.timeout_ns
        }
    }

    fn ready(&mut self, userdata: u64, fd: u32, kind: Eventtype) -> Event {
        let error = self.kept.fs.descriptor(fd).err().unwrap_or(Errno::Success);
        event(userdata, error, kind)
    }
}

fn event(userdata: u64, error: Errno, kind: Eventtype) -> Event {
    Event { userdata, error, kind, bytes: 1, flags: Eventrwflags::empty() }
}
