//! The examples do what they say, and `README.md` has the first of them word for word.

#[path = "../examples/run.rs"]
#[expect(dead_code, reason = "its main is called by cargo alone")]
mod run;

use hyperspace::{Engine, Evaluator, FileSet, Limits, RunRequest, Split, Task};
use hyperspace_testkit::paths::{interpreter_cache, repository};
use hyperspace_testkit::sandbox;

#[test]
fn the_readme_has_the_example_and_its_score() {
    let readme = std::fs::read_to_string(repository().join("README.md")).unwrap();
    let example = std::fs::read_to_string(repository().join("engine/hyperspace/examples/embed.rs")).unwrap();
    let (_, rest) = readme.split_once("```rust\n").expect("a block of Rust");
    let (block, _) = rest.split_once("```").unwrap();
    assert!(example.ends_with(block), "README.md and examples/embed.rs differ");

    let source = "def priority(item, bins):\n    return [-space for space in bins]\n";
    assert!(block.contains(&format!("{source:?}")), "another candidate than that of this test");
    let candidate = FileSet::from_files([("task_agent.py", source)]).unwrap();
    let evaluator =
        Evaluator::new(sandbox().clone()).unwrap().limits(Limits::default().with_fuel(2_000_000_000));
    let task = Task::bundled("bin-packing").unwrap();
    let score = evaluator.evaluate_blocking(&task, &candidate, Split::Train).unwrap().score.unwrap();
    let promise = format!("It prints `{score} percent above the bound");
    assert!(readme.contains(&promise), "README.md does not say: {promise}");
}

#[test]
fn a_run_that_was_cancelled_and_resumed_ends_as_one_that_was_not() {
    let (store, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let cache = interpreter_cache();
    let root = run::run(store.path().to_str().unwrap(), cache.to_str().unwrap()).unwrap();
    let engine = Engine::builder().store(other.path()).cache_dir(cache).workers(2).build().unwrap();
    let request = RunRequest::new().task("bin-packing").generations(4).candidates(2).seed(7);
    let whole = engine.start_blocking(request).unwrap().finish_blocking().unwrap();
    assert_eq!(whole.root.to_string(), root);
}
