//! A server of the Model Context Protocol, on standard input and output, or at a path of the HTTP server.
//!
//! Tools run Python in the sandbox, evaluate agents, start runs in the background, and inspect them. A guest that fails is a
//! result with its outcome, and not an error of the protocol. Cancelling a request ends its guest.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let engine = hyperspace_service::Engine::builder().store("runs").build()?;
//! hyperspace_server::mcp::serve_stdio(engine).await?;
//! # Ok(())
//! # }
//! ```

mod prompts;
mod resources;
mod run_tools;
mod tool_result;
mod tools;

use std::sync::Arc;
use std::time::Duration;

use hyperspace_service::Engine;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, GetPromptRequestParams, GetPromptResponse, Implementation,
    ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult,
    PaginatedRequestParams, ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities,
    ServerConfig,
};
use rmcp::service::{RequestContext, ServerInitializeError};
use rmcp::{ErrorData, RoleServer, ServerHandler, ServiceExt};
use thiserror::Error;

use self::tool_result::ToolAsker;
use crate::client::Client;
use crate::gateway::{Gateway, ServerLimits};

const INSTRUCTIONS: &str = "hyperspace runs untrusted Python in a WebAssembly sandbox (no network, no host files, limits on fuel and memory, virtual \
time) and evolves programs in it. The same request always has the same outcome: `digest` names it. Use `run_python` to compute or to try \
code, `evaluate` to score a program on a task, and `start_run`, `run_status`, `best_code` to evolve one. Evolution without a model costs nothing \
but time.";

/// A server that could not be started, or stopped working.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The client did not start the session as the protocol requires.
    #[error("the client did not begin the protocol: {0}")]
    Greeting(String),
    /// The task of the server ended because of a bug.
    #[error("the server ended unexpectedly: {0}")]
    Lost(#[from] tokio::task::JoinError),
}

/// Time limit for a request of the one client on standard input, which can cancel it at any time.
const STDIO_REQUEST: Duration = Duration::from_secs(24 * 60 * 60);

/// A server of the Model Context Protocol. Cheap to clone.
#[derive(Debug, Clone)]
pub struct McpServer {
    gateway: Gateway,
    /// The client of every request; `None` means the one that the HTTP server has identified.
    client: Option<Arc<Client>>,
}

impl McpServer {
    /// Returns a server for one client without restrictions.
    #[must_use]
    pub fn new(engine: Engine) -> Self {
        let limits = ServerLimits::default().with_request(STDIO_REQUEST);
        let gateway = Gateway::new(engine, limits, 0, None, None);
        Self { gateway, client: Some(Arc::new(Client::unlimited())) }
    }

    /// Returns a server for the clients that the HTTP server admits, each with the scopes and budgets of its token.
    pub(crate) fn behind_http(gateway: Gateway) -> Self {
        Self { gateway, client: None }
    }

    /// Returns the client of a request. Without one, the request is an error.
    fn asker(&self, context: &RequestContext<RoleServer>) -> Result<ToolAsker<'_>, ErrorData> {
        let found = || {
            let parts = context.extensions.get::<axum::http::request::Parts>()?;
            parts.extensions.get::<Arc<Client>>().cloned()
        };
        let client = self.client.clone().or_else(found);
        let client = client.ok_or_else(|| ErrorData::internal_error("nobody asks", None))?;
        Ok(ToolAsker { gateway: &self.gateway, client, is_local: self.client.is_some() })
    }
}

/// Serves one client on standard input and output until it closes them. Runs that it started are then stopped; what was committed
/// stays.
///
/// # Errors
///
/// [`ServeError`].
pub async fn serve_stdio(engine: Engine) -> Result<(), ServeError> {
    let server = McpServer::new(engine);
    let gateway = server.gateway.clone();
    let running = match server.serve(rmcp::transport::stdio()).await {
        Ok(running) => running,
        // A client that closes its end without a request wants nothing.
        Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
        Err(error) => return Err(ServeError::Greeting(error.to_string())),
    };
    let ended = running.waiting().await;
    gateway.runs().stop_all().await;
    ended?;
    Ok(())
}

impl ServerHandler for McpServer {
    fn get_info(&self) -> ServerConfig {
        let capabilities =
            ServerCapabilities::builder().enable_tools().enable_resources().enable_prompts().build();
        ServerConfig::new(capabilities)
            .with_server_info(Implementation::new("hyperspace", env!("CARGO_PKG_VERSION")))
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(tools::list()))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = request.arguments.unwrap_or_default();
        let asker = self.asker(&context)?;
        tokio::select! {
            answer = tools::call(&asker, &request.name, arguments) => Ok(answer?.into()),
            () = context.ct.cancelled() => Err(ErrorData::internal_error("the request was cancelled", None)),
        }
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let asker = self.asker(&context)?;
        Ok(ListResourcesResult::with_all_items(resources::list(&asker).await?))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(ListResourceTemplatesResult::with_all_items(resources::templates()))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let asker = self.asker(&context)?;
        Ok(resources::read(&asker, request.uri).await?.into())
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Ok(ListPromptsResult::with_all_items(prompts::list()))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        Ok(prompts::get(&request.name, &request.arguments.unwrap_or_default())?.into())
    }
}
