//! A single Python program in the sandbox.

use super::exec_request::{ExecutionRequest, GuestProgram};
use super::execution_view::ExecutionView;
use super::host_functions::HostFunctions;
use crate::engine::Engine;
use crate::error::ServiceError;

impl Engine {
    /// Runs a Python program. It sees its library, the SDK at `/sdk`, an empty `/tmp`, and nothing else.
    ///
    /// # Errors
    ///
    /// Class `Usage` for the request. What the program does is in the view.
    pub async fn execute(&self, request: ExecutionRequest) -> Result<ExecutionView, ServiceError> {
        self.execute_with(request, HostFunctions::none()).await
    }

    /// As [`Engine::execute`], with functions of the host that the program may call.
    ///
    /// # Errors
    ///
    /// As [`Engine::execute`]; class `Internal` when a function of the host aborts the program.
    pub async fn execute_with(
        &self,
        request: ExecutionRequest,
        functions: HostFunctions,
    ) -> Result<ExecutionView, ServiceError> {
        let evaluator = self.prepared(0).await?;
        let origin = request.origin.clone();
        let called = matches!(request.program, GuestProgram::Call { .. });
        let job = functions.lend(request.job(evaluator.sdk().clone())?, self.waiting_guests());
        let sandbox = evaluator.sandbox();
        let view = ExecutionView::of(sandbox.run(job).await?, called, sandbox.runtime_digest());
        Ok(match origin {
            Some(origin) => view.advised(&origin),
            None => view,
        })
    }

    /// As [`Engine::execute`], on the threads of the engine.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), hyperspace_service::ServiceError> {
    /// # let engine = hyperspace_service::Engine::builder().build()?;
    /// use hyperspace_service::ExecutionRequest;
    ///
    /// let view = engine.execute_blocking(ExecutionRequest::new("hello.py", "print('hello')"))?;
    /// assert_eq!(view.stdout, b"hello\n");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Engine::execute`], and [`ServiceError::Threads`].
    ///
    /// # Panics
    ///
    /// Inside of a tokio runtime.
    pub fn execute_blocking(&self, request: ExecutionRequest) -> Result<ExecutionView, ServiceError> {
        self.block_on(self.execute(request))?
    }
}
