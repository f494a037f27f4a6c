//! Linear memory as pages: what differs from the first state, and how it is put back.
//!
//! The first state is the interpreter's as every new instance has it. A template keeps the pages in which it differs from
//! that, to be copied page by page, and puts them on a sheet (`ground.rs`), in few pieces, when they are to be mapped; an
//! instance remembers which of its pages are private.

use std::io;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, OnceLock};

use super::kernel::{self, PAGE};
use crate::ground::{Grounds, Piece, Sheet};

/// Pieces of a template. Each is a mapping of its own in every instance that has the state mapped, and the kernel allows
/// 65,530 of them in a process.
const PIECES_MAX: usize = 12;

/// One page.
pub(crate) type Page = [u8; PAGE];

static ZEROS: Page = [0; PAGE];

/// Page `index` of a memory; what lies behind its end is zero, as it is when memory grows.
pub(crate) fn page(memory: &[u8], index: u32) -> &Page {
    let start = index as usize * PAGE;
    memory.get(start..start + PAGE).and_then(|page| page.try_into().ok()).unwrap_or(&ZEROS)
}

/// Linear memory of a state, as the difference to the first state.
pub(crate) struct MemoryImage {
    /// 0 is the first state.
    pub(crate) number: u64,
    /// Size of the memory in bytes.
    pub(crate) size: usize,
    /// The first state.
    base: Arc<Sheet>,
    /// Pages that differ from the first state, in order.
    pages: Vec<u32>,
    /// Their content, one after the other.
    content: Vec<u8>,
    /// Runs of pages that hold all of these, with some between them that do not differ.
    pieces: Vec<Piece>,
    /// These runs as they are mapped. Most states are only ever copied, so it is made when an instance is to map it.
    over: OnceLock<Sheet>,
}

impl MemoryImage {
    /// The first state.
    pub(crate) fn first(base: Arc<Sheet>) -> Self {
        Self {
            number: 0,
            size: base.len(),
            base,
            pages: Vec::new(),
            content: Vec::new(),
            pieces: Vec::new(),
            over: OnceLock::new(),
        }
    }

    /// What differs between `memory` and the first state; all that may differ is in `known`.
    pub(crate) fn capture(number: u64, memory: &[u8], known: &Known, base: &Arc<Sheet>) -> Self {
        let differs = |index: &u32| page(memory, *index) != page(base, *index);
        let pages: Vec<u32> = known.0.iter().copied().filter(differs).collect();
        let mut content = Vec::with_capacity(pages.len() * PAGE);
        pages.iter().for_each(|&index| content.extend_from_slice(page(memory, index)));
        let pieces = pieces(&pages);
        let (base, over) = (Arc::clone(base), OnceLock::new());
        Self { number, size: memory.len(), base, pages, content, pieces, over }
    }

    /// Bytes that it keeps, or will when it is mapped.
    pub(crate) fn bytes(&self) -> usize {
        self.mapped() + self.content.len() + self.pages.len() * size_of::<u32>()
    }

    /// Bytes of its pieces.
    fn mapped(&self) -> usize {
        self.pieces.iter().map(|piece| piece.len).sum()
    }

    /// What has to be mapped over the first state.
    ///
    /// # Errors
    ///
    /// When the kernel has no memory for it.
    pub(crate) fn over(&self) -> io::Result<Option<(&Sheet, &[Piece])>> {
        if self.pieces.is_empty() {
            return Ok(None);
        }
        let sheet = match self.over.get() {
            Some(sheet) => sheet,
            // Of two that are made at the same time, one is dropped.
            None => {
                let sheet = self.sheet()?;
                self.over.get_or_init(|| sheet)
            }
        };
        Ok(Some((sheet, &self.pieces)))
    }

    fn sheet(&self) -> io::Result<Sheet> {
        let len = self.mapped();
        let mut bytes = Vec::with_capacity(len);
        for piece in &self.pieces {
            let pages = piece.to / PAGE..(piece.to + piece.len) / PAGE;
            pages.for_each(|index| {
                bytes.extend_from_slice(self.page(u32::try_from(index).unwrap_or(u32::MAX)))
            });
        }
        Sheet::new(len, |file| file.write_all_at(&bytes, 0))
    }

    /// Page `index` of this state.
    fn page(&self, index: u32) -> &Page {
        let own = self.pages.binary_search(&index).ok().and_then(|at| {
            let start = at * PAGE;
            self.content.get(start..start + PAGE)?.try_into().ok()
        });
        own.unwrap_or_else(|| page(&self.base, index))
    }

    /// Brings all of `memory` into this state. `mapped`: what is not in `known` is this state already; otherwise it is the
    /// first one. Returns whether it wrote to a page that is not in `known`.
    pub(crate) fn restore(&self, memory: &mut [u8], known: &Known, mapped: bool) -> bool {
        let mut put = |index: u32| {
            let start = index as usize * PAGE;
            memory[start..start + PAGE].copy_from_slice(self.page(index));
        };
        known.0.iter().for_each(|&index| put(index));
        let mut beyond = false;
        let own = if mapped { &[] } else { self.pages.as_slice() };
        for &index in own.iter().filter(|index| known.0.binary_search(index).is_err()) {
            put(index);
            beyond = true;
        }
        beyond
    }

    /// Gives back the private pages of `memory` that are as this state has them; the memory must be mapped to it. What the
    /// guest sees stays the same, and what it writes next makes a page private again.
    pub(crate) fn share(&self, memory: &mut [u8], grounds: &Grounds) {
        let private = kernel::private_pages(memory.as_ptr().addr(), memory.len() / PAGE).unwrap_or_default();
        let same: Vec<u32> =
            private.into_iter().filter(|&index| page(memory, index) == self.page(index)).collect();
        for run in same.chunk_by(|left, right| right - left == 1) {
            let start = run[0] as usize * PAGE;
            if grounds.forget(memory, start..start + run.len() * PAGE).is_err() {
                return;
            }
        }
    }

    /// Whether a memory is in this state.
    pub(crate) fn is(&self, memory: &[u8]) -> bool {
        let pages = u32::try_from(self.size / PAGE).unwrap_or(u32::MAX);
        memory.len() == self.size && (0..pages).all(|index| page(memory, index) == self.page(index))
    }
}

/// Few runs of pages that hold all of these, with as little as possible between them.
fn pieces(pages: &[u32]) -> Vec<Piece> {
    let mut gaps: Vec<u32> = pages.windows(2).map(|pair| pair[1] - pair[0]).filter(|&gap| gap > 1).collect();
    gaps.sort_unstable_by(|left, right| right.cmp(left));
    // Runs are parted where the distance is larger than the largest one that has to be bridged.
    let bridged = gaps.get(PIECES_MAX - 1).copied().unwrap_or(1);
    let (mut pieces, mut from) = (Vec::new(), 0);
    for run in pages.chunk_by(|left, right| right - left <= bridged) {
        let (Some(&first), Some(&last)) = (run.first(), run.last()) else { continue };
        let len = (last - first + 1) as usize * PAGE;
        pieces.push(Piece { from, to: first as usize * PAGE, len });
        from += len;
    }
    pieces
}

/// Pages of an instance that may be private, in order.
#[derive(Default)]
pub(crate) struct Known(Vec<u32>);

impl Known {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn learn(&mut self, pages: &[u32]) {
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

    fn base() -> Arc<Sheet> {
        let content = memory(&[1, 2, 3, 4, 5]);
        Arc::new(Sheet::new(content.len(), |file| file.write_all_at(&content, 0)).unwrap())
    }

    fn known(pages: &[u32]) -> Known {
        let mut known = Known::default();
        known.learn(pages);
        known
    }

    #[test]
    fn a_state_is_put_back_over_whatever_was_written() {
        let base = base();
        let state = memory(&[1, 20, 3, 40, 5]);
        let image = MemoryImage::capture(7, &state, &known(&[0, 1, 3]), &base);
        assert_eq!((image.pages.as_slice(), image.size), ([1, 3].as_slice(), 5 * PAGE));
        // An instance whose pages 0, 3 and 4 are private and hold anything.
        let mut dirty = memory(&[9, 2, 3, 9, 9]);
        assert!(!image.is(&dirty));
        assert!(image.restore(&mut dirty, &known(&[0, 3, 4]), false), "page 1 is private now");
        assert!(dirty == state && image.is(&dirty));
        let first = MemoryImage::first(base);
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
    fn what_is_mapped_is_the_state_that_is_copied() {
        let state = memory(&[1, 20, 3, 40, 5, 0, 7]);
        let image = MemoryImage::capture(1, &state, &known(&[1, 3, 5, 6]), &base());
        let (sheet, pieces) = image.over().unwrap().unwrap();
        let mut mapped = memory(&[1, 2, 3, 4, 5, 0, 0]);
        for piece in pieces {
            mapped[piece.to..piece.to + piece.len]
                .copy_from_slice(&sheet[piece.from..piece.from + piece.len]);
        }
        assert!(mapped == state);
        let again = image.over().unwrap().unwrap().0;
        assert!(std::ptr::eq(sheet, again), "made once");
        let first = MemoryImage::capture(2, &memory(&[1, 2, 3, 4, 5]), &known(&[0, 4]), &base());
        assert!(first.over().unwrap().is_none());
        // A run of pages that is bridged holds what the first state has between them.
        let scattered: Vec<u32> = (0..40).map(|n| 3 * n).collect();
        let wide = Arc::new(Sheet::new(120 * PAGE, |file| file.write_all_at(&memory(&[6; 120]), 0)).unwrap());
        let mut state = memory(&[6; 120]);
        scattered.iter().for_each(|&index| state[index as usize * PAGE] = 1);
        let image = MemoryImage::capture(3, &state, &known(&scattered), &wide);
        let (sheet, pieces) = image.over().unwrap().unwrap();
        assert!(sheet.len() > scattered.len() * PAGE && pieces.len() <= PIECES_MAX);
        for piece in pieces {
            assert!(sheet[piece.from..piece.from + piece.len] == state[piece.to..piece.to + piece.len]);
        }
    }

    #[test]
    fn pieces_are_few_and_hold_every_page() {
        assert_eq!(pieces(&[]), []);
        let piece =
            |from: usize, to: usize, len: usize| Piece { from: from * PAGE, to: to * PAGE, len: len * PAGE };
        assert_eq!(pieces(&[3, 4, 9]), [piece(0, 3, 2), piece(2, 9, 1)]);
        let scattered: Vec<u32> = (0..400).map(|n| n * n / 40 + n).collect();
        let found = pieces(&scattered);
        assert!(found.len() <= PIECES_MAX, "{found:?}");
        for &page in &scattered {
            let at = page as usize * PAGE;
            assert!(found.iter().any(|piece| (piece.to..piece.to + piece.len).contains(&at)), "{page}");
        }
        assert!(found.windows(2).all(|pair| pair[0].to + pair[0].len < pair[1].to));
    }

    #[test]
    fn pages_are_learned_once() {
        let mut known = known(&[4, 2]);
        known.learn(&[3, 4]);
        assert_eq!(known.0, [2, 3, 4]);
    }
}
