//! The settings of a sandbox.

use std::path::PathBuf;

use crate::error::SandboxError;
use crate::runtime::Runtime;

/// Maximum number of nested runs at the same time.
const NESTED_MAX: u32 = 64;

/// The settings of a sandbox. Besides the runtime, none of them changes what a run computes.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SandboxConfig {
    /// The interpreter. Default [`Runtime::cpython`].
    pub runtime: Runtime,
    /// The folder, with mode 0700, for compiled interpreters, their initial memories and their libraries. Default `None`: compile at
    /// every start (about 10 seconds).
    pub cache_dir: Option<PathBuf>,
    /// Limits the runs at the same time; further runs wait. Default 8.
    pub instances_max: u32,
    /// Limits the runs that compute at the same time; runs that wait for an answer of their door do not count. Default `None`: all may.
    pub computing_max: Option<u32>,
    /// The largest `memory_bytes` that a job may ask for. Default 1 GiB.
    pub memory_bytes_max: usize,
    /// Keep instances after a run, and reset them to the state that the next run starts from. Default true; without it, every run gets a
    /// new instance. Has no effect where the kernel does not report the pages that a run changed.
    pub reuse: bool,
    /// Compare all memory of an instance with the expected content before every run, and panic if it differs. Slow; for tests. Default
    /// false.
    pub verify: bool,
    /// Maximum number of templates whose state is kept at the same time; the least recently used is evicted first. Default 64.
    pub templates_max: usize,
    /// Maximum total size of all kept states in bytes. Default 256 MiB.
    pub template_bytes_max: usize,
}

impl Default for SandboxConfig {
    fn default() -> Self {
        Self {
            runtime: Runtime::cpython(),
            cache_dir: None,
            instances_max: 8,
            computing_max: None,
            memory_bytes_max: 1 << 30,
            reuse: true,
            verify: false,
            templates_max: 64,
            template_bytes_max: 256 << 20,
        }
    }
}

impl SandboxConfig {
    /// Sets the interpreter; see [`SandboxConfig::runtime`].
    #[must_use]
    pub fn with_runtime(mut self, runtime: Runtime) -> Self {
        self.runtime = runtime;
        self
    }

    /// Sets the cache folder; see [`SandboxConfig::cache_dir`].
    #[must_use]
    pub fn with_cache_dir(mut self, cache_dir: impl Into<Option<PathBuf>>) -> Self {
        self.cache_dir = cache_dir.into();
        self
    }

    /// Sets the number of runs at the same time; see [`SandboxConfig::instances_max`].
    #[must_use]
    pub fn with_instances_max(mut self, instances_max: u32) -> Self {
        self.instances_max = instances_max;
        self
    }

    /// Sets the number of runs that compute at the same time; see [`SandboxConfig::computing_max`].
    #[must_use]
    pub fn with_computing_max(mut self, computing_max: impl Into<Option<u32>>) -> Self {
        self.computing_max = computing_max.into();
        self
    }

    /// Sets the largest memory of a job in bytes; see [`SandboxConfig::memory_bytes_max`].
    #[must_use]
    pub fn with_memory_bytes_max(mut self, memory_bytes_max: usize) -> Self {
        self.memory_bytes_max = memory_bytes_max;
        self
    }

    /// Sets whether instances are reused; see [`SandboxConfig::reuse`].
    #[must_use]
    pub fn with_reuse(mut self, reuse: bool) -> Self {
        self.reuse = reuse;
        self
    }

    /// Sets whether all memory is compared before every run; see [`SandboxConfig::verify`].
    #[must_use]
    pub fn with_verify(mut self, verify: bool) -> Self {
        self.verify = verify;
        self
    }

    /// Sets the number of templates whose state is kept; see [`SandboxConfig::templates_max`].
    #[must_use]
    pub fn with_templates_max(mut self, templates_max: usize) -> Self {
        self.templates_max = templates_max;
        self
    }

    /// Sets the maximum total size of all kept states in bytes; see [`SandboxConfig::template_bytes_max`].
    #[must_use]
    pub fn with_template_bytes_max(mut self, template_bytes_max: usize) -> Self {
        self.template_bytes_max = template_bytes_max;
        self
    }

    /// Checks every setting against its range.
    pub(crate) fn validate(&self) -> Result<(), SandboxError> {
        let bad = |field, why: &str| Err(SandboxError::Config { field, why: why.to_owned() });
        if !(1..=10_000).contains(&self.instances_max) {
            return bad("instances_max", "must be between 1 and 10000");
        }
        if self.computing_max == Some(0) {
            return bad("computing_max", "must be at least 1");
        }
        if !((64 << 20)..=(4 << 30)).contains(&self.memory_bytes_max) {
            return bad("memory_bytes_max", "must be between 64 MiB and 4 GiB");
        }
        Ok(())
    }

    /// Returns the maximum number of nested runs at the same time.
    pub(crate) fn nested_max(&self) -> u32 {
        self.instances_max.min(NESTED_MAX)
    }

    /// Returns the maximum number of runs at the same time, nested ones included.
    pub(crate) fn instances_in_all(&self) -> u32 {
        self.instances_max.saturating_add(self.nested_max())
    }
}
