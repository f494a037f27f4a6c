//! Candidates that try to get a score they did not earn. Each is a file in `agents/`, is evaluated on four tasks, and has its
//! outcomes compared word for word.

#![expect(clippy::unwrap_used, reason = "a failure here is the failure of a test")]

use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hyperspace_core::FileSet;
use hyperspace_eval::{
    CacheKey, CaseOutcome, EvalError, Evaluation, EvaluationCache, Evaluator, MemoryCache, Score, Split, Task,
};
use hyperspace_sandbox::Limits;
use hyperspace_testkit::{file_set, sandbox};

/// Fuel of a case: much more than any of these tasks needs, little enough to be spent often.
const FUEL: u64 = 1_500_000_000;

fn evaluator() -> Evaluator {
    Evaluator::new(sandbox().clone()).unwrap().limits(Limits::default().with_fuel(FUEL))
}

/// A task of these parts that calls `f` in `task_agent`.
fn task(name: &str, rest: &str, data: &[(&str, &str)]) -> Task {
    let head = format!(
        "[task]\nname = \"{name}\"\ntitle = \"t\"\ndescription = \"d\"\ndirection = \"minimize\"\n\
         [entry]\nmodule = \"task_agent\"\nfunction = \"f\"\n{rest}"
    );
    let files: Vec<_> = data.iter().copied().chain([("task.toml", head.as_str())]).collect();
    Task::from_files(&file_set(&files), name).unwrap()
}

/// The four kinds: packing, cap set, circles, rows.
fn tasks() -> [Task; 4] {
    let instances = |seed| {
        format!(
            "generator = {{ seed = {seed}, instances = 2, items = 12, low = 20, high = 100, capacity = 150 }}"
        )
    };
    let packing = format!(
        "[scorer]\nkind = \"online-bin-packing\"\n[splits.train]\n{}\n[splits.held-out]\n{}\n",
        instances(1),
        instances(2)
    );
    [
        task("packing", &packing, &[]),
        task("cap-set", "[scorer]\nkind = \"cap-set\"\ndimension = 2\n", &[]),
        task("circles", "[scorer]\nkind = \"circle-packing\"\ncircles = 2\n", &[]),
        rows("absolute-error", "{\"input\": 1, \"expected\": 3}", "{\"input\": 2, \"expected\": 5}"),
    ]
}

fn rows(metric: &str, train: &str, held_out: &str) -> Task {
    let rest = format!(
        "[scorer]\nkind = \"rows\"\nmetric = \"{metric}\"\n[splits.train]\nfile = \"a.jsonl\"\n[splits.held-out]\nfile = \"b.jsonl\"\n"
    );
    task("rows", &rest, &[("a.jsonl", train), ("b.jsonl", held_out)])
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/agents/{name}.py"))).unwrap()
}

fn agent(name: &str) -> FileSet {
    file_set(&[("task_agent.py", &file(name)), ("shape.py", &file("shape"))])
}

fn evaluate(task: &Task, agent: &FileSet) -> Evaluation {
    let forked = evaluator().evaluate_blocking(task, agent, Split::All).unwrap();
    let fresh = evaluator().forks(false).evaluate_blocking(task, agent, Split::All).unwrap();
    assert_eq!(forked, fresh, "each case with an import of its own");
    forked
}

/// The invariants of every evaluation that has no score.
fn has_no_score(name: &str, evaluation: &Evaluation) {
    let what = format!("{name} on {}", evaluation.task);
    assert_eq!(evaluation.score, None, "{what}");
    assert_ne!(evaluation.outcome, CaseOutcome::Scored, "{what}");
    let (last, before) = evaluation.cases.split_last().unwrap();
    assert_eq!((&last.outcome, &last.measure), (&evaluation.outcome, &None), "{what}");
    assert!(before.iter().all(|row| row.measure.is_some() && row.outcome == CaseOutcome::Scored), "{what}");
    assert_eq!(evaluation.fuel, evaluation.cases.iter().map(|row| row.fuel).sum::<u64>(), "{what}");
    assert!(evaluation.cases.iter().all(|row| row.fuel <= FUEL), "{what}");
}

/// Checks the outcomes of an agent on the four tasks, in words.
fn outcomes(name: &str, expected: [&str; 4]) {
    for (task, expected) in tasks().iter().zip(expected) {
        let evaluation = evaluate(task, &agent(name));
        has_no_score(name, &evaluation);
        assert_eq!(evaluation.outcome.describe(), expected, "{name} on {}", task.name());
    }
}

fn same(name: &str, expected: &str) {
    outcomes(name, [expected; 4]);
}

/// The agent scores what the honest one scores, no more and no less.
fn earns_no_more(name: &str, agent: &FileSet, tasks: &[Task]) {
    for task in tasks {
        let (theirs, honest) = (evaluate(task, agent), evaluate(task, &self::agent("honest")));
        assert_eq!(
            theirs.outcome.describe(),
            "scored",
            "{name} on {}: {:?}",
            task.name(),
            theirs.cases.last()
        );
        assert_eq!(theirs.score, honest.score, "{name} on {}", task.name());
        let measures = |evaluation: &Evaluation| -> Vec<_> {
            evaluation.cases.iter().map(|row| (row.case.clone(), row.measure.clone())).collect()
        };
        assert_eq!(measures(&theirs), measures(&honest), "{name} on {}", task.name());
    }
}

#[test]
fn the_honest_agent_has_the_score_that_it_earned() {
    let scores = tasks().map(|task| evaluate(&task, &agent("honest")).score.unwrap());
    assert_eq!(scores[1..], [Score::integer(4), Score::ratio(1, 2).unwrap(), Score::integer(4)]);
    assert!(scores[0] >= Score::zero());
}

#[test]
fn a_crash_is_told_as_it_is() {
    same("crash", "exception: ZeroDivisionError: integer division or modulo by zero");
    same("recurse", "exception: RecursionError: maximum recursion depth exceeded");
    same("missing_import", "exception: ModuleNotFoundError: No module named 'there_is_no_such_module'");
    same("missing_function", "exception: AttributeError: module 'task_agent' has no attribute 'f'");
    same("syntax", "exception: SyntaxError: '(' was never closed (task_agent.py, line 1)");
    same("not_callable", "exception: TypeError: 'int' object is not callable");
    same("abort", "trap: wasm `unreachable` instruction executed");
    same("memory", "out-of-memory");
}

#[test]
fn a_crash_comes_with_evidence() {
    let row = evaluate(&tasks()[3], &agent("crash")).cases.pop().unwrap();
    let evidence = row.evidence.unwrap();
    assert!(evidence.starts_with("Traceback (most recent call last):\n"), "{evidence}");
    assert!(evidence.contains("File \"/repo/task_agent.py\", line 2, in f"), "{evidence}");
    assert!(evidence.ends_with("ZeroDivisionError: integer division or modulo by zero\n"), "{evidence}");
    for word in ["wasmtime", "/work", ".rs", "panicked", "bootstrap"] {
        assert!(!evidence.contains(word), "{evidence}");
    }
}

#[test]
fn a_loop_ends_with_the_fuel_and_a_flood_with_the_output() {
    same("loop", "out-of-fuel");
    for task in tasks() {
        let evaluation = evaluate(&task, &agent("loop"));
        assert_eq!(evaluation.cases.last().unwrap().fuel, FUEL);
    }
    same("flood", "output-limit");
}

#[test]
fn leaving_before_an_answer_is_no_answer() {
    same("exit_success", "exit: code 0 before an answer");
    same("exit_hard", "exit: code 0 before an answer");
    same("exit_import", "exit: code 0 before an answer");
    same("exit_wrapped", "exit: code 0 before an answer");
    same("exit_code", "exit: code 77 before an answer");
}

#[test]
fn what_is_no_finite_number_is_no_answer() {
    let not_json = |number: &str| {
        format!(
            "exception: hyperspace.errors.Invalid: env.step: the parameters are not JSON: Out of range float values are not JSON compliant: {number}"
        )
    };
    let result = |place: &str, number: &str| {
        format!("exception: ValueError: a result must be JSON: result{place} is the number {number}")
    };
    for (name, number) in [("nan", "nan"), ("infinity", "-inf")] {
        let [packing, cap, circles, rows] =
            [not_json(number), result("[0]", number), result("[0][0]", number), result("", number)];
        outcomes(name, [&packing, &cap, &circles, &rows]);
    }
    let junk = |name: &str, found: &str| {
        let expected = |place: &str| format!("invalid: {place}: expected a finite number, found {found}");
        let places = ["bin 0 of item 0", "priority of [0, 0]", "x of circle 0", "answer"].map(expected);
        outcomes(name, [&places[0], &places[1], &places[2], &places[3]]);
    };
    junk("boolean", "true");
    junk("text", "\"0\"");
    junk("text_number", "\"0\"");
    junk("nothing", "null");
    junk("nested", "a list of 1");
    junk("mapping", "an object of 1 keys");
}

#[test]
fn an_integer_beyond_all_doubles_is_an_answer_only_where_integers_are_exact() {
    let tasks = tasks();
    let expected = [
        "exception: hyperspace.errors.Invalid: a request is {\"op\": string, \"params\": object}: number out of range at line 1 column 437",
        "invalid: priority of [0, 0]: expected a finite number, found 1000000",
        "invalid: x of circle 0: expected a finite number, found 1000000",
    ];
    for (task, expected) in tasks.iter().zip(expected) {
        let evaluation = evaluate(task, &agent("huge_integer"));
        has_no_score("huge_integer", &evaluation);
        assert!(evaluation.outcome.describe().starts_with(expected), "{}", evaluation.outcome.describe());
    }
    // Rows compare integers of any length.
    let rows = evaluate(&tasks[3], &agent("huge_integer"));
    assert_eq!(rows.outcome, CaseOutcome::Scored);
    assert!(rows.score.is_some());
}

#[test]
fn structures_that_do_not_end_are_no_answer() {
    let circular = "exception: ValueError: Circular reference detected";
    let step = "exception: hyperspace.errors.Invalid: env.step: the parameters are not JSON: Circular reference detected";
    outcomes("self_reference", [step, circular, circular, circular]);
    let large = "quota: result_bytes";
    outcomes(
        "enormous",
        [
            "exception: hyperspace.errors.Exhausted: env.step: a request of 1200039 bytes is longer than 1048576",
            large,
            large,
            large,
        ],
    );
    let deep = "trap: malformed result";
    outcomes(
        "deep",
        [
            "exception: hyperspace.errors.Invalid: a request is {\"op\": string, \"params\": object}: recursion limit exceeded at line 1 column 161",
            deep,
            deep,
            deep,
        ],
    );
    for task in tasks() {
        let evaluation = evaluate(&task, &agent("aliases"));
        has_no_score("aliases", &evaluation);
        assert!(
            ["out-of-fuel", "out-of-memory"].contains(&evaluation.outcome.name()),
            "{:?}",
            evaluation.outcome
        );
    }
}

#[test]
fn answers_of_another_length_are_no_answer() {
    outcomes(
        "too_short",
        [
            "invalid: answer to item 0: expected a list of 1 numbers, one per bin, found a list of 0",
            "exception: TypeError: 'int' object is not subscriptable",
            "invalid: answer: expected a list of 2 circles [x, y, r], found a list of 1",
            "invalid: answer: expected a finite number, found a list of 0",
        ],
    );
    outcomes(
        "too_long",
        [
            "invalid: answer to item 0: expected a list of 1 numbers, one per bin, found a list of 2",
            "invalid: priority of [0, 0]: expected a finite number, found a list of 2",
            "invalid: answer: expected a list of 2 circles [x, y, r], found a list of 3",
            "invalid: answer: expected a finite number, found a list of 2",
        ],
    );
}

#[test]
fn a_forged_result_is_no_result() {
    same("forge_and_leave", "exit: code 0 before an answer");
    earns_no_more("forge_and_return", &agent("forge_and_return"), &tasks());
    same("forge_junk", "trap: malformed result");
    same("forge_both", "trap: malformed result");
    same("forge_error", "trap: malformed result");
}

#[test]
fn tampering_changes_no_score() {
    for name in ["tamper", "integer_subclass"] {
        earns_no_more(name, &agent(name), &tasks());
    }
    // Its driver is not on the stack while it is imported, and has taken the questions when it calls.
    earns_no_more("trace", &agent("trace"), &tasks());
    let (shadow, shape) = (file("shadow"), file("shape"));
    let own = b"raise SystemExit(0)".as_slice();
    let files: [(&str, &[u8]); 7] = [
        ("task_agent.py", &shadow),
        ("shape.py", &shape),
        ("hyperspace.py", own),
        ("json.py", own),
        ("_hyperspace.py", own),
        ("sitecustomize.py", own),
        ("builtins.py", own),
    ];
    earns_no_more("shadow", &file_set(&files), &tasks());
}

#[test]
fn an_episode_is_played_once_and_to_its_end() {
    let packing = &tasks()[0];
    let ends = |name: &str, expected: &str| {
        let evaluation = evaluate(packing, &agent(name));
        has_no_score(name, &evaluation);
        assert_eq!(evaluation.outcome.describe(), expected, "{name}");
    };
    ends("reset_again", "exception: hyperspace.errors.Denied: an episode starts once");
    // While a candidate is imported, nobody answers.
    let nobody = "exception: hyperspace.errors.Denied: env.step: the grant does not name this operation";
    ends("step_first", nobody);
    let early = "invalid: the episode: expected an answer for every item, found an early end";
    ends("tamper_driver", early);
    ends("play_alone", "exit: code 0 before an answer");
    ends("end_early", "invalid: the episode: expected an answer for every item, found an early end");
    ends(
        "bad_then_good",
        "invalid: answer to item 0: expected a list of 1 numbers, one per bin, found \"all bins\"",
    );
    earns_no_more("reset_quietly", &agent("reset_quietly"), std::slice::from_ref(packing));
}

#[test]
fn labels_are_nowhere_in_the_guest() {
    let task = rows(
        "exact",
        "{\"input\": 1, \"expected\": \"CANARY00001\", \"name\": \"CANARYcase1\"}\n{\"input\": 2, \"expected\": \"CANARY00002\"}",
        "{\"input\": 3, \"expected\": \"CANARY00003\"}\n{\"input\": 4, \"expected\": \"CANARY00004\"}",
    );
    let limits = Limits::default().with_fuel(20_000_000_000);
    let evaluation =
        evaluator().limits(limits).evaluate_blocking(&task, &agent("label_reader"), Split::All).unwrap();
    assert_eq!(evaluation.outcome.describe(), "scored", "{:?}", evaluation.cases.last());
    assert_eq!((evaluation.score, evaluation.cases.len()), (Some(Score::zero()), 4));
    let knows = file_set(&[("task_agent.py", b"def f(x): return 'CANARY0000' + str(x)")]);
    assert_eq!(evaluate(&task, &knows).score, Some(Score::one()), "the task can be solved");
}

#[test]
fn no_run_knows_how_many_there_were() {
    // Every row expects what the first run of a counter says.
    let row = |input| format!("{{\"input\": {input}, \"expected\": 1}}");
    let task = rows("exact", &[row(1), row(2), row(3)].join("\n"), &[row(4), row(5)].join("\n"));
    let counts = "from run_number import f as count\ndef f(x): return count(x)[0]";
    let noise = "from run_number import f as count\ndef f(x): raise ValueError(count(x)[1])";
    let with =
        |text: &str| file_set(&[("task_agent.py", text.as_bytes()), ("run_number.py", &file("run_number"))]);
    let first = evaluate(&task, &with(counts));
    assert_eq!(first.score, Some(Score::one()), "{:?}", first.cases);
    for _ in 0..3 {
        assert_eq!(evaluate(&task, &with(counts)), first);
        // Clock, randomness, identities and hashes are those of the first time.
        assert_eq!(evaluate(&task, &with(noise)), evaluate(&task, &with(noise)));
    }
}

#[test]
fn workers_change_nothing() {
    for task in tasks() {
        for name in ["honest", "crash", "run_number", "loop", "end_early"] {
            let of = |workers| {
                evaluator().workers(workers).evaluate_blocking(&task, &agent(name), Split::All).unwrap()
            };
            let one = of(1);
            assert_eq!(one, of(4), "{name} on {}", task.name());
            assert_eq!(one, of(4), "{name} on {}", task.name());
        }
    }
}

#[derive(Default)]
struct Counting {
    inner: MemoryCache,
    hits: AtomicUsize,
    made: AtomicUsize,
}

impl EvaluationCache for Counting {
    type Error = Infallible;

    fn get(&self, key: &CacheKey) -> Result<Option<Evaluation>, Infallible> {
        let found = self.inner.get(key)?;
        self.hits.fetch_add(usize::from(found.is_some()), Ordering::Relaxed);
        Ok(found)
    }

    fn put(&self, key: CacheKey, evaluation: &Evaluation) -> Result<(), Infallible> {
        self.made.fetch_add(1, Ordering::Relaxed);
        self.inner.put(key, evaluation)
    }
}

#[test]
fn equal_candidates_are_evaluated_once_and_the_kept_evaluation_is_the_fresh_one() {
    let cache = Arc::new(Counting::default());
    let cached = evaluator().cache(Arc::clone(&cache));
    let task = &tasks()[0];
    let counts = || (cache.made.load(Ordering::Relaxed), cache.hits.load(Ordering::Relaxed));
    for name in ["honest", "crash", "loop"] {
        let fresh = evaluate(task, &agent(name));
        for _ in 0..3 {
            assert_eq!(cached.evaluate_blocking(task, &agent(name), Split::All).unwrap(), fresh);
        }
    }
    assert_eq!(counts(), (3, 6));
    // Another split, other limits and another task are other evaluations; the backstop and the workers are not.
    let with = |evaluator: &Evaluator, task: &Task, split| {
        evaluator.clone().workers(3).evaluate_blocking(task, &agent("honest"), split).unwrap();
    };
    with(&cached, task, Split::Train);
    with(&cached.clone().limits(Limits::default().with_fuel(FUEL + 1)), task, Split::All);
    with(&cached, &tasks()[1], Split::All);
    assert_eq!(counts(), (6, 6));
    with(
        &cached.clone().limits(Limits::default().with_fuel(FUEL).with_wall_clock_ms(99_000)),
        task,
        Split::All,
    );
    assert_eq!(counts(), (6, 7));
}

#[test]
fn an_agent_without_the_file_that_is_called_is_refused_in_words() {
    let evaluator = evaluator();
    let refused = |files: &[(&str, &[u8])]| {
        let error = evaluator.evaluate_blocking(&tasks()[3], &file_set(files), Split::All).unwrap_err();
        assert!(matches!(error, EvalError::NoEntry { .. }), "{error}");
        error.to_string()
    };
    assert_eq!(
        refused(&[]),
        "the agent has no file task_agent.py, in which task rows looks for f(); it has no files"
    );
    assert_eq!(
        refused(&[("agent.py", b""), ("lib/task_agent.py", b"")]),
        "the agent has no file task_agent.py, in which task rows looks for f(); its files: agent.py, lib/task_agent.py"
    );
    // A package will do.
    let package = file_set(&[("task_agent/__init__.py", b"def f(x): return 4")]);
    assert_eq!(evaluate(&tasks()[3], &package).score, Some(Score::integer(1)));
    // Limits that make no sense are refused before anything runs.
    let absurd = evaluator.limits(Limits::default().with_fuel(0));
    let error = absurd.evaluate_blocking(&tasks()[3], &package, Split::All).unwrap_err();
    assert!(matches!(error, EvalError::Sandbox(_)) && error.to_string().contains("fuel"), "{error}");
}
