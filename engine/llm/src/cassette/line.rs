//! The lines of a cassette file.

use hyperspace_core::{RecordId, canon};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::exchange::Exchange;
use crate::digest;
use crate::effort::Effort;

const FORMAT: &str = "hyperspace-cassette";
const VERSION: u64 = 1;
const SEAL_CONTEXT: &str = "hyperspace v1 cassette seal";
/// Maximum size of a line in bytes, including its end. This program writes no longer lines.
pub(super) const LINE_BYTES_MAX: u64 = 256 << 20;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeaderLine {
    format: String,
    version: u64,
}

/// Returns the first line, without its end.
pub(super) fn header_line() -> String {
    let line = HeaderLine { format: FORMAT.to_owned(), version: VERSION };
    serde_json::to_string(&line).expect("a struct of two values is JSON")
}

/// Checks the first line. An error says what was expected.
pub(super) fn check_header(line: &[u8]) -> Result<(), String> {
    let expected = format!("expected the first line of a cassette of format {FORMAT}, version {VERSION}");
    let header: HeaderLine = serde_json::from_slice(line).map_err(|_| expected.clone())?;
    if header.format != FORMAT || header.version != VERSION {
        return Err(format!("{expected}, not {} version {}", header.format, header.version));
    }
    if line == header_line().as_bytes() { Ok(()) } else { Err(expected) }
}

/// Every line after the first.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExchangeLine {
    pub(super) id: RecordId,
    pub(super) exchange: Exchange,
    pub(super) effort: Effort,
    /// Checksum of identifier and effort.
    pub(super) seal: String,
}

impl ExchangeLine {
    /// Creates the line of an exchange with this identifier.
    pub(super) fn new(id: RecordId, exchange: Exchange, effort: Effort) -> Result<Self, canon::CanonError> {
        let seal = seal(&id, &effort)?;
        Ok(Self { id, exchange, effort, seal })
    }

    /// Parses and checks a line without its end. An error describes the defect.
    pub(super) fn parse(text: &[u8]) -> Result<Self, String> {
        let line: Self = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        let form = |error: canon::CanonError| error.to_string();
        let id = line.exchange.id().map_err(form)?;
        if id != line.id {
            return Err(format!("the exchange is {id}, but the line says {}", line.id));
        }
        if seal(&line.id, &line.effort).map_err(form)? != line.seal {
            return Err("the effort does not match its seal".to_owned());
        }
        // The same values have several encodings, and a changed byte is damage even if it changes no value.
        if serde_json::to_vec(&line).is_ok_and(|written| written == text) {
            Ok(line)
        } else {
            Err("the values match their seal, but the bytes are not those that were written".to_owned())
        }
    }
}

fn seal(id: &RecordId, effort: &Effort) -> Result<String, canon::CanonError> {
    digest::seal(SEAL_CONTEXT, &json!({ "id": id, "effort": effort }))
}
