//! Commands that models write, with the answers that they get.
//!
//! `corpus/*.sh` are sessions: commands of one shell, separated by lines of `%%`, on the files of `corpus/tree`. `corpus/*.out` are
//! the answers, one after the other. `HYPERSPACE_CORPUS=record` writes them anew.

use std::path::{Path, PathBuf};

use crate::common::{at, mounts, sandbox};
use hyperspace_core::FileSet;
use hyperspace_sandbox::{Job, Limits, Mount, Outcome};
use hyperspace_tools::{OPERATIONS, ShellConfig, ToolDoor, ToolRules};
use serde_json::{Value, json};

/// Runs commands in one shell, as an agent does.
const DRIVER: &str = "
import hyperspace.tools

def run(commands):
    return [hyperspace.tools.bash(command) for command in commands]
";
const SEPARATOR: &str = "\n%%\n";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

/// Returns the files below a folder of the host.
fn tree(folder: &Path) -> FileSet {
    let (mut open, mut files) = (vec![folder.to_owned()], FileSet::new());
    while let Some(at_folder) = open.pop() {
        for entry in std::fs::read_dir(&at_folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                files.insert(at(&name), std::fs::read(&path).unwrap()).unwrap();
            }
        }
    }
    files
}

/// Returns the answers to commands of one shell.
fn answers(commands: &[&str]) -> Vec<String> {
    answers_of(commands, ToolRules::default())
}

/// Returns the answers of a shell of these rules.
fn answers_of(commands: &[&str], rules: ToolRules) -> Vec<String> {
    let sandbox = sandbox();
    let door = ToolDoor::new(sandbox.clone(), ShellConfig::new("/repo", 7).rules(rules));
    let mut driver = FileSet::new();
    driver.insert(at("corpus_driver.py"), DRIVER.as_bytes()).unwrap();
    let job = mounts(tree(&folder().join("tree")))
        .into_iter()
        .fold(Job::call("corpus_driver", "run", vec![json!(commands)]), Job::mount)
        .mount(Mount::read_only(at("driver"), driver))
        .door(&OPERATIONS, door)
        .python_path("/driver")
        .python_path("/sdk")
        .limits(Limits::default().with_fuel(1_000_000_000_000).with_result_bytes(16 << 20));
    let report = sandbox.run_blocking(job).unwrap();
    assert_eq!(report.outcome, Outcome::Completed, "{:?}", report.traceback);
    let answers = report.result.unwrap();
    answers.as_array().unwrap().iter().map(|answer| Value::as_str(answer).unwrap().to_owned()).collect()
}

fn commands(session: &str) -> Vec<&str> {
    session.trim_end_matches('\n').split(SEPARATOR).collect()
}

/// Returns the sessions: name and text.
fn sessions() -> Vec<(String, String)> {
    let files = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut scripts: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|extension| extension == "sh")).collect();
    scripts.sort();
    let named = scripts.into_iter().map(|path| {
        (path.file_stem().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(&path).unwrap())
    });
    named.collect()
}

#[test]
fn commands_of_models_are_answered_as_recorded() {
    #[expect(
        clippy::disallowed_methods,
        reason = "whether answers are recorded is the choice of who starts it"
    )]
    let record = std::env::var("HYPERSPACE_CORPUS").is_ok_and(|value| value == "record");
    let (mut count, mut wrong) = (0, Vec::new());
    for (name, session) in sessions() {
        let commands = commands(&session);
        let found = answers(&commands);
        let path = folder().join(format!("{name}.out"));
        if record {
            std::fs::write(&path, found.join(SEPARATOR) + "\n").unwrap();
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let recorded: Vec<&str> = text.strip_suffix('\n').unwrap().split(SEPARATOR).collect();
        assert_eq!(recorded.len(), commands.len(), "{name}: answers are missing");
        for ((command, found), recorded) in commands.iter().zip(&found).zip(recorded) {
            count += 1;
            if found != recorded {
                wrong.push(format!("{name}: $ {command}\n--- recorded\n{recorded}\n--- found\n{found}\n"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count} answers differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= 380, "the corpus has only {count} commands");
}

#[test]
fn compilers_check_code_and_leave_no_byte_code_in_the_tree() {
    let commands = [
        "python3 -m py_compile task_agent.py; echo rc=$?",
        "python3 -m compileall -q . && echo fine",
        "echo 'def f(:' > lib/bad.py; python3 -m py_compile lib/bad.py >/dev/null 2>&1; echo rc=$?",
        "python3 -m py_compile lib/bad.py 2>&1 | grep -c SyntaxError",
        "find . -name '*.pyc' -o -name '__pycache__'",
    ];
    let answers = answers(&commands);
    let trimmed: Vec<&str> = answers.iter().map(|answer| answer.trim()).collect();
    assert_eq!(trimmed, ["rc=0", "fine", "rc=1", "1", "(no output)"]);
}

#[test]
fn a_shell_of_earlier_rules_answers_as_it_did() {
    let answers = answers_of(&["python3 -m py_compile task_agent.py; echo rc=$?"], ToolRules::Second);
    assert_eq!(answers[0].trim(), "[Errno 2] Permission denied: '__pycache__'rc=1");
}
