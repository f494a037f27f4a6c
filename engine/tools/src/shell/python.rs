//! The program `python3`, which runs in the sandbox.

use std::sync::Arc;
use std::time::Duration;

use bashkit::{Builtin, BuiltinContext, ExecResult, Result};
use hyperspace_sandbox::{Job, Limits, Outcome, Report, Sandbox, SandboxError, async_trait};

use super::context::ShellContext;
use super::error::ShellError;
use crate::limits::PYTHON_FUEL;

/// Options of `python3` that have no effect here.
const IGNORED_OPTIONS: [&str; 10] = ["-B", "-E", "-I", "-O", "-OO", "-P", "-S", "-q", "-s", "-u"];
/// The folder of the guest's packages.
const SDK: &str = "/sdk";

pub(super) struct Python {
    /// `None` if there is no interpreter, as in the fuzz targets.
    sandbox: Option<Sandbox>,
    context: Arc<ShellContext>,
}

/// The program that a command line names.
#[derive(Debug, PartialEq, Eq)]
enum PythonSource<'a> {
    Version,
    Nothing,
    Source(&'a str),
    Module(&'a str),
    File(&'a str),
    Input,
}

/// Parses a command line into the program and its arguments.
fn parse_arguments(arguments: &[String]) -> std::result::Result<(PythonSource<'_>, &[String]), String> {
    let mut rest = arguments;
    while let [option, after @ ..] = rest {
        match option.as_str() {
            "-V" | "--version" => return Ok((PythonSource::Version, after)),
            "-c" | "-m" => {
                let [value, more @ ..] = after else {
                    return Err(format!("Argument expected for the {option} option"));
                };
                let wanted =
                    if option == "-c" { PythonSource::Source(value) } else { PythonSource::Module(value) };
                return Ok((wanted, more));
            }
            "-" => return Ok((PythonSource::Input, after)),
            "-W" | "-X" if !after.is_empty() => rest = &after[1..],
            "--" => {
                rest = after;
                break;
            }
            name if IGNORED_OPTIONS.contains(&name) => rest = after,
            name if name.starts_with('-') => return Err(format!("unknown option {name}")),
            _ => break,
        }
    }
    match rest {
        [file, after @ ..] => Ok((PythonSource::File(file), after)),
        [] => Ok((PythonSource::Nothing, rest)),
    }
}

/// Returns the absolute folder of a file.
fn folder_of(cwd: &str, file: &str) -> String {
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    match (file.starts_with('/'), folder) {
        (true, "") => "/".to_owned(),
        (true, folder) => folder.to_owned(),
        (false, "") => cwd.to_owned(),
        (false, folder) => format!("{}/{folder}", cwd.trim_end_matches('/')),
    }
}

impl Python {
    pub(super) fn new(sandbox: Option<Sandbox>, context: Arc<ShellContext>) -> Self {
        Self { sandbox, context }
    }

    /// Runs the job on a thread with a real clock: the clock of this thread advances to the next timer whenever it waits.
    fn run(&self, sandbox: &Sandbox, job: Job) -> std::result::Result<Report, SandboxError> {
        let lost = |why: &str| SandboxError::Lost(why.to_owned());
        let files = self.context.files().ok_or_else(|| lost("the files are gone"))?;
        std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_time()
                    .build()
                    .map_err(|error| SandboxError::Lost(error.to_string()))?;
                runtime.block_on(sandbox.run_nested(&files, job))
            });
            thread.join().map_err(|_| lost("the thread of python3 panicked"))?
        })
    }

    // T-SH-41, T-SH-43.
    fn job(&self, ctx: &BuiltinContext<'_>, source: &PythonSource<'_>, arguments: &[String]) -> Job {
        let cwd = ctx.cwd.to_string_lossy().into_owned();
        let stdin = ctx.stdin.map(|data| data.as_bytes().to_vec()).unwrap_or_default();
        let (job, first, stdin) = match source {
            PythonSource::File(file) => (Job::file(file), folder_of(&cwd, file), stdin),
            PythonSource::Module(module) => {
                let source = "import runpy, sys\nrunpy.run_module(sys.argv.pop(1), run_name='__main__', alter_sys=True)\n";
                (Job::source("-m", source).args([*module]), cwd.clone(), stdin)
            }
            PythonSource::Source(source) => (Job::source("-c", source), cwd.clone(), stdin),
            _ => (Job::source("-", &String::from_utf8_lossy(&stdin)), cwd.clone(), Vec::new()),
        };
        let named =
            |name: &str| !name.is_empty() && !name.starts_with("_TTY_") && !name.contains(['=', '\0']);
        let env: std::collections::BTreeMap<_, _> =
            ctx.env.iter().filter(|(name, value)| named(name) && !value.contains('\0')).collect();
        let job = env.into_iter().fold(job, |job, (name, value)| job.env(name, value));
        job.args(arguments.iter().cloned())
            .stdin(stdin)
            .seed(self.context.random_u64())
            .current_folder(&cwd)
            .python_path(&first)
            .python_path(SDK)
            .limits(Limits::default().with_fuel(PYTHON_FUEL))
    }
}

#[async_trait]
impl Builtin for Python {
    async fn execute(&self, ctx: BuiltinContext<'_>) -> Result<ExecResult> {
        let (source, arguments) = match parse_arguments(ctx.args) {
            Ok((PythonSource::Version, _)) => return Ok(ExecResult::ok("Python 3.13.5\n")),
            Ok((PythonSource::Nothing, _)) if ctx.stdin.is_none() => return Ok(ExecResult::ok("")),
            Ok(parsed) => parsed,
            Err(why) => return Ok(ExecResult::err(format!("python3: {why}\n"), 2)),
        };
        let Some(sandbox) = &self.sandbox else {
            return Ok(ExecResult::err("python3: there is none here\n", 127));
        };
        let job = self.job(&ctx, &source, arguments);
        let report = match self.run(sandbox, job) {
            Ok(report) => report,
            Err(SandboxError::Job(error)) => return Ok(ExecResult::err(format!("python3: {error}\n"), 2)),
            Err(error) => {
                self.context.fail(error.into());
                return Ok(ExecResult::err("python3: failed\n", 1));
            }
        };
        if report.outcome == Outcome::WallClock {
            self.context.fail(ShellError::WallClock);
        }
        self.context.charge_python(report.fuel_used);
        // The guest's virtual time passes in the shell, too.
        tokio::time::advance(Duration::from_nanos(report.virtual_ns)).await;
        let (code, why) = match &report.outcome {
            Outcome::Completed => (0, None),
            Outcome::Exception { .. } => (1, None),
            Outcome::Exit { code } => (i32::try_from(*code).unwrap_or(1), None),
            other => (137, Some(format!("python3: stopped: {}\n", other.name()))),
        };
        let mut result = ExecResult::ok(report.stdout);
        let mut stderr = report.stderr;
        if stderr.is_empty()
            && let Some(traceback) = &report.traceback
        {
            stderr.extend_from_slice(traceback.as_bytes());
        }
        stderr.extend_from_slice(why.unwrap_or_default().as_bytes());
        result.stderr = stderr.into();
        result.exit_code = code;
        Ok(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_lines_are_parse_arguments() {
        let owned = |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
        let check = |text: &str, wanted: PythonSource<'_>, after: usize| {
            let arguments = owned(text);
            let (found, rest) = parse_arguments(&arguments).unwrap();
            assert_eq!((found, rest.len()), (wanted, after), "{text}");
        };
        check("", PythonSource::Nothing, 0);
        check("-V", PythonSource::Version, 0);
        check("-u -X dev a.py -c x", PythonSource::File("a.py"), 2);
        check("-c print(1) a", PythonSource::Source("print(1)"), 1);
        check("-m unittest -v", PythonSource::Module("unittest"), 1);
        check("- a", PythonSource::Input, 1);
        assert!(parse_arguments(&owned("-c")).is_err());
        assert!(parse_arguments(&owned("--nonsense")).is_err());
    }

    #[test]
    fn the_folder_of_a_script_comes_first() {
        for (file, folder) in
            [("a.py", "/repo"), ("lib/a.py", "/repo/lib"), ("/tmp/a.py", "/tmp"), ("/a.py", "/")]
        {
            assert_eq!(folder_of("/repo", file), folder);
        }
    }
}
