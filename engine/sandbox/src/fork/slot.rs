//! One instance of the interpreter, used for one run after the other.

use std::pin::pin;
use std::sync::Arc;

use wasmtime::{Memory, Store, TypedFunc};

use super::kernel::{self, Abilities};
use super::pages::{Known, MemoryImage};
use crate::engine::{Interpreter, engine_error};
use crate::error::SandboxError;
use crate::ground::{Grounds, Sheet};
use crate::host::Host;
use crate::sandbox::debit;

/// Fuel after which a run lets other tasks of its thread go on: about ten milliseconds.
const YIELD_FUEL: u64 = 10_000_000;
/// Fuel while an instance is made, which runs no code of the guest; a run sets its own.
pub(super) const FUEL_TO_BEGIN: u64 = 1 << 53;
/// Private pages with which an idle instance is kept: about what an agent with a few imports changes, twice.
const PAGES_KEPT_MAX: usize = (16 << 20) / kernel::PAGE;
/// Room that the heap gets with a set-up, so that items seldom make memory grow.
const HEAP_ROOM_BYTES: usize = 4 << 20;

/// The state that an instance's memory shows where no page is private.
#[derive(Clone)]
pub(crate) struct Shown {
    image: Arc<MemoryImage>,
    grounds: Arc<Grounds>,
}

impl Shown {
    /// Gives back the private pages that are as the state has them. What the guest sees stays the same.
    pub(crate) fn share(&self, memory: &mut [u8]) {
        self.image.share(memory, &self.grounds);
    }
}

/// See the module.
pub(crate) struct Slot {
    store: Store<Host>,
    alloc: TypedFunc<i32, i32>,
    run: TypedFunc<(i32, i32), i32>,
    memory: Memory,
    grounds: Arc<Grounds>,
    base: Arc<Sheet>,
    /// The state that its memory shows where no page is private; 0 is the first one.
    laid: u64,
    known: Known,
    /// The state that it is in, or was in before it ran.
    number: u64,
    /// Nothing has run since it was brought into that state.
    clean: bool,
    /// Pages may be private that are not in `known`.
    unseen: bool,
    /// Size of the memory when the run began.
    size: usize,
    /// The last call of the guest returned normally.
    returned: bool,
    verify: bool,
}

impl Slot {
    pub(crate) async fn new(interpreter: &Interpreter, verify: bool) -> Result<Self, SandboxError> {
        let mut store = Store::new(&interpreter.engine, Host::idle());
        store.limiter(|host| host);
        store.fuel_async_yield_interval(Some(YIELD_FUEL)).map_err(engine_error)?;
        store.call_hook(debit);
        store.set_fuel(FUEL_TO_BEGIN).map_err(engine_error)?;
        let instance = interpreter.instance.instantiate_async(&mut store).await.map_err(engine_error)?;
        let alloc = instance.get_typed_func(&mut store, "hyperspace_alloc").map_err(engine_error)?;
        let run = instance.get_typed_func(&mut store, "hyperspace_run").map_err(engine_error)?;
        let memory = instance
            .get_memory(&mut store, "memory")
            .ok_or_else(|| SandboxError::Interpreter("it exports no memory".to_owned()))?;
        let size = memory.data_size(&store);
        Ok(Self {
            store,
            alloc,
            run,
            memory,
            grounds: Arc::clone(&interpreter.grounds),
            base: Arc::clone(&interpreter.first),
            laid: 0,
            known: Known::default(),
            number: 0,
            clean: true,
            unseen: true,
            size,
            returned: true,
            verify,
        })
    }

    /// Number of the state, and size of the memory.
    pub(crate) fn state(&self) -> (u64, usize) {
        (self.number, self.memory.data_size(&self.store))
    }

    /// Brings memory and host into a state that was captured, or the first one; `fuel` is what is left in it. `lean`: better
    /// with little private memory than quick.
    pub(crate) fn enter(
        &mut self,
        image: &Arc<MemoryImage>,
        host: Host,
        fuel: u64,
        lean: bool,
    ) -> Result<(), SandboxError> {
        *self.store.data_mut() = host;
        self.store.set_fuel(fuel).map_err(engine_error)?;
        if !self.clean || self.number != image.number {
            let missing = image.size.saturating_sub(self.memory.data_size(&self.store));
            if missing > 0 {
                self.memory.grow(&mut self.store, (missing >> 16) as u64).map_err(engine_error)?;
            }
            self.show(image, lean)?;
            let mapped = self.laid == image.number;
            self.unseen |= image.restore(self.memory.data_mut(&mut self.store), &self.known, mapped);
            (self.number, self.clean) = (image.number, true);
        }
        let size = self.memory.data_size(&self.store);
        assert_eq!(size, image.size, "an instance that is larger than a state cannot enter it");
        self.size = size;
        let host = self.store.data_mut();
        host.memory_bytes_peak = host.memory_bytes_peak.max(size as u64);
        if lean && self.laid == image.number {
            host.shown = Some(Shown { image: Arc::clone(image), grounds: Arc::clone(&self.grounds) });
        }
        if self.verify {
            let memory = self.memory.data(&self.store);
            assert!(image.is(memory), "an instance is not in the state it should be in");
        }
        Ok(())
    }

    /// Makes the memory show that state where no page is private, or the first one, and learns which pages are private.
    fn show(&mut self, image: &MemoryImage, lean: bool) -> Result<(), SandboxError> {
        // What is in that state already has its pages, and is left with them.
        let wanted =
            if self.laid == image.number || (lean && self.number != image.number) { image.number } else { 0 };
        if wanted == self.laid {
            if !self.clean {
                self.look();
            }
            return Ok(());
        }
        let over = if wanted == image.number { image.over() } else { Ok(None) };
        let laid = over.and_then(|over| self.grounds.lay(self.memory.data_mut(&mut self.store), over));
        laid.map_err(|error| {
            SandboxError::Engine(format!("a state cannot be mapped into an instance: {error}"))
        })?;
        self.known.clear();
        (self.laid, self.unseen) = (wanted, false);
        Ok(())
    }

    /// Learns which pages are private, unless nothing can have changed since the last time.
    fn look(&mut self) {
        if !self.unseen {
            return;
        }
        let memory = self.memory.data(&self.store);
        let private = kernel::private_pages(memory.as_ptr().addr(), memory.len() / kernel::PAGE);
        // Without an answer every page may be one.
        let all = || (0..u32::try_from(memory.len() / kernel::PAGE).unwrap_or(u32::MAX)).collect();
        self.known.learn(&private.unwrap_or_else(all));
        self.unseen = false;
    }

    /// Hands a job's bytes to the interpreter and does it; what it returned.
    pub(crate) async fn call(
        &mut self,
        job: &[u8],
        room: bool,
        abilities: Abilities,
    ) -> wasmtime::Result<i32> {
        self.clean = false;
        self.returned = false;
        let mut unseen = self.unseen || !abilities.faults;
        let ended = {
            let mut inner = pin!(self.perform(job, room));
            std::future::poll_fn(|context| {
                // Whatever else this thread does between two polls is not counted.
                let before = if unseen { None } else { kernel::faults() };
                let polled = inner.as_mut().poll(context);
                unseen = unseen || before.is_none() || before != kernel::faults();
                polled
            })
            .await
        };
        self.unseen = unseen;
        self.returned = ended.is_ok();
        ended
    }

    async fn perform(&mut self, job: &[u8], room: bool) -> wasmtime::Result<i32> {
        let store = &mut self.store;
        let len = i32::try_from(job.len())?;
        let size = self.memory.data_size(&*store);
        let limit = usize::try_from(store.data().limits.memory_bytes).unwrap_or(usize::MAX);
        // The interpreter frees all of it when it has read the job: what was asked for beyond the job stays as free heap.
        let asked = match room && limit / 2 > size + HEAP_ROOM_BYTES {
            true => job.len().max(HEAP_ROOM_BYTES),
            false => job.len(),
        };
        let ptr = self.alloc.call_async(&mut *store, i32::try_from(asked)?).await?;
        self.memory.write(&mut *store, ptr.cast_unsigned() as usize, job)?;
        self.run.call_async(&mut *store, (ptr, len)).await
    }

    /// Keeps the state after a set-up under this number. The set-up began in the first state.
    pub(crate) fn capture(&mut self, number: u64) -> Arc<MemoryImage> {
        assert_eq!(self.laid, 0, "only what differs from the first state is kept");
        self.look();
        let memory = self.memory.data(&self.store);
        let image = MemoryImage::capture(number, memory, &self.known, &self.base);
        (self.number, self.clean, self.size) = (number, true, image.size);
        Arc::new(image)
    }

    pub(crate) fn host(&mut self) -> &mut Host {
        self.store.data_mut()
    }

    pub(crate) fn fuel(&self) -> Result<u64, SandboxError> {
        self.store.get_fuel().map_err(engine_error)
    }

    pub(crate) fn set_fuel(&mut self, fuel: u64) -> Result<(), SandboxError> {
        self.store.set_fuel(fuel).map_err(engine_error)
    }

    /// Lets go of the run's host: its files, door and output. Whether the instance can be used again.
    pub(crate) fn leave(&mut self) -> bool {
        *self.store.data_mut() = Host::idle();
        self.returned && self.memory.data_size(&self.store) == self.size && self.known.len() <= PAGES_KEPT_MAX
    }
}
