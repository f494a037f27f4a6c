//! Columns of exported tables.

/// A column of a table. Its values may be null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) kind: ColumnKind,
}

/// The kind of a column's values, which determines their type in Parquet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ColumnKind {
    /// Integers from 0 to 2⁶⁴ − 1.
    Integer,
    /// Floating-point numbers of 64 bits.
    Number,
    Boolean,
    Text,
    /// Structured values, as JSON.
    Json,
}

pub(crate) const fn integer(name: &'static str) -> Column {
    Column { name, kind: ColumnKind::Integer }
}

pub(crate) const fn number(name: &'static str) -> Column {
    Column { name, kind: ColumnKind::Number }
}

pub(crate) const fn boolean(name: &'static str) -> Column {
    Column { name, kind: ColumnKind::Boolean }
}

pub(crate) const fn text(name: &'static str) -> Column {
    Column { name, kind: ColumnKind::Text }
}

pub(crate) const fn json(name: &'static str) -> Column {
    Column { name, kind: ColumnKind::Json }
}
