//! Runs futures on the calling thread.

use crate::error::SandboxError;

/// Runs a future on this thread. Panics inside a tokio runtime.
pub(crate) fn block_on<T>(future: impl Future<Output = Result<T, SandboxError>>) -> Result<T, SandboxError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(|error| SandboxError::Lost(error.to_string()))?;
    runtime.block_on(future)
}
