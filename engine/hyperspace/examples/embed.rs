//! Evaluates a candidate on a bundled task. README.md has this program word for word.

use hyperspace::{Evaluator, FileSet, Limits, Sandbox, SandboxConfig, Split, Task};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let source = "def priority(item, bins):\n    return [-space for space in bins]\n";
    let candidate = FileSet::from_files([("task_agent.py", source)])?;
    let evaluator = Evaluator::new(Sandbox::new(&SandboxConfig::default())?)?
        .limits(Limits::default().with_fuel(2_000_000_000));
    let evaluation = evaluator.evaluate_blocking(&Task::bundled("bin-packing")?, &candidate, Split::Train)?;
    match &evaluation.score {
        Some(score) => println!("{score} percent above the bound, {} fuel", evaluation.fuel),
        None => println!("no score: {}", evaluation.outcome.describe()),
    }
    Ok(())
}
