//! A cassette as a file of JSON lines, version 1.
//!
//! The first line is `{"format":"hyperspace-cassette","version":1}`. Every other one is
//! `{"id":…,"exchange":…,"effort":…,"seal":…}`: the identifier of the exchange, and a checksum over identifier and effort. On opening,
//! every line is checked (`index.rs`): form, identifier, seal, that it continues its stream, and that it is written as this program
//! writes it, byte for byte. Lines of different streams stand in the order in which they were written.
//!
//! A line is handed to the operating system as a whole before the answer is given to anybody, so that a killed process loses
//! none; [`FileCassette::sync`] makes it outlast a loss of power. A last line without its end is what a kill while writing
//! leaves behind: it is damage when reading, and taken off when writing goes on.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::index::{Index, LINE_BYTES_MAX, Line, first_line, seal};
use super::{Cassette, Exchange, StreamHead, continues};
use crate::budget::Spend;
use crate::effort::Effort;
use crate::error::SessionError;

/// Exchanges in a file.
#[derive(Debug)]
pub struct FileCassette {
    path: String,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: File,
    writable: bool,
    index: Index,
}

/// What opening for writing had to take off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CassetteRecovery {
    /// Bytes of an unfinished last line.
    pub bytes: u64,
}

impl FileCassette {
    /// Opens a cassette for reading and checks every line.
    ///
    /// # Errors
    ///
    /// [`SessionError::Damaged`] with the first line that is not as it was written, an unfinished last one among them.
    pub fn open(path: &Path) -> Result<Self, SessionError> {
        let file = OpenOptions::new().read(true).open(path);
        let mut opened = Self::with(path, file)?;
        let torn = opened.scan()?;
        if torn > 0 {
            let problem =
                format!("the line is not finished, {torn} bytes of it are there: the file was cut off");
            let line = opened.lock().index.lines + 1;
            return Err(SessionError::Damaged { path: opened.path, line, problem });
        }
        Ok(opened)
    }

    /// Opens a cassette for writing, and makes it if it is not there. It is locked until it is dropped.
    ///
    /// # Errors
    ///
    /// As [`FileCassette::open`], but an unfinished last line is taken off and reported.
    pub fn append_to(path: &Path) -> Result<(Self, CassetteRecovery), SessionError> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let mut opened = Self::with(path, file)?;
        opened.lock().writable = true;
        let locked = opened.lock().file.try_lock();
        if locked.is_err() {
            return Err(SessionError::Busy { path: opened.path.clone() });
        }
        let metadata = opened.lock().file.metadata();
        if metadata.map_err(|e| opened.io(e))?.len() == 0 {
            let mut state = opened.lock();
            opened.write(&mut state, &first_line())?;
            drop(state);
            return Ok((opened, CassetteRecovery::default()));
        }
        let torn = opened.scan()?;
        let end = opened.lock().index.end;
        let cut = opened.lock().file.set_len(end);
        cut.map_err(|e| opened.io(e))?;
        if end == 0 {
            // Not even the first line was whole.
            drop(opened);
            let (opened, _) = Self::append_to(path)?;
            return Ok((opened, CassetteRecovery { bytes: torn }));
        }
        Ok((opened, CassetteRecovery { bytes: torn }))
    }

    fn with(path: &Path, file: std::io::Result<File>) -> Result<Self, SessionError> {
        let shown = path.display().to_string();
        let file = file.map_err(|source| SessionError::Io { path: shown.clone(), source })?;
        let state = State { file, writable: false, index: Index::default() };
        Ok(Self { path: shown, state: Mutex::new(state) })
    }

    /// Streams and how far each goes.
    #[must_use]
    pub fn heads(&self) -> BTreeMap<String, StreamHead> {
        self.lock().index.heads().map(|(name, head)| (name.to_owned(), head)).collect()
    }

    /// What the calls of these streams took, by stream: what somebody who continues them has spent already.
    ///
    /// # Errors
    ///
    /// [`SessionError`] of reading.
    pub fn spent(&self, wanted: impl Fn(&str) -> bool) -> Result<BTreeMap<String, Spend>, SessionError> {
        let mut spent = BTreeMap::new();
        for (stream, head) in self.heads().into_iter().filter(|(stream, _)| wanted(stream)) {
            let mut sum = Spend::default();
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
    /// [`SessionError::Io`].
    pub fn sync(&self) -> Result<(), SessionError> {
        let synced = self.lock().file.sync_data();
        synced.map_err(|e| self.io(e))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn io(&self, source: std::io::Error) -> SessionError {
        SessionError::Io { path: self.path.clone(), source }
    }

    /// Reads and checks all lines; answers the bytes of an unfinished last one.
    fn scan(&mut self) -> Result<u64, SessionError> {
        let mut state = self.lock();
        let State { file, index, .. } = &mut *state;
        index.read(&mut BufReader::new(file), &self.path)
    }

    /// Writes a line at the end; what was written of it in vain is taken back.
    fn write(&self, state: &mut State, text: &str) -> Result<(), SessionError> {
        let end = state.index.end;
        let written = state.file.seek(SeekFrom::Start(end)).and_then(|_| {
            let line = format!("{text}\n");
            state.file.write_all(line.as_bytes()).map(|()| line.len() as u64)
        });
        match written {
            Ok(bytes) => {
                state.index.end += bytes;
                state.index.lines += 1;
                Ok(())
            }
            Err(error) => {
                drop(state.file.set_len(end));
                Err(self.io(error))
            }
        }
    }
}

impl Cassette for FileCassette {
    fn append(&self, exchange: &Exchange, effort: &Effort) -> Result<(), SessionError> {
        let mut state = self.lock();
        if !state.writable {
            return Err(SessionError::Other(format!("{}: opened for reading only", self.path)));
        }
        let head = state.index.head(&exchange.stream);
        let id = continues(head, exchange)?;
        let form = |problem: String| SessionError::Form { stream: exchange.stream.clone(), problem };
        let seal = seal(&id, effort).map_err(|error| form(error.to_string()))?;
        let line = Line { id, exchange: exchange.clone(), effort: effort.clone(), seal };
        let text = serde_json::to_string(&line).map_err(|error| form(error.to_string()))?;
        if text.len() as u64 >= LINE_BYTES_MAX {
            return Err(form(format!("the exchange takes {} bytes; at most {LINE_BYTES_MAX}", text.len())));
        }
        let place = state.index.end;
        self.write(&mut state, &text)?;
        let number = state.index.lines;
        state.index.add(&exchange.stream, id, (place, number));
        Ok(())
    }

    fn get(&self, stream: &str, sequence: u64) -> Result<Option<(Exchange, Effort)>, SessionError> {
        let mut state = self.lock();
        let Some((place, number)) = state.index.place(stream, sequence) else { return Ok(None) };
        let mut line = Vec::new();
        state.file.seek(SeekFrom::Start(place)).map_err(|e| self.io(e))?;
        let mut reader = BufReader::new(&mut state.file).take(LINE_BYTES_MAX);
        reader.read_until(b'\n', &mut line).map_err(|e| self.io(e))?;
        drop(state);
        line.pop();
        // Checked again: the file may have changed since.
        let read = Line::read(&line).map_err(|problem| SessionError::Damaged {
            path: self.path.clone(),
            line: number,
            problem,
        })?;
        Ok(Some((read.exchange, read.effort)))
    }

    fn head(&self, stream: &str) -> Result<StreamHead, SessionError> {
        Ok(self.lock().index.head(stream))
    }
}
