//! A server of HTTP: the application layer for any program, and the forms that clients of GEPA and E2B use already.
//!
//! Requests carry everything by value. Every error is one form. Work whose client disconnects is cancelled, unless the
//! request says otherwise; runs go on without their client.

mod access;
mod body;
mod connections;
mod documents;
mod e2b;
mod gepa;
mod mcp;
mod problem;
mod router;
mod runs;
mod serve;
mod work;

pub use self::serve::{HttpServer, HttpServerError, StopHandle, TlsFiles};
