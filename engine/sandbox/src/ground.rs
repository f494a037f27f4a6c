//! Linear memories as mappings of our own, so that many instances share what none of them has changed.
//!
//! A [`Sheet`] is a sealed file in memory. [`Grounds`] gives every instance a region of addresses of its own and maps the
//! interpreter's first state into it, copy-on-write: a page becomes private to the instance when it is written. Later,
//! [`Grounds::lay`] maps another state over it, which costs a few calls of the kernel however large the state is, and
//! [`Grounds::forget`] makes pages shared again.
//!
//! This is one of the two files with `unsafe`. What makes it sound:
//! - A region is reserved once, with the guard that the engine asks for, and unmapped when the engine drops the memory. All
//!   other mappings of this file replace pages inside of a region that is alive; `lay` and `forget` are handed the memory itself
//!   as an exclusive slice, and look up that its address is one of ours, so nobody else can be reading it.
//! - A sheet is sealed against every change before it is mapped, and mapped read-only for ourselves, so the slice that it
//!   hands out never changes; instances map it privately, so what they write is never seen through it.
//! - Growing only makes reserved pages accessible. Nobody has written to them, so they are zero.

#![expect(unsafe_code, reason = "memory is mapped here; see the module for what makes it sound")]

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::ops::{Deref, Range};
use std::ptr::{NonNull, null_mut};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use rustix::mm::{
    Advice, MapFlags, MprotectFlags, ProtFlags, madvise, mmap, mmap_anonymous, mprotect, munmap,
};
use wasmtime::{LinearMemory, MemoryCreator, MemoryType};

const ACCESSIBLE: ProtFlags = ProtFlags::READ.union(ProtFlags::WRITE);

/// Addresses that are mapped, until this is dropped.
struct Region {
    base: NonNull<u8>,
    len: usize,
}

// SAFETY: a region is plain memory; who may read and write it when is decided by those who hold it.
unsafe impl Send for Region {}
// SAFETY: as above; through a shared reference nothing is written.
unsafe impl Sync for Region {}

impl Region {
    /// Addresses that nothing can be read from yet.
    fn reserve(len: usize) -> io::Result<Self> {
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: the kernel chooses addresses that are free.
        let base = unsafe { mmap_anonymous(null_mut(), len, ProtFlags::empty(), flags)? };
        Self::new(base.cast(), len)
    }

    /// A file to be read.
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
        // SAFETY: these addresses are ours, and whoever could use them held this. It cannot fail for a mapping that exists.
        let unmapped = unsafe { munmap(self.base.as_ptr().cast(), self.len) };
        debug_assert!(unmapped.is_ok(), "{unmapped:?}");
    }
}

/// Bytes in memory that never change again, which any number of instances can have as part of theirs.
pub(crate) struct Sheet {
    file: File,
    view: Region,
}

impl Sheet {
    /// A sheet of `len` bytes, zero where `fill` writes nothing. `len` must not be 0.
    pub(crate) fn new(len: usize, fill: impl FnOnce(&File) -> io::Result<()>) -> io::Result<Self> {
        let file = File::from(memfd_create("hyperspace", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?);
        file.set_len(len as u64)?;
        fill(&file)?;
        // Nobody has it mapped to be written, so sealing what comes is sealing all. The seal against every write would wait for
        // whoever in the kernel looks at these pages just now, and give up.
        let seals = SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::FUTURE_WRITE;
        fcntl_add_seals(&file, seals)?;
        let view = Region::of_file(&file, len)?;
        Ok(Self { file, view })
    }
}

impl Deref for Sheet {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: the view is mapped as long as this lives, is as long as the file, and the file is sealed.
        unsafe { std::slice::from_raw_parts(self.view.base.as_ptr(), self.view.len) }
    }
}

/// A run of bytes of a sheet, and where it goes in a linear memory; all of it whole pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Where it begins in the sheet.
    pub(crate) from: usize,
    /// Where it goes.
    pub(crate) to: usize,
    /// Bytes.
    pub(crate) len: usize,
}

/// Regions that are alive, by address, with their length.
type Live = Arc<Mutex<BTreeMap<usize, usize>>>;

/// Makes the linear memories of all instances.
#[derive(Default)]
pub(crate) struct Grounds {
    /// What every memory of at least this size begins as, with zeros behind it; without it, all is zeros.
    first: OnceLock<Arc<Sheet>>,
    live: Live,
}

impl Grounds {
    /// Says once what memories begin as; nothing changes for a memory that exists, until something is laid over it.
    pub(crate) fn begin_with(&self, first: Arc<Sheet>) {
        let said = self.first.set(first);
        debug_assert!(said.is_ok(), "the first state was given twice");
    }

    /// Makes a memory the first state, with zeros behind it, and over that the pieces of another state. Whatever the memory
    /// held is gone. After an error its content is undefined, and the instance must not be used again.
    ///
    /// # Errors
    ///
    /// When the memory is none of ours, a piece does not fit, or the kernel has no room for another mapping.
    pub(crate) fn lay(&self, memory: &mut [u8], over: Option<(&Sheet, &[Piece])>) -> io::Result<()> {
        let reserved = lock(&self.live).get(&memory.as_ptr().addr()).copied();
        if reserved.is_none_or(|reserved| memory.len() > reserved) {
            return Err(io::Error::other("this memory was not made here"));
        }
        let (base, size) = (memory.as_mut_ptr(), memory.len());
        // SAFETY: the memory lies in a region that is alive, and is borrowed exclusively.
        unsafe { self.begin(base, size)? };
        let Some((sheet, pieces)) = over else { return Ok(()) };
        for piece in pieces {
            let ends = (piece.from.checked_add(piece.len), piece.to.checked_add(piece.len));
            let (Some(from_end), Some(to_end)) = ends else { return Err(io::ErrorKind::InvalidInput.into()) };
            if from_end > sheet.len() || to_end > size {
                return Err(io::ErrorKind::InvalidInput.into());
            }
            let flags = MapFlags::PRIVATE | MapFlags::FIXED;
            // SAFETY: as above, and the piece lies within the memory.
            unsafe {
                let at = base.add(piece.to).cast();
                mmap(at, piece.len, ACCESSIBLE, flags, &sheet.file, piece.from as u64)?;
            }
        }
        Ok(())
    }

    /// Makes these bytes what is mapped there: what the instance wrote to them is gone, and no longer takes memory.
    ///
    /// # Errors
    ///
    /// When the memory is none of ours, or the range lies outside of it or not on whole pages.
    pub(crate) fn forget(&self, memory: &mut [u8], range: Range<usize>) -> io::Result<()> {
        if !lock(&self.live).contains_key(&memory.as_ptr().addr()) {
            return Err(io::Error::other("this memory was not made here"));
        }
        let part = memory.get_mut(range).ok_or(io::ErrorKind::InvalidInput)?;
        // SAFETY: these bytes lie in a region that is alive, and are borrowed exclusively; bytes have no invalid values.
        unsafe { madvise(part.as_mut_ptr().cast(), part.len(), Advice::LinuxDontNeed)? };
        Ok(())
    }

    /// Maps the first state.
    ///
    /// # Safety
    ///
    /// `base` must be that of a region of at least `size` bytes, which nobody else reads or writes meanwhile.
    unsafe fn begin(&self, base: *mut u8, size: usize) -> io::Result<()> {
        let first = self.first.get().filter(|first| first.len() <= size);
        let shown = first.map_or(0, |first| first.len());
        let flags = MapFlags::PRIVATE | MapFlags::FIXED;
        // SAFETY: both mappings lie within the region, by what the caller promises.
        unsafe {
            if let Some(first) = first {
                mmap(base.cast(), shown, ACCESSIBLE, flags, &first.file, 0)?;
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

fn lock(live: &Live) -> MutexGuard<'_, BTreeMap<usize, usize>> {
    live.lock().unwrap_or_else(PoisonError::into_inner)
}

// SAFETY: a memory is reserved as large as it can become, with the guard behind it, never moves, and begins as the data of
// the only module of this engine, which was compiled without them, or as zeros. It is changed by its instance, `lay` and
// `forget` alone, and both of these need the instance's own exclusive slice.
unsafe impl MemoryCreator for Grounds {
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
            let begun = unsafe { self.begin(region.base.as_ptr(), minimum) };
            begun.map_err(|error| format!("the first state cannot be mapped: {error}"))?;
        }
        lock(&self.live).insert(region.base.as_ptr().addr(), capacity);
        Ok(Box::new(Ground { region, size: minimum, capacity, live: Arc::clone(&self.live) }))
    }
}

/// The linear memory of one instance.
struct Ground {
    region: Region,
    size: usize,
    capacity: usize,
    live: Live,
}

impl Drop for Ground {
    fn drop(&mut self) {
        lock(&self.live).remove(&self.region.base.as_ptr().addr());
    }
}

// SAFETY: the base never moves, `size` bytes from it are accessible, and the rest of the region, guard included, is not.
unsafe impl LinearMemory for Ground {
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
            // SAFETY: these addresses lie within the region, behind everything that is in use.
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
