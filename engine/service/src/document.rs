//! Views as text.

use serde::Serialize;

/// Returns the document of a view: one line of JSON text, with keys in alphabetical order. The document of an execution is
/// [`ExecutionView::document`](crate::ExecutionView::document).
///
/// ```
/// # use hyperspace_service::document;
/// assert_eq!(document(&("seed", 7)), r#"["seed",7]"#);
/// ```
///
/// # Panics
///
/// For a value that is not a view: a map whose keys are not text.
#[must_use]
pub fn document(view: &impl Serialize) -> String {
    serde_json::to_value(view).expect("the names in a view are texts").to_string()
}
