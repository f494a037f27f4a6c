//! A transcript as a file of JSON lines, version 1.
//!
//! The first line is `{"format":"hyperspace-cassette","version":1}`. Every other one is
//! `{"id":…,"exchange":…,"effort":…,"seal":…}`: the identifier of the exchange, and a checksum over identifier and effort. On opening,
//! every line is checked: form, identifier, seal, and that it continues its stream. Lines of different streams stand in the order in
//! which they were written.
//!
//! A line is handed to the operating system as a whole before the answer is given to anybody, so that a killed process loses
//! none; [`FileTranscript::sync`] makes it outlast a loss of power. A last line without its end is what a kill while writing
//! leaves behind: it is damage when reading, and taken off when writing goes on.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hyperspace_core::RecordId;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Exchange, Head, Transcript, continues};
use crate::budget::Spent;
use crate::digest;
use crate::effort::Effort;
use crate::error::TranscriptError;

const FORMAT: &str = "hyperspace-cassette";
const VERSION: u64 = 1;
const SEAL_CONTEXT: &str = "hyperspace v1 cassette seal";
/// Longest line; a longer one is not ours.
const LINE_BYTES_MAX: u64 = 256 << 20;

/// Exchanges in a file.
#[derive(Debug)]
pub struct FileTranscript {
    path: String,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: File,
    writable: bool,
    /// Bytes and lines of the file.
    end: u64,
    lines: u64,
    streams: BTreeMap<String, Stream>,
}

#[derive(Debug, Default)]
struct Stream {
    head: Head,
    /// Where its lines begin, and their numbers.
    places: Vec<(u64, u64)>,
}

/// What opening for writing had to take off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Bytes of an unfinished last line.
    pub bytes: u64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeadLine {
    format: String,
    version: u64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    id: RecordId,
    exchange: Exchange,
    effort: Effort,
    seal: String,
}

fn seal(id: &RecordId, effort: &Effort) -> Result<String, hyperspace_core::canon::CanonError> {
    digest::seal(SEAL_CONTEXT, &json!({ "id": id, "effort": effort }))
}

impl FileTranscript {
    /// Opens a cassette for reading and checks every line.
    ///
    /// # Errors
    ///
    /// [`TranscriptError::Damaged`] with the first line that is not as it was written, an unfinished last one among them.
    pub fn open(path: &Path) -> Result<Self, TranscriptError> {
        let file = OpenOptions::new().read(true).open(path);
        let mut opened = Self::with(path, file)?;
        let torn = opened.scan()?;
        if torn > 0 {
            let problem =
                format!("the line is not finished, {torn} bytes of it are there: the file was cut off");
            let line = opened.lock().lines + 1;
            return Err(opened.damaged(line, problem));
        }
        Ok(opened)
    }

    /// Opens a cassette for writing, and makes it if it is not there. It is locked until it is dropped.
    ///
    /// # Errors
    ///
    /// As [`FileTranscript::open`], but an unfinished last line is taken off and reported.
    pub fn append_to(path: &Path) -> Result<(Self, Recovered), TranscriptError> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let mut opened = Self::with(path, file)?;
        opened.lock().writable = true;
        let locked = opened.lock().file.try_lock();
        if locked.is_err() {
            return Err(TranscriptError::Busy { path: opened.path.clone() });
        }
        let metadata = opened.lock().file.metadata();
        if metadata.map_err(|e| opened.io(e))?.len() == 0 {
            let line = HeadLine { format: FORMAT.to_owned(), version: VERSION };
            let text = serde_json::to_string(&line).expect("a line of two values");
            let mut state = opened.lock();
            opened.write(&mut state, &text)?;
            drop(state);
            return Ok((opened, Recovered::default()));
        }
        let torn = opened.scan()?;
        let end = opened.lock().end;
        let cut = opened.lock().file.set_len(end);
        cut.map_err(|e| opened.io(e))?;
        if end == 0 {
            // Not even the first line was whole.
            drop(opened);
            let (opened, _) = Self::append_to(path)?;
            return Ok((opened, Recovered { bytes: torn }));
        }
        Ok((opened, Recovered { bytes: torn }))
    }

    fn with(path: &Path, file: std::io::Result<File>) -> Result<Self, TranscriptError> {
        let shown = path.display().to_string();
        let file = file.map_err(|source| TranscriptError::Io { path: shown.clone(), source })?;
        let state = State { file, writable: false, end: 0, lines: 0, streams: BTreeMap::new() };
        Ok(Self { path: shown, state: Mutex::new(state) })
    }

    /// Streams and how far each goes.
    #[must_use]
    pub fn heads(&self) -> BTreeMap<String, Head> {
        self.lock().streams.iter().map(|(name, stream)| (name.clone(), stream.head)).collect()
    }

    /// What the calls of these streams took, by stream: what somebody who continues them has spent already.
    ///
    /// # Errors
    ///
    /// [`TranscriptError`] of reading.
    pub fn spent(&self, wanted: impl Fn(&str) -> bool) -> Result<BTreeMap<String, Spent>, TranscriptError> {
        let mut spent = BTreeMap::new();
        for (stream, head) in self.heads().into_iter().filter(|(stream, _)| wanted(stream)) {
            let mut sum = Spent::default();
            for sequence in 0..head.count {
                sum = self.get(&stream, sequence)?.map_or(sum, |(_, effort)| sum.plus(effort.spent));
            }
            spent.insert(stream, sum);
        }
        Ok(spent)
    }

    /// Makes what was appended outlast a loss of power.
    ///
    /// # Errors
    ///
    /// [`TranscriptError::Io`].
    pub fn sync(&self) -> Result<(), TranscriptError> {
        let synced = self.lock().file.sync_data();
        synced.map_err(|e| self.io(e))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn io(&self, source: std::io::Error) -> TranscriptError {
        TranscriptError::Io { path: self.path.clone(), source }
    }

    fn damaged(&self, line: u64, problem: impl Into<String>) -> TranscriptError {
        TranscriptError::Damaged { path: self.path.clone(), line, problem: problem.into() }
    }

    /// Reads and checks all lines; answers the bytes of an unfinished last one.
    fn scan(&mut self) -> Result<u64, TranscriptError> {
        let file = self.lock().file.try_clone();
        let file = file.map_err(|e| self.io(e))?;
        let mut reader = BufReader::new(file);
        let mut line = Vec::new();
        loop {
            line.clear();
            let limit = &mut reader.by_ref().take(LINE_BYTES_MAX);
            let bytes = limit.read_until(b'\n', &mut line).map_err(|e| self.io(e))? as u64;
            if line.pop() != Some(b'\n') {
                return Ok(bytes);
            }
            let (number, place) = {
                let state = self.lock();
                (state.lines + 1, state.end)
            };
            if number == 1 {
                self.check_first(&line)?;
            } else {
                let read = self.check_line(number, &line)?;
                let mut state = self.lock();
                let stream = state.streams.entry(read.exchange.stream.clone()).or_default();
                let continued = continues(stream.head, &read.exchange);
                if let Err(error) = continued {
                    drop(state);
                    return Err(self.damaged(number, error.to_string()));
                }
                stream.head = Head { count: stream.head.count + 1, last: Some(read.id) };
                stream.places.push((place, number));
            }
            let mut state = self.lock();
            state.lines = number;
            state.end += bytes;
        }
    }

    fn check_first(&self, line: &[u8]) -> Result<(), TranscriptError> {
        let expected = format!("expected the first line of a cassette of format {FORMAT}, version {VERSION}");
        let head: HeadLine = serde_json::from_slice(line).map_err(|_| self.damaged(1, expected.clone()))?;
        match head.format == FORMAT && head.version == VERSION {
            true => Ok(()),
            false => {
                Err(self.damaged(1, format!("{expected}, not {} version {}", head.format, head.version)))
            }
        }
    }

    /// A line that is what it says.
    fn check_line(&self, number: u64, line: &[u8]) -> Result<Line, TranscriptError> {
        let read: Line =
            serde_json::from_slice(line).map_err(|error| self.damaged(number, error.to_string()))?;
        let form = |error: hyperspace_core::canon::CanonError| self.damaged(number, error.to_string());
        let id = read.exchange.id().map_err(form)?;
        if id != read.id {
            return Err(self.damaged(number, format!("the exchange is {id}, but the line says {}", read.id)));
        }
        if seal(&read.id, &read.effort).map_err(form)? != read.seal {
            return Err(self.damaged(number, "the effort is not what was sealed"));
        }
        Ok(read)
    }

    /// Writes a line at the end; what was written of it in vain is taken back.
    fn write(&self, state: &mut State, text: &str) -> Result<(), TranscriptError> {
        let end = state.end;
        let written = state.file.seek(SeekFrom::Start(end)).and_then(|_| {
            let line = format!("{text}\n");
            state.file.write_all(line.as_bytes()).map(|()| line.len() as u64)
        });
        match written {
            Ok(bytes) => {
                state.end += bytes;
                state.lines += 1;
                Ok(())
            }
            Err(error) => {
                drop(state.file.set_len(end));
                Err(self.io(error))
            }
        }
    }
}

impl Transcript for FileTranscript {
    fn append(&self, exchange: &Exchange, effort: &Effort) -> Result<(), TranscriptError> {
        let mut state = self.lock();
        if !state.writable {
            return Err(TranscriptError::Other(format!("{}: opened for reading only", self.path)));
        }
        let head = state.streams.get(&exchange.stream).map(|stream| stream.head).unwrap_or_default();
        let id = continues(head, exchange)?;
        let form = |problem: String| TranscriptError::Form { stream: exchange.stream.clone(), problem };
        let seal = seal(&id, effort).map_err(|error| form(error.to_string()))?;
        let line = Line { id, exchange: exchange.clone(), effort: effort.clone(), seal };
        let text = serde_json::to_string(&line).map_err(|error| form(error.to_string()))?;
        let place = state.end;
        self.write(&mut state, &text)?;
        let number = state.lines;
        let stream = state.streams.entry(exchange.stream.clone()).or_default();
        stream.head = Head { count: head.count + 1, last: Some(id) };
        stream.places.push((place, number));
        Ok(())
    }

    fn get(&self, stream: &str, sequence: u64) -> Result<Option<(Exchange, Effort)>, TranscriptError> {
        let mut state = self.lock();
        let places = state.streams.get(stream).map(|stream| &stream.places);
        let at = usize::try_from(sequence).unwrap_or(usize::MAX);
        let Some((place, number)) = places.and_then(|places| places.get(at)).copied() else {
            return Ok(None);
        };
        let mut line = Vec::new();
        state.file.seek(SeekFrom::Start(place)).map_err(|e| self.io(e))?;
        BufReader::new(&mut state.file).read_until(b'\n', &mut line).map_err(|e| self.io(e))?;
        drop(state);
        // Checked again: the file may have changed since.
        let read = self.check_line(number, &line)?;
        Ok(Some((read.exchange, read.effort)))
    }

    fn head(&self, stream: &str) -> Result<Head, TranscriptError> {
        Ok(self.lock().streams.get(stream).map(|stream| stream.head).unwrap_or_default())
    }
}
