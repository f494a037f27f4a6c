//! Views as text.

use hyperspace_core::exact_json;
use serde::Serialize;

/// Returns the document of a view: one line of JSON text, in which integers of any length keep their digits.
///
/// ```
/// # use hyperspace_service::document;
/// assert_eq!(document(&("seed", 7)), r#"["seed",7]"#);
/// ```
///
/// # Panics
///
/// For a value that is no view: a map whose keys are no texts.
#[must_use]
pub fn document(view: &impl Serialize) -> String {
    exact_json::to_text(&serde_json::to_value(view).expect("the names in a view are texts"))
}
