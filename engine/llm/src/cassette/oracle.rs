//! The oracle of the fuzz target `cassette`; see [`crate::fuzzing::cassette`].

use super::index::CassetteIndex;
use super::line::{ExchangeLine, header_line};
use super::memory::MemoryCassette;
use super::stream::Cassette;
use crate::error::SessionError;

/// Checks that accepted bytes are exactly those that would be written for the exchanges they contain.
pub(crate) fn check_cassette(data: &[u8]) {
    let mut index = CassetteIndex::default();
    let read = index.read(&mut &*data, "cassette");
    let whole = usize::try_from(index.end).expect("not longer than the data");
    assert_eq!(index.lines as usize, data[..whole].iter().filter(|byte| **byte == b'\n').count());
    match read {
        Ok(torn) => assert_eq!(whole + usize::try_from(torn).expect("not longer than the data"), data.len()),
        Err(SessionError::Damaged { line, problem, .. }) => {
            assert_eq!(line, index.lines + 1);
            assert!(!problem.is_empty());
        }
        Err(other) => panic!("{other}"),
    }
    let again = MemoryCassette::default();
    let mut written = Vec::new();
    for (number, line) in data[..whole].split_inclusive(|byte| *byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\n").expect("a whole line");
        if number == 0 {
            written.extend_from_slice(header_line().as_bytes());
        } else {
            let ExchangeLine { exchange, effort, .. } = ExchangeLine::parse(line).expect("it was accepted");
            again.append(&exchange, &effort).expect("it continues its stream");
            let (exchange, effort) = again
                .get(&exchange.stream, exchange.sequence)
                .expect("memory can be read")
                .expect("it was appended");
            let id = exchange.id().expect("it has a canonical form");
            let line = ExchangeLine::new(id, exchange, effort).expect("it has a canonical form");
            written.extend(serde_json::to_vec(&line).expect("values are JSON"));
        }
        written.push(b'\n');
    }
    assert_eq!(written, data[..whole], "a cassette was accepted that was never written");
    for (stream, head) in index.heads() {
        assert_eq!(again.head(stream).expect("memory can be read"), head);
    }
}
