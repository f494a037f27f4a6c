//! A server that speaks both APIs over real HTTP and answers from a script, so that everything can be tried without a key: good
//! answers, and every way in which a provider fails. `README.md` of this crate describes the script.

mod answer;
mod asked;
mod rules;
mod script;
mod server;

pub use self::script::{Script, ScriptError};
pub use self::server::{StubServer, StubStats};
