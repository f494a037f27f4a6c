//! The kernel's search for pages of a kind, available since Linux 6.7. It skips pages that are not wanted, so it takes a fraction of
//! the time of reading one number per page.
//!
//! This is one of the three files with `unsafe`. What makes it sound: the request says where the regions are written and how many
//! there is room for, both taken from a slice that is borrowed until the kernel has answered; the call changes nothing else.

#![expect(unsafe_code, reason = "the kernel writes regions here; see the module for what makes it sound")]

use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::ptr;

use rustix::ioctl::{Ioctl, IoctlOutput, Opcode, ioctl, opcode};

/// Kinds of pages, as bit masks.
const FILE: u64 = 1 << 2;
const PRESENT: u64 = 1 << 3;
const SWAPPED: u64 = 1 << 4;

/// Maximum number of regions that one call reports.
const REGIONS: usize = 256;

/// `struct pm_scan_arg` of the kernel.
#[repr(C)]
#[derive(Debug, Default)]
struct ScanRequest {
    size: u64,
    flags: u64,
    start: u64,
    end: u64,
    /// The address at which the kernel stopped: the end, or the point from which there was no room for another region.
    walk_end: u64,
    regions: u64,
    regions_len: u64,
    max_pages: u64,
    inverted: u64,
    all_of: u64,
    any_of: u64,
    returned: u64,
}

/// `struct page_region` of the kernel: a range of addresses, and the kinds of its pages.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
struct ScannedRegion {
    start: u64,
    end: u64,
    kinds: u64,
}

/// Passes to `found`, in order, each range within `addresses` whose pages are present or swapped out and belong to no file.
///
/// # Errors
///
/// When this kernel has no such search, or refuses it.
pub(super) fn anonymous_pages(
    pagemap: &File,
    addresses: Range<u64>,
    mut found: impl FnMut(Range<u64>),
) -> io::Result<()> {
    let mut regions = [ScannedRegion::default(); REGIONS];
    let mut start = addresses.start;
    while start < addresses.end {
        let request = ScanRequest {
            size: size_of::<ScanRequest>() as u64,
            start,
            end: addresses.end,
            regions: regions.as_mut_ptr().expose_provenance() as u64,
            regions_len: REGIONS as u64,
            inverted: FILE,
            all_of: FILE,
            any_of: PRESENT | SWAPPED,
            returned: PRESENT | SWAPPED,
            ..ScanRequest::default()
        };
        let (count, stopped) = scan(pagemap, request)?;
        regions[..count.min(REGIONS)].iter().for_each(|region| found(region.start..region.end));
        if stopped <= start {
            return Err(io::Error::other("the search for pages does not advance"));
        }
        start = stopped;
    }
    Ok(())
}

/// Returns the number of regions that the kernel wrote, and the address where it stopped.
fn scan(pagemap: &File, mut request: ScanRequest) -> io::Result<(usize, u64)> {
    // SAFETY: the file is open, and the slice that the request points to is alive in the caller.
    let count = unsafe { ioctl(pagemap, PagemapScan(&mut request))? };
    Ok((count, request.walk_end))
}

/// The kernel's operation `PAGEMAP_SCAN`. Its output is the number of regions.
struct PagemapScan<'a>(&'a mut ScanRequest);

// SAFETY: the operation reads and writes a request of this size, and writes the regions that it points to.
unsafe impl Ioctl for PagemapScan<'_> {
    type Output = usize;

    const IS_MUTATING: bool = true;

    fn opcode(&self) -> Opcode {
        opcode::read_write::<ScanRequest>(b'f', 16)
    }

    fn as_ptr(&mut self) -> *mut c_void {
        ptr::from_mut(self.0).cast()
    }

    unsafe fn output_from_ptr(output: IoctlOutput, _: *mut c_void) -> rustix::io::Result<usize> {
        usize::try_from(output).map_err(|_| rustix::io::Errno::IO)
    }
}
