//! Files of a folder to which rows are appended: the next complete rows of a file after a place in it.
//!
//! Links, folders, pipes and files that cannot be read are named and left alone. A row that is too long is left out, together with its line
//! break. A file whose bytes before the place are no longer those that were read is read from its beginning.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use hyperspace_core::{BlobId, regular_file};
use hyperspace_eval::whole_rows;
use hyperspace_evolve::continuous::{ContinuousState, SourcePosition};

use super::chunk::{Chunk, OverLongRow, ROW_BYTES_MAX};
use crate::error::ServiceError;

/// Maximum number of bytes that are taken at once, unless a row is longer.
const CHUNK_BYTES: u64 = 256 << 10;
/// Number of bytes before a place that are compared with those that were read.
const TAIL_BYTES: u64 = 4 << 10;

/// A folder of files with rows.
pub(super) struct RowFolder {
    path: PathBuf,
    /// Time without a change after which the unfinished end of a file is named, in milliseconds.
    patience_ms: u64,
    /// Files that end with an unfinished row: their length, and since when they have it.
    unfinished: BTreeMap<String, UnfinishedEnd>,
}

struct UnfinishedEnd {
    length: u64,
    since_ms: u64,
}

/// The news of a file.
pub(super) enum FileNews {
    /// There are no more complete rows. `rest` is the unfinished end, if there is one.
    Nothing { length: u64, rest: Option<&'static str> },
    /// There are more rows.
    Rows(Box<Chunk>),
}

impl RowFolder {
    pub(super) fn new(path: PathBuf, patience_ms: u64) -> Self {
        Self { path, patience_ms, unfinished: BTreeMap::new() }
    }

    /// Returns the next rows of any file, or the next problem that is not in the journal yet.
    pub(super) fn next(
        &mut self,
        state: &ContinuousState,
        now_ms: u64,
    ) -> Result<Option<Chunk>, ServiceError> {
        let names = self.names()?;
        for name in &names {
            let path = self.path.join(name);
            let before = state.read_of(name);
            let problem = match news_of(&path, name, &before) {
                Ok(FileNews::Rows(chunk)) => {
                    self.unfinished.remove(name);
                    return Ok(Some(*chunk));
                }
                Ok(FileNews::Nothing { length, rest: Some(rest) }) => self.waited(name, length, rest, now_ms),
                Ok(FileNews::Nothing { rest: None, .. }) => {
                    self.unfinished.remove(name);
                    if before.problem.is_some() {
                        return Ok(Some(Chunk::solved(name, before)));
                    }
                    None
                }
                // It has been moved away in the meantime.
                Err(error) if error.kind() == ErrorKind::NotFound => None,
                Err(error) => Some(error.to_string()),
            };
            if problem.is_some() && problem != before.problem {
                return Ok(Some(Chunk { problem, ..Chunk::solved(name, before) }));
            }
        }
        let gone = state.problems().map(|(name, _)| name).find(|name| !names.iter().any(|one| one == name));
        Ok(gone.map(|name| Chunk::solved(name, state.read_of(name))))
    }

    /// Returns the names of the files, in order.
    fn names(&self) -> Result<Vec<String>, ServiceError> {
        let io = |error| ServiceError::io(&self.path, error);
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.path).map_err(io)? {
            let Ok(name) = entry.map_err(io)?.file_name().into_string() else { continue };
            let known = [".jsonl", ".ndjson", ".csv"].iter().any(|ending| name.ends_with(ending));
            if known && !name.starts_with('.') {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    /// Returns the problem of a file whose unfinished end has not changed for long.
    fn waited(&mut self, name: &str, length: u64, rest: &'static str, now_ms: u64) -> Option<String> {
        let now = UnfinishedEnd { length, since_ms: now_ms };
        let known = self.unfinished.entry(name.to_owned()).or_insert(now);
        if known.length != length {
            (known.length, known.since_ms) = (length, now_ms);
        }
        (now_ms.saturating_sub(known.since_ms) >= self.patience_ms).then(|| rest.to_owned())
    }
}

/// Returns the rows of a file after a place.
fn news_of(path: &Path, name: &str, before: &SourcePosition) -> std::io::Result<FileNews> {
    let mut file = regular_file::open_to_read(path)?;
    let length = file.metadata()?.len();
    let is_known = length >= before.bytes
        && match &before.tail {
            Some(tail) => *tail == tail_before(&mut file, before.bytes)?,
            None => true,
        };
    let before = if is_known { before.clone() } else { SourcePosition::default() };
    if length == before.bytes {
        return Ok(FileNews::Nothing { length, rest: None });
    }
    let header = match name.ends_with(".csv") && before.bytes > 0 {
        true => Some(header_of(&mut file)?),
        false => None,
    };
    file.seek(SeekFrom::Start(before.bytes))?;
    let mut text = Vec::new();
    for most in [CHUNK_BYTES, ROW_BYTES_MAX] {
        let more = most - text.len() as u64;
        (&mut file).take(more).read_to_end(&mut text)?;
        let whole = whole_rows(name, &text);
        if whole > 0 {
            text.truncate(whole);
            let tail = tail_before(&mut file, before.bytes + whole as u64)?;
            let chunk = Chunk { header, text, tail: Some(tail), ..Chunk::new(name, before) };
            return Ok(FileNews::Rows(Box::new(chunk)));
        }
        if (text.len() as u64) < most {
            let is_quoted =
                name.ends_with(".csv") && text.iter().filter(|byte| **byte == b'"').count() % 2 == 1;
            let rest = if is_quoted { OPEN_QUOTE } else { NO_LINE_END };
            return Ok(FileNews::Nothing { length, rest: Some(rest) });
        }
    }
    let Some(row) = over_long(&mut file, name, text)? else {
        return Ok(FileNews::Nothing { length, rest: Some(TOO_LONG) });
    };
    let tail = tail_before(&mut file, before.bytes + row.bytes)?;
    let chunk = Chunk { over_long: Some(row), tail: Some(tail), ..Chunk::new(name, before) };
    Ok(FileNews::Rows(Box::new(chunk)))
}

const OPEN_QUOTE: &str = "its last row has a quote that is not closed, so it waits for more; close the quote";
const NO_LINE_END: &str = "its last row has no line end, so it waits for more; end the line";
const TOO_LONG: &str = "its last row is too long and has no end; it is left out once its line ends";

/// The beginning of a row whose end is looked for, part by part.
struct RowBeginning {
    is_csv: bool,
    is_quoted: bool,
    size: OverLongRow,
}

impl RowBeginning {
    fn new(is_csv: bool) -> Self {
        Self { is_csv, is_quoted: false, size: OverLongRow { bytes: 0, lines: 0 } }
    }

    /// Reads the next part up to the end of the row. Returns whether the row ends in it.
    fn ends_in(&mut self, part: &[u8]) -> bool {
        for byte in part {
            self.size.bytes += 1;
            self.size.lines += u64::from(*byte == b'\n');
            match byte {
                b'"' if self.is_csv => self.is_quoted = !self.is_quoted,
                b'\n' if !self.is_quoted => return true,
                _ => {}
            }
        }
        false
    }
}

/// Returns the size of a row that begins with `text`, if the file has its end.
fn over_long(file: &mut File, name: &str, mut text: Vec<u8>) -> std::io::Result<Option<OverLongRow>> {
    let mut row = RowBeginning::new(name.ends_with(".csv"));
    while !row.ends_in(&text) {
        text.clear();
        if file.by_ref().take(CHUNK_BYTES).read_to_end(&mut text)? == 0 {
            return Ok(None);
        }
    }
    Ok(Some(row.size))
}

/// Returns the digest of the last bytes before a place.
fn tail_before(file: &mut File, place: u64) -> std::io::Result<String> {
    let start = place.saturating_sub(TAIL_BYTES);
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(place - start).read_to_end(&mut bytes)?;
    Ok(BlobId::of(&bytes).to_string())
}

/// Returns the header of a CSV file.
fn header_of(file: &mut File) -> std::io::Result<String> {
    file.seek(SeekFrom::Start(0))?;
    let mut text = Vec::new();
    file.take(CHUNK_BYTES).read_to_end(&mut text)?;
    let mut row = RowBeginning::new(true);
    if row.ends_in(&text) {
        text.truncate(usize::try_from(row.size.bytes).unwrap_or(usize::MAX));
    }
    Ok(String::from_utf8_lossy(&text).trim_start_matches('\u{feff}').trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the news of a file with this content.
    fn news(name: &str, content: &[u8], before: &SourcePosition) -> FileNews {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        news_of(&path, name, before).unwrap()
    }

    fn rows(name: &str, content: &[u8], before: &SourcePosition) -> Chunk {
        match news(name, content, before) {
            FileNews::Rows(chunk) => *chunk,
            FileNews::Nothing { rest, .. } => panic!("nothing: {rest:?}"),
        }
    }

    fn after(chunk: &Chunk) -> SourcePosition {
        SourcePosition {
            bytes: chunk.before.bytes + chunk.text.len() as u64,
            lines: 2,
            tail: chunk.tail.clone(),
            problem: None,
        }
    }

    #[test]
    fn a_file_with_another_content_is_read_from_its_beginning() {
        let first = rows("a.jsonl", b"{\"a\":1}\n{\"a\":2}\n", &SourcePosition::default());
        let place = after(&first);
        for content in ["{\"b\":1}\n{\"b\":2}\n", "{\"b\":1}\n{\"b\":2}\n{\"b\":3}\n", "{\"b\":1}\n"] {
            let again = rows("a.jsonl", content.as_bytes(), &place);
            assert_eq!((again.before.bytes, again.text.len()), (0, content.len()), "{content}");
        }
        let same = news("a.jsonl", b"{\"a\":1}\n{\"a\":2}\n", &place);
        assert!(matches!(same, FileNews::Nothing { rest: None, .. }));
        let more = rows("a.jsonl", b"{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n", &place);
        assert_eq!(more.text, b"{\"a\":3}\n");
        let old = SourcePosition { tail: None, ..place };
        assert!(matches!(news("a.jsonl", b"{\"b\":1}\n{\"b\":2}\n", &old), FileNews::Nothing { .. }));
    }

    #[test]
    fn a_row_that_is_too_long_is_left_out_and_the_next_one_is_taken() {
        let mut content = vec![b'x'; 9 << 20];
        assert!(matches!(
            news("a.jsonl", &content, &SourcePosition::default()),
            FileNews::Nothing { rest: Some(TOO_LONG), .. }
        ));
        content.extend_from_slice(b"\n{\"a\":1}\n");
        let long = rows("a.jsonl", &content, &SourcePosition::default());
        let row = long.over_long.unwrap();
        assert_eq!(row, OverLongRow { bytes: (9 << 20) + 1, lines: 1 });
        let place = SourcePosition { bytes: row.bytes, lines: 1, tail: long.tail, problem: None };
        assert_eq!(rows("a.jsonl", &content, &place).text, b"{\"a\":1}\n");
    }

    #[test]
    fn odd_entries_and_unfinished_ends_are_named_once() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("dir.jsonl")).unwrap();
        std::os::unix::fs::symlink(at("nothing"), at("link.jsonl")).unwrap();
        std::fs::write(at("open.csv"), "input,expected\n1,\"2\n").unwrap();
        let mut rows = RowFolder::new(folder.path().to_path_buf(), 30);
        let state = ContinuousState::default();
        let taken = rows.next(&state, 0).unwrap().unwrap();
        assert!(taken.problem.as_deref().unwrap().contains("it is a folder"), "{:?}", taken.problem);
        std::fs::remove_dir(at("dir.jsonl")).unwrap();
        let taken = rows.next(&state, 0).unwrap().unwrap();
        assert!(taken.problem.as_deref().unwrap().contains("it is a link"), "{:?}", taken.problem);
        std::fs::remove_file(at("link.jsonl")).unwrap();
        let header = rows.next(&state, 0).unwrap().unwrap();
        assert_eq!((header.text, header.problem), (b"input,expected\n".to_vec(), None));
        // The state stays at the beginning here, so an unfinished file without any whole row stands for it.
        std::fs::write(at("open.csv"), "input,\"expected\n1,2\n").unwrap();
        assert!(rows.next(&state, 10).unwrap().is_none());
        assert!(rows.next(&state, 39).unwrap().is_none());
        let problem = rows.next(&state, 40).unwrap().unwrap().problem;
        assert_eq!(problem.as_deref(), Some(OPEN_QUOTE));
        std::fs::write(at("open.csv"), "input,\"expected\n1,2\n3,4\n").unwrap();
        assert!(rows.next(&state, 50).unwrap().is_none(), "it has changed");
    }
}
