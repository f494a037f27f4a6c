//! Tables of a study: its strategies, its runs, and its courses.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hyperspace_core::{RecordId, RelPath};
use serde::Serialize;
use serde_json::json;

use super::report::StudyView;
use crate::error::ServiceError;
use crate::files::NewFolder;
use crate::transfer::TableFormat;
use crate::transfer::tables::column::{self, Column};
use crate::transfer::tables::writer::TableWriter;

const STRATEGIES: [Column; 11] = [
    column::text("strategy"),
    column::number("median"),
    column::number("quartile_1"),
    column::number("quartile_3"),
    column::number("interval_low"),
    column::number("interval_high"),
    column::number("worst"),
    column::number("best"),
    column::number("p"),
    column::number("p_adjusted"),
    column::number("better_than_baseline"),
];

const RUNS: [Column; 10] = [
    column::text("strategy"),
    column::text("seed"),
    column::text("run"),
    column::integer("generations"),
    column::text("last"),
    column::integer("spent"),
    column::number("score"),
    column::number("held_out"),
    column::text("champion"),
    column::integer("found_at"),
];

const CURVES: [Column; 5] = [
    column::text("strategy"),
    column::integer("spent"),
    column::number("median"),
    column::number("quartile_1"),
    column::number("quartile_3"),
];

/// Exported tables of a study.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StudyExportView {
    /// The study.
    pub study: RecordId,
    /// The format of the files.
    pub format: TableFormat,
    /// Number of rows by file.
    pub files: BTreeMap<String, u64>,
    /// The new folder.
    pub to: PathBuf,
}

/// Writes the tables of a report into a new or empty folder.
pub(super) fn export(
    view: &StudyView,
    to: &Path,
    format: TableFormat,
) -> Result<StudyExportView, ServiceError> {
    let mut strategies = TableWriter::new(format, &STRATEGIES)?;
    let mut runs = TableWriter::new(format, &RUNS)?;
    let mut curves = TableWriter::new(format, &CURVES)?;
    for one in &view.strategies {
        let against = one.against_baseline;
        strategies.row(vec![
            json!(one.strategy),
            json!(one.median),
            json!(one.quartiles[0]),
            json!(one.quartiles[1]),
            json!(one.interval[0]),
            json!(one.interval[1]),
            json!(one.range[0]),
            json!(one.range[1]),
            json!(against.map(|against| against.p)),
            json!(against.map(|against| against.p_adjusted)),
            json!(against.map(|against| against.better)),
        ])?;
        for point in &one.curve {
            let [low, high] = point.quartiles;
            curves.row(vec![
                json!(one.strategy),
                json!(point.spent),
                json!(point.median),
                json!(low),
                json!(high),
            ])?;
        }
    }
    for one in &view.runs {
        runs.row(vec![
            json!(one.strategy),
            json!(one.seed),
            json!(one.run),
            json!(one.generations),
            json!(one.last),
            json!(one.spent),
            json!(one.score),
            json!(one.held_out),
            json!(one.champion),
            json!(one.found_at),
        ])?;
    }
    let mut folder = NewFolder::create(to)?;
    let mut files = BTreeMap::new();
    for (name, table) in [("strategies", strategies), ("runs", runs), ("curves", curves)] {
        let (rows, content) = table.finish()?;
        let file = format!("{name}.{}", format.extension());
        folder
            .put(&RelPath::new(&file)?, &content)
            .map_err(|source| ServiceError::io(to.join(&file), source))?;
        files.insert(file, rows);
    }
    folder.finish()?;
    Ok(StudyExportView { study: view.study, format, files, to: to.to_path_buf() })
}
