//! Reports: runs of the store as the values that `hyperspace-report` analyses, and the folder of a report.

mod folder;
mod imported;
mod recorded;
mod request;
mod tools;

pub use self::request::{ReportRequest, ReportView};
