//! The agents that come with the program, from `data/agents/`.

use std::sync::Arc;

use hyperspace_core::{FileSet, RelPath};
use hyperspace_eval::Task;

use crate::error::EvolveError;
use crate::run::SeedAgent;

macro_rules! file {
    ($path:literal) => {
        ($path, include_bytes!(concat!("../../../data/agents/", $path)).as_slice())
    };
}

/// Files by `agent/path`.
const FILES: &[(&str, &[u8])] = &[
    file!("baseline/meta_agent.py"),
    file!("baseline/task_agent.py"),
    file!("best-fit/task_agent.py"),
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
];

/// The names of the agents that come with the program.
#[must_use]
pub fn bundled_agents() -> Vec<&'static str> {
    let mut names: Vec<&str> = FILES.iter().filter_map(|(path, _)| path.split('/').next()).collect();
    names.dedup();
    names
}

/// An agent that comes with the program. Where it has no task agent of its own, it gets the one that the task begins with.
///
/// # Errors
///
/// [`EvolveError::SeedAgent`] when there is no agent of that name.
pub fn bundled_agent(name: &str, task: &Task) -> Result<SeedAgent, EvolveError> {
    let mut files = FileSet::new();
    let wrong = |error: &dyn std::fmt::Display| EvolveError::record(format!("agent {name}"), error);
    for (path, content) in FILES {
        if let Some((agent, path)) = path.split_once('/')
            && agent == name
        {
            files.insert(RelPath::new(path)?, Arc::<[u8]>::from(*content)).map_err(|e| wrong(&e))?;
        }
    }
    if files.is_empty() {
        let why = format!("there is no agent of that name; there are {}", bundled_agents().join(", "));
        return Err(EvolveError::SeedAgent { agent: name.to_owned(), why });
    }
    for (path, content) in task.seed_agent().iter() {
        if files.get(path).is_none() {
            files.insert(path.clone(), Arc::clone(content)).map_err(|e| wrong(&e))?;
        }
    }
    Ok(SeedAgent { name: name.to_owned(), files })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Every file below `data/agents` is in the program.
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
                } else if name.ends_with(".py") {
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
