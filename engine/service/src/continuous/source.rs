//! The source of new rows: files in a folder to which lines are appended, or a stream of lines.
//!
//! Only complete rows are taken; a row that is still being written waits. The position in each file is the one in the journal, so
//! a restart continues where it was. A file that was replaced is read from its beginning, and known rows are not taken twice. A row whose
//! arguments are of other kinds than those of all rows that the run began with is set aside.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::mpsc::TryRecvError;

use hyperspace_core::BlobId;
use hyperspace_eval::{DataRow, RowShapes, Task};
use hyperspace_evolve::RulesSet;
use hyperspace_evolve::continuous::{ContinuousJournal, ContinuousState, is_held_out};

use super::chunk::Chunk;
use super::folder::RowFolder;
use super::request::RowLines;
use crate::error::ServiceError;

/// Number of polls without a change after which the unfinished end of a file is named.
const PATIENCE_POLLS: u64 = 3;
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
    /// Shapes of the rows that the run began with.
    shapes: RowShapes,
}

enum RowPlace {
    Folder(RowFolder),
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
    /// Digest of the end of what was read, and the problem of the source, as they are recorded.
    pub(super) tail: Option<String>,
    pub(super) problem: Option<String>,
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
        poll_ms: u64,
    ) -> Result<Self, ServiceError> {
        let place = match lines {
            Some(lines) if rows == Path::new(STREAM) => RowPlace::Lines(lines),
            _ => RowPlace::Folder(RowFolder::new(rows.to_path_buf(), PATIENCE_POLLS * poll_ms)),
        };
        let shapes = journal.task().row_shapes();
        let mut source = Self { place, digests: BTreeSet::new(), names: BTreeMap::new(), shapes };
        for row in journal.all_rows()? {
            source.know(&row);
        }
        Ok(source)
    }

    fn know(&mut self, row: &DataRow) {
        self.digests.insert(row.digest());
        self.names.insert(row.name.clone(), row.digest());
    }

    /// Reads the next rows, or the next problem of a file, if there are any.
    pub(super) fn next(
        &mut self,
        journal: &ContinuousJournal,
        rules: &RulesSet,
        now_ms: u64,
    ) -> Result<Option<ReadRows>, ServiceError> {
        let chunk = match &mut self.place {
            RowPlace::Folder(folder) => folder.next(journal.state(), now_ms)?,
            RowPlace::Lines(lines) => next_of_lines(lines, journal.state()),
        };
        Ok(chunk.map(|chunk| self.sort(journal.task(), chunk, rules)))
    }

    /// Assigns rows to their sides, and sets aside those that are known or cannot be understood.
    fn sort(&mut self, task: &Task, chunk: Chunk, rules: &RulesSet) -> ReadRows {
        let Chunk { source, file, header, text, over_long, before, tail, problem } = chunk;
        let lines = text.iter().filter(|byte| **byte == b'\n').count() as u64;
        let mut read = ReadRows {
            source,
            read: before.bytes + text.len() as u64,
            lines: before.lines + lines,
            train: Vec::new(),
            held_out: Vec::new(),
            known: 0,
            refused: Vec::new(),
            tail,
            problem,
        };
        if let Some(row) = over_long {
            read.refused.push(row.fault(&file, before.lines + 1));
            (read.read, read.lines) = (before.bytes + row.bytes, before.lines + row.lines);
        }
        let first_line = usize::try_from(before.lines).unwrap_or(usize::MAX - 1) + 1;
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
                    if let Err(error) = row.check_shape(&file, &self.shapes) {
                        read.refused.push(error.to_string());
                        continue;
                    }
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
    let source = STREAM.to_owned();
    (!text.is_empty()).then(|| Chunk { source, text, ..Chunk::new(STREAM_FILE, state.read_of(STREAM)) })
}
