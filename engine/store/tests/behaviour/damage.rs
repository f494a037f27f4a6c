//! A backend that returns other rows than were written is found out: what it returns is named and never served.

use hyperspace_core::BlobId;
use hyperspace_store::{ObjectRow, Store, StoreError, StoredRow};

use crate::plain::{Lie, PlainBackend};
use crate::{agent, fill, run_id};

/// A store that was filled honestly, and lies from now on.
fn lying(lie: Lie) -> Store {
    let backend = PlainBackend::default();
    let store = Store::with_backend(backend.clone());
    fill(&store);
    assert!(store.fsck().unwrap().damaged.is_empty());
    backend.lie(lie);
    store
}

#[test]
fn other_content_is_not_served() {
    let store = lying(|row| match row {
        StoredRow::Object(row) if row.data == b"small" => {
            StoredRow::Object(ObjectRow { data: b"smart".to_vec(), ..row })
        }
        row => row,
    });
    let error = store.get_blob(&BlobId::of(b"small")).unwrap_err();
    assert!(error.is_damage() && error.to_string().contains("its content has the digest"), "{error}");
    assert_eq!(store.fsck().unwrap().damaged.len(), 1);
}

/// A sound object, but not the one that was asked for.
#[test]
fn another_object_is_not_served() {
    let store = lying(|row| match row {
        StoredRow::Object(row) if row.data == b"small" => {
            let (id, data) = (BlobId::of(b"other").as_bytes().to_vec(), b"other".to_vec());
            StoredRow::Object(ObjectRow { id, data, ..row })
        }
        row => row,
    });
    let error = store.get_blob(&BlobId::of(b"small")).unwrap_err();
    assert!(error.is_damage() && error.to_string().contains("was returned for it"), "{error}");
}

#[test]
fn another_kind_or_encoding_is_not_served() {
    let kind = lying(|row| match row {
        StoredRow::Object(row) if row.kind == "tree" => {
            StoredRow::Object(ObjectRow { kind: "blob".to_owned(), ..row })
        }
        row => row,
    });
    assert!(kind.get_files(&agent().tree().id()).unwrap_err().is_damage());
    let codec = lying(|row| match row {
        StoredRow::Object(row) => StoredRow::Object(ObjectRow { codec: 1 - row.codec, ..row }),
        row => row,
    });
    assert!(codec.get_files(&agent().tree().id()).unwrap_err().is_damage());
    assert!(codec.get_blob(&BlobId::of(b"small")).unwrap_err().is_damage());
}

#[test]
fn another_journal_is_neither_served_nor_continued() {
    let store = lying(|row| match row {
        StoredRow::Journal(mut row) if row.seq == 2 => {
            row.data[9] ^= 1;
            StoredRow::Journal(row)
        }
        row => row,
    });
    assert!(store.events(&run_id(), 0, 9).unwrap_err().is_damage());
    assert!(store.head(&run_id()).unwrap_err().is_damage());
    let mut batch = store.batch().unwrap();
    assert!(batch.append(&run_id(), "tick", serde_json::json!({})).unwrap_err().is_damage());
    assert_eq!(store.events(&run_id(), 0, 2).unwrap().len(), 2, "what is before it is sound");
    assert!(store.fsck().unwrap().damaged[0].object.starts_with("event 2 of run"));
}

#[test]
fn a_gap_in_a_journal_is_named() {
    let store = lying(|row| match row {
        StoredRow::Journal(mut row) if row.seq == 1 => {
            row.seq = 7;
            StoredRow::Journal(row)
        }
        row => row,
    });
    assert!(matches!(store.events(&run_id(), 0, 9), Err(StoreError::Missing { .. })));
    let report = store.fsck().unwrap();
    assert!(report.damaged.iter().any(|damage| damage.object.starts_with("event 1 of run")), "{report:?}");
}

#[test]
fn references_and_memos_without_their_seals_are_not_served() {
    let store = lying(|row| match row {
        StoredRow::Reference(mut row) => {
            row.target.id = BlobId::of(b"elsewhere").as_bytes().to_vec();
            StoredRow::Reference(row)
        }
        StoredRow::Memo(mut row) => {
            row.target.seal[0] ^= 1;
            StoredRow::Memo(row)
        }
        row => row,
    });
    assert!(store.get_ref(&run_id(), "plan").unwrap_err().is_damage());
    assert!(store.refs(&run_id(), "generation/").unwrap_err().is_damage());
    assert!(store.memo(&[7; 32]).unwrap_err().is_damage());
    assert_eq!(store.fsck().unwrap().damaged.len(), 4);
}
