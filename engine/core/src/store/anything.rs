//! Rows that hold anything, for the oracles of the fuzz targets.

use serde_json::Value;

use super::objects::{Row, digest_of};
use super::{error::StoreError, journal};
use crate::canon;
use crate::digest::{EventId, RecordId};

const KINDS: [&str; 5] = ["blob", "tree", "record:run", "record:generation", "else"];

/// Reads `data` as objects and as an event. The first byte chooses kind and codec.
pub(crate) fn read_anything(data: &[u8]) {
    let Some((&choice, content)) = data.split_first() else { return };
    let kind = KINDS[usize::from(choice) % KINDS.len()];
    // Under its own digest, so that more is read than the digest; a row of another digest is refused by that alone.
    let own = digest_of(kind, content).unwrap_or_default();
    for id in [own, [choice; 32]] {
        for codec in [0, 1, i64::from(choice)] {
            let row = Row { id: id.to_vec(), kind: kind.to_owned(), codec, data: content.to_vec() };
            let name = row.name();
            match row.verify() {
                Ok(bytes) => {
                    assert_eq!(digest_of(kind, &bytes), Some(id), "{name} is served under a wrong digest")
                }
                Err(StoreError::Damaged { object, why }) => assert!(object == name && !why.is_empty()),
                Err(other) => panic!("{name}: {other}"),
            }
        }
    }
    let run = RecordId::from_bytes([choice; 32]);
    let first = EventId::from_bytes([7; 32]);
    let Ok(body) = serde_json::from_slice::<Value>(content) else { return };
    let previous = (choice % 2 == 1).then_some(&first);
    let Ok((id, bytes)) = journal::seal(&run, 5, previous, "kind", &body) else { return };
    let read = journal::open(&run, 5, previous, id.as_bytes(), &bytes).expect("an event comes back");
    assert_eq!((read.seq, read.id, &read.body), (5, id, &body));
    assert!(journal::open(&run, 6, previous, id.as_bytes(), &bytes).is_err(), "another place");
    assert!(journal::open(&run, 5, Some(&id), id.as_bytes(), &bytes).is_err(), "another chain");
    // The content itself, as an event that a store might hold.
    if let Ok(bytes) = canon::encode(&body) {
        let id = journal::event_id(&bytes);
        if let Ok(event) = journal::open(&run, 5, None, id.as_bytes(), &bytes) {
            assert_eq!(event.id, id);
        }
    }
}
