//! Sheets, and memories without an engine around them.

#![expect(unsafe_code, reason = "a memory is looked at without an engine")]

use std::os::unix::fs::FileExt;

use wasmtime::{Config, Engine, Instance, Module, Store};

use super::*;

const PAGE: usize = 4096;

fn sheet(bytes: &[u8]) -> Sheet {
    let content: Vec<u8> = bytes.iter().flat_map(|&byte| [byte; PAGE]).collect();
    Sheet::new(content.len(), |file| file.write_all_at(&content, 0)).unwrap()
}

/// First bytes of the pages of a memory.
fn firsts(memory: &[u8]) -> Vec<u8> {
    memory.chunks(PAGE).map(|page| page[0]).collect()
}

fn grounds() -> Grounds {
    let grounds = Grounds::default();
    grounds.begin_with(Arc::new(sheet(&[1, 2, 3, 4])));
    grounds
}

/// A memory of 4 pages in a region of 8.
fn ground(grounds: &Grounds) -> Box<dyn LinearMemory> {
    grounds.new_memory(MemoryType::new(0, None), 4 * PAGE, None, Some(8 * PAGE), PAGE).unwrap()
}

fn slice(memory: &mut dyn LinearMemory) -> &mut [u8] {
    // SAFETY: nothing else has this memory.
    unsafe { std::slice::from_raw_parts_mut(memory.as_ptr(), memory.byte_size()) }
}

#[test]
fn a_sheet_is_sealed() {
    let sheet = sheet(&[7]);
    assert_eq!(sheet[PAGE - 1], 7);
    assert!(sheet.file.write_all_at(&[1], 0).is_err());
    assert!(sheet.file.set_len(0).is_err());
}

#[test]
fn memories_share_the_first_state_and_nothing_that_they_write() {
    let grounds = grounds();
    let (mut one, mut other) = (ground(&grounds), ground(&grounds));
    slice(&mut *one)[0] = 9;
    assert_eq!(firsts(slice(&mut *one)), [9, 2, 3, 4]);
    assert_eq!(firsts(slice(&mut *other)), [1, 2, 3, 4]);
}

#[test]
fn what_is_laid_replaces_everything() {
    let grounds = grounds();
    let mut memory = ground(&grounds);
    memory.grow_to(6 * PAGE).unwrap();
    assert_eq!(firsts(slice(&mut *memory)), [1, 2, 3, 4, 0, 0]);
    slice(&mut *memory).fill(9);
    let over = sheet(&[11, 12, 13]);
    let pieces = [
        Piece { from: PAGE, to: 0, len: PAGE },
        Piece { from: 0, to: 3 * PAGE, len: PAGE },
        Piece { from: 2 * PAGE, to: 4 * PAGE, len: PAGE },
    ];
    grounds.lay(slice(&mut *memory), Some((&over, &pieces))).unwrap();
    assert_eq!(firsts(slice(&mut *memory)), [12, 2, 3, 11, 13, 0]);
    slice(&mut *memory).fill(8);
    assert_eq!(firsts(&over), [11, 12, 13]);
    grounds.forget(slice(&mut *memory), PAGE..5 * PAGE).unwrap();
    assert_eq!(firsts(slice(&mut *memory)), [8, 2, 3, 11, 13, 8]);
    grounds.lay(slice(&mut *memory), None).unwrap();
    assert_eq!(firsts(slice(&mut *memory)), [1, 2, 3, 4, 0, 0]);
}

#[test]
fn what_does_not_fit_is_refused() {
    let grounds = grounds();
    let mut memory = ground(&grounds);
    let over = sheet(&[1]);
    for piece in [
        Piece { from: 0, to: 4 * PAGE, len: PAGE },
        Piece { from: PAGE, to: 0, len: PAGE },
        Piece { from: 0, to: usize::MAX, len: PAGE },
    ] {
        assert!(grounds.lay(slice(&mut *memory), Some((&over, &[piece]))).is_err(), "{piece:?}");
    }
    let mut foreign = vec![0; 4 * PAGE];
    assert!(grounds.lay(&mut foreign, None).is_err() && grounds.forget(&mut foreign, 0..PAGE).is_err());
    assert!(grounds.forget(slice(&mut *memory), 3 * PAGE..5 * PAGE).is_err());
    assert!(grounds.forget(slice(&mut *memory), 1..PAGE).is_err());
    assert!(memory.grow_to(9 * PAGE).is_err());
}

#[test]
fn the_engine_stops_a_guest_at_the_end_of_its_memory() {
    let mut config = Config::new();
    config.with_host_memory(Arc::new(Grounds::default()));
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
