//! Requests that cannot be read: which value is wrong, and which name was probably meant.

use hyperspace_core::reader_words;
use hyperspace_service::did_you_mean;

use crate::refusal::{RefusalKind, RequestRefusal};

/// Returns the refusal for input that is JSON, or nearly so, but not the expected request. `field` is the place of a value in it.
pub(crate) fn not_understood(field: Option<String>, problem: &impl ToString) -> RequestRefusal {
    let text = reader_words(&problem.to_string(), "a JSON object");
    // The message names the unknown field, while its place is that of the enclosing object.
    let at = text.find("unknown field `").filter(|at| !text[..*at].contains('"'));
    let text = at.map_or(&*text, |at| &text[at..]);
    let unknown = text.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next());
    let field = field.and_then(|field| match unknown.and_then(|name| field.strip_suffix(name)) {
        Some(object) => object.strip_suffix('.').map(str::to_owned),
        None => Some(field),
    });
    let detail = field.map_or_else(|| text.to_owned(), |field| format!("{field}: {text}"));
    let refusal = RequestRefusal::new(RefusalKind::Unreadable, detail);
    match nearest(text) {
        Some(hint) => refusal.hint(hint),
        None => refusal,
    }
}

/// Returns the place of a value in a request, such as `files.a`, unless it is the request itself or an unknown field.
pub(crate) fn field_of(path: &serde_path_to_error::Path) -> Option<String> {
    (path.iter().len() > 0).then(|| path.to_string())
}

/// Returns the hint for an unknown name: the most similar of those that the message lists.
fn nearest(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("unknown field `").or_else(|| text.split_once("unknown variant `"))?;
    let (name, rest) = rest.split_once('`')?;
    let known: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
    did_you_mean(name, known)
}
