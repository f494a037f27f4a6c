//! The place in Python code at which a limit stopped the interpreter, read from its memory.
//!
//! CPython describes its own structures for such readers in a table of offsets that begins with a cookie (`_Py_DebugOffsets`). The frames
//! of the current thread lead from there to files and lines. Everything that is read is under the guest's control: every address is
//! checked, every walk and text is bounded, and the result is a text for people that decides nothing. The same guest stops at the same
//! place.

use serde::{Deserialize, Serialize};

/// The beginning of the table.
const COOKIE: &[u8; 8] = b"xdebugpy";
/// The version of CPython whose table this file knows, without the patch release.
const VERSION: u64 = 0x030d;
/// Maximum number of frames that are examined, starting with the innermost one.
const FRAMES_MAX: usize = 2_000;
/// Maximum number of bytes read from a line table.
const LINES_BYTES_MAX: usize = 1 << 20;
/// Maximum number of characters of a name or a path.
const TEXT_CHARS_MAX: usize = 200;
/// Files that do not belong to the program: the library, and the Python code of this project.
const LIBRARIES: [&str; 9] = [
    "<frozen",
    "<hyperspace>",
    "/usr/",
    "/sdk/",
    "/bridge/",
    "/session/",
    "/.python/",
    "/packages/",
    "/science/",
];

/// A place in Python code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodePlace {
    /// The function, as `Class.method`; `<module>` outside of one.
    pub function: String,
    /// The file, as tracebacks name it.
    pub file: String,
    /// The line, starting at 1; 0 if it is not known.
    pub line: u64,
}

impl std::fmt::Display for CodePlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { function, file, line } = self;
        let name = file.strip_prefix("/repo/").unwrap_or(file);
        match function.as_str() {
            "<module>" => write!(f, "at line {line} of {name}"),
            _ => write!(f, "in {function}, line {line} of {name}"),
        }
    }
}

/// Formats nanoseconds of a guest's clock, or the equivalent fuel, as seconds with one decimal.
#[must_use]
pub fn virtual_seconds(ns: u64) -> String {
    format!("{}.{}", ns / 1_000_000_000, ns / 100_000_000 % 10)
}

/// Returns the address of the table in the memory of a newly made interpreter; `None` for any other guest.
pub(crate) fn find_table(memory: &[u8]) -> Option<usize> {
    memory.windows(COOKIE.len()).position(|window| window == COOKIE)
}

/// Returns the innermost place in code of the program or, if there is none, of a library.
pub(crate) fn read(memory: &[u8], table: usize) -> Option<CodePlace> {
    let reader = Reader { memory, table };
    if reader.bytes(table, 8)? != COOKIE || reader.u64_at(table + 8)? >> 16 != VERSION {
        return None;
    }
    let mut frame = reader.current_frame()?;
    let mut found = None;
    for _ in 0..FRAMES_MAX {
        if frame == 0 {
            break;
        }
        if let Some(file) = reader.file_of(frame) {
            let is_own = !LIBRARIES.iter().any(|library| file.starts_with(library));
            if is_own || found.is_none() {
                found = Some(frame);
            }
            if is_own {
                break;
            }
        }
        frame = reader.pointer(frame + reader.offset(Field::FramePrevious)?)?;
    }
    // Done for one frame only: a line table is long.
    reader.place_of(found?)
}

/// Entries of the table, by their position in units of 8 bytes.
#[derive(Clone, Copy)]
enum Field {
    RuntimeInterpreters = 5,
    InterpreterThreads = 9,
    ThreadFrame = 23,
    FramePrevious = 29,
    FrameExecutable = 30,
    FrameInstruction = 31,
    FrameOwner = 33,
    CodeFile = 35,
    CodeQualifiedName = 37,
    CodeLines = 38,
    CodeFirstLine = 39,
    CodeInstructions = 43,
    BytesSize = 65,
    BytesText = 66,
    TextState = 68,
    TextLength = 69,
    TextAscii = 70,
}

struct Reader<'a> {
    memory: &'a [u8],
    table: usize,
}

impl Reader<'_> {
    fn bytes(&self, at: usize, count: usize) -> Option<&[u8]> {
        self.memory.get(at..at.checked_add(count)?)
    }

    fn u64_at(&self, at: usize) -> Option<u64> {
        Some(u64::from_le_bytes(self.bytes(at, 8)?.try_into().ok()?))
    }

    fn pointer(&self, at: usize) -> Option<usize> {
        let value = u32::from_le_bytes(self.bytes(at, 4)?.try_into().ok()?);
        usize::try_from(value).ok()
    }

    /// Returns an entry of the table: an offset within a structure, which has to be small.
    fn offset(&self, field: Field) -> Option<usize> {
        let value = self.u64_at(self.table + 8 * field as usize)?;
        usize::try_from(value).ok().filter(|&offset| offset < 1 << 20)
    }

    /// Follows the pointer in a field of the structure at an address.
    fn follow(&self, from: usize, field: Field) -> Option<usize> {
        self.pointer(from.checked_add(self.offset(field)?)?).filter(|&at| at != 0)
    }

    /// Returns the address of the innermost frame of the first thread, which is the only one.
    fn current_frame(&self) -> Option<usize> {
        let interpreter = self.follow(self.table, Field::RuntimeInterpreters)?;
        let thread = self.follow(interpreter, Field::InterpreterThreads)?;
        self.follow(thread, Field::ThreadFrame)
    }

    /// Returns the file of a frame; `None` for a frame of the interpreter itself.
    fn file_of(&self, frame: usize) -> Option<String> {
        /// Frames with this owner or a higher one belong to the interpreter's C code.
        const OWNED_BY_C: u8 = 3;
        if *self.bytes(frame + self.offset(Field::FrameOwner)?, 1)?.first()? >= OWNED_BY_C {
            return None;
        }
        let code = self.follow(frame, Field::FrameExecutable)?;
        self.text(self.follow(code, Field::CodeFile)?)
    }

    /// Returns the place of a frame.
    fn place_of(&self, frame: usize) -> Option<CodePlace> {
        let file = self.file_of(frame)?;
        let code = self.follow(frame, Field::FrameExecutable)?;
        let function = self.text(self.follow(code, Field::CodeQualifiedName)?)?;
        let first = u64::try_from(self.pointer(code + self.offset(Field::CodeFirstLine)?)?).ok()?;
        let line = self.line_of(frame, code, first).unwrap_or(first);
        Some(CodePlace { function, file, line })
    }

    /// Returns the line of the instruction that a frame is at.
    fn line_of(&self, frame: usize, code: usize, first: u64) -> Option<u64> {
        let instruction = self.pointer(frame + self.offset(Field::FrameInstruction)?)?;
        let start = code.checked_add(self.offset(Field::CodeInstructions)?)?;
        // An instruction takes two bytes.
        let index = instruction.checked_sub(start)? / 2;
        let table = self.follow(code, Field::CodeLines)?;
        let size = self.pointer(table + self.offset(Field::BytesSize)?)?.min(LINES_BYTES_MAX);
        line_in(self.bytes(table + self.offset(Field::BytesText)?, size)?, first, index)
    }

    /// Returns a string of the interpreter, up to the maximum length.
    fn text(&self, at: usize) -> Option<String> {
        /// State bits of strings: one byte per character (bits 2 to 4 of the state), ASCII (bit 6), data right after the header (bit 5).
        const ASCII: u32 = 1 << 6;
        let state = u32::try_from(self.pointer(at + self.offset(Field::TextState)?)?).ok()?;
        let length = self.pointer(at + self.offset(Field::TextLength)?)?.min(4 * TEXT_CHARS_MAX);
        let head = self.offset(Field::TextAscii)?;
        let width = ((state >> 2) & 7) as usize;
        let text: String = if state & ASCII != 0 {
            String::from_utf8_lossy(self.bytes(at + head, length)?).into_owned()
        } else {
            // The header of other strings has an additional length and address.
            let bytes = self.bytes(at + head + 8, length.checked_mul(width)?)?;
            let characters = bytes.chunks_exact(width.max(1)).map(|chunk| {
                let value = chunk.iter().rev().fold(0, |value, &byte| value << 8 | u32::from(byte));
                char::from_u32(value).unwrap_or('\u{fffd}')
            });
            characters.collect()
        };
        Some(text.chars().take(TEXT_CHARS_MAX).collect())
    }
}

/// Returns the line of an instruction from a line table (`Objects/locations.md` of CPython).
fn line_in(table: &[u8], first: u64, index: usize) -> Option<u64> {
    let (mut line, mut passed, mut at) = (i64::try_from(first).ok()?, 0_usize, 0_usize);
    while let Some(&head) = table.get(at) {
        at += 1;
        let (code, units) = ((head >> 3) & 15, usize::from(head & 7) + 1);
        let mut shown = true;
        match code {
            15 => shown = false,
            11..=12 => line += i64::from(code) - 10,
            13 | 14 => line = line.checked_add(signed(varint(table, &mut at)?))?,
            _ => {}
        }
        passed += units;
        if index < passed {
            return u64::try_from(line).ok().filter(|_| shown);
        }
        // The rest of an entry encodes columns: the next entry begins at a byte with the high bit set.
        while table.get(at).is_some_and(|byte| byte & 0x80 == 0) {
            at += 1;
        }
    }
    None
}

/// Reads an unsigned number with six bits per byte.
fn varint(table: &[u8], at: &mut usize) -> Option<u64> {
    let (mut value, mut shift) = (0_u64, 0);
    loop {
        let byte = *table.get(*at)?;
        *at += 1;
        value |= u64::from(byte & 63) << shift;
        shift += 6;
        if byte & 64 == 0 {
            return Some(value);
        }
        if shift > 36 {
            return None;
        }
    }
}

/// Returns the signed number that an unsigned one encodes.
fn signed(value: u64) -> i64 {
    let half = (value >> 1) as i64;
    if value & 1 == 1 { -half } else { half }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_of_something_else_has_no_place() {
        assert_eq!(find_table(&[0; 100]), None);
        let mut memory = vec![0xff; 4_096];
        memory[8..16].copy_from_slice(COOKIE);
        assert_eq!(find_table(&memory), Some(8));
        assert_eq!(read(&memory, 8), None, "another version");
        memory[16..24].copy_from_slice(&0x030d_05f0_u64.to_le_bytes());
        assert_eq!(read(&memory, 8), None, "offsets that point nowhere");
        assert_eq!(read(&memory, usize::MAX - 4), None);
    }

    #[test]
    fn lines_are_those_of_the_table() {
        // Two instructions on the first line, one on the next, one without a line, one five lines further.
        let table = [0x80 | 1, 0, 0x80 | 11 << 3, 0, 0, 0x80 | 15 << 3, 0x80 | 13 << 3, 10];
        let lines: Vec<Option<u64>> = (0..6).map(|index| line_in(&table, 7, index)).collect();
        assert_eq!(lines, [Some(7), Some(7), Some(8), None, Some(13), None]);
    }
}
