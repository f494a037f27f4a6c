//! The source of new rows: files in a folder to which lines are appended, or a stream of lines.
//!
//! Only complete rows are taken; a row that is still being written waits. The position in each file is the one in the journal, so
//! a restart continues where it was. A file that became shorter is read from its beginning, and known rows are not taken twice.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::mpsc::TryRecvError;

use hyperspace_core::{BlobId, regular_file};
use hyperspace_eval::{DataRow, Task, whole_rows};
use hyperspace_evolve::RulesSet;
use hyperspace_evolve::continuous::{ContinuousJournal, ContinuousState, is_held_out};

use super::request::RowLines;
use crate::error::ServiceError;

/// Maximum number of bytes that are taken at once, and of bytes in a single row.
const CHUNK_BYTES: u64 = 256 << 10;
const ROW_BYTES_MAX: u64 = 8 << 20;
/// Maximum number of rows that are taken from a stream at once.
const LINES_MAX: usize = 1_000;
/// The name of a stream in events, and the file name of its rows in messages.
const STREAM: &str = "-";
const STREAM_FILE: &str = "standard-input.jsonl";

/// The state of the source. See the module.
pub(super) struct RowSource {
    place: RowPlace,
    /// Digests and names of all known rows.
    digests: BTreeSet<BlobId>,
    names: BTreeMap<String, BlobId>,
}

enum RowPlace {
    Folder(PathBuf),
    Lines(RowLines),
}

/// Rows read together from one source.
#[derive(Debug)]
pub(super) struct ReadRows {
    pub(super) source: String,
    /// Number of bytes and lines of the source read so far.
    pub(super) read: u64,
    pub(super) lines: u64,
    pub(super) train: Vec<String>,
    pub(super) held_out: Vec<String>,
    pub(super) known: u64,
    /// Faults of the rows that are set aside.
    pub(super) refused: Vec<String>,
}

/// A part of a source that consists of complete rows.
struct Chunk {
    source: String,
    /// The name in messages, whose extension is the format.
    file: String,
    header: Option<String>,
    text: Vec<u8>,
    /// Number of bytes and lines before it.
    before: (u64, u64),
}

impl RowSource {
    /// Checks that the source exists: a folder, or the stream for `-`.
    pub(super) fn check(rows: &Path, lines: Option<&RowLines>) -> Result<(), ServiceError> {
        if rows.is_dir() || (rows == Path::new(STREAM) && lines.is_some()) {
            return Ok(());
        }
        let problem = "expected a folder with files of rows (.jsonl, .csv), or - for standard input";
        Err(ServiceError::file(rows, problem))
    }

    /// Opens a source that has been checked.
    pub(super) fn open(
        rows: &Path,
        lines: Option<RowLines>,
        journal: &ContinuousJournal,
    ) -> Result<Self, ServiceError> {
        let place = match lines {
            Some(lines) if rows == Path::new(STREAM) => RowPlace::Lines(lines),
            _ => RowPlace::Folder(rows.to_path_buf()),
        };
        let mut source = Self { place, digests: BTreeSet::new(), names: BTreeMap::new() };
        for row in journal.all_rows()? {
            source.know(&row);
        }
        Ok(source)
    }

    fn know(&mut self, row: &DataRow) {
        self.digests.insert(row.digest());
        self.names.insert(row.name.clone(), row.digest());
    }

    /// Reads the next rows, if there are any.
    pub(super) fn next(
        &mut self,
        task: &Task,
        state: &ContinuousState,
        rules: &RulesSet,
    ) -> Result<Option<ReadRows>, ServiceError> {
        let chunk = match &mut self.place {
            RowPlace::Folder(folder) => next_of_folder(folder, state)?,
            RowPlace::Lines(lines) => next_of_lines(lines, state),
        };
        Ok(chunk.map(|chunk| self.sort(task, chunk, rules)))
    }

    /// Assigns rows to their sides, and sets aside those that are known or cannot be understood.
    fn sort(&mut self, task: &Task, chunk: Chunk, rules: &RulesSet) -> ReadRows {
        let Chunk { source, file, header, text, before } = chunk;
        let lines = text.iter().filter(|byte| **byte == b'\n').count() as u64;
        let mut read = ReadRows {
            source,
            read: before.0 + text.len() as u64,
            lines: before.1 + lines,
            train: Vec::new(),
            held_out: Vec::new(),
            known: 0,
            refused: Vec::new(),
        };
        let first_line = usize::try_from(before.1).unwrap_or(usize::MAX - 1) + 1;
        let rows = match task.read_rows(&file, header.as_deref(), &text, first_line) {
            Ok(rows) => rows,
            Err(error) => {
                read.refused.push(error.to_string());
                return read;
            }
        };
        for row in rows {
            match row {
                Err(error) => read.refused.push(error.to_string()),
                Ok(row) if self.digests.contains(&row.digest()) => read.known += 1,
                Ok(row) if self.names.contains_key(&row.name) => {
                    let name = &row.name;
                    read.refused
                        .push(format!("{file}: expected a new name, found {name:?}, which another row has"));
                }
                Ok(row) => {
                    self.know(&row);
                    let side =
                        if is_held_out(&row, rules.held_out) { &mut read.held_out } else { &mut read.train };
                    side.push(row.json);
                }
            }
        }
        read
    }
}

fn next_of_folder(folder: &Path, state: &ContinuousState) -> Result<Option<Chunk>, ServiceError> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| ServiceError::io(folder, error))? {
        let entry = entry.map_err(|error| ServiceError::io(folder, error))?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let known = [".jsonl", ".ndjson", ".csv"].iter().any(|ending| name.ends_with(ending));
        if known && !name.starts_with('.') {
            names.push(name);
        }
    }
    names.sort();
    for name in names {
        let path = folder.join(&name);
        match next_of_file(&path, &name, state.read_of(&name)) {
            Ok(None) => {}
            Ok(found) => return Ok(found),
            // It has been moved away in the meantime.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(ServiceError::io(path, error)),
        }
    }
    Ok(None)
}

fn next_of_file(path: &Path, name: &str, before: (u64, u64)) -> std::io::Result<Option<Chunk>> {
    let mut file = regular_file::open_to_read(path)?;
    let length = file.metadata()?.len();
    let before = if length < before.0 { (0, 0) } else { before };
    if length == before.0 {
        return Ok(None);
    }
    let header = match name.ends_with(".csv") && before.0 > 0 {
        true => Some(header_of(&mut file)?),
        false => None,
    };
    file.seek(SeekFrom::Start(before.0))?;
    let mut text = Vec::new();
    for most in [CHUNK_BYTES, ROW_BYTES_MAX] {
        let more = most - text.len() as u64;
        (&mut file).take(more).read_to_end(&mut text)?;
        let whole = whole_rows(name, &text);
        if whole > 0 {
            text.truncate(whole);
            let (source, file) = (name.to_owned(), name.to_owned());
            return Ok(Some(Chunk { source, file, header, text, before }));
        }
        if (text.len() as u64) < most {
            return Ok(None);
        }
    }
    let problem = format!("a row of {name} is longer than {ROW_BYTES_MAX} bytes");
    Err(std::io::Error::new(ErrorKind::InvalidData, problem))
}

/// Returns the header of a CSV file.
fn header_of(file: &mut File) -> std::io::Result<String> {
    let mut text = Vec::new();
    file.take(CHUNK_BYTES).read_to_end(&mut text)?;
    let end = (1..=text.len()).find(|end| whole_rows("h.csv", &text[..*end]) > 0).unwrap_or(text.len());
    Ok(String::from_utf8_lossy(&text[..end]).trim_start_matches('\u{feff}').trim_end().to_owned())
}

fn next_of_lines(lines: &mut RowLines, state: &ContinuousState) -> Option<Chunk> {
    let mut text = Vec::new();
    for _ in 0..LINES_MAX {
        match lines.0.try_recv() {
            Ok(line) => {
                text.extend_from_slice(&line);
                if !line.ends_with(b"\n") {
                    text.push(b'\n');
                }
            }
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
        }
    }
    let (source, file) = (STREAM.to_owned(), STREAM_FILE.to_owned());
    let before = state.read_of(STREAM);
    (!text.is_empty()).then_some(Chunk { source, file, header: None, text, before })
}
