//! Splits, stages and packages of `task.toml`.

use hyperspace_eval::{Score, Split, Task};
use hyperspace_testkit::file_set;

use crate::common::{HEAD, LOAD, case, evaluate, scored, task};

#[test]
fn splits_are_arguments_seeds_or_files() {
    let keys = "[splits.train]\nargs = [3, [1, 2]]\n[splits.held-out]\nseeds = [7]\n";
    let own = task(keys, "\ndef evaluate(path, n=0, xs=(), seed=0):\n    return n + sum(xs) + seed\n");
    assert_eq!(scored(&evaluate(&own, "").cases[0]), Score::integer(6));
    assert!(!own.is_single_case());
    assert_eq!(own.cases(Split::HeldOut)[0].name, "seed-7");
    assert!(task("", "\ndef evaluate(path): return 1\n").is_single_case());
}

#[test]
fn stages_end_below_their_threshold() {
    let stages = "
def evaluate_stage1(path): return {'combined_score': load(path).solve(), 'quick': 1}
def evaluate_stage2(path): return {'combined_score': 10, 'slow': 2}
";
    let of = |source| case("cascade = [0.5]\n", stages, source);
    let found = of("def solve(): return 0.4");
    assert_eq!(scored(&found).to_f64(), 0.4);
    assert!(found.details.unwrap().notes[0].contains("stopped after stage 1 of 2"));
    let found = of("def solve(): return 0.6");
    assert_eq!(scored(&found), Score::integer(10));
    assert_eq!(found.details.unwrap().metrics.len(), 3);
}

fn load(keys: &str, more: &[(&str, &str)]) -> Result<Task, String> {
    let evaluator =
        format!("{LOAD}\nimport tool\ndef evaluate(path): return tool.double(load(path).solve())\n");
    let toml = format!("{keys}\n{HEAD}");
    let mut files = vec![("task.toml", toml.as_str()), ("evaluator.py", evaluator.as_str())];
    files.extend(more);
    Task::from_files(&file_set(&files), "own").map_err(|error| error.to_string())
}

#[test]
fn packages_are_pure_python_and_both_guests_see_them() {
    let task =
        load("packages = [\"vendor/tool\"]", &[("vendor/tool/__init__.py", "def double(x): return 2 * x")])
            .unwrap();
    let found = evaluate(&task, "import tool\ndef solve(): return tool.double(2)");
    assert_eq!(scored(&found.cases[0]), Score::integer(8));
    let refused = |name: &str, expected: &str| {
        let file = format!("wheels/{name}");
        let error = load(&format!("packages = [\"{file}\"]"), &[(file.as_str(), "x")]).unwrap_err();
        assert!(error.contains(expected) && error.contains(name), "{error}");
    };
    refused("numpy-2.0-cp313-cp313-manylinux_2_17_x86_64.whl", "native code cannot run");
    refused("old-1.0-py2-none-any.whl", "a wheel for Python 3.13");
    let error = load("packages = [\"vendor/tool\"]", &[("vendor/tool/_fast.so", "x")]).unwrap_err();
    assert!(error.contains("vendor/tool/_fast.so"), "{error}");
    let error = load("packages = [\"vendor/none\"]", &[]).unwrap_err();
    assert!(error.contains("packages[0]"), "{error}");
}

#[test]
fn keys_that_make_no_sense_are_named() {
    let error = |keys: &str| {
        let files = [("task.toml", format!("{HEAD}{keys}")), ("evaluator.py", String::new())];
        Task::from_files(&file_set(&files), "own").unwrap_err().to_string()
    };
    assert!(error("functon = \"x\"\n").contains("functon"));
    assert!(
        error("isolation = \"none\"\n").contains("isolation")
            || error("isolation = \"none\"\n").contains("variant")
    );
    assert!(error("module = \"graders\"\n").contains("graders.py"));
    assert!(
        error("[splits.train]\nfile = \"x.csv\"\n[splits.held-out]\nfile = \"y.csv\"\n")
            .contains("splits.train")
    );
    let empty = error("[splits.train]\nseeds = []\n[splits.held-out]\nseeds = []\n");
    assert!(empty.contains("splits.train") && empty.contains("found an empty list"), "{empty}");
}

#[test]
fn tasks_with_rows_have_packages_too() {
    let definition = "packages = [\"vendor/tool\"]\n[task]\nname = \"own\"\ntitle = \"t\"\ndescription = \"d\"\ndirection = \"maximize\"\n\
        [entry]\nmodule = \"task_agent\"\nfunction = \"solve\"\n[scorer]\nkind = \"rows\"\nmetric = \"exact\"\n\
        [splits.train]\nfile = \"a.csv\"\n[splits.held-out]\nfile = \"b.csv\"\n";
    let files = [
        ("task.toml", definition),
        ("a.csv", "input,expected\n2,4\n"),
        ("b.csv", "input,expected\n3,6\n"),
        ("vendor/tool/__init__.py", "def double(x): return 2 * x"),
    ];
    let task = Task::from_files(&file_set(&files), "own").unwrap();
    let found = evaluate(&task, "import tool\ndef solve(x): return tool.double(x)");
    assert_eq!(scored(&found.cases[0]), Score::integer(1));
}

#[test]
fn seeds_that_repeat_are_named() {
    let files = [
        ("task.toml", format!("{HEAD}[splits.train]\nseeds = [1, 1]\n[splits.held-out]\nseeds = [2]\n")),
        ("evaluator.py", String::new()),
    ];
    let error = Task::from_files(&file_set(&files), "own").unwrap_err().to_string();
    assert!(
        error.contains("case 2: expected cases with different names, found \"seed-1\" like case 1"),
        "{error}"
    );
}
