//! hyperspace for other programs: requests that carry everything by value, and servers that answer them.
//!
//! A server is a front end as the command is: it parses requests, calls [`hyperspace_service`], and passes on the views that come back.
//! Nothing in a request names a file of the host: code, files and tasks are values, or names of what is bundled.
//!
//! [`mcp`] is a server of the Model Context Protocol, for assistants that call tools.

pub mod mcp;
mod requests;
mod runs;

pub use requests::{
    CompareFilesRequest, EvaluateRequest, ReplayHashRequest, RequestError, RunPythonRequest,
    RunStatusRequest, StartRunRequest, StopRunRequest,
};
pub use runs::{BackgroundRunState, BackgroundRuns};
