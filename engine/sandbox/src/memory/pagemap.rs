//! Private pages of this process and page faults of a thread, as the kernel reports them.
//!
//! Pages are read from a file below `/proc`, as numbers, so nothing here is `unsafe`. A page of an instance's memory is
//! shared with the interpreter's image (or does not exist) until something writes to it; the first write is a page fault
//! that gives the instance a private copy. So: a page that is not private is as it was when the instance was made, and a
//! run during which its thread had no page fault has made no page private.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;

use nix::sys::resource::{UsageWho, getrusage};

/// Bytes of a page. On a machine with other pages no instance is used again.
pub(crate) const PAGE: usize = 4096;

/// Bits of an entry of `/proc/self/pagemap`.
const PRESENT: u64 = 1 << 63;
const SWAPPED: u64 = 1 << 62;
const FILE_BACKED: u64 = 1 << 61;

/// The reports that this kernel gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PagemapSupport {
    /// Private pages can be listed.
    pub(crate) pages: bool,
    /// A run without page faults has made no page private. Not so where the kernel makes huge pages on its own.
    pub(crate) faults: bool,
}

impl PagemapSupport {
    pub(crate) fn of_this_machine() -> Self {
        let probe = vec![1u8; 3 * PAGE];
        let inner = probe.as_ptr().addr().next_multiple_of(PAGE);
        let pages =
            page_size() == Some(PAGE as u64) && private_pages(inner, 1).is_some_and(|private| private == [0]);
        let huge = fs::read_to_string("/sys/kernel/mm/transparent_hugepage/enabled");
        let huge_alone = huge.is_ok_and(|text| text.contains("[always]"));
        Self { pages, faults: pages && !huge_alone && page_faults().is_some() }
    }
}

fn page_size() -> Option<u64> {
    const AT_PAGESZ: u64 = 6;
    let auxv = fs::read("/proc/self/auxv").ok()?;
    let mut words = auxv.chunks_exact(8).map(|word| u64::from_ne_bytes(word.try_into().unwrap_or_default()));
    while let (Some(key), Some(value)) = (words.next(), words.next()) {
        if key == AT_PAGESZ {
            return Some(value);
        }
    }
    None
}

/// Returns the indices of the private pages among the `count` pages from address `start` on, in order. `None` when the
/// kernel does not report them.
pub(crate) fn private_pages(start: usize, count: usize) -> Option<Vec<u32>> {
    // Opened each time: after a fork of the process, the descriptor would still mean the parent.
    let pagemap = File::open("/proc/self/pagemap").ok()?;
    let mut entries = vec![0; count * 8];
    pagemap.read_exact_at(&mut entries, (start / PAGE * 8) as u64).ok()?;
    let is_private = |entry: &[u8]| {
        let entry = u64::from_ne_bytes(entry.try_into().unwrap_or([0xff; 8]));
        entry & (PRESENT | SWAPPED) != 0 && entry & FILE_BACKED == 0
    };
    let pages = (0u32..).zip(entries.chunks_exact(8));
    Some(pages.filter(|(_, entry)| is_private(entry)).map(|(page, _)| page).collect())
}

/// Returns the number of page faults of this thread so far. `None` when the kernel does not report it.
pub(crate) fn page_faults() -> Option<u64> {
    let usage = getrusage(UsageWho::RUSAGE_THREAD).ok()?;
    u64::try_from(usage.minor_page_faults() + usage.major_page_faults()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_is_written_is_private_and_a_fault() {
        if !PagemapSupport::of_this_machine().faults {
            println!("SKIPPED a_page_that_is_written_is_private_and_a_fault: this kernel does not tell");
            return;
        }
        // Large enough to be mapped anew, so that its pages do not exist before they are written.
        let mut bytes = vec![0u8; 64 << 20];
        let first = bytes.as_ptr().addr().next_multiple_of(PAGE) - bytes.as_ptr().addr();
        let base = bytes.as_ptr().addr() + first;
        let before = page_faults().unwrap();
        for page in [3, 700, 5_000] {
            bytes[first + page * PAGE + 17] = 1;
        }
        assert!(page_faults().unwrap() >= before + 3);
        assert_eq!(private_pages(base, 8_000).unwrap(), [3, 700, 5_000]);
    }
}
