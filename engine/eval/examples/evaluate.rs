//! Evaluates an untrusted candidate on a task of the embedder, with the embedder's limits.

use hyperspace_eval::{Evaluator, FileSet, Limits, Sandbox, SandboxConfig, Split, Task};

const TASK: &str = r#"
task = { name = "squares", title = "Squares", description = "Squares a number.", direction = "maximize" }
entry = { module = "task_agent", function = "square" }
scorer = { kind = "rows", metric = "exact" }
splits = { train = { file = "train.jsonl" }, held-out = { file = "held_out.jsonl" } }
"#;
const CANDIDATE: &str = "def square(n):\n    return n * n if n < 10 else open('/etc/passwd').read()";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    evaluate()?.iter().for_each(|line| println!("{line}"));
    Ok(())
}

/// One line per split: score, outcome, fuel.
pub(crate) fn evaluate() -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let train = "{\"input\": 2, \"expected\": 4}\n{\"input\": 3, \"expected\": 10}\n";
    let held_out = "{\"input\": 12, \"expected\": 144}\n";
    let files = [("task.toml", TASK), ("train.jsonl", train), ("held_out.jsonl", held_out)];
    let task = Task::from_files(&FileSet::try_from(files)?, "squares")?;
    let agent = FileSet::try_from([("task_agent.py", CANDIDATE)])?;

    let cache = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/hyperspace-cache");
    let sandbox = Sandbox::new(&SandboxConfig::default().with_cache_dir(std::path::PathBuf::from(cache)))?;
    let limits = Limits::default().with_fuel(200_000_000).with_memory_bytes(64 << 20);
    let evaluator = Evaluator::new(sandbox)?.limits(limits);
    let mut lines = Vec::new();
    for split in [Split::Train, Split::HeldOut] {
        let made = evaluator.evaluate_blocking(&task, &agent, split)?;
        let score = made.score.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string);
        lines.push(format!("{split}: score {score}, {}, fuel {}", made.outcome.describe(), made.fuel));
    }
    Ok(lines)
}
