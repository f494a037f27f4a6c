//! A scripted server that implements both APIs over HTTP, so that everything can be tried without a key: valid answers, and every
//! way in which a provider fails. `README.md` of this crate describes the script.

mod connection;
mod form;
mod request;
mod response;
mod rules;
mod script;
mod server;

pub use self::script::{Script, ScriptError};
pub use self::server::{StubServer, StubStats};
