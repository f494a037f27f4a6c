//! A single Python program in the sandbox.

use super::advice::ProgramContext;
use super::exec_request::{ExecutionRequest, GuestProgram};
use super::execution_view::ExecutionView;
use super::host_functions::HostFunctions;
use super::prepared_program::PreparedProgram;
use super::runtime_choice::RuntimeChoice;
use crate::engine::Engine;
use crate::error::ServiceError;

impl Engine {
    /// Runs a Python program. The program sees its library, the SDK at `/sdk`, an empty `/tmp`, the mounts of the request, and
    /// the folder of its file.
    ///
    /// # Errors
    ///
    /// Class `Usage` when the request is wrong. The behaviour of the program is in the view.
    pub async fn execute(&self, request: ExecutionRequest) -> Result<ExecutionView, ServiceError> {
        self.execute_with(request, HostFunctions::none()).await
    }

    /// As [`Engine::execute`], with functions of the host that the program may call.
    ///
    /// # Errors
    ///
    /// As [`Engine::execute`]; class `Internal` when a function of the host aborts the program, and `Differs` when its calls
    /// differ from those of the record that answers them.
    pub async fn execute_with(
        &self,
        request: ExecutionRequest,
        functions: HostFunctions,
    ) -> Result<ExecutionView, ServiceError> {
        let (limits, origin) = (request.limits.clone(), request.origin.clone());
        let has_input = request.stdin.is_some();
        let RuntimeChoice { name: runtime, reason, packages } = request.chosen_runtime()?;
        let evaluator = self.prepared(runtime, 0).await?;
        let called = matches!(request.program, GuestProgram::Call { .. });
        let program = called.then(|| request.program.clone());
        let sandbox = evaluator.sandbox();
        let (report, record, is_whole) = match request.plain_job(evaluator.sdk().clone(), &packages)? {
            Some(job) => {
                let (job, record) = functions.lend(job, self.waiting_guests());
                (record.checked(sandbox.run(job).await)?, record, true)
            }
            None => {
                let PreparedProgram { setup, item, is_whole } =
                    request.prepare(evaluator.sdk().clone(), &packages)?;
                // Nothing else starts from the state after the set-up, so that state is not kept.
                let (item, record) = functions.lend(item, self.waiting_guests());
                let ended = sandbox.template(setup)?.fresh(item).await;
                (record.checked(ended)?, record, is_whole)
            }
        };
        let view = ExecutionView::of(report, called, sandbox.runtime_digest()).with_calls(record.finish()?);
        let context =
            ProgramContext { runtime, limits: &limits, has_input, origin: origin.as_deref(), is_whole };
        let hints = context.hints(&view).into_iter().chain(reason).collect();
        let view = view.advised(hints);
        Ok(match program {
            Some(GuestProgram::Call { file, function, .. }) => view.advised_of_function(&file, &function),
            _ => view,
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
    /// When called inside a tokio runtime.
    pub fn execute_blocking(&self, request: ExecutionRequest) -> Result<ExecutionView, ServiceError> {
        self.block_on(self.execute(request))?
    }
}
