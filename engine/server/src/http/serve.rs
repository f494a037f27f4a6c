//! The server: its address, encryption, start and end.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use axum_server::{Handle, Server};
use hyperspace_core::RecordId;
use hyperspace_eval::Task;
use hyperspace_service::Engine;
use thiserror::Error;

use super::access::HttpAccess;
use super::connections::BoundedAcceptor;
use super::router::router;
use crate::client::{Client, Tokens};
use crate::gateway::{FailureHook, Gateway, ServerLimits};

/// The time between two looks for unused sessions.
const SWEEP: Duration = Duration::from_secs(5);

/// The server cannot be started, or stopped working.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum HttpServerError {
    /// Anybody who reaches it could run code.
    #[error(
        "{0} can be reached from other machines, which needs tokens; listen on 127.0.0.1, or give a file of tokens"
    )]
    Open(SocketAddr),
    /// The address is not available.
    #[error("{address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The cause.
        source: io::Error,
    },
    /// The certificate or its key is unusable.
    #[error("the certificate or its key cannot be used: {0}")]
    Tls(io::Error),
    /// The server stopped working.
    #[error("the server broke off: {0}")]
    Broken(io::Error),
}

/// A certificate chain and its key, in PEM format.
#[derive(Clone)]
pub struct TlsFiles {
    /// The chain.
    pub certificates: Vec<u8>,
    /// The key.
    pub key: Vec<u8>,
}

impl fmt::Debug for TlsFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsFiles").finish_non_exhaustive()
    }
}

/// Stops a server. Cheap to clone.
#[derive(Debug, Clone)]
pub struct StopHandle {
    handle: Handle<SocketAddr>,
    gateway: Gateway,
}

impl StopHandle {
    /// Refuses new work, lets requests at work finish within [`ServerLimits::stop`], and then ends the server.
    pub fn stop(&self) {
        self.gateway.begin_stop();
        self.handle.graceful_shutdown(Some(self.gateway.limits().stop));
    }
}

/// A listening HTTP server.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use hyperspace_server::http::HttpServer;
///
/// let engine = hyperspace_service::Engine::builder().store("runs").build()?;
/// let server = HttpServer::listen(engine, "127.0.0.1:0".parse()?, None)?;
/// println!("http://{}", server.address());
/// server.serve().await?;
/// # Ok(())
/// # }
/// ```
pub struct HttpServer {
    engine: Engine,
    listener: TcpListener,
    address: SocketAddr,
    tokens: Option<Arc<Tokens>>,
    tls: Option<RustlsConfig>,
    limits: ServerLimits,
    task: Option<Task>,
    on_failure: Option<FailureHook>,
    handle: Handle<SocketAddr>,
    on_ready: Option<Box<dyn FnOnce(StopHandle) + Send>>,
}

impl fmt::Debug for HttpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpServer").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Returns the settings of encrypted connections, which offer only HTTP/1.1.
async fn encryption(files: TlsFiles) -> Result<RustlsConfig, HttpServerError> {
    hyperspace_llm::install_tls();
    let config = RustlsConfig::from_pem(files.certificates, files.key).await.map_err(HttpServerError::Tls)?;
    let mut offered = (*config.get_inner()).clone();
    offered.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(RustlsConfig::from_config(Arc::new(offered)))
}

impl HttpServer {
    /// Listens on an address. Port 0 takes a free port.
    ///
    /// # Errors
    ///
    /// [`HttpServerError::Open`] when other machines can reach the address and there are no tokens; [`HttpServerError::Listen`].
    pub fn listen(
        engine: Engine,
        address: SocketAddr,
        tokens: Option<Tokens>,
    ) -> Result<Self, HttpServerError> {
        if tokens.is_none() && !address.ip().is_loopback() {
            return Err(HttpServerError::Open(address));
        }
        let failed = |source| HttpServerError::Listen { address, source };
        let listener = TcpListener::bind(address).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (tokens, limits) = (tokens.map(Arc::new), ServerLimits::default());
        let (tls, task, on_failure, on_ready) = (None, None, None, None);
        let handle = Handle::new();
        Ok(Self { engine, listener, address, tokens, tls, limits, task, on_failure, handle, on_ready })
    }

    /// Returns the address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sets the limits.
    #[must_use]
    pub fn limits(mut self, limits: ServerLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Encrypts connections.
    ///
    /// # Errors
    ///
    /// [`HttpServerError::Tls`] when the certificates or the key cannot be read, or do not match.
    pub async fn tls(mut self, files: TlsFiles) -> Result<Self, HttpServerError> {
        self.tls = Some(encryption(files).await?);
        Ok(self)
    }

    /// Sets the task of requests that name none, which is also the task for GEPA's paths.
    #[must_use]
    pub fn task(mut self, task: Task) -> Self {
        self.task = Some(task);
        self
    }

    /// Calls `hook` with a description of every failure of the server itself. Answers do not contain these descriptions.
    #[must_use]
    pub fn on_failure(mut self, hook: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.on_failure = Some(Arc::new(hook));
        self
    }

    /// Calls `hook` with the handle that stops the server, before the first request.
    #[must_use]
    pub fn on_ready(mut self, hook: impl FnOnce(StopHandle) + Send + 'static) -> Self {
        self.on_ready = Some(Box::new(hook));
        self
    }

    /// Serves until it is stopped. Runs in progress are then stopped; what was committed stays, and `resume` continues them.
    /// Returns these runs.
    ///
    /// # Errors
    ///
    /// [`HttpServerError::Broken`].
    pub async fn serve(self) -> Result<Vec<RecordId>, HttpServerError> {
        let tokens = self.tokens.as_ref().map_or(0, |tokens| tokens.count());
        let gateway = Gateway::new(self.engine, self.limits, tokens, self.task, self.on_failure);
        let access = HttpAccess {
            gateway: gateway.clone(),
            tokens: self.tokens,
            anybody: Arc::new(Client::unlimited()),
        };
        let service = router(&gateway, access).into_make_service();
        let limits = gateway.limits();
        let mut server: Server<SocketAddr> =
            axum_server::from_tcp(self.listener).map_err(HttpServerError::Broken)?;
        server.http_builder().http1().header_read_timeout(limits.head).max_buf_size(limits.head_bytes);
        let server = server.http1_only().first_request_timeout(limits.head).handle(self.handle.clone());
        let bounded = BoundedAcceptor::new(limits.connections_max, limits.body);
        if let Some(hook) = self.on_ready {
            hook(StopHandle { handle: self.handle, gateway: gateway.clone() });
        }
        let swept = gateway.clone();
        let sweep = tokio::spawn(async move {
            loop {
                tokio::time::sleep(SWEEP).await;
                swept.expire_sessions();
            }
        });
        let ended = match self.tls {
            None => server.acceptor(bounded).serve(service).await,
            Some(config) => {
                let acceptor = RustlsAcceptor::new(config).acceptor(bounded);
                server.acceptor(acceptor).serve(service).await
            }
        };
        sweep.abort();
        let stopped = gateway.runs().stop_all().await;
        ended.map(|()| stopped).map_err(HttpServerError::Broken)
    }
}
