//! The files of a report.

use crate::analysis::Analysis;
use crate::error::ReportError;
use crate::figures::{self, DETAILED_RUNS_MAX, Figure};
use crate::{page, tables};

/// A file of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReportFile {
    /// Its path below the report's folder.
    pub path: String,
    /// Its content.
    pub content: Vec<u8>,
}

/// Writes a report: `report.html`, `report.json`, `tables/*.csv`, and with `pictures` also `plots/*.png`. Equal analyses give equal
/// bytes.
///
/// # Errors
///
/// [`ReportError::NoRun`] without a run; other kinds when a plot or a table cannot be made.
pub fn write(analysis: &Analysis, pictures: bool) -> Result<Vec<ReportFile>, ReportError> {
    if analysis.runs.is_empty() {
        return Err(ReportError::NoRun);
    }
    let detailed = analysis.runs.len() <= DETAILED_RUNS_MAX;
    let comparison = figures::of_comparison(analysis);
    let runs: Vec<Vec<Figure>> =
        analysis.runs.iter().enumerate().map(|(at, run)| figures::of_run(run, at + 1, detailed)).collect();
    let page = page::page(analysis, &comparison, &runs, detailed)?;
    let mut files = vec![ReportFile { path: "report.html".to_owned(), content: page.into_bytes() }];
    let json = serde_json::to_vec(analysis)
        .map_err(|why| ReportError::Table { name: "report.json".to_owned(), why: why.to_string() })?;
    files.push(ReportFile { path: "report.json".to_owned(), content: json });
    for (name, content) in tables::all(analysis)? {
        files.push(ReportFile { path: format!("tables/{name}"), content });
    }
    if pictures {
        for figure in comparison.iter().chain(runs.iter().flatten()) {
            files.push(ReportFile {
                path: format!("plots/{}.png", figure.plot.name),
                content: figure.plot.png()?,
            });
        }
    }
    Ok(files)
}
