//! The forms of fields: how a value is represented in the body of an event.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::error::Fault;
use super::field::{FieldDoc, FieldForm, FieldReader, FlatFields, Vocabulary};

/// One field with the JSON form of the value; an absent value is null.
pub(super) struct Plain;

/// As [`Plain`], but the field is left out if the value is absent.
pub(super) struct Omitted;

/// A number as decimal text, because draws and sums of weights may exceed what every JSON reader keeps exactly.
pub(super) struct Decimal;

/// The fields of the value are themselves fields of the body.
pub(super) struct Flat;

fn value<T: Serialize>(typed: &T) -> Value {
    serde_json::to_value(typed).expect("fields of events are numbers, texts and identifiers")
}

fn typed<T: Serialize + DeserializeOwned>(name: &str, recorded: &Value) -> Result<T, Fault> {
    let typed =
        T::deserialize(recorded).map_err(|error| Fault::field(name, format!("is {recorded}: {error}")))?;
    let exact = value(&typed);
    if exact == *recorded {
        return Ok(typed);
    }
    Err(Fault::field(name, format!("is {recorded}; the recorded form is {exact}")))
}

fn row(name: &str, form: String, meaning: &str) -> Vec<FieldDoc> {
    vec![FieldDoc { name: name.to_owned(), form, meaning: meaning.to_owned() }]
}

impl<T: Serialize + DeserializeOwned + Vocabulary> FieldForm<T> for Plain {
    fn write(name: &str, typed: &T, body: &mut Map<String, Value>) {
        body.insert(name.to_owned(), value(typed));
    }

    fn read(name: &'static str, fields: &mut FieldReader<'_>) -> Result<T, Fault> {
        typed(name, fields.take(name)?)
    }

    fn describe(name: &str, meaning: &str) -> Vec<FieldDoc> {
        row(name, T::term(), meaning)
    }
}

impl<T: Serialize + DeserializeOwned + Vocabulary> FieldForm<Option<T>> for Omitted {
    fn write(name: &str, typed: &Option<T>, body: &mut Map<String, Value>) {
        body.extend(typed.as_ref().map(|typed| (name.to_owned(), value(typed))));
    }

    fn read(name: &'static str, fields: &mut FieldReader<'_>) -> Result<Option<T>, Fault> {
        fields.find(name).map(|recorded| typed(name, recorded)).transpose()
    }

    fn describe(name: &str, meaning: &str) -> Vec<FieldDoc> {
        row(name, format!("{}, or left out", T::term()), meaning)
    }
}

impl FieldForm<u64> for Decimal {
    fn write(name: &str, number: &u64, body: &mut Map<String, Value>) {
        body.insert(name.to_owned(), Value::String(number.to_string()));
    }

    fn read(name: &'static str, fields: &mut FieldReader<'_>) -> Result<u64, Fault> {
        let recorded = fields.take(name)?;
        let number =
            recorded.as_str().and_then(|text| text.parse::<u64>().ok().filter(|n| n.to_string() == text));
        number.ok_or_else(|| Fault::field(name, format!("is {recorded}; expected an integer as text")))
    }

    fn describe(name: &str, meaning: &str) -> Vec<FieldDoc> {
        row(name, "integer as text".to_owned(), meaning)
    }
}

impl<T: FlatFields> FieldForm<T> for Flat {
    fn write(_: &str, flat: &T, body: &mut Map<String, Value>) {
        flat.write(body);
    }

    fn read(_: &'static str, fields: &mut FieldReader<'_>) -> Result<T, Fault> {
        T::read(fields)
    }

    fn describe(_: &str, _: &str) -> Vec<FieldDoc> {
        T::describe()
    }
}
