//! The index of a cassette: reads and checks all lines, and locates each exchange.

use std::collections::BTreeMap;
use std::io::{BufRead, Read};

use hyperspace_core::RecordId;

use super::line::{ExchangeLine, LINE_BYTES_MAX, check_header};
use super::stream::StreamHead;
use crate::error::SessionError;

/// The position of a line in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LinePosition {
    /// Offset of its first byte.
    pub(super) offset: u64,
    /// Number of the line, from 1.
    pub(super) number: u64,
}

#[derive(Debug, Default)]
struct StreamIndex {
    head: StreamHead,
    lines: Vec<LinePosition>,
}

/// The exchanges of a cassette by stream and number.
#[derive(Debug, Default)]
pub(super) struct CassetteIndex {
    /// Bytes of the complete lines.
    pub(super) end: u64,
    /// Number of complete lines.
    pub(super) lines: u64,
    streams: BTreeMap<String, StreamIndex>,
}

impl CassetteIndex {
    /// Reads and checks all lines. Returns the number of bytes of an unfinished last line. `path` appears in errors.
    pub(super) fn read(&mut self, reader: &mut impl BufRead, path: &str) -> Result<u64, SessionError> {
        let io = |source| SessionError::Io { path: path.to_owned(), source };
        let mut line = Vec::new();
        loop {
            line.clear();
            let bytes = reader.take(LINE_BYTES_MAX).read_until(b'\n', &mut line).map_err(io)? as u64;
            let number = self.lines + 1;
            let damaged = |problem| SessionError::Damaged { path: path.to_owned(), line: number, problem };
            if line.pop() != Some(b'\n') {
                // A line that is too long is not an unfinished last line: further lines may follow, which must not be cut off.
                if bytes == LINE_BYTES_MAX {
                    return Err(damaged(format!("the line is longer than {LINE_BYTES_MAX} bytes")));
                }
                return Ok(bytes);
            }
            self.check(&line, number).map_err(damaged)?;
            self.lines = number;
            self.end += bytes;
        }
    }

    fn check(&mut self, line: &[u8], number: u64) -> Result<(), String> {
        if number == 1 {
            return check_header(line);
        }
        let line = ExchangeLine::parse(line)?;
        let head = self.head(&line.exchange.stream);
        head.check_next(&line.exchange).map_err(|error| error.to_string())?;
        self.add(&line.exchange.stream, line.id, LinePosition { offset: self.end, number });
        Ok(())
    }

    /// Adds an exchange that continues its stream.
    pub(super) fn add(&mut self, stream: &str, id: RecordId, position: LinePosition) {
        let stream = self.streams.entry(stream.to_owned()).or_default();
        stream.head = StreamHead { count: stream.head.count + 1, last: Some(id) };
        stream.lines.push(position);
    }

    pub(super) fn head(&self, stream: &str) -> StreamHead {
        self.streams.get(stream).map(|stream| stream.head).unwrap_or_default()
    }

    pub(super) fn heads(&self) -> impl Iterator<Item = (&str, StreamHead)> {
        self.streams.iter().map(|(name, stream)| (name.as_str(), stream.head))
    }

    pub(super) fn position(&self, stream: &str, sequence: u64) -> Option<LinePosition> {
        self.streams.get(stream)?.lines.get(usize::try_from(sequence).ok()?).copied()
    }
}
