//! Programs that the shell has from us: `python3`, in the sandbox, and `mktemp`, from the shell's own randomness.

use std::sync::Arc;
use std::time::Duration;

use bashkit::{Builtin, BuiltinContext, ExecResult, Result};
use hyperspace_sandbox::{Job, Limits, Outcome, Report, Sandbox, SandboxError, async_trait};

use super::ShellError;
use super::place::Place;
use crate::limits::PYTHON_FUEL;

/// Options of `python3` that change nothing here.
const WITHOUT_MEANING: [&str; 10] = ["-B", "-E", "-I", "-O", "-OO", "-P", "-S", "-q", "-s", "-u"];
/// Where the guest's packages are.
const SDK: &str = "/sdk";

pub(super) struct Python {
    /// `None`: there is no interpreter, as in the fuzz targets.
    sandbox: Option<Sandbox>,
    place: Arc<Place>,
}

/// What a command line asks for.
#[derive(Debug, PartialEq, Eq)]
enum Wanted<'a> {
    Version,
    Nothing,
    Source(&'a str),
    Module(&'a str),
    File(&'a str),
    Input,
}

/// Reads a command line: what is wanted, and the arguments after it.
fn understood(arguments: &[String]) -> std::result::Result<(Wanted<'_>, &[String]), String> {
    let mut rest = arguments;
    while let [option, after @ ..] = rest {
        match option.as_str() {
            "-V" | "--version" => return Ok((Wanted::Version, after)),
            "-c" | "-m" => {
                let [value, more @ ..] = after else {
                    return Err(format!("Argument expected for the {option} option"));
                };
                let wanted = if option == "-c" { Wanted::Source(value) } else { Wanted::Module(value) };
                return Ok((wanted, more));
            }
            "-" => return Ok((Wanted::Input, after)),
            "-W" | "-X" if !after.is_empty() => rest = &after[1..],
            "--" => {
                rest = after;
                break;
            }
            name if WITHOUT_MEANING.contains(&name) => rest = after,
            name if name.starts_with('-') => return Err(format!("unknown option {name}")),
            _ => break,
        }
    }
    match rest {
        [file, after @ ..] => Ok((Wanted::File(file), after)),
        [] => Ok((Wanted::Nothing, rest)),
    }
}

/// The folder of a file, absolute.
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
    pub(super) fn new(sandbox: Option<Sandbox>, place: Arc<Place>) -> Self {
        Self { sandbox, place }
    }

    /// Runs the job on a thread with a real clock: this thread's clock goes to the next timer whenever it waits.
    fn run(&self, sandbox: &Sandbox, job: Job) -> std::result::Result<Report, SandboxError> {
        let lost = |why: &str| SandboxError::Lost(why.to_owned());
        let files = self.place.files().ok_or_else(|| lost("the files are gone"))?;
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
    fn job(&self, ctx: &BuiltinContext<'_>, wanted: &Wanted<'_>, arguments: &[String]) -> Job {
        let cwd = ctx.cwd.to_string_lossy().into_owned();
        let stdin = ctx.stdin.map(|data| data.as_bytes().to_vec()).unwrap_or_default();
        let (job, first, stdin) = match wanted {
            Wanted::File(file) => (Job::file(file), folder_of(&cwd, file), stdin),
            Wanted::Module(module) => {
                let source = "import runpy, sys\nrunpy.run_module(sys.argv.pop(1), run_name='__main__', alter_sys=True)\n";
                (Job::source("-m", source).args([*module]), cwd.clone(), stdin)
            }
            Wanted::Source(source) => (Job::source("-c", source), cwd.clone(), stdin),
            _ => (Job::source("-", &String::from_utf8_lossy(&stdin)), cwd.clone(), Vec::new()),
        };
        let named =
            |name: &str| !name.is_empty() && !name.starts_with("_TTY_") && !name.contains(['=', '\0']);
        let env: std::collections::BTreeMap<_, _> =
            ctx.env.iter().filter(|(name, value)| named(name) && !value.contains('\0')).collect();
        let job = env.into_iter().fold(job, |job, (name, value)| job.env(name, value));
        job.args(arguments.iter().cloned())
            .stdin(stdin)
            .seed(self.place.random_u64())
            .current_folder(&cwd)
            .python_path(&first)
            .python_path(SDK)
            .limits(Limits::default().with_fuel(PYTHON_FUEL))
    }
}

#[async_trait]
impl Builtin for Python {
    async fn execute(&self, ctx: BuiltinContext<'_>) -> Result<ExecResult> {
        let (wanted, arguments) = match understood(ctx.args) {
            Ok((Wanted::Version, _)) => return Ok(ExecResult::ok("Python 3.13.5\n")),
            Ok((Wanted::Nothing, _)) if ctx.stdin.is_none() => return Ok(ExecResult::ok("")),
            Ok(understood) => understood,
            Err(why) => return Ok(ExecResult::err(format!("python3: {why}\n"), 2)),
        };
        let Some(sandbox) = &self.sandbox else {
            return Ok(ExecResult::err("python3: there is none here\n", 127));
        };
        let job = self.job(&ctx, &wanted, arguments);
        let report = match self.run(sandbox, job) {
            Ok(report) => report,
            Err(SandboxError::Job(error)) => return Ok(ExecResult::err(format!("python3: {error}\n"), 2)),
            Err(error) => {
                self.place.fail(error.into());
                return Ok(ExecResult::err("python3: failed\n", 1));
            }
        };
        if report.outcome == Outcome::WallClock {
            self.place.fail(ShellError::WallClock);
        }
        self.place.charge_python(report.fuel_used);
        // The time that it took passes in the shell, too.
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

pub(super) struct Mktemp {
    place: Arc<Place>,
}

impl Mktemp {
    pub(super) fn new(place: Arc<Place>) -> Self {
        Self { place }
    }

    fn letters(&self, count: usize) -> String {
        const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let bytes = self.place.random_bytes(count);
        bytes.iter().map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])).collect()
    }
}

#[async_trait]
impl Builtin for Mktemp {
    /// `mktemp [-d] [-u] [-q] [-t] [-p DIR] [TEMPLATE]`.
    async fn execute(&self, ctx: BuiltinContext<'_>) -> Result<ExecResult> {
        let (mut folder, mut dry, mut parent, mut template) = (false, false, None, None);
        let mut arguments = ctx.args.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "-d" | "--directory" => folder = true,
                "-u" | "--dry-run" => dry = true,
                "-q" | "--quiet" | "--tmpdir" => {}
                "-t" => parent = Some("/tmp".to_owned()),
                "-p" => parent = arguments.next().cloned(),
                text if text.starts_with("--tmpdir=") => {
                    parent = text.split_once('=').map(|(_, dir)| dir.to_owned())
                }
                text if text.starts_with('-') => {
                    return Ok(ExecResult::err(format!("mktemp: unknown option {text}\n"), 1));
                }
                text => template = Some(text.to_owned()),
            }
        }
        let cwd = ctx.cwd.to_string_lossy().into_owned();
        let parent = parent.unwrap_or_else(|| if template.is_some() { cwd } else { "/tmp".to_owned() });
        let template = template.unwrap_or_else(|| "tmp.XXXXXXXXXX".to_owned());
        let end = template.rfind("XXX").map(|at| at + 3);
        let Some(end) = end else {
            return Ok(ExecResult::err(format!("mktemp: too few X's in template '{template}'\n"), 1));
        };
        let start = template[..end].trim_end_matches('X').len();
        let name = format!("{}{}{}", &template[..start], self.letters(end - start), &template[end..]);
        let path =
            if name.starts_with('/') { name } else { format!("{}/{name}", parent.trim_end_matches('/')) };
        let made = match (self.place.files(), dry) {
            (_, true) => Ok(()),
            (Some(files), false) if folder => files.create_folder(&path),
            (Some(files), false) => files.write(&path, b""),
            (None, false) => Err(hyperspace_sandbox::FileError::Gone),
        };
        Ok(match made {
            Ok(()) => ExecResult::ok(format!("{path}\n")),
            Err(error) => ExecResult::err(format!("mktemp: failed to create '{path}': {error}\n"), 1),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_lines_are_understood() {
        let owned = |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
        let check = |text: &str, wanted: Wanted<'_>, after: usize| {
            let arguments = owned(text);
            let (found, rest) = understood(&arguments).unwrap();
            assert_eq!((found, rest.len()), (wanted, after), "{text}");
        };
        check("", Wanted::Nothing, 0);
        check("-V", Wanted::Version, 0);
        check("-u -X dev a.py -c x", Wanted::File("a.py"), 2);
        check("-c print(1) a", Wanted::Source("print(1)"), 1);
        check("-m unittest -v", Wanted::Module("unittest"), 1);
        check("- a", Wanted::Input, 1);
        assert!(understood(&owned("-c")).is_err());
        assert!(understood(&owned("--nonsense")).is_err());
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
