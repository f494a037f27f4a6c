//! Tables, their version, and the settings of every connection.
//!
//! A database is read only if its schema is exactly ours: a trigger could drop what is written, a view could compute forever, and
//! an index could return other rows than the table has. Until that is known, only the table of the schema is read.
//!
//! Attacks that end here: T-STORE-13.

use std::collections::BTreeSet;
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use crate::error::StoreError;

/// Version of the tables and of their contents.
pub const FORMAT: u32 = 1;

/// Milliseconds that a connection waits for another one's short lock.
const BUSY_TIMEOUT_MS: u64 = 30_000;
/// Maximum number of prepared statements cached per connection: more than there are different ones.
const STATEMENTS: usize = 64;
/// Maximum number of schema objects that are examined; ours has nine.
const SCHEMA_OBJECTS_MAX: usize = 64;
/// Maximum number of characters examined of the text of one object.
const SCHEMA_CHARS_MAX: usize = 4_096;

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

/// Applies the settings of a connection.
pub(super) fn configure(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(std::time::Duration::from_millis(BUSY_TIMEOUT_MS))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "synchronous", "FULL")?;
    for (setting, on) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false),
    ] {
        connection.set_db_config(setting, on)?;
    }
    connection.pragma_update(None, "cell_size_check", true)?;
    Ok(())
}

/// Creates the tables in one transaction if they do not exist. A database of another program is left as it is.
pub(super) fn create(connection: &mut Connection) -> Result<(), StoreError> {
    if !objects(connection)?.is_empty() {
        return Ok(());
    }
    connection.pragma_update(None, "journal_mode", "WAL")?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if objects(&transaction)?.is_empty() {
        transaction.execute_batch(TABLES)?;
        transaction.execute("INSERT INTO meta VALUES ('format', ?1)", [FORMAT.to_string()])?;
    }
    transaction.commit()?;
    Ok(())
}

/// Refuses a database that is not ours, has another format, or has anything in its schema that is not ours.
pub(super) fn check(connection: &Connection, folder: &Path) -> Result<(), StoreError> {
    let path = folder.to_path_buf();
    let (found, ours) = (objects(connection)?, our_objects()?);
    if found.is_empty() {
        // A writer that was killed before its first transaction leaves a database without tables.
        return Err(StoreError::Absent { path });
    }
    let is_meta = |object: &&SchemaObject| object.name == "meta" && object.kind == "table";
    if !found.iter().any(|object| is_meta(&object)) {
        return Err(StoreError::Format { path, found: "none".to_owned(), supported: FORMAT });
    }
    // The format can be read if its table is ours, whatever else there is.
    if ours.iter().find(is_meta).is_some_and(|meta| found.contains(meta)) {
        let format = read_format(connection)?;
        if format != FORMAT.to_string() {
            return Err(StoreError::Format { path, found: format, supported: FORMAT });
        }
    }
    let foreign = found.difference(&ours).next().map(|object| (object, "it is none of ours"));
    let missing = ours.difference(&found).next().map(|object| (object, "it is missing or another one"));
    match foreign.or(missing) {
        None => Ok(()),
        Some((SchemaObject { kind, name, .. }, why)) => Err(StoreError::Damaged {
            object: format!("the schema of store.db: {kind} {name:?}"),
            why: why.to_owned(),
        }),
    }
}

/// A table, index, trigger or view.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct SchemaObject {
    kind: String,
    name: String,
    table: String,
    /// The SQL text, with single spaces. Indices that come with a table have none.
    sql: String,
}

/// Returns the schema of a new store.
fn our_objects() -> Result<BTreeSet<SchemaObject>, StoreError> {
    let connection = Connection::open_in_memory()?;
    connection.execute_batch(TABLES)?;
    objects(&connection)
}

/// Returns the schema of a database, cut off at a size that ours does not reach.
fn objects(connection: &Connection) -> Result<BTreeSet<SchemaObject>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT CAST(substr(type, 1, ?1) AS TEXT), CAST(substr(name, 1, ?1) AS TEXT),
         CAST(substr(tbl_name, 1, ?1) AS TEXT), CAST(substr(coalesce(sql, ''), 1, ?1) AS TEXT)
         FROM sqlite_schema LIMIT ?2",
    )?;
    let rows = statement.query_map((SCHEMA_CHARS_MAX, SCHEMA_OBJECTS_MAX), |row| {
        let sql: String = row.get(3)?;
        let sql = sql.split_whitespace().collect::<Vec<_>>().join(" ");
        Ok(SchemaObject { kind: row.get(0)?, name: row.get(1)?, table: row.get(2)?, sql })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Returns the format recorded in the table `meta`.
fn read_format(connection: &Connection) -> Result<String, StoreError> {
    let format = connection
        .query_row("SELECT CAST(substr(value, 1, 64) AS TEXT) FROM meta WHERE key = 'format'", [], |row| {
            row.get(0)
        })
        .optional()?;
    Ok(format.unwrap_or_else(|| "unknown".to_owned()))
}
