//! Views as text.

use serde::Serialize;

/// Returns the document of a view: one line of JSON text, with keys in alphabetical order. That of an execution is
/// [`ExecutionView::document`](crate::ExecutionView::document).
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
    serde_json::to_value(view).expect("the names in a view are texts").to_string()
}
