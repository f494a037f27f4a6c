//! Checks of an installation, by running guests.

use hyperspace_core::{FileSet, RelPath};
use hyperspace_eval::Evaluator;
use hyperspace_sandbox::harden::{Hardening, hardening};
use hyperspace_sandbox::{Job, Limits, Mount, Report, RuntimeName};
use serde::Serialize;

use crate::engine::Engine;
use crate::error::{ErrorClass, ServiceError};

/// Checks of an installation: the document of `doctor --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DoctorView {
    /// True if every check passed.
    pub passed: bool,
    /// The version of this build.
    pub version: &'static str,
    /// The checks.
    pub checks: Vec<CheckView>,
    /// The measures in force in this process.
    pub hardening: Hardening,
}

/// A check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CheckView {
    /// Its name.
    pub check: &'static str,
    /// True if it passed.
    pub passed: bool,
    /// The observed result.
    pub seen: String,
}

impl DoctorView {
    /// Returns the class of the result: `Internal` if a check failed.
    #[must_use]
    pub fn failure(&self) -> Option<ErrorClass> {
        (!self.passed).then_some(ErrorClass::Internal)
    }
}

impl Engine {
    /// Checks the installation by running guests.
    ///
    /// # Errors
    ///
    /// Class `Internal` when the interpreter cannot be prepared.
    pub async fn doctor(&self) -> Result<DoctorView, ServiceError> {
        let watch = self.environment().stopwatch();
        let evaluator = self.prepared(RuntimeName::default(), 0).await?;
        let runtime = evaluator.sandbox().runtime_digest();
        let seen = match watch.millis() {
            Some(millis) => format!("{millis} ms, runtime {runtime}"),
            None => format!("runtime {runtime}"),
        };
        let mut checks = vec![CheckView { check: "interpreter loads", passed: true, seen }, artifacts()];
        checks.extend(guests(&evaluator).await?);
        let passed = checks.iter().all(|check| check.passed);
        Ok(DoctorView { passed, version: env!("CARGO_PKG_VERSION"), checks, hardening: hardening() })
    }

    /// As [`Engine::doctor`], on the threads of the engine.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), hyperspace_service::ServiceError> {
    /// # let engine = hyperspace_service::Engine::builder().build()?;
    /// assert!(engine.doctor_blocking()?.passed);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Engine::doctor`], and [`ServiceError::Threads`].
    ///
    /// # Panics
    ///
    /// When called inside a tokio runtime.
    pub fn doctor_blocking(&self) -> Result<DoctorView, ServiceError> {
        self.block_on(self.doctor())?
    }
}

/// Checks that the interpreter in this program matches its manifest.
fn artifacts() -> CheckView {
    let manifest: serde_json::Value = serde_json::from_str(hyperspace_python::manifest()).unwrap_or_default();
    let text = manifest.to_string();
    let (module, library) = (hyperspace_python::module_digest(), hyperspace_python::stdlib_digest());
    let passed = text.contains(module) && text.contains(library);
    CheckView { check: "interpreter is that of its manifest", passed, seen: format!("module {module}") }
}

async fn guests(evaluator: &Evaluator) -> Result<Vec<CheckView>, ServiceError> {
    let hello = guest(evaluator, "import sys; print(sys.version.split()[0])").await?;
    let again = guest(evaluator, "import sys; print(sys.version.split()[0])").await?;
    let looped = guest(evaluator, "while True: pass").await?;
    let outside = guest(evaluator, "open('/etc/passwd')").await?;
    let sdk = guest(evaluator, "import hyperspace; print('sdk')").await?;
    let text = |report: &Report| String::from_utf8_lossy(&report.stdout).trim().to_owned();
    Ok(vec![
        CheckView {
            check: "a guest runs",
            passed: hello.outcome.is_completed(),
            seen: format!("Python {}", text(&hello)),
        },
        CheckView {
            check: "a run repeats bit for bit",
            passed: hello == again,
            seen: format!("{} fuel", hello.fuel_used),
        },
        CheckView {
            check: "an endless loop ends with its fuel",
            passed: looped.outcome.name() == "out-of-fuel",
            seen: looped.outcome.name().to_owned(),
        },
        CheckView {
            check: "host files are out of reach",
            passed: outside.outcome.name() == "exception",
            seen: String::from_utf8_lossy(&outside.stderr).lines().last().unwrap_or_default().to_owned(),
        },
        CheckView {
            check: "the SDK imports",
            passed: text(&sdk) == "sdk",
            seen: sdk.outcome.name().to_owned(),
        },
    ])
}

async fn guest(evaluator: &Evaluator, source: &str) -> Result<Report, ServiceError> {
    let sdk: FileSet = evaluator.sdk().clone();
    let job = Job::source("doctor.py", source)
        .limits(Limits::default().with_fuel(500_000_000))
        .mount(Mount::read_only(RelPath::new("sdk")?, sdk))
        .python_path("/sdk");
    Ok(evaluator.sandbox().run(job).await?)
}
