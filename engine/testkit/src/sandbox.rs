//! Sandboxes with the shared interpreter cache, and runtimes.

use std::sync::OnceLock;

use hyperspace_sandbox::{Door, DoorCall, DoorError, Sandbox, SandboxConfig, async_trait};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

/// Returns the default configuration with the shared interpreter cache.
#[must_use]
pub fn config() -> SandboxConfig {
    SandboxConfig::default().with_cache_dir(crate::paths::interpreter_cache())
}

/// Returns the sandbox of this test binary, which every caller shares.
///
/// # Panics
///
/// If the interpreter cannot be loaded.
#[must_use]
pub fn sandbox() -> &'static Sandbox {
    static SANDBOX: OnceLock<Sandbox> = OnceLock::new();
    SANDBOX.get_or_init(|| Sandbox::new(&config()).unwrap())
}

/// Returns a runtime with two workers, timers and sockets.
///
/// # Panics
///
/// If the threads cannot be started.
#[must_use]
pub fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// A door that answers each call with its number, from 1.
#[derive(Debug, Clone, Default)]
pub struct CountingDoor {
    calls: u64,
}

#[async_trait]
impl Door for CountingDoor {
    async fn call(&mut self, _: DoorCall<'_>) -> Result<Value, DoorError> {
        self.calls += 1;
        Ok(self.calls.into())
    }
}
