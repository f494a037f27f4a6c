//! Splits the interpreter's module in two: code without data, to be compiled, and the initial image of its memory.
//!
//! Instances map that image (`linear_memory.rs`) instead of copying data. This relies on a property that `invariants.rs` checks:
//! all data are placed when an instance is created, none by an instruction.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use wasmparser::{DataKind, Operator, Parser, Payload};

use super::linear_memory::MemoryFile;
use crate::error::SandboxError;

const DATA: u8 = 11;
const DATA_COUNT: u8 = 12;
const WASM_PAGE: u64 = 65_536;
/// Longest run of zeros that is written rather than left out: a page.
const GAP_BYTES_MAX: u64 = 4_096;
/// Size in bytes beyond which a write is not extended.
const RUN_BYTES_MAX: usize = 1 << 20;

/// A data segment and its position in the memory in bytes.
struct DataSegment<'a> {
    offset: u64,
    data: &'a [u8],
}

/// Returns the module without its data.
///
/// # Errors
///
/// [`SandboxError::Interpreter`] when it is not a module.
pub(crate) fn code_of(wasm: &[u8]) -> Result<Vec<u8>, SandboxError> {
    let mut code = wasm.get(..8).ok_or_else(|| broken("it is no module"))?.to_vec();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.map_err(|error| broken(&error.to_string()))?;
        if let Some((id, range)) = payload.as_section()
            && id != DATA
            && id != DATA_COUNT
        {
            code.push(id);
            push_length(&mut code, range.len());
            code.extend_from_slice(&wasm[range]);
        }
    }
    Ok(code)
}

/// Returns the module's memory as it is in every new instance.
///
/// # Errors
///
/// [`SandboxError::Interpreter`] when it is not a module, or does not have exactly one memory with all data in it.
pub(super) fn memory_of(wasm: &[u8]) -> Result<MemoryFile, SandboxError> {
    let (mut memories, mut sections) = (Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.map_err(|error| broken(&error.to_string()))? {
            Payload::MemorySection(section) => memories.extend(section),
            Payload::DataSection(section) => sections.extend(section),
            _ => {}
        }
    }
    let [Ok(memory)] = memories.as_slice() else { return Err(broken("it does not have one memory")) };
    let bytes = memory.initial.checked_mul(WASM_PAGE).and_then(|bytes| usize::try_from(bytes).ok());
    let bytes = bytes.filter(|&bytes| bytes > 0).ok_or_else(|| broken("its memory has no size"))?;
    let mut segments = Vec::with_capacity(sections.len());
    for segment in sections {
        let segment = segment.map_err(|error| broken(&error.to_string()))?;
        let offset = match segment.kind {
            DataKind::Active { memory_index: 0, offset_expr } => offset_expr.get_operators_reader().read(),
            // Only an instruction could place these, and there is none.
            DataKind::Passive => continue,
            DataKind::Active { .. } => return Err(broken("its data are for another memory")),
        };
        let Ok(Operator::I32Const { value }) = offset else {
            return Err(broken("its data have no fixed position"));
        };
        let offset = u64::from(value.cast_unsigned());
        if offset + segment.data.len() as u64 > bytes as u64 {
            return Err(broken("its data do not fit its memory"));
        }
        segments.push(DataSegment { offset, data: segment.data });
    }
    MemoryFile::new(bytes, |file| fill(file, &segments))
        .map_err(|error| SandboxError::Engine(format!("no file in memory for the initial image: {error}")))
}

fn broken(what: &str) -> SandboxError {
    SandboxError::Interpreter(what.to_owned())
}

/// Writes segments to their positions, in order. A snapshot has thousands of them with short gaps of zeros; segments within a
/// page of each other are written at once.
fn fill(file: &File, segments: &[DataSegment<'_>]) -> io::Result<()> {
    let (mut start, mut run) = (0, Vec::new());
    for &DataSegment { offset, data } in segments {
        let end = start + run.len() as u64;
        let near = offset >= end && offset - end <= GAP_BYTES_MAX && run.len() < RUN_BYTES_MAX;
        if !near {
            file.write_all_at(&run, start)?;
            start = offset;
            run.clear();
        }
        run.resize((offset - start) as usize, 0);
        run.extend_from_slice(data);
    }
    file.write_all_at(&run, start)
}

/// Appends an unsigned LEB128 number.
fn push_length(code: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        code.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    code.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_are_where_they_would_be_and_nowhere_else() {
        let text = "(module (memory (export \"m\") 2) (func (export \"f\") (result i32) (i32.const 300))
            (data (i32.const 5) \"abc\") (data (i32.const 70000) \"z\"))";
        let wasm = wat::parse_str(text).unwrap();
        let (code, memory) = (code_of(&wasm).unwrap(), memory_of(&wasm).unwrap());
        assert_eq!(memory.len(), 131_072);
        assert_eq!((&memory[4..9], memory[70_000]), (b"\0abc\0".as_slice(), b'z'));
        assert_eq!(memory.iter().filter(|&&byte| byte != 0).count(), 4);
        let module = wasmtime::Module::new(&wasmtime::Engine::default(), &code).unwrap();
        assert_eq!(module.exports().count(), 2);
        assert!(!code.windows(3).any(|window| window == b"abc"));
    }

    #[test]
    fn data_in_any_order_end_as_if_each_were_placed_alone() {
        let places = [9, 4_110, 4_100, 4_099, 60_000, 9_000, 13_099, 13_097, 65_535, 0];
        let segments = places.iter().map(|place| format!("(data (i32.const {place}) \"{place:05}\")"));
        let text = format!("(module (memory 2) {})", segments.collect::<String>());
        let mut expected = vec![0; 131_072];
        for place in places {
            expected[place..place + 5].copy_from_slice(format!("{place:05}").as_bytes());
        }
        assert_eq!(&memory_of(&wat::parse_str(text).unwrap()).unwrap()[..], expected);
    }

    #[test]
    fn a_module_that_cannot_be_taken_apart_is_an_error() {
        let found =
            |text: &str| memory_of(&wat::parse_str(text).unwrap()).err().map(|error| error.to_string());
        assert!(found("(module)").unwrap().contains("one memory"));
        assert!(found("(module (memory 0))").unwrap().contains("no size"));
        assert!(found("(module (memory 1) (data (i32.const 65536) \"a\"))").unwrap().contains("do not fit"));
        let moved = "(module (import \"a\" \"b\" (global $g i32)) (memory 1) (data (global.get $g) \"a\"))";
        assert!(found(moved).unwrap().contains("no fixed position"));
        assert!(memory_of(b"\0asm").is_err() && code_of(b"\0asm").is_err());
    }
}
