//! An HTTP server: the application layer for any program, and the interfaces that clients of GEPA and E2B already use.
//!
//! Requests carry everything by value. All errors have one format. Work is cancelled when its client disconnects, unless the
//! request says otherwise; runs continue without their client.

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
