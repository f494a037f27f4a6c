//! The oracle of the fuzz target `store`: rows of arbitrary bytes.

use hyperspace_core::{EventId, RecordId, canon};
use serde_json::Value;

use crate::backend::ObjectRow;
use crate::error::StoreError;
use crate::journal;
use crate::objects::digest_of;

const KINDS: [&str; 5] = ["blob", "tree", "record:run", "record:generation", "else"];

/// Reads `data` as objects and as an event. The first byte chooses kind and codec.
pub fn store(data: &[u8]) {
    let Some((&choice, content)) = data.split_first() else { return };
    let kind = KINDS[usize::from(choice) % KINDS.len()];
    // Under its own digest, so that more than the digest is checked; a wrong digest alone would have the row refused.
    let own = digest_of(kind, content).unwrap_or_default();
    for id in [own, [choice; 32]] {
        for codec in [0, 1, i64::from(choice)] {
            let row = ObjectRow { id: id.to_vec(), kind: kind.to_owned(), codec, data: content.to_vec() };
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
    // The content itself, as an event that a store might contain.
    if let Ok(bytes) = canon::encode(&body) {
        let id = EventId::of_bytes(&bytes);
        if let Ok(event) = journal::open(&run, 5, None, id.as_bytes(), &bytes) {
            assert_eq!(event.id, id);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;

    const JSON: &[&str] = &[
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"a\"",
        "\"b\"",
        "\"kind\"",
        "0",
        "-1",
        "1.5",
        "-0.0",
        "1e300",
        "18446744073709551615",
        "-9223372036854775808",
        "null",
        "true",
        "\"\\u0000\"",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(2_000), ..ProptestConfig::default() })]

        #[test]
        fn any_bytes(data in prop::collection::vec(any::<u8>(), 0..80)) {
            store(&data);
        }

        #[test]
        fn any_values(pieces in prop::collection::vec(prop::sample::select(JSON), 0..14), kind in any::<u8>()) {
            store(&[&[kind], pieces.concat().as_bytes()].concat());
        }
    }

    #[test]
    fn the_corpus_passes() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/store");
        let seeds: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(!seeds.is_empty(), "there is no corpus");
        seeds.iter().for_each(|seed| store(&std::fs::read(seed).unwrap()));
    }
}
