//! Rows of data files as cases: formats, columns, and groups that stay together.
//!
//! This is the middle layer of a task. It knows `task.toml` only as its tables, and nothing about folders and splits.

mod columns;
mod csv;
mod grouped;
mod json;
mod table;
mod values;

pub(crate) use self::columns::{Columns, TableCase};
pub(crate) use self::csv::parse as parse_csv;
pub(crate) use self::grouped::deal;
pub(crate) use self::json::parse as parse_json_lines;
pub(crate) use self::table::{header, parse as parse_table};
pub(crate) use self::values::format;
