//! Instances that wait for their next run.

use std::sync::{Arc, Mutex, PoisonError};

use super::kernel::Abilities;
use super::pages::MemoryImage;
use super::slot::Slot;
use crate::engine::Interpreter;
use crate::error::SandboxError;
use crate::host::Host;

/// So many instances at the same time copy the pages of a state, which is quickest; what runs beside them, mostly guests
/// that wait, maps it.
const COPYING_MAX: usize = 8;
/// Mapping a state takes up to two dozen of the 65,530 mappings that the kernel allows a process.
const MAPPING_MAX: usize = 1_500;
/// Instances that are kept idle.
const IDLE_MAX: usize = 64;

/// Instances, idle or lent; never more than `most`, which is what the engine has room for.
pub(crate) struct Pool {
    idle: Mutex<Idle>,
    most: usize,
    reuse: bool,
    abilities: Abilities,
    verify: bool,
}

#[derive(Default)]
struct Idle {
    /// The last one used is the last one.
    slots: Vec<Slot>,
    lent: usize,
}

impl Pool {
    pub(crate) fn new(most: usize, reuse: bool, verify: bool) -> Self {
        let abilities = Abilities::of_this_machine();
        Self { idle: Mutex::default(), most, reuse: reuse && abilities.pages, abilities, verify }
    }

    pub(crate) fn abilities(&self) -> Abilities {
        self.abilities
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An instance that can enter that state: best one that is in it already, otherwise the last one used that is not too
    /// large, otherwise a new one. The caller must be one of at most `most` at the same time.
    pub(crate) async fn lend(
        self: &Arc<Self>,
        interpreter: &Interpreter,
        image: &MemoryImage,
    ) -> Result<Lease, SandboxError> {
        let (found, crowded_out, lean) = {
            let mut idle = self.idle();
            idle.lent += 1;
            // Memory can grow, not shrink; and what has grown can never again be in the first state.
            let fits = |slot: &Slot| match slot.state() {
                (number, _) if number == image.number => true,
                (_, size) => size <= image.size,
            };
            let same = idle.slots.iter().rposition(|slot| slot.state().0 == image.number);
            let place = same.or_else(|| idle.slots.iter().rposition(fits));
            let found = place.map(|place| idle.slots.remove(place));
            let full = found.is_none() && idle.slots.len() + idle.lent > self.most;
            let lean = (COPYING_MAX..MAPPING_MAX).contains(&(idle.lent - 1));
            (found, full.then(|| idle.slots.remove(0)), lean)
        };
        let mut lease = Lease { slot: None, lean, pool: Arc::clone(self) };
        drop(crowded_out);
        lease.slot = Some(match found {
            Some(slot) => slot,
            None => Slot::new(interpreter, self.verify).await?,
        });
        Ok(lease)
    }
}

/// An instance for one run. Dropping it throws the instance away.
pub(crate) struct Lease {
    slot: Option<Slot>,
    /// There are many at the same time.
    lean: bool,
    pool: Arc<Pool>,
}

impl Lease {
    pub(crate) fn slot(&mut self) -> &mut Slot {
        self.slot.as_mut().expect("a lease has its slot until it ends")
    }

    /// Brings the instance into a state; see [`Slot::enter`].
    pub(crate) fn enter(
        &mut self,
        image: &Arc<MemoryImage>,
        host: Host,
        fuel: u64,
    ) -> Result<(), SandboxError> {
        let lean = self.lean;
        self.slot().enter(image, host, fuel, lean)
    }

    /// Ends the run; the instance is kept when it can be used again.
    pub(crate) fn give_back(mut self) {
        let Some(mut slot) = self.slot.take() else { return };
        if slot.leave() && self.pool.reuse {
            let mut idle = self.pool.idle();
            if idle.slots.len() < IDLE_MAX {
                idle.slots.push(slot);
            }
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        drop(self.slot.take());
        self.pool.idle().lent -= 1;
    }
}
