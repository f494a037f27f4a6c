//! Virtual time: it advances with fuel and with sleeps, and a sleep costs no real time.
//!
//! Attacks that end here: T-DET-02, T-DET-07, T-TIME-01, T-TIME-02, T-TIME-03, T-TIME-18.

use crate::wasi_abi::types::{self, Clockid, Errno};
use wiggle::{GuestMemory, GuestPtr};

use super::result::{WasiResult, size};
use crate::host::Host;
use crate::limits::POLL_SUBSCRIPTIONS_MAX;

impl Host {
    /// Nanoseconds of a clock: since the Unix epoch, since the run began, or of fuel alone.
    pub(super) fn clock(&self, id: Clockid) -> u64 {
        match id {
            Clockid::Realtime => self.kept.epoch_ns.saturating_add(self.virtual_ns()),
            Clockid::Monotonic => self.virtual_ns(),
            Clockid::ProcessCputimeId | Clockid::ThreadCputimeId => self.call.fuel_used,
        }
    }

    /// Answers a poll at once. Files are always ready; if there is none, time moves to the earliest deadline.
    pub(super) fn poll(
        &mut self,
        memory: &mut GuestMemory<'_>,
        subs: GuestPtr<types::Subscription>,
        events: GuestPtr<types::Event>,
        count: u32,
    ) -> WasiResult<u32> {
        if count == 0 || count > POLL_SUBSCRIPTIONS_MAX {
            return Err(Errno::Inval.into());
        }
        let mut waiting = Vec::new();
        for index in 0..count {
            waiting.push(memory.read(subs.add(index)?)?);
        }
        let mut ready = Vec::new();
        let mut clocks = Vec::new();
        for sub in waiting {
            match sub.u {
                types::SubscriptionU::Clock(clock) => clocks.push((sub.userdata, self.remaining_ns(&clock))),
                types::SubscriptionU::FdRead(fd) => {
                    ready.push(self.ready(sub.userdata, fd, types::Eventtype::FdRead));
                }
                types::SubscriptionU::FdWrite(fd) => {
                    ready.push(self.ready(sub.userdata, fd, types::Eventtype::FdWrite));
                }
            }
        }
        let earliest = clocks.iter().map(|(_, remaining)| *remaining).min();
        let passed = if ready.is_empty() { earliest.unwrap_or(0) } else { 0 };
        self.kept.slept_ns = self.kept.slept_ns.saturating_add(passed);
        let due = clocks.into_iter().filter(|(_, remaining)| *remaining <= passed);
        ready.extend(due.map(|(userdata, _)| event(userdata, Errno::Success, types::Eventtype::Clock)));
        for (index, event) in (0..).zip(&ready) {
            memory.write(events.add(index)?, event.clone())?;
        }
        size(ready.len())
    }

    /// Nanoseconds until a clock subscription is due.
    fn remaining_ns(&self, clock: &types::SubscriptionClock) -> u64 {
        if clock.flags.contains(types::Subclockflags::SUBSCRIPTION_CLOCK_ABSTIME) {
            clock.timeout.saturating_sub(self.clock(clock.id))
        } else {
            clock.timeout
        }
    }

    fn ready(
        &mut self,
        userdata: u64,
        fd: types::SubscriptionFdReadwrite,
        kind: types::Eventtype,
    ) -> types::Event {
        let error = self.kept.fs.descriptor(fd.file_descriptor.into()).err().unwrap_or(Errno::Success);
        event(userdata, error, kind)
    }
}

fn event(userdata: u64, error: Errno, type_: types::Eventtype) -> types::Event {
    let fd_readwrite = types::EventFdReadwrite { nbytes: 1, flags: types::Eventrwflags::empty() };
    types::Event { userdata, error, type_, fd_readwrite }
}
