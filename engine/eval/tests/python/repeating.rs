//! The same evaluation, whatever the number of workers and with or without forks.

use hyperspace_eval::{Evaluation, Split};

use crate::common::{program, task};

const EVALUATOR: &str = "
import concurrent.futures, random, subprocess, sys, threading, time
def evaluate(path, seed=0):
    p = load(path)
    began = time.perf_counter()
    found = [random.random(), p.draw()]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        found += pool.map(p.add, range(3), range(3))
    found.append(float(subprocess.run([sys.executable, '-c', 'import random; print(random.random())'], capture_output=True).stdout))
    try:
        future = concurrent.futures.ThreadPoolExecutor().submit(p.slow)
        future.result(timeout=0.05)
    except concurrent.futures.TimeoutError:
        found.append(p.add(1, seed))
    return {'combined_score': sum(found), 'time': time.perf_counter() - began, 'artifacts': {'found': repr(found)}}
";
const PROGRAM: &str = "
import random
def draw(): return random.random()
def add(a, b): return a + b
def slow():
    while True: pass
";

#[test]
fn workers_forks_and_repetitions_change_nothing() {
    let task = task("[splits.train]\nseeds = [1, 2, 3, 4]\n[splits.held-out]\nseeds = [5]\n", EVALUATOR);
    let run = |workers, forks| -> Evaluation {
        let evaluator = hyperspace_testkit::evaluator().workers(workers).forks(forks);
        evaluator.evaluate_blocking(&task, &program(PROGRAM), Split::Train).unwrap()
    };
    let first = run(1, true);
    assert!(first.score.is_some(), "{first:#?}");
    let scores: std::collections::BTreeSet<_> =
        first.cases.iter().map(|case| format!("{:?}", case.measure)).collect();
    assert_eq!(scores.len(), 4, "every case has randomness of its own");
    for (workers, forks) in [(2, true), (1, false), (2, false), (3, true)] {
        assert_eq!(run(workers, forks), first, "{workers} workers, forks {forks}");
    }
}
