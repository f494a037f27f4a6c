//! Whose fault it is that there is no score, and what the message says.

use hyperspace_eval::{Artifact, CaseOutcome, Score, Task};
use hyperspace_testkit::file_set;

use crate::common::{HEAD, LIMITS, case, failure, scored};

const CALL: &str = "\ndef evaluate(path):\n    return load(path).solve()\n";

/// The evaluator is at fault, and the message names its file and line.
fn evaluator_fault(evaluate: &str, parts: &[&str]) {
    let found = case("", evaluate, "def solve(): return 1");
    assert!(matches!(found.outcome, CaseOutcome::Evaluator { .. }), "{found:#?}");
    let text = failure(&found);
    assert!(parts.iter().all(|part| text.contains(part)), "{text}");
}

#[test]
fn faults_of_the_evaluator_name_it() {
    evaluator_fault(
        "\ndef evaluate(path):\n    return 1 / 0\n",
        &["evaluator.py, line 10", "ZeroDivisionError"],
    );
    evaluator_fault("\ndef evaluate(path:\n", &["evaluator.py, line", "SyntaxError"]);
    evaluator_fault(
        "\ndef evaluate(path):\n    return float('nan')\n",
        &["evaluator.py, line 9", "it returned nan; expected a finite number"],
    );
    evaluator_fault("\ndef evaluate(path):\n    return 'good'\n", &["str 'good'", "combined_score"]);
    evaluator_fault("\ndef evaluate(path):\n    return {'a': {'b': 1}}\n", &["'a' is a dictionary"]);
    evaluator_fault("\ndef other(path):\n    return 1\n", &["no function 'evaluate'", "load, other"]);
    evaluator_fault(
        "\nimport torch\ndef evaluate(path): return 1\n",
        &["torch cannot run in a guest", "line 9"],
    );
    evaluator_fault(
        "\nimport nowhere\ndef evaluate(path): return 1\n",
        &["No module named 'nowhere'", "packages = ["],
    );
    evaluator_fault("\nimport sys\ndef evaluate(path):\n    sys.exit(0)\n", &["exit(0)"]);
    evaluator_fault("\nevaluate = 5\n", &["'evaluate'", "is int 5; expected a function"]);
    evaluator_fault(
        "\ndef evaluate(path): return 'x' * (1 << 30)\n",
        &["MemoryError", "memory_bytes in [scorer.limits]"],
    );
    evaluator_fault(
        "\nimport urllib.request\ndef evaluate(path): return urllib.request.urlopen('http://localhost/').read()\n",
        &["line 10", "there is no network in a guest"],
    );
    evaluator_fault("\ndef evaluate(path):\n    while True: pass\n", &["spent its fuel", "[scorer.limits]"]);
}

#[test]
fn a_decimal_is_a_number() {
    let found = case(
        "",
        "\nimport decimal\ndef evaluate(path):\n    load(path)\n    return {'a': decimal.Decimal('0.5'), 'b': 1.5}\n",
        "x = 1",
    );
    assert_eq!(scored(&found), Score::one());
}

#[test]
fn faults_of_the_program_are_the_programs() {
    let of = |source: &str| case("[limits]\nfuel = 200_000_000\n", CALL, source);
    let found = of("def solve(): raise ValueError('bad luck')");
    assert!(failure(&found).contains("ValueError: bad luck"), "{found:#?}");
    let evidence = found.evidence.unwrap();
    assert!(evidence.contains("task_agent.py\", line 1"), "{evidence}");
    assert!(evidence.contains("called by evaluator.py, line 10"), "{evidence}");
    assert!(!evidence.contains("load(path)"), "no line of the evaluator's text: {evidence}");
    let found = of("def solve():\n    while True: pass\n");
    assert_eq!(found.outcome.name(), "out-of-fuel");
    assert!(found.evidence.unwrap().contains("0.2 s of virtual time"));
    for exit in [
        "import os\ndef solve(): os._exit(0)\n",
        "import sys\ndef solve(): sys.exit(0)\n",
        "raise SystemExit(0)\n",
    ] {
        let found = of(exit);
        assert!(
            found.measure.is_none() && !matches!(found.outcome, CaseOutcome::Evaluator { .. }),
            "{found:#?}"
        );
    }
}

#[test]
fn nonsense_on_the_programs_side_of_the_bridge_is_the_programs_fault() {
    let evaluate = "
import contextlib, io
def evaluate(path):
    with contextlib.redirect_stdout(io.StringIO()):
        p = load(path)
        p.solve([1])
        return p.Own(1).method()
";
    for answer in [
        "[]",
        "7",
        "['p']",
        "['p', 1, '', '']",
        "['p', [], '', '']",
        "['p', ['p', ['v', 1], '', ''], '', '']",
        "['x']",
        "['d']",
        "['x', 'E', 't', '', 'Exception', {'zz': 1}]",
        "['x', 'E', 't', '', 'Exception', [{'zz': 1}]]",
        "['v', {'zz': 1}]",
        "['v', {'h': 7}]",
        "['v', {'h': [1, 'X', 3, []]}]",
        "['v', {'h': ['1', 'X', [], []]}]",
        "['v', {'a': ['O', [1], '']}]",
        "['v', 1, [[9, 1]]]",
        "['v', 1, 5]",
        "['v', 1, [[0, {'zz': 1}]]]",
        "['h', 1]",
        "['h', [1, 'X', [], [1]]]",
        "['d', 'function']",
        "['d', 'other', 1, 2, 3, None]",
        "['v']",
    ] {
        for after in [0, 1, 2, 3, 4] {
            // Elsewhere it is an answer: the number 1, which is no function.
            if answer.starts_with("['v', 1") && after != 2 {
                continue;
            }
            let program = format!(
                "import hyperspace_program as own\nclass Own:\n    def __init__(self, n): pass\n    def method(self): raise ValueError\n\
                 def solve(xs): xs.append(2)\nhandle, seen = own.handle, []\ndef answer(request):\n    seen.append(request)\n    \
                 return {answer} if len(seen) > {after} else handle(request)\nown.handle = answer\n"
            );
            let found = case("", evaluate, &program);
            let is_evaluators = matches!(found.outcome, CaseOutcome::Evaluator { .. });
            assert!(found.measure.is_none() && !is_evaluators, "{answer} after {after}: {found:#?}");
        }
    }
}

#[test]
fn a_function_that_the_program_lacks_is_named_with_the_line_that_calls_it() {
    let found = case("", "\ndef evaluate(path):\n    load(path).nothing()\n", "def solve(): return 1");
    assert!(failure(&found).contains("no attribute 'nothing'; it defines solve"), "{found:#?}");
    assert!(found.evidence.unwrap().contains("called by evaluator.py, line 10"));
}

#[test]
fn a_program_that_spends_the_evaluators_time_pays_for_it() {
    let evaluate = "
def loop():
    while True: pass
def evaluate(path):
    load(path).solve(loop)
    return 1
";
    let found = case("[limits]\nfuel = 200_000_000\n", evaluate, "def solve(f): f()");
    assert_eq!(found.outcome.name(), "out-of-fuel", "{found:#?}");
    assert!(found.evidence.unwrap().contains("function of the evaluator"));
    assert!(found.fuel < 2_000_000_000, "{}", found.fuel);
}

#[test]
fn an_evaluator_that_catches_goes_on() {
    let evaluate = "
def evaluate(path):
    p = load(path)
    lost = 0
    for n in range(3):
        try:
            p.solve(n)
        except Exception:
            lost += 1
    return lost
";
    let program = "def solve(n):\n    if n == 1:\n        while True: pass\n    return n\n";
    // The fuel of the program is for the whole evaluation: after it is spent nothing is answered.
    assert_eq!(scored(&case("[limits]\nfuel = 200_000_000\n", evaluate, program)), Score::integer(2));
}

#[test]
fn the_mean_of_numbers_is_said_and_long_artifacts_are_cut() {
    let evaluate = "
def evaluate(path):
    return {'a': 1, 'b': 2, 'artifacts': {'long': 'x' * 5_000_000}}
";
    let found = case("", evaluate, "def solve(): pass");
    assert_eq!(scored(&found), Score::ratio(3, 2).unwrap());
    let notes = found.details.unwrap().notes.join("; ");
    assert!(notes.contains("mean of a, b") && notes.contains("artifact long: 5000000 bytes"), "{notes}");
    assert!(notes.contains("did not load the program"), "{notes}");
}

#[test]
fn artifacts_that_are_no_json_are_readable() {
    let evaluate = "
import dataclasses, pathlib
@dataclasses.dataclass
class Point:
    x: int
def evaluate(path):
    load(path)
    return 1, {'all': {'where': pathlib.Path('/a/b'), 'kinds': {2, 1}, 'at': Point(3), 'no': len}}
";
    let found = case("", evaluate, "def solve(): pass");
    let artifacts = found.details.unwrap().artifacts;
    let expected = r#"{"where": "/a/b", "kinds": [1, 2], "at": {"x": 3}, "no": "<built-in function len>"}"#;
    assert_eq!(artifacts["all"], Artifact::Text(expected.to_owned()));
}

#[test]
fn what_an_evaluator_looked_for_in_vain_is_noted() {
    let evaluate = "
import subprocess
try:
    import torch, json.absent
except ImportError:
    torch = None
def evaluate(path):
    load(path)
    try:
        subprocess.run(['cargo', 'build'])
    except OSError:
        return 0
";
    let found = case("", evaluate, "try:\n    import numba\nexcept ImportError:\n    pass\n");
    assert_eq!(scored(&found), Score::integer(0));
    let expected = [
        "not here: the module torch, which evaluator.py, line 11 imports",
        "not here: the program cargo, which the evaluator tried to run: a guest has only Python",
    ];
    assert_eq!(found.details.unwrap().notes, expected);
    let found = case("", "import sqlite3\ndef evaluate(path): return 1\n", "");
    assert!(
        failure(&found).contains("sqlite3 is a part of Python's library that no guest has"),
        "{found:#?}"
    );
}

#[test]
fn an_entry_that_the_sdk_has_is_refused() {
    for module in ["hyperspace", "agent.tools", "hyperspace.drive"] {
        let definition = crate::common::HEAD.replace("\"task_agent\"", &format!("{module:?}"));
        let files = [("task.toml", definition.as_str()), ("evaluator.py", "")];
        let error =
            hyperspace_eval::Task::from_files(&hyperspace_testkit::file_set(&files), "own").unwrap_err();
        let error = error.to_string();
        assert!(error.contains("entry.module") && error.contains("not one of the SDK"), "{error}");
    }
}

#[test]
fn a_spent_budget_names_the_place() {
    let limits = "[limits]\nfuel = 300_000_000\n";
    let found = case(
        limits,
        "\ndef evaluate(path):\n    return load(path).solve()\n",
        "def solve():\n    x = 1\n    while True:\n        x += 1\n",
    );
    let evidence = found.evidence.unwrap();
    let words = ["spent its fuel of 300000000 units, which are 0.3 s", "in solve, line ", "of task_agent.py"];
    assert!(words.iter().all(|word| evidence.contains(word)), "{evidence}");
    let found = case(
        "[scorer.limits]\nfuel = 1_000_000_000\n",
        "\ndef evaluate(path):\n    while True: pass\n",
        "def solve(): pass\n",
    );
    let message = found.outcome.describe();
    assert!(message.contains("in evaluate, line ") && message.contains("/task/evaluator.py"), "{message}");
}

#[test]
fn functions_of_the_evaluators_file_come_from_the_program() {
    let evaluate = "def score(n): return 0\ndef evaluate(n=4): return {'combined_score': float(score(n))}\n";
    let keys = "call = \"args\"\nreplaces = [\"score\"]\n";
    let found = case(
        keys,
        evaluate,
        "def score(n): return n + 1\ndef solve(): pass\ndef evaluate(n=4): return 1e9\n",
    );
    assert_eq!(scored(&found), Score::integer(5), "the program's evaluate() is not called");
    let found = case(keys, evaluate, "def solve(): pass\n");
    let told = found.outcome.describe();
    assert!(told.contains("no function 'score'"), "{told}");
    let each = "[splits.train]\neach = [1, 2]\n";
    let found = crate::common::evaluate(
        &crate::common::task(&format!("{keys}{each}"), evaluate),
        "def score(n): return n\n",
    );
    assert_eq!(found.cases.len(), 2, "{found:#?}");
    assert_eq!(found.score, Score::ratio(3, 2));
}

#[test]
fn wrong_keys_of_the_scorer_are_named() {
    for (keys, message) in [
        ("call = \"paht\"", "own/task.toml, field scorer.call: expected one of `path`, `files`"),
        ("cascade = \"x\"", "own/task.toml, field scorer.cascade: expected a list, found invalid type"),
        ("visible = [\"lost/\"]", "own/lost/: no such file; scorer.visible of task.toml"),
    ] {
        let files = [
            ("task.toml", format!("{HEAD}{keys}\n{LIMITS}")),
            ("evaluator.py", "def evaluate(path): return 1\n".to_owned()),
        ];
        let found = Task::from_files(&file_set(&files), "own").unwrap_err().to_string();
        assert!(found.contains(message), "{found}");
    }
}
