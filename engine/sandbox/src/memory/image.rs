//! States of linear memory, kept as the pages that differ from the initial image.
//!
//! The initial image is the interpreter's memory as it is in every new instance. A state keeps the pages in which it differs
//! from that image, to be copied page by page. When the state is to be mapped, they are written to a memory file
//! (`linear_memory.rs`) in a few extents. An instance remembers which of its pages are private.

use std::io;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, OnceLock};

use super::linear_memory::{CowMemoryCreator, MemoryExtent, MemoryFile};
use super::pagemap::{PAGE, private_pages};

/// Maximum number of extents of a state. Each is a separate mapping in every instance that has the state mapped, and the kernel
/// allows a process 65,530 of them.
const EXTENTS_MAX: usize = 12;

/// One page.
pub(crate) type Page = [u8; PAGE];

static ZEROS: Page = [0; PAGE];

/// Returns page `index` of a memory. Beyond its end everything is zero, as it is when memory grows.
pub(crate) fn page(memory: &[u8], index: u32) -> &Page {
    let start = index as usize * PAGE;
    memory.get(start..start + PAGE).and_then(|page| page.try_into().ok()).unwrap_or(&ZEROS)
}

/// The linear memory of a state, as its difference from the initial image.
pub(crate) struct MemoryImage {
    /// The number of the state; 0 is the initial image.
    pub(crate) number: u64,
    /// Size of the memory in bytes.
    pub(crate) size: usize,
    /// The initial image.
    base: Arc<MemoryFile>,
    /// Pages that differ from the initial image, in order.
    pages: Vec<u32>,
    /// The contents of these pages, one after the other.
    content: Vec<u8>,
    /// Runs of pages that cover all of these, along with some pages between them that do not differ.
    extents: Vec<MemoryExtent>,
    /// These runs as a file to be mapped. Most states are only ever copied, so it is created on first use.
    file: OnceLock<MemoryFile>,
}

impl MemoryImage {
    /// Returns the initial image.
    pub(crate) fn initial(base: Arc<MemoryFile>) -> Self {
        Self {
            number: 0,
            size: base.len(),
            base,
            pages: Vec::new(),
            content: Vec::new(),
            extents: Vec::new(),
            file: OnceLock::new(),
        }
    }

    /// Captures the pages of `memory` that differ from the initial image; `private` contains all pages that may differ.
    pub(crate) fn capture(
        number: u64,
        memory: &[u8],
        private: &PrivatePages,
        base: &Arc<MemoryFile>,
    ) -> Self {
        let differs = |index: &u32| page(memory, *index) != page(base, *index);
        let pages: Vec<u32> = private.0.iter().copied().filter(differs).collect();
        let mut content = Vec::with_capacity(pages.len() * PAGE);
        pages.iter().for_each(|&index| content.extend_from_slice(page(memory, index)));
        let extents = cover(&pages);
        let (base, file) = (Arc::clone(base), OnceLock::new());
        Self { number, size: memory.len(), base, pages, content, extents, file }
    }

    /// Returns the number of bytes that it keeps, including its memory file.
    pub(crate) fn bytes(&self) -> usize {
        self.extent_bytes() + self.content.len() + self.pages.len() * size_of::<u32>()
    }

    /// Returns the total size of its extents in bytes.
    fn extent_bytes(&self) -> usize {
        self.extents.iter().map(|extent| extent.len).sum()
    }

    /// Returns the extents to be mapped over the initial image, and their file; `None` for the initial image itself.
    ///
    /// # Errors
    ///
    /// When the kernel has no memory for the file.
    pub(crate) fn extents(&self) -> io::Result<Option<(&MemoryFile, &[MemoryExtent])>> {
        if self.extents.is_empty() {
            return Ok(None);
        }
        let file = match self.file.get() {
            Some(file) => file,
            // If two are made at the same time, one is dropped.
            None => {
                let file = self.write_file()?;
                self.file.get_or_init(|| file)
            }
        };
        Ok(Some((file, &self.extents)))
    }

    fn write_file(&self) -> io::Result<MemoryFile> {
        let len = self.extent_bytes();
        let mut bytes = Vec::with_capacity(len);
        for extent in &self.extents {
            let pages = extent.memory_offset / PAGE..(extent.memory_offset + extent.len) / PAGE;
            pages.for_each(|index| {
                bytes.extend_from_slice(self.page(u32::try_from(index).unwrap_or(u32::MAX)))
            });
        }
        MemoryFile::new(len, |file| file.write_all_at(&bytes, 0))
    }

    /// Returns page `index` of this state.
    fn page(&self, index: u32) -> &Page {
        let own = self.pages.binary_search(&index).ok().and_then(|at| {
            let start = at * PAGE;
            self.content.get(start..start + PAGE)?.try_into().ok()
        });
        own.unwrap_or_else(|| page(&self.base, index))
    }

    /// Brings all of `memory` into this state. Pages that are not in `private` already have this state if it is `mapped`;
    /// otherwise they are those of the initial image. Returns whether it wrote to a page that is not in `private`.
    pub(crate) fn restore(&self, memory: &mut [u8], private: &PrivatePages, mapped: bool) -> bool {
        let mut put = |index: u32| {
            let start = index as usize * PAGE;
            memory[start..start + PAGE].copy_from_slice(self.page(index));
        };
        private.0.iter().for_each(|&index| put(index));
        let mut beyond = false;
        let own = if mapped { &[] } else { self.pages.as_slice() };
        for &index in own.iter().filter(|index| private.0.binary_search(index).is_err()) {
            put(index);
            beyond = true;
        }
        beyond
    }

    /// Drops the private pages of `memory` that equal those of this state; the memory must be mapped to it. The guest sees no
    /// change, and its next write to such a page makes it private again.
    pub(crate) fn share(&self, memory: &mut [u8], memories: &CowMemoryCreator) {
        let private = private_pages(memory.as_ptr().addr(), memory.len() / PAGE).unwrap_or_default();
        let same: Vec<u32> =
            private.into_iter().filter(|&index| page(memory, index) == self.page(index)).collect();
        for run in same.chunk_by(|left, right| right - left == 1) {
            let start = run[0] as usize * PAGE;
            if memories.decommit(memory, start..start + run.len() * PAGE).is_err() {
                return;
            }
        }
    }

    /// Returns whether a memory is in this state.
    pub(crate) fn is(&self, memory: &[u8]) -> bool {
        let pages = u32::try_from(self.size / PAGE).unwrap_or(u32::MAX);
        memory.len() == self.size && (0..pages).all(|index| page(memory, index) == self.page(index))
    }
}

/// Returns a small number of runs that cover all of these pages, with as few other pages as possible.
fn cover(pages: &[u32]) -> Vec<MemoryExtent> {
    let mut gaps: Vec<u32> = pages.windows(2).map(|pair| pair[1] - pair[0]).filter(|&gap| gap > 1).collect();
    gaps.sort_unstable_by(|left, right| right.cmp(left));
    // Runs are split where the gap is larger than the largest one that has to be bridged.
    let bridged = gaps.get(EXTENTS_MAX - 1).copied().unwrap_or(1);
    let (mut extents, mut file_offset) = (Vec::new(), 0);
    for run in pages.chunk_by(|left, right| right - left <= bridged) {
        let (Some(&first), Some(&last)) = (run.first(), run.last()) else { continue };
        let len = (last - first + 1) as usize * PAGE;
        extents.push(MemoryExtent { file_offset, memory_offset: first as usize * PAGE, len });
        file_offset += len;
    }
    extents
}

/// Pages of an instance that may be private, in ascending order.
#[derive(Default)]
pub(crate) struct PrivatePages(Vec<u32>);

impl PrivatePages {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Adds pages, which are in ascending order.
    pub(crate) fn insert(&mut self, pages: &[u32]) {
        // Guests of the same kind write the same pages again and again.
        if self.0 == pages {
            return;
        }
        self.0.extend_from_slice(pages);
        self.0.sort_unstable();
        self.0.dedup();
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(pages: &[u8]) -> Vec<u8> {
        pages.iter().flat_map(|&byte| [byte; PAGE]).collect()
    }

    fn base() -> Arc<MemoryFile> {
        let content = memory(&[1, 2, 3, 4, 5]);
        Arc::new(MemoryFile::new(content.len(), |file| file.write_all_at(&content, 0)).unwrap())
    }

    fn known(pages: &[u32]) -> PrivatePages {
        let mut known = PrivatePages::default();
        known.insert(pages);
        known
    }

    #[test]
    fn a_state_is_put_back_over_any_writes() {
        let base = base();
        let state = memory(&[1, 20, 3, 40, 5]);
        let image = MemoryImage::capture(7, &state, &known(&[0, 1, 3]), &base);
        assert_eq!((image.pages.as_slice(), image.size), ([1, 3].as_slice(), 5 * PAGE));
        // An instance whose pages 0, 3 and 4 are private and hold anything.
        let mut dirty = memory(&[9, 2, 3, 9, 9]);
        assert!(!image.is(&dirty));
        assert!(image.restore(&mut dirty, &known(&[0, 3, 4]), false), "page 1 is private now");
        assert!(dirty == state && image.is(&dirty));
        let first = MemoryImage::initial(base);
        assert!(!first.restore(&mut dirty, &known(&[0, 1, 3, 4]), false));
        assert!(dirty == memory(&[1, 2, 3, 4, 5]) && first.is(&dirty) && !image.is(&dirty));
    }

    #[test]
    fn where_a_state_is_mapped_only_private_pages_are_put_back() {
        let image = MemoryImage::capture(7, &memory(&[1, 20, 3, 40, 5]), &known(&[0, 1, 3]), &base());
        let mut dirty = memory(&[9, 20, 3, 9, 5]);
        assert!(!image.restore(&mut dirty, &known(&[0, 3]), true));
        assert_eq!(dirty, memory(&[1, 20, 3, 40, 5]));
    }

    #[test]
    fn a_state_that_has_grown_is_zero_where_nothing_was_written() {
        let state = memory(&[1, 2, 3, 4, 5, 0, 7]);
        let image = MemoryImage::capture(1, &state, &known(&[5, 6]), &base());
        let mut dirty = memory(&[1, 2, 3, 4, 5, 9, 9]);
        image.restore(&mut dirty, &known(&[5, 6]), false);
        assert!(dirty == state && image.is(&state));
        assert_eq!(page(&memory(&[1]), 1), &[0; PAGE]);
    }

    #[test]
    fn a_mapped_state_equals_a_copied_one() {
        let state = memory(&[1, 20, 3, 40, 5, 0, 7]);
        let image = MemoryImage::capture(1, &state, &known(&[1, 3, 5, 6]), &base());
        let (file, extents) = image.extents().unwrap().unwrap();
        let mut mapped = memory(&[1, 2, 3, 4, 5, 0, 0]);
        for extent in extents {
            mapped[extent.memory_offset..extent.memory_offset + extent.len]
                .copy_from_slice(&file[extent.file_offset..extent.file_offset + extent.len]);
        }
        assert!(mapped == state);
        let again = image.extents().unwrap().unwrap().0;
        assert!(std::ptr::eq(file, again), "made once");
        let first = MemoryImage::capture(2, &memory(&[1, 2, 3, 4, 5]), &known(&[0, 4]), &base());
        assert!(first.extents().unwrap().is_none());
        // A run that bridges a gap also holds what the first state has in it.
        let scattered: Vec<u32> = (0..40).map(|n| 3 * n).collect();
        let wide =
            Arc::new(MemoryFile::new(120 * PAGE, |file| file.write_all_at(&memory(&[6; 120]), 0)).unwrap());
        let mut state = memory(&[6; 120]);
        scattered.iter().for_each(|&index| state[index as usize * PAGE] = 1);
        let image = MemoryImage::capture(3, &state, &known(&scattered), &wide);
        let (file, extents) = image.extents().unwrap().unwrap();
        assert!(file.len() > scattered.len() * PAGE && extents.len() <= EXTENTS_MAX);
        for extent in extents {
            assert!(
                file[extent.file_offset..extent.file_offset + extent.len]
                    == state[extent.memory_offset..extent.memory_offset + extent.len]
            );
        }
    }

    #[test]
    fn extents_are_few_and_hold_every_page() {
        assert_eq!(cover(&[]), []);
        let extent = |from: usize, to: usize, len: usize| MemoryExtent {
            file_offset: from * PAGE,
            memory_offset: to * PAGE,
            len: len * PAGE,
        };
        assert_eq!(cover(&[3, 4, 9]), [extent(0, 3, 2), extent(2, 9, 1)]);
        let scattered: Vec<u32> = (0..400).map(|n| n * n / 40 + n).collect();
        let found = cover(&scattered);
        assert!(found.len() <= EXTENTS_MAX, "{found:?}");
        for &page in &scattered {
            let at = page as usize * PAGE;
            assert!(
                found
                    .iter()
                    .any(|extent| (extent.memory_offset..extent.memory_offset + extent.len).contains(&at)),
                "{page}"
            );
        }
        assert!(found.windows(2).all(|pair| pair[0].memory_offset + pair[0].len < pair[1].memory_offset));
    }

    #[test]
    fn pages_are_inserted_once() {
        let mut known = known(&[4, 2]);
        known.insert(&[3, 4]);
        assert_eq!(known.0, [2, 3, 4]);
    }
}
