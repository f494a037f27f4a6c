//! Private pages of this process, as the kernel reports them.
//!
//! Pages are found by `pagemap_scan.rs` or, on kernels without that search, by reading one number per page from a file below `/proc`. A
//! page of an instance's memory is shared with the interpreter's image (or does not exist) until something writes to it; the first write
//! gives the instance an anonymous page of its own. So a page that is not anonymous when the guest has returned is as it was when the
//! instance was mapped.
//!
//! This is all that the reuse of instances relies on, and it holds regardless of who creates, merges, moves, swaps or drops pages:
//! - The kernel never writes a guest's bytes into a page of a file that is mapped privately, so bytes that a guest wrote are in an
//!   anonymous page, or in swap, until the range is mapped anew or its pages are dropped.
//! - A huge page made by the kernel's own thread or by `MADV_COLLAPSE` is anonymous as a whole, and so are all entries for it.
//! - Pages that samepage merging shares, that are being migrated, that were swapped out, that are write-protected after a fork, and
//!   poisoned pages are all listed, as anonymous or as swapped.
//! - A dropped page (`MADV_DONTNEED`, `MADV_FREE`) shows the mapped image again, which is the state it should have.
//! - Listing takes long enough for pages to change meanwhile, but none of these changes turns an anonymous page into a shared one with
//!   other bytes, so a page that the guest wrote is listed whenever its entry is read.
//!
//! Nothing is concluded from page faults: a huge page can appear without one, and its pages are then written without one.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::process;
use std::sync::OnceLock;

use super::pagemap_scan::anonymous_pages;

/// Size of a page in bytes. On a machine with another page size, instances are not reused.
pub(crate) const PAGE: usize = 4096;

/// Bits of an entry in `/proc/self/pagemap`.
const PRESENT: u64 = 1 << 63;
const SWAPPED: u64 = 1 << 62;
const FILE_BACKED: u64 = 1 << 61;

/// Returns whether this kernel lists private pages, including one that was just written.
pub(crate) fn lists_private_pages() -> bool {
    let probe = vec![1u8; 3 * PAGE];
    let inner = probe.as_ptr().addr().next_multiple_of(PAGE);
    page_size() == Some(PAGE as u64) && private_pages(inner, 1).is_some_and(|private| private == [0])
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

/// Returns the indices of the private pages among the `count` pages from address `start` on, in order; `None` if the kernel does not
/// report them.
pub(crate) fn private_pages(start: usize, count: usize) -> Option<Vec<u32>> {
    let pagemap = open_pagemap()?;
    searched(pagemap, start, count).or_else(|| listed(pagemap, start, count))
}

/// Opens the file that lists pages, once, because a hardened process of an ordinary user cannot open it later. Returns `None` if it
/// cannot be opened, and after a fork of the process, when the descriptor would still refer to the parent.
pub(crate) fn open_pagemap() -> Option<&'static File> {
    static PAGEMAP: OnceLock<Option<(u32, File)>> = OnceLock::new();
    let opened = PAGEMAP.get_or_init(|| Some((process::id(), File::open("/proc/self/pagemap").ok()?)));
    opened.as_ref().filter(|(owner, _)| *owner == process::id()).map(|(_, file)| file)
}

/// Returns the private pages that the kernel's search finds; `None` if the kernel has no search for pages.
fn searched(pagemap: &File, start: usize, count: usize) -> Option<Vec<u32>> {
    let (first, len) = (start as u64, (count * PAGE) as u64);
    let mut pages = Vec::new();
    let page = |address: u64| u32::try_from((address - first) / PAGE as u64).unwrap_or(u32::MAX);
    anonymous_pages(pagemap, first..first + len, |range| pages.extend(page(range.start)..page(range.end)))
        .ok()?;
    Some(pages)
}

/// Returns the private pages, determined from the entries of all pages.
fn listed(pagemap: &File, start: usize, count: usize) -> Option<Vec<u32>> {
    let mut entries = vec![0; count * 8];
    pagemap.read_exact_at(&mut entries, (start / PAGE * 8) as u64).ok()?;
    let is_private = |entry: &[u8]| {
        let entry = u64::from_ne_bytes(entry.try_into().unwrap_or([0xff; 8]));
        entry & (PRESENT | SWAPPED) != 0 && entry & FILE_BACKED == 0
    };
    let pages = (0u32..).zip(entries.chunks_exact(8));
    Some(pages.filter(|(_, entry)| is_private(entry)).map(|(page, _)| page).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_is_written_is_private() {
        if !lists_private_pages() {
            println!("SKIPPED a_page_that_is_written_is_private: this kernel does not tell");
            return;
        }
        // Large enough to be mapped separately, so that its pages do not exist before they are written.
        let mut bytes = vec![0u8; 64 << 20];
        let first = bytes.as_ptr().addr().next_multiple_of(PAGE) - bytes.as_ptr().addr();
        let base = bytes.as_ptr().addr() + first;
        for page in [3, 700, 5_000] {
            bytes[first + page * PAGE + 17] = 1;
        }
        let private = private_pages(base, 8_000).unwrap();
        let pagemap = File::open("/proc/self/pagemap").unwrap();
        assert_eq!(listed(&pagemap, base, 8_000).unwrap(), private);
        match searched(&pagemap, base, 8_000) {
            Some(found) => assert_eq!(found, private),
            None => println!("SKIPPED the search for pages: this kernel has none"),
        }
        assert!([3, 700, 5_000].iter().all(|page| private.contains(page)), "{private:?}");
    }
}
