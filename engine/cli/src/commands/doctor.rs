//! `doctor`.

use anyhow::Result;
use hyperspace_core::{FileSet, RelPath};
use hyperspace_eval::Evaluator;
use hyperspace_sandbox::{Job, Limits, Mount, Report};
use serde_json::json;

use super::Session;
use crate::ambient::Stopwatch;
use crate::exit::{INTERNAL, OK};
use crate::output;

/// One check: its name, whether it passed, and what was seen.
struct Check {
    name: &'static str,
    passed: bool,
    seen: String,
}

/// Checks the installation by running guests.
pub(crate) fn run(session: &Session) -> Result<u8> {
    let watch = Stopwatch::start();
    let evaluator = session.evaluator()?;
    let started = watch.millis();
    let mut checks = vec![Check {
        name: "interpreter loads",
        passed: true,
        seen: format!("{started} ms, runtime {}", evaluator.sandbox().runtime_digest()),
    }];
    checks.push(artifacts());
    checks.extend(guests(&evaluator)?);
    let passed = checks.iter().all(|check| check.passed);
    if session.common.json {
        let documents: Vec<_> = checks
            .iter()
            .map(|check| json!({"check": check.name, "passed": check.passed, "seen": check.seen}))
            .collect();
        output::json(&json!({"passed": passed, "version": env!("CARGO_PKG_VERSION"), "checks": documents}))?;
    } else {
        let rows = checks.iter().map(|check| {
            let mark = if check.passed { "ok" } else { "FAILED" };
            vec![mark.to_owned(), check.name.to_owned(), check.seen.clone()]
        });
        let head = ["", "check", "seen"].map(str::to_owned).to_vec();
        output::text(&output::table(&std::iter::once(head).chain(rows).collect::<Vec<_>>()))?;
    }
    Ok(if passed { OK } else { INTERNAL })
}

/// The interpreter in this program is the one of its manifest.
fn artifacts() -> Check {
    let manifest: serde_json::Value = serde_json::from_str(hyperspace_python::manifest()).unwrap_or_default();
    let text = manifest.to_string();
    let (module, library) = (hyperspace_python::module_digest(), hyperspace_python::stdlib_digest());
    let passed = text.contains(module) && text.contains(library);
    Check { name: "interpreter is that of its manifest", passed, seen: format!("module {module}") }
}

fn guests(evaluator: &Evaluator) -> Result<Vec<Check>> {
    let hello = guest(evaluator, "import sys; print(sys.version.split()[0])")?;
    let again = guest(evaluator, "import sys; print(sys.version.split()[0])")?;
    let looped = guest(evaluator, "while True: pass")?;
    let outside = guest(evaluator, "open('/etc/passwd')")?;
    let sdk = guest(evaluator, "import hyperspace; print('sdk')")?;
    let text = |report: &Report| String::from_utf8_lossy(&report.stdout).trim().to_owned();
    Ok(vec![
        Check {
            name: "a guest runs",
            passed: hello.outcome.is_completed(),
            seen: format!("Python {}", text(&hello)),
        },
        Check {
            name: "a run repeats bit for bit",
            passed: hello == again,
            seen: format!("{} fuel", hello.fuel_used),
        },
        Check {
            name: "an endless loop ends with its fuel",
            passed: looped.outcome.name() == "out-of-fuel",
            seen: looped.outcome.name().to_owned(),
        },
        Check {
            name: "host files are out of reach",
            passed: outside.outcome.name() == "exception",
            seen: String::from_utf8_lossy(&outside.stderr).lines().last().unwrap_or_default().to_owned(),
        },
        Check { name: "the SDK imports", passed: text(&sdk) == "sdk", seen: sdk.outcome.name().to_owned() },
    ])
}

fn guest(evaluator: &Evaluator, source: &str) -> Result<Report> {
    let sdk: FileSet = evaluator.sdk().clone();
    let job = Job::source("doctor.py", source)
        .limits(Limits::default().with_fuel(500_000_000))
        .mount(Mount::read_only(RelPath::new("sdk")?, sdk))
        .python_path("/sdk");
    Ok(evaluator.sandbox().run_blocking(job)?)
}
