//! Writers for the formats of a table.

use serde_json::{Map, Value};

use super::TableFormat;
use super::column::Column;
use super::parquet_table::parquet_file;
use crate::error::ServiceError;

/// A table that is being written into memory.
pub(crate) struct TableWriter {
    columns: &'static [Column],
    form: TableForm,
    rows: u64,
}

enum TableForm {
    Csv(Box<csv::Writer<Vec<u8>>>),
    Lines(Vec<u8>),
    Parquet(Vec<Vec<Value>>),
}

impl TableWriter {
    pub(crate) fn new(format: TableFormat, columns: &'static [Column]) -> Result<Self, ServiceError> {
        let form = match format {
            TableFormat::Csv => {
                let mut table = csv::Writer::from_writer(Vec::new());
                table.write_record(columns.iter().map(|column| column.name)).map_err(failed)?;
                TableForm::Csv(Box::new(table))
            }
            TableFormat::Jsonl => TableForm::Lines(Vec::new()),
            TableFormat::Parquet => TableForm::Parquet(Vec::new()),
        };
        Ok(Self { columns, form, rows: 0 })
    }

    /// Adds a row with a value for each column.
    ///
    /// # Panics
    ///
    /// When the number of values differs from the number of columns, which are defined in different places.
    pub(crate) fn row(&mut self, values: Vec<Value>) -> Result<(), ServiceError> {
        assert_eq!(values.len(), self.columns.len(), "a row has a value for each column");
        self.rows += 1;
        match &mut self.form {
            TableForm::Csv(table) => table.write_record(values.iter().map(cell)).map_err(failed),
            TableForm::Lines(text) => {
                let names = self.columns.iter().map(|column| column.name.to_owned());
                let object = Value::Object(names.zip(values).collect::<Map<_, _>>());
                text.extend_from_slice(object.to_string().as_bytes());
                text.push(b'\n');
                Ok(())
            }
            TableForm::Parquet(rows) => {
                rows.push(values);
                Ok(())
            }
        }
    }

    /// Returns the number of rows, and the file.
    pub(crate) fn finish(self) -> Result<(u64, Vec<u8>), ServiceError> {
        let content = match self.form {
            TableForm::Csv(table) => table.into_inner().map_err(|error| failed(error.into_error()))?,
            TableForm::Lines(text) => text,
            TableForm::Parquet(rows) => parquet_file(self.columns, &rows).map_err(failed)?,
        };
        Ok((self.rows, content))
    }
}

/// Returns a value as a cell.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn failed(error: impl std::fmt::Display) -> ServiceError {
    ServiceError::request(format!("a table cannot be written: {error}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::column::{json, number, text};
    use super::*;

    const COLUMNS: [Column; 3] = [text("name"), number("score"), json("body")];

    fn written(format: TableFormat) -> String {
        let mut table = TableWriter::new(format, &COLUMNS).unwrap();
        table.row(vec![json!("a,\"b\"\nc"), json!(1.5), json!({"k": [1]})]).unwrap();
        table.row(vec![json!("d"), Value::Null, json!(true)]).unwrap();
        let (rows, content) = table.finish().unwrap();
        assert_eq!(rows, 2);
        String::from_utf8(content).unwrap()
    }

    #[test]
    fn cells_are_quoted_where_they_have_to_be() {
        let text = written(TableFormat::Csv);
        assert_eq!(text, "name,score,body\n\"a,\"\"b\"\"\nc\",1.5,\"{\"\"k\"\":[1]}\"\nd,,true\n");
    }

    #[test]
    fn each_line_is_an_object_with_every_column() {
        let text = written(TableFormat::Jsonl);
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines[0], json!({"name": "a,\"b\"\nc", "score": 1.5, "body": {"k": [1]}}));
        assert_eq!(lines[1], json!({"name": "d", "score": null, "body": true}));
    }
}
