//! A table as an Apache Parquet file.

use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, Type as PhysicalType};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::Result;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{Type, TypePtr};
use serde_json::Value;

use super::column::{Column, ColumnKind};

/// Writes rows as a file with one row group. Every column is optional, so null values stay null.
///
/// # Errors
///
/// When a value is not of its column's kind, or the library refuses the table.
pub(super) fn parquet_file(columns: &[Column], rows: &[Vec<Value>]) -> Result<Vec<u8>> {
    let properties = Arc::new(WriterProperties::default());
    let mut file = SerializedFileWriter::new(Vec::new(), schema(columns)?, properties)?;
    let mut group = file.next_row_group()?;
    for (index, column) in columns.iter().enumerate() {
        let Some(mut writer) = group.next_column()? else {
            return Err(mismatch(column, "a column of the schema"));
        };
        let values = rows.iter().map(|row| &row[index]);
        match column.kind {
            ColumnKind::Integer => write::<Int64Type>(&mut writer, column, values, |value| {
                // Parquet stores unsigned integers in the bits of signed ones.
                value.as_u64().map(u64::cast_signed)
            }),
            ColumnKind::Number => write::<DoubleType>(&mut writer, column, values, Value::as_f64),
            ColumnKind::Boolean => write::<BoolType>(&mut writer, column, values, Value::as_bool),
            ColumnKind::Text => write::<ByteArrayType>(&mut writer, column, values, |value| {
                value.as_str().map(ByteArray::from)
            }),
            ColumnKind::Json => write::<ByteArrayType>(&mut writer, column, values, |value| {
                Some(ByteArray::from(value.to_string().into_bytes()))
            }),
        }?;
        writer.close()?;
    }
    group.close()?;
    file.into_inner()
}

fn schema(columns: &[Column]) -> Result<TypePtr> {
    let fields = columns.iter().map(field).collect::<Result<_>>()?;
    Ok(Arc::new(Type::group_type_builder("table").with_fields(fields).build()?))
}

fn field(column: &Column) -> Result<TypePtr> {
    let (physical, logical) = match column.kind {
        ColumnKind::Integer => (PhysicalType::INT64, Some(LogicalType::integer(64, false))),
        ColumnKind::Number => (PhysicalType::DOUBLE, None),
        ColumnKind::Boolean => (PhysicalType::BOOLEAN, None),
        ColumnKind::Text => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
        ColumnKind::Json => (PhysicalType::BYTE_ARRAY, Some(LogicalType::Json)),
    };
    let builder = Type::primitive_type_builder(column.name, physical).with_logical_type(logical);
    Ok(Arc::new(builder.with_repetition(Repetition::OPTIONAL).build()?))
}

/// Writes the values of a column; `read` extracts them from JSON.
fn write<'a, T: DataType>(
    writer: &mut SerializedColumnWriter<'_>,
    column: &Column,
    values: impl Iterator<Item = &'a Value>,
    read: impl Fn(&Value) -> Option<T::T>,
) -> Result<()> {
    let (mut present, mut levels) = (Vec::new(), Vec::new());
    for value in values {
        levels.push(i16::from(!value.is_null()));
        if !value.is_null() {
            present.push(read(value).ok_or_else(|| mismatch(column, &value.to_string()))?);
        }
    }
    writer.typed::<T>().write_batch(&present, Some(&levels), None)?;
    Ok(())
}

fn mismatch(column: &Column, found: &str) -> parquet::errors::ParquetError {
    let Column { name, kind } = column;
    parquet::errors::ParquetError::General(format!("column {name}: expected {kind:?}, found {found}"))
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Write;

    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field;
    use serde_json::json;

    use super::super::column::{boolean, integer, json, number, text};
    use super::*;

    const COLUMNS: [Column; 5] =
        [integer("fuel"), number("score"), boolean("reused"), text("name"), json("body")];

    fn reader(rows: &[Vec<Value>]) -> SerializedFileReader<File> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&parquet_file(&COLUMNS, rows).unwrap()).unwrap();
        SerializedFileReader::new(file).unwrap()
    }

    #[test]
    fn rows_come_back_with_their_types() {
        let first = vec![json!(u64::MAX), json!(-1.5), json!(true), json!("é"), json!({"k": [1, null]})];
        let rows =
            [first, vec![Value::Null; 5], vec![json!(0), json!(2), json!(false), json!(""), json!("x")]];
        let reader = reader(&rows);
        let read: Vec<Vec<Field>> = reader
            .get_row_iter(None)
            .unwrap()
            .map(|row| row.unwrap().into_columns().into_iter().map(|(_, field)| field).collect())
            .collect();
        let body = r#"{"k":[1,null]}"#;
        assert_eq!(
            read[0],
            [
                Field::ULong(u64::MAX),
                Field::Double(-1.5),
                Field::Bool(true),
                Field::Str("é".into()),
                Field::Str(body.into())
            ]
        );
        assert_eq!(read[1], vec![Field::Null; 5]);
        assert_eq!(read[2][4], Field::Str("\"x\"".into()));
        assert_eq!(reader.metadata().file_metadata().num_rows(), 3);
    }

    #[test]
    fn a_table_without_rows_has_its_columns() {
        assert_eq!(reader(&[]).metadata().file_metadata().schema().get_fields().len(), 5);
    }

    #[test]
    fn a_value_of_another_kind_is_named() {
        let row = vec![json!(-1), Value::Null, Value::Null, Value::Null, Value::Null];
        let error = parquet_file(&COLUMNS, &[row]).unwrap_err().to_string();
        assert!(error.contains("column fuel") && error.contains("-1"), "{error}");
    }
}
