//! Access: the token of a request, and protection against requests from web pages.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::body::BodyRead;
use super::mcp;
use crate::client::{Client, Tokens};
use crate::clock;
use crate::gateway::Gateway;
use crate::refusal::{RefusalKind, RequestRefusal};

/// Paths that need no token, because they reveal nothing about anybody's work.
const OPEN: [&str; 3] = ["/healthz", "/health", "/openapi.json"];
/// Names by which this machine refers to itself.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// The state of the middleware.
#[derive(Clone)]
pub(super) struct HttpAccess {
    pub(super) gateway: Gateway,
    /// The tokens. `None` means a server for this machine only, which asks for no token.
    pub(super) tokens: Option<Arc<Tokens>>,
    /// The client of a server without tokens.
    pub(super) anybody: Arc<Client>,
}

/// Passes a request to its handler with its [`Client`], counts it, and reports failures to the log.
pub(super) async fn guard(State(access): State<HttpAccess>, mut request: Request, next: Next) -> Response {
    let begun = clock::now();
    let method = request.method().to_string();
    let path = request.extensions().get::<MatchedPath>();
    let path = path.map_or_else(|| "other".to_owned(), |path| path.as_str().to_owned());
    let read = BodyRead::of(request.headers());
    request.extensions_mut().insert(read.clone());
    let mut response = match access.client(request.uri().path(), request.headers()) {
        Ok(client) => {
            request.extensions_mut().insert(client);
            let response = next.run(request).await;
            // Errors of the Model Context Protocol have their own format.
            if path == mcp::PATH { response } else { in_one_form(response) }
        }
        Err(refusal) => refusal.into_response(),
    };
    // The rest of a body is not waited for: the client is told that the connection ends.
    if !read.is_done() {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    if let Some(refusal) = response.extensions().get::<RequestRefusal>() {
        access.gateway.note_failure(refusal);
    }
    access.gateway.metrics().answered(&method, &path, response.status().as_u16(), begun.elapsed());
    response
}

/// Converts refusals of paths and queries, which precede any handler, to the format of all others.
fn in_one_form(response: Response) -> Response {
    let refused = response.status() == StatusCode::BAD_REQUEST;
    if !refused || response.extensions().get::<RequestRefusal>().is_some() {
        return response;
    }
    let detail = "the path or the query has a value that is not understood; /openapi.json has those that are";
    RequestRefusal::new(RefusalKind::Unreadable, detail).into_response()
}

impl HttpAccess {
    fn client(&self, path: &str, headers: &HeaderMap) -> Result<Arc<Client>, RequestRefusal> {
        if OPEN.contains(&path) {
            return Ok(Arc::clone(&self.anybody));
        }
        let Some(tokens) = &self.tokens else {
            from_this_machine(headers)?;
            return Ok(Arc::clone(&self.anybody));
        };
        let unknown = |detail: &str| RequestRefusal::new(RefusalKind::Unauthenticated, detail);
        let token =
            token(headers).ok_or_else(|| unknown("expected the header Authorization: Bearer TOKEN"))?;
        let client = tokens.holder(token).ok_or_else(|| unknown("the token is not known here"))?;
        client.account.count_request()?;
        Ok(client)
    }
}

/// Returns the token of a request, from the standard header or from the one that clients of E2B send.
fn token(headers: &HeaderMap) -> Option<&str> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
        return scheme.eq_ignore_ascii_case("bearer").then_some(token.trim());
    }
    headers.get("x-access-token")?.to_str().ok()
}

/// Refuses requests that a web page makes a browser on this machine send: those with another origin, and those to another name
/// that resolves to this machine.
fn from_this_machine(headers: &HeaderMap) -> Result<(), RequestRefusal> {
    let forbidden = |detail: &str| Err(RequestRefusal::new(RefusalKind::Forbidden, detail));
    if headers.contains_key(header::ORIGIN) {
        return forbidden("requests of web pages need a server with tokens");
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    match LOOPBACK.contains(&name) {
        true => Ok(()),
        false => forbidden("a server without tokens is asked as 127.0.0.1, [::1] or localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn web_pages_and_foreign_names_are_refused() {
        for host in ["127.0.0.1:80", "localhost", "localhost:7", "[::1]:1", "[::1]"] {
            assert!(from_this_machine(&headers(&[("host", host)])).is_ok(), "{host}");
        }
        for host in ["evil.example", "127.0.0.1.evil.example:80", "", "::1", "localhost:x"] {
            assert!(from_this_machine(&headers(&[("host", host)])).is_err(), "{host}");
        }
        let page = headers(&[("host", "localhost"), ("origin", "http://localhost:3000")]);
        assert!(from_this_machine(&page).is_err());
    }

    #[test]
    fn a_token_is_taken_from_either_header() {
        assert_eq!(token(&headers(&[("authorization", "bearer abc")])), Some("abc"));
        assert_eq!(token(&headers(&[("x-access-token", "abc")])), Some("abc"));
        assert_eq!(token(&headers(&[("authorization", "Basic abc")])), None);
        assert_eq!(token(&headers(&[])), None);
    }
}
