//! The installed command: its first start, which compiles the interpreter, later starts, and a replay against the original run.
//! It measures the `hyperspace` of this build.

use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use hyperspace_benches::{
    BenchError, Promise, Spent, Work, heading, in_turns, measure, median, only_checked,
};
use wait4::Wait4;

const ROUNDS: usize = 5;
/// Starts of one turn.
const STARTS: u32 = 10;
const GENERATIONS: &str = "6";
/// Latency of a model call in the run with models.
const LATENCY_MS: u64 = 200;
/// Calls of a meta agent in a long conversation.
const CALLS: u32 = 20;

/// Returns the command of this build. Benchmarks are in its subfolder `deps`.
fn binary() -> Result<PathBuf, BenchError> {
    let own = std::env::current_exe().map_err(BenchError::engine)?;
    let binary = own.parent().and_then(Path::parent).map(|folder| folder.join("hyperspace"));
    let binary = binary.filter(|path| path.is_file());
    binary.ok_or_else(|| BenchError::engine("it is not built; run `cargo build --release --workspace` first"))
}

/// Runs the command, which must succeed, and returns its cost.
fn run(binary: &Path, folder: &Path, words: &[&str]) -> Result<Spent, BenchError> {
    let start = || -> Result<Duration, BenchError> {
        let mut command = Command::new(binary);
        command.args(words).arg("--cache-dir").arg(folder.join("cache")).current_dir(folder);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let ended = command.spawn().and_then(|child| child.wait4()).map_err(BenchError::engine)?;
        if ended.status.success() {
            Ok(ended.rusage.utime + ended.rusage.stime)
        } else {
            Err(BenchError::engine(format!("{words:?}: {}", ended.status)))
        }
    };
    let (there, here) = measure(start)?;
    Ok(Spent { wall: here.wall, cpu: there })
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn starts(binary: &Path, folder: &Path) -> Result<(), BenchError> {
    std::fs::write(folder.join("one.py"), "print(1)").map_err(BenchError::engine)?;
    let first = run(binary, folder, &["exec", "one.py"])?;
    let mut all = Vec::new();
    let mut works: Vec<Work<'_>> = vec![Box::new(|| {
        let spent: Result<Vec<Spent>, BenchError> =
            (0..STARTS).map(|_| run(binary, folder, &["exec", "one.py"])).collect();
        let spent = spent?;
        all.extend(spent.iter().map(|once| once.wall));
        let middle = |of: fn(&Spent) -> Duration| median(spent.iter().map(of).collect());
        Ok(Spent { wall: middle(|once| once.wall), cpu: middle(|once| once.cpu) })
    })];
    let later = in_turns(ROUNDS, &mut works)?[0];
    drop(works);
    println!("{}", heading("start: `exec` of print(1), from the start of the process to its end"));
    println!("first start {:>9.1} ms {:>9.1} ms CPU", ms(first.wall), ms(first.cpu));
    println!("later start {:>9.1} ms {:>9.1} ms CPU", ms(later.wall), ms(later.cpu));
    println!("quickest    {:>9.1} ms", all.iter().min().copied().map_or(0.0, ms));
    let promise = |what: &str, most, found| {
        println!("{}", Promise { what: what.to_owned(), most, found, unit: " ms" });
    };
    promise("first start, the interpreter compiled", 15_000.0, ms(first.wall));
    promise("every later start, and print(1)", 60.0, ms(later.wall));
    Ok(())
}

/// Measures runs in new stores and their replays. Both do all of the work: a replay uses no stored evaluation.
fn replays(binary: &Path, folder: &Path) -> Result<(), BenchError> {
    let (mut originals, mut replayed) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let store = format!("store-{round}");
        let evolve = [
            "evolve",
            "--task",
            "bin-packing",
            "--generations",
            GENERATIONS,
            "--workers",
            "2",
            "--store",
            &store,
        ];
        originals.push(run(binary, folder, &evolve)?);
        replayed.push(run(binary, folder, &["replay", "--all", "--workers", "2", "--store", &store])?);
    }
    let middle = |spent: &[Spent], of: fn(&Spent) -> Duration| median(spent.iter().map(of).collect());
    println!("{}", heading(&format!("replay: {GENERATIONS} generations without models")));
    for (name, spent) in [("original", &originals), ("replay", &replayed)] {
        let (wall, cpu) = (middle(spent, |once| once.wall), middle(spent, |once| once.cpu));
        println!("{name:<8} {:>9.1} ms {:>9.1} ms CPU", ms(wall), ms(cpu));
    }
    let found =
        middle(&replayed, |once| once.cpu).as_secs_f64() / middle(&originals, |once| once.cpu).as_secs_f64();
    let what = "CPU time of a replay without calls of models against its original".to_owned();
    println!("{}", Promise { what, most: 1.1, found, unit: "" });
    Ok(())
}

/// A stub server in a process of its own, killed on drop.
struct StubProcess(Child, String);

impl Drop for StubProcess {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Serves a script. With `--json`, the server first prints a document with its address.
fn stub(binary: &Path, script: &Path) -> Result<StubProcess, BenchError> {
    let mut command = Command::new(binary);
    command.args(["stub-model", "--json", "--script"]).arg(script);
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().map_err(BenchError::engine)?;
    let output = child.stdout.take().ok_or_else(|| BenchError::engine("the stub server has no output"))?;
    let mut documents = serde_json::Deserializer::from_reader(BufReader::new(output)).into_iter();
    let document: serde_json::Value = documents
        .next()
        .ok_or_else(|| BenchError::engine("the stub server ended"))?
        .map_err(BenchError::engine)?;
    let address =
        document["address"].as_str().ok_or_else(|| BenchError::engine("the stub server has no address"))?;
    Ok(StubProcess(child, format!("http://{address}")))
}

/// Returns the median times of runs whose models answer after [`LATENCY_MS`], with the settings of the paired example, and of their
/// replays, which make no calls.
fn with_models(
    binary: &Path,
    folder: &Path,
    script: &str,
    flags: &[&str],
) -> Result<(Duration, Duration), BenchError> {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/examples/paired");
    let answer = "[[rule.answer]]\n";
    let script = script.replace(answer, &format!("{answer}delay-ms = {LATENCY_MS}\n"));
    std::fs::write(folder.join("script.toml"), script).map_err(BenchError::engine)?;
    let stub = stub(binary, &folder.join("script.toml"))?;
    let settings = std::fs::read_to_string(example.join("hyperspace.toml")).map_err(BenchError::engine)?;
    let settings = settings.replace("http://127.0.0.1:8123", &stub.1);
    let settings = settings.replace("data/examples/paired/task", &example.join("task").to_string_lossy());
    std::fs::write(folder.join("hyperspace.toml"), settings).map_err(BenchError::engine)?;
    let (mut originals, mut replayed) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let store = tempfile::tempdir_in(folder).map_err(BenchError::engine)?;
        let store = store.path().join("store").to_string_lossy().into_owned();
        let common = ["--config", "hyperspace.toml", "--workers", "2", "--store", &store];
        originals
            .push(run(binary, folder, &[&["evolve", "--no-model-check"], flags, &common].concat())?.wall);
        replayed.push(run(binary, folder, &[&["replay", "--all"], &common[..]].concat())?.wall);
    }
    Ok((median(originals), median(replayed)))
}

/// Returns the script of a meta agent that makes [`CALLS`] calls: it looks around, changes its task agent, and ends.
fn long_conversation() -> String {
    let call = |name: &str, arguments: &str| {
        format!("[[rule.answer]]\ncalls = [{{ name = {name:?}, arguments = {{ {arguments} }} }}]\n")
    };
    let looks = call("editor", "command = \"view\", path = \"/repo/task_agent.py\"");
    let edits = call("bash", "command = \"echo \\\"# $RANDOM\\\" >> /repo/task_agent.py\"");
    let last = CALLS - 1;
    format!(
        "[[rule]]\nwhen = {{ model = \"alpha\", turn = {last} }}\n{edits}\
         [[rule]]\nwhen = {{ model = \"alpha\", turn = {CALLS} }}\n[[rule.answer]]\ntext = \"Done.\"\n\
         [[rule]]\nwhen = {{ model = \"alpha\" }}\n{looks}\
         [[rule]]\nwhen = {{ model = \"grader\" }}\n[[rule.answer]]\ntext = \"I do not know.\"\n"
    )
}

fn replays_of_models(binary: &Path, folder: &Path) -> Result<(), BenchError> {
    let ratio_of = |what: &str, (original, replay): (Duration, Duration)| {
        println!("{}", heading(&format!("replay: models that answer after {LATENCY_MS} ms, {what}")));
        println!("original {:>9.1} ms\nreplay   {:>9.1} ms", ms(original), ms(replay));
        replay.as_secs_f64() / original.as_secs_f64()
    };
    let flags = ["--model", "alpha", "--generations", "3"];
    let long = with_models(binary, folder, &long_conversation(), &flags)?;
    let found =
        ratio_of(&format!("3 generations whose meta agent makes {CALLS} calls, one after the other"), long);
    let what = "time of a replay with calls of models against its original".to_owned();
    println!("{}", Promise { what, most: 0.02, found, unit: "" });
    let paired = include_str!("../../data/examples/paired/script.toml");
    let ratio = ratio_of(
        "6 of the paired example, most calls of rows at once",
        with_models(binary, folder, paired, &[])?,
    );
    println!("  {ratio:.3}, without a promise");
    Ok(())
}

fn main() -> Result<(), BenchError> {
    if only_checked() {
        return Ok(());
    }
    let (binary, folder) = (binary()?, tempfile::tempdir().map_err(BenchError::engine)?);
    starts(&binary, folder.path())?;
    replays(&binary, folder.path())?;
    replays_of_models(&binary, folder.path())
}
