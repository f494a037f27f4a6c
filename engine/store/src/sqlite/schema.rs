//! Tables, their version, and the settings every connection has.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use crate::error::StoreError;

/// Version of the tables and of what stands in them.
pub const FORMAT: u32 = 1;

/// Milliseconds a connection waits for another one's short lock.
const BUSY_TIMEOUT_MS: u64 = 30_000;
/// Prepared statements kept per connection: more than there are different ones.
const STATEMENTS: usize = 64;

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
-- kind: 'blob', 'tree' or 'record:<kind>'; codec: 0 plain, 1 zstd.
CREATE TABLE IF NOT EXISTS objects (
    id BLOB NOT NULL UNIQUE, kind TEXT NOT NULL, codec INTEGER NOT NULL, data BLOB NOT NULL) STRICT;
-- data: canonical bytes of {run, seq, prev, kind, body}; id: their digest.
CREATE TABLE IF NOT EXISTS events (
    run BLOB NOT NULL, seq INTEGER NOT NULL, id BLOB NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (run, seq)) STRICT, WITHOUT ROWID;
-- seal: digest over the other columns.
CREATE TABLE IF NOT EXISTS refs (
    run BLOB NOT NULL, name TEXT NOT NULL, id BLOB NOT NULL, seal BLOB NOT NULL,
    PRIMARY KEY (run, name)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS memo (
    key BLOB PRIMARY KEY, id BLOB NOT NULL, seal BLOB NOT NULL) STRICT, WITHOUT ROWID;
";

/// Settings of a connection.
pub(super) fn configure(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(std::time::Duration::from_millis(BUSY_TIMEOUT_MS))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    Ok(())
}

/// Makes the tables, in one transaction, when they are not there. A database of another program is left as it is.
pub(super) fn create(connection: &mut Connection) -> Result<(), StoreError> {
    if read_format(connection)?.is_none() && tables(connection)? > 0 {
        return Ok(());
    }
    connection.pragma_update(None, "journal_mode", "WAL")?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if read_format(&transaction)?.is_none() {
        transaction.execute_batch(TABLES)?;
        transaction.execute("INSERT INTO meta VALUES ('format', ?1)", [FORMAT.to_string()])?;
    }
    transaction.commit()?;
    Ok(())
}

/// Refuses another format.
pub(super) fn check_format(connection: &Connection, folder: &Path) -> Result<(), StoreError> {
    let Some(found) = read_format(connection)? else {
        // A writer that was killed before its first transaction leaves a database without tables.
        let path = folder.to_path_buf();
        return Err(match tables(connection)? {
            0 => StoreError::Absent { path },
            _ => StoreError::Format { path, found: "none".to_owned(), supported: FORMAT },
        });
    };
    if found == FORMAT.to_string() {
        return Ok(());
    }
    Err(StoreError::Format { path: folder.to_path_buf(), found, supported: FORMAT })
}

fn tables(connection: &Connection) -> Result<u64, StoreError> {
    Ok(connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?)
}

fn read_format(connection: &Connection) -> Result<Option<String>, StoreError> {
    let has_meta: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'meta')",
        [],
        |row| row.get(0),
    )?;
    if !has_meta {
        return Ok(None);
    }
    let format = connection
        .query_row("SELECT value FROM meta WHERE key = 'format'", [], |row| row.get(0))
        .optional()?;
    Ok(Some(format.unwrap_or_else(|| "unknown".to_owned())))
}
