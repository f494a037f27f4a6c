//! Seed agents: the bundled ones from `data/agents/`, and the checks that each agent has to pass.

use std::sync::Arc;

use hyperspace_core::{FileSet, RelPath};
use hyperspace_eval::Task;

use crate::error::EvolveError;
use crate::record::population::POPULATION_NAME_BYTES_MAX;
use crate::search::meta_lineage::is_meta;

/// Folders of `/repo` in which no agent may have files, because other files are mounted there.
const RESERVED_FOLDERS: [&str; 2] = ["evals", "strategies"];

/// The bundled agents that were added after the first rules of evidence.
const LATER: [&str; 1] = ["memetic"];

/// The agent that a run begins with.
#[derive(Debug, Clone)]
pub struct SeedAgent {
    /// Its name, a single path part.
    pub name: String,
    /// Its files.
    pub files: FileSet,
}

impl SeedAgent {
    /// Returns whether it is a bundled agent that no run with the first rules of evidence uses.
    pub(crate) fn came_later(&self) -> bool {
        LATER.contains(&self.name.as_str())
    }

    /// Checks that a task can run the agent.
    pub(crate) fn check(&self, task: &Task) -> Result<(), EvolveError> {
        let bad = |why: String| Err(EvolveError::SeedAgent { agent: self.name.clone(), why });
        let lacks = |file, why| Err(EvolveError::SeedAgentFile { agent: self.name.clone(), file, why });
        if RelPath::new(&self.name).is_err() || self.name.contains('/') {
            return bad("its name must be a file name without slashes".to_owned());
        }
        if self.name.len() > POPULATION_NAME_BYTES_MAX {
            let bytes = self.name.len();
            return bad(format!("its name has {bytes} bytes; at most {POPULATION_NAME_BYTES_MAX}"));
        }
        let has = |name: &str| self.files.iter().any(|(path, _)| path.as_str() == name);
        if task.entry_file(&self.files).is_none() {
            let function = &task.entry().function;
            let entry = task.program().map_or_else(|| task.entry().files()[0].clone(), str::to_owned);
            return lacks(entry, format!("task {} calls {function}() in it", task.name()));
        }
        if !has("meta_agent.py") {
            return lacks("meta_agent.py".to_owned(), "that file must define improve(job)".to_owned());
        }
        let reserved =
            |path: &&RelPath| RESERVED_FOLDERS.iter().any(|name| path.components().next() == Some(name));
        if let Some(path) = self.files.iter().map(|(path, _)| path).find(reserved) {
            let folders = RESERVED_FOLDERS.join("/ and ");
            return bad(format!("it has the file {path}, but {folders}/ are mounted by the engine; move it"));
        }
        Ok(())
    }
}

macro_rules! file {
    ($path:literal) => {
        ($path, include_bytes!(concat!("../../../data/agents/", $path)).as_slice())
    };
}

/// The files of bundled agents, as `agent/path`.
const FILES: &[(&str, &[u8])] = &[
    file!("baseline/meta_agent.py"),
    file!("baseline/task_agent.py"),
    file!("best-fit/task_agent.py"),
    file!("evolver/lib/__init__.py"),
    file!("evolver/lib/edits.py"),
    file!("evolver/lib/facts.py"),
    file!("evolver/lib/prompt.py"),
    file!("evolver/lib/prompts/edits.md"),
    file!("evolver/lib/prompts/kinds/crossover.md"),
    file!("evolver/lib/prompts/kinds/exploit.md"),
    file!("evolver/lib/prompts/kinds/explore.md"),
    file!("evolver/lib/prompts/kinds/reflect.md"),
    file!("evolver/lib/prompts/repair.md"),
    file!("evolver/lib/prompts/rewrite.md"),
    file!("evolver/lib/prompts/system.md"),
    file!("evolver/lib/prompts/tools.md"),
    file!("evolver/meta_agent.py"),
    file!("genetic/lib/__init__.py"),
    file!("genetic/lib/archive.py"),
    file!("genetic/lib/crossover.py"),
    file!("genetic/lib/examples.py"),
    file!("genetic/lib/expressions.py"),
    file!("genetic/lib/kinds.py"),
    file!("genetic/lib/operators.py"),
    file!("genetic/lib/probe.py"),
    file!("genetic/lib/scope.py"),
    file!("genetic/lib/self_change.py"),
    file!("genetic/lib/statements.py"),
    file!("genetic/lib/variation.py"),
    file!("genetic/meta_agent.py"),
    file!("memetic/lib/annealing.py"),
    file!("memetic/lib/blocks.py"),
    file!("memetic/lib/climb.py"),
    file!("memetic/lib/form.py"),
    file!("memetic/lib/genome.py"),
    file!("memetic/lib/greedy.py"),
    file!("memetic/lib/ledger.py"),
    file!("memetic/lib/linear.py"),
    file!("memetic/lib/objective.py"),
    file!("memetic/lib/ordering.py"),
    file!("memetic/lib/race.py"),
    file!("memetic/lib/refine.py"),
    file!("memetic/lib/restart.py"),
    file!("memetic/lib/search.py"),
    file!("memetic/lib/snapshot.py"),
    file!("memetic/lib/symmetry.py"),
    file!("memetic/lib/tidy.py"),
    file!("memetic/lib/traits.py"),
    file!("memetic/meta_agent.py"),
];

/// Agents that also have the files of another agent below a folder.
const SHARED: &[(&str, &str)] = &[("memetic", "genetic/lib/")];

/// The task agent that calls a model for each row.
const TASK_AGENT: &[u8] = include_bytes!("../../../data/agents/baseline/task_agent.py");

/// Returns the names of the bundled agents.
#[must_use]
pub fn bundled_agents() -> Vec<&'static str> {
    let mut names: Vec<&str> = FILES.iter().filter_map(|(path, _)| path.split('/').next()).collect();
    names.dedup();
    names
}

/// Returns a bundled agent. If it has no task agent, it gets the one that the task provides, or that of `baseline` if the task
/// provides none and its agents call a model.
///
/// # Errors
///
/// [`EvolveError::SeedAgent`] when no bundled agent has that name.
pub fn bundled_agent(name: &str, task: &Task) -> Result<SeedAgent, EvolveError> {
    let mut files = FileSet::new();
    let wrong = |error: &dyn std::fmt::Display| EvolveError::internal(format!("agent {name}"), error);
    let shared = SHARED.iter().find(|(agent, _)| *agent == name).map(|(_, folder)| *folder);
    for (path, content) in FILES {
        if let Some((agent, rest)) = path.split_once('/')
            && (agent == name || shared.is_some_and(|folder| path.starts_with(folder)))
        {
            files.insert(RelPath::new(rest)?, Arc::<[u8]>::from(*content)).map_err(|e| wrong(&e))?;
        }
    }
    if files.is_empty() {
        let why = format!("no bundled agent has that name; there are {}", bundled_agents().join(", "));
        return Err(EvolveError::SeedAgent { agent: name.to_owned(), why });
    }
    for (path, content) in task.seed_agent().iter() {
        if files.get(path).is_none() {
            files.insert(path.clone(), Arc::clone(content)).map_err(|e| wrong(&e))?;
        }
    }
    if task.entry().class.is_some() && task.entry_file(&files).is_none() {
        // A task that provides no task agent and whose agents call a model.
        let (path, content) = (RelPath::new("task_agent.py")?, Arc::<[u8]>::from(TASK_AGENT));
        files.insert(path, content).map_err(|e| wrong(&e))?;
    }
    Ok(SeedAgent { name: name.to_owned(), files })
}

/// Adds the meta agent of a bundled agent to files: every file of it that they do not have.
///
/// # Errors
///
/// As [`bundled_agent`].
pub fn with_bundled_meta_agent(mut files: FileSet, name: &str, task: &Task) -> Result<FileSet, EvolveError> {
    for (path, content) in bundled_agent(name, task)?.files.iter().filter(|(path, _)| is_meta(path)) {
        if files.get(path).is_none() {
            let conflict = |error| EvolveError::internal(format!("the meta agent of {name}"), error);
            files.insert(path.clone(), Arc::clone(content)).map_err(conflict)?;
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Checks that every file below `data/agents` is in the program.
    #[test]
    fn nothing_is_forgotten() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/agents");
        let mut found = Vec::new();
        let mut open = vec![root.clone()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                if path.is_dir() && name != "__pycache__" {
                    open.push(path);
                } else if name.ends_with(".py") || name.ends_with(".md") {
                    found.push(path.strip_prefix(&root).unwrap().to_string_lossy().into_owned());
                }
            }
        }
        found.sort();
        let embedded: Vec<&str> = FILES.iter().map(|(path, _)| *path).collect();
        assert_eq!(embedded, found);
    }

    #[test]
    fn a_bundled_agent_begins_with_the_task_agent_of_the_task() {
        let task = Task::bundled("bin-packing").unwrap();
        let agent = bundled_agent("genetic", &task).unwrap();
        assert!(agent.files.get(&RelPath::new("task_agent.py").unwrap()).is_some());
        assert!(bundled_agent("nobody", &task).unwrap_err().to_string().contains("genetic"));
    }
}
