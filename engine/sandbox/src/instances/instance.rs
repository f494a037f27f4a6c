//! One instance of the interpreter.

use std::sync::Arc;

use wasmtime::{Memory, Store, TypedFunc};

use super::returns::Returns;
use super::state::GuestState;
use crate::engine::Interpreter;
use crate::error::SandboxError;
use crate::host::{CallAccounting, Host};
use crate::job::Item;
use crate::memory::{
    CowMemoryCreator, ImageView, MemoryFile, MemoryImage, PAGE, PrivatePages, private_pages,
};
use crate::place::Place;

/// Fuel after which a run lets other tasks of its thread continue: a few milliseconds. The count starts again with every host
/// call, after which [`CallAccounting`] checks the clock.
const YIELD_FUEL: u64 = 10_000_000;
/// Fuel while an instance is created, which runs no guest code; a run sets its own.
const FUEL_TO_BEGIN: u64 = 1 << 53;
/// Maximum number of private pages of an idle instance that is kept: about twice what an agent with a few imports changes.
const PAGES_KEPT_MAX: usize = (16 << 20) / PAGE;
/// Room that the heap gets during a set-up, so that items rarely make memory grow.
const HEAP_ROOM_BYTES: usize = 4 << 20;

/// One call of the guest.
pub(crate) struct GuestCall<'a> {
    /// The encoded program.
    pub(crate) program: &'a [u8],
    /// Real time in milliseconds after which the backstop ends the call, not counting the time that the guest waits for its door.
    pub(crate) wall_clock_ms: u64,
    /// Makes room in the heap for the items of a set-up.
    pub(crate) heap_room: bool,
    /// The place whose permit it uses to compute.
    pub(crate) place: Place,
}

/// Chooses between mapping the pages of a state into an instance and copying them onto the initial image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StateMapping {
    /// Copies until returning to the state has cost as much as mapping it: the fastest.
    WhenWorth,
    /// Copies unless the state is already mapped: needs no further mappings.
    Kept,
    /// Maps: needs little private memory.
    Preferred,
    /// Copies, so that the initial image stays mapped and the state after the run can be captured.
    Never,
}

/// See the module.
pub(crate) struct GuestInstance {
    store: Store<Host>,
    alloc: TypedFunc<i32, i32>,
    run: TypedFunc<(i32, i32), i32>,
    memory: Memory,
    memories: Arc<CowMemoryCreator>,
    initial: Arc<MemoryFile>,
    /// Number of the state to which its memory is mapped; 0 is the initial image.
    mapped: u64,
    private: PrivatePages,
    /// Number of the state that it is in, or was in before it ran.
    number: u64,
    returns: Returns,
    /// True if no code has run since it was brought into that state.
    clean: bool,
    /// True if pages may be private that are not in `private`, which is always so after a guest ran.
    unseen: bool,
    /// Size of the memory when the run began.
    size: usize,
    /// True if the last call of the guest returned normally.
    returned: bool,
    verify: bool,
}

impl GuestInstance {
    pub(crate) async fn new(interpreter: &Interpreter, verify: bool) -> Result<Self, SandboxError> {
        let mut store = Store::new(&interpreter.engine, Host::idle());
        store.limiter(|host| host);
        store.fuel_async_yield_interval(Some(YIELD_FUEL)).map_err(SandboxError::engine)?;
        store.call_hook_async(CallAccounting);
        store.set_fuel(FUEL_TO_BEGIN).map_err(SandboxError::engine)?;
        let instance =
            interpreter.instance.instantiate_async(&mut store).await.map_err(SandboxError::engine)?;
        let alloc = instance.get_typed_func(&mut store, "hyperspace_alloc").map_err(SandboxError::engine)?;
        let run = instance.get_typed_func(&mut store, "hyperspace_run").map_err(SandboxError::engine)?;
        let memory = instance
            .get_memory(&mut store, "memory")
            .ok_or_else(|| SandboxError::Interpreter("it exports no memory".to_owned()))?;
        let size = memory.data_size(&store);
        Ok(Self {
            store,
            alloc,
            run,
            memory,
            memories: Arc::clone(&interpreter.memories),
            initial: Arc::clone(&interpreter.initial),
            mapped: 0,
            private: PrivatePages::default(),
            number: 0,
            returns: Returns::new(),
            clean: true,
            unseen: true,
            size,
            returned: true,
            verify,
        })
    }

    /// Returns the number of the state, and the size of the memory in bytes.
    pub(crate) fn state(&self) -> (u64, usize) {
        (self.number, self.memory.data_size(&self.store))
    }

    /// Brings memory and host into a captured state or the initial one, with `fuel` left.
    pub(crate) fn enter(
        &mut self,
        image: &Arc<MemoryImage>,
        host: Host,
        fuel: u64,
        mapping: StateMapping,
    ) -> Result<(), SandboxError> {
        *self.store.data_mut() = host;
        self.store.set_fuel(fuel).map_err(SandboxError::engine)?;
        let is_mapped = mapping == StateMapping::Never && self.mapped != 0;
        if !self.clean || self.number != image.number || is_mapped {
            let missing = image.size.saturating_sub(self.memory.data_size(&self.store));
            if missing > 0 {
                self.memory.grow(&mut self.store, (missing >> 16) as u64).map_err(SandboxError::engine)?;
            }
            self.map(image, mapping)?;
            let mapped = self.mapped == image.number;
            self.unseen |= image.restore(self.memory.data_mut(&mut self.store), &self.private, mapped);
            (self.number, self.clean) = (image.number, true);
        }
        let size = self.memory.data_size(&self.store);
        assert_eq!(size, image.size, "an instance that is larger than a state cannot enter it");
        self.size = size;
        let host = self.store.data_mut();
        if !host.memory.resize(size as u64) {
            return Err(SandboxError::Engine("a state is larger than the memory of its guest".to_owned()));
        }
        host.kept.memory_bytes_peak = host.kept.memory_bytes_peak.max(size as u64);
        if mapping == StateMapping::Preferred && self.mapped == image.number {
            host.view = Some(ImageView::new(Arc::clone(image), Arc::clone(&self.memories)));
        }
        if self.verify {
            let memory = self.memory.data(&self.store);
            assert!(image.is(memory), "an instance is not in the state it should be in");
        }
        Ok(())
    }

    /// Maps that state or the initial image into the memory, and updates the private pages.
    fn map(&mut self, image: &MemoryImage, mapping: StateMapping) -> Result<(), SandboxError> {
        // An instance that is already in that state has its pages, and keeps them for some time.
        let is_return = self.number == image.number;
        if !is_return {
            self.returns = Returns::new();
        }
        let keeps = self.mapped == image.number || (mapping == StateMapping::Preferred && !is_return);
        let mut wanted = if keeps && mapping != StateMapping::Never { image.number } else { 0 };
        if wanted == self.mapped {
            if !self.clean {
                self.update_private_pages();
            }
            let may_map = is_return && matches!(mapping, StateMapping::WhenWorth | StateMapping::Preferred);
            // If the kernel has no memory for the state's file, pages are copied as before.
            if !(may_map && self.returns.count(self.private.len()) && image.extents().is_ok()) {
                return Ok(());
            }
            wanted = image.number;
        }
        let extents = if wanted == image.number { image.extents() } else { Ok(None) };
        let mapped =
            extents.and_then(|over| self.memories.map_image(self.memory.data_mut(&mut self.store), over));
        mapped.map_err(|error| {
            SandboxError::Engine(format!("a state cannot be mapped into an instance: {error}"))
        })?;
        self.private.clear();
        (self.mapped, self.unseen) = (wanted, false);
        Ok(())
    }

    /// Asks the kernel for the private pages, unless it was asked since a guest last ran; `memory/pagemap.rs` says why that is
    /// sound.
    fn update_private_pages(&mut self) {
        if !self.unseen {
            return;
        }
        let memory = self.memory.data(&self.store);
        let private = private_pages(memory.as_ptr().addr(), memory.len() / PAGE);
        // Without an answer, every page may be private.
        let all = || (0..u32::try_from(memory.len() / PAGE).unwrap_or(u32::MAX)).collect();
        self.private.insert(&private.unwrap_or_else(all));
        self.unseen = false;
    }

    /// Passes a program to the interpreter and runs it; returns the interpreter's code.
    pub(crate) async fn call(&mut self, call: &GuestCall<'_>) -> wasmtime::Result<i32> {
        (self.clean, self.unseen, self.returned) = (false, true, false);
        let ended = self.perform(call).await;
        self.returned = ended.is_ok();
        ended
    }

    async fn perform(&mut self, call: &GuestCall<'_>) -> wasmtime::Result<i32> {
        let (store, program) = (&mut self.store, call.program);
        let len = i32::try_from(program.len())?;
        let size = self.memory.data_size(&*store);
        let limit = usize::try_from(store.data().kept.limits.memory_bytes).unwrap_or(usize::MAX);
        // The interpreter frees all of it after reading the program; the part beyond the program stays as free heap.
        let fits = limit / 2 > size + HEAP_ROOM_BYTES;
        let asked = if call.heap_room && fits { program.len().max(HEAP_ROOM_BYTES) } else { program.len() };
        let ptr = self.alloc.call_async(&mut *store, i32::try_from(asked)?).await?;
        self.memory.write(&mut *store, ptr.cast_unsigned() as usize, program)?;
        self.run.call_async(&mut *store, (ptr, len)).await
    }

    /// Captures the state after a set-up under this number. The set-up began in the initial state.
    pub(crate) fn capture(&mut self, number: u64) -> Result<GuestState, SandboxError> {
        assert_eq!(self.mapped, 0, "only differences from the initial image are kept");
        let fuel = self.fuel()?;
        self.update_private_pages();
        let memory = self.memory.data(&self.store);
        let memory = MemoryImage::capture(number, memory, &self.private, &self.initial);
        (self.number, self.clean, self.size) = (number, true, memory.size);
        Ok(GuestState { memory: Arc::new(memory), host: self.host().kept.snapshot(), fuel })
    }

    /// Continues with an item from the state after a set-up, in this instance.
    pub(crate) fn begin(&mut self, item: Item) -> Result<(), SandboxError> {
        let fuel = self.fuel()?;
        self.store.set_fuel(fuel).map_err(SandboxError::engine)?;
        self.host().begin(item, fuel);
        Ok(())
    }

    /// Sets the fuel that is left.
    pub(crate) fn refuel(&mut self, fuel: u64) -> Result<(), SandboxError> {
        self.store.set_fuel(fuel).map_err(SandboxError::engine)
    }

    pub(crate) fn host(&mut self) -> &mut Host {
        self.store.data_mut()
    }

    /// Returns the linear memory.
    pub(crate) fn memory(&self) -> &[u8] {
        self.memory.data(&self.store)
    }

    pub(crate) fn fuel(&self) -> Result<u64, SandboxError> {
        self.store.get_fuel().map_err(SandboxError::engine)
    }

    /// Drops the run's host: its files, door and output. Returns whether the instance can be reused.
    pub(crate) fn leave(&mut self) -> bool {
        *self.store.data_mut() = Host::idle();
        self.returned
            && self.memory.data_size(&self.store) == self.size
            && self.private.len() <= PAGES_KEPT_MAX
    }
}
