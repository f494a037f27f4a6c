//! A task of rows with labels, agents that do well, badly and not at all, and files in memory.

use std::path::Path;

use hyperspace_core::{FileSet, RecordId, RelPath};
use hyperspace_eval::Task;
use hyperspace_evolve::{Run, RunOptions, RunResources, SeedAgent};
use hyperspace_interop::original::{RunFolder, export, import, read};
use hyperspace_store::Store;
pub(crate) use hyperspace_testkit::file_set as files;
use hyperspace_testkit::{evaluator, runtime};

const TASK: &str = r#"
[task]
name = "grades"
title = "Grades"
description = "Return a grade."
direction = "maximize"
[entry]
module = "task_agent"
function = "grade"
[scorer]
kind = "rows"
metric = "label"
points = { incorrect = 0, partial = 1, almost = 6, correct = 7 }
[rows]
id = "Grading ID"
expected = "Reward"
input = { answer = "Response" }
on_failure = "wrong"
stage = { rows = 3, threshold = 0.4 }
[splits.train]
file = "train.csv"
[splits.held-out]
file = "val.csv"
"#;
const TRAIN: &str = "Grading ID,Response,Points,Reward\nT1,\"one, \"\"1\"\"\",7,Correct\nT2,two,0,Incorrect\nT3,three,1,Partial\n\
                     T4,\"four\nlines\",7,Correct\nT5,five,6,Almost\n";
const VAL: &str =
    "Grading ID,Response,Points,Reward\nV1,six,7,Correct\nV2,seven,1,Partial\nV3,eight,7,Correct\n";

pub(crate) fn task() -> Task {
    let files = [("task.toml", TASK), ("train.csv", TRAIN), ("val.csv", VAL)];
    Task::from_files(&self::files(&files), "grades").unwrap()
}

/// Right in one row of the first three, which does not pass the first stage.
pub(crate) const SEED: &str = "def grade(inputs):\n    return 'incorrect'\n";
/// Makes children that are better, no better, crashing and unchanged, and fails once.
pub(crate) const META: &str = "def improve(arg):
    n = arg['generation'] * 2 + arg['candidate']
    if n == 7:
        raise ValueError('no idea')
    bodies = [
        'return \"partial\"',
        'return \"incorrect\" if inputs[\"answer\"] == \"two\" else \"correct\"',
        '1 / 0',
        None,
        'return \"Incorrect \" if inputs[\"answer\"] == \"two\" else \"CORRECT\"',
    ]
    body = bodies[n % 5]
    if body:
        open('task_agent.py', 'w').write('def grade(inputs):\\n    %s\\n# %d\\n' % (body, n))
";

/// A store with a run.
pub(crate) fn recorded(
    folder: &Path,
    task: Task,
    seed: &str,
    meta: &str,
    options: &RunOptions,
) -> (Store, RecordId) {
    let agent = files(&[("task_agent.py", seed), ("meta_agent.py", meta), ("lib/more.py", "# more\n")]);
    let agent = SeedAgent { name: "grader".to_owned(), files: agent };
    let store = Store::open_or_create(folder, "test").unwrap();
    let id = runtime().block_on(async {
        let mut run =
            Run::start(store.clone(), task, agent, options, RunResources::new(evaluator(), 2)).await.unwrap();
        run.run_to(6).await.unwrap();
        *run.id()
    });
    (store, id)
}

/// Returns the files that an export writes.
pub(crate) fn exported(store: &Store, run: &RecordId) -> FileSet {
    let mut files = FileSet::new();
    let mut put = |path: &RelPath, content: &[u8]| {
        assert_eq!(files.insert(path.clone(), content.to_vec()).unwrap(), None, "{path} is written twice");
        Ok(())
    };
    let written = export(store, run, &mut put).unwrap();
    assert_eq!((written.files, written.bytes), (files.len() as u64, files.bytes()));
    files
}

/// The defects of a folder, as lines.
pub(crate) fn defects(directory: &RunFolder) -> Vec<String> {
    directory.defects.iter().map(ToString::to_string).collect()
}

/// A folder and its import.
pub(crate) struct ImportedFiles {
    pub(crate) run: RecordId,
    pub(crate) known: bool,
    pub(crate) directory: RunFolder,
}

/// Imports a folder.
pub(crate) fn import_files(store: &Store, files: FileSet) -> ImportedFiles {
    let directory = read(files).unwrap();
    let imported = import(store, &directory, "").unwrap();
    ImportedFiles { run: imported.run, known: imported.known, directory }
}
