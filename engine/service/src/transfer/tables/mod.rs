//! Exports of a run as tables: candidates, evaluations, cases, model calls and events.
//!
//! The rows are those shown by other views; nothing is computed here. Null is an empty cell in CSV. A structured value, such as
//! the body of an event, is JSON: text in CSV and Parquet, and a value in JSON lines.

pub(crate) mod column;
mod parquet_table;
mod rows;
pub(crate) mod writer;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hyperspace_core::{RecordId, RelPath};
use hyperspace_store::Store;
use serde::Serialize;

use self::writer::TableWriter;
use crate::engine::Engine;
use crate::error::ServiceError;
use crate::files::NewFolder;
use crate::history::RunData;
use crate::target;

/// The format of exported tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TableFormat {
    /// Comma-separated values with a header, according to RFC 4180, in UTF-8.
    Csv,
    /// One JSON object per line.
    Jsonl,
    /// Apache Parquet, with a type for each column.
    Parquet,
}

impl TableFormat {
    /// Returns the file extension.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
            Self::Parquet => "parquet",
        }
    }
}

/// The exported tables: the document of `export --layout csv --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TableExportView {
    /// The run.
    pub run: RecordId,
    /// The format of the files.
    pub format: TableFormat,
    /// Number of rows by file.
    pub files: BTreeMap<String, u64>,
    /// Total size of all files in bytes.
    pub bytes: u64,
    /// The new folder.
    pub to: PathBuf,
}

impl Engine {
    /// Writes the tables of the run with hash `hash` into a new or empty folder.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), hyperspace_service::ServiceError> {
    /// # let engine = hyperspace_service::Engine::builder().build()?;
    /// use hyperspace_service::TableFormat;
    ///
    /// let view = engine.export_tables("34fc34032f60", "tables".as_ref(), TableFormat::Csv)?;
    /// println!("{} candidates", view.files["candidates.csv"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Class `Usage` when there is no such run or the folder exists.
    pub fn export_tables(
        &self,
        hash: &str,
        to: &Path,
        format: TableFormat,
    ) -> Result<TableExportView, ServiceError> {
        let store = self.reader()?;
        let data = RunData::load(&store, &target::run(&store, Some(hash))?)?;
        let mut folder = NewFolder::create(to)?;
        let (mut files, mut bytes) = (BTreeMap::new(), 0);
        for (name, table) in tables(&store, &data, format)? {
            let (rows, content) = table.finish()?;
            let file = format!("{name}.{}", format.extension());
            let at = RelPath::new(&file)?;
            folder.put(&at, &content).map_err(|source| ServiceError::io(to.join(&file), source))?;
            bytes += content.len() as u64;
            files.insert(file, rows);
        }
        folder.finish()?;
        Ok(TableExportView { run: data.id, format, files, bytes, to: to.to_path_buf() })
    }
}

/// Writes the tables of a run, by name. Data that several tables need is read once.
fn tables(
    store: &Store,
    data: &RunData,
    format: TableFormat,
) -> Result<[(&'static str, TableWriter); 5], ServiceError> {
    let mut candidates = TableWriter::new(format, &rows::CANDIDATES)?;
    let mut evaluations = TableWriter::new(format, &rows::EVALUATIONS)?;
    let mut cases = TableWriter::new(format, &rows::CASES)?;
    let mut calls = TableWriter::new(format, &rows::CALLS)?;
    let mut events = TableWriter::new(format, &rows::EVENTS)?;
    rows::candidates(data, &mut candidates)?;
    rows::evaluations(store, data, &mut evaluations, &mut cases)?;
    rows::journal(store, data, &mut events, &mut calls)?;
    Ok([
        ("candidates", candidates),
        ("evaluations", evaluations),
        ("cases", cases),
        ("calls", calls),
        ("events", events),
    ])
}
