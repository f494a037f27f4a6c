//! The pool of instances.

use std::sync::{Arc, MutexGuard};

use hyperspace_core::Mutex;

use super::instance::{GuestInstance, StateMapping};
use crate::config::SandboxConfig;
use crate::engine::Interpreter;
use crate::error::SandboxError;
use crate::host::Host;
use crate::memory::{MemoryImage, lists_private_pages};

/// Number of instances at the same time that copy the pages of a state until mapping it pays off, which is the fastest. The
/// others, mostly guests that wait, map it at once.
const COPYING_MAX: usize = 8;
/// Number of instances beyond which no further one begins to map a state: a mapped state takes up to two dozen of the 65,530
/// mappings that the kernel allows a process.
const MAPPING_MAX: usize = 1_500;
/// Maximum number of idle instances that are kept.
const IDLE_MAX: usize = 64;

/// Instances, idle or leased; never more than `most`, not counting guests that run beside others.
pub(crate) struct InstancePool {
    state: Mutex<PoolState>,
    most: usize,
    reuse: bool,
    verify: bool,
}

#[derive(Default)]
struct PoolState {
    /// Idle instances; the most recently used one is the last.
    idle: Vec<GuestInstance>,
    leased: usize,
}

impl InstancePool {
    pub(crate) fn new(config: &SandboxConfig) -> Self {
        Self {
            state: Mutex::default(),
            most: config.instances_in_all() as usize,
            reuse: config.reuse && lists_private_pages(),
            verify: config.verify,
        }
    }

    fn state(&self) -> MutexGuard<'_, PoolState> {
        self.state.lock()
    }

    /// Leases an instance that can enter the state: preferably one that is already in it, otherwise the most recently used one
    /// that is not too large, otherwise a new one. At most `most` callers may hold a lease at the same time.
    pub(crate) async fn lease(
        self: &Arc<Self>,
        interpreter: &Interpreter,
        image: &MemoryImage,
    ) -> Result<InstanceLease, SandboxError> {
        let (found, crowded_out, mapping) = {
            let mut state = self.state();
            state.leased += 1;
            // Memory can grow but not shrink, and memory that has grown can never again be the initial image.
            let fits = |instance: &GuestInstance| {
                let (number, size) = instance.state();
                number == image.number || size <= image.size
            };
            let same = state.idle.iter().rposition(|instance| instance.state().0 == image.number);
            let index = same.or_else(|| state.idle.iter().rposition(fits));
            let found = index.map(|index| state.idle.remove(index));
            let full = found.is_none() && state.idle.len() + state.leased > self.most;
            let mapping = match state.leased - 1 {
                ..COPYING_MAX => StateMapping::WhenWorth,
                COPYING_MAX..MAPPING_MAX => StateMapping::Preferred,
                MAPPING_MAX.. => StateMapping::Kept,
            };
            // Guests that run beside others are not limited by `most`, so there may be no idle instance to drop.
            let crowded = full && !state.idle.is_empty();
            (found, crowded.then(|| state.idle.remove(0)), mapping)
        };
        let mut lease = InstanceLease { instance: None, mapping, pool: Arc::clone(self) };
        drop(crowded_out);
        lease.instance = Some(match found {
            Some(instance) => instance,
            None => GuestInstance::new(interpreter, self.verify).await?,
        });
        Ok(lease)
    }
}

/// An instance for one run. Dropping it discards the instance.
pub(crate) struct InstanceLease {
    instance: Option<GuestInstance>,
    /// The kind of mapping, which depends on the number of instances at the same time.
    mapping: StateMapping,
    pool: Arc<InstancePool>,
}

impl InstanceLease {
    pub(crate) fn instance(&mut self) -> &mut GuestInstance {
        self.instance.as_mut().expect("a lease has its instance until it ends")
    }

    /// Brings the instance into a state; see [`GuestInstance::enter`].
    pub(crate) fn enter(
        &mut self,
        image: &Arc<MemoryImage>,
        host: Host,
        fuel: u64,
    ) -> Result<(), SandboxError> {
        let mapping = self.mapping;
        self.instance().enter(image, host, fuel, mapping)
    }

    /// Brings the instance into a state whose successor will be captured; see [`StateMapping::Never`].
    pub(crate) fn enter_copied(
        &mut self,
        image: &Arc<MemoryImage>,
        host: Host,
        fuel: u64,
    ) -> Result<(), SandboxError> {
        self.instance().enter(image, host, fuel, StateMapping::Never)
    }

    /// Ends the run and keeps the instance if it can be reused.
    pub(crate) fn give_back(mut self) {
        let Some(mut instance) = self.instance.take() else { return };
        if instance.leave() && self.pool.reuse {
            let mut state = self.pool.state();
            if state.idle.len() < IDLE_MAX {
                state.idle.push(instance);
            }
        }
    }
}

impl Drop for InstanceLease {
    fn drop(&mut self) {
        drop(self.instance.take());
        self.pool.state().leased -= 1;
    }
}
