//! Reading: one prepared statement per query.

use std::path::Path;

use hyperspace_core::{RecordId, digest};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::SqliteBackend;
use crate::backend::{
    Backend, JournalRow, MemoRow, ObjectRow, ReferenceRow, SealedId, StoredRow, WriteBatch,
};
use crate::error::{Damage, StoreError};
use crate::seal::StoreSeal;

impl Backend for SqliteBackend {
    fn is_writable(&self) -> bool {
        self.writer.is_some()
    }

    fn folder(&self) -> Option<&Path> {
        Some(&self.folder)
    }

    fn object(&self, id: &[u8; 32]) -> Result<Option<ObjectRow>, StoreError> {
        let connection = self.connection();
        let mut statement =
            connection.prepare_cached("SELECT kind, codec, data FROM objects WHERE id = ?1")?;
        let row = statement.query_row(params![&id[..]], |row| {
            Ok(ObjectRow { id: id.to_vec(), kind: row.get(0)?, codec: row.get(1)?, data: row.get(2)? })
        });
        Ok(row.optional()?)
    }

    fn object_ids(
        &self,
        kind: &str,
        low: &[u8; 32],
        high: &[u8; 32],
        limit: usize,
    ) -> Result<Vec<[u8; 32]>, StoreError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT id FROM objects WHERE id BETWEEN ?1 AND ?2 AND kind = ?3 ORDER BY id LIMIT ?4",
        )?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let ids = statement.query_map(params![&low[..], &high[..], kind, limit], |row| row.get(0))?;
        Ok(ids.collect::<Result<_, _>>()?)
    }

    fn journal(&self, run: &RecordId, from: u64, to: u64) -> Result<Vec<JournalRow>, StoreError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT run, seq, id, data FROM events WHERE run = ?1 AND seq >= ?2 AND seq < ?3 ORDER BY seq",
        )?;
        let limit = i64::try_from(to).unwrap_or(i64::MAX);
        let rows = statement.query_map(params![&run.as_bytes()[..], from, limit], journal_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn journal_head(&self, run: &RecordId) -> Result<Option<JournalRow>, StoreError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT run, seq, id, data FROM events WHERE run = ?1 ORDER BY seq DESC LIMIT 1",
        )?;
        Ok(statement.query_row(params![&run.as_bytes()[..]], journal_row).optional()?)
    }

    fn journals(&self, kind: &str) -> Result<Vec<RecordId>, StoreError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT run FROM events JOIN objects ON objects.id = events.run
             WHERE events.seq = 0 AND objects.kind = ?1 ORDER BY run",
        )?;
        let runs = statement.query_map([kind], |row| row.get::<_, [u8; 32]>(0))?;
        Ok(runs.map(|run| run.map(RecordId::from_bytes)).collect::<Result<_, _>>()?)
    }

    fn reference(&self, run: &RecordId, name: &str) -> Result<Option<SealedId>, StoreError> {
        let connection = self.connection();
        let mut statement =
            connection.prepare_cached("SELECT id, seal FROM refs WHERE run = ?1 AND name = ?2")?;
        let row = statement.query_row(params![&run.as_bytes()[..], name], |row| sealed_id(row, 0));
        Ok(row.optional()?)
    }

    fn references(&self, run: &RecordId, prefix: &str) -> Result<Vec<ReferenceRow>, StoreError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT run, name, id, seal FROM refs WHERE run = ?1 AND name >= ?2 ORDER BY name",
        )?;
        let mut rows = statement.query(params![&run.as_bytes()[..], prefix])?;
        let mut found = vec![];
        while let Some(row) = rows.next()? {
            let row = reference_row(row)?;
            if !row.name.starts_with(prefix) {
                break;
            }
            found.push(row);
        }
        Ok(found)
    }

    fn memo(&self, key: &[u8; 32]) -> Result<Option<SealedId>, StoreError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached("SELECT id, seal FROM memo WHERE key = ?1")?;
        Ok(statement.query_row(params![&key[..]], |row| sealed_id(row, 0)).optional()?)
    }

    fn commit(&self, batch: WriteBatch) -> Result<(), StoreError> {
        self.write(batch)
    }

    fn seal(&self) -> Result<Option<StoreSeal>, StoreError> {
        self.read_seal()
    }

    fn scan(&self, visit: &mut dyn FnMut(StoredRow)) -> Result<(), StoreError> {
        let connection = self.connection();
        // One state for all tables, whatever another process writes meanwhile.
        let transaction = connection.unchecked_transaction()?;
        pages(&transaction, visit)?;
        named("objects", objects(&transaction, visit), visit)?;
        let entries = table(&transaction, JOURNAL, |row| journal_row(row).map(StoredRow::Journal), visit);
        named("events", entries, visit)?;
        let references =
            table(&transaction, REFERENCES, |row| reference_row(row).map(StoredRow::Reference), visit);
        named("refs", references, visit)?;
        named("memo", table(&transaction, MEMOS, |row| memo_row(row).map(StoredRow::Memo), visit), visit)
    }
}

const JOURNAL: &str = "SELECT run, seq, id, data FROM events ORDER BY run, seq";
const REFERENCES: &str = "SELECT run, name, id, seal FROM refs ORDER BY run, name";
const MEMOS: &str = "SELECT key, id, seal FROM memo ORDER BY key";

fn journal_row(row: &Row<'_>) -> rusqlite::Result<JournalRow> {
    Ok(JournalRow { run: row.get(0)?, seq: row.get(1)?, id: row.get(2)?, data: row.get(3)? })
}

fn reference_row(row: &Row<'_>) -> rusqlite::Result<ReferenceRow> {
    Ok(ReferenceRow { run: row.get(0)?, name: row.get(1)?, target: sealed_id(row, 2)? })
}

fn memo_row(row: &Row<'_>) -> rusqlite::Result<MemoRow> {
    Ok(MemoRow { key: row.get(0)?, target: sealed_id(row, 1)? })
}

/// Reads identifier and seal from the columns that begin here.
fn sealed_id(row: &Row<'_>, column: usize) -> rusqlite::Result<SealedId> {
    Ok(SealedId { id: row.get(column)?, seal: row.get(column + 1)? })
}

/// Visits the damage that SQLite finds in its own structures: pages, indexes, column types.
fn pages(connection: &Connection, visit: &mut dyn FnMut(StoredRow)) -> Result<(), StoreError> {
    let lines = connection.prepare("PRAGMA integrity_check(100)").and_then(|mut statement| {
        statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()
    });
    let lines = match lines {
        Ok(lines) => lines,
        Err(error) => return named("store.db", Err(error.into()), visit),
    };
    for why in lines.into_iter().filter(|line| line != "ok") {
        visit(StoredRow::Damaged(Damage { object: "the database file store.db".to_owned(), why }));
    }
    Ok(())
}

/// Visits all objects. A row with other column types than were written is damage of that row alone.
fn objects(connection: &Connection, visit: &mut dyn FnMut(StoredRow)) -> Result<(), StoreError> {
    let mut statement =
        connection.prepare("SELECT rowid, id, kind, codec, data FROM objects ORDER BY rowid")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let number: i64 = row.get(0)?;
        let read =
            || Ok(ObjectRow { id: row.get(1)?, kind: row.get(2)?, codec: row.get(3)?, data: row.get(4)? });
        visit(match read() {
            Ok(object) => StoredRow::Object(object),
            Err::<_, rusqlite::Error>(error) => {
                let id = row.get::<_, Vec<u8>>(1).map_or_else(|_| "?".to_owned(), |id| digest::hex(&id));
                let object = format!("object {id} (row {number})");
                StoredRow::Damaged(Damage { object, why: error.to_string() })
            }
        });
    }
    Ok(())
}

fn table(
    connection: &Connection,
    sql: &str,
    read: fn(&Row<'_>) -> rusqlite::Result<StoredRow>,
    visit: &mut dyn FnMut(StoredRow),
) -> Result<(), StoreError> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        visit(read(row)?);
    }
    Ok(())
}

/// Visits damage that ended the scan of a table, under the name of the table; returns any other error.
fn named(
    name: &str,
    scanned: Result<(), StoreError>,
    visit: &mut dyn FnMut(StoredRow),
) -> Result<(), StoreError> {
    match scanned {
        Err(StoreError::Damaged { object, why }) => {
            visit(StoredRow::Damaged(Damage { object, why: format!("{why} (table {name})") }));
            Ok(())
        }
        other => other,
    }
}
