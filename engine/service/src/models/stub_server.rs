//! A server that plays models from a script.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use hyperspace_llm::stub::{Script, StubServer};
use serde::Serialize;

use crate::engine::Engine;
use crate::error::ServiceError;
use crate::files;

/// A server of models that runs: the document of `stub-model --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StubView {
    /// Its address.
    pub address: SocketAddr,
    /// The address as `base-url` of a model.
    pub base_url: String,
    /// Rules of its script.
    pub rules: usize,
}

/// A server that plays models. Dropped, it ends.
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
    /// Starts a server on 127.0.0.1 that answers as the script in a TOML file says; port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// Class `Usage` for the script, or without a clock; `Internal` when the port cannot be had.
    pub async fn serve_stub(&self, script: &Path, port: u16) -> Result<StubHandle, ServiceError> {
        let file = script.display().to_string();
        let script = Script::parse(&file, &files::read_text(script)?);
        let script = script.map_err(|error| ServiceError::request(error.to_string()))?;
        let rules = script.rules();
        let Some(clock) = &self.environment().clock else {
            return Err(ServiceError::request("the stub server cannot run without a clock"));
        };
        let server = StubServer::start(script, port, Arc::clone(clock)).await;
        let server =
            server.map_err(|source| ServiceError::io(format!("port {port} of 127.0.0.1"), source))?;
        let view = StubView { address: server.address(), base_url: server.base_url(), rules };
        Ok(StubHandle { server, view })
    }
}
