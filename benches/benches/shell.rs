//! The shell of meta agents: a simple command, and a session of forty commands, against the same forty in processes of the machine's
//! own shell, one for each command, as an agent without a sandbox would start them.

use std::path::Path;
use std::process::Command;

use hyperspace_benches::{BenchError, heading, measure, median, only_checked, sandbox};
use hyperspace_sandbox::{FileSet, Files, Limits, Mount, RelPath, Sandbox};
use hyperspace_testkit::file_set;
use hyperspace_tools::{Shell, ShellConfig};
use tokio::runtime::Runtime;

const ROUNDS: usize = 21;
/// Repetitions of a simple command.
const REPEATED: usize = 100;
const SEPARATOR: &str = "\n%%\n";
/// Commands of models, separated by lines of `%%`.
const SESSIONS: [&str; 2] = [
    include_str!("../../engine/tools/tests/corpus/01-look.sh"),
    include_str!("../../engine/tools/tests/corpus/02-search.sh"),
];

/// Returns forty commands that look at an agent.
fn forty() -> Vec<String> {
    let commands = SESSIONS.iter().flat_map(|text| text.trim_end().split(SEPARATOR));
    commands.filter(|command| !command.contains("python")).take(40).map(str::to_owned).collect()
}

fn tree() -> FileSet {
    file_set(&[
        ("task_agent.py", include_str!("../../engine/tools/tests/corpus/tree/task_agent.py")),
        ("meta_agent.py", include_str!("../../engine/tools/tests/corpus/tree/meta_agent.py")),
        ("lib/util.py", include_str!("../../engine/tools/tests/corpus/tree/lib/util.py")),
        ("lib/notes.md", include_str!("../../engine/tools/tests/corpus/tree/lib/notes.md")),
        ("lib/data.csv", include_str!("../../engine/tools/tests/corpus/tree/lib/data.csv")),
    ])
}

/// Runs commands in a new shell on new files.
fn session(runtime: &Runtime, sandbox: &Sandbox, commands: &[String]) -> Result<(), BenchError> {
    let at = |path: &str| RelPath::new(path).map_err(BenchError::engine);
    let mounts = vec![Mount::read_write(at("repo")?, tree()), Mount::scratch(at("tmp")?)];
    let files = Files::new(mounts, &Limits::default().with_fuel(1 << 40)).map_err(BenchError::engine)?;
    let mut shell = Shell::new(sandbox.clone(), ShellConfig::new("/repo", 7));
    for command in commands {
        runtime.block_on(shell.run(&files, command)).map_err(BenchError::engine)?;
    }
    Ok(())
}

/// Runs commands in processes, one each.
fn processes(folder: &Path, commands: &[String]) -> Result<(), BenchError> {
    for command in commands {
        Command::new("bash")
            .args(["-c", command])
            .current_dir(folder)
            .output()
            .map_err(BenchError::engine)?;
    }
    Ok(())
}

fn report(
    name: &str,
    count: usize,
    mut work: impl FnMut() -> Result<(), BenchError>,
) -> Result<(), BenchError> {
    work()?;
    let (mut walls, mut cpus) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let ((), spent) = measure(&mut work)?;
        walls.push(spent.wall);
        cpus.push(spent.cpu);
    }
    let each = |total: std::time::Duration| total.as_secs_f64() * 1e6 / count as f64;
    println!("{name}: {:.0} µs per command, {:.0} µs of CPU time", each(median(walls)), each(median(cpus)));
    Ok(())
}

fn main() -> Result<(), BenchError> {
    if only_checked() {
        return Ok(());
    }
    println!("{}", heading("shell"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.map_err(BenchError::engine)?;
    let sandbox = sandbox(4)?;
    let simple = vec!["echo hello".to_owned(); REPEATED];
    report("start and one command", 1, || session(&runtime, &sandbox, &simple[..1]))?;
    report("simple command", REPEATED, || session(&runtime, &sandbox, &simple))?;
    let forty = forty();
    report("forty commands", forty.len(), || session(&runtime, &sandbox, &forty))?;
    let folder = tempfile::tempdir().map_err(BenchError::engine)?;
    for (path, content) in tree().iter() {
        let path = folder.path().join(path.as_str());
        path.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(BenchError::engine)?;
        std::fs::write(path, content).map_err(BenchError::engine)?;
    }
    report("forty commands in processes", forty.len(), || processes(folder.path(), &forty))
}
