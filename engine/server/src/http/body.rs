//! Bodies, which are read within limits of size and time, and parsed with helpful errors.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use hyperspace_core::json_weight::{self, VALUES_WEIGHT_MAX};
use serde::de::DeserializeOwned;

use crate::gateway::Gateway;
use crate::refusal::{RefusalKind, RequestRefusal};
use crate::unreadable::{field_of, not_understood};

/// Tells whether the body of a request has been read completely.
#[derive(Debug, Clone)]
pub(super) struct BodyRead(Arc<AtomicBool>);

impl BodyRead {
    /// Returns the value for a request with these headers, of whose body nothing has been read yet.
    pub(super) fn of(request: &HeaderMap) -> Self {
        let length = request.get(header::CONTENT_LENGTH).map(HeaderValue::as_bytes);
        let has_none =
            matches!(length, None | Some(b"0")) && !request.contains_key(header::TRANSFER_ENCODING);
        Self(Arc::new(AtomicBool::new(has_none)))
    }

    /// Returns true if nothing is left of the body.
    pub(super) fn is_done(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn done(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The JSON body of a request whose content type says that it is JSON.
pub(super) struct JsonBody<T>(pub(super) T);

/// The JSON body of a request, whatever its content type says, as other servers of that protocol accept it; or the refusal, to
/// which the protocol gives its own form.
pub(super) struct AnyJsonBody<T>(pub(super) Result<T, RequestRefusal>);

impl<T: DeserializeOwned> FromRequest<Gateway> for JsonBody<T> {
    type Rejection = RequestRefusal;

    async fn from_request(request: Request, gateway: &Gateway) -> Result<Self, RequestRefusal> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            return Err(RequestRefusal::new(
                RefusalKind::MediaType,
                "expected the content type application/json",
            ));
        }
        Ok(Self(parsed(&bytes(request, gateway).await?)?))
    }
}

impl<T: DeserializeOwned> FromRequest<Gateway> for AnyJsonBody<T> {
    type Rejection = Infallible;

    async fn from_request(request: Request, gateway: &Gateway) -> Result<Self, Infallible> {
        Ok(Self(bytes(request, gateway).await.and_then(|bytes| parsed(&bytes))))
    }
}

/// Reads a body within the limits of the server.
pub(super) async fn bytes(request: Request, gateway: &Gateway) -> Result<Bytes, RequestRefusal> {
    let limits = gateway.limits();
    let too_large = || {
        let detail = format!("expected at most {} bytes", limits.body_bytes);
        RequestRefusal::new(RefusalKind::TooLarge, detail)
    };
    if request.headers().get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        let detail = "expected a body without a content encoding";
        return Err(RequestRefusal::new(RefusalKind::MediaType, detail));
    }
    let announced =
        request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: u64| length > limits.body_bytes as u64) {
        return Err(too_large());
    }
    let state = request.extensions().get::<BodyRead>().cloned();
    let read = Bytes::from_request(request, &());
    match tokio::time::timeout(limits.body, read).await {
        Ok(Ok(bytes)) => {
            if let Some(state) = state {
                state.done();
            }
            Ok(bytes)
        }
        Ok(Err(rejection)) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(too_large()),
        Ok(Err(_)) => Err(RequestRefusal::new(RefusalKind::Unreadable, "the body broke off")),
        Err(_) => {
            let detail = format!("the body did not come within {} s", limits.body.as_secs());
            Err(RequestRefusal::new(RefusalKind::Slow, detail))
        }
    }
}

/// Checks that the tree of a body may be built.
pub(super) fn check_weight(bytes: &[u8]) -> Result<(), RequestRefusal> {
    match json_weight::is_within(bytes, VALUES_WEIGHT_MAX) {
        true => Ok(()),
        false => {
            let detail = format!("the {} bytes of the body hold too many values", bytes.len());
            Err(RequestRefusal::new(RefusalKind::TooLarge, detail).hint("send fewer values in one request"))
        }
    }
}

/// Parses a body, which must be an object. Otherwise, a list would be taken for the fields in their order.
pub(super) fn parsed<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, RequestRefusal> {
    check_weight(bytes)?;
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        return Err(RequestRefusal::new(RefusalKind::Unreadable, "expected a JSON object, found a list"));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut reader)
        .map_err(|error| (field_of(error.path()), error.into_inner()));
    let read = read.and_then(|request| reader.end().map(|()| request).map_err(|error| (None, error)));
    read.map_err(|(field, error)| not_understood(field, &error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requests::RunPythonRequest;

    #[test]
    fn an_unknown_field_is_named_with_the_nearest_known_one() {
        let error = parsed::<RunPythonRequest>(br#"{"code": "1", "fule": 3}"#).unwrap_err();
        assert!(error.detail.starts_with("unknown field `fule`"), "{error}");
        assert_eq!(error.hints, ["did you mean fuel?"]);
        assert!(parsed::<RunPythonRequest>(b"{\"code\": ").unwrap_err().hints.is_empty());
        assert!(parsed::<RunPythonRequest>(br#" ["1"]"#).unwrap_err().detail.contains("found a list"));
        let error = parsed::<RunPythonRequest>(br#"{"code": "1"} x"#).unwrap_err();
        assert_eq!(error.detail, "trailing characters at line 1 column 15");
    }

    #[test]
    fn a_forest_of_values_is_no_body() {
        let body = |count: usize| format!("{{\"code\": \"1\", \"x\": [{}1]}}", "{},".repeat(count));
        let detail = |count| parsed::<RunPythonRequest>(body(count).as_bytes()).unwrap_err().detail;
        assert!(detail(10_000).starts_with("unknown field `x`"));
        assert!(detail(100_000).ends_with("bytes of the body hold too many values"));
    }

    #[test]
    fn a_value_of_another_kind_is_named_with_its_place() {
        for (body, place) in [
            (&br#"{"code": 5}"#[..], "code: invalid type: integer `5`, expected a string"),
            (br#"{"code": "1", "fuel": "x"}"#, "fuel: invalid type: string"),
            (br#"{"code": "1", "args": ["a", 1]}"#, "args[1]: "),
            (br#"{"code": "1", "files": {"a.txt": null}}"#, "files.a.txt: "),
            (b"null", "invalid type: null, expected a JSON object"),
        ] {
            let error = parsed::<RunPythonRequest>(body).unwrap_err();
            assert!(error.detail.starts_with(place), "{error}");
        }
    }
}
