//! Small tasks of an evaluator and a program.

use hyperspace_eval::{CaseOutcome, CaseResult, Evaluation, FileSet, Score, Split, Task};
use hyperspace_testkit::{evaluator, file_set};

pub(crate) const HEAD: &str = "[task]\nname = \"own\"\ntitle = \"t\"\ndescription = \"d\"\ndirection = \"maximize\"\n\
    [entry]\nmodule = \"task_agent\"\nfunction = \"solve\"\n[scorer]\nkind = \"python\"\n";

/// Five seconds of virtual time for the program.
pub(crate) const LIMITS: &str = "[limits]\nfuel = 5_000_000_000\n";

/// Lines that load the program as evaluators do.
pub(crate) const LOAD: &str = "
import importlib.util
def load(path):
    spec = importlib.util.spec_from_file_location('program', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
";

pub(crate) fn task(keys: &str, evaluate: &str) -> Task {
    // Tables of `keys` come last.
    let limits = if keys.contains("[limits]") { "" } else { LIMITS };
    let files =
        [("task.toml", format!("{HEAD}{keys}{limits}")), ("evaluator.py", format!("{LOAD}{evaluate}"))];
    Task::from_files(&file_set(&files), "own").unwrap()
}

pub(crate) fn program(source: &str) -> FileSet {
    file_set(&[("task_agent.py", source)])
}

pub(crate) fn evaluate(task: &Task, source: &str) -> Evaluation {
    evaluator().evaluate_blocking(task, &program(source), Split::Train).unwrap()
}

/// Evaluates one case.
pub(crate) fn case(keys: &str, evaluator: &str, source: &str) -> CaseResult {
    evaluate(&task(keys, evaluator), source).cases.remove(0)
}

/// Returns the score of one case, which has one.
pub(crate) fn score(evaluator: &str, source: &str) -> Score {
    scored(&case("", evaluator, source))
}

pub(crate) fn scored(case: &CaseResult) -> Score {
    assert_eq!(case.outcome, CaseOutcome::Scored, "{case:#?}");
    case.measure.as_ref().unwrap().score().unwrap()
}

/// Returns the text of an outcome without a score.
pub(crate) fn failure(case: &CaseResult) -> String {
    assert!(case.measure.is_none(), "{case:#?}");
    case.outcome.describe()
}
