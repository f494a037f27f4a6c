//! A server that plays models from a script.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use hyperspace_llm::stub::{Dialect, Script, StubServer};
use serde::Serialize;

use crate::engine::Engine;
use crate::error::ServiceError;
use crate::files;

/// The script that is played if none is given.
const BUNDLED: &str = r#"
[[rule]]
name = "a call"
when = { turn = 1, tool = "bash" }
[[rule.answer]]
calls = [{ name = "bash", arguments = { command = "echo hyperspace" } }]
[[rule]]
name = "an answer"
[[rule.answer]]
text = "ready"
"#;

/// A running stub server: the document of `stub-model --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StubView {
    /// Its address.
    pub address: SocketAddr,
    /// The address in the form of a model's `base-url`.
    pub base_url: String,
    /// Number of rules in its script.
    pub rules: usize,
    /// Further lines that the section of a model needs.
    pub settings: String,
}

/// A server that plays models. Dropping it stops it.
pub struct StubHandle {
    server: StubServer,
    view: StubView,
}

impl std::fmt::Debug for StubHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StubHandle").field("view", &self.view).finish_non_exhaustive()
    }
}

impl StubHandle {
    /// Returns its address and the size of its script.
    #[must_use]
    pub fn view(&self) -> &StubView {
        &self.view
    }

    /// Serves until the future is dropped.
    pub async fn wait(self) {
        self.server.wait().await;
    }
}

impl Engine {
    /// Starts a server on 127.0.0.1 that answers according to the script in a TOML file, in the dialect of a server if one is
    /// named; port 0 takes a free port. Without a script, it calls the tool `bash` once if that is offered, and then says
    /// `ready`.
    ///
    /// # Errors
    ///
    /// Class `Usage` when the script is unusable, or there is no clock; `Internal` when the port is not available.
    pub async fn serve_stub(
        &self,
        script: Option<&Path>,
        dialect: Option<&str>,
        port: u16,
    ) -> Result<StubHandle, ServiceError> {
        let dialect = dialect.map(str::parse::<Dialect>).transpose();
        let dialect = dialect.map_err(|problem| ServiceError::setting("dialect", problem))?;
        let (file, text) = match script {
            Some(path) => (path.display().to_string(), files::read_text(path)?),
            None => ("the bundled script".to_owned(), BUNDLED.to_owned()),
        };
        let script = Script::parse(&file, &text);
        let script = script.map_err(|error| ServiceError::request(error.to_string()))?.dialect(dialect);
        let settings = script.imitates().map_or("", Dialect::settings).trim().to_owned();
        let rules = script.rules();
        let Some(clock) = &self.environment().clock else {
            return Err(ServiceError::request("the stub server cannot run without a clock"));
        };
        let server = StubServer::start(script, port, Arc::clone(clock)).await;
        let server =
            server.map_err(|source| ServiceError::io(format!("port {port} of 127.0.0.1"), source))?;
        let view = StubView { address: server.address(), base_url: server.base_url(), rules, settings };
        Ok(StubHandle { server, view })
    }
}
