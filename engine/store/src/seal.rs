//! The seal of a whole store: for every journal, the number of its entries, its head, and the number of its references.
//!
//! It is kept in a file beside the database, and written after each commit. A store that lost rows, or that was put back to an earlier
//! state, is behind its seal. A store whose writer was killed between commit and seal is ahead of it, and sound. Anybody who can write
//! both files can make them agree: a seal is evidence only if a copy of it, or the file beside the store, was left alone.

use std::borrow::Cow;
use std::collections::BTreeMap;

use hyperspace_core::digest::{derive, hex};
use hyperspace_core::{EventId, RecordId};
use serde::{Deserialize, Serialize};

use crate::error::Damage;

const FORMAT: &str = "hyperspace-seal";
const VERSION: u32 = 1;
const SEAL_CONTEXT: &str = "hyperspace 2026-11 store seal v1";
/// Maximum size of a seal that is read, in bytes: a million journals.
pub(crate) const SEAL_BYTES_MAX: u64 = 256 << 20;

/// One journal, as recorded in a seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedJournal {
    /// The number of entries, at least 1.
    pub entries: u64,
    /// The identifier of the last entry, which covers all of them.
    pub head: EventId,
    /// The number of references of the same record.
    pub references: u64,
}

/// The seal of a store.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoreSeal {
    /// Journals, by the record to which they belong.
    pub journals: BTreeMap<RecordId, SealedJournal>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SealFile<'a> {
    format: Cow<'a, str>,
    version: u32,
    journals: Cow<'a, BTreeMap<RecordId, SealedJournal>>,
    seal: String,
}

impl StoreSeal {
    /// Returns the text to write to the file.
    pub(crate) fn to_text(&self) -> String {
        let (format, journals) = (Cow::Borrowed(FORMAT), Cow::Borrowed(&self.journals));
        let file = SealFile { format, version: VERSION, journals, seal: checksum(&self.journals) };
        serde_json::to_string(&file).expect("a map of digests is JSON") + "\n"
    }

    /// Parses the text of the file. The error says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let file: SealFile = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if file.format != FORMAT || file.version != VERSION {
            return Err(format!(
                "expected {FORMAT} version {VERSION}, found {:?} {}",
                file.format, file.version
            ));
        }
        if checksum(&file.journals) != file.seal {
            return Err("its checksum does not fit".to_owned());
        }
        Ok(Self { journals: file.journals.into_owned() })
    }
}

fn checksum(journals: &BTreeMap<RecordId, SealedJournal>) -> String {
    let text = serde_json::to_string(journals).expect("a map of digests is JSON");
    hex(&derive(SEAL_CONTEXT, &[text.as_bytes()]))
}

/// One journal as found in the store, to be compared with its seal.
#[derive(Debug, Default)]
pub(crate) struct FoundJournal {
    pub(crate) entries: u64,
    /// The identifier of the entry that the seal has as the last one.
    pub(crate) at_seal: Option<EventId>,
    /// The number of references; `None` if they were not counted.
    pub(crate) references: Option<u64>,
}

/// Returns the damage of a journal that does not match its seal; `None` if it does.
pub(crate) fn behind(run: &RecordId, sealed: &SealedJournal, found: &FoundJournal) -> Option<Damage> {
    let damage = |object: String, why: String| Some(Damage { object, why });
    if found.entries < sealed.entries {
        let why = format!(
            "it has {} entries, and store.seal says {}: rows are gone, or the store was put back to an earlier state",
            found.entries, sealed.entries
        );
        return damage(format!("the journal of {run}"), why);
    }
    if found.at_seal != Some(sealed.head) {
        let why = format!("entry {} is another one than store.seal says", sealed.entries - 1);
        return damage(format!("the journal of {run}"), why);
    }
    // References are also added and changed without an entry, and a writer that is killed leaves them ahead of the seal. They are never
    // removed, so having fewer of them is damage; a change of one is found by its own digest.
    if let Some(references) = found.references.filter(|count| *count < sealed.references) {
        let why = format!("there are {references}, and store.seal says {}", sealed.references);
        return damage(format!("the references of {run}"), why);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_survives_its_text_and_a_changed_one_is_refused() {
        let run = RecordId::from_bytes([1; 32]);
        let head = EventId::from_bytes([2; 32]);
        let sealed = SealedJournal { entries: 3, head, references: 0 };
        let seal = StoreSeal { journals: [(run, sealed)].into() };
        let text = seal.to_text();
        assert_eq!(StoreSeal::parse(&text).unwrap(), seal);
        StoreSeal::parse(&text.replace("\"entries\":3", "\"entries\":2")).unwrap_err();
        StoreSeal::parse("{}").unwrap_err();
        let found = |entries, at_seal| FoundJournal { entries, at_seal, references: Some(0) };
        assert_eq!(behind(&run, &sealed, &found(3, Some(head))), None);
        assert_eq!(behind(&run, &sealed, &found(5, Some(head))), None);
        let more = FoundJournal { references: Some(2), ..found(3, Some(head)) };
        assert_eq!(behind(&run, &sealed, &more), None, "a writer was killed before it wrote the seal");
        let named = SealedJournal { references: 1, ..sealed };
        assert!(behind(&run, &named, &found(3, Some(head))).unwrap().object.contains("references"));
        assert!(behind(&run, &sealed, &found(2, None)).unwrap().why.contains("rows are gone"));
        behind(&run, &sealed, &found(3, Some(EventId::from_bytes([3; 32])))).unwrap();
        behind(&run, &sealed, &FoundJournal::default()).unwrap();
    }
}
