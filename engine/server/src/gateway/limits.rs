//! Limits of a server.

use std::time::Duration;

/// Limits of a server, all finite.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ServerLimits {
    /// Requests that are worked on at the same time. Default `None`: twice the workers of the engine.
    pub places: Option<usize>,
    /// Requests that may wait for a place; more are refused. Default 256.
    pub waiting_max: usize,
    /// Time for a request, waiting included; then its work is cancelled. Default 300 s.
    pub request: Duration,
    /// Time for the head of a request, and of a connection without requests. Default 30 s.
    pub head: Duration,
    /// Time for the body of a request. Default 30 s.
    pub body: Duration,
    /// Bytes of the body of a request. Default 16 MiB.
    pub body_bytes: usize,
    /// Bytes of the head of a request. Default 64 KiB.
    pub head_bytes: usize,
    /// Open connections; more are closed at once. Default 512.
    pub connections_max: usize,
    /// Sessions that are kept at the same time. Default 64.
    pub sessions_max: usize,
    /// Time after which a session that nobody uses goes. Default 600 s.
    pub session_idle: Duration,
    /// Agents of one request to evaluate many. Default 100.
    pub batch_max: usize,
    /// Time for requests at work when the server stops. Default 10 s.
    pub stop: Duration,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            places: None,
            waiting_max: 256,
            request: Duration::from_secs(300),
            head: Duration::from_secs(30),
            body: Duration::from_secs(30),
            body_bytes: 16 << 20,
            head_bytes: 64 << 10,
            connections_max: 512,
            sessions_max: 64,
            session_idle: Duration::from_secs(600),
            batch_max: 100,
            stop: Duration::from_secs(10),
        }
    }
}

impl ServerLimits {
    /// Sets how many requests may wait for a place; see [`ServerLimits::waiting_max`].
    #[must_use]
    pub fn with_waiting_max(mut self, waiting: usize) -> Self {
        self.waiting_max = waiting;
        self
    }

    /// Sets the time for a request; see [`ServerLimits::request`].
    #[must_use]
    pub fn with_request(mut self, time: Duration) -> Self {
        self.request = time;
        self
    }

    /// Sets the open connections; see [`ServerLimits::connections_max`].
    #[must_use]
    pub fn with_connections_max(mut self, connections: usize) -> Self {
        self.connections_max = connections;
        self
    }

    /// Sets the sessions that are kept, and the time after which an unused one goes; see [`ServerLimits::sessions_max`].
    #[must_use]
    pub fn with_sessions(mut self, most: usize, idle: Duration) -> Self {
        (self.sessions_max, self.session_idle) = (most, idle);
        self
    }

    /// Sets the time for the body of a request; see [`ServerLimits::body`].
    #[must_use]
    pub fn with_body(mut self, time: Duration) -> Self {
        self.body = time;
        self
    }
}
