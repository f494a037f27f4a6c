//! The shape of a row: number and kinds of the arguments that a program gets.
//!
//! A program that was made for rows of one shape fails on those of another, so rows that arrive later are compared with those that a
//! task began with.

use std::collections::BTreeSet;

use hyperspace_core::exact_json;
use serde_json::Value;

use crate::case::Case;
use crate::split::Split;

use super::error::TaskError;
use super::handle::Task;
use super::reader::CaseReader;

/// A kind of JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum JsonKind {
    Null,
    Boolean,
    Number,
    Text,
    List,
    Object,
}

impl JsonKind {
    fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(_) => Self::Number,
            Value::String(_) if exact_json::big_integer(value).is_some() => Self::Number,
            Value::String(_) => Self::Text,
            Value::Array(_) => Self::List,
            Value::Object(_) => Self::Object,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "true or false",
            Self::Number => "a number",
            Self::Text => "a text",
            Self::List => "a list",
            Self::Object => "an object",
        }
    }

    /// Returns whether a program that takes one may be expected to take the other. Null stands for any kind.
    fn is_like(self, other: Self) -> bool {
        self == other || self == Self::Null || other == Self::Null
    }
}

/// An argument by name and kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct ArgumentShape {
    name: String,
    kind: JsonKind,
}

/// The arguments of a row by kind. In a table with columns, each entry of the input is an argument.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RowShape(Vec<ArgumentShape>);

impl RowShape {
    /// Returns the shape of a row with `input` and `expected`.
    pub(super) fn of(case: &Case) -> Self {
        let argument = |(number, value): (usize, &Value)| ArgumentShape {
            name: format!("argument {number}"),
            kind: JsonKind::of(value),
        };
        let arguments = case.data::<Vec<Value>>().into_iter().flatten();
        Self((1..).zip(arguments).map(argument).collect())
    }

    /// Returns the shape of a row of a table with columns.
    pub(super) fn of_columns(case: &Case) -> Self {
        let argument = |(key, value): (&String, &Value)| ArgumentShape {
            name: format!("input {key:?}"),
            kind: JsonKind::of(value),
        };
        let inputs = case.data::<Vec<Value>>().into_iter().flatten().filter_map(Value::as_object).flatten();
        Self(inputs.map(argument).collect())
    }

    /// Compares the kinds of arguments with those of a shape with as many.
    fn compared<'a>(&'a self, other: &Self) -> ShapeComparison<'a> {
        let mut pairs = self.0.iter().zip(&other.0);
        let differing = pairs.position(|(own, other)| !own.kind.is_like(other.kind));
        let alike = differing.unwrap_or(self.0.len());
        ShapeComparison { alike, own: self.0.get(alike), found: other.0.get(alike).map(|other| other.kind) }
    }
}

/// A comparison of two shapes.
struct ShapeComparison<'a> {
    /// Number of arguments before the first that differs.
    alike: usize,
    /// The argument that differs, in the task's own row.
    own: Option<&'a ArgumentShape>,
    /// Its kind in the other row.
    found: Option<JsonKind>,
}

/// The shapes of a task's own rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowShapes(BTreeSet<RowShape>);

impl Task {
    /// Returns the shapes of the task's rows for training and of those that are held out; none for a task that is not a table of rows.
    #[must_use]
    pub fn row_shapes(&self) -> RowShapes {
        let reader = self.parts.source.as_ref().map(|source| &source.reader);
        let Some(CaseReader::Rows { columns, .. }) = reader else { return RowShapes(BTreeSet::new()) };
        let shape = if columns.is_some() { RowShape::of_columns } else { RowShape::of };
        RowShapes(self.cases(Split::All).iter().map(shape).collect())
    }
}

impl RowShapes {
    /// Checks that the row in `line` of `file` has the shape of one of these rows. Without any rows, every shape is accepted. The error has
    /// the first difference from the row that is most like it.
    pub(super) fn check(&self, file: &str, line: usize, row: &RowShape) -> Result<(), TaskError> {
        const OWN: &str = "as in the task's own rows";
        let differs = |expected: String, found: &str| {
            Err(TaskError::data(file, format!("line {line}"), expected, found))
        };
        let count = row.0.len();
        let as_many = self.0.iter().filter(|own| own.0.len() == count);
        let compared = as_many.map(|own| own.compared(row));
        let Some(nearest) = compared.max_by_key(|compared| compared.alike) else {
            let counts: BTreeSet<usize> = self.0.iter().map(|own| own.0.len()).collect();
            let counts: Vec<String> = counts.iter().map(usize::to_string).collect();
            if counts.is_empty() {
                return Ok(());
            }
            return differs(format!("{} arguments, {OWN}", counts.join(" or ")), &count.to_string());
        };
        match nearest.own.zip(nearest.found) {
            None => Ok(()),
            Some((own, found)) => {
                differs(format!("{} as {}, {OWN}", own.kind.words(), own.name), found.words())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use hyperspace_testkit::file_set;

    use super::*;

    const PLAIN: &str = "[task]\nname = \"guess\"\ntitle = \"t\"\ndescription = \"d\"\ndirection = \"minimize\"\n\
        [entry]\nmodule = \"m\"\nfunction = \"f\"\n[scorer]\nkind = \"rows\"\nmetric = \"absolute-error\"\n\
        [splits.train]\nfile = \"a.jsonl\"\n[splits.held-out]\nfile = \"b.jsonl\"\n";
    const TABLE: &str = "[task]\nname = \"small\"\ntitle = \"t\"\ndescription = \"d\"\ndirection = \"maximize\"\n\
        [entry]\nmodule = \"m\"\nfunction = \"f\"\n[scorer]\nkind = \"rows\"\nmetric = \"label\"\n\
        [rows]\nid = \"id\"\nexpected = \"y\"\ninput = { text = \"x\" }\n\
        [splits.train]\nfile = \"a.csv\"\n[splits.held-out]\nfile = \"b.csv\"\n";

    /// Returns the faults of rows in a file of JSON lines, without those that are taken.
    fn faults(task: &Task, text: &str) -> Vec<String> {
        let shapes = task.row_shapes();
        let rows = task.read_rows("n.jsonl", None, text.as_bytes(), 1).unwrap();
        let checked = rows.into_iter().map(|row| row.unwrap().check_shape("n.jsonl", &shapes));
        checked.filter_map(|checked| checked.err().map(|error| error.to_string())).collect()
    }

    #[test]
    fn a_row_of_another_shape_is_named_with_its_difference() {
        let files = [
            ("task.toml", PLAIN),
            (
                "a.jsonl",
                "{\"input\": [1, \"a\"], \"expected\": 1}\n{\"input\": [[1], null], \"expected\": 1}\n",
            ),
            ("b.jsonl", "{\"input\": [], \"expected\": 3}\n"),
        ];
        let task = Task::from_files(&file_set(&files), "guess").unwrap();
        let big = "36893488147419103232";
        let text = [
            "{\"input\": [2.5, \"b\"], \"expected\": 1}".to_owned(),
            format!("{{\"input\": [{big}, null], \"expected\": 1}}"),
            "{\"input\": [[], true], \"expected\": 1}".to_owned(),
            "{\"input\": [], \"expected\": 1}".to_owned(),
            "{\"input\": \"x\", \"expected\": 1}".to_owned(),
            "{\"input\": [1, 2], \"expected\": 1}".to_owned(),
        ];
        assert_eq!(
            faults(&task, &text.join("\n")),
            [
                "n.jsonl, line 5: expected 0 or 2 arguments, as in the task's own rows, found 1",
                "n.jsonl, line 6: expected a text as argument 2, as in the task's own rows, found a number",
            ]
        );
    }

    #[test]
    fn columns_of_the_input_are_compared_and_others_are_not() {
        let files = [("task.toml", TABLE), ("a.csv", "y,x,id\nyes,a,r1\n"), ("b.csv", "y,x,id\nno,b,r2\n")];
        let task = Task::from_files(&file_set(&files), "small").unwrap();
        let text = "{\"id\": 7, \"x\": \"c\", \"y\": \"no\", \"more\": [1]}\n{\"id\": \"r9\", \"x\": 5, \"y\": \"no\"}\n";
        assert_eq!(
            faults(&task, text),
            ["n.jsonl, line 2: expected a text as input \"text\", as in the task's own rows, found a number"]
        );
        assert_eq!(Task::bundled("cap-set").unwrap().row_shapes(), RowShapes(BTreeSet::new()));
    }
}
