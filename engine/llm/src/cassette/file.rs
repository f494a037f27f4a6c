//! A cassette as a file of JSON lines, version 1.
//!
//! The first line is `{"format":"hyperspace-cassette","version":1}`. Every other line is
//! `{"id":…,"exchange":…,"effort":…,"seal":…}`, where `id` identifies the exchange and `seal` is a checksum of identifier and
//! effort. Opening a file checks every line (`index.rs`, `line.rs`): its form, identifier and seal, that it continues its
//! stream, and that it is encoded exactly as this program encodes it. Lines of different streams are in the order in which
//! they were written.
//!
//! A complete line is handed to the operating system before its answer is returned, so a killed process loses none;
//! [`FileCassette::sync`] makes it survive a loss of power. A process killed while writing leaves a last line without its end.
//! This is damage when reading, and is removed when the file is opened for writing.
//!
//! Attacks that end here: T-CONF-08, T-CONF-09.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::MutexGuard;

use hyperspace_core::{Mutex, regular_file};

use super::exchange::Exchange;
use super::index::{CassetteIndex, LinePosition};
use super::line::{ExchangeLine, LINE_BYTES_MAX, header_line};
use super::stream::{Cassette, StreamHead};
use crate::budget::Spend;
use crate::effort::Effort;
use crate::error::SessionError;

/// A cassette in a file.
#[derive(Debug)]
pub struct FileCassette {
    path: String,
    file: Mutex<CassetteHandle>,
}

#[derive(Debug)]
struct CassetteHandle {
    handle: File,
    writable: bool,
    index: CassetteIndex,
}

/// The part of a cassette that was removed when it was opened for writing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CassetteRecovery {
    /// Bytes of the unfinished last line.
    pub bytes: u64,
}

impl FileCassette {
    /// Opens a cassette for reading, checking every line.
    ///
    /// # Errors
    ///
    /// [`SessionError::Damaged`] for the first line that is not as it was written, including an unfinished last one;
    /// [`SessionError::Io`].
    pub fn open(path: &Path) -> Result<Self, SessionError> {
        let file = regular_file::open_to_read(path);
        let cassette = Self::with(path, file)?;
        let torn = cassette.scan()?;
        if torn > 0 {
            let problem = format!("the line ends after {torn} bytes: the file was cut off");
            let line = cassette.lock().index.lines + 1;
            return Err(SessionError::Damaged { path: cassette.path, line, problem });
        }
        Ok(cassette)
    }

    /// Opens a cassette for appending, creating the file if necessary. The file is locked until the cassette is dropped.
    ///
    /// # Errors
    ///
    /// Same as [`FileCassette::open`], except that an unfinished last line is removed and reported, if the file is a cassette;
    /// [`SessionError::Busy`] if the file is locked.
    pub fn append_to(path: &Path) -> Result<(Self, CassetteRecovery), SessionError> {
        let file = regular_file::open_to_write(path);
        let cassette = Self::with(path, file)?;
        cassette.lock().writable = true;
        let locked = cassette.lock().handle.try_lock();
        if locked.is_err() {
            return Err(SessionError::Busy { path: cassette.path.clone() });
        }
        let metadata = cassette.lock().handle.metadata();
        if metadata.map_err(|e| cassette.io(e))?.len() == 0 {
            let mut file = cassette.lock();
            cassette.write(&mut file, &header_line())?;
            drop(file);
            return Ok((cassette, CassetteRecovery::default()));
        }
        let torn = cassette.scan()?;
        let end = cassette.lock().index.end;
        if end == 0 && !cassette.begins_like_a_header(torn)? {
            let problem = format!("it is no cassette: expected a first line like {}", header_line());
            return Err(SessionError::Damaged { path: cassette.path, line: 1, problem });
        }
        let cut = cassette.lock().handle.set_len(end);
        cut.map_err(|e| cassette.io(e))?;
        if end == 0 {
            // The first line was incomplete.
            drop(cassette);
            let (cassette, _) = Self::append_to(path)?;
            return Ok((cassette, CassetteRecovery { bytes: torn }));
        }
        Ok((cassette, CassetteRecovery { bytes: torn }))
    }

    fn with(path: &Path, handle: std::io::Result<File>) -> Result<Self, SessionError> {
        let path = path.display().to_string();
        let handle = handle.map_err(|source| SessionError::Io { path: path.clone(), source })?;
        let file = CassetteHandle { handle, writable: false, index: CassetteIndex::default() };
        Ok(Self { path, file: Mutex::new(file) })
    }

    /// Returns the head of every stream.
    #[must_use]
    pub fn heads(&self) -> BTreeMap<String, StreamHead> {
        self.lock().index.heads().map(|(name, head)| (name.to_owned(), head)).collect()
    }

    /// Returns the amount spent by the calls of each wanted stream, which is the starting balance of a session that continues it.
    ///
    /// # Errors
    ///
    /// An error of reading.
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

    /// Flushes appended exchanges to the disk, so that they survive a loss of power.
    ///
    /// # Errors
    ///
    /// [`SessionError::Io`].
    pub fn sync(&self) -> Result<(), SessionError> {
        let synced = self.lock().handle.sync_data();
        synced.map_err(|e| self.io(e))
    }

    fn lock(&self) -> MutexGuard<'_, CassetteHandle> {
        self.file.lock()
    }

    fn io(&self, source: std::io::Error) -> SessionError {
        SessionError::Io { path: self.path.clone(), source }
    }

    /// Reads and checks all lines. Returns the number of bytes of an unfinished last line.
    fn scan(&self) -> Result<u64, SessionError> {
        let mut file = self.lock();
        let CassetteHandle { handle, index, .. } = &mut *file;
        index.read(&mut BufReader::new(handle), &self.path)
    }

    /// Returns whether the file, which has one line without an end, is what remains when a writer is stopped within the first
    /// line.
    fn begins_like_a_header(&self, bytes: u64) -> Result<bool, SessionError> {
        let mut file = self.lock();
        let mut begun = Vec::new();
        let read = file
            .handle
            .seek(SeekFrom::Start(0))
            .and_then(|_| (&mut file.handle).take(header_line().len() as u64 + 1).read_to_end(&mut begun));
        read.map_err(|error| self.io(error))?;
        Ok(begun.len() as u64 == bytes && header_line().as_bytes().starts_with(&begun))
    }

    /// Appends a line. If that fails, the part written is removed.
    fn write(&self, file: &mut CassetteHandle, text: &str) -> Result<(), SessionError> {
        let end = file.index.end;
        let written = file.handle.seek(SeekFrom::Start(end)).and_then(|_| {
            let line = format!("{text}\n");
            file.handle.write_all(line.as_bytes()).map(|()| line.len() as u64)
        });
        match written {
            Ok(bytes) => {
                file.index.end += bytes;
                file.index.lines += 1;
                Ok(())
            }
            Err(error) => {
                drop(file.handle.set_len(end));
                Err(self.io(error))
            }
        }
    }
}

impl Cassette for FileCassette {
    fn append(&self, exchange: &Exchange, effort: &Effort) -> Result<(), SessionError> {
        let mut file = self.lock();
        if !file.writable {
            return Err(SessionError::Other(format!("{}: opened for reading only", self.path)));
        }
        let id = file.index.head(&exchange.stream).check_next(exchange)?;
        let form = |problem: String| SessionError::Form { stream: exchange.stream.clone(), problem };
        let line = ExchangeLine::new(id, exchange.clone(), effort.clone());
        let line = line.map_err(|error| form(error.to_string()))?;
        let text = serde_json::to_string(&line).map_err(|error| form(error.to_string()))?;
        if text.len() as u64 >= LINE_BYTES_MAX {
            return Err(form(format!("the exchange takes {} bytes; at most {LINE_BYTES_MAX}", text.len())));
        }
        let offset = file.index.end;
        self.write(&mut file, &text)?;
        let number = file.index.lines;
        file.index.add(&exchange.stream, id, LinePosition { offset, number });
        Ok(())
    }

    fn get(&self, stream: &str, sequence: u64) -> Result<Option<(Exchange, Effort)>, SessionError> {
        let mut file = self.lock();
        let Some(position) = file.index.position(stream, sequence) else { return Ok(None) };
        let mut line = Vec::new();
        file.handle.seek(SeekFrom::Start(position.offset)).map_err(|e| self.io(e))?;
        let mut reader = BufReader::new(&mut file.handle).take(LINE_BYTES_MAX);
        reader.read_until(b'\n', &mut line).map_err(|e| self.io(e))?;
        drop(file);
        line.pop();
        // The file may have changed since it was opened.
        let line = ExchangeLine::parse(&line).map_err(|problem| SessionError::Damaged {
            path: self.path.clone(),
            line: position.number,
            problem,
        })?;
        Ok(Some((line.exchange, line.effort)))
    }

    fn head(&self, stream: &str) -> Result<StreamHead, SessionError> {
        Ok(self.lock().index.head(stream))
    }
}
