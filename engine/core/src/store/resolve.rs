//! Names for records: references of runs, memos, and abbreviated identifiers.

use rusqlite::{OptionalExtension, params};
use thiserror::Error;

use super::Store;
use super::error::StoreError;
use crate::digest::{RecordId, derive, hex};

const REF_CONTEXT: &str = "hyperspace 2026-11 ref seal v1";
const MEMO_CONTEXT: &str = "hyperspace 2026-11 memo seal v1";
/// How many candidates an ambiguous prefix lists.
const CANDIDATES_SHOWN: usize = 8;

/// A prefix that names no single record.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// It is not hexadecimal.
    #[error("{prefix:?} is not a hash; expected 1 to 64 hexadecimal digits")]
    Malformed {
        /// The text.
        prefix: String,
    },
    /// Nothing begins with it.
    #[error("no {kind} begins with {prefix}; `log` lists what the store holds")]
    Unknown {
        /// The text.
        prefix: String,
        /// What was looked for.
        kind: String,
    },
    /// Several begin with it.
    #[error("{prefix} is ambiguous, give more digits; it begins {}", candidates.join(", "))]
    Ambiguous {
        /// The text.
        prefix: String,
        /// Some of them.
        candidates: Vec<String>,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub(super) fn ref_seal(run: &RecordId, name: &str, id: &[u8]) -> [u8; 32] {
    derive(REF_CONTEXT, &[run.as_bytes(), &(name.len() as u64).to_le_bytes(), name.as_bytes(), id])
}

pub(super) fn memo_seal(key: &[u8], id: &[u8]) -> [u8; 32] {
    derive(MEMO_CONTEXT, &[key, id])
}

fn sealed(id: &[u8], seal: &[u8], expected: [u8; 32], object: String) -> Result<RecordId, StoreError> {
    let why = || "its seal does not fit its columns".to_owned();
    if seal != expected {
        return Err(StoreError::Damaged { object, why: why() });
    }
    let bytes = id.try_into().map_err(|_| StoreError::Damaged { object, why: why() })?;
    Ok(RecordId::from_bytes(bytes))
}

impl Store {
    /// The record of kind `kind` whose identifier begins with `prefix`.
    ///
    /// # Errors
    ///
    /// [`ResolveError`] lists the candidates of an ambiguous prefix.
    pub fn resolve(&self, kind: &str, prefix: &str) -> Result<RecordId, ResolveError> {
        let text = prefix.to_ascii_lowercase();
        if text.is_empty() || text.len() > 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(ResolveError::Malformed { prefix: prefix.chars().take(80).collect() });
        }
        let low = bound(&text, '0');
        let high = bound(&text, 'f');
        let connection = self.connection();
        let mut statement = connection
            .prepare_cached(
                "SELECT id FROM objects WHERE id BETWEEN ?1 AND ?2 AND kind = ?3 ORDER BY id LIMIT ?4",
            )
            .map_err(StoreError::from)?;
        let limit = CANDIDATES_SHOWN as i64;
        let found: Vec<[u8; 32]> = statement
            .query_map(params![&low[..], &high[..], format!("record:{kind}"), limit], |row| row.get(0))
            .and_then(Iterator::collect)
            .map_err(StoreError::from)?;
        match found[..] {
            [] => Err(ResolveError::Unknown { prefix: text, kind: kind.to_owned() }),
            [id] => Ok(RecordId::from_bytes(id)),
            _ => Err(ResolveError::Ambiguous {
                prefix: text,
                candidates: found.iter().map(|id| hex(id)).collect(),
            }),
        }
    }

    /// The record a name of a run points to.
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`] when the reference was tampered with.
    pub fn get_ref(&self, run: &RecordId, name: &str) -> Result<Option<RecordId>, StoreError> {
        let connection = self.connection();
        let mut statement =
            connection.prepare_cached("SELECT id, seal FROM refs WHERE run = ?1 AND name = ?2")?;
        let row = statement
            .query_row(params![&run.as_bytes()[..], name], |row| {
                Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, Vec<u8>>(1)?))
            })
            .optional()?;
        row.map(|(id, seal)| sealed(&id, &seal, ref_seal(run, name, &id), format!("ref {name} of run {run}")))
            .transpose()
    }

    /// The names of a run that begin with `prefix`, in order, with what they point to.
    ///
    /// # Errors
    ///
    /// As [`Store::get_ref`].
    pub fn refs(&self, run: &RecordId, prefix: &str) -> Result<Vec<(String, RecordId)>, StoreError> {
        let connection = self.connection();
        let mut statement = connection
            .prepare_cached("SELECT name, id, seal FROM refs WHERE run = ?1 AND name >= ?2 ORDER BY name")?;
        let mut rows = statement.query(params![&run.as_bytes()[..], prefix])?;
        let mut found = vec![];
        while let Some(row) = rows.next()? {
            let (name, id, seal): (String, Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
            if !name.starts_with(prefix) {
                break;
            }
            let object = format!("ref {name} of run {run}");
            let id = sealed(&id, &seal, ref_seal(run, &name, &id), object)?;
            found.push((name, id));
        }
        Ok(found)
    }

    /// The record remembered under a key.
    ///
    /// # Errors
    ///
    /// As [`Store::get_ref`].
    pub fn memo(&self, key: &[u8; 32]) -> Result<Option<RecordId>, StoreError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached("SELECT id, seal FROM memo WHERE key = ?1")?;
        let row = statement
            .query_row(params![&key[..]], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, Vec<u8>>(1)?)))
            .optional()?;
        row.map(|(id, seal)| sealed(&id, &seal, memo_seal(key, &id), format!("memo {}", hex(key))))
            .transpose()
    }

    /// All runs of evolution, in order of identifier.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub fn runs(&self) -> Result<Vec<RecordId>, StoreError> {
        self.journals("run")
    }

    /// All records of a kind that have a journal, in order of identifier.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database fails.
    pub fn journals(&self, kind: &str) -> Result<Vec<RecordId>, StoreError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT run FROM events JOIN objects ON objects.id = events.run
             WHERE events.seq = 0 AND objects.kind = ?1 ORDER BY run",
        )?;
        let runs = statement
            .query_map([format!("record:{kind}")], |row| row.get::<_, [u8; 32]>(0))?
            .collect::<Result<Vec<_>, _>>()?;
        Ok(runs.into_iter().map(RecordId::from_bytes).collect())
    }
}

/// The identifier with this prefix and only `digit`s after it.
fn bound(prefix: &str, digit: char) -> [u8; 32] {
    let full: String = prefix.chars().chain(std::iter::repeat(digit)).take(64).collect();
    full.parse::<RecordId>().map(|id| *id.as_bytes()).expect("64 lowercase hexadecimal digits")
}
