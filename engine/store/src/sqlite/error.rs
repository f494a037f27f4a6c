//! Converts errors of SQLite to errors of the store.

use rusqlite::ErrorCode;

use crate::error::StoreError;

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => StoreError::Full,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Damaged {
                object: "the database file store.db".to_owned(),
                why: error.to_string(),
            },
            _ => match error {
                // A column has another type than was written: the row is damaged, not the program.
                rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::Utf8Error(..) => {
                    StoreError::Damaged { object: "a row of store.db".to_owned(), why: error.to_string() }
                }
                other => StoreError::Backend(other.into()),
            },
        }
    }
}
