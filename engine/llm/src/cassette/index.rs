//! Reading the lines of a cassette, from wherever they come: what they are checked for, and where each exchange stands.

use std::collections::BTreeMap;
use std::io::{BufRead, Read};

use hyperspace_core::{RecordId, canon};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Exchange, StreamHead, continues};
use crate::digest;
use crate::effort::Effort;
use crate::error::SessionError;

const FORMAT: &str = "hyperspace-cassette";
const VERSION: u64 = 1;
const SEAL_CONTEXT: &str = "hyperspace v1 cassette seal";
/// Longest line, its end included; a longer one is not ours.
pub(super) const LINE_BYTES_MAX: u64 = 256 << 20;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeadLine {
    format: String,
    version: u64,
}

/// The first line, without its end.
pub(super) fn first_line() -> String {
    let line = HeadLine { format: FORMAT.to_owned(), version: VERSION };
    serde_json::to_string(&line).expect("a line of two values")
}

/// Every other line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    pub(super) id: RecordId,
    pub(super) exchange: Exchange,
    pub(super) effort: Effort,
    pub(super) seal: String,
}

pub(super) fn seal(id: &RecordId, effort: &Effort) -> Result<String, canon::CanonError> {
    digest::seal(SEAL_CONTEXT, &json!({ "id": id, "effort": effort }))
}

impl Line {
    /// A line, without its end, that is what it says; otherwise what is wrong with it.
    pub(super) fn read(text: &[u8]) -> Result<Self, String> {
        let line: Self = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        let form = |error: canon::CanonError| error.to_string();
        let id = line.exchange.id().map_err(form)?;
        if id != line.id {
            return Err(format!("the exchange is {id}, but the line says {}", line.id));
        }
        if seal(&line.id, &line.effort).map_err(form)? != line.seal {
            return Err("the effort is not what was sealed".to_owned());
        }
        // The same values can be written in more than one way: a changed byte that changes none of them is damage, too.
        match serde_json::to_vec(&line).is_ok_and(|written| written == text) {
            true => Ok(line),
            false => {
                Err("the values are what was written, but not in the bytes that were written".to_owned())
            }
        }
    }
}

#[derive(Debug, Default)]
struct Stream {
    head: StreamHead,
    /// Where its lines begin, and their numbers.
    places: Vec<(u64, u64)>,
}

/// What a cassette holds, and where.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// Bytes of the whole lines.
    pub(super) end: u64,
    pub(super) lines: u64,
    streams: BTreeMap<String, Stream>,
}

impl Index {
    /// Reads and checks all lines; answers the bytes of an unfinished last one. `path` stands in errors.
    pub(super) fn read(&mut self, reader: &mut impl BufRead, path: &str) -> Result<u64, SessionError> {
        let io = |source| SessionError::Io { path: path.to_owned(), source };
        let mut line = Vec::new();
        loop {
            line.clear();
            let bytes = reader.take(LINE_BYTES_MAX).read_until(b'\n', &mut line).map_err(io)? as u64;
            let number = self.lines + 1;
            let damaged = |problem| SessionError::Damaged { path: path.to_owned(), line: number, problem };
            if line.pop() != Some(b'\n') {
                // A line that goes on is no unfinished last one: it must not be taken off with all that follows.
                return match bytes == LINE_BYTES_MAX {
                    true => Err(damaged(format!("the line is longer than {LINE_BYTES_MAX} bytes"))),
                    false => Ok(bytes),
                };
            }
            self.check(&line, number).map_err(damaged)?;
            self.lines = number;
            self.end += bytes;
        }
    }

    fn check(&mut self, line: &[u8], number: u64) -> Result<(), String> {
        if number == 1 {
            return check_first(line);
        }
        let read = Line::read(line)?;
        continues(self.head(&read.exchange.stream), &read.exchange).map_err(|error| error.to_string())?;
        self.add(&read.exchange.stream, read.id, (self.end, number));
        Ok(())
    }

    /// Notes an exchange that continues its stream, and its place and line.
    pub(super) fn add(&mut self, stream: &str, id: RecordId, place: (u64, u64)) {
        let stream = self.streams.entry(stream.to_owned()).or_default();
        stream.head = StreamHead { count: stream.head.count + 1, last: Some(id) };
        stream.places.push(place);
    }

    pub(super) fn head(&self, stream: &str) -> StreamHead {
        self.streams.get(stream).map(|stream| stream.head).unwrap_or_default()
    }

    pub(super) fn heads(&self) -> impl Iterator<Item = (&str, StreamHead)> {
        self.streams.iter().map(|(name, stream)| (name.as_str(), stream.head))
    }

    pub(super) fn place(&self, stream: &str, sequence: u64) -> Option<(u64, u64)> {
        self.streams.get(stream)?.places.get(usize::try_from(sequence).ok()?).copied()
    }
}

fn check_first(line: &[u8]) -> Result<(), String> {
    let expected = format!("expected the first line of a cassette of format {FORMAT}, version {VERSION}");
    let head: HeadLine = serde_json::from_slice(line).map_err(|_| expected.clone())?;
    match head.format == FORMAT && head.version == VERSION {
        true if line == first_line().as_bytes() => Ok(()),
        true => Err(expected),
        false => Err(format!("{expected}, not {} version {}", head.format, head.version)),
    }
}

/// The oracle of cassettes: bytes that are accepted are exactly those that would be written for what is in them.
#[cfg(any(test, feature = "fuzzing"))]
pub(super) fn check_cassette(data: &[u8]) {
    let mut index = Index::default();
    let read = index.read(&mut &*data, "cassette");
    let whole = usize::try_from(index.end).expect("no longer than the data");
    assert_eq!(index.lines as usize, data[..whole].iter().filter(|byte| **byte == b'\n').count());
    match read {
        Ok(torn) => assert_eq!(whole + usize::try_from(torn).expect("no longer than the data"), data.len()),
        Err(SessionError::Damaged { line, problem, .. }) => {
            assert_eq!(line, index.lines + 1);
            assert!(!problem.is_empty());
        }
        Err(other) => panic!("{other}"),
    }
    let again = super::MemoryCassette::default();
    let mut written = Vec::new();
    for (number, line) in data[..whole].split_inclusive(|byte| *byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\n").expect("a whole line");
        if number == 0 {
            written.extend_from_slice(first_line().as_bytes());
        } else {
            let Line { exchange, effort, .. } = Line::read(line).expect("it was accepted");
            super::Cassette::append(&again, &exchange, &effort).expect("it continues its stream");
            let (exchange, effort) = super::Cassette::get(&again, &exchange.stream, exchange.sequence)
                .expect("memory can be read")
                .expect("it was kept");
            let id = exchange.id().expect("it has a canonical form");
            let seal = seal(&id, &effort).expect("it has a canonical form");
            let line = Line { id, exchange, effort, seal };
            written.extend(serde_json::to_vec(&line).expect("values are JSON"));
        }
        written.push(b'\n');
    }
    assert_eq!(written, data[..whole], "a cassette was accepted that nobody wrote");
    for (stream, head) in index.heads() {
        assert_eq!(super::Cassette::head(&again, stream).expect("memory can be read"), head);
    }
}
