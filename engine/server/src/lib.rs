//! hyperspace for other programs: requests that carry everything by value, and servers that answer them.
//!
//! A server is a front end, like the command: it parses requests, calls [`hyperspace_service`], and passes on the views that it
//! returns. Nothing in a request names a file of the host: code, files and tasks are values, or names of bundled ones.
//!
//! [`mcp`] is a server of the Model Context Protocol, for assistants that call tools. [`http`] is an HTTP server, for everybody
//! else.

mod client;
mod clock;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod gateway;
pub mod http;
pub mod mcp;
mod refusal;
mod requests;
mod run_events;
mod runs;
mod unreadable;

pub use client::{TokenFileError, Tokens};
pub use gateway::ServerLimits;
pub use requests::{
    CompareFilesRequest, EvaluateManyRequest, EvaluateRequest, ReplayHashRequest, RequestError,
    ResumeRunRequest, RunPythonRequest, RunStatusRequest, SessionCodeRequest, SessionRequest,
    StartRunRequest, StopRunRequest,
};
pub use runs::{BackgroundRunState, BackgroundRuns};
