//! Tests of memory files, and of memories without an engine around them.

#![expect(unsafe_code, reason = "a memory is looked at without an engine")]

use std::os::unix::fs::FileExt;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use wasmtime::{Config, Engine, Instance, Module, Store};

use super::*;
use crate::memory::image::{MemoryImage, PrivatePages};
use crate::memory::pagemap::{lists_private_pages, private_pages};

const PAGE: usize = 4096;

fn memory_file(bytes: &[u8]) -> MemoryFile {
    let content: Vec<u8> = bytes.iter().flat_map(|&byte| [byte; PAGE]).collect();
    MemoryFile::new(content.len(), |file| file.write_all_at(&content, 0)).unwrap()
}

/// Returns the first byte of each page of a memory.
fn firsts(memory: &[u8]) -> Vec<u8> {
    memory.chunks(PAGE).map(|page| page[0]).collect()
}

fn creator() -> CowMemoryCreator {
    let creator = CowMemoryCreator::default();
    creator.set_initial_image(Arc::new(memory_file(&[1, 2, 3, 4])));
    creator
}

/// Returns a memory of 4 pages in a region of 8.
fn memory(creator: &CowMemoryCreator) -> Box<dyn LinearMemory> {
    creator.new_memory(MemoryType::new(0, None), 4 * PAGE, None, Some(8 * PAGE), PAGE).unwrap()
}

fn slice(memory: &mut dyn LinearMemory) -> &mut [u8] {
    // SAFETY: nothing else has this memory.
    unsafe { std::slice::from_raw_parts_mut(memory.as_ptr(), memory.byte_size()) }
}

#[test]
fn a_memory_file_is_sealed() {
    let sealed = memory_file(&[7]);
    assert_eq!(sealed[PAGE - 1], 7);
    assert!(sealed.file.write_all_at(&[1], 0).is_err());
    assert!(sealed.file.set_len(0).is_err());
}

#[test]
fn memories_share_the_initial_image_and_nothing_that_they_write() {
    let creator = creator();
    let (mut one, mut other) = (memory(&creator), memory(&creator));
    slice(&mut *one)[0] = 9;
    assert_eq!(firsts(slice(&mut *one)), [9, 2, 3, 4]);
    assert_eq!(firsts(slice(&mut *other)), [1, 2, 3, 4]);
}

#[test]
fn a_mapped_image_replaces_everything() {
    let creator = creator();
    let mut memory = memory(&creator);
    memory.grow_to(6 * PAGE).unwrap();
    assert_eq!(firsts(slice(&mut *memory)), [1, 2, 3, 4, 0, 0]);
    slice(&mut *memory).fill(9);
    let over = memory_file(&[11, 12, 13]);
    let extents = [
        MemoryExtent { file_offset: PAGE, memory_offset: 0, len: PAGE },
        MemoryExtent { file_offset: 0, memory_offset: 3 * PAGE, len: PAGE },
        MemoryExtent { file_offset: 2 * PAGE, memory_offset: 4 * PAGE, len: PAGE },
    ];
    creator.map_image(slice(&mut *memory), Some((&over, &extents))).unwrap();
    assert_eq!(firsts(slice(&mut *memory)), [12, 2, 3, 11, 13, 0]);
    slice(&mut *memory).fill(8);
    assert_eq!(firsts(&over), [11, 12, 13]);
    creator.decommit(slice(&mut *memory), PAGE..5 * PAGE).unwrap();
    assert_eq!(firsts(slice(&mut *memory)), [8, 2, 3, 11, 13, 8]);
    creator.map_image(slice(&mut *memory), None).unwrap();
    assert_eq!(firsts(slice(&mut *memory)), [1, 2, 3, 4, 0, 0]);
}

#[test]
fn an_extent_that_does_not_fit_is_refused() {
    let creator = creator();
    let mut memory = memory(&creator);
    let over = memory_file(&[1]);
    for extent in [
        MemoryExtent { file_offset: 0, memory_offset: 4 * PAGE, len: PAGE },
        MemoryExtent { file_offset: PAGE, memory_offset: 0, len: PAGE },
        MemoryExtent { file_offset: 0, memory_offset: usize::MAX, len: PAGE },
    ] {
        assert!(creator.map_image(slice(&mut *memory), Some((&over, &[extent]))).is_err(), "{extent:?}");
    }
    let mut foreign = vec![0; 4 * PAGE];
    assert!(
        creator.map_image(&mut foreign, None).is_err() && creator.decommit(&mut foreign, 0..PAGE).is_err()
    );
    assert!(creator.decommit(slice(&mut *memory), 3 * PAGE..5 * PAGE).is_err());
    assert!(creator.decommit(slice(&mut *memory), 1..PAGE).is_err());
    assert!(memory.grow_to(9 * PAGE).is_err());
}

#[test]
fn the_engine_stops_a_guest_at_the_end_of_its_memory() {
    let mut config = Config::new();
    config.with_host_memory(Arc::new(CowMemoryCreator::default()));
    let engine = Engine::new(&config).unwrap();
    let text = "(module (memory (export \"m\") 1)
        (func (export \"peek\") (param i32) (result i32) (i32.load8_u (local.get 0)))
        (func (export \"grow\") (result i32) (memory.grow (i32.const 1))))";
    let module = Module::new(&engine, wat::parse_str(text).unwrap()).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let peek = instance.get_typed_func::<i32, i32>(&mut store, "peek").unwrap();
    let grow = instance.get_typed_func::<(), i32>(&mut store, "grow").unwrap();
    assert_eq!(peek.call(&mut store, 65_535).unwrap(), 0);
    for beyond in [65_536, 131_071, i32::MAX, -1] {
        let trap = peek.call(&mut store, beyond).unwrap_err();
        assert_eq!(trap.downcast_ref::<wasmtime::Trap>(), Some(&wasmtime::Trap::MemoryOutOfBounds));
    }
    assert_eq!(grow.call(&mut store, ()).unwrap(), 1);
    assert_eq!(peek.call(&mut store, 131_071).unwrap(), 0);
    assert!(peek.call(&mut store, 131_072).is_err());
}

/// Advice to the kernel that changes no byte of a memory, and where its pages are or what they are made of.
const ADVICE: [(&str, i32); 6] = [
    ("MADV_HUGEPAGE", 14),
    ("MADV_COLLAPSE", 25),
    ("MADV_MERGEABLE", 12),
    ("MADV_PAGEOUT", 21),
    ("MADV_COLD", 20),
    ("MADV_NOHUGEPAGE", 15),
];

/// The system call itself: the library has no name for all advice.
mod raw {
    unsafe extern "C" {
        pub(super) fn madvise(address: *mut u8, len: usize, advice: i32) -> i32;
    }
}

/// Starts another process by a real fork, which write-protects the pages of this one.
fn fork() {
    let mut command = Command::new("true");
    // SAFETY: the closure does nothing; it keeps the standard library from starting the process without a fork.
    unsafe { command.pre_exec(|| Ok(())) };
    assert!(command.status().unwrap().success());
}

/// Carries the claims of `pagemap.rs`, which the reuse of instances relies on.
#[test]
fn a_written_page_is_listed_whoever_makes_merges_moves_or_swaps_pages() {
    const SIZE: usize = 32 << 20;
    if !lists_private_pages() {
        println!(
            "SKIPPED a_written_page_is_listed_whoever_makes_merges_moves_or_swaps_pages: this kernel does not tell"
        );
        return;
    }
    let content = Arc::new(memory_file(&[1, 2, 3, 4]));
    let creator = CowMemoryCreator::default();
    creator.set_initial_image(Arc::clone(&content));
    let mut memory =
        creator.new_memory(MemoryType::new(0, None), 4 * PAGE, None, Some(2 * SIZE), PAGE).unwrap();
    memory.grow_to(SIZE).unwrap();
    let address = memory.as_ptr().addr();
    let image = MemoryImage::capture(1, slice(&mut *memory), &PrivatePages::default(), &content);
    let mut number = 1_usize;
    for (name, advice) in ADVICE {
        let (stop, taken) = (AtomicBool::new(false), AtomicUsize::new(0));
        thread::scope(|scope| {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let at = std::ptr::with_exposed_provenance_mut(address);
                    // SAFETY: the memory is alive until the scope ends, and this advice changes nothing that it holds.
                    let advised = unsafe { raw::madvise(at, SIZE, advice) };
                    taken.fetch_add(usize::from(advised == 0), Ordering::Relaxed);
                    thread::yield_now();
                }
            });
            for round in 0..30_u8 {
                let bytes = slice(&mut *memory);
                let mut written = Vec::new();
                for _ in 0..300 {
                    number = number
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1_442_695_040_888_963_407);
                    // Some close to each other, as the pages of a heap are.
                    let page =
                        ((number >> 33) % (SIZE / PAGE)) & if round % 2 == 0 { usize::MAX } else { 0x1ff };
                    bytes[page * PAGE + 17] = round + 7;
                    written.push(u32::try_from(page).unwrap());
                }
                if round % 10 == 0 {
                    fork();
                }
                let listed = private_pages(address, SIZE / PAGE).unwrap();
                let missing: Vec<&u32> =
                    written.iter().filter(|page| listed.binary_search(page).is_err()).collect();
                assert!(missing.is_empty(), "{name}: {missing:?} of {} pages are not listed", written.len());
                let mut private = PrivatePages::default();
                private.insert(&listed);
                image.restore(bytes, &private, false);
                assert!(image.is(bytes), "{name}: the memory was not put back");
            }
            stop.store(true, Ordering::Relaxed);
        });
        println!("{name} was taken {} times", taken.into_inner());
    }
}
