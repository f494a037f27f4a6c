//! Names for records: references of runs, memos, and abbreviated identifiers.

use hyperspace_core::RecordId;
use hyperspace_core::digest::{derive, hex};

use crate::backend::SealedId;
use crate::error::{ResolveError, StoreError};
use crate::objects::record_kind;
use crate::store::Store;

const REFERENCE_CONTEXT: &str = "hyperspace 2026-11 ref seal v1";
const MEMO_CONTEXT: &str = "hyperspace 2026-11 memo seal v1";
/// Maximum number of records that the error for an ambiguous prefix lists.
const CANDIDATES_SHOWN: usize = 8;

/// Returns the seal of a reference.
pub(crate) fn reference_seal(run: &[u8], name: &str, id: &[u8]) -> [u8; 32] {
    derive(REFERENCE_CONTEXT, &[run, &(name.len() as u64).to_le_bytes(), name.as_bytes(), id])
}

/// Returns the seal of a memo.
pub(crate) fn memo_seal(key: &[u8], id: &[u8]) -> [u8; 32] {
    derive(MEMO_CONTEXT, &[key, id])
}

/// Returns the name of a reference as messages show it.
pub(crate) fn reference_name(run: &[u8], name: &str) -> String {
    format!("ref {name} of run {}", hex(run))
}

/// Returns the name of a memo as messages show it.
pub(crate) fn memo_name(key: &[u8]) -> String {
    format!("memo {}", hex(key))
}

/// Checks a seal and returns the identifier that it covers.
pub(crate) fn unsealed(
    target: &SealedId,
    expected: [u8; 32],
    object: String,
) -> Result<RecordId, StoreError> {
    match <[u8; 32]>::try_from(&target.id[..]) {
        Ok(id) if target.seal == expected => Ok(RecordId::from_bytes(id)),
        _ => Err(StoreError::Damaged { object, why: "its seal does not fit its columns".to_owned() }),
    }
}

impl Store {
    /// Returns the record of this kind whose identifier begins with `prefix`.
    ///
    /// # Errors
    ///
    /// [`ResolveError`] lists the candidates of an ambiguous prefix.
    pub fn resolve(&self, kind: &str, prefix: &str) -> Result<RecordId, ResolveError> {
        let text = prefix.to_ascii_lowercase();
        if text.is_empty() || text.len() > 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(ResolveError::Malformed { prefix: prefix.chars().take(80).collect() });
        }
        let (low, high) = (bound(&text, '0'), bound(&text, 'f'));
        let found = self.backend().object_ids(&record_kind(kind), &low, &high, CANDIDATES_SHOWN)?;
        match found[..] {
            [] => Err(ResolveError::Unknown { prefix: text, kind: kind.to_owned() }),
            [id] => Ok(RecordId::from_bytes(id)),
            _ => Err(ResolveError::Ambiguous {
                prefix: text,
                candidates: found.iter().map(|id| hex(id)).collect(),
            }),
        }
    }

    /// Returns the record that a name of a run points to.
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`] when the reference was tampered with.
    pub fn get_ref(&self, run: &RecordId, name: &str) -> Result<Option<RecordId>, StoreError> {
        let Some(target) = self.backend().reference(run, name)? else { return Ok(None) };
        let seal = reference_seal(run.as_bytes(), name, &target.id);
        unsealed(&target, seal, reference_name(run.as_bytes(), name)).map(Some)
    }

    /// Returns the names of a run that begin with `prefix`, in order, with the records that they point to.
    ///
    /// # Errors
    ///
    /// As [`Store::get_ref`].
    pub fn refs(&self, run: &RecordId, prefix: &str) -> Result<Vec<(String, RecordId)>, StoreError> {
        let rows = self.backend().references(run, prefix)?.into_iter();
        let checked = rows.map(|row| {
            let object = reference_name(run.as_bytes(), &row.name);
            let seal = reference_seal(run.as_bytes(), &row.name, &row.target.id);
            let id = unsealed(&row.target, seal, object)?;
            Ok((row.name, id))
        });
        checked.collect()
    }

    /// Returns the record remembered under a key.
    ///
    /// # Errors
    ///
    /// As [`Store::get_ref`].
    pub fn memo(&self, key: &[u8; 32]) -> Result<Option<RecordId>, StoreError> {
        let Some(target) = self.backend().memo(key)? else { return Ok(None) };
        unsealed(&target, memo_seal(key, &target.id), memo_name(key)).map(Some)
    }

    /// Returns all evolution runs, ordered by identifier.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the backend fails.
    pub fn runs(&self) -> Result<Vec<RecordId>, StoreError> {
        self.journals("run")
    }

    /// Returns the records of a kind, ordered by identifier, whether or not anything refers to them.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the backend fails.
    pub fn records(&self, kind: &str) -> Result<Vec<RecordId>, StoreError> {
        let all = self.backend().object_ids(&record_kind(kind), &[0; 32], &[0xff; 32], usize::MAX)?;
        Ok(all.into_iter().map(RecordId::from_bytes).collect())
    }

    /// Returns all records of a kind that have a journal, ordered by identifier.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the backend fails.
    pub fn journals(&self, kind: &str) -> Result<Vec<RecordId>, StoreError> {
        self.backend().journals(&record_kind(kind))
    }
}

/// Returns the identifier that begins with this prefix and continues with `digit` only.
fn bound(prefix: &str, digit: char) -> [u8; 32] {
    let full: String = prefix.chars().chain(std::iter::repeat(digit)).take(64).collect();
    full.parse::<RecordId>().map(|id| *id.as_bytes()).expect("64 lowercase hexadecimal digits")
}
