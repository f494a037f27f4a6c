//! A scripted server that implements the APIs over HTTP, so that everything can be tried without a key: valid answers, and all
//! the ways in which a provider fails. `README.md` of this crate describes the script.

mod connection;
mod dialect;
mod form;
mod request;
mod response;
mod rules;
mod script;
mod server;
mod streamed;

pub use self::dialect::Dialect;
pub use self::script::{Script, ScriptError};
pub use self::server::{StubServer, StubStats};
