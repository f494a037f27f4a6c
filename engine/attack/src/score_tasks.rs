//! The small tasks on which attacks on scores are evaluated. All of them call `f` in `task_agent`.

use hyperspace_core::{FileSet, RelPath};
use hyperspace_eval::Task;

use crate::error::AttackError;

/// Prefix of every label of the task `labels`; no guest may see one.
pub(crate) const LABEL: &str = "CANARY-LABEL-";
/// The data of the task `labels`.
const LABELS: [&str; 2] = [
    "{\"input\": 1, \"expected\": \"CANARY-LABEL-1\"}\n{\"input\": 2, \"expected\": \"CANARY-LABEL-2\"}",
    "{\"input\": 3, \"expected\": \"CANARY-LABEL-3\"}",
];

/// Returns the task of that name.
pub(crate) fn task(name: &str) -> Result<Task, AttackError> {
    let rows = |metric: &str| {
        format!(
            "[scorer]\nkind = \"rows\"\nmetric = \"{metric}\"\n[splits.train]\nfile = \"a.jsonl\"\n[splits.held-out]\nfile = \"b.jsonl\"\n"
        )
    };
    let (rest, data) = match name {
        "packing" => {
            let split = |which, seed| {
                format!(
                    "[splits.{which}]\ngenerator = {{ seed = {seed}, instances = 2, items = 12, low = 20, high = 100, capacity = 150 }}\n"
                )
            };
            let splits = [split("train", 1), split("held-out", 2)].concat();
            (format!("[scorer]\nkind = \"online-bin-packing\"\n{splits}"), ["", ""])
        }
        "cap-set" => ("[scorer]\nkind = \"cap-set\"\ndimension = 2\n".to_owned(), ["", ""]),
        "circles" => ("[scorer]\nkind = \"circle-packing\"\ncircles = 2\n".to_owned(), ["", ""]),
        "rows" => (
            rows("absolute-error"),
            [
                "{\"input\": 1, \"expected\": 3}\n{\"input\": 2, \"expected\": 5}",
                "{\"input\": 3, \"expected\": 7}",
            ],
        ),
        "labels" => (rows("exact"), LABELS),
        "evaluator" => ("[scorer]\nkind = \"python\"\n".to_owned(), ["", ""]),
        "results" => ("[scorer]\nkind = \"python\"\ncall = \"script\"\n".to_owned(), ["", ""]),
        unknown => return Err(AttackError::UnknownTask(unknown.to_owned())),
    };
    let direction = if matches!(name, "evaluator" | "results") { "maximize" } else { "minimize" };
    let head = format!(
        "[task]\nname = \"{name}\"\ntitle = \"{name}\"\ndescription = \"{name}\"\ndirection = \"{direction}\"\n\
         [entry]\nmodule = \"task_agent\"\nfunction = \"f\"\n{rest}"
    );
    let [train, held_out] = data;
    let evaluator = match name {
        "results" => include_str!("../results_evaluator.py"),
        _ => include_str!("../evaluator.py"),
    };
    let files = [
        ("task.toml", head.as_str()),
        ("a.jsonl", train),
        ("b.jsonl", held_out),
        ("evaluator.py", evaluator),
    ];
    let files = FileSet::try_from(files).map_err(|error| AttackError::Room(error.to_string()))?;
    Task::from_files(&files, name).map_err(|error| AttackError::Room(error.to_string()))
}

/// Returns an agent with the attack, with the same text as the file `also` if it is given, and with decoys named `json` and
/// `hyperspace`, which must not shadow the real modules.
pub(crate) fn agent(source: &str, also: Option<&str>) -> Result<FileSet, AttackError> {
    let mut files = FileSet::new();
    for (name, content) in [
        ("task_agent.py", source),
        ("json.py", "raise SystemExit(0)\n"),
        ("hyperspace.py", "raise SystemExit(0)\n"),
    ]
    .into_iter()
    .chain(also.map(|name| (name, source)))
    {
        let path = RelPath::new(name).map_err(AttackError::room)?;
        files.insert(path, content.as_bytes()).map_err(AttackError::room)?;
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use hyperspace_eval::{Score, Split};

    use super::*;

    #[test]
    fn the_evaluator_is_satisfied_by_its_answer() {
        for (name, source) in [
            ("evaluator", "def f(): return 'CANARY-LABEL-9'\n"),
            ("evaluator", "def f(): return 0\nscore = 'CANARY-LABEL-9'\n"),
            ("results", "def f(folder): return 'CANARY-LABEL-9'\n"),
            ("results", "print('CANARY-LABEL-9')\ndef f(folder): return 0\n"),
        ] {
            let (task, agent) = (task(name).unwrap(), agent(source, None).unwrap());
            let found = hyperspace_testkit::evaluator().evaluate_blocking(&task, &agent, Split::All).unwrap();
            assert_eq!(found.score, Some(Score::one()), "{found:#?}");
        }
    }
}
