//! Writing: one transaction per batch.

use rusqlite::{Transaction, TransactionBehavior, params};

use super::{SqliteBackend, seal};
use crate::backend::{JournalRow, MemoRow, ObjectRow, ReferenceRow, WriteBatch};
use crate::error::StoreError;

impl SqliteBackend {
    /// Writes a batch in one transaction and waits until it is on the device; then writes the seal, which may stay behind. Everything
    /// that can fail comes before the commit.
    pub(super) fn write(&self, batch: WriteBatch) -> Result<(), StoreError> {
        let touched = seal::touched(&batch);
        if !touched.is_empty() {
            self.check_seal_file()?;
        }
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        objects(&transaction, &batch.objects)?;
        journal(&transaction, &batch.journal)?;
        references(&transaction, &batch.references)?;
        memos(&transaction, &batch.memos)?;
        transaction.commit()?;
        drop(connection);
        if !touched.is_empty() {
            self.keep_seal(&touched);
        }
        Ok(())
    }
}

fn objects(transaction: &Transaction<'_>, rows: &[ObjectRow]) -> Result<(), StoreError> {
    let mut insert = transaction.prepare_cached(
        "INSERT INTO objects (id, kind, codec, data) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (id) DO NOTHING",
    )?;
    for row in rows {
        insert.execute(params![row.id, row.kind, row.codec, row.data])?;
    }
    Ok(())
}

fn journal(transaction: &Transaction<'_>, rows: &[JournalRow]) -> Result<(), StoreError> {
    let mut insert =
        transaction.prepare_cached("INSERT INTO events (run, seq, id, data) VALUES (?1, ?2, ?3, ?4)")?;
    for row in rows {
        insert.execute(params![row.run, row.seq, row.id, row.data]).map_err(|error| {
            match error.sqlite_error_code() {
                Some(rusqlite::ErrorCode::ConstraintViolation) => StoreError::conflict(row),
                _ => error.into(),
            }
        })?;
    }
    Ok(())
}

fn references(transaction: &Transaction<'_>, rows: &[ReferenceRow]) -> Result<(), StoreError> {
    let mut insert = transaction
        .prepare_cached("INSERT OR REPLACE INTO refs (run, name, id, seal) VALUES (?1, ?2, ?3, ?4)")?;
    for row in rows {
        insert.execute(params![row.run, row.name, row.target.id, row.target.seal])?;
    }
    Ok(())
}

fn memos(transaction: &Transaction<'_>, rows: &[MemoRow]) -> Result<(), StoreError> {
    let mut insert =
        transaction.prepare_cached("INSERT OR REPLACE INTO memo (key, id, seal) VALUES (?1, ?2, ?3)")?;
    for row in rows {
        insert.execute(params![row.key, row.target.id, row.target.seal])?;
    }
    Ok(())
}
