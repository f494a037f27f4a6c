//! Event bodies as structs: the macro that defines them, and the traits behind it.
//!
//! Each field has a form that determines how it is recorded: [`Plain`](super::forms::Plain) unless the definition names another
//! one with `=>`. Reading consumes the fields of a body by name; any field left over is an error.

use serde_json::{Map, Value};

use super::error::Fault;

/// The body of one kind of event.
pub(super) trait EventBody: Sized {
    const KIND: &'static str;
    /// The lines of its documentation.
    const MEANING: &'static [&'static str];

    fn write(&self, body: &mut Map<String, Value>);
    fn read(fields: &mut FieldReader<'_>) -> Result<Self, Fault>;
    fn fields() -> Vec<FieldDoc>;
}

/// The form in which a value of type `T` is recorded in a body.
pub(super) trait FieldForm<T> {
    fn write(name: &str, value: &T, body: &mut Map<String, Value>);
    fn read(name: &'static str, fields: &mut FieldReader<'_>) -> Result<T, Fault>;
    fn describe(name: &str, meaning: &str) -> Vec<FieldDoc>;
}

/// A type with a term in the reference.
pub(super) trait Vocabulary {
    fn term() -> String;
}

/// A value whose fields are fields of the body.
pub(super) trait FlatFields: Sized {
    fn write(&self, body: &mut Map<String, Value>);
    fn read(fields: &mut FieldReader<'_>) -> Result<Self, Fault>;
    fn describe() -> Vec<FieldDoc>;
}

/// A row of the reference: one recorded field.
pub(super) struct FieldDoc {
    pub(super) name: String,
    pub(super) form: String,
    pub(super) meaning: String,
}

/// A section of the reference: one kind of event.
pub(super) struct EventDoc {
    pub(super) kind: &'static str,
    pub(super) meaning: String,
    pub(super) fields: Vec<FieldDoc>,
}

/// Consumes the fields of a body.
pub(super) struct FieldReader<'a> {
    body: &'a Map<String, Value>,
    taken: Vec<&'static str>,
}

impl<'a> FieldReader<'a> {
    pub(super) fn new(body: &'a Value) -> Result<Self, Fault> {
        Ok(Self { body: body.as_object().ok_or(Fault::Body)?, taken: Vec::new() })
    }

    /// Returns the value of a field, if the body has it.
    pub(super) fn find(&mut self, name: &'static str) -> Option<&'a Value> {
        self.taken.push(name);
        self.body.get(name)
    }

    /// Returns the value of a field that the body must have.
    pub(super) fn take(&mut self, name: &'static str) -> Result<&'a Value, Fault> {
        self.find(name).ok_or_else(|| Fault::field(name, "is missing"))
    }

    /// Checks that no field is left over.
    pub(super) fn finish(self) -> Result<(), Fault> {
        match self.body.keys().find(|name| !self.taken.contains(&name.as_str())) {
            Some(name) => Err(Fault::field(name, "is unknown")),
            None => Ok(()),
        }
    }
}

/// Returns the recorded body.
pub(super) fn body<B: EventBody>(event: &B) -> Value {
    let mut body = Map::new();
    event.write(&mut body);
    Value::Object(body)
}

/// Returns the section of the reference for an event.
pub(super) fn describe<B: EventBody>() -> EventDoc {
    EventDoc { kind: B::KIND, meaning: lines(B::MEANING), fields: B::fields() }
}

/// Joins documentation lines into one.
pub(super) fn lines(doc: &[&str]) -> String {
    doc.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
}

/// Defines the body of an event: the struct, its kind, and its conversion field by field.
macro_rules! event_body {
    (
        $(#[doc = $doc:literal])+
        $name:ident = $kind:literal {
            $( $(#[doc = $meaning:literal])+ $field:ident: $type:ty $(=> $form:ident)?, )+
        }
    ) => {
        $(#[doc = $doc])+
        #[doc = concat!("\n\nRecorded as `", $kind, "`.")]
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name {
            $( $(#[doc = $meaning])+ pub $field: $type, )+
        }

        impl $name {
            /// The kind under which it is recorded.
            pub const KIND: &'static str = $kind;
        }

        impl $crate::record::event::field::EventBody for $name {
            const KIND: &'static str = $kind;
            const MEANING: &'static [&'static str] = &[$($doc),+];

            fn write(&self, body: &mut serde_json::Map<String, serde_json::Value>) {
                use $crate::record::event::field::FieldForm;
                $( <$crate::record::event::field::form!($($form)?) as FieldForm<$type>>::write(
                    stringify!($field), &self.$field, body,
                ); )+
            }

            fn read(
                fields: &mut $crate::record::event::field::FieldReader<'_>,
            ) -> Result<Self, $crate::record::event::error::Fault> {
                use $crate::record::event::field::FieldForm;
                Ok(Self { $(
                    $field: <$crate::record::event::field::form!($($form)?) as FieldForm<$type>>::read(
                        stringify!($field), fields,
                    )?,
                )+ })
            }

            fn fields() -> Vec<$crate::record::event::field::FieldDoc> {
                use $crate::record::event::field::FieldForm;
                [$(
                    <$crate::record::event::field::form!($($form)?) as FieldForm<$type>>::describe(
                        stringify!($field), &$crate::record::event::field::lines(&[$($meaning),+]),
                    ),
                )+]
                .into_iter()
                .flatten()
                .collect()
            }
        }
    };
}

/// Names the form of a field; `Plain` if none is given.
macro_rules! form {
    () => {
        $crate::record::event::forms::Plain
    };
    ($form:ident) => {
        $crate::record::event::forms::$form
    };
}

pub(super) use {event_body, form};
