//! The program `python3` of a shell: a guest beside it, on the same files.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyperspace_core::Mutex;
use hyperspace_guest::{OWN_AGENT_FILE, OWN_AGENT_FOLDER, SDK_FILES_FOLDER, SDK_FOLDER};
use hyperspace_sandbox::{
    Door, DoorCall, DoorError, Files, Job, Limits, Outcome, Report, Sandbox, SandboxError, async_trait,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::config::ShellConfig;
use crate::limits::PYTHON_INPUT_BYTES_MAX;
use crate::rules::ToolRules;

/// The operations of the door.
pub(super) const OPERATIONS: [&str; 2] = ["python.input", "python.run"];
/// The program of `python3 -m`.
const RUN_MODULE: &str =
    "import runpy, sys\nrunpy.run_module(sys.argv.pop(1), run_name='__main__', alter_sys=True)\n";

/// The same for modules that compile: byte code is not an edit, so it goes into a separate folder.
const COMPILE_MODULE: &str = "import runpy, sys\nsys.pycache_prefix = '/tmp/.pycache'\n\
    runpy.run_module(sys.argv.pop(1), run_name='__main__', alter_sys=True)\n";
/// The modules that compile.
const COMPILERS: [&str; 2] = ["py_compile", "compileall"];

/// The guest that pays for the current command.
#[derive(Debug, Clone)]
pub(super) struct Payer {
    /// Its files.
    pub(super) files: Files,
    /// Fuel available to the shell for the command.
    pub(super) budget: u64,
}

/// The payer of the current command, shared with the shell.
pub(super) type SharedPayer = Arc<Mutex<Option<Payer>>>;

/// A door that runs Python programs.
pub(super) struct PythonDoor {
    sandbox: Sandbox,
    payer: SharedPayer,
    rules: ToolRules,
    /// Limits of one program, without its fuel.
    limits: Limits,
    /// Fuel of one program that its command does not pay for.
    own_fuel: Option<u64>,
    /// Folders of modules that precede the SDK.
    python_path: Vec<String>,
    /// Standard input of the next program.
    input: Vec<u8>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InputRequest {
    bytes: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum PythonKind {
    File,
    Input,
    Module,
    Source,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PythonRequest {
    kind: PythonKind,
    text: String,
    arguments: Vec<String>,
    env: BTreeMap<String, String>,
    cwd: String,
    seed: u64,
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

/// Folders of modules that precede and follow that of the program.
struct ModulePath<'a> {
    before: Option<&'a str>,
    after: Vec<&'a str>,
}

impl<'a> ModulePath<'a> {
    /// Returns the path with folders in addition to the SDK; `layered` if the edited agent has modules of its own.
    fn new(folders: &'a [String], layered: bool) -> Self {
        let sdk = if layered { SDK_FILES_FOLDER } else { SDK_FOLDER };
        Self {
            before: layered.then_some(OWN_AGENT_FOLDER),
            after: folders.iter().map(String::as_str).chain([sdk]).collect(),
        }
    }
}

// T-SH-41, T-SH-43.
fn job(request: PythonRequest, input: Vec<u8>, limits: Limits, rules: ToolRules, path: &ModulePath) -> Job {
    let PythonRequest { kind, text, arguments, env, cwd, seed } = request;
    let (job, first, stdin) = match kind {
        PythonKind::File => (Job::file(&text), folder_of(&cwd, &text), input),
        PythonKind::Module => {
            let compiles = rules != ToolRules::Second && COMPILERS.contains(&text.as_str());
            let source = if compiles { COMPILE_MODULE } else { RUN_MODULE };
            (Job::source("-m", source).args([text]), cwd.clone(), input)
        }
        PythonKind::Source => (Job::source("-c", &text), cwd.clone(), input),
        PythonKind::Input => (Job::source("-", &String::from_utf8_lossy(&input)), cwd.clone(), Vec::new()),
    };
    let job = env.iter().fold(job, |job, (name, value)| job.env(name, value));
    let job = job.args(arguments).stdin(stdin).seed(seed).current_folder(&cwd).limits(limits);
    let folders = path.before.iter().copied().chain([first.as_str()]).chain(path.after.iter().copied());
    folders.fold(job, |job, folder| job.python_path(folder))
}

/// Returns the part of a report that the shell receives.
fn answer(report: Report) -> Value {
    let (code, why) = match &report.outcome {
        Outcome::Completed => (0, None),
        Outcome::Exception { .. } => (1, None),
        // A process has only the last byte of an exit code.
        Outcome::Exit { code } => (i32::try_from(code & 0xff).unwrap_or(1), None),
        other => (137, Some(format!("python3: stopped: {}\n", other.name()))),
    };
    let mut stderr = report.stderr;
    if stderr.is_empty()
        && let Some(traceback) = &report.traceback
    {
        stderr.extend_from_slice(traceback.as_bytes());
    }
    stderr.extend_from_slice(why.unwrap_or_default().as_bytes());
    json!({"code": code, "stdout": STANDARD.encode(report.stdout), "stderr": STANDARD.encode(stderr)})
}

impl PythonDoor {
    pub(super) fn new(sandbox: Sandbox, payer: SharedPayer, config: &ShellConfig) -> Self {
        let ShellConfig { rules, limits, python_path, .. } = config;
        Self {
            sandbox,
            payer,
            rules: *rules,
            limits: limits.of_python(),
            own_fuel: limits.python_fuel,
            python_path: python_path.clone(),
            input: Vec::new(),
        }
    }

    fn take_input(&mut self, params: &Value) -> Result<Value, DoorError> {
        let invalid = |why: String| DoorError::Invalid(why);
        let request = InputRequest::deserialize(params).map_err(|error| invalid(error.to_string()))?;
        let bytes = STANDARD.decode(request.bytes).map_err(|error| invalid(error.to_string()))?;
        if self.input.len() + bytes.len() > PYTHON_INPUT_BYTES_MAX {
            self.input = Vec::new();
            return Err(DoorError::Exhausted(format!(
                "the standard input has more than {PYTHON_INPUT_BYTES_MAX} bytes"
            )));
        }
        self.input.extend_from_slice(&bytes);
        Ok(Value::Null)
    }

    /// Runs a program on `files`, which are those of the shell.
    async fn run(&mut self, files: &Files, params: &Value) -> Result<Value, DoorError> {
        let input = std::mem::take(&mut self.input);
        let request =
            PythonRequest::deserialize(params).map_err(|error| DoorError::Invalid(error.to_string()))?;
        let payer = self.payer.lock().clone();
        let payer = payer.ok_or_else(|| DoorError::Abort("python3 runs outside of a command".to_owned()))?;
        // The shell's own fuel is charged when its command ends.
        let used = payer.budget.saturating_sub(files.fuel_left());
        let left = match self.own_fuel {
            Some(own) => own.min(payer.files.fuel_left().saturating_sub(used)),
            None => files.fuel_left(),
        };
        if left == 0 {
            return Err(DoorError::Exhausted("the fuel is spent".to_owned()));
        }
        let limits = self.limits.clone().with_fuel(left);
        // The modules of the edited agent come first for its programs, as they do for the agent itself.
        let path = ModulePath::new(&self.python_path, files.is_there(OWN_AGENT_FILE));
        let job = job(request, input, limits, self.rules, &path);
        let report = match self.sandbox.run_nested(files, job).await {
            Ok(report) => report,
            Err(SandboxError::Job(error)) => return Err(DoorError::Invalid(error.to_string())),
            Err(error) => return Err(DoorError::Abort(error.to_string())),
        };
        if report.outcome == Outcome::WallClock {
            return Err(DoorError::WallClock("python3 took too long".to_owned()));
        }
        if self.own_fuel.is_none() {
            files.charge(report.fuel_used);
        } else {
            payer.files.charge(report.fuel_used);
            // The payer's remaining fuel limits the shell, too.
            let left = payer.files.fuel_left().saturating_sub(used);
            files.charge(files.fuel_left().saturating_sub(left));
        }
        // The guest's virtual time also passes in the shell.
        files.pass_time(report.virtual_ns);
        Ok(answer(report))
    }
}

#[async_trait]
impl Door for PythonDoor {
    async fn call(&mut self, call: DoorCall<'_>) -> Result<Value, DoorError> {
        let DoorCall { operation, params, files, .. } = call;
        match operation {
            "python.input" => self.take_input(&params),
            "python.run" => self.run(files, &params).await,
            _ => Err(DoorError::Invalid(format!("there is no operation {operation:?}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_a_script_comes_first() {
        for (file, folder) in
            [("a.py", "/repo"), ("lib/a.py", "/repo/lib"), ("/tmp/a.py", "/tmp"), ("/a.py", "/")]
        {
            assert_eq!(folder_of("/repo", file), folder);
        }
    }
}
