//! Limits of a server.

use std::time::Duration;

/// Limits of a server, all finite.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ServerLimits {
    /// Number of requests that are worked on at the same time. Default `None`: twice the workers of the engine.
    pub places: Option<usize>,
    /// Maximum number of requests that wait for a place; further ones are refused. Default 256.
    pub waiting_max: usize,
    /// Time limit of a request, including waiting, after which its work is cancelled. Default 300 s.
    pub request: Duration,
    /// Time limit for the head of a request, and for a connection without requests. Default 30 s.
    pub head: Duration,
    /// Time limit for the body of a request, and for a client that takes nothing of an answer. Default 30 s.
    pub body: Duration,
    /// Maximum size of the body of a request in bytes. Default 16 MiB.
    pub body_bytes: usize,
    /// Maximum size of the head of a request in bytes. Default 64 KiB.
    pub head_bytes: usize,
    /// Maximum number of open connections; further ones are closed at once. Default 512.
    pub connections_max: usize,
    /// Maximum number of sessions that are kept at the same time. Default 64.
    pub sessions_max: usize,
    /// Maximum number of those sessions for one token. Default `None`: half of them, rounded up, or all of them on a server with only one
    /// token or none. The file of tokens may set another number for a token.
    pub sessions_per_token_max: Option<usize>,
    /// Time after which an unused session is removed. Default 600 s.
    pub session_idle: Duration,
    /// Maximum number of agents in one request to evaluate many. Default 100.
    pub batch_max: usize,
    /// Time given to requests at work when the server stops. Default 10 s.
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
            sessions_per_token_max: None,
            session_idle: Duration::from_secs(600),
            batch_max: 100,
            stop: Duration::from_secs(10),
        }
    }
}

impl ServerLimits {
    /// Sets the maximum number of requests that wait for a place; see [`ServerLimits::waiting_max`].
    #[must_use]
    pub fn with_waiting_max(mut self, waiting: usize) -> Self {
        self.waiting_max = waiting;
        self
    }

    /// Sets the time limit of a request; see [`ServerLimits::request`].
    #[must_use]
    pub fn with_request(mut self, time: Duration) -> Self {
        self.request = time;
        self
    }

    /// Sets the maximum number of open connections; see [`ServerLimits::connections_max`].
    #[must_use]
    pub fn with_connections_max(mut self, connections: usize) -> Self {
        self.connections_max = connections;
        self
    }

    /// Sets the maximum number of sessions, and the time after which an unused one is removed; see
    /// [`ServerLimits::sessions_max`].
    #[must_use]
    pub fn with_sessions(mut self, most: usize, idle: Duration) -> Self {
        (self.sessions_max, self.session_idle) = (most, idle);
        self
    }

    /// Sets the maximum number of sessions of one token; see [`ServerLimits::sessions_per_token_max`].
    #[must_use]
    pub fn with_sessions_per_token(mut self, most: usize) -> Self {
        self.sessions_per_token_max = Some(most);
        self
    }

    /// Returns the maximum number of sessions of one of this many tokens.
    pub(crate) fn sessions_of_one(&self, tokens: usize) -> usize {
        let by_default = if tokens > 1 { self.sessions_max.div_ceil(2) } else { self.sessions_max };
        self.sessions_per_token_max.unwrap_or(by_default)
    }

    /// Sets the time limit for the body of a request; see [`ServerLimits::body`].
    #[must_use]
    pub fn with_body(mut self, time: Duration) -> Self {
        self.body = time;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_several_tokens_gets_half_of_the_sessions() {
        let limits = ServerLimits::default();
        assert_eq!([0, 1, 2, 9].map(|tokens| limits.sessions_of_one(tokens)), [64, 64, 32, 32]);
        let limits = limits.with_sessions(3, Duration::from_secs(1));
        assert_eq!(limits.sessions_of_one(2), 2);
        assert_eq!(limits.with_sessions_per_token(1).sessions_of_one(1), 1);
    }
}
