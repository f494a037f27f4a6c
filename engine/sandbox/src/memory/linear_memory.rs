//! Linear memories that share their pages copy-on-write.
//!
//! A [`MemoryFile`] is a sealed file in memory. [`CowMemoryCreator`] gives every instance a region of addresses and maps the
//! interpreter's initial image into it, copy-on-write: a page becomes private to the instance when it is written. Later,
//! [`CowMemoryCreator::map_image`] maps another state over it, which takes a few system calls however large the state is, and
//! [`CowMemoryCreator::decommit`] makes pages shared again.
//!
//! This is one of the three files with `unsafe`. What makes it sound:
//! - A region is reserved once, with the guard that the engine asks for, and unmapped when the engine drops the memory. All
//!   other mappings of this file replace pages inside of a region that is alive; `map_image` and `decommit` are handed the
//!   memory itself as an exclusive slice, and look up that its address is one of ours, so no other code can be reading it.
//! - A memory file is sealed against every change before it is mapped, and mapped read-only for ourselves, so the slice that it
//!   hands out never changes; instances map it privately, so their writes are never seen through it.
//! - Growing only makes reserved pages accessible. They were never written to, so they are zero.

#![expect(unsafe_code, reason = "memory is mapped here; see the module for what makes it sound")]

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::ops::{Deref, Range};
use std::ptr::{NonNull, null_mut};
use std::sync::{Arc, OnceLock};

use hyperspace_core::Mutex;
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use rustix::mm::{
    Advice, MapFlags, MprotectFlags, ProtFlags, madvise, mmap, mmap_anonymous, mprotect, munmap,
};
use wasmtime::{LinearMemory, MemoryCreator, MemoryType};

const ACCESSIBLE: ProtFlags = ProtFlags::READ.union(ProtFlags::WRITE);

/// A mapped range of addresses, which is unmapped on drop.
struct Region {
    base: NonNull<u8>,
    len: usize,
}

// SAFETY: a region is plain memory; its holder decides on every access to it.
unsafe impl Send for Region {}
// SAFETY: as above; through a shared reference nothing is written.
unsafe impl Sync for Region {}

impl Region {
    /// Reserves addresses that are not accessible yet.
    fn reserve(len: usize) -> io::Result<Self> {
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: the kernel chooses addresses that are free.
        let base = unsafe { mmap_anonymous(null_mut(), len, ProtFlags::empty(), flags)? };
        Self::new(base.cast(), len)
    }

    /// Maps a file for reading.
    fn of_file(file: &File, len: usize) -> io::Result<Self> {
        // SAFETY: as above.
        let base = unsafe { mmap(null_mut(), len, ProtFlags::READ, MapFlags::PRIVATE, file, 0)? };
        Self::new(base.cast(), len)
    }

    fn new(base: *mut u8, len: usize) -> io::Result<Self> {
        let base = NonNull::new(base).ok_or_else(|| io::Error::other("mapped at address zero"))?;
        Ok(Self { base, len })
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        // SAFETY: these addresses are ours, and every user of them held this. It cannot fail for a mapping that exists.
        let unmapped = unsafe { munmap(self.base.as_ptr().cast(), self.len) };
        debug_assert!(unmapped.is_ok(), "{unmapped:?}");
    }
}

/// Immutable bytes that any number of instances can map into their memories.
pub(crate) struct MemoryFile {
    file: File,
    view: Region,
}

impl MemoryFile {
    /// Creates a file of `len` bytes, which is zero where `fill` writes nothing. `len` must not be 0.
    pub(crate) fn new(len: usize, fill: impl FnOnce(&File) -> io::Result<()>) -> io::Result<Self> {
        let file = File::from(memfd_create("hyperspace", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?);
        file.set_len(len as u64)?;
        fill(&file)?;
        // The file is not mapped for writing anywhere, so a seal against future writes covers all writes. The seal against every
        // write fails while the kernel itself looks at these pages.
        let seals = SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::FUTURE_WRITE;
        fcntl_add_seals(&file, seals)?;
        let view = Region::of_file(&file, len)?;
        Ok(Self { file, view })
    }
}

impl Deref for MemoryFile {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: the view is mapped as long as this lives, is as long as the file, and the file is sealed.
        unsafe { std::slice::from_raw_parts(self.view.base.as_ptr(), self.view.len) }
    }
}

/// A range of a memory file and its position in a linear memory, in whole pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MemoryExtent {
    /// Start in the file in bytes.
    pub(crate) file_offset: usize,
    /// Start in the linear memory in bytes.
    pub(crate) memory_offset: usize,
    /// Length in bytes.
    pub(crate) len: usize,
}

/// Live regions: their lengths, by address.
type LiveRegions = Arc<Mutex<BTreeMap<usize, usize>>>;

/// Makes the linear memories of all instances.
#[derive(Default)]
pub(crate) struct CowMemoryCreator {
    /// The initial content of every memory of at least this size, followed by zeros. Without it, everything is zero.
    initial: OnceLock<Arc<MemoryFile>>,
    live: LiveRegions,
}

impl CowMemoryCreator {
    /// Sets the initial content of memories, once. An existing memory does not change until an image is mapped into it.
    pub(crate) fn set_initial_image(&self, initial: Arc<MemoryFile>) {
        let set = self.initial.set(initial);
        debug_assert!(set.is_ok(), "the initial image was set twice");
    }

    /// Maps the initial image, followed by zeros, into a memory, and then the extents of another state over it. The previous
    /// content is lost. After an error the content is undefined, and the instance must not be used again.
    ///
    /// # Errors
    ///
    /// When the memory is not one of ours, an extent does not fit, or the kernel has no room for another mapping.
    pub(crate) fn map_image(
        &self,
        memory: &mut [u8],
        over: Option<(&MemoryFile, &[MemoryExtent])>,
    ) -> io::Result<()> {
        let reserved = self.live.lock().get(&memory.as_ptr().addr()).copied();
        if reserved.is_none_or(|reserved| memory.len() > reserved) {
            return Err(io::Error::other("this memory was not made here"));
        }
        let (base, size) = (memory.as_mut_ptr(), memory.len());
        // SAFETY: the memory lies in a region that is alive, and is borrowed exclusively.
        unsafe { self.map_initial(base, size)? };
        let Some((file, extents)) = over else { return Ok(()) };
        for extent in extents {
            let ends =
                (extent.file_offset.checked_add(extent.len), extent.memory_offset.checked_add(extent.len));
            let (Some(from_end), Some(to_end)) = ends else { return Err(io::ErrorKind::InvalidInput.into()) };
            if from_end > file.len() || to_end > size {
                return Err(io::ErrorKind::InvalidInput.into());
            }
            let flags = MapFlags::PRIVATE | MapFlags::FIXED;
            // SAFETY: as above, and the extent lies within the memory.
            unsafe {
                let at = base.add(extent.memory_offset).cast();
                mmap(at, extent.len, ACCESSIBLE, flags, &file.file, extent.file_offset as u64)?;
            }
        }
        Ok(())
    }

    /// Drops the private pages of a range, which then shows the mapped image again.
    ///
    /// # Errors
    ///
    /// When the memory is not one of ours, or the range exceeds it or does not consist of whole pages.
    pub(crate) fn decommit(&self, memory: &mut [u8], range: Range<usize>) -> io::Result<()> {
        if !self.live.lock().contains_key(&memory.as_ptr().addr()) {
            return Err(io::Error::other("this memory was not made here"));
        }
        let part = memory.get_mut(range).ok_or(io::ErrorKind::InvalidInput)?;
        // SAFETY: these bytes lie in a region that is alive, and are borrowed exclusively; bytes have no invalid values.
        unsafe { madvise(part.as_mut_ptr().cast(), part.len(), Advice::LinuxDontNeed)? };
        Ok(())
    }

    /// Maps the initial image.
    ///
    /// # Safety
    ///
    /// `base` must be that of a region of at least `size` bytes, which no other code reads or writes meanwhile.
    unsafe fn map_initial(&self, base: *mut u8, size: usize) -> io::Result<()> {
        let initial = self.initial.get().filter(|initial| initial.len() <= size);
        let shown = initial.map_or(0, |initial| initial.len());
        let flags = MapFlags::PRIVATE | MapFlags::FIXED;
        // SAFETY: both mappings lie within the region, by what the caller promises.
        unsafe {
            if let Some(initial) = initial {
                mmap(base.cast(), shown, ACCESSIBLE, flags, &initial.file, 0)?;
            }
            if size > shown {
                mmap_anonymous(
                    base.add(shown).cast(),
                    size - shown,
                    ACCESSIBLE,
                    flags | MapFlags::NORESERVE,
                )?;
            }
        }
        Ok(())
    }
}

// SAFETY: a memory is reserved as large as it can become, with the guard after it, never moves, and begins as the data of
// the only module of this engine, which was compiled without them, or as zeros. It is changed by its instance, `map_image` and
// `decommit` alone, and both of these need the instance's own exclusive slice.
unsafe impl MemoryCreator for CowMemoryCreator {
    fn new_memory(
        &self,
        _: MemoryType,
        minimum: usize,
        _: Option<usize>,
        reserved: Option<usize>,
        guard: usize,
    ) -> Result<Box<dyn LinearMemory>, String> {
        let capacity = reserved.unwrap_or(0).max(minimum);
        let len = capacity.checked_add(guard).ok_or("the reservation is too large")?;
        let region =
            Region::reserve(len.max(1)).map_err(|error| format!("no addresses for a memory: {error}"))?;
        if minimum > 0 {
            // SAFETY: the region was just made, and is at least as long.
            let begun = unsafe { self.map_initial(region.base.as_ptr(), minimum) };
            begun.map_err(|error| format!("the initial image cannot be mapped: {error}"))?;
        }
        self.live.lock().insert(region.base.as_ptr().addr(), capacity);
        Ok(Box::new(CowMemory { region, size: minimum, capacity, live: Arc::clone(&self.live) }))
    }
}

/// The linear memory of one instance.
struct CowMemory {
    region: Region,
    size: usize,
    capacity: usize,
    live: LiveRegions,
}

impl Drop for CowMemory {
    fn drop(&mut self) {
        self.live.lock().remove(&self.region.base.as_ptr().addr());
    }
}

// SAFETY: the base never moves, `size` bytes from it are accessible, and the rest of the region, guard included, is not.
unsafe impl LinearMemory for CowMemory {
    fn byte_size(&self) -> usize {
        self.size
    }

    fn byte_capacity(&self) -> usize {
        self.capacity
    }

    fn grow_to(&mut self, size: usize) -> wasmtime::Result<()> {
        if size > self.capacity {
            return Err(wasmtime::Error::msg("a memory cannot become larger than its reservation"));
        }
        if size > self.size {
            let flags = MprotectFlags::READ | MprotectFlags::WRITE;
            // SAFETY: these addresses lie within the region, after everything that is in use.
            unsafe { mprotect(self.region.base.as_ptr().add(self.size).cast(), size - self.size, flags)? };
            self.size = size;
        }
        Ok(())
    }

    fn as_ptr(&self) -> *mut u8 {
        self.region.base.as_ptr()
    }
}

#[cfg(test)]
mod tests;
