//! Columns of exported tables.

/// A column of a table. Each of its values may be null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) kind: ColumnKind,
}

/// The kind of a column's values, which decides their type in Parquet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ColumnKind {
    /// Integers from 0 to 2⁶⁴ − 1.
    Integer,
    /// Floating-point numbers of 64 bits.
    Number,
    Boolean,
    Text,
    /// Values with parts, as JSON.
    Json,
}

pub(super) const fn integer(name: &'static str) -> Column {
    Column { name, kind: ColumnKind::Integer }
}

pub(super) const fn number(name: &'static str) -> Column {
    Column { name, kind: ColumnKind::Number }
}

pub(super) const fn boolean(name: &'static str) -> Column {
    Column { name, kind: ColumnKind::Boolean }
}

pub(super) const fn text(name: &'static str) -> Column {
    Column { name, kind: ColumnKind::Text }
}

pub(super) const fn json(name: &'static str) -> Column {
    Column { name, kind: ColumnKind::Json }
}
